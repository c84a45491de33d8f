"""The check of a recording that was executed: L1 in, executed L2 blocks and their output roots out."""

from __future__ import annotations

from importlib.util import find_spec

from pyoprollup.replay.recording import load_recording
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.vectors.core import Case, Skipped, expect, register_bundled

__all__: list[str] = []


@register_bundled("executed")
def check_executed(case: Case, bundles: UpgradeBundles | None = None, /) -> None:
    """Every safe block is the one that was sealed, with its output root."""
    if find_spec("eth") is None:
        raise Skipped("executing needs py-evm, the extra of the package that runs nodes")
    # Here, since loading py-evm takes a second that other checks should not pay.
    from pyoprollup.execution.in_process import InProcessEngine
    from pyoprollup.execution.store import MemoryStore
    from pyoprollup.replay.executed import ExecutedReplay

    recording = load_recording(case)
    engine = InProcessEngine.from_genesis(recording.config, case["genesis"], MemoryStore())
    found = list(ExecutedReplay(recording, engine, bundles))
    for block, expected in zip(found, case["expected"], strict=False):
        payload = expected["executionPayload"]
        number = block.payload.block_number
        expect(f"block {number} hash", payload["blockHash"], "0x" + block.payload.block_hash.hex())
        expect(f"block {number} output root", expected["outputRoot"], "0x" + block.output_root.hex())
    expect("number of blocks", len(case["expected"]), len(found))
