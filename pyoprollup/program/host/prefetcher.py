"""Turns hints into pre-images: fetches what the last hint is about, once something is asked for.

Most hints come before requests that are answered from the store, so nothing is fetched for them. What would
give many pre-images at once, an account's proof or a block's witness, is tried before the single one, and
only once: it may fail, the single one may not.

Nothing that is fetched gets a key that is not its own: hashes are computed, blobs are compared with their
commitment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.blobs import BLOB_SIZE
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.kzg import blob_commitment, roots_of_unity, versioned_hash
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.transactions import Transaction, decode_transaction
from pyoprollup.eth.trie import ordered_trie_nodes
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32, to_hex
from pyoprollup.evm.predeploys import HISTORY_STORAGE
from pyoprollup.evm.remote_precompiles import REMOTE_PRECOMPILES, run_precompile
from pyoprollup.preimage import (
    KeyType,
    PreimageMissing,
    blob_element_key,
    keccak256_key,
    sha256_key,
    typed_key,
)
from pyoprollup.program.client.execution import HISTORY_SIZE
from pyoprollup.program.errors import HintError
from pyoprollup.program.hints import Hint, HintWord, decode_hint
from pyoprollup.program.host.payload_hint import decode_payload_hint
from pyoprollup.program.host.sources import HostBlocks, HostSources
from pyoprollup.program.host.stores import PreimageStore
from pyoprollup.sources.l1 import IndexedBlobHash

__all__ = ["Prefetcher"]

_BULK = {
    HintWord.L2_ACCOUNT_PROOF,
    HintWord.L2_ACCOUNT_STORAGE_PROOF,
    HintWord.L2_PAYLOAD_WITNESS,
    HintWord.L2_BLOCK_HASH_LOOKUP,
}
_PARTS_OF_STATE = {HintWord.L2_STATE_NODE, HintWord.L2_CODE}
_ELEMENT_SIZE = 32
_HASH_SIZE = 32
_BLOB_TX = b"\x03"


class Prefetcher:
    """Follows the hints of one program. ``l2_head`` is the agreed block, whose output is known by its root.

    ``on_fetch`` is told of each hint that was followed.
    """

    def __init__(
        self,
        store: PreimageStore,
        sources: HostSources,
        l2_head: Hash32,
        on_fetch: Callable[[Hint], None] = lambda _hint: None,
    ) -> None:
        self._store, self._sources, self._l2_head, self._on_fetch = store, sources, l2_head, on_fetch
        self._last: Hint | None = None
        self._unknown: HintError | None = None
        """Why the last hint is none, if it is."""
        self._bulk: Hint | None = None
        self._l1_block: Hash32 | None = None
        """The one whose transactions were hinted at last: its blobs come next."""
        self._follow: dict[HintWord, Callable[[Hint], None]] = {
            HintWord.L1_BLOCK_HEADER: lambda hint: self._block(hint, sources.l1),
            HintWord.L1_TRANSACTIONS: lambda hint: self._block(hint, sources.l1),
            HintWord.L1_RECEIPTS: lambda hint: self._receipts(hint, sources.l1),
            HintWord.L1_BLOB: self._blob,
            HintWord.L1_PRECOMPILE: self._precompile,
            HintWord.L1_PRECOMPILE_V2: self._precompile,
            HintWord.L2_BLOCK_HEADER: lambda hint: self._block(hint, sources.l2),
            HintWord.L2_TRANSACTIONS: lambda hint: self._block(hint, sources.l2),
            HintWord.L2_RECEIPTS: lambda hint: self._receipts(hint, sources.l2),
            HintWord.L2_STATE_NODE: lambda hint: self._put(sources.l2.state_node(_hash(hint))),
            HintWord.L2_CODE: lambda hint: self._put(sources.l2.code(_hash(hint))),
            HintWord.L2_OUTPUT: self._output,
            HintWord.STARTING_L2_OUTPUT: self._output,
            HintWord.L2_ACCOUNT_PROOF: self._account,
            HintWord.L2_ACCOUNT_STORAGE_PROOF: self._account,
            HintWord.L2_PAYLOAD_WITNESS: self._witness,
            HintWord.L2_BLOCK_HASH_LOOKUP: self._lookup,
        }

    def hint(self, text: bytes) -> None:
        """Take note of a hint. One of no known form matters only if something is missing after it."""
        try:
            hint = decode_hint(text)
        except HintError as exc:
            self._last, self._unknown = None, exc
            return
        if hint.word in _BULK:
            self._bulk = hint
            return
        self._last, self._unknown = hint, None
        if hint.word is HintWord.L1_TRANSACTIONS and len(hint.data) == _HASH_SIZE:
            self._l1_block = Hash32(hint.data)

    def get(self, key: Hash32) -> bytes:
        """A pre-image from the store, fetched if it is not there.

        Raises :class:`~pyoprollup.preimage.PreimageMissing` if it is not there after that either,
        :class:`HintError` for a hint that cannot be followed, and what sources and store do.
        """
        try:
            return self._store.get(key)
        except PreimageMissing:
            pass
        if self._unknown is not None:
            raise self._unknown
        last = self._last
        if self._bulk is not None and (last is None or last.word in _PARTS_OF_STATE):
            self._follow_bulk()
            try:
                return self._store.get(key)
            except PreimageMissing:
                pass
        if last is None:
            raise PreimageMissing(key, "and no hint was given")
        try:
            self._on_fetch(last)
            self._follow[last.word](last)
            return self._store.get(key)
        except (NotFound, PreimageMissing) as exc:
            raise PreimageMissing(key, f"the hint {last.word.value} does not lead to it: {exc}") from exc

    def _follow_bulk(self) -> None:
        hint, self._bulk = self._bulk, None
        assert hint is not None
        try:
            self._on_fetch(hint)
            self._follow[hint.word](hint)
        except (NotFound, Unavailable):
            return  # the single ones will be fetched

    # --- storing

    def _put(self, *values: bytes) -> None:
        for value in values:
            self._store.put(keccak256_key(keccak256(value)), value)

    # --- blocks

    def _block(self, hint: Hint, chain: HostBlocks) -> None:
        block_hash = _hash(hint)
        header = chain.header(block_hash)
        self._put(header.encode())
        if hint.word is not HintWord.L1_BLOCK_HEADER:
            self._put(*ordered_trie_nodes(chain.transactions_by_hash(block_hash)))

    def _receipts(self, hint: Hint, chain: HostBlocks) -> None:
        _, receipts = chain.fetch_receipts(_hash(hint))
        self._put(*ordered_trie_nodes([receipt.encode_for_root() for receipt in receipts]))

    # --- L1

    def _blob(self, hint: Hint) -> None:
        if len(hint.data) not in (40, 48):
            raise HintError(f"a blob is told by 40 or 48 bytes, not {len(hint.data)}")
        wanted, time = Hash32(hint.data[:32]), int.from_bytes(hint.data[-8:], "big")
        index = int.from_bytes(hint.data[32:40], "big") if len(hint.data) == 48 else 0
        ref, places = self._place_of(wanted, time)
        (blob,) = self._sources.blobs.get_blobs(ref, [IndexedBlobHash(places.get(wanted, index), wanted)])
        commitment = blob_commitment(blob)
        if versioned_hash(commitment) != wanted:
            raise Unavailable(f"the blob of {to_hex(wanted)} is another")
        self._store.put(sha256_key(wanted), commitment)
        for root, at in zip(roots_of_unity(), range(0, BLOB_SIZE, _ELEMENT_SIZE), strict=True):
            made_of = commitment + root
            # Under the hash is what it is made of, for the oracle contract.
            self._put(made_of)
            self._store.put(blob_element_key(commitment, root), blob[at : at + _ELEMENT_SIZE])

    def _place_of(self, wanted: Hash32, time: int) -> tuple[L1BlockRef, dict[Hash32, int]]:
        """The block of a blob, and the places of the blobs in it: hints say only its time."""
        if self._l1_block is not None:
            ref = self._sources.l1.header(self._l1_block).l1_block_ref()
            if ref.time == time:
                hashes = _blob_hashes(self._sources.l1.transactions_by_hash(ref.hash))
                places = {each: index for index, each in enumerate(hashes)}
                if wanted in places:
                    return ref, places
        return L1BlockRef(ZERO_HASH, 0, ZERO_HASH, time), {}

    def _precompile(self, hint: Hint) -> None:
        has_gas = hint.is_kona or hint.word is HintWord.L1_PRECOMPILE_V2
        begin = 28 if has_gas else 20
        address = Address(hint.data[:20])
        if len(hint.data) < begin or address not in REMOTE_PRECOMPILES:
            raise HintError(f"{to_hex(hint.data[:28])} is no call of a precompile that is left to the host")
        result = run_precompile(address, hint.data[begin:])
        self._put(hint.data)
        key = typed_key(KeyType.PRECOMPILE, keccak256(hint.data))
        self._store.put(key, b"\0" if result is None else b"\1" + result)

    # --- L2

    def _output(self, hint: Hint) -> None:
        root, output = _hash(hint), self._sources.l2.output(self._l2_head)
        if output.root() != root:
            raise HintError(
                f"the agreed block has the output root {to_hex(output.root())}, not {to_hex(root)}"
            )
        self._put(output.marshal())

    def _account(self, hint: Hint) -> None:
        data, has_slot = hint.data, hint.word is HintWord.L2_ACCOUNT_STORAGE_PROOF
        begin = 8 if hint.is_kona else 32
        size = begin + 20 + (32 if has_slot else 0) + (0 if hint.is_kona else 8)
        if len(data) != size:
            raise HintError(f"{hint.word.value} has {size} bytes, not {len(data)}")
        block: Hash32 | int = int.from_bytes(data[:8], "big") if hint.is_kona else Hash32(data[:32])
        slot = int.from_bytes(data[begin + 20 : begin + 52], "big") if has_slot else 0
        # A proof of any slot has the root node of the storage.
        self._put(*self._sources.l2.proof(block, Address(data[begin : begin + 20]), [slot]))

    def _witness(self, hint: Hint) -> None:
        parent, attributes = decode_payload_hint(hint)
        self._put(*self._sources.l2.witness(parent, attributes))

    def _lookup(self, hint: Hint) -> None:
        if len(hint.data) != 48:
            raise HintError(f"{hint.word.value} has 48 bytes, not {len(hint.data)}")
        number, head = int.from_bytes(hint.data[:8], "big"), Hash32(hint.data[8:40])
        self._put(*self._sources.l2.proof(head, HISTORY_STORAGE, [number % HISTORY_SIZE]))


def _hash(hint: Hint) -> Hash32:
    if len(hint.data) not in (32, 40):
        raise HintError(f"{hint.word.value} has a hash, and perhaps a chain id, not {len(hint.data)} bytes")
    return Hash32(hint.data[:32])


def _blob_hashes(transactions: Iterable[bytes]) -> Sequence[Hash32]:
    decoded = (decode_transaction(raw) for raw in transactions if raw[:1] == _BLOB_TX)
    return [each for tx in decoded if isinstance(tx, Transaction) for each in tx.blob_versioned_hashes]
