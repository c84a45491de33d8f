"""Transactions inside of L1 blocks: what blobs and delegations do there, and what no block may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256, sign
from pyoprollup.eth.transactions import Authorization
from pyoprollup.eth.types import Address
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import BlockFees, EmbeddedL1, L1Fork
from pyoprollup.l1.embedded.block import build_l1_block, child_header
from tests.unit.l1.embedded.support import ACCOUNTS, ETHER, GWEI, KEYS, NOBODY, blob_raw, make_l1, raw

LOOKS = Address(b"\x31" * 20)
LOOKS_AT_BLOBS = bytes.fromhex("600049600055600149600155600249600255" + "4a600355" + "00")
"""BLOBHASH of 0, 1 and 2 and BLOBBASEFEE, in slots 0 to 3."""
CALLS = Address(b"\x32" * 20)
CALLS_LOOKS = bytes.fromhex("6000600060006000600073") + LOOKS + bytes.fromhex("5af100")


@pytest.mark.parametrize("to", [LOOKS, CALLS])
@pytest.mark.parametrize("fork", L1Fork)
def test_contracts_see_blobs(fork: L1Fork, to: Address) -> None:
    l1 = make_l1({LOOKS: Account(code=LOOKS_AT_BLOBS), CALLS: Account(code=CALLS_LOOKS)}, fork=fork)
    l1.send(blob_raw(0, contents=(b"a", b"b"), to=to, gas=200_000))
    block = l1.mine(fees=BlockFees(excess_blob_gas=20_000_000))
    assert block.receipts[0].status == 1
    accounts = l1.accounts()
    assert [accounts.storage(LOOKS, slot) for slot in range(4)] == [
        *(int.from_bytes(item, "big") for item in block.blob_hashes),
        0,
        block.blob_base_fee,
    ]
    l1.send(raw(0, to=to, gas=200_000))
    l1.mine()
    assert [l1.accounts().storage(LOOKS, slot) for slot in range(3)] == [0, 0, 0]


def test_delegation() -> None:
    l1 = make_l1({LOOKS: Account(code=LOOKS_AT_BLOBS)})
    digest = keccak256(b"\x05" + rlp.encode_list((b"\x80", b"\x94" + LOOKS, b"\x80")))
    r, s, parity = sign(digest, KEYS[1])
    auth = Authorization(0, LOOKS, 0, parity, r, s)
    l1.send(raw(0, type=4, gas=300_000, to=ACCOUNTS[1], authorization_list=(auth,)))
    assert l1.mine().receipts[0].status == 1
    assert l1.accounts().code(ACCOUNTS[1]) == b"\xef\x01\x00" + LOOKS
    assert l1.accounts().storage(ACCOUNTS[1], 3) == 1
    l1.send(raw(1, key=1))
    assert len(l1.mine().transactions) == 1


class _Given:
    """Candidates that nobody has looked at."""

    def __init__(self, *transactions: bytes) -> None:
        self._left = list(transactions)
        self.errors: list[InvalidTransaction] = []

    def __iter__(self) -> _Given:
        return self

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        return self._left.pop(0)

    def rejected(self, error: InvalidTransaction) -> None:
        self.errors.append(error)


def build(l1: EmbeddedL1, *transactions: bytes, fees: BlockFees | None = None) -> tuple[Any, _Given]:
    parent, given = l1.head_block, _Given(*transactions)
    header = child_header(
        l1.config, parent.header, parent.hash, parent.ref.time + 12, 0, fees or BlockFees(base_fee=GWEI)
    )
    block, _ = build_l1_block(l1.config, parent.header, header, l1.store, given)
    return block, given


HASH = b"\x01" + bytes(31)


def blobs(**fields: Any) -> bytes:
    """A blob transaction as blocks have it."""
    return raw(**{"type": 3, "blob_fee_cap": 5, "blob_versioned_hashes": (HASH,), **fields})


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: b"\x7e\xc0", TxFault.MALFORMED),
        (lambda: blob_raw(0), TxFault.MALFORMED),
        (lambda: blobs(blob_versioned_hashes=()), TxFault.MALFORMED),
        (lambda: blobs(blob_versioned_hashes=(bytes(32),)), TxFault.MALFORMED),
        (lambda: blobs(blob_versioned_hashes=(HASH,) * 10), TxFault.BLOCK_GAS_LIMIT),
        (lambda: blobs(blob_fee_cap=10**18), TxFault.INSUFFICIENT_FUNDS),
        (lambda: raw(1), TxFault.NONCE_TOO_HIGH),
        (lambda: raw(0, gas_price=GWEI - 1, gas_tip_cap=0), TxFault.FEE_CAP_BELOW_BASE_FEE),
        (lambda: raw(0, gas=20_000), TxFault.INTRINSIC_GAS),
        (lambda: raw(0, value=1000 * ETHER), TxFault.INSUFFICIENT_FUNDS),
        (lambda: raw(0, chain_id=1), TxFault.SIGNATURE),
    ],
)
def test_what_no_block_may_have(make: Callable[[], bytes], fault: TxFault) -> None:
    l1 = make_l1()
    block, given = build(l1, make(), raw(0, to=NOBODY))
    assert [error.fault for error in given.errors] == [fault]
    assert len(block.transactions) == 1
    alone, _ = build(l1, raw(0, to=NOBODY))
    assert block.hash == alone.hash


def test_blob_fee_cap() -> None:
    l1 = make_l1()
    fees = BlockFees(excess_blob_gas=20_000_000)
    block, given = build(l1, blobs(), fees=fees)
    assert [error.fault for error in given.errors] == [TxFault.FEE_CAP_BELOW_BASE_FEE]
    block, given = build(l1, blobs(blob_fee_cap=block.blob_base_fee), fees=fees)
    assert not given.errors
    assert block.blob_hashes == (HASH,)


def test_type_4_before_prague() -> None:
    auth = Authorization(0, NOBODY, 0, 0, 1, 1)
    _, given = build(make_l1(fork=L1Fork.CANCUN), raw(0, type=4, gas=100_000, authorization_list=(auth,)))
    assert [error.fault for error in given.errors] == [TxFault.TYPE_NOT_SUPPORTED]
