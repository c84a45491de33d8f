"""Recorded L1 ranges, derived through the driver into an engine: the same chain as the pipeline alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.events import NEVER, EventRecorder
from pyoprollup.node import NodeCore
from pyoprollup.replay.recording import RecordedL1, Recording
from tests.fake_engine import FakeEngine
from tests.recordings import Outcome, derive, go_recording, go_recordings, rust_recordings
from tests.stepping import run

RECORDINGS = dict([*go_recordings(), *rust_recordings()])


class Run:
    """A driver over a recording, in virtual time."""

    def __init__(self, recording: Recording) -> None:
        self.time = 0.0
        self.l1: RecordedL1 = recording.l1()
        self.engine = FakeEngine(recording.config)
        self.recorder = EventRecorder()
        self.driver = NodeCore(
            recording.config,
            self.engine,
            self.l1,
            self.l1,
            now=lambda: self.time,
            recorder=self.recorder,
        ).driver

    def until_idle(self) -> None:
        while (due := run(self.driver, self.time)) < NEVER:
            self.time = due


def last_concluding(outcome: Outcome) -> L2BlockRef | None:
    """The block up to which whole batches were derived."""
    blocks = [derived.block for derived in outcome.chain().values() if derived.attributes.concluding]
    return max(blocks, key=lambda block: block.number, default=None)


@pytest.mark.parametrize("name", RECORDINGS)
def test_driver_reaches_the_pipelines_head(name: str) -> None:
    recording = RECORDINGS[name]
    expected = derive(recording)
    run = Run(recording)
    run.until_idle()
    if recording.reorg:
        run.l1.reorg(recording.reorg)
        run.driver.on_l1_head(recording.reorg[-1].info.ref)
        run.until_idle()
    heads = run.driver.heads
    assert run.driver.critical is None
    assert heads.pending_safe == heads.unsafe == expected.head
    assert heads.safe == heads.local_safe == (last_concluding(expected) or recording.start)
    assert run.engine.head == heads.unsafe.hash
    assert run.engine.safe == heads.safe.hash


def test_derived_block_as_a_sequence_of_events() -> None:
    """Flow, rows 1.3, 1.4, 1.8, 1.9 and 3.6: attributes to a safe block, and in what order."""
    run = Run(go_recording("happy-granite"))
    run.until_idle()
    names = run.recorder.names()
    start = names.index("build-start")
    interesting = [name for name in names[start:] if name != "confirm-received-attributes"]
    assert interesting[:13] == [
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
        "pipeline-step",
    ]
    calls = run.engine.calls
    first = calls.index("forkchoice_updated+attributes")
    assert calls[first : first + 4] == [
        "forkchoice_updated+attributes",
        "get_payload",
        "new_payload",
        "forkchoice_updated",
    ]


def test_unsafe_blocks_that_match_are_consolidated() -> None:
    """Flow, rows 1.11, 3.4 and 3.6: gossip first, L1 later; no block is built twice."""
    recording = go_recording("happy-granite")
    sequencer = Run(recording)
    sequencer.until_idle()
    verifier = Run(recording)
    verifier.l1.reorg(recording.blocks[:2])
    verifier.until_idle()
    for envelope in list(sequencer.engine.blocks.values())[1:]:
        verifier.driver.on_unsafe_l2_payload(envelope)
    verifier.until_idle()
    assert verifier.driver.heads.unsafe == sequencer.driver.heads.unsafe
    assert verifier.driver.heads.safe.number == 0
    verifier.l1.reorg(recording.blocks)
    verifier.driver.on_l1_head(recording.blocks[-1].info.ref)
    verifier.until_idle()
    assert verifier.driver.heads.safe == sequencer.driver.heads.safe
    assert "forkchoice_updated+attributes" not in verifier.engine.calls


def test_l1_wins_over_unsafe_blocks() -> None:
    """Flow, row 3.6: an unsafe block that L1 does not have gives way to the derived one."""
    recording = go_recording("happy-granite")
    other = Run(recording)
    other.until_idle()
    first = next(envelope for envelope in other.engine.blocks.values() if envelope.payload.block_number == 1)
    run = Run(recording)
    run.l1.reorg(recording.blocks[:2])
    run.until_idle()
    payload = replace(first.payload, gas_used=1)
    payload = replace(payload, block_hash=payload.header(first.parent_beacon_block_root).hash())
    payload = replace(payload, transactions=(*payload.transactions, b"\x02not derived"))
    run.driver.on_unsafe_l2_payload(replace(first, payload=payload))
    run.until_idle()
    assert run.driver.heads.unsafe.hash == payload.block_hash
    run.l1.reorg(recording.blocks)
    run.driver.on_l1_head(recording.blocks[-1].info.ref)
    run.until_idle()
    assert run.driver.heads.safe == other.driver.heads.safe == run.driver.heads.unsafe
    assert run.engine.payload_by_number(1) == first
