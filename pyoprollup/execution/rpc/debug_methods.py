"""``debug_*``: blocks in their encodings, and pre-images by hash, as fault proofs ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.execution.rpc.block_json import encode_block
from pyoprollup.execution.rpc.chain_view import Block, ChainView
from pyoprollup.execution.rpc.deadline import CallLimits
from pyoprollup.execution.rpc.eth_blocks import BlockMethods
from pyoprollup.execution.rpc.execution_witness import execution_witness
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["DebugMethods"]

_CODE_PREFIX = b"c"


class DebugMethods:
    """The methods over ``view``; ``chain_config`` is the chain's configuration in go-ethereum's form."""

    def __init__(
        self,
        view: ChainView,
        blocks: BlockMethods,
        chain_config: Any = None,
        limits: CallLimits | None = None,
    ) -> None:
        self._view = view
        self._limits = limits or CallLimits()
        self._blocks = blocks
        self._chain_config = chain_config

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        methods: dict[str, Callable[..., Any]] = {
            "debug_dbGet": self._db_get,
            "debug_executionWitness": self._witness,
            "debug_getRawBlock": lambda which: to_hex(encode_block(self._block(which))),
            "debug_getRawHeader": lambda which: to_hex(self._block(which).header.encode()),
            "debug_getRawReceipts": self._raw_receipts,
            "debug_getRawTransaction": self._raw_transaction,
        }
        if self._chain_config is not None:
            methods["debug_chainConfig"] = lambda: self._chain_config
        return methods

    def _block(self, which: Any) -> Block:
        block = self._view.block(self._view.hash_of(which))
        if block is None:
            raise JsonRpcError(SERVER_ERROR, f"block {str(which)[:80]} not found")
        return block

    def _raw_receipts(self, which: Any) -> list[str]:
        block = self._block(which)
        return [to_hex(receipt.encode()) for receipt in self._view.receipts(block)]

    def _raw_transaction(self, tx_hash: Any) -> str:
        raw = self._blocks.raw_transaction(hash_from_hex(tx_hash, "transaction hash"))
        return "0x" if raw is None else to_hex(raw)

    def _db_get(self, key: Any) -> str:
        """Trie nodes by hash, code by the letter ``c`` and its hash: keys of go-ethereum's database."""
        if not isinstance(key, str):
            raise DecodeError("key: expected a string")
        data = bytes_from_hex(key, "key") if key[:2] in ("0x", "0X") else key.encode()
        if len(data) == 33 and data.startswith(_CODE_PREFIX):
            data = data[1:]
        try:
            if len(data) == 32:
                return to_hex(self._view.chain.state[data])
        except KeyError:
            pass
        raise JsonRpcError(SERVER_ERROR, "not found")

    def _witness(self, which: Any) -> dict[str, Any]:
        return execution_witness(self._view, self._block(which), self._limits.deadline())
