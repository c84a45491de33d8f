from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.batcher import SizedBlock
from pyoprollup.batcher.errors import BlockRejected
from tests.unit.batcher.support import CONFIG, PAYLOADS


def test_a_block_is_a_batch_without_deposits() -> None:
    payload = next(payload for payload in PAYLOADS if len(payload.transactions) > 1)
    block = SizedBlock(CONFIG, payload)
    assert block.batch.transactions == payload.transactions[1:]
    assert (block.batch.parent_hash, block.batch.timestamp) == (payload.parent_hash, payload.timestamp)
    assert block.batch.epoch == block.ref.l1_origin
    assert block.ref.id == payload.id
    assert block.raw_size == 70 + sum(map(len, payload.transactions[1:]))
    assert 70 < block.da_size <= 70 + 100 * (len(payload.transactions) - 1)


@pytest.mark.parametrize("transactions", [(), (b"\x02\xc0",), (b"\x7e\xc0",)])
def test_a_block_needs_its_l1_attributes(transactions: tuple[bytes, ...]) -> None:
    with pytest.raises(BlockRejected):
        SizedBlock(CONFIG, replace(PAYLOADS[0], transactions=transactions))
