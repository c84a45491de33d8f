"""Checks of whole derivations: recorded L1 in, payload attributes out."""

from __future__ import annotations

from typing import Any

from pyoprollup.derive.attributes_queue import AttributesWithParent
from pyoprollup.derive.errors import ResetError
from pyoprollup.derive.pipeline import DerivationPipeline
from pyoprollup.derive.pseudo_chain import DerivedBlock, PseudoChain, derive_chain
from pyoprollup.derive.recording import Recording, load_recording
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.rollup.time import L1Time
from pyoprollup.vectors.core import Case, expect, register
from pyoprollup.vectors.fields import l2_ref

__all__: list[str] = []


class _Run:
    """Derives a recording, its reorg included, and keeps what came out."""

    def __init__(self, recording: Recording, **chain_options: Any) -> None:
        self.blocks: list[DerivedBlock] = []
        self.resets: list[tuple[int, L2BlockRef]] = []
        l1 = recording.l1()
        self.chain = PseudoChain(recording.config, recording.start, **chain_options)
        pipeline = DerivationPipeline(recording.config, l1, l1, self.chain)
        self._derive(pipeline, l1)
        if recording.reorg:
            l1.reorg(recording.reorg)
            self._derive(pipeline, l1)

    def _derive(self, pipeline: DerivationPipeline, l1: Any) -> None:
        for block in derive_chain(pipeline, self.chain, l1, self._on_reset):
            self.blocks.append(block)

    def _on_reset(self, _error: ResetError, head: L2BlockRef) -> None:
        self.resets.append((len(self.blocks), head))


def _check_attributes(where: str, expected: Case, derived: AttributesWithParent) -> None:
    found = derived.attributes.to_json()
    for key in sorted(expected.keys() | found.keys()):
        expect(f"{where}.attributes.{key}", expected.get(key), found.get(key))


@register("pipeline")
def check_pipeline(case: Case) -> None:
    recording = load_recording(case)
    run = _Run(recording, rewind_by_origin=True)
    for index, (expected, found) in enumerate(zip(case["derived"], run.blocks, strict=False)):
        where = f"derived[{index}]"
        derived, block = found.attributes, found.block
        _check_attributes(where, expected["attributes"], derived)
        expect(f"{where}.parent", expected["parent"], "0x" + derived.parent.hash.hex())
        expect(f"{where}.number", expected["number"], block.number)
        expect(f"{where}.block_hash", expected["block_hash"], "0x" + block.hash.hex())
        expect(f"{where}.l1_origin", expected["l1_origin"], block.l1_origin.number)
        expect(f"{where}.sequence_number", expected["sequence_number"], block.sequence_number)
        expect(f"{where}.derived_from", expected["derived_from"], derived.derived_from.number)
        expect(
            f"{where}.derived_from_hash",
            expected["derived_from_hash"],
            "0x" + derived.derived_from.hash.hex(),
        )
        # What concludes a batch changed with Holocene's stages after these vectors were made.
        rules = recording.config.schedule.at_l1(L1Time(derived.derived_from.time))
        if not rules.strict_ordering:
            expect(f"{where}.is_last_in_span", expected["is_last_in_span"], derived.concluding)
    expect("number of blocks", len(case["derived"]), len(run.blocks))
    resets = [event for event in case.get("events") or [] if event["event"] == "reset"]
    expect("number of resets", len(resets), len(run.resets))
    for event, (after, head) in zip(resets, run.resets, strict=True):
        expect("reset after", event["after_attributes"], after)
        expect("safe head after reset", l2_ref(event["safe_head_after"]), head)


@register("pipeline_rust")
def check_pipeline_rust(case: Case) -> None:
    lines = [line for line in case["expected"] if not line.get("summary")]
    run = _Run(load_recording(case["scenario"]), zero_roots=True)
    for index, (line, found) in enumerate(zip(lines, run.blocks, strict=False)):
        where = f"line {index + 1}"
        _check_attributes(where, line["attributes"], found.attributes)
        expect(f"{where}.number", line["number"], found.block.number)
        expect(f"{where}.hash", line["hash"], "0x" + found.block.hash.hex())
        origin = found.block.l1_origin
        expect(f"{where}.l1_origin.number", line["l1_origin"]["number"], origin.number)
        expect(f"{where}.l1_origin.hash", line["l1_origin"]["hash"], "0x" + origin.hash.hex())
        expect(f"{where}.seq", line["seq"], found.block.sequence_number)
        derived_from = found.attributes.derived_from
        expect(f"{where}.derived_from", line["derived_from"]["number"], derived_from.number)
        expect(f"{where}.derived_from", line["derived_from"]["hash"], "0x" + derived_from.hash.hex())
    expect("number of blocks", len(lines), len(run.blocks))
