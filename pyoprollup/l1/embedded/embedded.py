"""The embedded L1: the chain, its accounts, calls at any block of it, and a pool for transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyoprollup.errors import NotFound
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.l1.embedded.block import L1Block
from pyoprollup.l1.embedded.calls import call, estimate_gas
from pyoprollup.l1.embedded.chain import EmbeddedChain
from pyoprollup.l1.mined import mined_receipt
from pyoprollup.sources.l1 import AtBlock, BlockInfo, CallFailed, CallMsg, L1Receipt, LogFilter
from pyoprollup.txmgr.errors import InsufficientFundsError

__all__ = ["EmbeddedL1"]

_HEAD = BlockLabel.UNSAFE


class EmbeddedL1(EmbeddedChain):
    """An L1 in process. Implements every protocol of :mod:`pyoprollup.sources.l1`."""

    def block_at(self, at: AtBlock) -> L1Block:
        """A block by hash, number or label; raises :class:`~pyoprollup.errors.NotFound`."""
        if isinstance(at, BlockLabel):
            return self.block_by_label(at)
        return self.block_by_number(at) if isinstance(at, int) else self.block(at)

    # --- accounts and calls

    def nonce_at(self, account: Address, block: AtBlock = _HEAD) -> int:
        return self.accounts(self.block_at(block)).nonce(account)

    def balance_at(self, account: Address, block: AtBlock = _HEAD) -> int:
        return self.accounts(self.block_at(block)).balance(account)

    def code_at(self, account: Address, block: AtBlock = _HEAD) -> bytes:
        return self.accounts(self.block_at(block)).code(account)

    def storage_at(self, account: Address, slot: int, block: AtBlock = _HEAD) -> Hash32:
        word = self.accounts(self.block_at(block)).storage(account, slot)
        return Hash32(word.to_bytes(32, "big"))

    def call(self, msg: CallMsg, block: AtBlock = _HEAD) -> bytes:
        return call(self, msg, self.block_at(block))

    def calls(self, msgs: Sequence[CallMsg], block: AtBlock = _HEAD) -> Sequence[bytes | CallFailed]:
        at = self.block_at(block)
        return [self._call_or_error(msg, at) for msg in msgs]

    def _call_or_error(self, msg: CallMsg, block: L1Block) -> bytes | CallFailed:
        try:
            return call(self, msg, block)
        except CallFailed as exc:
            return exc
        except InsufficientFundsError as exc:
            return CallFailed(str(exc))

    def logs(self, wanted: LogFilter) -> Sequence[Log]:
        if wanted.last > self.head_block.number:
            raise NotFound(f"there is no L1 block {wanted.last}")
        blocks = (self.block_by_number(number) for number in range(wanted.first, wanted.last + 1))
        receipts = (receipt for block in blocks for receipt in block.receipts)
        return [log for receipt in receipts for log in receipt.logs if wanted.matches(log)]

    # --- sending

    def block_number(self) -> int:
        return self.head_block.number

    def head(self) -> BlockInfo:
        block = self.head_block
        return replace(block.info, blob_base_fee=block.blob_base_fee)

    def pending_nonce_at(self, account: Address) -> int:
        return self.mempool.next_nonce(account)

    def suggest_gas_tip_cap(self) -> int:
        return self.config.suggested_tip

    def estimate_gas(self, msg: CallMsg) -> int:
        return estimate_gas(self, msg)

    def send_transaction(self, raw: bytes) -> Hash32:
        return self.send(raw)

    def transaction_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        place = self.place(tx_hash)
        if place is None:
            return None
        block, index = place.block, place.index
        return mined_receipt(
            block.info, block.transactions[index], block.receipts, index, block.senders[index]
        )
