from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.program.errors import HintError
from pyoprollup.program.hints import (
    Hint,
    HintWord,
    account_proof_hint,
    blob_hint,
    block_hash_lookup_hint,
    decode_hint,
    hash_hint,
    payload_witness_hint,
    precompile_hint,
)
from pyoprollup.program.host.payload_hint import decode_payload_hint

HASH = Hash32(bytes(range(32)))
ADDRESS = Address(b"\x42" * 20)
ATTRIBUTES = PayloadAttributes(12, HASH, ADDRESS, (), HASH, (b"\x7e\1", b"\2"), True, 30_000_000, bytes(8), 7)


def test_forms() -> None:
    assert hash_hint(HintWord.L2_OUTPUT, HASH) == f"l2-output 0x{HASH.hex()}"
    assert blob_hint(HASH, 258) == f"l1-blob 0x{HASH.hex()}0000000000000102"
    address = ADDRESS.hex()
    assert precompile_hint(ADDRESS, 3000, b"\1\2") == f"l1-precompile-v2 0x{address}0000000000000bb80102"
    assert (
        account_proof_hint(HASH, ADDRESS, 10) == f"l2-account-proof 0x{HASH.hex()}{address}000000000000000a"
    )
    assert block_hash_lookup_hint(5, HASH, 10).split(" ")[1] == f"0x{5:016x}{HASH.hex()}{10:016x}"


def test_a_witness_is_json_in_hex() -> None:
    hint = decode_hint(payload_witness_hint(HASH, ATTRIBUTES, 901).encode())
    value = json.loads(hint.data)
    assert list(value) == ["parentBlockHash", "payloadAttributes", "chainID"]
    assert value["chainID"] == "901"
    assert decode_payload_hint(hint) == (HASH, ATTRIBUTES)
    kona = HASH + json.dumps(ATTRIBUTES.to_json()).encode()
    assert decode_payload_hint(Hint(hint.word, kona, True)) == (HASH, ATTRIBUTES)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b'{"parentBlockHash": "0x00"}', b"\xff" * 40])
def test_a_witness_that_is_none(text: bytes) -> None:
    for is_kona in (False, True):
        with pytest.raises(HintError):
            decode_payload_hint(Hint(HintWord.L2_PAYLOAD_WITNESS, text, is_kona))


@given(st.sampled_from(HintWord), st.binary(max_size=100))
def test_round_trip_in_both_forms(word: HintWord, data: bytes) -> None:
    assert decode_hint(f"{word.value} 0x{data.hex()}".encode()) == Hint(word, data)
    if data:
        assert decode_hint(f"{word.value} {data.hex()}".encode()) == Hint(word, data, True)


@pytest.mark.parametrize(
    "text",
    [b"", b"l1-blob", b"l1-blobs 0x00", b"l1-blob 0x0", b"l1-blob 0xzz", b"\xff 0x00", b"l1-blob \xff"],
)
def test_what_is_no_hint(text: bytes) -> None:
    with pytest.raises(HintError):
        decode_hint(text)


@given(st.binary(max_size=100))
def test_arbitrary_bytes_are_a_hint_or_an_error(text: bytes) -> None:
    try:
        decode_hint(text)
    except HintError:
        return
