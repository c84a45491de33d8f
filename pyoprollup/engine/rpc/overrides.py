"""What a client wants to be otherwise for one call: accounts, and fields of the block.

Specification: execution-apis, eth_call; names and refusals are go-ethereum's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.json_reader import JsonReader
from pyoprollup.eth.types import Address, address_from_hex, hash_from_hex
from pyoprollup.rpc.errors import INVALID_PARAMS, SERVER_ERROR, JsonRpcError

__all__ = ["AccountOverride", "account_overrides", "apply_overrides", "override_block"]

_BLOCK_FIELDS = {
    "number": ("number", "uint64"),
    "time": ("time", "uint64"),
    "gasLimit": ("gas_limit", "uint64"),
    "feeRecipient": ("coinbase", "address"),
    "prevRandao": ("mix_digest", "hash"),
    "baseFeePerGas": ("base_fee", "uint256"),
}


@dataclass(frozen=True, slots=True)
class AccountOverride:
    """Changes of an account; ``None`` leaves as it is. ``storage`` by slot."""

    address: Address
    balance: int | None
    nonce: int | None
    code: bytes | None
    storage: dict[int, int]
    only_storage: bool
    """Whether all other slots become zero."""


def account_overrides(value: Any) -> list[AccountOverride]:
    """Read them; raises :class:`DecodeError`, and :class:`JsonRpcError` if they contradict each other."""
    if value is None:
        return []
    if not isinstance(value, dict):
        raise DecodeError("state override: expected an object")
    return [_account(address_from_hex(key, "state override"), item) for key, item in value.items()]


def _account(address: Address, value: Any) -> AccountOverride:
    obj = JsonReader(value, "state override")
    if value.get("movePrecompileToAddress") is not None:
        raise JsonRpcError(INVALID_PARAMS, "precompiles cannot be moved")
    state, difference = value.get("state"), value.get("stateDiff")
    if state is not None and difference is not None:
        raise JsonRpcError(SERVER_ERROR, f"account 0x{address.hex()} has both 'state' and 'stateDiff'")
    return AccountOverride(
        address=address,
        balance=obj.optional("balance", obj.uint256),
        nonce=obj.optional("nonce", obj.uint64),
        code=obj.optional("code", obj.data),
        storage=dict(_slots(difference if state is None else state)),
        only_storage=state is not None,
    )


def _slots(value: Any) -> Iterator[tuple[int, int]]:
    if value is None:
        return
    if not isinstance(value, dict):
        raise DecodeError("state override: the storage is no object")
    for slot, word in value.items():
        key, content = hash_from_hex(slot, "state override"), hash_from_hex(word, "state override")
        yield int.from_bytes(key, "big"), int.from_bytes(content, "big")


def apply_overrides(state: Any, overrides: list[AccountOverride]) -> None:
    """Change py-evm's ``state``."""
    for override in overrides:
        address = override.address
        if override.nonce is not None:
            state.set_nonce(address, override.nonce)
        if override.code is not None:
            state.set_code(address, override.code)
        if override.balance is not None:
            state.set_balance(address, override.balance)
        if override.only_storage:
            state.delete_storage(address)
        for slot, word in override.storage.items():
            state.set_storage(address, slot, word)
    state.lock_changes()


def override_block(header: Header, value: Any) -> Header:
    """The header that a call sees; raises :class:`DecodeError`."""
    if value is None:
        return header
    obj = JsonReader(value, "block override")
    changes = {
        field: read
        for key, (field, kind) in _BLOCK_FIELDS.items()
        if (read := obj.optional(key, getattr(obj, kind))) is not None
    }
    return replace(header, **changes)
