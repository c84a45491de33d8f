from __future__ import annotations

import pytest

from pyoprollup.engine import ExecutePayloadStatus, PayloadStatus
from pyoprollup.engine.events import PayloadProcessEvent, PayloadSuccessEvent
from tests.fake_engine import Fault
from tests.unit.engine.support import Bench, read_ref


def process(bench: Bench, parent: object = None) -> PayloadProcessEvent:
    envelope = bench.envelope(parent or bench.genesis)
    return PayloadProcessEvent(envelope, read_ref(envelope.payload))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (ExecutePayloadStatus.VALID, "payload-success"),
        (ExecutePayloadStatus.INVALID, "payload-invalid"),
        (ExecutePayloadStatus.INVALID_BLOCK_HASH, "payload-invalid"),
        (ExecutePayloadStatus.SYNCING, "engine-temporary-error"),
        (ExecutePayloadStatus.ACCEPTED, "engine-temporary-error"),
    ],
)
def test_status_of_new_payload(status: ExecutePayloadStatus, expected: str) -> None:
    bench = Bench()
    bench.engine.new_payload = lambda _envelope: PayloadStatus(status)
    bench.emit(process(bench))
    assert bench.names()[:2] == ["payload-process", expected]


def test_time_out_after_the_payload_was_taken() -> None:
    bench = Bench()
    event = process(bench)
    bench.engine.faults.append(Fault.TIMEOUT)
    bench.emit(event)
    assert bench.names() == ["payload-process", "engine-temporary-error"]
    bench.emit(event)
    assert bench.controller.heads.unsafe == event.ref


def test_sequenced_block_off_the_tip_is_ignored() -> None:
    """The tip moved while the block was built: the sequencer is told, the tip stays."""
    bench = Bench()
    event = process(bench)
    tip = bench.gossip(bench.genesis, b"\x02other")
    bench.forget()
    bench.emit(event)
    bench.emit(PayloadSuccessEvent(event.envelope, event.ref))
    assert bench.controller.heads.unsafe == tip
    assert bench.names() == ["payload-process", "forkchoice-update", "payload-success", "forkchoice-update"]


def test_duplicate_is_ignored() -> None:
    bench = Bench()
    event = process(bench)
    bench.emit(event)
    bench.forget()
    bench.emit(event)
    assert bench.names() == ["payload-process", "forkchoice-update"]
    assert bench.engine.calls == []
