"""L2 out of pre-images: outputs, blocks, and the nodes and code of their state.

Specification: fault-proof/index.md, Data sources and Hinting.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0, unmarshal_output
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.payload_fields import payload_of_header
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.preimage import Hinter, PreimageOracle, keccak256_key
from pyoprollup.program.client.tries import read_list
from pyoprollup.program.hints import (
    HintWord,
    account_proof_hint,
    block_hash_lookup_hint,
    hash_hint,
    payload_witness_hint,
)
from pyoprollup.sources.lru import Lru

__all__ = ["L2Block", "L2Oracle"]

_BLOCKS = 3000
"""As many as a pipeline may walk back over before it begins."""
_NODES = 100_000
_CODES = 10_000


@dataclass(frozen=True, slots=True)
class L2Block:
    """A block of L2, as its header and as a payload."""

    header: Header
    payload: ExecutionPayload

    @property
    def hash(self) -> Hash32:
        return self.payload.block_hash


class L2Oracle:
    """Reads L2 by hashes, and hints at what is to come. All methods raise what the oracle does, and
    ``DecodeError`` for what is no such thing."""

    def __init__(self, oracle: PreimageOracle, hinter: Hinter, chain_id: int) -> None:
        self._oracle, self._hinter, self._chain_id = oracle, hinter, chain_id
        self._blocks: Lru[Hash32, L2Block] = Lru(_BLOCKS)
        self._nodes: Lru[bytes, bytes] = Lru(_NODES)
        self._codes: Lru[bytes, bytes] = Lru(_CODES)

    def output(self, root: Hash32) -> OutputV0:
        """What an output root commits to."""
        self._hinter.hint(hash_hint(HintWord.L2_OUTPUT, root))
        return unmarshal_output(self._keccak(root))

    def block(self, block_hash: Hash32) -> L2Block:
        """A block with its transactions."""
        found = self._blocks.get(block_hash)
        if found is None:
            self._hinter.hint(hash_hint(HintWord.L2_BLOCK_HEADER, block_hash))
            header = Header.decode(self._keccak(block_hash))
            self._hinter.hint(hash_hint(HintWord.L2_TRANSACTIONS, block_hash))
            transactions = tuple(read_list(header.transactions_root, self._keccak))
            found = L2Block(header, payload_of_header(header, transactions, block_hash))
            self._blocks.put(block_hash, found)
        return found

    def state_node(self, digest: bytes) -> bytes:
        """A node of the state's trie, or of an account's storage."""
        return self._kept(self._nodes, HintWord.L2_STATE_NODE, digest)

    def code(self, digest: bytes) -> bytes:
        """The code of a contract."""
        return self._kept(self._codes, HintWord.L2_CODE, digest)

    def hint_execution(self, parent: Hash32, attributes: PayloadAttributes) -> None:
        """A block is about to be executed."""
        self._hinter.hint(payload_witness_hint(parent, attributes, self._chain_id))

    def hint_account(self, block_hash: Hash32, address: Address) -> None:
        """An account and the root of its storage are about to be read."""
        self._hinter.hint(account_proof_hint(block_hash, address, self._chain_id))

    def hint_block_hash_lookup(self, number: int, head: Hash32) -> None:
        """The hash of an earlier block is about to be read from the state of a block."""
        self._hinter.hint(block_hash_lookup_hint(number, head, self._chain_id))

    def _kept(self, cache: Lru[bytes, bytes], word: HintWord, digest: bytes) -> bytes:
        found = cache.get(digest)
        if found is None:
            self._hinter.hint(hash_hint(word, Hash32(digest)))
            found = self._keccak(Hash32(digest))
            cache.put(digest, found)
        return found

    def _keccak(self, digest: Hash32) -> bytes:
        return self._oracle.get(keccak256_key(digest))
