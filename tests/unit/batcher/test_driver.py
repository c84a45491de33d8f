from __future__ import annotations

import pytest

from pyoprollup.batcher import (
    FullReason,
    ThrottleConfig,
    ThrottleController,
    Throttler,
    ThrottlingUnsupported,
)
from pyoprollup.batcher.errors import AlreadyRunningError, NotRunningError
from pyoprollup.derive.altda.commitment import Commitment, keccak_commitment
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.events import NEVER
from tests.batching import BatchedRollup
from tests.unit.batcher.test_throttler import Engine


def started(**changes: object) -> BatchedRollup:
    rollup = BatchedRollup(**changes)  # type: ignore[arg-type]
    rollup.batcher.start_batch_submitting()
    return rollup


def test_starts_once_and_stops_once() -> None:
    rollup = BatchedRollup()
    batcher = rollup.batcher
    assert batcher.is_idle and batcher.next_due == NEVER
    with pytest.raises(NotRunningError):
        batcher.stop_batch_submitting()
    with pytest.raises(NotRunningError):
        batcher.flush()
    batcher.start_batch_submitting()
    with pytest.raises(AlreadyRunningError):
        batcher.start_batch_submitting()
    batcher.stop_batch_submitting()
    batcher.step(rollup.now)
    assert batcher.is_idle
    batcher.start_batch_submitting()
    assert batcher.is_running


def test_stopping_waits_for_what_is_on_its_way() -> None:
    rollup = started(txmgr={"num_confirmations": 5})
    while not rollup.batcher.publisher.in_flight:
        rollup.step()
    rollup.batcher.stop_batch_submitting()
    sent = rollup.batcher.metrics.txs_sent
    rollup.run(2)
    assert not rollup.batcher.is_idle and not rollup.batcher.is_running
    rollup.run(6)
    assert rollup.batcher.is_idle and rollup.batcher.metrics.txs_sent == sent
    assert rollup.batcher.metrics.txs_confirmed == sent


def test_killing_does_not_wait() -> None:
    rollup = started(txmgr={"num_confirmations": 5})
    while not rollup.batcher.publisher.in_flight:
        rollup.step()
    rollup.batcher.stop_batch_submitting(kill=True)
    assert rollup.batcher.is_idle and not rollup.batcher.publisher.in_flight


def test_can_be_started_again_after_a_stop() -> None:
    rollup = started()
    rollup.run(4)
    rollup.batcher.stop_batch_submitting(kill=True)
    rollup.run(4)
    rollup.batcher.start_batch_submitting()
    rollup.run(4)
    rollup.finish()


def test_waits_for_l2_genesis() -> None:
    rollup = BatchedRollup()
    rollup.now -= 70
    rollup.batcher.start_batch_submitting()
    dues = []
    while rollup.now < rollup.config.genesis.l2_time:
        rollup.batcher.step(rollup.now)
        assert rollup.batcher.next_due < NEVER
        dues.append(rollup.batcher.next_due - rollup.now)
        rollup.now = rollup.batcher.next_due
    assert dues == [30, 30, 10]
    assert not rollup.batcher.metrics.blocks_loaded


def test_a_node_without_an_answer_at_the_start_is_asked_again() -> None:
    rollup = BatchedRollup()
    rollup.node.fault = 1.0
    rollup.batcher.start_batch_submitting()
    rollup.batcher.step(rollup.now)
    assert rollup.batcher.next_due == rollup.now + 5
    (told,) = rollup.told
    assert (told.source, told.event) == ("batcher", "sync-status-failed")
    assert str(told.details["error"]), "an operator reads why"
    rollup.node.fault = 0.0
    rollup.run(3)
    rollup.finish()


def test_a_node_that_knows_no_l1_is_asked_ever_less_often() -> None:
    rollup = started()
    rollup.batcher.step(rollup.now)
    rollup.node.synced = False
    dues = []
    for _ in range(8):
        assert rollup.batcher.next_due < NEVER
        rollup.now = rollup.batcher.next_due
        rollup.batcher.step(rollup.now)
        dues.append(rollup.batcher.next_due - rollup.now)
    assert dues == [1, 2, 4, 8, 16, 30, 30, 30]
    rollup.node.synced = True
    rollup.now += 30
    rollup.batcher.step(rollup.now)
    rollup.node.synced = False
    rollup.now += 6
    rollup.batcher.step(rollup.now)
    assert rollup.batcher.next_due == rollup.now + 1


def test_the_clear_state_begins_after_the_genesis_origin() -> None:
    rollup = started()
    rollup.batcher.step(rollup.now)
    assert rollup.batcher.channels._last_origin == rollup.config.genesis.l1
    rollup.run(6)
    rollup.batcher.stop_batch_submitting(kill=True)
    rollup.batcher.start_batch_submitting()
    rollup.batcher.step(rollup.now)
    assert rollup.batcher.channels._last_origin == rollup.node.chain.safe_head.l1_origin


@pytest.mark.parametrize("depth", [0, 10])
def test_waits_for_the_node_to_derive_what_is_on_l1(depth: int) -> None:
    settings = {"wait_node_sync": True, "check_recent_txs_depth": depth}
    rollup = started(batcher=settings, channel={"max_frame_size": 2000})
    rollup.run(5)
    usual = rollup.node.derive
    rollup.node.derive = lambda: None  # type: ignore[method-assign]
    rollup.run(4)
    rollup.batcher.stop_batch_submitting(kill=True)
    rollup.batcher = rollup.new_batcher()
    rollup.batcher.start_batch_submitting()
    rollup.run(3)
    assert rollup.batcher.metrics.blocks_loaded == 0
    rollup.node.derive = usual  # type: ignore[method-assign]
    rollup.run(3)
    assert rollup.batcher.metrics.blocks_loaded
    rollup.finish()


def test_a_new_start_waits_for_what_is_on_l1_by_then() -> None:
    rollup = BatchedRollup(batcher={"wait_node_sync": True}, channel={"max_frame_size": 2000})
    usual = rollup.node.derive
    rollup.node.derive = lambda: None  # type: ignore[method-assign]
    rollup.run(3)
    rollup.batcher.start_batch_submitting()
    rollup.run(1)
    rollup.batcher.stop_batch_submitting(kill=True)
    rollup.node.derive = usual  # type: ignore[method-assign]
    rollup.run(1)
    rollup.node.derive = lambda: None  # type: ignore[method-assign]
    rollup.run(3)
    rollup.batcher.start_batch_submitting()
    rollup.run(2)
    assert rollup.batcher.metrics.blocks_loaded == 0
    rollup.node.derive = usual  # type: ignore[method-assign]
    rollup.run(3)
    assert rollup.batcher.metrics.blocks_loaded
    rollup.finish()


def test_an_l2_reorg_means_waiting_and_a_fresh_start() -> None:
    rollup = started(channel={"max_channel_duration": 40, "max_frame_size": 5000})
    rollup.run(5)
    loaded = rollup.batcher.metrics.blocks_loaded
    assert loaded and not rollup.batcher.metrics.txs_sent
    rollup.reorg(3)
    rollup.run(6)
    assert rollup.batcher.metrics.l2_reorgs == 1 and rollup.batcher.metrics.clears == 2
    rollup.finish()


def test_after_an_l2_reorg_the_node_has_to_catch_up_first() -> None:
    rollup = started(channel={"max_channel_duration": 40, "max_frame_size": 5000})
    rollup.run(5)
    usual = rollup.node.derive
    rollup.node.derive = lambda: None  # type: ignore[method-assign]
    rollup.reorg(3)
    while not rollup.batcher.metrics.l2_reorgs:
        rollup.run(1)
    rollup.run(3)
    assert rollup.batcher.metrics.clears == 1
    rollup.node.derive = usual  # type: ignore[method-assign]
    rollup.run(3)
    assert rollup.batcher.metrics.clears == 2
    rollup.finish()


def test_a_node_that_goes_back_is_waited_for() -> None:
    rollup = started()
    rollup.run(4)
    loaded, current = rollup.batcher.metrics.blocks_loaded, rollup.node._current
    rollup.node._current = rollup.l1.blocks[1].ref
    usual = rollup.node.derive
    rollup.node.derive = lambda: None  # type: ignore[method-assign]
    rollup.run(3)
    assert rollup.batcher.metrics.blocks_loaded == loaded
    rollup.node._current = current
    rollup.node.derive = usual  # type: ignore[method-assign]
    rollup.run(1)
    assert rollup.batcher.metrics.blocks_loaded > loaded


def test_blocks_that_cannot_be_loaded_are_loaded_later() -> None:
    rollup = started()
    usual = rollup.node.payload_by_number

    def third_is_missing(number: int) -> ExecutionPayload:
        if number == 3:
            raise Unavailable("no such block")
        return usual(number)

    rollup.node.payload_by_number = third_is_missing  # type: ignore[method-assign]
    rollup.run(3)
    assert len(rollup.batcher.channels.blocks) == 2
    rollup.node.payload_by_number = usual  # type: ignore[method-assign]
    rollup.finish()


def test_many_blocks_are_published_while_they_are_loaded() -> None:
    rollup = BatchedRollup(batcher={"max_pending_txs": 0})
    for _ in range(50):
        rollup.l1.mine()
    rollup.now = float(rollup.l1.tip.ref.time)
    rollup.sequencer.build_until(rollup.now)
    rollup.node.derive()
    seen: list[int] = []
    usual = rollup.batcher.publisher.publish

    def publish(throttling: bool = False, more_blocks: bool = False) -> None:
        seen.append(len(rollup.batcher.channels.blocks))
        usual(throttling, more_blocks)

    rollup.batcher.publisher.publish = publish  # type: ignore[method-assign]
    rollup.batcher.start_batch_submitting()
    rollup.batcher.step(rollup.now)
    assert seen == [100, 200, 300]
    rollup.finish(60)


def channels_for_a_backlog(max_channel_duration: int) -> tuple[int, int]:
    """Channels made of 1,800 blocks at once, and how many of them ended by their duration."""
    rollup = BatchedRollup(
        channel={"max_channel_duration": max_channel_duration, "max_frame_size": 20_000},
        batcher={"max_pending_txs": 0},
        rollup={"seq_window_size": 3600},
    )
    for _ in range(300):
        rollup.l1.mine()
    rollup.now = float(rollup.l1.tip.ref.time)
    rollup.sequencer.build_until(rollup.now)
    rollup.node.derive()
    assert rollup.sequencer.head.number == 1800
    rollup.batcher.start_batch_submitting()
    rollup.batcher.step(rollup.now)
    metrics = rollup.batcher.metrics
    return metrics.channels_opened, metrics.full_reasons[FullReason.MAX_DURATION]


def test_a_backlog_goes_into_full_channels() -> None:
    """All of it is older than a channel may be; yet only the last one, after which there is nothing more to
    load, may end by its duration."""
    without_limit, _ = channels_for_a_backlog(0)
    channels, by_duration = channels_for_a_backlog(50)
    assert by_duration <= 1
    assert channels <= without_limit + 1


def test_a_flush_sends_what_there_is() -> None:
    rollup = started(channel={"max_channel_duration": 0, "max_frame_size": 50_000})
    rollup.run(3)
    assert not rollup.batcher.metrics.txs_sent
    rollup.batcher.flush()
    rollup.step()
    assert rollup.batcher.metrics.txs_sent == 1


def test_steps_when_it_is_due_are_enough() -> None:
    """Nothing is missed by sleeping until ``next_due``."""
    rollup = started(channel={"max_frame_size": 5000})
    rollup.run(1)
    for _ in range(150):
        due = rollup.batcher.next_due
        assert due < NEVER
        while rollup.l1.tip.ref.time + 12 <= due:
            rollup.l1.mine()
            rollup.node.derive()
            rollup.sequencer.build_until(float(rollup.l1.tip.ref.time))
        assert due > rollup.now or rollup.batcher.metrics.blocks_loaded < 3
        rollup.now = max(rollup.now, due)
        rollup.batcher.step(rollup.now)
    assert rollup.node.chain.safe_head.number > rollup.sequencer.head.number - 40


# --- throttling


def throttled(engine: Engine, lower: int) -> BatchedRollup:
    rollup = BatchedRollup(channel={"max_channel_duration": 0, "max_frame_size": 50_000})
    rollup.throttler = Throttler(ThrottleController(ThrottleConfig(lower_threshold=lower)), [engine])
    rollup.batcher = rollup.new_batcher()
    rollup.batcher.start_batch_submitting()
    return rollup


def test_engines_are_throttled_while_data_piles_up() -> None:
    engine = Engine()
    rollup = throttled(engine, 1_000)
    rollup.run(12)
    blocks = [size for _, size in engine.told]
    assert blocks == sorted(blocks, reverse=True) and blocks[0] == 130_000 and blocks[-1] < 130_000
    assert rollup.batcher.metrics.pending_da_bytes > 1_000
    rollup.finish()
    rollup.run(1)
    assert engine.told[-1] == (0, 130_000)


def test_engines_are_told_again_when_the_batcher_starts_again() -> None:
    """They may be other ones by then."""
    engine = Engine()
    rollup = throttled(engine, 1_000_000)
    rollup.run(2)
    assert set(engine.told) == {(0, 130_000)}
    rollup.batcher.stop_batch_submitting(kill=True)
    engine.told.clear()
    rollup.batcher.start_batch_submitting()
    rollup.run(1)
    assert set(engine.told) == {(0, 130_000)}


def test_an_engine_that_cannot_be_throttled_stops_the_batcher() -> None:
    engine = Engine()
    engine.answer = ThrottlingUnsupported("the method does not exist")
    rollup = throttled(engine, 1_000)
    with pytest.raises(ThrottlingUnsupported):
        rollup.run(2)
    assert not rollup.batcher.is_running


# --- alt-DA


class DAServer:
    """Keeps data; fails as often as it is told."""

    def __init__(self) -> None:
        self.stored: dict[Commitment, bytes] = {}
        self.failures = 0

    def set_input(self, data: bytes) -> bytes:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the DA server does not answer")
        commitment = keccak_commitment(data)
        self.stored[commitment] = data
        return commitment.encode()


def test_with_alt_da_only_commitments_go_to_l1() -> None:
    server = DAServer()
    server.failures = 2
    rollup = BatchedRollup(alt_da=server, batcher={"use_alt_da": True, "max_pending_txs": 3})
    rollup.batcher.start_batch_submitting()
    rollup.run(8)
    commitments = [tx.data for tx in rollup.l1.transactions()]
    assert commitments and all(data[0] == 1 and len(data) == 34 for data in commitments)
    stored = {b"\x01" + commitment.encode(): data for commitment, data in server.stored.items()}
    assert all(stored[data][0] == 0 for data in commitments)
    assert rollup.batcher.metrics.da_errors == 2 and rollup.batcher.metrics.txs_failed == 0


def test_alt_da_needs_a_server() -> None:
    with pytest.raises(ConfigError):
        BatchedRollup(batcher={"use_alt_da": True})
