"""An L1 that only keeps transactions: a pool with the rules of a real one, blocks, blobs, reorgs, and faults.

It serves a transaction manager as backend, and derivation as source of blocks and blobs. Nothing is executed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyoprollup.errors import Unavailable
from pyoprollup.eth.blob_sidecar import BlobSidecar
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import BLOB_TX_TYPE, Transaction, decode_transaction
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.sources import BlockInfo, CallMsg, L1Receipt
from pyoprollup.sources.l1 import AtBlock, IndexedBlobHash
from pyoprollup.txmgr import GWEI
from pyoprollup.txmgr.errors import (
    AlreadyKnownError,
    AlreadyReservedError,
    InsufficientFundsError,
    NonceTooHighError,
    NonceTooLowError,
    ReplacementUnderpricedError,
    UnderpricedError,
)
from pyoprollup.txmgr.fees import calc_threshold_value
from tests.unit.derive.support import L1_CHAIN_ID, FakeL1, name_hash

TIP = GWEI
BLOCK_TIME = 12
MAX_BLOBS = 6
RICH = 10**24


def fake_sidecar(
    blobs: Sequence[bytes], _with_cell_proofs: bool = False
) -> tuple[BlobSidecar, tuple[Hash32, ...]]:
    """A sidecar without cryptography, for speed: the hash of a blob is a plain hash."""
    hashes = tuple(Hash32(b"\x01" + keccak256(blob)[1:]) for blob in blobs)
    return BlobSidecar(tuple(blobs), (bytes(48),) * len(blobs), (bytes(48),) * len(blobs)), hashes


@dataclass
class Faults:
    """Probabilities of what goes wrong."""

    answer: float = 0.0
    """A question is not answered."""
    send: float = 0.0
    """A transaction is lost on its way to the pool, or the answer is."""
    drop: float = 0.0
    """The pool forgets a transaction, at each block."""
    delay: float = 0.0
    """A block leaves transactions out that it could take."""


@dataclass(frozen=True)
class SimBlock:
    ref: L1BlockRef
    base_fee: int
    blob_base_fee: int
    transactions: tuple[Transaction, ...] = ()


class SimulatedL1:
    """Block 0 is there from the start. ``senders`` are accounts that have money."""

    def __init__(self, seed: int = 0, time: int = 1000) -> None:
        self.rng = random.Random(seed)
        self.faults = Faults()
        self.base_fee, self.blob_base_fee = 10 * GWEI, 1
        self.balance = RICH
        self.derivation = FakeL1()
        self.blobs: dict[Hash32, bytes] = {}
        self.pool: dict[tuple[Address, int], Transaction] = {}
        self.lost: list[Transaction] = []
        self.sent = 0
        self._names = 0
        self.blocks: list[SimBlock] = []
        first = L1BlockRef(self._new_hash(), 0, ZERO_HASH, time)
        self._append(SimBlock(first, self.base_fee, self.blob_base_fee))

    def _new_hash(self) -> Hash32:
        self._names += 1
        return name_hash(f"simulated L1 {self._names}")

    def _append(self, block: SimBlock) -> None:
        self.blocks.append(block)
        self.derivation.add(
            block.ref,
            [replace(tx, sidecar=None).encode() for tx in block.transactions],
            base_fee=block.base_fee,
            parent_beacon_root=name_hash("beacon"),
            blob_base_fee=block.blob_base_fee,
            excess_blob_gas=0,
        )

    # --- blocks

    @property
    def tip(self) -> SimBlock:
        return self.blocks[-1]

    def mine(self) -> SimBlock:
        """The next block, with what the pool has for it."""
        parent = self.tip.ref
        ref = L1BlockRef(self._new_hash(), parent.number + 1, parent.hash, parent.time + BLOCK_TIME)
        block = SimBlock(ref, self.base_fee, self.blob_base_fee, tuple(self._take()))
        self._append(block)
        self._forget_stale()
        return block

    def _take(self) -> list[Transaction]:
        for key in sorted(self.pool):
            if self.rng.random() < self.faults.drop:
                self.lost.append(self.pool.pop(key))
        taken: list[Transaction] = []
        if self.rng.random() < self.faults.delay:
            return taken
        nonces: dict[Address, int] = {}
        blobs = 0
        for account, nonce in sorted(self.pool):
            tx = self.pool[account, nonce]
            expected = nonces.setdefault(account, self._nonce(account))
            blobs += len(tx.blob_versioned_hashes)
            if nonce != expected or not self._pays(tx) or blobs > MAX_BLOBS:
                continue
            nonces[account] += 1
            taken.append(tx)
        return taken

    def _pays(self, tx: Transaction) -> bool:
        return tx.gas_price >= self.base_fee and (
            tx.type != BLOB_TX_TYPE or tx.blob_fee_cap >= self.blob_base_fee
        )

    def _forget_stale(self) -> None:
        for account, nonce in list(self.pool):
            if nonce < self._nonce(account):
                del self.pool[account, nonce]

    def reorg(self, depth: int, keep: float = 1.0) -> None:
        """Replace the last ``depth`` blocks by one more than that.

        Their transactions go back to the pool, each with probability ``keep``.
        """
        depth = min(depth, len(self.blocks) - 1)
        dropped = self.blocks[-depth:] if depth else []
        del self.blocks[len(self.blocks) - depth :]
        for block in dropped:
            for tx in block.transactions:
                key = (_sender(tx), tx.nonce)
                self.pool.pop(key, None)
                kinds = {other.type for (owner, _), other in self.pool.items() if owner == key[0]}
                if self.rng.random() < keep and kinds <= {tx.type}:
                    self.pool[key] = tx
        self.derivation.add(
            self.tip.ref,
            [replace(tx, sidecar=None).encode() for tx in self.tip.transactions],
            base_fee=self.tip.base_fee,
            parent_beacon_root=name_hash("beacon"),
            blob_base_fee=self.tip.blob_base_fee,
            excess_blob_gas=0,
        )
        for _ in range(depth + 1):
            self.mine()

    def get_blobs(self, _ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        return [self.blobs[item.hash] for item in hashes]

    def transactions(self) -> list[Transaction]:
        """All transactions of the canonical chain."""
        return [tx for block in self.blocks for tx in block.transactions]

    # --- as a backend

    def _answer(self) -> None:
        if self.rng.random() < self.faults.answer:
            raise Unavailable("no answer")

    def block_number(self) -> int:
        self._answer()
        return self.tip.ref.number

    def head(self) -> BlockInfo:
        self._answer()
        ref = self.tip.ref
        return BlockInfo(ref, ZERO_HASH, self.base_fee, blob_base_fee=self.blob_base_fee)

    def _nonce(self, account: Address, number: int | None = None) -> int:
        blocks = self.blocks if number is None else self.blocks[: number + 1]
        return sum(_sender(tx) == account for block in blocks for tx in block.transactions)

    def nonce_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> int:
        self._answer()
        return self._nonce(account, block if isinstance(block, int) else None)

    def pending_nonce_at(self, account: Address) -> int:
        nonce = self.nonce_at(account)
        while (account, nonce) in self.pool:
            nonce += 1
        return nonce

    def balance_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> int:
        self._answer()
        return self.balance

    def suggest_gas_tip_cap(self) -> int:
        self._answer()
        return TIP

    def estimate_gas(self, msg: CallMsg) -> int:
        self._answer()
        return 21_000 + 16 * len(msg.data)

    def call(self, msg: CallMsg, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        self._answer()
        return b""

    def send_transaction(self, raw: bytes) -> Hash32:
        lost = self.rng.random() < self.faults.send
        if lost and self.rng.random() < 0.5:
            raise Unavailable("the connection broke before the transaction was sent")
        tx = decode_transaction(raw)
        assert isinstance(tx, Transaction)
        tx_hash = self._admit(tx)
        if lost:
            raise Unavailable("the connection broke after the transaction was sent")
        return tx_hash

    def _admit(self, tx: Transaction) -> Hash32:
        account = _sender(tx)
        old = self.pool.get((account, tx.nonce))
        is_blob_tx = tx.type == BLOB_TX_TYPE
        if tx.nonce < self._nonce(account):
            raise NonceTooLowError(f"{NonceTooLowError.text}: {tx.nonce}")
        if old is not None and replace(old, sidecar=None) == replace(tx, sidecar=None):
            raise AlreadyKnownError(AlreadyKnownError.text)
        others = [other for (owner, _), other in self.pool.items() if owner == account]
        if any((other.type == BLOB_TX_TYPE) != is_blob_tx for other in others):
            raise AlreadyReservedError(AlreadyReservedError.text)
        if tx.gas_tip_cap < 1 or (is_blob_tx and tx.blob_fee_cap < 1):
            raise UnderpricedError(UnderpricedError.text)
        if tx.gas * tx.gas_price > self.balance:
            raise InsufficientFundsError(InsufficientFundsError.text)
        if is_blob_tx and old is None and tx.nonce > self.pending_nonce(account):
            raise NonceTooHighError(NonceTooHighError.text)
        if old is not None:
            self._check_replacement(old, tx, is_blob_tx)
        self.pool[account, tx.nonce] = tx
        self.sent += 1
        if tx.sidecar is not None:
            self.blobs.update(zip(tx.blob_versioned_hashes, tx.sidecar.blobs, strict=True))
        return _hash(tx)

    def pending_nonce(self, account: Address) -> int:
        nonce = self._nonce(account)
        while (account, nonce) in self.pool:
            nonce += 1
        return nonce

    @staticmethod
    def _check_replacement(old: Transaction, new: Transaction, is_blob_tx: bool) -> None:
        caps = [(old.gas_tip_cap, new.gas_tip_cap), (old.gas_price, new.gas_price)]
        if is_blob_tx:
            caps.append((old.blob_fee_cap, new.blob_fee_cap))
        if any(after < calc_threshold_value(before, is_blob_tx) for before, after in caps):
            raise ReplacementUnderpricedError(ReplacementUnderpricedError.text)

    def transaction_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        self._answer()
        for block in reversed(self.blocks):
            for index, tx in enumerate(block.transactions):
                if _hash(tx) == tx_hash:
                    return L1Receipt(
                        tx_hash, block.ref.hash, block.ref.number, 1, index, tx.gas, tx.gas_price
                    )
        return None


_hashes: dict[tuple[int, int], Hash32] = {}
_senders: dict[tuple[int, int], Address] = {}


def _hash(tx: Transaction) -> Hash32:
    if (tx.r, tx.s) not in _hashes:
        _hashes[tx.r, tx.s] = keccak256(replace(tx, sidecar=None).encode())
    return _hashes[tx.r, tx.s]


def _sender(tx: Transaction) -> Address:
    if (tx.r, tx.s) not in _senders:
        _senders[tx.r, tx.s] = sender(tx, L1_CHAIN_ID)
    return _senders[tx.r, tx.s]
