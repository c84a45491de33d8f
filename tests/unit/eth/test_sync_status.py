from __future__ import annotations

from dataclasses import fields, replace

import pytest

from pyoprollup.errors import DecodeError
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from tests.unit.derive.support import name_hash

L1 = L1BlockRef(name_hash("L1"), 7, name_hash("L1 parent"), 1000)
L2 = L2BlockRef(name_hash("L2"), 9, name_hash("L2 parent"), 1018, BlockID(name_hash("L1"), 7), 3)
FULL = SyncStatus(L1, L1, L1, L1, L2, L2, L2, L2, L2, L2)


def test_survives_json() -> None:
    assert SyncStatus.from_json(FULL.to_json()) == FULL
    for field in fields(SyncStatus):
        status = replace(FULL, **{field.name: None})
        assert SyncStatus.from_json(status.to_json()) == status


def test_unknown_references_are_zero_in_json() -> None:
    answer = SyncStatus().to_json()
    assert answer["head_l1"] == {
        "hash": "0x" + "00" * 32,
        "number": 0,
        "parentHash": "0x" + "00" * 32,
        "timestamp": 0,
    }
    assert answer["unsafe_l2"]["l1origin"] == {"hash": "0x" + "00" * 32, "number": 0}
    assert SyncStatus.from_json(answer) == SyncStatus.from_json({}) == SyncStatus()


def test_the_deprecated_field_repeats_the_finalized_l1_block() -> None:
    answer = FULL.to_json()
    assert answer["current_l1_finalized"] == answer["finalized_l1"]
    assert answer["safe_l2"]["sequenceNumber"] == 3


def test_the_block_that_is_worked_on_is_not_in_yet() -> None:
    assert [FULL.has_derived_from(number) for number in (6, 7, 8)] == [True, False, False]
    assert not SyncStatus().has_derived_from(0)


@pytest.mark.parametrize(
    "change",
    [
        [],
        {"head_l1": 5},
        {"head_l1": {"hash": "0x00"}},
        {"safe_l2": L1BlockRef},
        {"safe_l2": {**FULL.to_json()["safe_l2"], "l1origin": 4}},
    ],
)
def test_refuses_what_is_none(change: object) -> None:
    with pytest.raises(DecodeError):
        SyncStatus.from_json(change)
