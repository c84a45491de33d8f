"""py-evm's parts where they would go wrong on their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import address_of, keccak256, sign
from pyoprollup.eth.transactions import SET_CODE_TX_TYPE, Authorization
from pyoprollup.eth.types import Address
from pyoprollup.evm.errors import InvalidBlock, MissingStateError, TxFault
from pyoprollup.evm.genesis import Account
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import CHAIN_ID, ETHER, SENDER, Chain, deposit, transfer
from tests.unit.evm.test_transactions import DELEGATED, state_of

CONTRACT = Address(b"\x66" * 20)
OTHER_KEY = b"\x03" * 32
OTHER = address_of(OTHER_KEY)


def authorize(target: Address, nonce: int = 0, key: bytes = OTHER_KEY) -> Authorization:
    fields = (rlp.encode_uint(CHAIN_ID), b"\x94" + target, rlp.encode_uint(nonce))
    r, s, y_parity = sign(keccak256(b"\x05" + rlp.encode_list(fields)), key)
    return Authorization(CHAIN_ID, target, nonce, y_parity, r, s)


def stored(chain: Chain, slot: int = 0) -> int:
    return int(state_of(chain).get_storage(CONTRACT, slot))


# --- BLOCKHASH


def blockhash_of(number: int) -> Account:
    """Code that stores the hash of a block, plus 1, at slot 0."""
    return Account(code=b"\x61" + number.to_bytes(2, "big") + bytes.fromhex("40600101600055"))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_blockhash_walks_the_headers(depth: int) -> None:
    chain = Chain.start(Fork.JOVIAN, {CONTRACT: blockhash_of(4 - depth)})
    hashes = [chain.head.hash()]
    while chain.head.number < 3:
        hashes.append(chain.extend().hash)
    chain.extend(transfer(to=CONTRACT, value=0))
    assert stored(chain) == int.from_bytes(hashes[4 - depth], "big") + 1


@pytest.mark.parametrize("number", [4, 5, 300])
def test_blockhash_of_no_ancestor_is_zero(number: int) -> None:
    chain = Chain.start(Fork.JOVIAN, {CONTRACT: blockhash_of(number)})
    for _ in range(3):
        chain.extend()
    chain.extend(transfer(to=CONTRACT, value=0))
    assert stored(chain) == 1


def test_blockhash_with_a_missing_header_is_missing_state() -> None:
    chain = Chain.start(Fork.JOVIAN, {CONTRACT: blockhash_of(0)})
    for _ in range(3):
        chain.extend()
    missing = chain.head.parent_hash
    del chain.store[missing]
    with pytest.raises(MissingStateError) as caught:
        chain.build(transfer(to=CONTRACT, value=0))
    assert caught.value.key == missing


# --- EIP-7702


def set_code(*authorizations: Authorization, **changes: object) -> bytes:
    fields = {"type": SET_CODE_TX_TYPE, "authorization_list": authorizations, "gas": 300_000, **changes}
    return transfer(**fields)  # type: ignore[arg-type]


def test_delegation_takes_effect_in_its_own_transaction() -> None:
    store_one = bytes.fromhex("600160005500")
    chain = Chain.start(Fork.JOVIAN, {CONTRACT: Account(code=store_one)})
    chain.extend(set_code(authorize(CONTRACT), to=OTHER, value=0))
    state = state_of(chain)
    assert state.get_code(OTHER) == b"\xef\x01\x00" + CONTRACT
    assert (state.get_nonce(OTHER), state.get_storage(OTHER, 0)) == (1, 1)
    chain.extend(set_code(authorize(Address(bytes(20)), nonce=1), nonce=1, value=0))
    assert (state_of(chain).get_code(OTHER), state_of(chain).get_nonce(OTHER)) == (b"", 2)


@pytest.mark.parametrize(("exists", "refund"), [(False, 0), (True, 12_500)])
def test_refund_for_an_authority_that_exists(exists: bool, refund: int) -> None:
    chain = Chain.start(Fork.JOVIAN, {OTHER: Account(balance=1)} if exists else {})
    used = chain.build(set_code(authorize(CONTRACT), value=0)).header.gas_used
    assert used == 46_000 - min(refund, 46_000 // 5)


def test_an_authorization_with_missing_state_is_not_just_skipped() -> None:
    alloc = {Address(bytes([n]) * 20): Account(balance=n) for n in range(1, 200)}
    chain = Chain.start(Fork.JOVIAN, {**alloc, OTHER: Account(balance=1, code=b"\xfe")})
    del chain.store[keccak256(b"\xfe")]
    with pytest.raises(MissingStateError) as caught:
        chain.build(set_code(authorize(CONTRACT), value=0))
    assert caught.value.key == keccak256(b"\xfe")


def test_creation_by_an_account_that_calls_itself_pays_for_init_code_once() -> None:
    """The caller of the inner frame is the origin; the frame is still not the transaction's own."""
    create = bytes.fromhex("60205f5ff000")  # creates from 32 bytes of zeros
    chain = Chain.start(Fork.JOVIAN, {CONTRACT: Account(code=create)})
    chain.extend(set_code(authorize(CONTRACT, nonce=1, key=b"\x01" * 32), value=0))
    by_itself = chain.build(transfer(2, to=SENDER, value=0)).header.gas_used
    assert by_itself - chain.build(transfer(2, to=CONTRACT, value=0)).header.gas_used == 0


# --- Accounts and transient storage


def test_transient_storage_ends_with_its_transaction() -> None:
    code = bytes.fromhex("5f5c5f5560015f5d00")  # sstore(0, tload(0)); tstore(0, 1)
    chain = Chain.start(Fork.JOVIAN, {CONTRACT: Account(code=code, storage={0: 9})})
    chain.extend(transfer(to=CONTRACT, value=0), transfer(1, to=CONTRACT, value=0))
    assert stored(chain) == 0


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT")
@pytest.mark.parametrize(("fork", "gone"), [(Fork.CANYON, True), (Fork.ECOTONE, False)])
def test_selfdestruct(fork: Fork, gone: bool) -> None:
    chain = Chain.start(fork, {CONTRACT: Account(code=bytes.fromhex("33ff"), balance=7)})
    chain.extend(transfer(to=CONTRACT, value=0))
    assert state_of(chain).account_exists(CONTRACT) is not gone
    assert state_of(chain).get_balance(CONTRACT) == 0


def test_original_storage_is_that_before_the_transaction() -> None:
    """EIP-2200: a slot set by one transaction is an existing one for the next."""
    code = bytes.fromhex("5f355f5500")  # sstore(0, calldata)
    chain = Chain.start(Fork.JOVIAN, {CONTRACT: Account(code=code)})
    block = chain.build(
        transfer(0, to=CONTRACT, value=0, data=(1).to_bytes(32, "big")),
        transfer(1, to=CONTRACT, value=0, data=(2).to_bytes(32, "big")),
    )
    first, total = (receipt.cumulative_gas_used for receipt in block.receipts)
    assert first - (total - first) == 17_100


def test_a_block_of_deposits_needs_few_nodes() -> None:
    """Neither fee recipient nor vaults nor system contracts are looked at needlessly."""
    alloc = {Address(bytes([n]) * 20): Account(balance=n) for n in range(1, 250)}
    chain = Chain.start(Fork.HOLOCENE, alloc)
    read: set[bytes] = set()

    class Recording(dict[bytes, bytes]):
        def __getitem__(self, key: bytes) -> bytes:
            read.add(key)
            return super().__getitem__(key)

    recorded = replace(chain, store=Recording(chain.store))
    block = recorded.build(deposit(mint=None, value=0))
    witness = {key: value for key, value in chain.store.items() if key in read}
    assert len(witness) < 12
    assert replace(chain, store=witness).build(deposit(mint=None, value=0)).hash == block.hash


def test_a_delegated_sender_runs_before_nothing_else() -> None:
    chain = Chain.start(Fork.GRANITE, {SENDER: Account(balance=ETHER, code=DELEGATED)})
    with pytest.raises(InvalidBlock) as caught:
        chain.build(transfer())
    assert caught.value.tx_fault is TxFault.SENDER_HAS_CODE
