"""Blocks of L1 with their contents from several endpoints, none of which is trusted."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import Level, News
from pyoprollup.l1.failover import EndpointPool
from pyoprollup.l1.rpc.cache import ByteCache
from pyoprollup.l1.rpc.endpoint import Endpoint
from pyoprollup.l1.rpc.errors import NotAtHand
from pyoprollup.l1.rpc.headers import (
    VerifiedHeader,
    header_by_hash,
    header_by_label,
    header_by_number,
)
from pyoprollup.l1.rpc.receipts import receipts_of
from pyoprollup.l1.rpc.transactions import transactions_of
from pyoprollup.sources.l1 import BlockInfo
from pyoprollup.sources.sizes import receipts_size, transactions_size

__all__ = ["ChainReader"]

T = TypeVar("T")

_LONGEST_WALK = 128
"""How far below the head blocks are told by their children."""
_VIEW_SECONDS = 30.0
"""How long a head counts as the head without having been asked for."""


class ChainReader:
    """Implements ``L1Heads`` and ``L1Source``. For several threads.

    What is kept was verified, and is kept by hash. Heads and what is canonical at a height are asked for
    each time. The head does not go back on its own chain, which is what an endpoint that is behind would
    make of it, and the finalized block never does.
    """

    def __init__(self, pool: EndpointPool[Endpoint], cache_size: int, news: News) -> None:
        self.pool = pool
        self._cache = ByteCache(cache_size)
        self._news = news
        self._lock = threading.Lock()
        self._head: VerifiedHeader | None = None
        self._head_at = -math.inf
        self._finalized: L1BlockRef | None = None

    @property
    def cached_bytes(self) -> int:
        """Bytes, about, of all that is kept."""
        return self._cache.size

    # --- heads

    def l1_block_ref_by_label(self, label: BlockLabel) -> L1BlockRef:
        """The head, the safe or the finalized block; :class:`NotFound` if there is none of the latter yet."""
        if label is BlockLabel.UNSAFE:
            return self.head_header().info.ref
        found = self._by_label(label).info.ref
        return self._not_back(found) if label is BlockLabel.FINALIZED else found

    def head_header(self) -> VerifiedHeader:
        """The header of the head."""
        found = self._by_label(BlockLabel.UNSAFE)
        with self._lock:
            self._head_at = self.pool.now()
            known = self._head
            if known is not None and self._is_ancestor(found.info.ref, known.info.ref):
                return known
            self._head = found
        return found

    def _by_label(self, label: BlockLabel) -> VerifiedHeader:
        return self._keep(self.pool.ask(f"the {label} L1 block", partial(header_by_label, label=label)))

    def _is_ancestor(self, older: L1BlockRef, head: L1BlockRef) -> bool:
        """Whether a block is known to be below the head, or is the head."""
        if not head.number - _LONGEST_WALK <= older.number <= head.number:
            return False
        block_hash = head.hash
        for _ in range(head.number - older.number):
            header = self._cached_header(block_hash)
            if header is None:
                return False
            block_hash = header.header.parent_hash
        return block_hash == older.hash

    def _not_back(self, found: L1BlockRef) -> L1BlockRef:
        with self._lock:
            known = self._finalized
            if known is None or found.number > known.number:
                self._finalized = found
                return found
        if found.number == known.number and found.hash != known.hash:
            self._news("finalized-l1-block-differs", Level.ERROR, known=known, found=found)
        return known

    # --- blocks

    def header_by_hash(self, block_hash: Hash32) -> VerifiedHeader:
        """The header with this hash. Raises :class:`NotFound` and ``Unavailable``."""
        found = self._cached_header(block_hash)
        if found is not None:
            return found
        what = f"L1 block {to_hex(block_hash)}"
        read = partial(header_by_hash, block_hash=block_hash)
        return self._keep(self.pool.ask(what, read, missing_rounds=2))

    def header_by_number(self, number: int) -> VerifiedHeader:
        """The canonical header of a height. Raises ``Unavailable``, and :class:`NotFound` above the head."""
        found = self._below_the_head(number)
        if found is not None:
            return found
        what = f"L1 block {number}"
        try:
            found = self._keep(self.pool.ask(what, partial(header_by_number, number=number)))
            self._compare_with_head(found)
            return found
        except NotFound as exc:
            head = self._head
            if head is not None and number <= head.header.number:
                # The head is above it: whoever lacks it is behind.
                raise NotAtHand(f"L1 block {number}, below the head {head.header.number}: {exc}") from exc
            raise

    def _below_the_head(self, number: int) -> VerifiedHeader | None:
        """The block of a height on the way down from the head by parent hashes; ``None`` if that is too far.

        Asked by number, an endpoint with another view than the one that told the head would mix two chains.
        """
        with self._lock:
            found = self._head
            if found is None or self.pool.now() > self._head_at + _VIEW_SECONDS:
                return None
        if not found.header.number - _LONGEST_WALK <= number <= found.header.number:
            return None
        try:
            while found.header.number > number:
                found = self.header_by_hash(found.header.parent_hash)
        except (NotFound, Unavailable):
            return None  # it may have been replaced: what is canonical now is for an endpoint to say
        return found

    def _compare_with_head(self, found: VerifiedHeader) -> None:
        """A block above the head that does not stand on it: what the head stands on is canonical no more."""
        with self._lock:
            head = self._head
            is_next = head is not None and found.header.number == head.header.number + 1
            if head is not None and is_next and found.header.parent_hash != head.info.hash:
                self._head_at = -math.inf

    def _cached_header(self, block_hash: Hash32) -> VerifiedHeader | None:
        found: VerifiedHeader | None = self._cache.get(("header", block_hash))
        return found

    def _keep(self, found: VerifiedHeader) -> VerifiedHeader:
        return self._cache.keep(("header", found.info.hash), found, found.size)

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        return self.header_by_number(number).info.ref

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self.header_by_hash(block_hash).info.ref

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo:
        return self.header_by_hash(block_hash).info

    # --- contents

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        found = self.header_by_hash(block_hash)
        receipts = self._content(
            found,
            "receipts",
            partial(receipts_of, header=found.header, block_hash=block_hash),
            receipts_size,
        )
        return found.info, receipts

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        found = self.header_by_hash(block_hash)
        return self._content(
            found,
            "transactions",
            partial(transactions_of, header=found.header, block_hash=block_hash),
            transactions_size,
        )

    def _content(
        self,
        block: VerifiedHeader,
        kind: str,
        read: Callable[[Endpoint], tuple[T, ...]],
        size: Callable[[tuple[T, ...]], int],
    ) -> tuple[T, ...]:
        ref = block.info.ref
        what = f"{kind} of L1 block {ref}"
        try:
            return self._cache.get_or((kind, ref.hash), lambda: self.pool.ask(what, read), size)
        except Unavailable as exc:
            self._raise_if_gone(ref, exc)
            raise

    def _raise_if_gone(self, ref: L1BlockRef, cause: Exception) -> None:
        """Raise :class:`NotFound` if another block has taken the block's place: then nobody needs to wait."""
        try:
            read = partial(header_by_number, number=ref.number)
            other = self.pool.ask(f"L1 block {ref.number}", read, rounds=1).info.ref
        except (NotFound, Unavailable):
            return
        if other.hash != ref.hash:
            with self._lock:
                self._head_at = -math.inf  # what it stands on is of the same chain
            raise NotFound(f"L1 block {ref} is not canonical any more: {cause}") from cause
