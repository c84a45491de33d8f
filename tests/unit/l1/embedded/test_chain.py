"""The embedded L1: blocks, labels, reorgs, and what derivation reads of it."""

from __future__ import annotations

import pytest

from pyoprollup.errors import NotFound
from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.headers import Header
from pyoprollup.eth.kzg import versioned_hash
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.predeploys import BEACON_ROOTS, HISTORY_STORAGE
from pyoprollup.evm.receipts import receipts_root
from pyoprollup.l1.embedded import BlockFees, EmbeddedL1, EmbeddedL1Error, L1Fork
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB
from pyoprollup.sources.l1 import IndexedBlobHash
from tests.unit.l1.embedded.support import ACCOUNTS, ETHER, GWEI, NOBODY, blob_raw, make_l1, raw, sidecar

LOGGER = Address(b"\x10" * 20)
LOGS_ITS_INPUT = bytes.fromhex("366000600037366000a0")
"""CALLDATACOPY, LOG0."""


def test_genesis() -> None:
    l1 = make_l1()
    genesis = l1.head_block
    assert genesis.number == 0
    assert genesis.ref.time == l1.config.genesis_time
    assert Header.decode(genesis.header.encode()).hash() == genesis.hash
    assert l1.accounts().balance(ACCOUNTS[0]) == 1000 * ETHER


def test_header_says_what_is_in_the_block() -> None:
    l1 = make_l1({LOGGER: Account(code=LOGS_ITS_INPUT)})
    l1.send(raw(0, to=LOGGER, data=b"one", gas=50_000))
    l1.send(raw(1, to=LOGGER, data=b"two", gas=50_000))
    l1.send(raw(0, key=1, type=0))
    block = l1.mine()
    header = block.header
    assert header.parent_hash == l1.block_by_number(0).hash
    assert header.transactions_root == ordered_trie_root(block.transactions)
    assert header.receipts_root == receipts_root(block.receipts)
    assert header.gas_used == block.receipts[-1].cumulative_gas_used
    assert header.withdrawals_root == EMPTY_TRIE_ROOT
    assert header.requests_hash == EMPTY_REQUESTS_HASH
    logs = [log for receipt in block.receipts for log in receipt.logs]
    assert [(log.data, log.log_index) for log in logs] == [(b"one", 0), (b"two", 1)]
    assert any(header.logs_bloom)
    assert set(block.senders) == set(ACCOUNTS[:2])
    assert l1.fetch_receipts(block.hash) == (block.info, block.receipts)
    assert l1.transactions_by_hash(block.hash) == block.transactions
    assert l1.info_by_hash(block.hash).ref == block.ref == l1.l1_block_ref_by_number(1)


def test_money_is_neither_made_nor_lost() -> None:
    """But for what is burned: base fee and blob fee."""
    l1 = make_l1(coinbase=NOBODY)
    for _ in range(3):
        l1.mine()
    l1.send(raw(0, to=ACCOUNTS[2], value=ETHER))
    l1.send(blob_raw(to=ACCOUNTS[2], value=5))
    block = l1.mine(fees=BlockFees(excess_blob_gas=60_000_000))
    assert block.blob_base_fee > 1
    accounts = l1.accounts()
    left = sum(accounts.balance(each) for each in (*ACCOUNTS, NOBODY))
    burned = block.header.gas_used * block.info.base_fee + GAS_PER_BLOB * block.blob_base_fee
    assert left + burned == 2000 * ETHER
    assert accounts.balance(NOBODY) == block.header.gas_used * GWEI
    assert accounts.balance(ACCOUNTS[2]) == ETHER + 5


def test_cancun() -> None:
    l1 = make_l1(fork=L1Fork.CANCUN)
    block = l1.mine()
    assert block.header.requests_hash is None
    assert not l1.info_by_hash(block.hash).has_requests_hash
    assert not l1.accounts().code(HISTORY_STORAGE)


def test_system_contracts_are_called() -> None:
    l1 = make_l1()
    block = l1.mine()
    accounts = l1.accounts()
    stored = accounts.storage(BEACON_ROOTS, block.ref.time % 8191 + 8191)
    assert stored == int.from_bytes(block.header.parent_beacon_root or b"", "big")
    assert accounts.storage(HISTORY_STORAGE, 0) == int.from_bytes(block.header.parent_hash, "big")


def test_slots() -> None:
    l1 = make_l1()
    start = l1.config.genesis_time
    assert l1.mine().ref.time == start + 12
    assert l1.mine(start + 60).ref.time == start + 60
    for time in (start + 60, start + 48, start + 73):
        with pytest.raises(EmbeddedL1Error, match="slot"):
            l1.mine(time)


def test_the_same_calls_give_the_same_hashes() -> None:
    def run(**options: int) -> Hash32:
        l1 = make_l1(**options)
        l1.send(raw(0))
        l1.mine()
        l1.reorg(1)
        return l1.mine().hash

    assert run() == run()
    assert run(seed=1) != run()


def test_labels() -> None:
    l1 = make_l1(safe_distance=2, finalized_distance=5)
    for _ in range(4):
        l1.mine()
    numbers = [l1.block_by_label(label).number for label in BlockLabel]
    assert numbers == [4, 2, 0]
    for _ in range(4):
        l1.mine()
    assert [l1.l1_block_ref_by_label(label).number for label in BlockLabel] == [8, 6, 3]


def test_unknown_blocks() -> None:
    l1 = make_l1()
    for number in (-1, 1):
        with pytest.raises(NotFound):
            l1.l1_block_ref_by_number(number)
    with pytest.raises(NotFound):
        l1.info_by_hash(Hash32(bytes(32)))


def test_an_empty_block_leaves_the_mempool() -> None:
    l1 = make_l1()
    l1.send(raw(0))
    assert not l1.mine(empty=True).transactions
    assert len(l1.mempool) == 1
    assert len(l1.mine().transactions) == 1


# --- blobs


def test_blobs_are_there_under_index_and_hash() -> None:
    l1 = make_l1()
    l1.send(blob_raw(0, contents=(b"a", b"b")))
    block = l1.mine()
    hashes = block.blob_hashes
    assert hashes == tuple(versioned_hash(one) for one in sidecar(b"a", b"b").commitments)
    wanted = [IndexedBlobHash(1, hashes[1]), IndexedBlobHash(0, hashes[0])]
    assert l1.get_blobs(block.ref, wanted) == [blob_from_data(b"b"), blob_from_data(b"a")]
    assert block.header.blob_gas_used == 2 * GAS_PER_BLOB
    for wrong in (IndexedBlobHash(0, hashes[1]), IndexedBlobHash(2, hashes[1])):
        with pytest.raises(NotFound):
            l1.get_blobs(block.ref, [wrong])


def test_old_blobs_are_forgotten() -> None:
    l1 = make_l1(blob_retention=2)
    l1.send(blob_raw(0))
    block = l1.mine()
    wanted = [IndexedBlobHash(0, block.blob_hashes[0])]
    for _ in range(2):
        assert l1.get_blobs(block.ref, wanted)
        l1.mine()
    assert l1.get_blobs(block.ref, wanted)
    l1.mine()
    with pytest.raises(NotFound):
        l1.get_blobs(block.ref, wanted)


def test_a_blob_that_came_again_is_kept_for_longer() -> None:
    l1 = make_l1(blob_retention=2)
    l1.send(blob_raw(0))
    first = l1.mine()
    l1.send(blob_raw(1))
    again = l1.mine()
    assert again.blob_hashes == first.blob_hashes
    wanted = [IndexedBlobHash(0, again.blob_hashes[0])]
    for _ in range(2):
        l1.mine()
        assert l1.get_blobs(again.ref, wanted)
    l1.mine()
    with pytest.raises(NotFound):
        l1.get_blobs(again.ref, wanted)


def test_no_more_blobs_than_fit() -> None:
    l1 = make_l1(fork=L1Fork.CANCUN)
    contents = (b"a", b"b", b"a", b"b")
    l1.send(blob_raw(0, contents=contents))
    l1.send(blob_raw(1, contents=contents))
    assert len(l1.mine().blob_hashes) == 4
    second = l1.mine()
    assert second.header.excess_blob_gas == GAS_PER_BLOB
    assert len(second.blob_hashes) == 4


# --- reorgs


def grow(l1: EmbeddedL1, blocks: int, nonce: int = 0) -> list[Hash32]:
    """Blocks of one transaction each; their hashes."""
    hashes = []
    for number in range(blocks):
        l1.send(raw(nonce + number))
        hashes.append(l1.mine().hash)
    return hashes


def test_a_deep_reorg_brings_all_transactions_back() -> None:
    l1 = make_l1(finalized_distance=100)
    old = grow(l1, 70)
    reorg = l1.reorg(64)
    assert [block.hash for block in reorg.removed] == old[:5:-1]
    assert l1.head_block.number == 6
    assert len(l1.mempool) == 64
    assert l1.place(tx_hash(reorg.removed[0].transactions[0])) is None
    block = l1.mine()
    assert block.hash != old[6]
    assert len(block.transactions) == 64
    assert all(receipt.status == 1 for receipt in block.receipts)
    assert l1.info_by_hash(old[-1]).ref.number == 70
    with pytest.raises(NotFound):
        l1.l1_block_ref_by_number(70)


def test_orphaned_transactions_can_vanish() -> None:
    l1 = make_l1()
    grow(l1, 3)
    l1.reorg(2, requeue=False)
    assert not len(l1.mempool)
    assert l1.mempool.next_nonce(ACCOUNTS[0]) == 1


def test_orphaned_blobs_come_back() -> None:
    l1 = make_l1()
    l1.send(blob_raw(0))
    first = l1.mine()
    l1.reorg(1)
    second = l1.mine()
    assert second.blob_hashes == first.blob_hashes
    assert l1.get_blobs(second.ref, [IndexedBlobHash(0, second.blob_hashes[0])])


def test_flip_flop() -> None:
    l1 = make_l1()
    first = grow(l1, 4)
    l1.reorg(3)
    second = [l1.mine().hash for _ in range(2)]
    changed = l1.set_head(first[3])
    assert [block.hash for block in changed.removed] == second[::-1]
    assert [block.hash for block in changed.added] == first[1:]
    assert not len(l1.mempool)
    assert l1.place(tx_hash(l1.block(first[2]).transactions[0])) is not None
    l1.set_head(second[-1])
    assert l1.l1_block_ref_by_number(2).hash == second[0]


def test_finalized_blocks_stay() -> None:
    l1 = make_l1(finalized_distance=3)
    for _ in range(8):
        l1.mine()
    with pytest.raises(EmbeddedL1Error, match="finalized"):
        l1.reorg(4)
    l1.reorg(3)
    assert l1.block_by_label(BlockLabel.FINALIZED).number == 5
    l1.reorg(2, past_finalized=True)
    assert l1.block_by_label(BlockLabel.FINALIZED).number == 3
    with pytest.raises(EmbeddedL1Error, match="reorg of"):
        l1.reorg(4)
