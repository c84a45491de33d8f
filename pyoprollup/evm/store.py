"""Where state comes from and where it goes: a mapping from hash to pre-image, and what a block adds to it.

State is content-addressed: trie nodes, contract code and headers, each under its keccak-256. Execution
reads from the mapping and never writes to it. What it produces is handed out with the result, so a block
that turns out invalid leaves no trace.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["CodeSource", "KeyValue", "Overlay"]


class KeyValue(Protocol):
    """Pre-images by hash. A ``dict`` is one; a store that fetches what it lacks is another."""

    def __getitem__(self, key: bytes, /) -> bytes:
        """The pre-image; raises ``KeyError`` if it is not there."""


@runtime_checkable
class CodeSource(Protocol):
    """Pre-images of which code is asked for apart, because it is not where trie nodes are."""

    def code(self, code_hash: bytes) -> bytes:
        """The code; raises ``KeyError`` if it is not there."""


class Overlay:
    """Pre-images that are read from ``source``, and those of a block, kept in ``writes``."""

    def __init__(self, source: KeyValue) -> None:
        self.source = source
        self.writes: dict[bytes, bytes] = {}
        self._code = source.code if isinstance(source, CodeSource) else source.__getitem__

    def __getitem__(self, key: bytes) -> bytes:
        value = self.writes.get(key)
        return self.source[key] if value is None else value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.writes[key] = value

    def code(self, code_hash: bytes) -> bytes:
        """Contract code by its hash; raises ``KeyError``."""
        value = self.writes.get(code_hash)
        return self._code(code_hash) if value is None else value
