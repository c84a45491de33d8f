"""The wire forms of derivation: frames, and batches of both kinds.

A frame carries a part of a channel; a channel's data is a sequence of batches; a singular batch is one L2
block, a span batch many, packed by column. Each module reads and writes one form and knows nothing of
chains: whether a batch is valid is decided in ``derive``. Specification: protocol/derivation.md, Frame
Format and Batch Format; protocol/delta/span-batches.md.
"""

from __future__ import annotations

__all__: list[str] = []
