"""The embedded L1 as the transaction manager sees it."""

from __future__ import annotations

from pyoprollup.errors import RollupError
from pyoprollup.eth.transactions import (
    DYNAMIC_FEE_TX_TYPE,
    Transaction,
    contract_address,
    decode_transaction,
)
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.l1.embedded.calls import call, estimate_gas
from pyoprollup.l1.embedded.chain import EmbeddedL1, TransactionPlace
from pyoprollup.txmgr.errors import BackendError
from pyoprollup.txmgr.ports import CallMsg, L1Head, L1Receipt

__all__ = ["EmbeddedL1Backend"]


class EmbeddedL1Backend:
    """Implements :class:`~pyoprollup.txmgr.ports.L1Backend` on an embedded L1. ``tip_cap`` in wei."""

    def __init__(self, l1: EmbeddedL1, tip_cap: int = 1_000_000_000) -> None:
        self.l1 = l1
        self.tip_cap = tip_cap

    def block_number(self) -> int:
        return self.l1.head_block.number

    def head(self) -> L1Head:
        block = self.l1.head_block
        ref = block.ref
        return L1Head(
            ref.hash, ref.number, ref.parent_hash, ref.time, block.info.base_fee, block.blob_base_fee
        )

    def nonce_at(self, account: Address, block_number: int | None = None) -> int:
        try:
            block = None if block_number is None else self.l1.block_by_number(block_number)
        except RollupError as exc:
            raise BackendError(str(exc)) from exc
        return self.l1.accounts(block).nonce(account)

    def pending_nonce_at(self, account: Address) -> int:
        return self.l1.mempool.next_nonce(account)

    def balance_at(self, account: Address) -> int:
        return self.l1.accounts().balance(account)

    def suggest_gas_tip_cap(self) -> int:
        return self.tip_cap

    def estimate_gas(self, msg: CallMsg) -> int:
        return estimate_gas(self.l1, msg)

    def call(self, msg: CallMsg) -> bytes:
        return call(self.l1, msg)

    def send_transaction(self, raw: bytes) -> Hash32:
        return self.l1.send(raw)

    def transaction_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        place = self.l1.place(tx_hash)
        return None if place is None else _receipt(tx_hash, place)


def _receipt(tx_hash: Hash32, place: TransactionPlace) -> L1Receipt:
    block, index = place.block, place.index
    receipt = block.receipts[index]
    before = block.receipts[index - 1].cumulative_gas_used if index else 0
    tx = decode_transaction(block.transactions[index])
    assert isinstance(tx, Transaction)
    price = tx.gas_price
    if tx.type >= DYNAMIC_FEE_TX_TYPE:
        price = min(price, block.info.base_fee + tx.gas_tip_cap)
    created = None
    if tx.to is None:
        created = contract_address(block.senders[index], tx.nonce)
    return L1Receipt(
        tx_hash=tx_hash,
        block_hash=block.hash,
        block_number=block.number,
        status=receipt.status,
        transaction_index=index,
        gas_used=receipt.cumulative_gas_used - before,
        effective_gas_price=price,
        contract_address=created,
        logs=receipt.logs,
    )
