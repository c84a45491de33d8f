from __future__ import annotations

import pytest

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceProvider
from pyoprollup.challenger.trace import provider_cache
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.challenger.trace.provider_cache import keep_latest
from pyoprollup.challenger.trace.split import create_local_context
from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import Hash32


def claim(index: int) -> Claim:
    return Claim(Hash32(bytes([index]) * 32), Position(4, index), 0, 1)


def test_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_cache, "MAX_KEPT_TRACES", 2)
    made: list[Hash32] = []

    def create(context: Hash32, depth: int, _pre: Claim | None, _post: Claim) -> TraceProvider:
        made.append(context)
        return AlphabetTraceProvider(0, depth)

    bottom = keep_latest(create)
    first = bottom(5, None, claim(0))
    second = bottom(5, claim(0), claim(1))
    assert first is bottom(5, None, claim(0)) and first is not second
    bottom(5, claim(1), claim(2))  # The second is used least.
    assert bottom(5, None, claim(0)) is first
    assert bottom(5, claim(0), claim(1)) is not second
    contexts = [create_local_context(None, claim(0)), create_local_context(claim(0), claim(1))]
    assert made == [*contexts, create_local_context(claim(1), claim(2)), contexts[1]]


def test_a_failure_is_not_kept() -> None:
    tries: list[int] = []

    def create(_context: Hash32, depth: int, _pre: Claim | None, _post: Claim) -> TraceProvider:
        tries.append(depth)
        if len(tries) == 1:
            raise Unavailable("not yet")
        return AlphabetTraceProvider(0, depth)

    bottom = keep_latest(create)
    with pytest.raises(Unavailable):
        bottom(5, None, claim(0))
    assert bottom(5, None, claim(0)) is bottom(5, None, claim(0))
    assert tries == [5, 5]
