"""What stands for beacon nodes where none is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import to_hex
from pyoprollup.events import News, Tell, no_news
from pyoprollup.sources.l1 import IndexedBlobHash

__all__ = ["NoBeacon"]


class NoBeacon:
    """Implements ``BlobSource`` without any blob: a chain with data in calldata needs none."""

    def __init__(self, tell: Tell = no_news) -> None:
        self._news = News("beacon-client", tell)

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> NoReturn:
        """Raises ``Unavailable``, always: derivation cannot go on past this L1 block."""
        shown = ", ".join(to_hex(item.hash) for item in hashes)
        error = Unavailable(f"blobs of L1 block {ref}, {shown}: no beacon API is given")
        self._news.failed("no-beacon", error)
        raise error

    def close(self) -> None:
        """There is nothing to close."""
