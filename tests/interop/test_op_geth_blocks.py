"""Compares whole blocks with op-geth: thousands of random ones, through every fork.

Each is built by both engines from the same attributes and must have the same hash. op-geth then has to
accept our block, and ours (now and then) executes op-geth's. What ours takes out of a pool's candidates is
refused by op-geth at the same place. ``OP_GETH_BLOCKS=10`` makes ten times as many blocks.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.block import ExecutedBlock, execute_payload
from pyoprollup.evm.errors import TxFault
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time
from pyoprollup.rpc.errors import JsonRpcError
from tests.interop.evm_asm import CONTRACTS
from tests.interop.evm_blocks import BlockMaker, Plan, sender_nonces
from tests.interop.evm_chain import (
    CHAIN_ID,
    GENESIS_TIME,
    KEYS,
    USUAL_SENDERS,
    TestChain,
    make_chain,
    schedule,
)
from tests.interop.evm_compare import Comparison, run
from tests.interop.evm_precompile_inputs import PRECOMPILES, SLOW, precompile, precompile_input
from tests.interop.evm_transactions import LIMITS, word
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
    (Fork.KARST, 200),
    (Fork.KARST, 201),
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


# --- blocks with a purpose


class Directed:
    """Blocks of calls, each by a sender of its own choosing, that both engines have to agree on."""

    def __init__(self, comparison: Comparison, seed: object, gas_limit: int = 30_000_000) -> None:
        self.comparison = comparison
        self.maker = BlockMaker(comparison.chain, seed)
        self.maker.tame = True
        self.gas_limit = gas_limit

    def block(
        self, calls: Iterable[tuple[Address, bytes, int]], deposits: Iterable[bytes] = ()
    ) -> ExecutedBlock:
        """A block of these calls: what is called, with which data, and with how much gas."""
        chain = self.comparison.chain
        plan = self.maker.plan()
        forced = (*plan.attributes.transactions[:1], *deposits)
        attributes = replace(plan.attributes, transactions=forced, gas_limit=self.gas_limit)
        return self.comparison.step(Plan(attributes, tuple(self._signed(chain, calls))))

    def _signed(self, chain: TestChain, calls: Iterable[tuple[Address, bytes, int]]) -> Iterator[bytes]:
        nonces = sender_nonces(chain)
        price = 2 * (chain.head.base_fee or 0) + 10**9
        for (to, data, gas), sender in zip(calls, cycle(USUAL_SENDERS), strict=False):
            tx = Transaction(0, nonces[sender], price, gas, to, 0, data)
            nonces[sender] += 1
            yield sign_transaction(tx, KEYS[sender], CHAIN_ID).encode()


@contextmanager
def directed(program: Path, fork: Fork, gas_limit: int = 30_000_000) -> Iterator[Directed]:
    times = {each: at for each, at in schedule(fork, 1).items() if each <= fork}
    chain = make_chain(times)
    with running_op_geth(program, chain) as peer:
        yield Directed(Comparison(chain, peer), ("directed", fork), gas_limit)


BLAKE2F = 9
PRECOMPILE_FORKS = [Fork.BEDROCK, Fork.ECOTONE, Fork.GRANITE, Fork.ISTHMUS, Fork.JOVIAN, Fork.KARST]


@pytest.mark.parametrize("fork", PRECOMPILE_FORKS, ids=lambda fork: fork.name)
def test_every_precompile(op_geth: Path, fork: Fork) -> None:
    """Many inputs for each, and the gas that it left."""
    chance = random.Random(fork)
    through = CONTRACTS["call"]
    calls = []
    for number in range(0x14) if fork is Fork.BEDROCK else (*PRECOMPILES, 0, 0x12, 0xFF, 0x101):
        for _ in range(5 * FACTOR if number in SLOW else 12 * FACTOR):
            data = precompile_input(chance, number)
            gas = chance.choice([2_000_000, 2_000_000, 150_000, 50_000, 6900, 3450, 3449, 100])
            gas = min(gas, 10_000) if number == BLAKE2F else gas  # a round costs a unit of gas only
            calls.append((through, word(gas) + word(precompile(number)) + word(0) + data, gas + 150_000))
    succeeded = 0
    for start in range(0, len(calls), 400):
        # Full blocks one after another would become too dear in the end: so each chain is short.
        with directed(op_geth, fork, 120_000_000) as blocks:
            for i in range(start, min(start + 400, len(calls)), 40):
                block = blocks.block(calls[i : i + 40])
                assert not block.rejected, block.rejected[0][1]
                assert len(block.transactions) == 1 + len(calls[i : i + 40])
                succeeded += sum(
                    log.topics[1] == word(1) for receipt in block.receipts for log in receipt.logs
                )
    assert succeeded > len(calls) // 4


@pytest.mark.parametrize("fork", PRECOMPILE_FORKS, ids=lambda fork: fork.name)
def test_limits_of_precompiles(op_geth: Path, fork: Fork) -> None:
    """As much input as they take, one element less and one more, one byte more."""
    gas = 2**24 if fork >= Fork.KARST else 45_000_000
    with directed(op_geth, fork, 200_000_000) as blocks:
        for number, size, unit in LIMITS:
            sizes = (size, size - unit, size + unit, size + 1)
            calls = [
                (CONTRACTS["zeros"], word(precompile(number)) + word(40_000_000) + word(each), gas)
                for each in sizes
            ]
            assert len(blocks.block(calls).transactions) == 5


def test_karst_activates(op_geth: Path) -> None:
    """CLZ and the cap on gas come with it; deposits are exempt. Init code is limited before and after."""
    times = schedule(Fork.JOVIAN, 1) | {Fork.KARST: GENESIS_TIME + 6}
    chain = make_chain(times)
    zeros, oversized = (CONTRACTS[name] for name in ("zeros of words", "oversized"))
    poor = word(49_153) + word(10**30)
    above = DepositTransaction(
        Hash32(word(7)), USUAL_SENDERS[-1], zeros, None, 0, 2**24 + 1, False, b""
    ).encode()
    with running_op_geth(op_geth, chain) as peer:
        blocks = Directed(Comparison(chain, peer), "karst", 60_000_000)
        for number in range(1, 6):
            karst = chain.config.is_active(Fork.KARST, L2Time(chain.head.time + 2))
            calls = [(zeros, word(1), 100_000), (oversized, poor, 200_000), (zeros, b"", 2**24)]
            block = blocks.block([*calls, (zeros, b"", 2**24 + 1)], deposits=[above])
            assert karst == (number >= 3)
            assert [receipt.status for receipt in block.receipts[1:5]] == [1, int(karst), 0, 1]
            assert [why.fault for _, why in block.rejected] == ([TxFault.GAS_ABOVE_CAP] if karst else [])


def test_blob_base_fee_ignores_the_da_footprint(op_geth: Path) -> None:
    """The header says no excess blob gas, so it is 1 after a block with a footprint of many blobs too."""
    with directed(op_geth, Fork.JOVIAN) as blocks:
        blocks.maker.footprint_scalar = 4000
        noise = random.Random(0).randbytes(4000)
        heavy = blocks.block([(USUAL_SENDERS[0], noise, 300_000)])
        assert heavy.header.blob_gas_used is not None and heavy.header.blob_gas_used > 10**7
        for _ in range(2):
            block = blocks.block([(CONTRACTS["blobs"], b"", 100_000)])
            assert block.receipts[-1].logs[0].topics[2] == word(1)


@pytest.mark.parametrize(
    "fork", [Fork.CANYON, Fork.HOLOCENE, Fork.JOVIAN, Fork.KARST], ids=lambda fork: fork.name
)
def test_blocks_from_the_pool_of_op_geth(op_geth: Path, fork: Fork) -> None:
    """It takes what it likes from its own pool; our engine agrees with the result."""
    chain = make_chain({each: at for each, at in schedule(fork, 1).items() if each <= fork})
    included = 0
    with running_op_geth(op_geth, chain) as peer:
        comparison, maker = Comparison(chain, peer), BlockMaker(chain, ("pool", fork))
        maker.tame = True
        comparison.make_head()
        for _ in range(20):
            plan = maker.plan()
            for raw in plan.candidates:
                with suppress(JsonRpcError):
                    peer.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
            theirs = comparison.build(plan.attributes)
            included += len(theirs.payload.transactions) - len(plan.attributes.transactions)
            block = execute_payload(chain.config, chain.head, theirs, chain.store)
            assert not peer.engine.new_payload(theirs).status.is_invalid
            chain.append(block)
            comparison.make_head()
    assert included > 10
