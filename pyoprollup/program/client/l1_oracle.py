"""L1 out of pre-images: headers, transactions, receipts, blobs, and results of precompiles.

Whatever is asked for is hinted at first, and kept: pre-images cost a VM much more than memory.

Specification: fault-proof/index.md, Data sources and Hinting.
"""

from __future__ import annotations

from pyoprollup.errors import DecodeError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.kzg import roots_of_unity
from pyoprollup.eth.receipts import Receipt, decode_receipts
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.preimage import (
    Hinter,
    PreimageOracle,
    WrongPreimage,
    blob_element_key,
    keccak256_key,
    precompile_key,
    sha256_key,
)
from pyoprollup.program.client.tries import read_list
from pyoprollup.program.hints import HintWord, blob_hint, hash_hint, precompile_hint
from pyoprollup.sources.lru import Lru

__all__ = ["L1Oracle"]

_CACHE_SIZE = 2000
"""Headers, and lists of transactions and of receipts; also results of precompiles."""
_BLOBS = 64

_ELEMENT_SIZE = 32
_COMMITMENT_SIZE = 48


class L1Oracle:
    """Reads L1 by hashes. All methods raise what the oracle does, and ``DecodeError`` for what is no such
    thing."""

    def __init__(self, oracle: PreimageOracle, hinter: Hinter) -> None:
        self._oracle, self._hinter = oracle, hinter
        self._headers: Lru[Hash32, Header] = Lru(_CACHE_SIZE)
        self._transactions: Lru[Hash32, tuple[bytes, ...]] = Lru(_CACHE_SIZE)
        self._receipts: Lru[Hash32, tuple[Receipt, ...]] = Lru(_CACHE_SIZE)
        self._blobs: Lru[tuple[Hash32, int], bytes] = Lru(_BLOBS)
        self._calls: Lru[tuple[Address, bytes], tuple[bool, bytes]] = Lru(_CACHE_SIZE)

    def header(self, block_hash: Hash32) -> Header:
        """The header of a block."""
        return self._headers.get(block_hash) or self._read_header(block_hash)

    def transactions(self, block_hash: Hash32) -> tuple[bytes, ...]:
        """The transactions of a block, in EIP-2718 form."""
        found = self._transactions.get(block_hash)
        if found is None:
            found = self._read_transactions(block_hash)
            self._transactions.put(block_hash, found)
        return found

    def receipts(self, block_hash: Hash32) -> tuple[Receipt, ...]:
        """The receipts of a block. Its transactions are read too, of which there must be as many."""
        found = self._receipts.get(block_hash)
        if found is None:
            transactions = self._read_transactions(block_hash)
            self._hinter.hint(hash_hint(HintWord.L1_RECEIPTS, block_hash))
            found = decode_receipts(read_list(self.header(block_hash).receipts_root, self._node))
            if len(found) != len(transactions):
                raise DecodeError(
                    f"L1 block 0x{block_hash.hex()}: {len(found)} receipts, {len(transactions)} transactions"
                )
            self._receipts.put(block_hash, found)
        return found

    def blob(self, versioned_hash: Hash32, time: int) -> bytes:
        """The blob with this versioned hash in the L1 block of this time, from its field elements."""
        found = self._blobs.get((versioned_hash, time))
        if found is None:
            found = self._read_blob(versioned_hash, time)
            self._blobs.put((versioned_hash, time), found)
        return found

    def precompile(self, address: Address, data: bytes, required_gas: int) -> bytes | None:
        """The result of a call of a precompile on L1; ``None`` if it fails."""
        found = self._calls.get((address, data))
        if found is None:
            self._hinter.hint(precompile_hint(address, required_gas, data))
            key = precompile_key(address, required_gas, data)
            answer = self._oracle.get(key)
            if answer[:1] not in (b"\0", b"\1"):
                raise WrongPreimage(f"0x{answer[:40].hex()} is no result of a precompile: 0x{key.hex()}")
            found = answer[:1] == b"\1", answer[1:]
            self._calls.put((address, data), found)
        return found[1] if found[0] else None

    def _node(self, digest: Hash32) -> bytes:
        return self._oracle.get(keccak256_key(digest))

    def _read_header(self, block_hash: Hash32) -> Header:
        self._hinter.hint(hash_hint(HintWord.L1_BLOCK_HEADER, block_hash))
        header = Header.decode(self._node(block_hash))
        self._headers.put(block_hash, header)
        return header

    def _read_transactions(self, block_hash: Hash32) -> tuple[bytes, ...]:
        header = self._read_header(block_hash)
        self._hinter.hint(hash_hint(HintWord.L1_TRANSACTIONS, block_hash))
        return tuple(read_list(header.transactions_root, self._node))

    def _read_blob(self, versioned_hash: Hash32, time: int) -> bytes:
        self._hinter.hint(blob_hint(versioned_hash, time))
        commitment = self._sized(sha256_key(versioned_hash), _COMMITMENT_SIZE)
        return b"".join(
            [self._sized(blob_element_key(commitment, root), _ELEMENT_SIZE) for root in roots_of_unity()]
        )

    def _sized(self, key: Hash32, size: int) -> bytes:
        data = self._oracle.get(key)
        if len(data) != size:
            raise WrongPreimage(f"{len(data)} bytes, not {size}, for the key 0x{key.hex()}")
        return data
