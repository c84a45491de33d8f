"""What happens to gossiped payloads: those of the reference's CL sync, and sync by the engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.engine import ExecutePayloadStatus, SyncMode, SyncStatus
from pyoprollup.engine.errors import engine_rpc_error
from pyoprollup.engine.events import ForkchoiceUpdateEvent, PayloadInvalidEvent
from tests.fake_engine import Fault
from tests.unit.engine.support import Bench, read_ref


class TestConsensusLayerSync:
    def test_success(self) -> None:
        bench = Bench()
        first = bench.gossip(bench.genesis)
        assert bench.names() == ["forkchoice-update", "unsafe-update", "forkchoice-update"]
        assert bench.controller.heads.unsafe == first
        assert bench.controller.heads.safe == bench.genesis
        assert len(bench.unsafe.queue) == 0
        assert bench.gossip(first) == bench.controller.heads.unsafe

    def test_out_of_order(self) -> None:
        bench = Bench()
        other = Bench()
        refs = [other.genesis]
        for _ in range(3):
            refs.append(other.gossip(refs[-1]))
        for ref in reversed(refs[1:]):
            bench.unsafe.add_unsafe_payload(other.engine.blocks[ref.hash])
            bench.drain()
        assert bench.controller.heads.unsafe == refs[-1]
        assert len(bench.unsafe.queue) == 0

    def test_a_gap_waits(self) -> None:
        bench = Bench()
        other = Bench()
        first = other.gossip(other.genesis)
        second = other.gossip(first)
        bench.unsafe.add_unsafe_payload(other.engine.blocks[second.hash])
        bench.drain()
        assert bench.controller.heads.unsafe == bench.genesis
        assert bench.unsafe.lowest_queued == second

    def test_old_equal_and_conflicting_are_dropped(self) -> None:
        bench = Bench()
        conflicting = bench.envelope(bench.genesis, b"\x02other")
        first = bench.gossip(bench.genesis)
        second = bench.gossip(first)
        bench.forget()
        for envelope in (
            conflicting,
            bench.engine.blocks[first.hash],
            bench.engine.blocks[second.hash],
        ):
            bench.unsafe.add_unsafe_payload(envelope)
            bench.drain()
        assert len(bench.unsafe.queue) == 0
        assert bench.controller.heads.unsafe == second
        assert bench.engine.calls == []

    def test_block_on_another_chain_is_dropped(self) -> None:
        bench = Bench()
        other = Bench()
        second = other.gossip(other.gossip(other.genesis, b"\x02other"))
        bench.gossip(bench.genesis)
        bench.unsafe.add_unsafe_payload(other.engine.blocks[second.hash])
        bench.drain()
        assert len(bench.unsafe.queue) == 0
        assert bench.controller.heads.unsafe.number == 1

    @pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.TIMEOUT, Fault.SYNCING])
    def test_temporary_error_keeps_the_payload(self, fault: Fault) -> None:
        bench = Bench()
        bench.engine.faults.append(fault)
        bench.gossip(bench.genesis)
        assert bench.names() == ["forkchoice-update", "engine-temporary-error"]
        assert len(bench.unsafe.queue) == 1
        bench.controller.request_forkchoice_update()
        bench.drain()
        assert bench.controller.heads.unsafe.number == 1
        assert len(bench.unsafe.queue) == 0

    def test_refused_forkchoice(self) -> None:
        bench = Bench()

        def refuse(*_args: object) -> None:
            raise engine_rpc_error(-38002, "refused")

        bench.engine.forkchoice_updated = refuse
        bench.gossip(bench.genesis)
        assert bench.names() == ["forkchoice-update", "reset"]
        assert bench.controller.heads.unsafe == bench.genesis

    def test_invalid_payload_is_dropped_and_the_next_one_has_its_turn(self) -> None:
        bench = Bench()
        bench.gossip(bench.genesis, b"\x02bad")
        assert bench.names() == ["forkchoice-update", "payload-invalid", "engine-temporary-error"]
        assert len(bench.unsafe.queue) == 0
        bench.gossip(bench.genesis)
        assert bench.controller.heads.unsafe.number == 1

    def test_an_invalid_payload_takes_no_other_with_it(self) -> None:
        """It was another one that the engine has refused, perhaps a block of the sequencer's own."""
        bench = Bench()
        other = Bench()
        second = other.gossip(other.gossip(other.genesis))
        bench.unsafe.add_unsafe_payload(other.engine.blocks[second.hash])
        bench.drain()
        invalid = bench.envelope(bench.genesis, b"\x02bad")
        bench.emit(PayloadInvalidEvent(invalid, ValueError("bad")))
        assert bench.unsafe.lowest_queued == second
        bench.emit(PayloadInvalidEvent(other.engine.blocks[second.hash], ValueError("bad")))
        assert bench.unsafe.lowest_queued is None

    def test_a_block_on_the_tip_with_another_number_is_not_for_the_engine(self) -> None:
        bench = Bench()
        envelope = bench.envelope(bench.genesis)
        jump = replace(envelope, payload=replace(envelope.payload, block_number=5))
        bench.unsafe.add_unsafe_payload(jump)
        bench.drain()
        assert bench.engine.calls == [] and bench.controller.heads.unsafe == bench.genesis

    @pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.SYNCING])
    def test_after_a_forkchoice_that_failed_the_engine_is_told_its_heads_again(self, fault: Fault) -> None:
        """It may have moved its head all the same."""
        bench = Bench()
        bench.engine.faults.extend([None, fault])
        bench.gossip(bench.genesis)
        assert bench.controller.heads.unsafe == bench.genesis
        bench.forget()
        assert bench.controller.try_update_engine()
        assert bench.engine.calls == ["forkchoice_updated"]

    def test_an_engine_that_lost_its_blocks_is_told_its_heads_again(self) -> None:
        """It was restarted and does not have our tip. Told of it, it says so: the heads are found anew."""
        bench = Bench()
        first = bench.gossip(bench.genesis)
        envelope = bench.envelope(first)
        del bench.engine.blocks[first.hash]
        bench.engine.head = bench.genesis.hash
        bench.unsafe.add_unsafe_payload(envelope)
        bench.drain()
        bench.forget()
        assert not bench.controller.try_update_engine()
        bench.drain()
        assert bench.names() == ["reset"]

    def test_many_payloads_are_announced_once(self) -> None:
        bench = Bench()
        other = Bench()
        refs = [other.genesis]
        for _ in range(5):
            refs.append(other.gossip(refs[-1]))
        for ref in reversed(refs[1:]):
            bench.unsafe.add_unsafe_payload(other.engine.blocks[ref.hash])
        assert bench.unsafe.announced
        bench.drain()
        assert not bench.unsafe.announced
        assert bench.controller.heads.unsafe == refs[-1]

    def test_unreadable_and_duplicate_are_not_taken(self) -> None:
        bench = Bench()
        other = Bench()
        second = other.gossip(other.gossip(other.genesis))
        envelope = other.engine.blocks[second.hash]
        assert bench.unsafe.add_unsafe_payload(envelope)
        assert not bench.unsafe.add_unsafe_payload(envelope)
        broken = replace(envelope, payload=replace(envelope.payload, transactions=(b"\x7e",)))
        assert not bench.unsafe.add_unsafe_payload(broken)
        assert {each.event for each in bench.told} == {"unsafe-payload-refused"}
        assert [each.details["block"] for each in bench.told] == [envelope, broken]
        assert all(str(each.details["error"]) for each in bench.told), "gossip's operator reads why"

    def test_update_that_is_out_of_date(self) -> None:
        bench = Bench()
        other = Bench()
        first = other.gossip(other.genesis)
        second = other.gossip(first)
        bench.unsafe.add_unsafe_payload(other.engine.blocks[second.hash])
        bench.drain()
        bench.forget()
        bench.emit(ForkchoiceUpdateEvent(first, bench.genesis, bench.genesis))
        assert bench.engine.calls == []


class TestExecutionLayerSync:
    def bench(self) -> Bench:
        return Bench(sync_mode=SyncMode.EL)

    def insert(self, bench: Bench, *transactions: bytes) -> object:
        envelope = bench.envelope(bench.genesis, *transactions)
        ref = read_ref(envelope.payload)
        bench.unsafe.insert_unsafe_payload(envelope, ref)
        bench.drain()
        return ref

    def test_until_the_engine_has_caught_up(self) -> None:
        bench = self.bench()
        bench.engine.faults.extend([None, Fault.SYNCING, Fault.SYNCING])
        first = self.insert(bench)
        heads = bench.controller.heads
        assert bench.controller.el_sync.status is SyncStatus.STARTED_EL
        assert bench.controller.is_engine_syncing
        assert heads.unsafe == first and heads.safe.number == 0
        second = self.insert(bench, b"\x02tx")
        assert bench.controller.el_sync.status is SyncStatus.FINISHED_EL
        assert not bench.controller.is_engine_syncing
        heads = bench.controller.heads
        assert heads.unsafe == heads.safe == heads.pending_safe == heads.finalized == second
        assert bench.engine.finalized == second.hash

    def test_heads_are_not_told_before_the_engine_has_them(self) -> None:
        """A sequencer or another part would build on a tip that the engine only has the hash of."""
        bench = self.bench()
        bench.engine.faults.extend([None, Fault.SYNCING, Fault.SYNCING])
        self.insert(bench)
        assert "forkchoice-update" not in bench.names()

    def test_an_engine_that_syncs_is_asked_whether_it_has_caught_up(self) -> None:
        """Gossip has fallen silent: no other payload ends the sync."""
        bench = self.bench()
        bench.engine.faults.extend([None, Fault.SYNCING, Fault.SYNCING])
        first = self.insert(bench)
        bench.engine.faults.append(Fault.SYNCING)
        bench.unsafe.ask_el_sync()
        assert bench.controller.is_engine_syncing
        envelope = bench.envelope(bench.genesis)
        bench.engine.blocks[envelope.payload.block_hash] = envelope
        bench.unsafe.ask_el_sync()
        assert not bench.controller.is_engine_syncing
        assert bench.controller.heads.finalized == first
        bench.forget()
        bench.unsafe.ask_el_sync()
        assert bench.engine.calls == []

    def test_a_finalized_block_from_before_the_genesis_block_is_none_of_a_sync(self) -> None:
        bench = self.bench()
        old = bench.config.genesis
        bench.controller.config = replace(bench.config, genesis=replace(old, l2=replace(old.l2, number=7)))
        bench.engine.finalized = bench.genesis.hash
        assert bench.unsafe.skip_el_sync() is False
        assert bench.controller.el_sync.will_start

    def test_caught_up_between_payload_and_forkchoice(self) -> None:
        bench = self.bench()
        bench.engine.faults.extend([None, Fault.SYNCING])
        envelope = bench.envelope(bench.genesis)
        bench.engine.blocks[envelope.payload.block_hash] = envelope
        ref = self.insert(bench)
        assert bench.controller.heads.finalized == ref
        assert not bench.controller.is_engine_syncing

    def test_is_skipped_when_the_engine_has_been_synced_before(self) -> None:
        bench = self.bench()
        envelope = bench.envelope(bench.genesis)
        bench.engine.blocks[envelope.payload.block_hash] = envelope
        bench.engine.finalized = envelope.payload.block_hash
        self.insert(bench, b"\x02tx")
        assert bench.controller.el_sync.status is SyncStatus.FINISHED_EL
        assert "new_payload" not in bench.engine.calls

    def test_starts_when_the_engine_says(self) -> None:
        bench = self.bench()
        bench.engine.faults.append(Fault.UNAVAILABLE)
        self.insert(bench)
        assert bench.names() == ["engine-temporary-error"]
        assert bench.controller.el_sync.will_start

    def test_invalid_payload(self) -> None:
        bench = self.bench()
        self.insert(bench, b"\x02bad")
        assert bench.names() == ["payload-invalid", "engine-temporary-error"]

    def test_status_table(self) -> None:
        sync = self.bench().controller.el_sync
        for status in ExecutePayloadStatus:
            accepted = status in (
                ExecutePayloadStatus.VALID,
                ExecutePayloadStatus.SYNCING,
                ExecutePayloadStatus.ACCEPTED,
            )
            assert sync.accepts_new_payload(status) is accepted
            assert sync.accepts_forkchoice(status) is (accepted and status != "ACCEPTED")
