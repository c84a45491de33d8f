from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.engine import (
    ExecutePayloadStatus,
    ForkchoiceUpdatedResult,
    PayloadID,
    PayloadInfo,
    PayloadStatus,
)
from pyoprollup.engine.errors import EngineUnavailable, engine_rpc_error
from pyoprollup.engine.events import (
    BuildCancelEvent,
    BuildSealEvent,
    BuildStartedEvent,
    BuildStartEvent,
    DepositsOnlyPayloadAttributesRequestEvent,
    ForkchoiceUpdateEvent,
    PayloadProcessEvent,
)
from pyoprollup.events import ResetEvent
from tests.fake_engine import Fault
from tests.unit.engine.support import BAD, L1, Bench

DERIVED = [
    "build-start",
    "forkchoice-update",
    "build-started",
    "build-seal",
    "build-sealed",
    "payload-process",
    "payload-success",
    "unsafe-update",
    "pending-safe-update",
    "local-safe-update",
    "safe-derived",
    "forkchoice-update",
]


def test_derived_attributes_become_the_safe_head() -> None:
    bench = Bench()
    block = bench.derive(bench.genesis)
    assert bench.names() == DERIVED
    assert bench.controller.heads.safe == block
    assert bench.engine.calls == [
        "forkchoice_updated+attributes",
        "get_payload",
        "new_payload",
        "forkchoice_updated",
    ]


def test_sequenced_attributes_wait_for_the_sequencer() -> None:
    bench = Bench()
    bench.engine.pool = (b"\x02pool",)
    work = bench.attributes(bench.genesis)
    work = replace(work, attributes=replace(work.attributes, no_tx_pool=False))
    bench.emit(BuildStartEvent(work))
    assert bench.names() == ["build-start", "forkchoice-update", "build-started"]
    (started,) = bench.recorder.of(BuildStartedEvent)
    bench.emit(BuildSealEvent(started.info, started.build_started, False, None))
    assert bench.names()[-2:] == ["build-seal", "build-sealed"]
    sealed = bench.recorder.records[-1].event
    bench.emit(PayloadProcessEvent(sealed.envelope, sealed.ref))
    assert bench.controller.heads.unsafe == sealed.ref
    assert bench.controller.heads.pending_safe == bench.genesis
    assert sealed.envelope.payload.transactions[-1] == b"\x02pool"


def test_sequencer_that_is_behind_is_told() -> None:
    bench = Bench()
    bench.gossip(bench.genesis)
    bench.forget()
    bench.emit(BuildStartEvent(bench.attributes(bench.genesis)))
    assert bench.names() == ["build-start", "forkchoice-update"]
    assert bench.engine.calls == []


def test_parent_behind_finalized_is_critical() -> None:
    bench = Bench()
    block = bench.derive(bench.genesis)
    bench.controller.promote_finalized(block)
    bench.emit(BuildStartEvent(bench.attributes(bench.genesis, source=L1[1])))
    assert bench.events.critical is not None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (-38002, "reset"),
        (-38003, "build-invalid"),
        (-38001, "reset"),
        (-38005, "reset"),
        (-32000, "engine-temporary-error"),
    ],
)
def test_refused_start(code: int, expected: str) -> None:
    bench = Bench()

    def refuse(*_args: object) -> None:
        raise engine_rpc_error(code, "refused")

    bench.engine.forkchoice_updated = refuse
    bench.emit(BuildStartEvent(bench.attributes(bench.genesis, b"\x02tx", source=L1[1])))
    assert bench.names()[:2] == ["build-start", expected]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (ExecutePayloadStatus.INVALID, "build-invalid"),
        (ExecutePayloadStatus.INVALID_BLOCK_HASH, "build-invalid"),
        (ExecutePayloadStatus.SYNCING, "engine-temporary-error"),
        (ExecutePayloadStatus.ACCEPTED, "engine-temporary-error"),
        (ExecutePayloadStatus.VALID, "engine-temporary-error"),  # without a payload id
    ],
)
def test_status_of_start(status: ExecutePayloadStatus, expected: str) -> None:
    bench = Bench()
    bench.engine.forkchoice_updated = lambda *_: ForkchoiceUpdatedResult(PayloadStatus(status))
    bench.emit(BuildStartEvent(bench.attributes(bench.genesis, b"\x02tx", source=L1[1])))
    assert bench.names()[:2] == ["build-start", expected]


def test_engine_that_does_not_answer() -> None:
    bench = Bench()
    bench.engine.faults.append(Fault.UNAVAILABLE)
    bench.derive(bench.genesis)
    assert bench.names() == ["build-start", "engine-temporary-error"]


class TestInvalid:
    def test_before_holocene_is_given_up(self) -> None:
        bench = Bench("granite")
        bench.derive(bench.genesis, BAD)
        assert bench.names() == ["build-start", "build-invalid", "invalid-payload-attributes"]

    def test_from_holocene_is_replaced(self) -> None:
        """By the time of the L1 block that it was derived from."""
        bench = Bench("holocene")
        bench.derive(bench.genesis, BAD)
        assert bench.names()[-1] == "deposits-only-payload-attributes-request"
        request = DepositsOnlyPayloadAttributesRequestEvent(bench.genesis.id, L1[1])
        assert bench.recorder.of(DepositsOnlyPayloadAttributesRequestEvent) == [request]

    def test_sequenced_is_given_up_always(self) -> None:
        bench = Bench("holocene")
        bench.emit(BuildStartEvent(bench.attributes(bench.genesis, BAD)))
        assert bench.names()[-1] == "invalid-payload-attributes"

    @pytest.mark.parametrize("forks", ["granite", "holocene"])
    def test_deposits_only_is_critical(self, forks: str) -> None:
        bench = Bench(forks)
        bench.engine.invalid = lambda _txs: True
        bench.derive(bench.genesis)
        assert bench.names() == ["build-start", "build-invalid", "critical-error"]

    @pytest.mark.parametrize(
        ("forks", "last"),
        [
            ("granite", "invalid-payload-attributes"),
            ("holocene", "deposits-only-payload-attributes-request"),
        ],
    )
    def test_found_out_late(self, forks: str, last: str) -> None:
        """When the built block is inserted."""
        bench = Bench(forks)
        bench.engine.invalid_late = lambda payload: len(payload.transactions) > 1
        bench.derive(bench.genesis, b"\x02late")
        assert bench.names()[-3:] == ["payload-invalid", "build-invalid", last]
        assert bench.controller.heads.unsafe == bench.genesis


class TestSeal:
    def test_expired_is_not_invalid(self) -> None:
        bench = Bench()
        bench.engine.faults.extend([None, Fault.EXPIRED])
        bench.derive(bench.genesis)
        assert bench.names()[-1] == "payload-seal-expired-error"
        bench.derive(bench.genesis)
        assert bench.controller.heads.safe.number == 1

    @pytest.mark.parametrize(
        "transactions",
        [
            (),
            (b"\x02first",),
            (b"\x7eshort",),
            (b"\x7e" + bytes(41), b""),
            (b"\x7e" + bytes(41), b"\x02tx", b"\x7e"),
        ],
        ids=["none", "no deposit", "no origin", "empty", "deposit after others"],
    )
    def test_what_no_engine_should_build(self, transactions: tuple[bytes, ...]) -> None:
        bench = Bench("holocene")
        get_payload = bench.engine.get_payload

        def broken(info: PayloadInfo) -> object:
            envelope = get_payload(info)
            return replace(envelope, payload=replace(envelope.payload, transactions=transactions))

        bench.engine.get_payload = broken
        bench.derive(bench.genesis, b"\x02tx")
        assert bench.names()[-3:] == [
            "payload-seal-invalid",
            "build-invalid",
            "deposits-only-payload-attributes-request",
        ]


class TestCancel:
    info = PayloadInfo(PayloadID(bytes(8)), 0)

    def test_unknown_job_is_fine(self) -> None:
        bench = Bench()
        bench.emit(BuildCancelEvent(self.info))
        assert bench.names() == ["build-cancel"]

    @pytest.mark.parametrize(("force", "expected"), [(False, 2), (True, 1)])
    def test_no_answer(self, force: bool, expected: int) -> None:
        bench = Bench()

        def silent(_info: PayloadInfo) -> None:
            raise EngineUnavailable("no answer")

        bench.engine.get_payload = silent
        bench.emit(BuildCancelEvent(self.info, force))
        assert bench.names() == ["build-cancel", "engine-temporary-error"][:expected]


def test_engine_is_brought_back_after_a_build_that_came_to_nothing() -> None:
    """The engine's head went to the parent; the tip stayed."""
    bench = Bench()
    tip = bench.gossip(bench.gossip(bench.genesis))
    bench.engine.faults.extend([None, Fault.EXPIRED])
    bench.derive(bench.genesis, b"\x02tx")
    assert bench.engine.head == bench.genesis.hash
    assert bench.controller.try_update_engine()
    assert bench.engine.head == tip.hash


@pytest.mark.parametrize("stage", range(5))
def test_what_is_under_way_does_not_survive_a_reset(stage: int) -> None:
    """Whatever stage a derived block is in when the reset is announced, no head moves after it."""
    bench = Bench()
    emit = bench.events.emitter("test")
    emit(BuildStartEvent(bench.attributes(bench.genesis, source=L1[1])))
    for _ in range(stage):
        bench.events.drain_until(lambda event: not isinstance(event, ForkchoiceUpdateEvent))
    emit(ResetEvent(ValueError()))
    bench.drain()
    assert "reset" in bench.names() and "unsafe-update" not in bench.names()
    assert bench.controller.heads.unsafe == bench.controller.heads.safe == bench.genesis
