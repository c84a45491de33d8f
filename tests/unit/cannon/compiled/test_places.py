"""No two things are in one place."""

from __future__ import annotations

from pyoprollup.cannon.compiled import places
from pyoprollup.cannon.memory import PROOF_BYTES
from pyoprollup.cannon.state import THREAD_PROOF_BYTES, WITNESS_BYTES


def test_what_a_step_leaves_does_not_overlap() -> None:
    assert places.THREAD_OUT >= places.WITNESS_OUT + WITNESS_BYTES
    assert places.CODE_OUT >= places.THREAD_OUT + THREAD_PROOF_BYTES
    assert places.FIRST_OUT >= places.CODE_OUT + PROOF_BYTES
    assert places.SECOND_OUT >= places.FIRST_OUT + PROOF_BYTES
    assert places.OUT_BYTES >= places.SECOND_OUT + PROOF_BYTES
    assert all(at % 8 == 0 for at in (places.CODE_OUT, places.FIRST_OUT, places.SECOND_OUT))


def test_words_differ() -> None:
    names = [name for name in vars(places) if name.isupper()]
    used = [getattr(places, name) for name in names[names.index("TABLE_MASK") : names.index("SCALARS")]]
    assert len(set(used)) == len(used) and max(used) < places.SCALARS
