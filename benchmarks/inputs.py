"""Where the benchmarks' inputs and the reference's figures come from.

The inputs lie in a folder of reference data beside the checkout (``../shared/bench``, or the folder
that ``PYOPROLLUP_BENCH`` names). Its ``go_results_1cpu.json`` holds what the Go reference reached on
one core of a machine of the same kind, per CPU second.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

from pyoprollup.derive.codec.batch import decode_batch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.eth.rlp import read_header

__all__ = ["FOLDER", "reference_rate", "singular_batches"]

_DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "bench"
FOLDER = Path(os.environ.get("PYOPROLLUP_BENCH", _DEFAULT))

CHAIN_ID = 901
GENESIS_TIME = 1000
BLOCK_TIME = 2


@cache
def _reference() -> dict[tuple[str, str], float]:
    results = json.loads((FOLDER / "go_results_1cpu.json").read_text())["results"]
    return {(item["name"], item["unit"]): item["median_per_cpu_second"] for item in results}


def reference_rate(name: str, unit: str) -> float:
    """The reference's median rate."""
    return _reference()[name, unit]


def read(name: str) -> bytes:
    """An input file."""
    return (FOLDER / name).read_bytes()


@cache
def singular_batches() -> tuple[SingularBatch, ...]:
    """The 600 blocks with 6,000 transactions that the batch benchmarks share."""
    data = read("singular_batches_6000tx.rlp")
    batches, pos = [], 0
    while pos < len(data):
        _, start, pos = read_header(data, pos, len(data))
        batch = decode_batch(data, start, pos)
        assert isinstance(batch, SingularBatch)
        batches.append(batch)
    return tuple(batches)
