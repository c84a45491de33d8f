"""An output root at a block: what one side of a lower game agrees with, or disputes."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.types import Hash32

__all__ = ["Proposal"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The root of the output after an L2 block; in super games the number is a timestamp."""

    l2_block_number: int
    output_root: Hash32
