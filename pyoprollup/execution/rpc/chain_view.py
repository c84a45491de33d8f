"""Which block a call means, and the blocks themselves.

Specification: Ethereum JSON-RPC specification, block tags; EIP-1898. Errors have go-ethereum's texts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.headers import Header
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import Transaction, decode_transaction
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, hash_from_hex, quantity_from_hex
from pyoprollup.evm.base_fee import base_fee_at
from pyoprollup.execution.rpc.l1_fields import L1Fields
from pyoprollup.execution.store.ports import ChainReader
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["Block", "BlockView", "ChainView"]

_KEPT_BLOCKS = 32


@dataclass(frozen=True)
class Block:
    """A block. Its transactions are decoded when somebody asks for them, and so are their senders."""

    hash: Hash32
    header: Header
    raw_transactions: tuple[bytes, ...]
    chain_id: int

    @cached_property
    def transactions(self) -> tuple[Transaction | DepositTransaction, ...]:
        return tuple(decode_transaction(raw) for raw in self.raw_transactions)

    @cached_property
    def senders(self) -> tuple[Address, ...]:
        return tuple(self._sender(tx) for tx in self.transactions)

    def _sender(self, tx: Transaction | DepositTransaction) -> Address:
        try:
            return sender(tx, self.chain_id)
        except DecodeError:
            return ZERO_ADDRESS  # transactions from before Bedrock are not signed


class BlockView(ABC):
    """Reads of a chain, L2 or the embedded L1, by what a client calls a block. Few blocks are kept decoded.

    ``first`` is the number of the chain's first block.
    """

    def __init__(self, chain: ChainReader, chain_id: int, first: int = 0) -> None:
        self.chain = chain
        self.chain_id = chain_id
        self.first = first
        self._blocks: OrderedDict[Hash32, Block] = OrderedDict()

    @abstractmethod
    def receipt_fields(self, block: Block) -> Callable[[int], dict[str, Any]]:
        """What receipts of this chain show besides what all do, by the index of the transaction."""

    @abstractmethod
    def next_base_fee(self, header: Header) -> int:
        """Base fee, in wei, of a block on top of this one."""

    @abstractmethod
    def blob_base_fee(self, header: Header) -> int | None:
        """What a unit of blob gas costs in this block, in wei; ``None`` without such a fee."""

    @abstractmethod
    def blob_gas_used_ratio(self, header: Header) -> float:
        """How much of the blobs that fit into this block are in it."""

    # --- which block

    def head(self) -> Header:
        """The head of the chain."""
        header = self.chain.header(self.chain.heads.unsafe)
        if header is None:
            raise JsonRpcError(SERVER_ERROR, "the head is not in the database")
        return header

    def hash_of_number(self, which: Any) -> Hash32 | None:
        """Hash of a canonical block, by number or tag; ``None`` if there is no such number.

        Raises :class:`DecodeError`, and :class:`JsonRpcError` for a tag without a block.
        """
        heads = self.chain.heads
        if which in ("latest", "pending"):  # no block is pending: blocks are built on demand
            return heads.unsafe
        if which in ("safe", "finalized"):
            block_hash = heads.safe if which == "safe" else heads.finalized
            if block_hash == ZERO_HASH:
                raise JsonRpcError(SERVER_ERROR, f"{which} block not found")
            return block_hash
        if which == "earliest":
            return self.chain.canonical_hash(self.first)
        if not isinstance(which, str):
            raise DecodeError("block number: expected a hex quantity or a tag")
        return self.chain.canonical_hash(quantity_from_hex(which, "block number", 63))

    def hash_of(self, which: Any) -> Hash32 | None:
        """Hash of a block by number, tag, hash, or the object of EIP-1898; ``None`` if it is unknown."""
        if isinstance(which, str) and len(which) == 66:
            return self._known(hash_from_hex(which, "block hash"))
        if not isinstance(which, dict):
            return self.hash_of_number(which)
        obj = QuantityReader(which, "block")
        obj.only("blockHash", "blockNumber", "requireCanonical")
        block_hash = obj.optional("blockHash", obj.hash)
        number = which.get("blockNumber")
        if (block_hash is None) == (number is None):
            raise DecodeError("block: give either blockHash or blockNumber")
        if block_hash is None:
            return self.hash_of_number(number)
        header = self.chain.header(block_hash)
        if header is None:
            return None
        if (
            obj.optional("requireCanonical", obj.boolean)
            and self.chain.canonical_hash(header.number) != block_hash
        ):
            raise JsonRpcError(SERVER_ERROR, "hash is not currently canonical")
        return block_hash

    def _known(self, block_hash: Hash32) -> Hash32 | None:
        return None if self.chain.header(block_hash) is None else block_hash

    def header_with_state(self, which: Any) -> tuple[Hash32, Header]:
        """A block whose state is there, as calls and reads of accounts need it.

        Raises :class:`JsonRpcError` if there is no block, or its state was pruned.
        """
        block_hash = self.hash_of(which)
        header = None if block_hash is None else self.chain.header(block_hash)
        if block_hash is None or header is None:
            raise JsonRpcError(SERVER_ERROR, "header not found")
        if not self.chain.has_state(block_hash):
            text = f"the state of block {header.number} is not available: it was pruned"
            raise JsonRpcError(SERVER_ERROR, text)
        return block_hash, header

    # --- blocks

    def block(self, block_hash: Hash32 | None) -> Block | None:
        """A block by its hash."""
        if block_hash is None:
            return None
        block = self._blocks.get(block_hash)
        if block is not None:
            self._blocks.move_to_end(block_hash)
            return block
        block = self._read(block_hash)
        if block is None:
            return None
        self._blocks[block_hash] = block
        if len(self._blocks) > _KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        return block

    def _read(self, block_hash: Hash32) -> Block | None:
        header, envelope = self.chain.header(block_hash), self.chain.envelope(block_hash)
        if header is None or envelope is None:
            return None
        return Block(block_hash, header, envelope.payload.transactions, self.chain_id)

    def receipts(self, block: Block) -> tuple[Receipt, ...]:
        """Receipts of a block; raises :class:`JsonRpcError` if they are not there."""
        receipts = self.chain.receipts(block.hash)
        if receipts is None or len(receipts) != len(block.raw_transactions):
            raise JsonRpcError(SERVER_ERROR, f"the receipts of block {block.header.number} are not available")
        return receipts

    def transaction(self, tx_hash: Hash32) -> tuple[Block, int] | None:
        """Where a canonical transaction is."""
        place = self.chain.transaction(tx_hash)
        block = None if place is None else self.block(place.block_hash)
        return None if place is None or block is None else (block, place.index)


class ChainView(BlockView):
    """The L2 chain, with its forks and the fees of L1 in receipts."""

    def __init__(self, config: RollupConfig, chain: ChainReader) -> None:
        super().__init__(chain, config.l2_chain_id, config.genesis.l2.number)
        self.config = config

    def rules(self, header: Header) -> Rules:
        """The rules of a block."""
        return self.config.rules_at_l2(L2Time(header.time))

    def next_base_fee(self, header: Header) -> int:
        return base_fee_at(self.config, header, header.time + 1)

    def blob_base_fee(self, header: Header) -> int | None:
        """The least: there are no blobs on L2, and so no demand for them."""
        return None if header.excess_blob_gas is None else 1

    def blob_gas_used_ratio(self, _header: Header) -> float:
        return 0

    def receipt_fields(self, block: Block) -> Callable[[int], dict[str, Any]]:
        """What a transaction has paid for L1; deposits pay nothing."""
        rules = self.rules(block.header)
        fields = L1Fields.parse(rules, block.transactions[0].data) if block.transactions else None

        def of(index: int) -> dict[str, Any]:
            if fields is None or isinstance(block.transactions[index], DepositTransaction):
                return {}
            return fields.receipt_fields(block.raw_transactions[index])

        return of
