from __future__ import annotations

import pytest

from pyoprollup.errors import NotFound
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import local_key
from pyoprollup.program.client.l1_oracle import L1Oracle
from pyoprollup.program.client.l1_source import OracleL1
from pyoprollup.program.client.recording import RecordingHinter
from tests.unit.program.support import DictOracle, recorded


def source() -> tuple[OracleL1, RecordingHinter]:
    preimages = recorded("holocene")
    hinter = RecordingHinter()
    return OracleL1(L1Oracle(DictOracle(preimages), hinter), Hash32(preimages[local_key(1)])), hinter


def test_numbers_are_found_by_going_back() -> None:
    l1, hinter = source()
    assert l1.head.number == 5
    refs = [l1.l1_block_ref_by_number(number) for number in (3, 4, 0, 5, 1)]
    assert [ref.number for ref in refs] == [3, 4, 0, 5, 1]
    assert refs[1].parent_hash == refs[0].hash
    assert len(hinter.hints) == 6, "each header once"
    assert l1.l1_block_ref_by_hash(refs[2].hash) == refs[2]
    assert l1.info_by_hash(refs[2].hash).ref == refs[2]


def test_nothing_is_after_the_head() -> None:
    l1, _ = source()
    for number in (6, 2**64 - 1):
        with pytest.raises(NotFound):
            l1.l1_block_ref_by_number(number)


def test_contents() -> None:
    l1, _ = source()
    block = l1.l1_block_ref_by_number(1)
    info, receipts = l1.fetch_receipts(block.hash)
    assert info.ref == block
    assert len(l1.transactions_by_hash(block.hash)) == len(receipts) == 1
