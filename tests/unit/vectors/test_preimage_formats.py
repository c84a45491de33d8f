from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import BLOCK_SIZE
from pyoprollup.challenger.preimages import KeyType, new_uuid, split_calls, typed_key
from pyoprollup.challenger.preimages.large import MAX_CHUNK_SIZE
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.vectors.core import Mismatch
from pyoprollup.vectors.preimage_formats import check_loader, check_upload

SENDER = Address(b"\xaa" * 20)


def upload_case(calls: list[tuple[int, int, bool]], offset: int) -> dict[str, Any]:
    """An upload of one whole transaction's data, with the leaves that the reference is said to have added."""
    preimage = bytes(MAX_CHUNK_SIZE)
    key = typed_key(KeyType.KECCAK256, keccak256(preimage))
    data = PreimageOracleData(key, MAX_CHUNK_SIZE.to_bytes(8, "big") + preimage, offset)
    uuid = hex(new_uuid(SENDER, data))
    commitments = [c for call in split_calls(data)[1] for c in call.commitments]
    leaves = []
    for start, size, finalize in calls:
        count = size // BLOCK_SIZE + finalize
        leaves.append(
            {
                "call": "add_leaves",
                "commitments": count,
                "finalize": finalize,
                "first_commitment": to_hex(commitments[start]),
                "last_commitment": to_hex(commitments[start + count - 1]),
                "input_keccak": to_hex(keccak256(bytes(size))),
                "input_len": size,
                "start_block": start,
            }
        )
    init = {"call": "init", "claimed_size": MAX_CHUNK_SIZE, "part_offset": offset, "uuid": uuid}
    return {
        "sender": to_hex(SENDER),
        "uuid": uuid,
        "pattern": "0x00",
        "length": MAX_CHUNK_SIZE,
        "oracle_offset": offset,
        "blocks_already": 0,
        "challenge_period": 100,
        "finalized_at": 1000,
        "now": 1100,
        "calls": [init, *leaves],
        "sent": [
            {"purpose": "init large preimage", "txs": 1},
            {"purpose": "add leaf to large preimage", "txs": len(calls)},
        ],
        "error": "challenge period not over",
    }


AS_THE_REFERENCE = [(0, MAX_CHUNK_SIZE, False), (300, 0, True)]


def test_an_upload_that_the_contract_refuses_is_compared_as_a_whole() -> None:
    check_upload(upload_case(AS_THE_REFERENCE, MAX_CHUNK_SIZE))


def test_any_other_is_compared_call_by_call() -> None:
    check_upload(upload_case(AS_THE_REFERENCE, 8))
    with pytest.raises(Mismatch, match="calls"):
        check_upload(upload_case([(0, MAX_CHUNK_SIZE - BLOCK_SIZE, False), (299, BLOCK_SIZE, True)], 8))


def test_a_wrong_result_is_a_mismatch() -> None:
    case = {"kind": "none", "oracle_key": "0x", "oracle_value": "0x", "oracle_offset": 0}
    check_loader({**case, "result": None})
    with pytest.raises(Mismatch, match="failed"):
        check_loader({**case, "error": "something"})
    read = case | {"oracle_key": "0x02" + "00" * 31, "oracle_value": "0x" + "00" * 8}
    with pytest.raises(Mismatch, match="result"):
        check_loader({**read, "result": None})
