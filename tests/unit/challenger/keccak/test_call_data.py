from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.bindings import load_contract
from pyoprollup.challenger.keccak import InputData
from pyoprollup.challenger.keccak.call_data import decode_add_leaves
from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Hash32

ORACLE = load_contract("PreimageOracle")
HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
ADDED = st.builds(
    lambda data, commitments, finalize: InputData(data, tuple(commitments), finalize),
    st.binary(max_size=200),
    st.lists(HASHES, max_size=4),
    st.booleans(),
)
U256 = st.integers(0, (1 << 256) - 1)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def strict(uuid: int, start: int, added: InputData) -> bytes:
    arguments = (uuid, start, added.input, list(added.commitments), added.finalize)
    return ORACLE.function("addLeavesLPP").encode(*arguments)


def loose(uuid: int, added: InputData, gap: bytes, rest: bytes, input_last: bool) -> bytes:
    """The same arguments in a form that nobody but a liar writes."""
    head = 160 + len(gap)
    parts = [word(len(added.input)) + added.input, word(len(added.commitments)) + b"".join(added.commitments)]
    places = [head, head + len(parts[0])]
    if input_last:
        places = [head + len(parts[1]), head]
        parts.reverse()
    words = [uuid, 0, places[0], places[1], added.finalize]
    return strict(0, 0, added)[:4] + b"".join(map(word, words)) + gap + b"".join(parts) + rest


@given(U256, U256, ADDED)
def test_as_everybody_writes_it(uuid: int, start: int, added: InputData) -> None:
    assert decode_add_leaves(strict(uuid, start, added)) == (uuid, added)


@given(U256, ADDED, st.binary(max_size=40), st.binary(max_size=40), st.booleans())
def test_as_a_contract_takes_it_too(
    uuid: int, added: InputData, gap: bytes, rest: bytes, input_last: bool
) -> None:
    assert decode_add_leaves(loose(uuid, added, gap, rest, input_last)) == (uuid, added)


@given(ADDED, st.integers(1, 31))
def test_padding_that_is_not_zero(added: InputData, value: int) -> None:
    data = bytearray(strict(1, 2, added))
    size = len(added.input)
    for place in range(4 + 160 + 32 + size, 4 + 160 + 32 + -(-size // 32) * 32):
        data[place] = value
    assert decode_add_leaves(bytes(data)) == (1, added)


def test_both_arguments_at_one_place() -> None:
    selector = strict(0, 0, InputData(b"", (), False))[:4]
    data = selector + b"".join(map(word, [7, 0, 160, 160, 1, 1])) + b"\5" * 32
    assert decode_add_leaves(data) == (7, InputData(b"\5", (Hash32(b"\5" * 32),), True))


@given(st.binary(max_size=100))
def test_other_calls(data: bytes) -> None:
    other = ORACLE.function("initLPP").encode(1, 2, 3)
    assert decode_add_leaves(other + data) is None
    assert decode_add_leaves(data) is None


@pytest.mark.parametrize(
    "words",
    [
        [],
        [1, 0, 160, 160],
        [1, 0, 160, 160, 2, 0],
        [1, 0, 160, 160, 1 << 255, 0],
        [1, 0, 192, 160, 1, 0],
        [1, 0, 160, 192, 1, 0],
        [1, 0, (1 << 256) - 1, 160, 1, 0],
        [1, 0, 160, 160, 1, 1],
        [1, 0, 160, 160, 1, (1 << 256) - 1],
        [1, 0, 160, 160, 1, 1 << 64],
        [1, 0, 161, 160, 1, 0],
    ],
)
def test_what_no_contract_can_read(words: list[int]) -> None:
    selector = strict(0, 0, InputData(b"", (), False))[:4]
    with pytest.raises(DecodeError):
        decode_add_leaves(selector + b"".join(map(word, words)))


@given(st.binary(max_size=400), st.integers(0, 399), st.binary(max_size=3))
def test_any_arguments(data: bytes, place: int, change: bytes) -> None:
    selector = strict(0, 0, InputData(b"", (), False))[:4]
    changed = bytearray(strict(1, 2, InputData(b"abc" * 50, (Hash32(bytes(32)),) * 3, True)))
    changed[place : place + len(change)] = change
    for call in (selector + data, bytes(changed)):
        try:
            found = decode_add_leaves(call)
        except DecodeError:
            continue
        assert found is None or len(found[1].input) <= len(call)
