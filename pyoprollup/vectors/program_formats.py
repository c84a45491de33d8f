"""The check of ``program_range``: what the reference's program says to claims, and what it asks for.

Verdicts, pre-images in the order of their first request, and hints in order have to be the same. Of the hints
one kind is left out, ``l2-block-hash-lookup``: the reference's engine looks for the finalized block, by its
number, in every call of its Engine API. Ours has no such calls; it sends the hint where it does look for a
block before the agreed one, which these chains have no need of.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.errors import RollupError
from pyoprollup.eth.types import Hash32, bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.preimage import PreimageMissing
from pyoprollup.program.client.program import run_program
from pyoprollup.program.client.recording import RecordingHinter, RecordingOracle
from pyoprollup.program.hints import HintWord
from pyoprollup.rollup.reference import Reference
from pyoprollup.vectors.core import Case, Mismatch, expect, prepare, register

__all__ = ["check_program", "check_verdict", "with_preimages"]

_INVALID = "invalid claim: "
_ACTUAL = " actual: "


class _Recorded:
    """An oracle that has what was recorded."""

    def __init__(self, preimages: dict[str, str]) -> None:
        self._preimages = preimages

    def get(self, key: Hash32) -> bytes:
        try:
            return bytes_from_hex(self._preimages[to_hex(key)])
        except KeyError:
            raise PreimageMissing(key) from None


@prepare("program_range")
def with_preimages(cases: list[Case]) -> list[Case]:
    """The cases, each with all its pre-images: those of a chain are recorded once."""
    chains: dict[tuple[Any, ...], dict[str, str]] = {}
    for case in cases:
        if "preimages" in case:
            chains[case["fork"], case["clash"]] = case["preimages"]
    found = []
    for case in cases:
        chain = chains[case["fork"], case["clash"]]
        name = f"{case['fork']}{' clash' if case['clash'] else ''}: {case['name']}"
        found.append({**case, "name": name, "preimages": chain | case.get("local", {})})
    return found


@register("program_range")
def check_program(case: Case) -> None:
    """Run our program on the recorded pre-images, and compare everything that can be seen of it."""
    asked, hints = check_verdict(case)
    expect("requests", case["order"], asked)
    expect("hints", _compared(case["hints"]), _compared(hints))


def check_verdict(case: Case) -> tuple[list[str], list[str]]:
    """Compare the verdict alone; returns what our program asked for and its hints, in order."""
    oracle, hinter = RecordingOracle(_Recorded(case["preimages"])), RecordingHinter()
    try:
        verdict = run_program(oracle, hinter, reference=Reference.V1_16)
    except RollupError as exc:
        raise Mismatch(f"the program fails: {exc}") from exc
    result = case["result"]
    expect("valid", result == "valid", verdict.is_valid)
    if result.startswith(_INVALID):
        expect("output root", hash_from_hex(result.partition(_ACTUAL)[2]), verdict.output_root)
    return [to_hex(key) for key in oracle.preimages], hinter.hints


def _compared(hints: list[str]) -> list[str]:
    return [hint for hint in hints if not hint.startswith(f"{HintWord.L2_BLOCK_HASH_LOOKUP.value} ")]
