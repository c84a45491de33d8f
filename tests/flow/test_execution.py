"""From L1 to executed blocks: a sequencer builds them, a verifier derives and executes them again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.derive import Dropped, DropReason
from pyoprollup.driver import Driver
from pyoprollup.engine import SyncMode
from pyoprollup.eth.output_root import output_root
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.events import NEVER
from pyoprollup.execution.output import output_at_block
from pyoprollup.execution.pool import StateHead
from pyoprollup.execution.store import SqliteStore
from pyoprollup.node import NodeCore, NodeOptions
from pyoprollup.replay.executed import ExecutedReplay, SafeBlock
from pyoprollup.replay.recording import Recording
from tests.executed_rollup import GENESIS_TIME, USERS, ExecutedRollup, Node
from tests.stepping import run

FORKS = [
    "bedrock",
    "regolith",
    "canyon",
    "delta",
    "ecotone",
    "fjord",
    "granite",
    "holocene",
    "isthmus",
    "jovian",
]


def replayed(rollup: ExecutedRollup, drops: list[Dropped] | None = None, **changes: Any) -> list[SafeBlock]:
    """What a new verifier makes of the rollup's L1."""
    recording = replace(rollup.recording(), **changes)
    on_drop = None if drops is None else drops.append
    return list(ExecutedReplay(recording, Node(rollup.config).engine, on_drop=on_drop))


def deposits_only(payload: ExecutionPayload) -> bool:
    return all(raw[0] == 0x7E for raw in payload.transactions)


@pytest.mark.parametrize("fork", FORKS)
def test_the_verifier_reaches_the_sequencers_chain(fork: str) -> None:
    rollup = ExecutedRollup(fork, seed=1)
    rollup.live(6)
    rollup.mine()
    blocks = replayed(rollup)
    assert [block.payload for block in blocks] == [envelope.payload for envelope in rollup.blocks]
    assert len(blocks) == 36
    assert sum(len(block.payload.transactions) for block in blocks) > 100
    chain = rollup.node.store
    for block in blocks:
        assert block.output_root == output_root(output_at_block(rollup.config, chain, block.ref.hash))


def test_forks_activate_on_the_way() -> None:
    """Every fork from Canyon to Isthmus, 12 seconds after each other, with its upgrade transactions."""
    names = FORKS[2:-1]
    times = {f"{name}_time": GENESIS_TIME + 12 * number for number, name in enumerate(names, 1)}
    rollup = ExecutedRollup("regolith", seed=2, **times)
    rollup.live(len(names) + 2)
    rollup.mine()
    blocks = replayed(rollup)
    assert [block.payload for block in blocks] == [envelope.payload for envelope in rollup.blocks]
    at_activation = {block.ref.time: block.payload for block in blocks if block.ref.time in times.values()}
    counts = {name: len(at_activation[times[f"{name}_time"]].transactions) for name in names}
    # L1 attributes, at most two deposits, two users' transactions: what has more has upgrades.
    assert {name for name, count in counts.items() if count > 5} == {"ecotone", "fjord", "isthmus"}


def test_seeds_are_chains() -> None:
    """Same seed, same hashes; another seed, another chain."""
    tips = []
    for seed in (3, 3, 4):
        rollup = ExecutedRollup("jovian", seed=seed)
        rollup.live(2)
        tips.append(rollup.node.head.hash)
    assert tips[0] == tips[1] != tips[2]


# --- batches that cannot be executed


def with_bad_transaction(rollup: ExecutedRollup) -> None:
    """Post the new blocks, the third with a transaction whose nonce is far off."""
    batches = rollup.batches(rollup.blocks)
    rollup.sequence(1, transactions=0)
    good = rollup.user_tx()
    batch, sequence_number = batches[2]
    tampered = replace(batch, transactions=(*batch.transactions, good, good))
    rollup.post([*batches[:2], (tampered, sequence_number)])


def test_before_holocene_an_invalid_block_is_left_out_until_the_window_ends() -> None:
    rollup = ExecutedRollup("granite", seed=5, seq_window_size=4)
    rollup.mine()
    rollup.sequence(5)
    with_bad_transaction(rollup)
    for _ in range(6):
        rollup.mine()
    blocks = replayed(rollup)
    # The span is refused as a whole; what comes then is made of L1 alone.
    assert blocks[0].payload != rollup.blocks[0].payload
    assert all(deposits_only(block.payload) for block in blocks)
    assert blocks[-1].ref.l1_origin.number >= 2


def test_from_holocene_on_the_deposits_are_kept() -> None:
    drops: list[Dropped] = []
    rollup = ExecutedRollup("holocene", seed=5, seq_window_size=4)
    rollup.mine()
    rollup.sequence(5)
    with_bad_transaction(rollup)
    rollup.mine()
    blocks = replayed(rollup, drops)
    assert [block.payload for block in blocks[:2]] == [envelope.payload for envelope in rollup.blocks[:2]]
    assert len(blocks) == 3
    assert deposits_only(blocks[2].payload)
    assert blocks[2].ref.time == rollup.node.l2.read_ref(rollup.blocks[2].payload).time


# --- unsafe blocks


def verifier(rollup: ExecutedRollup, node: Node, l1: Any, clock: list[float], **options: Any) -> Driver:
    return NodeCore(
        rollup.config, node.engine, l1, l1, now=lambda: clock[0], options=NodeOptions(**options)
    ).driver


def settle(driver: Driver, clock: list[float]) -> None:
    while (due := run(driver, clock[0])) < NEVER:
        clock[0] = due
    assert driver.critical is None


def test_gossiped_blocks_become_safe_without_being_built_again() -> None:
    rollup = ExecutedRollup("jovian", seed=6)
    rollup.live(4)
    rollup.mine()
    node, clock = Node(rollup.config), [0.0]
    l1 = Recording(rollup.config, tuple(rollup.l1[:1]), {}, rollup.recording().start).l1()
    driver = verifier(rollup, node, l1, clock)
    settle(driver, clock)
    for envelope in rollup.blocks:
        driver.on_unsafe_l2_payload(envelope)
    settle(driver, clock)
    assert driver.heads.unsafe == rollup.node.head
    assert driver.heads.safe.number == 0
    l1.reorg(rollup.l1)
    driver.on_l1_head(rollup.l1[-1].info.ref)
    settle(driver, clock)
    assert driver.heads.safe == driver.heads.unsafe == rollup.node.head


def test_el_sync_takes_the_chain_from_elsewhere() -> None:
    """The engine gets the blocks by its own means; the node learns of it through gossip."""
    rollup = ExecutedRollup("jovian", seed=7)
    rollup.live(2)
    rollup.mine()
    node, clock = Node(rollup.config), [0.0]
    driver = verifier(rollup, node, rollup.recording().l1(), clock, sync_mode=SyncMode.EL)
    for envelope in rollup.blocks:
        node.engine.new_payload(envelope)
    driver.on_unsafe_l2_payload(rollup.blocks[-1])
    settle(driver, clock)
    assert driver.heads.unsafe == driver.heads.safe == rollup.node.head


# --- reorgs and restarts


def test_l1_reorg_with_other_batches() -> None:
    """Both sides of the reorg were sequenced; the verifier ends on the side that L1 ends on."""
    before = ExecutedRollup("jovian", seed=8)
    before.live(3)
    after = ExecutedRollup("jovian", seed=8)
    after.live(3)
    assert before.node.head == after.node.head
    before.live(2)
    before.mine()
    after._seed = 9
    after.mine(deposits=2)
    after.sequence(6, transactions=1)
    after.post()
    for _ in range(3):
        after.mine()
    fork = next(n for n, (a, b) in enumerate(zip(before.l1, after.l1, strict=False)) if a != b)
    assert 3 < fork < len(before.l1) - 1
    blocks = replayed(before, reorg=tuple(after.l1[fork:]))
    assert [block.payload for block in blocks[:30]] == [envelope.payload for envelope in before.blocks]
    chain = {block.ref.number: block.payload for block in blocks}
    assert list(chain.values())[: len(after.blocks)] == [envelope.payload for envelope in after.blocks]


def test_a_node_goes_on_from_its_database(tmp_path: Path) -> None:
    """The driver is thrown away in the middle; another one on the same store ends on the same chain."""
    rollup = ExecutedRollup("jovian", seed=10)
    rollup.live(6)
    rollup.mine()
    clock = [0.0]
    for l1_blocks in (3, 5, len(rollup.l1)):
        store = SqliteStore(tmp_path / "chain.db")
        node = Node(rollup.config, store)
        l1 = replace(rollup.recording(), blocks=tuple(rollup.l1[:l1_blocks])).l1()
        driver = verifier(rollup, node, l1, clock)
        settle(driver, clock)
        head = driver.heads.safe
        assert head.number == 6 * max(l1_blocks - 2, 0)
        assert node.store.heads.safe == head.hash
        store.close()
    assert head == rollup.node.head


def test_users_have_what_they_were_sent() -> None:
    """A look into the state at the end: each transaction and each deposit took one nonce."""
    rollup = ExecutedRollup("jovian", seed=11)
    rollup.live(3)
    header = rollup.node.store.header(rollup.node.head.hash)
    assert header is not None
    head = StateHead(rollup.config, header, rollup.node.store.state)
    nonces = sum(head.nonce(user) for user in USERS)
    assert nonces == sum(len(envelope.payload.transactions) - 1 for envelope in rollup.blocks)


def test_drop_reasons_reach_the_listener() -> None:
    drops: list[Dropped] = []
    rollup = ExecutedRollup("jovian", seed=12)
    rollup.live(1)
    rollup._outbox.append(b"\x00junk")
    rollup.mine()
    assert len(replayed(rollup, drops)) == 6
    assert [drop.reason for drop in drops] == [DropReason.FRAMES_UNPARSABLE]
