"""Our answers over JSON-RPC against op-geth's, field by field, through all forks."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pyoprollup.eth.types import to_quantity
from pyoprollup.rollup.fork import Fork
from tests.interop.engine_compare import Engines, engine_differences
from tests.interop.evm_blocks import BlockMaker
from tests.interop.evm_chain import make_chain, schedule
from tests.interop.evm_compare import Comparison
from tests.interop.op_geth import running_op_geth
from tests.interop.rpc_compare import (
    REFUSED,
    OurServer,
    block_calls,
    call_calls,
    chain_calls,
    differences,
)

BLOCKS_PER_FORK = 2


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize("first", [Fork.BEDROCK, Fork.JOVIAN])
def test_answers(op_geth: Path, first: Fork) -> None:
    times = schedule(first, BLOCKS_PER_FORK)
    chain = make_chain(times)
    ours, chance = OurServer(chain), random.Random(first.name)
    with running_op_geth(op_geth, chain) as peer:
        comparison = Comparison(chain, peer)
        maker = BlockMaker(chain, first.name)
        found: list[str] = []
        for _ in range(BLOCKS_PER_FORK * (len(set(times.values())) + 1)):
            block = comparison.step(maker.plan())
            maker.learn(block)
            comparison.make_head()
            ours.extend(block)
            found += differences(ours, peer, block_calls(block, chance))
            number = to_quantity(block.header.number)
            found += differences(ours, peer, call_calls(number, chance))
            found += differences(ours, peer, chain_calls(block.header.number, chance))
        found += differences(ours, peer, iter(REFUSED))
    assert not found, "\n".join(found[:30])


@pytest.mark.go
@pytest.mark.slow
def test_engine_answers(op_geth: Path) -> None:
    times = schedule(Fork.BEDROCK, 2)
    chain = make_chain(times)
    ours = OurServer(chain)
    with running_op_geth(op_geth, chain) as peer:
        engines, comparison = Engines(chain, ours, peer), Comparison(chain, peer)
        maker = BlockMaker(chain, "engine")
        found: list[str] = []
        for _ in range(2 * (len(set(times.values())) + 1)):
            found += engine_differences(engines, maker)
            block = comparison.step(maker.plan())
            maker.learn(block)
            comparison.make_head()
            ours.extend(block)
    assert not found, "\n".join(found[:30])
