"""An L1 in memory that never waits: it serves what it has, and says what it lacks.

A node that reads L1 over a network must not stand still in a read, as its sequencer has blocks to seal. So
its parts read from :class:`CachedL1`, which raises :class:`~pyoprollup.sources.requests.NeedData` for what
is not at hand; somebody with threads fetches it (``pyoprollup.node.Fetcher``), puts it here, and wakes the
node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from pyoprollup.errors import NotFound, RollupError
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.sources.l1 import BlockInfo, IndexedBlobHash
from pyoprollup.sources.lru import Lru
from pyoprollup.sources.requests import DataRequest, Datum, NeedData
from pyoprollup.sources.shelf import Shelf
from pyoprollup.sources.sizes import receipts_size, transactions_size

__all__ = ["CacheLimits", "CachedL1", "WrongAnswer"]

_BLOB_SIZE = 131_072


class WrongAnswer(RollupError):
    """A source has answered with something else than what it was asked for."""


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """How many entries of a kind are kept. Each limit must be above what a single step reads."""

    refs: int = 50_000
    """Headers and references: looking for the heads to start from reads up to five sequencing windows."""
    bodies: int = 64
    """Receipts and transactions, by block."""
    body_bytes: int = 64 << 20
    """Bytes of receipts, and of transactions, about."""
    blobs: int = 16
    """Requests for blobs: some hundred kilobytes each."""
    blob_bytes: int = 32 << 20


class CachedL1:
    """Implements ``L1Source`` and ``BlobSource``. For one thread.

    What belongs to a hash stays true. Which block is canonical at a height, and what L1 does not have, counts
    only until L1 has another head: see :meth:`on_l1_head`.
    """

    def __init__(self, limits: CacheLimits | None = None) -> None:
        limits = limits or CacheLimits()
        self._refs: Lru[Hash32, L1BlockRef] = Lru(limits.refs)
        self._numbers: Lru[int, Hash32] = Lru(limits.refs)
        self._infos: Lru[Hash32, BlockInfo] = Lru(limits.refs)
        self._receipts: Shelf[Hash32, tuple[BlockInfo, Sequence[Receipt]]] = Shelf(
            limits.bodies, limits.body_bytes
        )
        self._transactions: Shelf[Hash32, Sequence[bytes]] = Shelf(limits.bodies, limits.body_bytes)
        self._blobs: Shelf[DataRequest, Sequence[bytes]] = Shelf(limits.blobs, limits.blob_bytes)
        self._missing: Lru[DataRequest, str] = Lru(limits.refs)
        self._wanted: dict[DataRequest, None] = {}
        self._generation = 0
        self.position: Hash32 | None = None
        """The block whose transactions were asked for last: derivation is there."""

    # --- what is lacking

    @property
    def is_wanting(self) -> bool:
        """Whether something was asked for that is not here, since :meth:`take_wanted`."""
        return bool(self._wanted)

    def take_wanted(self) -> tuple[DataRequest, ...]:
        """What was asked for in vain since the last call, each once, in the order of asking."""
        wanted, self._wanted = tuple(self._wanted), {}
        return wanted

    @property
    def generation(self) -> int:
        """Counts L1's heads. An answer is put here with the generation in which it was asked for."""
        return self._generation

    def on_l1_head(self) -> None:
        """L1 has another head: blocks at a height may be others, and what was missing may be there."""
        self._generation += 1
        self._numbers.clear()
        self._missing.clear()

    # --- answers

    def put(self, request: DataRequest, answer: object, generation: int, *, ahead: bool = False) -> None:
        """Keep an answer. Raises :class:`WrongAnswer` if it is none to the request.

        One that was fetched ``ahead`` of its use is kept if there is room for it.

        ``answer`` is what the method of ``L1Source`` or ``BlobSource`` returns that the request stands for.
        Which block is canonical does not count if L1's head has changed since ``generation``.
        """
        block = request.block
        match request.datum, answer:
            case Datum.REF, L1BlockRef() if block in (answer.hash, answer.number):
                self._refs.put(answer.hash, answer)
                if isinstance(block, int) and generation == self._generation:
                    self._keep_number(answer)
            case Datum.INFO, BlockInfo() if answer.hash == block:
                self._keep_info(answer)
            case Datum.RECEIPTS, (BlockInfo() as info, Sequence() as receipts) if info.hash == block:
                self._keep_info(info)
                self._receipts.keep(info.hash, (info, receipts), receipts_size(receipts), ahead=ahead)
            case Datum.TRANSACTIONS, Sequence() if not isinstance(block, int):
                self._transactions.keep(block, answer, transactions_size(answer), ahead=ahead)
            case Datum.BLOBS, Sequence() if [len(blob) for blob in answer] == [_BLOB_SIZE] * len(
                request.blobs
            ):
                self._blobs.keep(request, answer, transactions_size(answer), ahead=ahead)
            case _:
                raise WrongAnswer(f"the answer is not {request}")

    def put_missing(self, request: DataRequest, reason: str, generation: int) -> None:
        """L1 says that it has no such thing. It may have, once its head is another."""
        if generation == self._generation:
            self._missing.put(request, reason)
            if request.datum not in (Datum.REF, Datum.INFO):
                # The block has been replaced, so those at a height are others by now. Otherwise derivation
                # would come to the same block again at once, and again.
                self._numbers.clear()

    # --- looking ahead

    def has(self, request: DataRequest) -> bool:
        """Whether a datum is here, or is known not to exist; that is no use of it."""
        block = request.block
        if request in self._missing:
            return True
        if isinstance(block, int):
            return self.known_ref(block) is not None
        match request.datum:
            case Datum.REF:
                return block in self._refs
            case Datum.INFO:
                return block in self._infos
            case Datum.RECEIPTS:
                return block in self._receipts
            case Datum.TRANSACTIONS:
                return block in self._transactions
            case Datum.BLOBS:
                return request in self._blobs

    def has_room_ahead(self, datum: Datum) -> bool:
        """Whether more of a kind may be fetched ahead of its use."""
        match datum:
            case Datum.RECEIPTS:
                return self._receipts.has_room_ahead
            case Datum.TRANSACTIONS:
                return self._transactions.has_room_ahead
            case Datum.BLOBS:
                return self._blobs.has_room_ahead
            case _:
                return True

    def known_ref(self, block: Hash32 | int) -> L1BlockRef | None:
        """The reference of a block by hash, or of the canonical one of a height, if it is here."""
        block_hash = self._numbers.peek(block) if isinstance(block, int) else block
        return None if block_hash is None else self._refs.peek(block_hash)

    def known_transactions(self, block_hash: Hash32) -> Sequence[bytes] | None:
        """The transactions of a block, if they are here; that is no use of them."""
        return self._transactions.peek(block_hash)

    def pass_by(self, first: int, last: int) -> None:
        """Of what was fetched ahead, what is of other blocks than these will not be used any more."""

        def is_past(block_hash: Hash32) -> bool:
            ref = self._refs.peek(block_hash)
            return ref is None or not first <= ref.number <= last

        self._receipts.pass_by(is_past)
        self._transactions.pass_by(is_past)
        self._blobs.pass_by(lambda request: isinstance(request.block, int) or is_past(request.block))

    def _keep_number(self, ref: L1BlockRef) -> None:
        """Which block is canonical. If it does not fit its neighbours, L1 has reorged: they are to be asked
        for again, as derivation would otherwise come to the same gap at once, and again, until there is
        another head."""
        below, above = self.known_ref(ref.number - 1), self.known_ref(ref.number + 1)
        if (below is not None and below.hash != ref.parent_hash) or (
            above is not None and above.parent_hash != ref.hash
        ):
            self._numbers.clear()
        self._numbers.put(ref.number, ref.hash)

    def _keep_info(self, info: BlockInfo) -> None:
        self._infos.put(info.hash, info)
        self._refs.put(info.hash, info.ref)

    def _lacks(self, request: DataRequest) -> NoReturn:
        """Raise :class:`NotFound` if L1 has said so, else :class:`NeedData`."""
        reason = self._missing.get(request)
        if reason is not None:
            raise NotFound(reason)
        self._wanted[request] = None
        raise NeedData(request)

    # --- as a source

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        block_hash = self._numbers.get(number)
        ref = None if block_hash is None else self._refs.get(block_hash)
        return self._lacks(DataRequest(Datum.REF, number)) if ref is None else ref

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        ref = self._refs.get(block_hash)
        return self._lacks(DataRequest(Datum.REF, block_hash)) if ref is None else ref

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo:
        info = self._infos.get(block_hash)
        return self._lacks(DataRequest(Datum.INFO, block_hash)) if info is None else info

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        found = self._receipts.use(block_hash)
        return self._lacks(DataRequest(Datum.RECEIPTS, block_hash)) if found is None else found

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        self.position = block_hash
        found = self._transactions.use(block_hash)
        return self._lacks(DataRequest(Datum.TRANSACTIONS, block_hash)) if found is None else found

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        self._refs.put(ref.hash, ref)
        request = DataRequest(Datum.BLOBS, ref.hash, tuple(hashes))
        found = self._blobs.use(request)
        return self._lacks(request) if found is None else found
