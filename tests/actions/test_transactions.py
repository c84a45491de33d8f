"""Transactions that L2 takes, and some that it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.derive import DropReason
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256, sign
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import BLOB_TX_TYPE, SET_CODE_TX_TYPE, Authorization, Transaction
from pyoprollup.execution.pool import PoolError
from pyoprollup.l1.embedded.accounts import AccountsAt
from pyoprollup.rollup import Fork
from tests.actions.batcher import stage
from tests.actions.harness import GWEI, World

SPAN = pytest.mark.parametrize("span", [False, True], ids=["singular", "span"])


def blob_tx(world: World) -> bytes:
    """A blob transaction without its blobs, as in a block."""
    chain_id = world.config.l2_chain_id
    tx = Transaction(
        type=BLOB_TX_TYPE,
        nonce=0,
        gas_price=100 * GWEI,
        gas_tip_cap=GWEI,
        gas=30_000,
        to=world.bob.address,
        value=1,
        data=b"",
        chain_id=chain_id,
        blob_fee_cap=GWEI,
        blob_versioned_hashes=(b"\x01" + bytes(31),),  # type: ignore[arg-type]
    )
    return sign_transaction(tx, world.alice.key, chain_id).encode()


def set_code_tx(world: World) -> bytes:
    """Alice pays for Bob's account getting the code of hers."""
    chain_id = world.config.l2_chain_id
    fields = (rlp.encode_uint(chain_id), rlp.encode_bytes(world.alice.address), rlp.encode_uint(0))
    r, s, parity = sign(keccak256(b"\x05" + rlp.encode_list(fields)), world.bob.key)
    item = Authorization(chain_id, world.alice.address, 0, parity, r, s)
    tx = Transaction(
        type=SET_CODE_TX_TYPE,
        nonce=0,
        gas_price=100 * GWEI,
        gas_tip_cap=GWEI,
        gas=100_000,
        to=world.bob.address,
        value=0,
        data=b"",
        chain_id=chain_id,
        authorization_list=(item,),
    )
    return sign_transaction(tx, world.alice.key, chain_id).encode()


def test_blob_tx_in_tx_pool() -> None:
    """TestDencunBlobTxInTxPool: L2 has no blobs, so its pool takes no blob transactions."""
    world, _miner, sequencer, _verifier, _batcher = stage(Fork.ISTHMUS)
    with pytest.raises(PoolError):
        sequencer.pool.add(blob_tx(world))
    sequencer.act_build_l2_block()
    assert sequencer.user_txs() == ()


@pytest.mark.parametrize("fork", [Fork.GRANITE, Fork.ISTHMUS])
def test_blob_tx_inclusion(fork: Fork) -> None:
    """TestDencunBlobTxInclusion: a blob transaction in a batch makes no valid block."""
    world, miner, sequencer, verifier, batcher = stage(fork)
    sequencer.act_build_l2_block()
    batcher.span = False
    batcher.act_submit_all(lambda batch: replace(batch, transactions=(blob_tx(world),)))
    miner.act_l1_block()
    verifier.act_sync()
    if fork is Fork.GRANITE:
        assert verifier.l2_safe.number == 0
    else:
        assert verifier.l2_safe.number == 1
        assert verifier.user_txs(1) == ()


@pytest.mark.parametrize("fork", [Fork.GRANITE, Fork.ISTHMUS])
def test_deposit_in_batch(fork: Fork) -> None:
    """Nobody but L1 makes deposits: a batch with one is dropped, whatever the fork."""
    world, miner, sequencer, verifier, batcher = stage(fork)
    sequencer.act_build_l2_block()
    forged = DepositTransaction.decode(sequencer.deposits(1)[0])
    forged = replace(forged, mint=10**18, from_=world.alice.address, to=world.alice.address)
    batcher.span = False
    batcher.act_submit_all(lambda batch: replace(batch, transactions=(forged.encode(),)))
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    assert verifier.drop_reasons[0] is DropReason.BATCH_DEPOSIT_TRANSACTION


@pytest.mark.parametrize("fork", [Fork.HOLOCENE, Fork.ISTHMUS])
@SPAN
def test_set_code(fork: Fork, span: bool) -> None:
    """Test_ProgramAction_SetCodeTx: an account gets code by its own signature, from Isthmus on; before, a
    batch with such a transaction is dropped."""
    world, miner, sequencer, verifier, batcher = stage(fork)
    raw = set_code_tx(world)
    if fork is Fork.ISTHMUS:
        sequencer.pool.add(raw)
        sequencer.act_build_l2_block()
        assert sequencer.user_txs() == (raw,)
    else:
        with pytest.raises(PoolError):
            sequencer.pool.add(raw)
        sequencer.act_build_l2_block()
    batcher.span = span
    batcher.act_submit_all(lambda batch: replace(batch, transactions=(raw,)))
    miner.act_l1_block()
    verifier.act_sync()
    if fork is Fork.ISTHMUS:
        assert verifier.l2_safe == sequencer.l2_unsafe
        header = verifier.store.header(verifier.l2_safe.hash)
        assert header is not None
        code = AccountsAt(verifier.store.state, header.state_root).code(world.bob.address)  # type: ignore[arg-type]
        assert code == b"\xef\x01\x00" + world.alice.address
    else:
        assert verifier.l2_safe.number == 0
        assert verifier.drops
