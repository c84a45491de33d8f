"""Compares whole blocks with op-geth: thousands of random ones, through every fork.

Each is built by both engines from the same attributes and must have the same hash. op-geth then has to
accept our block, and ours (now and then) executes op-geth's. What ours takes out of a pool's candidates is
refused by op-geth at the same place. ``OP_GETH_BLOCKS=10`` makes ten times as many blocks.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyoprollup.rollup.fork import Fork
from tests.interop.evm_chain import GENESIS_TIME, TestChain, make_chain, schedule
from tests.interop.evm_compare import Comparison, run
from tests.interop.op_geth import running_op_geth

pytestmark = [pytest.mark.go, pytest.mark.slow]

FACTOR = int(os.environ.get("OP_GETH_BLOCKS", "1"))
SEED = os.environ.get("OP_GETH_SEED", "")

CASES = [
    (Fork.BEDROCK, 22),
    (Fork.CANYON, 30),
    (Fork.ECOTONE, 45),
    (Fork.GRANITE, 50),
    (Fork.HOLOCENE, 80),
    (Fork.HOLOCENE, 81),
    (Fork.ISTHMUS, 120),
    (Fork.ISTHMUS, 121),
    (Fork.JOVIAN, 200),
    (Fork.JOVIAN, 201),
]
"""The fork at genesis, and how many blocks it and each later one get."""


def blocks_of(first: Fork, per_fork: int) -> int:
    return per_fork * len({at for fork, at in schedule(first, per_fork).items() if fork >= first} | {0})


def compare(program: Path, chain: TestChain, seed: object, blocks: int) -> Comparison:
    with running_op_geth(program, chain) as peer:
        comparison = Comparison(chain, peer)
        run(comparison, (seed, SEED), blocks)
        assert peer.rpc.call("eth_blockNumber") == hex(chain.head.number - 1)
        comparison.make_head()
        assert peer.rpc.call("eth_blockNumber") == hex(chain.head.number)
    return comparison


def test_there_are_enough_of_them() -> None:
    assert sum(blocks_of(*case) for case in CASES) >= 2000


@pytest.mark.parametrize(("first", "per_fork"), CASES, ids=lambda value: getattr(value, "name", value))
def test_random_blocks(op_geth: Path, first: Fork, per_fork: int) -> None:
    blocks = blocks_of(first, per_fork) * FACTOR
    comparison = compare(op_geth, make_chain(schedule(first, per_fork * FACTOR)), (first, per_fork), blocks)
    assert comparison.blocks == blocks
    types = {kind for kind, _ in comparison.outcomes}
    assert types == {0, 1, 2, 4, 0x7E}
    assert all(comparison.outcomes[kind, status] for kind in (0, 1, 2, 0x7E) for status in (0, 1))
    assert len(comparison.refused) > 8


def test_forks_that_activate_together(op_geth: Path) -> None:
    """Some of them between two blocks.

    op-geth does not support that of Canyon (it never deploys the create2Deployer then), nor Jovian in the
    same block as Isthmus (it wants Isthmus's L1 attributes there).
    """
    times = {fork: GENESIS_TIME + 60 for fork in Fork if Fork.BEDROCK < fork <= Fork.GRANITE}
    times |= {Fork.HOLOCENE: GENESIS_TIME + 121, Fork.ISTHMUS: GENESIS_TIME + 121}
    times[Fork.JOVIAN] = GENESIS_TIME + 161
    compare(op_geth, make_chain(times), "together", 110)


@pytest.mark.shared
def test_real_predeploys(op_geth: Path) -> None:
    """All upgrade transactions on the contracts that they are meant for."""
    chain = make_chain(schedule(Fork.BEDROCK, 15), real_predeploys=True)
    compare(op_geth, chain, "real", 9 * 15)
