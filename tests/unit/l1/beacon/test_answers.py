"""What beacon nodes answer: numbers, and blobs that have the hash that is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.errors import DecodeError
from pyoprollup.eth.kzg import versioned_hash
from pyoprollup.eth.types import to_hex
from pyoprollup.l1.beacon.answers import genesis_time, matching_blobs, slot_duration_ms
from tests.unit.l1.embedded.support import sidecar

CARS = sidecar(b"one", b"two")
BLOBS = [to_hex(blob) for blob in CARS.blobs]
HASHES = [versioned_hash(commitment) for commitment in CARS.commitments]


def shown(index: int, **changes: Any) -> dict[str, Any]:
    return {
        "blob": BLOBS[index],
        "kzg_commitment": to_hex(CARS.commitments[index]),
        "kzg_proof": "0xc0" + "00" * 47,
        **changes,
    }


@pytest.mark.parametrize(
    ("spec", "milliseconds"),
    [
        ({"SECONDS_PER_SLOT": "12"}, 12_000),
        ({"SLOT_DURATION_MS": "6500"}, 6500),
        ({"SECONDS_PER_SLOT": "12", "SLOT_DURATION_MS": "12000"}, 12_000),
        ({"SECONDS_PER_SLOT": 2}, 2000),
    ],
)
def test_slot_length(spec: dict[str, Any], milliseconds: int) -> None:
    assert slot_duration_ms({"data": spec}) == milliseconds


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "neither"),
        ({"SECONDS_PER_SLOT": "0"}, "no length"),
        ({"SLOT_DURATION_MS": "0"}, "no length"),
        ({"SECONDS_PER_SLOT": "12", "SLOT_DURATION_MS": "6000"}, "SECONDS_PER_SLOT is 12, but"),
        ({"SECONDS_PER_SLOT": "-12"}, "not a number"),
        ({"SECONDS_PER_SLOT": "1" * 50}, "not a number"),
        ({"SECONDS_PER_SLOT": None}, "neither"),
        ({"SECONDS_PER_SLOT": True}, "not a number"),
    ],
)
def test_slot_length_that_cannot_be(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        slot_duration_ms({"data": spec})


def test_genesis() -> None:
    assert genesis_time({"data": {"genesis_time": "1606824023"}}) == 1606824023
    for answer in (None, [], {}, {"data": []}, {"data": {}}, {"data": {"genesis_time": "soon"}}):
        with pytest.raises(DecodeError):
            genesis_time(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {"data": BLOBS},
        {"data": BLOBS[::-1]},
        {"data": [shown(0), shown(1)]},
        {"data": [shown(1), shown(0, kzg_proof="0x")]},
        {"data": [shown(0, kzg_commitment="0x" + "11" * 48), shown(1)]},
        BLOBS,
    ],
)
def test_blobs_are_known_by_their_commitment(answer: Any) -> None:
    """The one that is computed. Proofs may be zeros, commitments wrong, and the order any."""
    assert matching_blobs(answer, HASHES) == dict(zip(HASHES, CARS.blobs, strict=True))


def test_another_blob_is_not_taken() -> None:
    assert matching_blobs({"data": [shown(0, kzg_commitment=to_hex(CARS.commitments[1]))]}, [HASHES[1]]) == {}
    assert matching_blobs({"data": []}, HASHES) == {}
    bad = "0x" + "ff" * 131_072
    assert matching_blobs({"data": [bad, BLOBS[0]]}, HASHES) == {HASHES[0]: CARS.blobs[0]}


@pytest.mark.parametrize(
    "answer",
    [
        *(None, {}, {"data": None}, {"data": {}}, {"data": [5]}, {"data": ["0x00"]}, {"data": [{}]}, 5),
        *({"data": ["0x"] * 513}, {"data": [shown(0, kzg_commitment=5)]}, {"data": [None]}),
    ],
)
def test_what_is_no_list_of_blobs(answer: Any) -> None:
    with pytest.raises(DecodeError):
        matching_blobs(answer, HASHES)
