"""The sequencer: makes a new block at the tip of the unsafe chain, each block time.

It is passive. Events tell it what happened, and :attr:`Sequencer.next_action` says when it wants to be called
again. The order of things for each block: attributes, build, seal; then the conductor commits to it, only
then is it gossiped, and only then inserted into our own chain. Specification: protocol/overview.md
(block production); protocol/rollup-node.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyoprollup.conductor import Conductor
from pyoprollup.derive import AttributesBuilder
from pyoprollup.derive.errors import CriticalError, ResetError
from pyoprollup.driver.events import SequencerActionEvent
from pyoprollup.engine.events import (
    BuildCancelEvent,
    BuildSealedEvent,
    BuildSealEvent,
    BuildStartedEvent,
    BuildStartEvent,
    EngineResetConfirmedEvent,
    ForkchoiceRequestEvent,
    ForkchoiceUpdateEvent,
    InvalidPayloadAttributesEvent,
    PayloadInvalidEvent,
    PayloadProcessEvent,
    PayloadSealExpiredErrorEvent,
    PayloadSealInvalidEvent,
    PayloadSuccessEvent,
    SequencedAttributes,
)
from pyoprollup.engine.start_payload import EngineSyncing
from pyoprollup.errors import DecodeError, RollupError, Unavailable
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.events import (
    CriticalErrorEvent,
    Emit,
    EngineTemporaryErrorEvent,
    Event,
    L1TemporaryErrorEvent,
    ResetEvent,
    no_emit,
)
from pyoprollup.p2p.async_gossiper import AsyncGossiper
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L1Time, L2Time
from pyoprollup.sequencing.building import BuildingState
from pyoprollup.sequencing.errors import (
    HeadMismatch,
    NextOriginOrphaned,
    NoPrestate,
    NotLeader,
    SequencerAlreadyStarted,
    SequencerAlreadyStopped,
)
from pyoprollup.sequencing.origin_selector import L1OriginSelector
from pyoprollup.sequencing.ports import (
    NoListener,
    SequencerStateListener,
)

__all__ = ["Sequencer"]

_SEALING_DURATION = 0.05
_TEMPORARY_BACKOFF, _SYNCING_BACKOFF = 1.0, 30.0


class Sequencer:
    """A component of the driver. ``now`` gives Unix time in seconds, on the driver's clock.

    ``read_ref`` reads the reference of a block and raises ``DecodeError``. The sequencer does nothing
    until :meth:`init`. ``max_safe_lag`` (blocks, 0 for none) stops it while the safe head is that far behind.
    """

    def __init__(
        self,
        config: RollupConfig,
        attributes_builder: AttributesBuilder,
        origin_selector: L1OriginSelector,
        conductor: Conductor,
        gossip: AsyncGossiper,
        *,
        now: Callable[[], float],
        read_ref: Callable[[ExecutionPayload], L2BlockRef],
        listener: SequencerStateListener | None = None,
        max_safe_lag: int = 0,
        sealing_duration: float = _SEALING_DURATION,
    ) -> None:
        self._config = config
        self._attributes_builder = attributes_builder
        self._origins = origin_selector
        self._conductor = conductor
        self._gossip = gossip
        self._now = now
        self._read_ref = read_ref
        self._listener = listener or NoListener()
        self._max_safe_lag = max_safe_lag
        self._sealing_duration = sealing_duration
        self._emit: Emit = no_emit
        self._active = False
        self._at: float | None = None
        self._lagging = False
        self._awaiting_reset = False
        self._building = BuildingState()
        self._head: L2BlockRef | None = None
        self._safe: L2BlockRef | None = None
        self._sealed: L2BlockRef | None = None

    def attach_emitter(self, emit: Emit) -> None:
        self._emit = emit

    # --- schedule

    @property
    def next_action(self) -> float | None:
        """When to emit a :class:`SequencerActionEvent`; ``None`` while there is nothing to do."""
        return None if self._lagging or self._awaiting_reset or not self._active else self._at

    def _act_at(self, time: float) -> None:
        self._at = time

    def _act_now(self) -> None:
        self._at = self._now()

    def _hold(self) -> None:
        self._at = None

    # --- events

    def on_event(self, event: Event) -> bool:
        match event:
            case SequencerActionEvent():
                self._on_action()
            case BuildStartedEvent():
                self._on_build_started(event)
            case BuildSealedEvent():
                self._on_build_sealed(event)
            case PayloadSuccessEvent():
                self._on_payload_success(event)
            case ForkchoiceUpdateEvent():
                self._on_forkchoice_update(event)
            case InvalidPayloadAttributesEvent():
                if event.attributes.derived_from is None:
                    self._start_over()
                elif self._is_idle:
                    # Derivation had priority, and has given up: no block of its will be the next head.
                    self._act_at(self._now() + self._config.block_time)
            case PayloadSealInvalidEvent() | PayloadSealExpiredErrorEvent():
                # An expired job may have had good attributes, but a new one needs new ones.
                if self._building.info == event.info:
                    self._start_over()
            case PayloadInvalidEvent():
                ref = self._building.ref
                if ref is not None and ref.hash == event.envelope.payload.block_hash:
                    self._start_over()
            case EngineTemporaryErrorEvent():
                self._on_engine_temporary_error(event)
            case ResetEvent():
                self._on_reset()
            case EngineResetConfirmedEvent():
                self._awaiting_reset = False
                # The engine was busy with the reset, and resets must not follow each other too quickly.
                self._act_at(self._now() + self._config.block_time)
            case _:
                return False
        return True

    def _on_action(self) -> None:
        if self.next_action is None:
            return
        published = self._gossip.get()
        if published is not None:
            self._process_again(published)
        elif self._building.info is not None:
            # The seal is asked for once; its answer decides what is next.
            self._hold()
            self._emit(BuildSealEvent(self._building.info, self._building.started, False, None))
        elif self._building.idle:
            self._start_building_block()
        else:
            self._hold()  # the engine has not answered yet

    def _process_again(self, published: ExecutionPayloadEnvelope) -> None:
        """A block that is published already, but that the engine failed to take: no other may follow."""
        try:
            ref = self._read_ref(published.payload)
        except DecodeError:
            self._start_over()
            return
        if self._head is not None and ref.parent_hash != self._head.hash:
            # It is the head already, or the chain went another way and it can never be.
            self._give_up_published()
            self._act_at(max(self._head.time, self._now()))
            return
        self._hold()
        self._emit(PayloadProcessEvent(published, ref))
        self._building = replace(self._building, ref=ref)

    def _on_build_started(self, event: BuildStartedEvent) -> None:
        if event.derived_from is not None:
            self._hold()  # derivation is at work on the tip
            return
        if self._building.onto != event.parent:
            self._emit(BuildCancelEvent(event.info, force=True))
            self._start_over()
            return
        self._building = replace(self._building, info=event.info, started=event.build_started)
        seal_at = event.parent.time + self._config.block_time - self._sealing_duration
        self._act_at(max(seal_at, self._now()))

    def _on_build_sealed(self, event: BuildSealedEvent) -> None:
        if self._building.info != event.info:
            return
        try:
            self._conductor.commit_unsafe_payload(event.envelope)
        except RollupError as error:
            self._emit(EngineTemporaryErrorEvent(error))
            return
        self._gossip.gossip(event.envelope)
        self._emit(PayloadProcessEvent(event.envelope, event.ref, event.concluding, event.derived_from))
        self._building = replace(self._building, ref=event.ref)
        self._sealed = event.ref

    def _on_payload_success(self, event: PayloadSuccessEvent) -> None:
        ref = self._building.ref
        if ref is None or ref.hash == event.envelope.payload.block_hash:
            self._building = BuildingState()
            self._gossip.clear()

    def _start_over(self) -> None:
        """What was being made is given up; a new attempt comes after a block time."""
        self._give_up_published()
        self._act_at(self._now() + self._config.block_time)

    def _give_up_published(self) -> None:
        """Forget the block at hand, published or not: nobody must wait for it to become the head."""
        self._building = BuildingState()
        self._gossip.clear()
        self._sealed = None

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is being made, and no action is planned that would change that."""
        return self._at is None and self._building.idle and self._gossip.get() is None

    def _on_engine_temporary_error(self, event: EngineTemporaryErrorEvent) -> None:
        syncing = isinstance(event.error, EngineSyncing)
        self._act_at(self._now() + (_SYNCING_BACKOFF if syncing else _TEMPORARY_BACKOFF))
        if self._building.info is None:
            self._building = BuildingState()  # without a job there is nothing to resume

    def _on_reset(self) -> None:
        if self._building.info is not None:
            self._emit(BuildCancelEvent(self._building.info))
        self._building = BuildingState()
        # The head may go back behind the block that was sealed last; a published one is looked at again.
        self._sealed = None
        self._hold()
        self._awaiting_reset = True

    def _on_forkchoice_update(self, event: ForkchoiceUpdateEvent) -> None:
        before, self._head, self._safe = self._head, event.unsafe, event.safe
        self._check_lag()
        if not self._active:
            return
        stale = self._building.onto is not None and self._building.onto.hash != event.unsafe.hash
        if stale:
            self._building = BuildingState()  # the chain has moved past it, or back
        stale = self._drop_stale_block(event.unsafe) or stale
        if stale or before is None or event.unsafe.number > before.number or self._is_idle:
            # With more than a block time left, the block would only be older than it need be.
            self._act_at(max(event.unsafe.time, self._now()))

    def _drop_stale_block(self, head: L2BlockRef) -> bool:
        """Let go of a sealed or published block that can not become the head; whether it was published."""
        sealed = self._sealed
        if sealed is not None and sealed.parent_hash != head.hash:
            self._sealed = None  # it is the head, or behind it, or on another chain
        published = self._gossip.get()
        if published is None:
            return False
        block = published.payload
        if head.hash in (block.parent_hash, block.block_hash):
            return False
        self._give_up_published()
        return True

    def _check_lag(self) -> None:
        lag, head, safe = self._max_safe_lag, self._head, self._safe
        far = lag > 0 and head is not None and safe is not None and safe.number + lag <= head.number
        self._lagging = far

    # --- starting a block

    def _start_building_block(self) -> None:
        head = self._head
        if head is None:
            self._hold()
            self._emit(ForkchoiceRequestEvent())
            return
        try:
            origin = self._origins.find_l1_origin(head)
        except NextOriginOrphaned as error:
            self._emit(ResetEvent(error))
            return
        except RollupError as error:
            self._act_at(self._now() + _TEMPORARY_BACKOFF)
            self._emit(L1TemporaryErrorEvent(error))
            return
        if head.l1_origin.hash not in (origin.parent_hash, origin.hash):
            wrong = ResetError(f"L1 origin {origin} cannot follow that of the head, {head.l1_origin}")
            self._emit(ResetEvent(wrong))
            return
        attributes = self._attributes(head, origin)
        if attributes is not None:
            self._hold()
            self._building = BuildingState(onto=head)
            self._emit(BuildStartEvent(SequencedAttributes(attributes, head)))

    def _attributes(self, head: L2BlockRef, origin: L1BlockRef) -> PayloadAttributes | None:
        """Attributes on ``head``; ``None`` after an error, of which an event tells."""
        try:
            attributes = self._attributes_builder.prepare_payload_attributes(head, origin.id)
        except Unavailable as error:
            self._origins.look_again()
            self._emit(EngineTemporaryErrorEvent(error))
        except ResetError as error:
            self._emit(ResetEvent(error))
        except CriticalError as error:
            self._emit(CriticalErrorEvent(error))
        else:
            return replace(attributes, no_tx_pool=self._no_tx_pool(attributes.timestamp, origin))
        return None

    def _no_tx_pool(self, timestamp: int, origin: L1BlockRef) -> bool:
        """Whether the block must do without users' transactions: beyond the drift, where a fork's upgrade
        runs, and while a stall is being made up for."""
        drift = self._config.max_sequencer_drift_at(L1Time(origin.time))
        upgrade = self._config.schedule.sequences_empty_block(L2Time(timestamp))
        return timestamp > origin.time + drift or upgrade or self._origins.recover

    # --- control

    @property
    def active(self) -> bool:
        """Whether it runs."""
        return self._active

    def init(self, active: bool) -> None:
        """Begin, running or not; raises what the listener raises."""
        self._gossip.start()
        self._emit(ForkchoiceRequestEvent())
        if active:
            self._force_start()
        else:
            self._listener.sequencer_stopped()

    def start(self, head: Hash32) -> None:
        """Start on top of this block; raises :class:`SequencingError` unless it is the head.

        What the conductor and the listener raise passes through.
        """
        if not self._conductor.leader():
            raise NotLeader
        if self._active:
            raise SequencerAlreadyStarted
        if self._head is None:
            raise NoPrestate(f"no prestate, cannot determine if sequencer start at 0x{head.hex()} is safe")
        if head != self._head.hash:
            raise HeadMismatch(f"block hash does not match: head {self._head}, received 0x{head.hex()}")
        self._force_start()

    def _force_start(self) -> None:
        published = self._gossip.get()
        if published is not None and (self._head is None or published.payload.block_hash != self._head.hash):
            self._gossip.clear()
        self._listener.sequencer_started()
        self._building = BuildingState()
        self._sealed = None
        self._active = True
        self._act_now()

    def stop(self) -> Hash32 | None:
        """Stop; returns the hash of the head, to start on elsewhere.

        ``None`` while a sealed block is on its way into the chain: run the driver and call again. Raises
        :class:`SequencerAlreadyStopped` and what the listener raises.
        """
        if not self._active:
            raise SequencerAlreadyStopped
        head, sealed = self._head, self._sealed
        in_flight = sealed is not None and (head is None or head.number < sealed.number)
        if in_flight and self._leads():
            return None
        self._listener.sequencer_stopped()
        self._building = BuildingState()
        self._hold()
        self._active = False
        return Hash32(bytes(32)) if head is None else head.hash

    def _leads(self) -> bool:
        try:
            return self._conductor.leader()
        except RollupError:
            return False

    def set_max_safe_lag(self, blocks: int) -> None:
        """Change the limit; it counts at once."""
        self._max_safe_lag = blocks
        self._check_lag()

    def set_recover_mode(self, recover: bool) -> None:
        """Make blocks of L1 alone, on L1 origins as new as possible."""
        self._origins.recover = recover

    def override_leader(self) -> None:
        """Sequence whatever the conductor says."""
        self._conductor.override_leader()

    @property
    def conductor_enabled(self) -> bool:
        """Whether there is a conductor."""
        return self._conductor.enabled

    def close(self) -> None:
        """Let go of conductor and gossip."""
        self._conductor.close()
        self._gossip.stop()
