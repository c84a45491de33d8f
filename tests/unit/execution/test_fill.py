"""Filling blocks from a pool within their time: a clock and other calls are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pyoprollup.engine import PayloadInfo
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.genesis import Account
from pyoprollup.execution.fill import LONGEST_TRANSACTION
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.pace import Pace
from pyoprollup.execution.pool import StateHead, TxPool
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import ETHER, GENESIS_TIME, KEY, Chain, deposit, transfer
from tests.unit.execution.chains import genesis_of, heads

BURNER = Address(b"\x33" * 20)
OTHER_KEY = b"\x02" * 32
BURN = {"to": BURNER, "value": 0, "gas": 1_000_000}


class World:
    """An engine whose clock goes on by ``seconds_per_check`` with each checkpoint."""

    def __init__(self, seconds_per_check: float = 0.0) -> None:
        from pyoprollup.eth.crypto import address_of

        burner = Account(code=bytes.fromhex("5b600056"))
        rich = {BURNER: burner, address_of(OTHER_KEY): Account(balance=ETHER)}
        self.chain = Chain.start(Fork.JOVIAN, rich)
        self.now = float(GENESIS_TIME + 2)
        self.step = seconds_per_check
        self.wanted = False
        self.waiting: list[Callable[[], None]] = []
        self.dropped: list[Hash32] = []
        self.pool = TxPool(StateHead(self.chain.config, self.chain.head, self.chain.store))
        pace = Pace(self.tick, lambda: None, lambda: self.wanted, self.waiting.append)
        self.engine = InProcessEngine.from_genesis(
            self.chain.config, genesis_of(self.chain), MemoryStore(), pool=self.pool, pace=pace
        )
        self.engine._jobs.slow.on_dropped = lambda name, _: self.dropped.append(name)
        self.attributes: PayloadAttributes = replace(self.chain.attributes([deposit()]))

    def tick(self) -> float:
        self.now += self.step
        return self.now

    def start(self) -> PayloadInfo:
        job = self.engine.forkchoice_updated(heads(self.chain.head.hash()), self.attributes).payload_id
        assert job is not None
        return PayloadInfo(job, self.attributes.timestamp)

    def go_on(self) -> None:
        """What the worker does when there is nothing else."""
        waiting, self.waiting[:] = list(self.waiting), []
        for job in waiting:
            job()

    def finish(self, info: PayloadInfo) -> list[bytes]:
        return list(self.engine.get_payload(info).payload.transactions)[1:]


def test_a_block_is_filled_between_calls_and_no_more_when_it_is_asked_for() -> None:
    world = World()
    sent = [transfer(nonce) for nonce in range(3)]
    for raw in sent:
        world.pool.add(raw)
    info = world.start()
    world.go_on()
    assert not world.waiting
    assert world.finish(info) == sent
    world.pool.add(transfer(3))
    world.go_on()
    assert world.finish(info) == sent


def test_what_came_after_the_block_was_filled_is_taken_as_well() -> None:
    world = World()
    world.pool.add(transfer(0))
    info = world.start()
    world.go_on()
    world.pool.add(transfer(1))
    assert world.finish(info) == [transfer(0), transfer(1)]


def test_a_limit_on_data_counts_what_was_taken_before() -> None:
    world = World()
    world.pool.add(transfer(0))
    size = next(iter(world.pool)).da_size
    world.pool.config = replace(world.pool.config, max_da_block_size=size * 3 // 2)
    info = world.start()
    world.go_on()
    world.pool.add(transfer(0, key=OTHER_KEY))
    assert world.finish(info) == [transfer(0)]


def test_filling_ends_at_the_time_of_the_block() -> None:
    """With a block every two seconds and half a second for each look at the clock."""
    world = World(seconds_per_check=0.5)
    for nonce in range(10):
        world.pool.add(transfer(nonce))
    info = world.start()
    world.go_on()
    assert not world.waiting
    taken = world.finish(info)
    assert 0 < len(taken) < 10
    assert taken == [transfer(nonce) for nonce in range(len(taken))]


def test_other_calls_go_first_and_what_was_begun_is_undone() -> None:
    world = World()
    world.pool.add(transfer(0, **BURN))
    info = world.start()
    balance = world.chain.head.hash()
    world.wanted = True
    world.go_on()
    assert world.waiting  # to go on with it later
    world.wanted = False
    world.go_on()
    assert not world.waiting
    assert world.finish(info) == [transfer(0, **BURN)]
    assert balance == world.chain.head.hash()


def test_a_call_in_the_middle_of_a_transaction() -> None:
    world = World()
    world.pool.add(transfer(0, **BURN))
    world.pool.add(transfer(0, key=OTHER_KEY, gas_tip_cap=1))
    info = world.start()
    looks = iter([False, False, True, True])
    world.engine._jobs._pace = None
    fill = next(iter(world.engine._jobs._jobs.values())).fill
    assert fill is not None
    fill._pace = replace(fill._pace, is_wanted=lambda: next(looks, False))  # type: ignore[type-var]
    assert fill.in_between(world.now + 2)
    assert not fill._included
    assert not fill.in_between(world.now + 2)
    assert world.finish(info) == [transfer(0, **BURN), transfer(0, key=OTHER_KEY, gas_tip_cap=1)]


def test_a_transaction_that_takes_too_long_makes_room_for_others_and_leaves_the_pool() -> None:
    world = World(seconds_per_check=1.0)
    slow, quick = transfer(0, **BURN), transfer(0, key=OTHER_KEY, gas_tip_cap=1)
    world.pool.add(slow)
    world.pool.add(quick)
    info = world.start()
    world.go_on()
    assert world.dropped == [tx_hash(slow)]
    assert [each.raw for each in world.pool] == [quick]
    world.step = 0.0
    assert world.finish(info) == [quick]


def test_a_block_that_is_asked_for_at_once_has_something_of_the_pool() -> None:
    world = World(seconds_per_check=0.05)
    for nonce in range(20):
        world.pool.add(transfer(nonce))
    taken = world.finish(world.start())
    assert 0 < len(taken) < 20


def test_the_last_transaction_has_its_time_too() -> None:
    world = World(seconds_per_check=0.5)
    world.pool.add(transfer(0, **BURN))
    before = world.now
    assert world.finish(world.start()) == []
    assert world.now - before < LONGEST_TRANSACTION + 5
    assert world.dropped == [tx_hash(transfer(0, **BURN))]


def test_only_the_newest_block_is_filled() -> None:
    world = World()
    world.pool.add(transfer(0, key=KEY))
    first = world.start()
    world.attributes = replace(world.attributes, prev_randao=Hash32(b"\x01" * 32))
    second = world.start()
    jobs = world.engine._jobs._jobs
    world.go_on()
    assert [len(jobs[each.id].fill._included) for each in (first, second)] == [0, 1]  # type: ignore[union-attr]
    assert world.finish(first) == world.finish(second) == [transfer(0)]


@pytest.mark.parametrize("fork", [Fork.CANYON, Fork.JOVIAN])
def test_a_block_that_is_sealed_twice_is_the_block(fork: Fork) -> None:
    """The block is sealed with what is forced, and again with what was added: nothing of the first shows."""
    from pyoprollup.evm.block import Execution

    logger = Account(code=bytes.fromhex("60003580600055600101600155"), storage={0: 5, 1: 7})
    chain = Chain.start(fork, {BURNER: logger})
    calls = [
        transfer(nonce, to=BURNER, value=0, data=value.to_bytes(32, "big"))
        for nonce, value in enumerate((0, 9, 0, 2**256 - 1, 0))
    ]
    created = [transfer(5, to=None, value=0, data=bytes.fromhex("600b600052600160" + "1ff3"))]
    attributes = chain.attributes([deposit()])
    builder = Execution(chain.config).begin(chain.head, attributes, chain.store)
    assert builder.seal().hash == chain.build(deposit()).hash
    for count, raw in enumerate([*calls, *created], 1):
        builder.add(raw)
        sealed = builder.seal()
        whole = chain.build(deposit(), candidates=[*calls, *created][:count])
        assert sealed.hash == whole.hash
        assert {key: sealed.writes[key] for key in whole.writes} == whole.writes
