"""Flat accounts against py-evm's account database, and on their own."""

from __future__ import annotations

import random

import pytest

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Address
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.genesis import Account, genesis_state
from pyoprollup.evm.oracle import OracleAccountDB
from pyoprollup.evm.state_trie import StateTrie
from pyoprollup.evm.store import Overlay
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import SENDER, Chain, transfer
from tests.unit.evm.test_transactions import state_of

ADDRESSES = [Address(bytes([0x60 + number]) * 20) for number in range(8)]


def random_operations(rng: random.Random, databases: list[FlatAccountDB | OracleAccountDB]) -> None:
    """One transaction on all databases alike, with snapshots and reverts."""
    addresses = ADDRESSES
    checkpoints: list[list[object]] = []
    for database in databases:
        database.lock_changes()
    for _ in range(rng.randrange(1, 30)):
        address, slot, value = rng.choice(addresses), rng.randrange(5), rng.choice((0, 0, 1, 2**255))
        kind = rng.randrange(11)
        if kind == 0:
            checkpoints.append([database.record() for database in databases])
        elif kind == 1 and checkpoints:
            for database, checkpoint in zip(databases, checkpoints.pop(), strict=True):
                database.discard(checkpoint)  # type: ignore[arg-type]
        elif kind == 2 and checkpoints:
            for database, checkpoint in zip(databases, checkpoints.pop(), strict=True):
                database.commit(checkpoint)  # type: ignore[arg-type]
        for database in databases:
            if kind < 6:
                database.touch_account(address)
                database.set_storage(address, slot, value)
            elif kind == 6:
                database.set_balance(address, value)
            elif kind == 7:
                database.increment_nonce(address)
            elif kind == 8:
                database.set_code(address, value.to_bytes(32, "big"))
            elif kind == 9:
                database.touch_account(address)
            elif kind == 10:
                database.mark_storage_warm(address, slot)
        assert view(databases[0], addresses) == view(databases[1], addresses)
    # Only a transaction that has ended deletes accounts.
    deleted = rng.sample(addresses, rng.randrange(3))
    for database in databases:
        for address in deleted:
            database.delete_account(address)
        database.lock_changes()
    assert view(databases[0], addresses) == view(databases[1], addresses)


def view(database: FlatAccountDB | OracleAccountDB, addresses: list[Address]) -> list[object]:
    seen: list[object] = []
    for address in addresses:
        seen += [database.get_balance(address), database.get_nonce(address), database.get_code(address)]
        seen += [database.account_exists(address), database.account_is_empty(address)]
        for slot in range(5):
            seen += [database.get_storage(address, slot), database.is_storage_warm(address, slot)]
            seen.append(database.get_storage(address, slot, from_journal=False))
    return seen


@pytest.mark.parametrize("seed", range(10))
def test_databases_are_equal(seed: int) -> None:
    rng = random.Random(seed)
    store: dict[bytes, bytes] = {}
    root = None
    for _ in range(4):
        overlays = [Overlay(store), Overlay(store)]
        flat, reference = FlatAccountDB(overlays[0]), OracleAccountDB(overlays[1])
        if root is not None:
            flat, reference = FlatAccountDB(overlays[0], root), OracleAccountDB(overlays[1], root)
        for _ in range(4):
            random_operations(rng, [flat, reference])
        flat.persist()
        reference.persist()
        assert flat.state_root == reference.state_root
        assert all(flat.storage_root(a) == reference.storage_root(a) for a in ADDRESSES)
        store |= overlays[0].writes
        root = flat.state_root


def test_missing_nodes_and_code_are_named() -> None:
    root, _, store = genesis_state({ADDRESSES[0]: Account(code=b"code", storage={1: 2})})
    code_hash = keccak256(b"code")
    for missing in store:
        database = FlatAccountDB(Overlay({k: v for k, v in store.items() if k != missing}), root)
        with pytest.raises(MissingStateError) as caught:
            database.get_storage(ADDRESSES[0], 1)
            database.get_code(ADDRESSES[0])
        assert caught.value.key == missing
    database = FlatAccountDB(Overlay(store), root)
    assert database.get_code(ADDRESSES[0]) == store[code_hash]


def test_amounts_that_do_not_fit_are_refused() -> None:
    database = FlatAccountDB(Overlay({}))
    with pytest.raises(ValueError, match="negative"):
        database.set_balance(ADDRESSES[0], -1)
    database.set_nonce(ADDRESSES[0], 2**64 - 1)
    with pytest.raises(ValueError, match="64 bits"):
        database.increment_nonce(ADDRESSES[0])


def test_persisting_twice_goes_on_from_the_first() -> None:
    overlay = Overlay({})
    database = FlatAccountDB(overlay)
    database.set_balance(ADDRESSES[0], 1)
    database.set_storage(ADDRESSES[0], 0, 1)
    first = database.make_state_root()
    database.set_storage(ADDRESSES[0], 0, 2)
    database.set_storage(ADDRESSES[0], 1, 1)
    assert database.make_state_root() != first
    database.set_storage(ADDRESSES[0], 0, 1)
    database.set_storage(ADDRESSES[0], 1, 0)
    assert database.make_state_root() == first == FlatAccountDB(overlay, first).state_root


def test_no_contract_is_made_where_storage_is() -> None:
    """EIP-7610. An account can have storage and nothing else only since genesis."""
    created = Address(keccak256(b"\xd6\x94" + SENDER + b"\x80")[12:])
    init = bytes.fromhex("5f5ff3")
    for storage, status in (({}, 1), ({5: 1}, 0)):
        chain = Chain.start(Fork.JOVIAN, {created: Account(balance=1, storage=storage)})
        block = chain.extend(transfer(to=None, data=init, value=0))
        assert block.receipts[0].status == status
        assert state_of(chain).get_nonce(created) == status


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [b"", b"", EMPTY_TRIE_ROOT],
        [b"\x01" * 9, b"", EMPTY_TRIE_ROOT, keccak256(b"")],
        [b"", b"\x01" * 33, EMPTY_TRIE_ROOT, keccak256(b"")],
        [b"", b"", b"\x01" * 31, keccak256(b"")],
        [b"", b"", EMPTY_TRIE_ROOT, b""],
    ],
)
def test_malformed_accounts(fields: list[bytes]) -> None:
    store: dict[bytes, bytes] = {}
    trie = StateTrie(store.__getitem__, EMPTY_TRIE_ROOT)
    trie.put(keccak256(SENDER), rlp.encode_list([rlp.encode_bytes(field) for field in fields]))
    database = FlatAccountDB(Overlay(store), trie.commit(store))
    with pytest.raises(DecodeError):
        database.get_balance(SENDER)


def test_words_of_more_than_32_bytes() -> None:
    store: dict[bytes, bytes] = {}
    storage, accounts = (StateTrie(store.__getitem__, EMPTY_TRIE_ROOT) for _ in range(2))
    storage.put(keccak256(bytes(32)), rlp.encode_bytes(b"\x01" * 33))
    fields = [b"\x80", b"\x80", b"\xa0" + storage.commit(store), b"\xa0" + keccak256(b"")]
    accounts.put(keccak256(SENDER), rlp.encode_list(fields))
    database = FlatAccountDB(Overlay(store), accounts.commit(store))
    with pytest.raises(DecodeError):
        database.get_storage(SENDER, 0)
