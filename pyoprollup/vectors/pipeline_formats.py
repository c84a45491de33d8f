"""Checks of whole derivations: recorded L1 in, payload attributes out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyoprollup.derive.errors import ResetError
from pyoprollup.derive.pipeline import DerivationPipeline
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.eth.types import ZERO_HASH, bytes_from_hex
from pyoprollup.replay.pseudo_chain import DerivedBlock, PseudoChain, derive_chain
from pyoprollup.replay.recording import Recording, load_recording
from pyoprollup.rollup.reference import Reference
from pyoprollup.rollup.time import L1Time
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.vectors.core import Case, expect, register, register_bundled
from pyoprollup.vectors.fields import l2_ref
from pyoprollup.vectors.pipeline_run import DerivedAttributes, PipelineEvent, PipelineRun
from pyoprollup.vectors.recordings import load_vector_recording

__all__ = ["check_scenario"]

_HIDDEN = "keccak256:"


def _check_attributes(where: str, expected: Case, attributes: PayloadAttributes) -> None:
    found = attributes.to_json()
    expected, found = dict(expected), dict(found)
    theirs, ours = expected.pop("transactions", None) or [], found.pop("transactions", None) or []
    for key in sorted(expected.keys() | found.keys()):
        expect(f"{where}.attributes.{key}", expected.get(key), found.get(key))
    expect(f"{where}.attributes.transactions, number", len(theirs), len(ours))
    for index, (their, our) in enumerate(zip(theirs, ours, strict=True)):
        if their.startswith(_HIDDEN):
            our = f"{_HIDDEN}0x{keccak256(bytes_from_hex(our)).hex()}"
        expect(f"{where}.attributes.transactions[{index}]", their, our)


def _check_derived(where: str, expected: Case, found: DerivedAttributes) -> None:
    derived, block = found.attributes, found.block
    expect(f"{where}.engine_refused", expected.get("engine_refused", ""), found.refused)
    _check_attributes(where, expected["attributes"], derived.attributes)
    expect(f"{where}.parent", expected["parent"], "0x" + derived.parent.hash.hex())
    block_hash = ZERO_HASH if block is None else block.hash
    expect(f"{where}.block_hash", expected["block_hash"], "0x" + block_hash.hex())
    expect(f"{where}.number", expected["number"], 0 if block is None else block.number)
    expect(f"{where}.l1_origin", expected["l1_origin"], 0 if block is None else block.l1_origin.number)
    sequence_number = 0 if block is None else block.sequence_number
    expect(f"{where}.sequence_number", expected["sequence_number"], sequence_number)
    expect(f"{where}.derived_from", expected["derived_from"], derived.derived_from.number)
    derived_from_hash = "0x" + derived.derived_from.hash.hex()
    expect(f"{where}.derived_from_hash", expected["derived_from_hash"], derived_from_hash)


def _check_event(where: str, expected: Case, found: PipelineEvent) -> None:
    expect(
        where,
        expected["event"],
        f"{found.kind} ({found.error})" if found.kind != expected["event"] else found.kind,
    )
    expect(f"{where}.after_attributes", expected["after_attributes"], found.after)
    head = expected.get("safe_head_after")
    expect(f"{where}.safe_head_after", None if head is None else l2_ref(head), found.head)


def check_scenario(
    case: Case,
    bundles: UpgradeBundles | None = None,
    *,
    reference: Reference = Reference.V1_19,
    grow: bool = False,
) -> None:
    """Derive a scenario and compare every block and every event with its outcome.

    ``grow``: L1 comes block by block. Raises :class:`~pyoprollup.vectors.core.Mismatch`.
    """
    _check_run(case, _run(case, bundles, reference, grow))


def _run(case: Case, bundles: UpgradeBundles | None, reference: Reference, grow: bool) -> PipelineRun:
    recording = load_recording(case)
    recording = replace(recording, config=replace(recording.config, reference=reference))
    modulus = case.get("engine_reject_modulus") or 0
    return PipelineRun(recording, bundles, reject_modulus=modulus, grow=grow)


def _check_run(case: Case, run: PipelineRun) -> None:
    for index, (expected, found) in enumerate(zip(case["derived"], run.derived, strict=False)):
        _check_derived(f"derived[{index}]", expected, found)
        expect(f"derived[{index}].is_last_in_span", expected["is_last_in_span"], found.attributes.concluding)
    expect("number of attributes", len(case["derived"]), len(run.derived))
    events = case.get("events") or []
    for index, (expected, event) in enumerate(zip(events, run.events, strict=False)):
        _check_event(f"events[{index}]", expected, event)
    expect("events", [event["event"] for event in events], [event.kind for event in run.events])


@register_bundled("pipeline_v2")
@register_bundled("bundled_pipeline")
@register_bundled("refused_pipeline")
@register_bundled("fatal_pipeline")
@register_bundled("newer_pipeline")
def check_pipeline_v2(case: Case, bundles: UpgradeBundles | None = None, /) -> None:
    check_scenario(case, bundles)


@register_bundled("newer_pipeline_v116")
def check_pipeline_v116(case: Case, bundles: UpgradeBundles | None = None, /) -> None:
    check_scenario(case, bundles, reference=Reference.V1_16)


@register("pipeline")
def check_pipeline(case: Case) -> None:
    """A scenario of October 2024. What concludes a batch changed with Holocene's stages since then."""
    run = _run(case, None, Reference.V1_19, grow=False)
    schedule = load_recording(case).config.schedule
    for index, (expected, found) in enumerate(zip(case["derived"], run.derived, strict=False)):
        _check_derived(f"derived[{index}]", expected, found)
        derived = found.attributes
        if not schedule.at_l1(L1Time(derived.derived_from.time)).strict_ordering:
            expect(f"derived[{index}].is_last_in_span", expected["is_last_in_span"], derived.concluding)
    expect("number of blocks", len(case["derived"]), len(run.derived))
    resets = [event for event in case.get("events") or [] if event["event"] == "reset"]
    expect("number of resets", len(resets), len(run.events))
    for index, (event, reset) in enumerate(zip(resets, run.events, strict=True)):
        _check_event(f"resets[{index}]", event, reset)


@register("pipeline_rust")
def check_pipeline_rust(case: Case) -> None:
    lines = [line for line in case["expected"] if not line.get("summary")]
    blocks = _rust_blocks(load_vector_recording(case["scenario"]))
    for index, (line, found) in enumerate(zip(lines, blocks, strict=False)):
        where = f"line {index + 1}"
        _check_attributes(where, line["attributes"], found.attributes.attributes)
        expect(f"{where}.number", line["number"], found.block.number)
        expect(f"{where}.hash", line["hash"], "0x" + found.block.hash.hex())
        origin = found.block.l1_origin
        expect(f"{where}.l1_origin.number", line["l1_origin"]["number"], origin.number)
        expect(f"{where}.l1_origin.hash", line["l1_origin"]["hash"], "0x" + origin.hash.hex())
        expect(f"{where}.seq", line["seq"], found.block.sequence_number)
        derived_from = found.attributes.derived_from
        expect(f"{where}.derived_from", line["derived_from"]["number"], derived_from.number)
        expect(f"{where}.derived_from", line["derived_from"]["hash"], "0x" + derived_from.hash.hex())
    expect("number of blocks", len(lines), len(blocks))


def _rust_blocks(recording: Recording) -> list[DerivedBlock]:
    l1: Any = recording.l1()
    chain = PseudoChain(recording.config, recording.start, zero_roots=recording.rules.zero_roots)
    return list(derive_chain(DerivationPipeline(recording.config, l1, l1, chain), chain, l1, _no_reset))


def _no_reset(error: ResetError, _head: L2BlockRef) -> None:
    raise error
