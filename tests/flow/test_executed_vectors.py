"""The recorded L1 ranges, derived through the driver into a real engine.

Their transactions are mostly random, so the engine refuses many of them, and the chain that comes out is
another than without execution. It has to be one chain all the same.
"""

from __future__ import annotations

import pytest

from pyoprollup.engine import ExecutePayloadStatus
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import decode_transaction
from pyoprollup.eth.types import Address
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import MemoryStore
from pyoprollup.node import NodeCore
from pyoprollup.replay.recording import Recording
from tests.executing_engine import ExecutingEngine
from tests.flow.test_driver import RECORDINGS, Run
from tests.recordings import derive

EVERY_TRANSACTION_IS_VALID = {
    *("activate-granite", "activate-ecotone-to-granite-at-once", "holocene-bad-batches"),
    *("late-frames-timeouts-bedrock", "bedrock-single-zlib", "ecotone-span-zlib-blob"),
    *("fjord-single-brotli", "holocene-single-brotli-blob"),
}


def senders(recording: Recording) -> set[Address]:
    """Who sends transactions in the recording."""
    return {
        sender(decode_transaction(raw), recording.config.l2_chain_id)
        for derived in derive(recording).blocks
        for raw in derived.attributes.attributes.transactions
    }


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_consistent_chain_comes_out(name: str) -> None:
    recording = RECORDINGS[name]
    run = Run(recording)
    engine = ExecutingEngine(recording.config, senders(recording))
    run.engine = engine
    run.driver = NodeCore(recording.config, engine, run.l1, run.l1, now=lambda: run.time).driver
    run.until_idle()
    if recording.reorg:
        run.l1.reorg(recording.reorg)
        run.driver.on_l1_head(recording.reorg[-1].info.ref)
        run.until_idle()

    assert run.driver.critical is None
    heads = run.driver.heads
    assert heads.ordered
    assert engine.real_hash(heads.unsafe.hash) == engine.real.store.heads.unsafe
    assert engine.real_hash(heads.safe.hash) == engine.real.store.heads.safe
    expected = derive(recording).head
    assert (engine.refused == 0) == (name in EVERY_TRANSACTION_IS_VALID)
    if name in EVERY_TRANSACTION_IS_VALID:
        assert heads.unsafe == expected
    execute_again(engine, heads.unsafe.number)


def execute_again(engine: ExecutingEngine, last: int) -> None:
    """Another engine, which only sees payloads, agrees with every block of the canonical chain."""
    other = InProcessEngine.from_genesis(engine.real_config, engine.genesis_block, MemoryStore())
    for number in range(1, last + 1):
        status = other.new_payload(engine.real.payload_by_number(number))
        assert status.status is ExecutePayloadStatus.VALID, status
