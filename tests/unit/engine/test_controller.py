from __future__ import annotations

import pytest

from pyoprollup.engine import NO_BLOCK, ExecutePayloadStatus, PayloadStatus
from pyoprollup.engine.errors import engine_rpc_error
from pyoprollup.engine.events import EngineResetConfirmedEvent, FinalizedUpdateEvent, ForkchoiceUpdateEvent
from pyoprollup.events import CriticalErrorEvent, EngineTemporaryErrorEvent, ResetEvent
from tests.fake_engine import Fault
from tests.unit.engine.support import BAD, L1, Bench


def test_engine_is_told_once() -> None:
    bench = Bench()
    assert bench.controller.try_update_engine()
    assert bench.engine.calls == []
    bench.gossip(bench.genesis)
    assert bench.engine.calls == ["new_payload", "forkchoice_updated"]
    assert bench.controller.try_update_engine()
    assert len(bench.engine.calls) == 2


def test_nothing_is_told_before_the_heads_are_known() -> None:
    bench = Bench()
    bench.controller.heads = type(bench.controller.heads)()
    assert bench.controller.try_update_engine()
    assert bench.engine.calls == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [(-38002, ResetEvent), (-38003, EngineTemporaryErrorEvent), (-32000, EngineTemporaryErrorEvent)],
)
def test_refused_update(code: int, expected: type) -> None:
    bench = Bench()
    bench.gossip(bench.genesis)
    bench.forget()

    def refuse(*_args: object) -> None:
        raise engine_rpc_error(code, "refused")

    bench.engine.forkchoice_updated = refuse
    bench.controller.told(None)
    assert not bench.controller.try_update_engine()
    bench.drain()
    assert [type(recorded.event) for recorded in bench.recorder.records] == [expected]


def test_unanswered_update_is_repeated() -> None:
    bench = Bench()
    bench.engine.faults.append(Fault.TIMEOUT)
    bench.controller.told(None)
    assert not bench.controller.try_update_engine()
    assert bench.controller.try_update_engine()
    bench.drain()
    assert bench.names() == ["engine-temporary-error", "forkchoice-update"]


def test_syncing_engine_is_a_reset_in_consensus_layer_sync() -> None:
    bench = Bench()
    bench.engine.faults.append(Fault.SYNCING)
    bench.controller.told(None)
    assert not bench.controller.try_update_engine()
    bench.drain()
    assert bench.names() == ["reset"]


def test_unsafe_behind_finalized_is_critical() -> None:
    bench = Bench()
    block = bench.derive(bench.genesis)
    bench.controller.promote_finalized(block)
    bench.controller.set_unsafe(bench.genesis)
    assert not bench.controller.try_update_engine()
    assert isinstance(bench.events.critical, CriticalErrorEvent)


class TestFinalized:
    def test_safe_block(self) -> None:
        bench = Bench()
        block = bench.derive(bench.genesis)
        bench.forget()
        bench.controller.promote_finalized(block)
        bench.drain()
        assert bench.recorder.of(FinalizedUpdateEvent) == [FinalizedUpdateEvent(block)]
        assert bench.recorder.of(ForkchoiceUpdateEvent) == [ForkchoiceUpdateEvent(block, block, block)]
        assert bench.engine.finalized == block.hash

    def test_not_safe_or_backwards(self) -> None:
        bench = Bench()
        first = bench.derive(bench.genesis)
        bench.controller.promote_finalized(first)
        second = bench.gossip(first)
        bench.forget()
        bench.controller.promote_finalized(second)
        bench.controller.promote_finalized(bench.genesis)
        bench.drain()
        assert bench.names() == []
        assert bench.controller.heads.finalized == first


class TestReset:
    def test_sets_and_confirms_all(self) -> None:
        bench = Bench()
        first = bench.derive(bench.genesis)
        second = bench.derive(first)
        bench.forget()
        bench.emit(ResetEvent(ValueError()))
        assert bench.controller.reset.is_wanted
        bench.controller.force_reset(second, first, bench.genesis)
        bench.drain()
        heads = bench.controller.heads
        assert (heads.unsafe, heads.cross_unsafe) == (second, second)
        assert (heads.pending_safe, heads.local_safe, heads.safe) == (first, first, first)
        assert (heads.finalized, heads.backup_unsafe) == (bench.genesis, NO_BLOCK)
        assert not bench.controller.reset.is_wanted
        confirmed = EngineResetConfirmedEvent(second, second, first, first, bench.genesis)
        assert bench.recorder.of(EngineResetConfirmedEvent) == [confirmed]
        assert bench.engine.safe == first.hash

    def test_is_not_confirmed_when_the_engine_does_not_take_it(self) -> None:
        bench = Bench()
        bench.engine.faults.append(Fault.UNAVAILABLE)
        bench.controller.force_reset(bench.genesis, bench.genesis, bench.genesis)
        bench.drain()
        assert bench.names() == ["unsafe-update", "engine-temporary-error"]


class TestPendingSafe:
    def test_middle_of_a_span_is_not_safe(self) -> None:
        bench = Bench()
        first = bench.derive(bench.genesis, concluding=False)
        assert bench.controller.heads.pending_safe == first
        assert bench.controller.heads.safe == bench.genesis
        second = bench.derive(first)
        assert bench.controller.heads.safe == bench.controller.heads.local_safe == second

    def test_block_that_does_not_follow_is_ignored(self) -> None:
        bench = Bench()
        first = bench.gossip(bench.genesis)
        second = bench.gossip(first)
        bench.forget()
        bench.controller.promote_pending_safe(second, True, L1[1])
        bench.drain()
        assert bench.names() == []
        bench.controller.promote_pending_safe(first, True, L1[1])
        bench.drain()
        assert bench.names() == ["pending-safe-update", "local-safe-update", "safe-derived"]


class TestBackupUnsafe:
    def build(self) -> Bench:
        """A gossiped chain of three, of which a span batch has replaced the first block."""
        bench = Bench()
        tip = bench.genesis
        for _ in range(3):
            tip = bench.gossip(tip)
        bench.derive(bench.genesis, b"\x02derived", concluding=False)
        assert bench.controller.heads.backup_unsafe == tip
        assert bench.controller.heads.unsafe.number == 1
        bench.forget()
        return bench

    def test_invalid_span_goes_back(self) -> None:
        bench = self.build()
        backup = bench.controller.heads.backup_unsafe
        bench.derive(bench.controller.heads.unsafe, BAD)
        assert bench.names() == ["build-start", "build-invalid", "invalid-payload-attributes"]
        assert bench.controller.heads.pending_safe == bench.genesis
        assert bench.controller.try_backup_unsafe_reorg()
        assert bench.controller.heads.unsafe == backup
        assert bench.controller.heads.backup_unsafe == NO_BLOCK
        assert bench.engine.head == backup.hash
        assert not bench.controller.try_backup_unsafe_reorg()

    def test_is_not_tried_unless_scheduled(self) -> None:
        bench = self.build()
        assert not bench.controller.try_backup_unsafe_reorg()
        assert bench.engine.calls == []

    def test_no_backup_no_attempt(self) -> None:
        bench = Bench()
        bench.controller.drop_pending_safe()
        assert not bench.controller.try_backup_unsafe_reorg()
        assert bench.engine.calls == []

    def test_unanswered_attempt_is_repeated(self) -> None:
        bench = self.build()
        bench.controller.drop_pending_safe()
        bench.engine.faults.append(Fault.UNAVAILABLE)
        assert bench.controller.try_backup_unsafe_reorg()
        assert bench.controller.try_backup_unsafe_reorg()
        assert bench.controller.heads.unsafe.number == 3

    def test_refused_attempt_is_not(self) -> None:
        bench = self.build()
        bench.controller.drop_pending_safe()
        bench.engine.faults.append(Fault.SYNCING)
        assert bench.controller.try_backup_unsafe_reorg()
        bench.drain()
        assert bench.names() == ["engine-temporary-error"]
        assert bench.controller.heads.backup_unsafe == NO_BLOCK
        assert bench.controller.heads.unsafe.number == 1

    def test_forgotten_backup_is_a_reset(self) -> None:
        bench = self.build()
        bench.controller.drop_pending_safe()
        bench.engine.safe = bench.controller.heads.backup_unsafe.hash

        def refuse(*_args: object) -> None:
            raise engine_rpc_error(-38002, "unknown head")

        bench.engine.forkchoice_updated = refuse
        assert bench.controller.try_backup_unsafe_reorg()
        bench.drain()
        assert bench.names() == ["reset"]
        assert bench.controller.heads.backup_unsafe == NO_BLOCK

    def test_is_forgotten_when_the_new_chain_is_safe(self) -> None:
        bench = self.build()
        bench.derive(bench.controller.heads.unsafe)
        assert bench.controller.heads.backup_unsafe == NO_BLOCK


def test_accepted_is_not_enough_for_a_forkchoice() -> None:
    bench = Bench()
    status = PayloadStatus(ExecutePayloadStatus.ACCEPTED)
    assert not bench.controller.el_sync.accepts_forkchoice(status.status)
