"""The engine in process, by way of the Engine API alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.engine import (
    BlockNotFound,
    EngineError,
    ExecutePayloadStatus,
    InvalidForkchoiceState,
    InvalidPayloadAttributes,
    PayloadID,
    PayloadInfo,
    UnknownPayload,
)
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.eth.withdrawals import Withdrawal
from pyoprollup.events import Happening, Level
from pyoprollup.execution.build_jobs import MAX_JOBS
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import DatabaseStore, MemoryStore, PrunedState
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import SENDER, Chain, deposit, transfer
from tests.unit.execution.chains import (
    build,
    extend,
    fork_of,
    genesis_of,
    hashes,
    heads,
    insert,
    recorded,
    start,
)
from tests.unit.execution.store.support import KINDS, check_state, open_store

VALID, INVALID = ExecutePayloadStatus.VALID, ExecutePayloadStatus.INVALID
SYNCING, ACCEPTED = ExecutePayloadStatus.SYNCING, ExecutePayloadStatus.ACCEPTED
UNKNOWN = Hash32(b"\x55" * 32)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseStore]:
    opened = open_store(request.param, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def jovian() -> tuple[Chain, InProcessEngine]:
    return start(Fork.JOVIAN, MemoryStore())


def status(engine: InProcessEngine, *state: Hash32) -> ExecutePayloadStatus:
    return engine.forkchoice_updated(heads(*state), None).payload_status.status


def latest(engine: InProcessEngine, label: BlockLabel = BlockLabel.UNSAFE) -> Hash32:
    return engine.payload_by_label(label).payload.block_hash


# --- recorded chains


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "archive"), [("memory", False), ("sqlite", False), ("lmdb", True)])
def test_recorded_chain_is_built_and_inserted(kind: str, archive: bool, tmp_path: Path) -> None:
    """Built by one engine, and inserted into another one that keeps little state."""
    config, genesis, blocks = recorded("forks-v2-11")
    builder = InProcessEngine.from_genesis(config, genesis, MemoryStore())
    follower = InProcessEngine.from_genesis(
        config, genesis, open_store(kind, tmp_path, window=4, archive=archive)
    )
    parent = final = genesis.hash
    chain = [parent]
    for attributes, expected in blocks:
        envelope = build(builder, parent, attributes)
        assert envelope.payload.block_hash == expected
        assert builder.new_payload(envelope).status is VALID
        assert follower.new_payload(envelope).status is VALID
        assert follower.forkchoice_updated(heads(expected, ZERO_HASH, final), None).payload_status.status is (
            VALID
        )
        parent = expected
        chain.append(parent)
        final = chain[max(len(chain) - 6, 0)]
        assert follower.payload_by_hash(parent) == envelope
        assert follower.store.receipts(parent) == builder.store.receipts(parent)
    assert latest(follower) == parent
    assert follower.payload_by_number(7).payload.block_hash == chain[7]
    kept = [block_hash for block_hash in chain if follower.store.has_state(block_hash)]
    assert kept == (chain if archive else chain[-7:])
    if not archive:
        check_state(follower.store)  # type: ignore[arg-type]
    follower.store.close()


# --- forkchoice


def test_heads_begin_at_genesis(store: DatabaseStore) -> None:
    chain, engine = start(Fork.JOVIAN, store)
    genesis = chain.head.hash()
    assert latest(engine) == genesis
    assert engine.payload_by_number(0) == engine.payload_by_hash(genesis)
    for label in (BlockLabel.SAFE, BlockLabel.FINALIZED):
        with pytest.raises(BlockNotFound):
            engine.payload_by_label(label)
    assert status(engine, genesis, genesis, genesis) is VALID
    assert latest(engine, BlockLabel.SAFE) == latest(engine, BlockLabel.FINALIZED) == genesis


def test_blocks_that_are_not_there(jovian: tuple[Chain, InProcessEngine]) -> None:
    _, engine = jovian
    with pytest.raises(BlockNotFound):
        engine.payload_by_hash(UNKNOWN)
    for number in (1, 1 << 63, 1 << 64, -1):
        with pytest.raises(BlockNotFound):
            engine.payload_by_number(number)
    with pytest.raises(UnknownPayload):
        engine.get_payload(PayloadInfo(PayloadID(bytes(8)), 0))


def test_reorgs_both_ways(store: DatabaseStore) -> None:
    chain, engine = start(Fork.JOVIAN, store)
    insert(engine, extend(chain, 2))
    fork = chain.head.hash()
    other = fork_of(chain)
    ours, theirs = extend(chain, 4), extend(other, 2, prev_randao=UNKNOWN)
    insert(engine, ours)
    assert status(engine, ours[-1].payload.block_hash, fork, fork) is VALID
    for blocks, top in ((theirs, 4), (ours, 6), (theirs, 4)):
        insert(engine, blocks[:-1])
        insert(engine, blocks[-1:])
        assert latest(engine) == blocks[-1].payload.block_hash
        assert [engine.payload_by_number(3 + index) for index in range(len(blocks))] == blocks
        with pytest.raises(BlockNotFound):
            engine.payload_by_number(top + 1)
        assert latest(engine, BlockLabel.SAFE) == fork


def test_a_label_that_a_reorg_leaves_behind_is_dropped(jovian: tuple[Chain, InProcessEngine]) -> None:
    chain, engine = jovian
    genesis = chain.head.hash()
    other = fork_of(chain)
    ours, theirs = extend(chain, 2), extend(other, 1, prev_randao=UNKNOWN)
    insert(engine, ours)
    assert status(engine, *hashes(ours)[::-1], genesis) is VALID
    insert(engine, theirs)
    assert latest(engine, BlockLabel.FINALIZED) == genesis
    with pytest.raises(BlockNotFound):
        engine.payload_by_label(BlockLabel.SAFE)


def test_an_ancestor_as_head_moves_only_the_labels(jovian: tuple[Chain, InProcessEngine]) -> None:
    chain, engine = jovian
    blocks = extend(chain, 4)
    first, second, _, last = hashes(blocks)
    insert(engine, blocks)
    assert status(engine, second, first) is VALID
    assert latest(engine) == last
    assert latest(engine, BlockLabel.SAFE) == first
    # A safe block above the head that is told is on the chain all the same: the head stays where it is.
    assert status(engine, second, hashes(blocks)[2], first) is VALID
    assert latest(engine) == last
    assert latest(engine, BlockLabel.SAFE) == hashes(blocks)[2]
    # A block that is built there takes the place of the others.
    rival = build(engine, second, replace(chain.attributes(), timestamp=blocks[1].payload.timestamp + 1))
    assert latest(engine) == last
    insert(engine, [rival])
    assert latest(engine) == rival.payload.block_hash
    with pytest.raises(BlockNotFound):
        engine.payload_by_number(4)


def test_unknown_and_foreign_blocks_in_a_forkchoice(jovian: tuple[Chain, InProcessEngine]) -> None:
    chain, engine = jovian
    genesis = chain.head.hash()
    other = fork_of(chain)
    ours, theirs = extend(chain, 3), extend(other, 1, prev_randao=UNKNOWN)
    insert(engine, [*theirs, *ours])
    first, _, third = hashes(ours)
    before = engine.store.heads
    assert status(engine, ZERO_HASH) is INVALID
    assert status(engine, UNKNOWN) is SYNCING
    for safe, finalized in (
        (UNKNOWN, ZERO_HASH),
        (ZERO_HASH, UNKNOWN),
        (theirs[0].payload.block_hash, ZERO_HASH),
        (genesis, theirs[0].payload.block_hash),
    ):
        with pytest.raises(InvalidForkchoiceState):
            status(engine, third, safe, finalized)
    with pytest.raises(InvalidForkchoiceState):
        status(engine, theirs[0].payload.block_hash, first)
    assert engine.store.heads == before


# --- new payloads


def test_a_wrong_block_hash_is_told_beside_that_of_the_contents(
    jovian: tuple[Chain, InProcessEngine],
) -> None:
    chain, engine = jovian
    (block,) = extend(chain, 1)
    answer = engine.new_payload(replace(block, payload=replace(block.payload, block_hash=UNKNOWN)))
    assert (answer.status, answer.latest_valid_hash) == (INVALID, None)
    assert answer.validation_error is not None
    assert UNKNOWN.hex() in answer.validation_error
    assert block.payload.block_hash.hex() in answer.validation_error


def test_payloads_are_executed_once_and_known_then(jovian: tuple[Chain, InProcessEngine]) -> None:
    chain, engine = jovian
    genesis = chain.head.hash()
    first, second = extend(chain, 2)
    orphan = engine.new_payload(second)
    assert (orphan.status, orphan.latest_valid_hash) == (SYNCING, None)
    for _ in range(2):
        answer = engine.new_payload(first)
        assert (answer.status, answer.latest_valid_hash) == (VALID, first.payload.block_hash)
    assert latest(engine) == genesis
    assert engine.new_payload(second).status is VALID


@pytest.mark.parametrize(
    "changes",
    [
        {"state_root": UNKNOWN},
        {"receipts_root": UNKNOWN},
        {"gas_used": 1},
        {"timestamp": 1},
        {"block_number": 7},
        {"extra_data": b""},
        {"withdrawals_root": UNKNOWN},
        {"transactions": (b"\x7e\x01",)},
        {"transactions": (transfer(nonce=9),)},
    ],
)
def test_invalid_payloads(jovian: tuple[Chain, InProcessEngine], changes: dict[str, Any]) -> None:
    chain, engine = jovian
    genesis = chain.head.hash()
    (good,) = extend(fork_of(chain), 1)
    bad = replace(good, payload=replace(good.payload, **changes))
    answer = engine.new_payload(bad)
    assert (answer.status, answer.latest_valid_hash) == (INVALID, None)
    assert answer.validation_error is not None
    assert "hash" in answer.validation_error
    bad = replace(bad, payload=replace(bad.payload, block_hash=bad.compute_block_hash()))
    for _ in range(2):
        answer = engine.new_payload(bad)
        assert answer.status is INVALID
        assert answer.latest_valid_hash == genesis
        assert answer.validation_error
    assert status(engine, bad.payload.block_hash) is INVALID
    assert engine.new_payload(good).status is VALID


@pytest.mark.parametrize(
    "changes",
    [
        {"withdrawals_root": None},
        {"blob_gas_used": None},
        {"excess_blob_gas": None},
        {"withdrawals": None},
        {"transactions": (b"",)},
        {"withdrawals": (Withdrawal(0, 0, SENDER, 1),)},
    ],
)
def test_payloads_of_another_fork(jovian: tuple[Chain, InProcessEngine], changes: dict[str, Any]) -> None:
    """They can have the hash of a good block, about which nothing is said."""
    chain, engine = jovian
    (good,) = extend(fork_of(chain), 1)
    bad = replace(good, payload=replace(good.payload, **changes))
    bad = replace(bad, payload=replace(bad.payload, block_hash=bad.compute_block_hash()))
    answer = engine.new_payload(bad)
    assert (answer.status, answer.latest_valid_hash) == (INVALID, None)
    assert answer.validation_error
    assert engine.new_payload(replace(good, parent_beacon_block_root=None)).status is INVALID
    assert engine.new_payload(good).status is VALID


def test_descendants_of_an_invalid_block_are_invalid(jovian: tuple[Chain, InProcessEngine]) -> None:
    chain, engine = jovian
    first, second, third = extend(chain, 3)
    insert(engine, [first])
    bad = replace(second, payload=replace(second.payload, state_root=UNKNOWN))
    bad = replace(bad, payload=replace(bad.payload, block_hash=bad.compute_block_hash()))
    child = replace(third, payload=replace(third.payload, parent_hash=bad.payload.block_hash))
    child = replace(child, payload=replace(child.payload, block_hash=child.compute_block_hash()))
    assert engine.new_payload(child).status is SYNCING
    assert engine.new_payload(bad).status is INVALID
    answer = engine.new_payload(child)
    assert (answer.status, answer.latest_valid_hash) == (INVALID, first.payload.block_hash)
    assert status(engine, child.payload.block_hash) is INVALID


# --- state that is not there


def test_missing_state_is_no_invalid_block(jovian: tuple[Chain, InProcessEngine]) -> None:
    chain, engine = jovian
    (block,) = extend(chain, 1)
    store: Any = engine.store
    backend = store._backend._backend
    rows = dict(backend.tables.items())
    state = next(table for table in rows if table.value == "state")
    saved, backend.tables[state] = backend.tables[state], {}
    for call in (
        lambda: engine.new_payload(block),
        lambda: engine.forkchoice_updated(
            heads(block.payload.parent_hash), replace(chain.attributes(), timestamp=block.payload.timestamp)
        ),
    ):
        with pytest.raises(EngineError, match="not in the database"):
            call()
    backend.tables[state] = saved
    assert engine.new_payload(block).status is VALID


def test_pruned_state(tmp_path: Path) -> None:
    chain, engine = start(Fork.JOVIAN, open_store("memory", tmp_path, window=2))
    side = fork_of(chain)
    blocks = extend(chain, 8)
    first, *_, last = hashes(blocks)
    rivals = extend(side, 2, prev_randao=UNKNOWN)
    insert(engine, blocks[:1])
    assert engine.new_payload(rivals[0]).status is VALID
    insert(engine, blocks[1:])
    assert status(engine, last, last, last) is VALID
    assert not engine.store.has_state(first)
    assert engine.new_payload(rivals[1]).status is ACCEPTED
    with pytest.raises(PrunedState):
        status(engine, rivals[0].payload.block_hash, ZERO_HASH, ZERO_HASH)
    assert status(engine, first) is VALID
    with pytest.raises(PrunedState):
        engine.forkchoice_updated(heads(first), replace(chain.attributes(), timestamp=2000))
    assert latest(engine) == last


# --- building


def test_the_same_attributes_are_the_same_job(jovian: tuple[Chain, InProcessEngine]) -> None:
    chain, engine = jovian
    genesis = chain.head.hash()
    attributes = chain.attributes([deposit(), transfer()], no_tx_pool=True)
    ids = {engine.forkchoice_updated(heads(genesis), attributes).payload_id for _ in range(2)}
    other = engine.forkchoice_updated(heads(genesis), replace(attributes, no_tx_pool=False)).payload_id
    (first,) = ids
    assert first is not None and other is not None
    assert first != other
    assert first[0] == 3
    blocks = [engine.get_payload(PayloadInfo(job, attributes.timestamp)) for job in (first, first, other)]
    assert blocks[0] == blocks[1] == blocks[2] == chain.build(deposit(), transfer()).envelope
    assert engine.new_payload(blocks[0]).status is VALID


def test_old_jobs_are_forgotten(jovian: tuple[Chain, InProcessEngine]) -> None:
    chain, engine = jovian
    genesis = chain.head.hash()
    infos = []
    for index in range(MAX_JOBS + 1):
        attributes = chain.attributes(prev_randao=Hash32(bytes([index]) * 32))
        job = engine.forkchoice_updated(heads(genesis), attributes).payload_id
        assert job is not None
        infos.append(PayloadInfo(job, attributes.timestamp))
    with pytest.raises(UnknownPayload):
        engine.get_payload(infos[0])
    assert len({engine.get_payload(info).payload.block_hash for info in infos[1:]}) == MAX_JOBS


@pytest.mark.parametrize(
    ("fork", "changes"),
    [
        (Fork.JOVIAN, {"timestamp": 1000}),
        (Fork.JOVIAN, {"gas_limit": None}),
        (Fork.JOVIAN, {"gas_limit": (1 << 64) - 1}),
        (Fork.JOVIAN, {"eip1559_params": None}),
        (Fork.JOVIAN, {"eip1559_params": bytes(7)}),
        (Fork.JOVIAN, {"eip1559_params": bytes(7) + b"\x01"}),
        (Fork.JOVIAN, {"eip1559_params": b"\x01" + bytes(7)}),
        (Fork.JOVIAN, {"min_base_fee": None}),
        (Fork.JOVIAN, {"withdrawals": None}),
        (Fork.JOVIAN, {"withdrawals": (Withdrawal(0, 0, SENDER, 1),)}),
        (Fork.JOVIAN, {"parent_beacon_block_root": None}),
        (Fork.JOVIAN, {"transactions": (b"",)}),
        (Fork.JOVIAN, {"transactions": (b"\x03\xc0",)}),
        (Fork.JOVIAN, {"transactions": (transfer(nonce=1),)}),
        (Fork.ISTHMUS, {"min_base_fee": 0}),
        (Fork.GRANITE, {"eip1559_params": bytes(8)}),
        (Fork.CANYON, {"parent_beacon_block_root": ZERO_HASH}),
        (Fork.BEDROCK, {"withdrawals": ()}),
    ],
)
def test_attributes_that_no_block_can_have(fork: Fork, changes: dict[str, Any]) -> None:
    chain, engine = start(fork, MemoryStore())
    genesis = chain.head.hash()
    with pytest.raises(InvalidPayloadAttributes) as caught:
        engine.forkchoice_updated(heads(genesis), replace(chain.attributes(), **changes))
    assert caught.value.code == -38003
    build(engine, genesis, chain.attributes())


def test_a_refused_job_leaves_the_new_head(jovian: tuple[Chain, InProcessEngine]) -> None:
    """As the specification has it: the forkchoice is not undone for its attributes' sake."""
    chain, engine = jovian
    (block,) = extend(chain, 1)
    assert engine.new_payload(block).status is VALID
    with pytest.raises(InvalidPayloadAttributes):
        engine.forkchoice_updated(heads(block.payload.block_hash), chain.attributes([transfer(nonce=5)]))
    assert latest(engine) == block.payload.block_hash


def test_every_fork_builds_what_it_accepts() -> None:
    for fork in (Fork.BEDROCK, Fork.CANYON, Fork.ECOTONE, Fork.HOLOCENE, Fork.ISTHMUS, Fork.JOVIAN):
        chain, engine = start(fork, MemoryStore())
        other = InProcessEngine.from_genesis(chain.config, genesis_of(chain), MemoryStore())
        envelope = build(engine, chain.head.hash(), chain.attributes([deposit(), transfer()]))
        assert other.new_payload(envelope).status is VALID
        assert other.payload_by_hash(envelope.payload.block_hash) == envelope


def test_a_hash_that_is_not_the_blocks_is_answered_with_the_hash_that_is(
    jovian: tuple[Chain, InProcessEngine],
) -> None:
    chain, engine = jovian
    [block] = extend(chain, 1)
    changed = replace(block, payload=replace(block.payload, block_hash=UNKNOWN))
    answer = engine.new_payload(changed)
    assert (answer.status, answer.latest_valid_hash) == (INVALID, None)
    text = f"blockhash mismatch, want {UNKNOWN.hex()}, got {block.payload.block_hash.hex()}"
    assert answer.validation_error == text


def test_what_it_tells() -> None:
    told: list[Happening] = []
    chain, engine = start(Fork.JOVIAN, MemoryStore(), tell=told.append)
    genesis, other = chain.head.hash(), fork_of(chain)
    blocks = extend(chain, 2)
    engine.new_payload(blocks[1])
    insert(engine, blocks)
    bad = replace(blocks[0], payload=replace(blocks[0].payload, gas_used=1))
    bad = replace(bad, payload=replace(bad.payload, block_hash=bad.compute_block_hash()))
    assert engine.new_payload(bad).status is INVALID
    [rival] = extend(other, 1, prev_randao=UNKNOWN)
    insert(engine, [rival])
    status(engine, rival.payload.block_hash, rival.payload.block_hash)
    build(engine, genesis, other.attributes())
    assert [each.event for each in told] == [
        *("parent-missing", "block-added", "new-head", "block-added", "new-head", "block-invalid"),
        *("block-added", "new-head", "reorg", "labels-moved", "block-built"),
    ]
    assert {each.level for each in told} == {Level.DEBUG, Level.INFO, Level.WARNING}
