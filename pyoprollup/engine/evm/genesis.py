"""The genesis block: from an allocation of accounts to a state root and a block hash.

The JSON form is go-ethereum's ``genesis.json``, as the superchain registry has it. Header fields that forks
added are there if the fork is active at genesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyoprollup.engine.evm.accounts import FlatAccountDB
from pyoprollup.engine.evm.predeploys import MESSAGE_PASSER
from pyoprollup.engine.evm.store import Overlay
from pyoprollup.errors import DecodeError
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.json_reader import JsonReader
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH
from pyoprollup.eth.receipts import EMPTY_BLOOM
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import (
    ZERO_ADDRESS,
    ZERO_HASH,
    Address,
    Hash32,
    address_from_hex,
    hash_from_hex,
)
from pyoprollup.rollup.rules import Rules

__all__ = ["Account", "GenesisBlock", "genesis_block", "genesis_state"]

_DEFAULT_BASE_FEE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the allocation; ``balance`` in wei, ``storage`` by slot."""

    balance: int = 0
    nonce: int = 0
    code: bytes = b""
    storage: Mapping[int, int] | None = None

    @classmethod
    def from_json(cls, value: Any) -> Account:
        """An entry of ``alloc``; raises :class:`DecodeError`."""
        obj = JsonReader(value, "alloc")
        storage = _object(obj, "storage", "alloc.storage")
        return cls(
            balance=obj.optional("balance", obj.uint256) or 0,
            nonce=obj.optional("nonce", obj.uint64) or 0,
            code=obj.optional("code", obj.data) or b"",
            storage={_word(slot): _word(word) for slot, word in storage.items()},
        )


def _object(obj: JsonReader, key: str, name: str) -> dict[str, Any]:
    value = obj.optional(key, obj.object)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DecodeError(f"{name}: expected an object")
    return value


def _word(value: object) -> int:
    return int.from_bytes(hash_from_hex(value, "alloc.storage"), "big")


@dataclass(frozen=True, slots=True)
class GenesisBlock:
    """The genesis block, and what a store has to hold for its first child."""

    header: Header
    hash: Hash32
    writes: dict[bytes, bytes]
    message_passer_storage_root: Hash32


def genesis_state(alloc: Mapping[Address, Account]) -> tuple[Hash32, Hash32, dict[bytes, bytes]]:
    """State root, storage root of the message passer, and trie nodes and code by hash."""
    overlay = Overlay({})
    state = FlatAccountDB(overlay)
    for address, account in alloc.items():
        if not (account.balance or account.nonce or account.code):
            state.touch_account(address)
        if account.balance:
            state.set_balance(address, account.balance)
        if account.nonce:
            state.set_nonce(address, account.nonce)
        if account.code:
            state.set_code(address, account.code)
        for slot, word in (account.storage or {}).items():
            if word:
                state.set_storage(address, slot, word)
    state.persist()
    return state.state_root, state.storage_root(MESSAGE_PASSER), overlay.writes


def genesis_block(value: Any, rules: Rules) -> GenesisBlock:
    """The genesis block of a ``genesis.json``, under the rules of its time.

    ``stateHash`` stands in for an allocation that is too large to publish. Raises :class:`DecodeError`.
    """
    obj = JsonReader(value, "genesis")
    state_root, passer_root, writes = genesis_state(_alloc(obj))
    given_root = obj.optional("stateHash", obj.hash)
    header = _header(
        obj, rules, given_root if given_root is not None and not writes else state_root, passer_root
    )
    block_hash = header.hash()
    writes[block_hash] = header.encode()
    return GenesisBlock(header, block_hash, writes, passer_root)


def _alloc(obj: JsonReader) -> dict[Address, Account]:
    alloc = _object(obj, "alloc", "genesis.alloc")
    return {_address(key): Account.from_json(account) for key, account in alloc.items()}


def _address(text: str) -> Address:
    # go-ethereum writes the keys of the allocation without a prefix.
    return address_from_hex(text if text[:2] in ("0x", "0X") else "0x" + text, "genesis.alloc")


def _header(obj: JsonReader, rules: Rules, state_root: Hash32, passer_root: Hash32) -> Header:
    ecotone = rules.parent_beacon_block_root
    withdrawals_root = EMPTY_TRIE_ROOT if rules.withdrawals else None
    base_fee = obj.optional("baseFeePerGas", obj.uint256)
    return Header(
        parent_hash=obj.optional("parentHash", obj.hash) or ZERO_HASH,
        uncle_hash=EMPTY_UNCLE_HASH,
        coinbase=obj.optional("coinbase", obj.address) or ZERO_ADDRESS,
        state_root=state_root,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        difficulty=obj.optional("difficulty", obj.uint256) or 0,
        number=obj.optional("number", obj.uint64) or 0,
        gas_limit=obj.uint64("gasLimit"),
        gas_used=obj.optional("gasUsed", obj.uint64) or 0,
        time=obj.optional("timestamp", obj.uint64) or 0,
        extra_data=obj.optional("extraData", obj.data) or b"",
        mix_digest=obj.optional("mixHash", obj.hash) or ZERO_HASH,
        nonce=(obj.optional("nonce", obj.uint64) or 0).to_bytes(8, "big"),
        base_fee=_DEFAULT_BASE_FEE if base_fee is None else base_fee,
        withdrawals_root=passer_root if rules.withdrawals_root_in_header else withdrawals_root,
        blob_gas_used=(obj.optional("blobGasUsed", obj.uint64) or 0) if ecotone else None,
        excess_blob_gas=(obj.optional("excessBlobGas", obj.uint64) or 0) if ecotone else None,
        parent_beacon_root=ZERO_HASH if ecotone else None,
        requests_hash=EMPTY_REQUESTS_HASH if rules.requests_hash else None,
    )
