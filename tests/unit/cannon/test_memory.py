"""Pages, words, and the tree over them against a plain reckoning."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.memory import PROOF_BYTES, Memory, page_of_bytes, page_to_bytes, zero_hashes
from pyoprollup.eth.crypto import keccak256

ADDRESSES = st.one_of(
    st.integers(0, 2**64 - 1),
    st.sampled_from([0, 4095, 4096, 0xFFF8, 2**63, 2**64 - 1, 2**64 - 4097]),
    st.integers(0x10000, 0x12000),
)
WRITES = st.lists(st.tuples(ADDRESSES, st.binary(min_size=1, max_size=200)), max_size=6)


def root_of_proof(address: int, proof: bytes) -> bytes:
    """The root that a leaf and the nodes beside its way lead to."""
    node = proof[:32]
    for height in range(1, 60):
        other = proof[32 * height : 32 * height + 32]
        bit = address >> (4 + height) & 1
        node = keccak256(other + node if bit else node + other)
    return node


@given(st.binary(max_size=64))
def test_pages_are_bytes_in_the_machines_order(start: bytes) -> None:
    data = start.ljust(4096, b"\x01")
    words = page_of_bytes(data)
    assert words[1] == int.from_bytes(data[8:16], "big")
    assert page_to_bytes(words) == data


def test_an_empty_memory() -> None:
    memory = Memory()
    assert memory.root() == zero_hashes()[59]
    assert root_of_proof(77, memory.proof(77)) == memory.root()


@given(WRITES, ADDRESSES)
def test_writing_reading_and_proving(writes: list[tuple[int, bytes]], anywhere: int) -> None:
    memory, plain = Memory(), {}
    for address, data in writes:
        memory.write(address, data)
        plain.update({(address + i) % 2**64: byte for i, byte in enumerate(data)})
        memory.root()  # hashing in between changes nothing
    again = Memory()
    for index, page in memory.items():
        again.set_page(index, page)
    assert again.root() == memory.root()
    for address in (anywhere, *(address for address, _ in writes)):
        read = memory.read(address, 40)
        assert read == bytes(plain.get((address + i) % 2**64, 0) for i in range(40))
        proof = memory.proof(address)
        assert len(proof) == PROOF_BYTES
        leaf = address & ~31
        assert proof[:32] == bytes(plain.get(leaf + i, 0) for i in range(32))
        assert root_of_proof(address, proof) == memory.root()


def test_writing_zeros_over_it_gives_the_empty_root_again() -> None:
    memory = Memory()
    memory.write(0x5000, b"\x01" * 300)
    assert memory.root() != Memory().root()
    memory.write_zeros(0x4FF0, 400)
    assert memory.root() == Memory().root()
    assert sorted(memory.pages) == [4, 5]


def test_poking_goes_behind_the_trees_back() -> None:
    memory = Memory()
    memory.write(0x5000, b"\x01" * 64)
    root = memory.root()
    memory.poke(0x5008, 9)
    memory.poke(0x99000, 9)
    assert memory.peek(0x5008) == 9 and memory.peek(0x99000) == 0
    assert memory.root() == root


def test_zero_pages_exist_without_a_hash() -> None:
    memory = Memory()
    memory.write_zeros(0x1000, 3 * 4096)
    assert len(memory.pages) == 3 and not memory.dirty
    assert memory.root() == Memory().root()
