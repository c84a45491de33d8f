"""Where state comes from and where it goes: a mapping from hash to pre-image, and what a block adds to it.

State is content-addressed: trie nodes, contract code and headers, each under its keccak-256. Execution
reads from the mapping and never writes to it. What it produces is handed out with the result, so a block
that turns out invalid leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.vm.interrupt import MissingBytecode
from trie.exceptions import MissingTrieNode

from pyoprollup.eth.types import Hash32
from pyoprollup.evm.errors import MissingStateError

__all__ = ["KeyValue", "Overlay", "atomic", "missing_state"]


class KeyValue(Protocol):
    """Pre-images by hash. A ``dict`` is one; a store that fetches what it lacks is another."""

    def __getitem__(self, key: bytes, /) -> bytes:
        """The pre-image; raises ``KeyError`` if it is not there."""


class Overlay(BaseDB):
    """A database that reads through to ``source`` and keeps what is written in ``writes``."""

    def __init__(self, source: KeyValue) -> None:
        self.source = source
        self.writes: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self.writes.get(key)
        return self.source[key] if value is None else value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.writes[key] = value

    def __delitem__(self, key: bytes) -> None:
        # Only what this block wrote can go: the source is shared.
        self.writes.pop(key, None)

    def _exists(self, key: bytes) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True


def atomic(overlay: Overlay) -> AtomicDB:
    """``overlay`` in the form that py-evm's account database takes."""
    return AtomicDB(overlay)


@contextmanager
def missing_state() -> Iterator[None]:
    """Turns py-evm's ways of saying that a trie node or code is absent into one error.

    Reads of accounts and storage, reads of code, and changes of a trie each have an exception of
    their own.
    """
    try:
        yield
    except MissingTrieNode as exc:
        raise MissingStateError(Hash32(bytes(exc.missing_node_hash))) from exc
    except MissingBytecode as exc:
        raise MissingStateError(Hash32(bytes(exc.missing_code_hash))) from exc
