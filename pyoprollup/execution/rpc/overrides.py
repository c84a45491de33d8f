"""State and block overrides of a call.

Specification: execution-apis, eth_call; names and refusals are go-ethereum's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import Address, address_from_hex, hash_from_hex
from pyoprollup.evm.state import Precompile, State
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["AccountOverride", "BlockOverride", "account_overrides", "apply_overrides", "override_block"]

_ACCOUNT_FIELDS = ("balance", "nonce", "code", "state", "stateDiff", "movePrecompileToAddress")
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
    precompile_to: Address | None = None
    """Where the precompile of this address goes; the account that is overridden is never one."""


def account_overrides(value: Any) -> list[AccountOverride]:
    """Read them; raises :class:`DecodeError`, and :class:`JsonRpcError` if they contradict each other."""
    if value is None:
        return []
    if not isinstance(value, dict):
        raise DecodeError("state override: expected an object")
    return [_account(address_from_hex(key, "state override"), item) for key, item in value.items()]


def _account(address: Address, value: Any) -> AccountOverride:
    obj = QuantityReader(value, "state override")
    obj.only(*_ACCOUNT_FIELDS)
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
        precompile_to=obj.optional("movePrecompileToAddress", obj.address),
    )


def _slots(value: Any) -> Iterator[tuple[int, int]]:
    if value is None:
        return
    if not isinstance(value, dict):
        raise DecodeError("state override: storage is not an object")
    for slot, word in value.items():
        key, content = hash_from_hex(slot, "state override"), hash_from_hex(word, "state override")
        yield int.from_bytes(key, "big"), int.from_bytes(content, "big")


def apply_overrides(state: State, overrides: list[AccountOverride]) -> None:
    """Change ``state``; raises :class:`JsonRpcError` if a precompile cannot be moved."""
    precompiles = state.precompiles
    moved = _moved_precompiles(overrides, precompiles)
    pause = state.checkpoint or (lambda: None)
    for override in overrides:
        pause()
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
    state.precompiles = moved
    for address in precompiles.keys() - moved.keys():
        state.mark_address_warm(address)  # as the addresses of all precompiles are, whoever lives there


def _moved_precompiles(
    overrides: list[AccountOverride], precompiles: Mapping[Address, Precompile]
) -> dict[Address, Precompile]:
    """The precompiles without those of overridden accounts, and with those that are moved."""
    given = {override.address for override in overrides}
    table = {address: run for address, run in precompiles.items() if address not in given}
    for override in overrides:
        target = override.precompile_to
        if target is None:
            continue
        if override.address not in precompiles:
            raise JsonRpcError(SERVER_ERROR, f"account 0x{override.address.hex()} is not a precompile")
        if target in given:
            raise JsonRpcError(SERVER_ERROR, f"account 0x{target.hex()} is already overridden")
        table[target] = precompiles[override.address]
    return table


@dataclass(frozen=True, slots=True)
class BlockOverride:
    """The block that a call sees. ``blob_base_fee`` in wei; ``None`` leaves the one of the header."""

    header: Header
    blob_base_fee: int | None = None


def override_block(header: Header, value: Any) -> BlockOverride:
    """Read the changes of a block; raises :class:`DecodeError`."""
    if value is None:
        return BlockOverride(header)
    obj = QuantityReader(value, "block override")
    obj.only(*_BLOCK_FIELDS, "blobBaseFee")
    changes = {
        field: read
        for key, (field, kind) in _BLOCK_FIELDS.items()
        if (read := obj.optional(key, getattr(obj, kind))) is not None
    }
    return BlockOverride(replace(header, **changes), obj.optional("blobBaseFee", obj.uint256))
