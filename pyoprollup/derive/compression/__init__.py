"""Compression of channels: reading what the reference reads of any stream, good or broken, and writing.

``decompress`` is what derivation uses. The C libraries do the work; ``inflate`` and ``unbrotli`` are
decoders of our own for streams that end in a fault, as the bytes before the fault are consensus.
``channel_compressor`` is for batchers. Specification: protocol/derivation.md, Channel format;
protocol/fjord/derivation.md, Brotli Channel Compression.
"""

from __future__ import annotations

__all__: list[str] = []
