"""Build jobs have the same names in op-geth and in our engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pyoprollup.engine.ports import EngineAPI, ForkchoiceState, PayloadID
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollup.fork import Fork
from tests.interop.evm_blocks import BlockMaker
from tests.interop.test_op_geth_answers import both

pytestmark = [pytest.mark.go, pytest.mark.slow]


def variations(good: PayloadAttributes) -> Iterator[PayloadAttributes]:
    good = replace(good, no_tx_pool=True)
    yield good
    yield replace(good, no_tx_pool=False)
    yield replace(good, prev_randao=Hash32(b"\x05" * 32))
    yield replace(good, timestamp=good.timestamp + 2)
    yield replace(good, transactions=good.transactions[:1])


@pytest.mark.parametrize("fork", [Fork.BEDROCK, Fork.CANYON, Fork.ECOTONE, Fork.HOLOCENE, Fork.JOVIAN])
def test_payload_ids(op_geth: Path, fork: Fork) -> None:
    with both(op_geth, fork) as engines:
        maker = BlockMaker(engines.chain, ("payload ids", fork))
        for _ in range(3):
            head = engines.chain.head.hash()
            for attributes in variations(maker.plan().attributes):
                assert job(engines.ours, head, attributes) == job(engines.theirs, head, attributes)
            engines.extend(maker)


def job(engine: EngineAPI, head: Hash32, attributes: PayloadAttributes) -> PayloadID:
    state = ForkchoiceState(head, ZERO_HASH, ZERO_HASH)
    payload_id = engine.forkchoice_updated(state, attributes).payload_id
    assert payload_id is not None
    return payload_id
