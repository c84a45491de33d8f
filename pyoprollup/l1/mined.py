"""What becomes of a transaction, told from the block that it is in."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.transactions import (
    DYNAMIC_FEE_TX_TYPE,
    Transaction,
    contract_address,
    decode_transaction,
    tx_hash,
)
from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import BlockInfo, L1Receipt

__all__ = ["mined_receipt"]


def mined_receipt(
    info: BlockInfo, raw: bytes, receipts: Sequence[Receipt], index: int, sender: Address
) -> L1Receipt:
    """The receipt of the transaction ``raw``, the one with this index in the block that ``info`` is of.

    Raises :class:`~pyoprollup.errors.DecodeError` for a type of transaction that is not known.
    """
    receipt = receipts[index]
    before = receipts[index - 1].cumulative_gas_used if index else 0
    tx = decode_transaction(raw)
    price, created = 0, None
    if isinstance(tx, Transaction):
        price = tx.gas_price
        if tx.type >= DYNAMIC_FEE_TX_TYPE:
            price = min(price, info.base_fee + tx.gas_tip_cap)
        if tx.to is None:
            created = contract_address(sender, tx.nonce)
    return L1Receipt(
        tx_hash=tx_hash(raw),
        block_hash=info.hash,
        block_number=info.number,
        status=receipt.status,
        transaction_index=index,
        gas_used=receipt.cumulative_gas_used - before,
        effective_gas_price=price,
        contract_address=created,
        logs=receipt.logs,
    )
