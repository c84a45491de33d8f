"""The tree over the compiled memory beside ``Memory``: roots and proofs, however it was written."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.cannon.memory import Memory
from tests.unit.cannon.compiled.support import engine_with
from tests.unit.cannon.test_memory import ADDRESSES

WORDS = st.tuples(
    ADDRESSES.map(lambda address: address & ~7), st.sampled_from([0, 1, 2**64 - 1]), st.booleans()
)


@settings(max_examples=40)
@given(st.lists(WORDS, max_size=12), ADDRESSES)
def test_roots_and_proofs(writes: list[tuple[int, int, bool]], anywhere: int) -> None:
    memory, compiled = Memory(), engine_with()
    for address, word, is_hashed in writes:
        memory.write(address, word.to_bytes(8, "big"))
        compiled.store(address, word)
        if is_hashed:
            assert compiled.root() == memory.root()
    assert compiled.root() == memory.root()
    for address in (anywhere, *(address for address, _, _ in writes)):
        assert compiled.proof(address) == memory.proof(address)


def test_a_state_brings_its_tree() -> None:
    memory = Memory()
    writes = [(0x1000 * i * i, bytes([i]) * 3000) for i in range(20)]
    for address, data in writes:
        memory.write(address, data)
    compiled = engine_with(*writes)
    assert compiled.root() == memory.root()
    assert compiled.proof(0x4020) == memory.proof(0x4020)
