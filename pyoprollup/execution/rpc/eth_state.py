"""``eth_*``: accounts, storage and their proofs, after any block whose state is kept.

Specification: Ethereum JSON-RPC specification; EIP-1186 for eth_getProof.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_HASH, Address, address_from_hex, to_hex, to_quantity
from pyoprollup.execution.rpc.accounts import StateView
from pyoprollup.execution.rpc.chain_view import BlockView
from pyoprollup.execution.rpc.params import storage_key
from pyoprollup.execution.rpc.pool_reader import PoolReader
from pyoprollup.rpc.errors import INVALID_PARAMS, JsonRpcError
from pyoprollup.rpc.worker import give_way

__all__ = ["MAX_PROOF_KEYS", "StateMethods"]

MAX_PROOF_KEYS = 1024


class StateMethods:
    """The methods over ``view``; ``pool`` knows the nonces of transactions to come."""

    def __init__(self, view: BlockView, pool: PoolReader | None = None) -> None:
        self._view = view
        self._pool = pool

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        return {
            "eth_getBalance": self._balance,
            "eth_getCode": self._code,
            "eth_getProof": self._proof,
            "eth_getStorageAt": self._storage_at,
            "eth_getTransactionCount": self._transaction_count,
        }

    def _state(self, which: Any) -> StateView:
        _, header = self._view.header_with_state(which)
        return StateView(self._view.chain.state, header.state_root)

    def _balance(self, address: Any, which: Any) -> str:
        account = _address(address)
        return to_quantity(self._state(which).account(account).balance)

    def _code(self, address: Any, which: Any) -> str:
        account = _address(address)
        return to_hex(self._state(which).code(account))

    def _storage_at(self, address: Any, slot: Any, which: Any) -> str:
        account, state = _address(address), self._state(which)
        return to_hex(state.storage(account, storage_key(slot)[0]).to_bytes(32, "big"))

    def _transaction_count(self, address: Any, which: Any) -> str:
        account = _address(address)
        if which == "pending" and self._pool is not None:
            return to_quantity(self._pool.next_nonce(account))
        return to_quantity(self._state(which).account(account).nonce)

    def _proof(self, address: Any, slots: Any, which: Any) -> dict[str, Any]:
        account = _address(address)
        if not isinstance(slots, list):
            raise DecodeError("storage keys: expected a list")
        if len(slots) > MAX_PROOF_KEYS:
            text = f"too many storage keys requested (max {MAX_PROOF_KEYS}, got {len(slots)})"
            raise JsonRpcError(INVALID_PARAMS, text)
        keys = [storage_key(slot) for slot in slots]
        state = self._state(which)
        found, proof = state.prove_account(account)
        # An account that does not exist has zeros here, not the hashes of emptiness.
        storage_root = ZERO_HASH if found is None else found.storage_root
        code_hash = ZERO_HASH if found is None else found.code_hash
        return {
            "address": to_hex(account),
            "accountProof": [to_hex(node) for node in proof],
            "balance": to_quantity(0 if found is None else found.balance),
            "codeHash": to_hex(code_hash),
            "nonce": to_quantity(0 if found is None else found.nonce),
            "storageHash": to_hex(storage_root),
            "storageProof": [
                _storage_proof(state, EMPTY_TRIE_ROOT if found is None else storage_root, slot, size)
                for slot, size in keys
            ],
        }


def _storage_proof(state: StateView, storage_root: Any, slot: int, size: int) -> dict[str, Any]:
    give_way()  # there may be a thousand
    word, proof = state.prove_storage(storage_root, slot)
    # A key of full length comes back as it is, any other as a quantity.
    key = to_hex(slot.to_bytes(32, "big")) if size == 32 else to_quantity(slot)
    return {"key": key, "value": to_quantity(word), "proof": [to_hex(node) for node in proof]}


def _address(value: Any) -> Address:
    return address_from_hex(value, "address")
