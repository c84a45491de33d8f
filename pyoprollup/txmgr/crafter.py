"""Makes transactions: fees, gas limit, blobs, nonce, signature. Publishes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from pyoprollup.errors import Unavailable
from pyoprollup.eth.blob_sidecar import BlobSidecar
from pyoprollup.eth.kzg import KzgError
from pyoprollup.eth.transactions import BLOB_TX_TYPE, DYNAMIC_FEE_TX_TYPE, Transaction
from pyoprollup.eth.types import Hash32
from pyoprollup.sources.l1 import CallMsg, L1Sender
from pyoprollup.txmgr.config import TxManagerConfig
from pyoprollup.txmgr.errors import CraftError, NonceMoved, SignerError
from pyoprollup.txmgr.fees import (
    REPLACEMENT_MARGIN,
    calc_blob_fee_cap,
    calc_gas_fee_cap,
    calc_threshold_value,
    check_blob_fee_limits,
    check_limits,
    update_fees,
)
from pyoprollup.txmgr.metrics import TxMetrics
from pyoprollup.txmgr.ports import TxCandidate
from pyoprollup.txmgr.sidecar import make_sidecar
from pyoprollup.txmgr.signer import Signer

__all__ = ["GasPriceCaps", "SidecarMaker", "TxCrafter"]

SidecarMaker = Callable[[Sequence[bytes], bool], tuple[BlobSidecar, tuple[Hash32, ...]]]
"""Makes the sidecar of blobs, with cell proofs or without; :func:`make_sidecar` is one."""


class GasPriceCaps(NamedTuple):
    """Suggested tip and the fees of the latest block, in wei per gas."""

    tip: int
    base_fee: int
    blob_base_fee: int | None


class TxCrafter:
    """Crafts the transactions of one account, and their replacements."""

    def __init__(
        self,
        config: TxManagerConfig,
        backend: L1Sender,
        signer: Signer,
        metrics: TxMetrics,
        sidecar_maker: SidecarMaker = make_sidecar,
    ) -> None:
        self._config = config
        self._backend = backend
        self._signer = signer
        self._metrics = metrics
        self._make_sidecar = sidecar_maker
        self._next_nonce: int | None = None
        self._held: set[int] = set()
        """Nonces of transactions that are on their way: no other may have them, whatever L1 says."""

    def suggest_gas_price_caps(self) -> GasPriceCaps:
        """What L1 asks for now, but at least the configured minimum. Raises :class:`Unavailable`."""
        tip = self._backend.suggest_gas_tip_cap()
        head = self._backend.head()
        metrics = self._metrics
        metrics.tip_cap, metrics.base_fee = tip, head.base_fee
        metrics.blob_base_fee = head.blob_base_fee or 0
        config = self._config
        return GasPriceCaps(
            max(tip, config.min_tip_cap), max(head.base_fee, config.min_base_fee), head.blob_base_fee
        )

    # --- the first offer

    def craft(self, candidate: TxCandidate) -> Transaction:
        """A signed transaction with the next nonce.

        Raises :class:`Unavailable`, :class:`CraftError` and :class:`SignerError`,
        :class:`InsufficientFundsError` from an estimate, and :class:`NonceMoved`; no nonce is used up then.
        """
        caps = self.suggest_gas_price_caps()
        tx = Transaction(
            type=DYNAMIC_FEE_TX_TYPE,
            nonce=0,
            gas_price=calc_gas_fee_cap(caps.base_fee, caps.tip),
            gas=candidate.gas_limit,
            to=candidate.to,
            value=candidate.value,
            data=candidate.data,
            chain_id=self._config.chain_id,
            gas_tip_cap=caps.tip,
        )
        if candidate.blobs:
            tx = self._with_blobs(tx, candidate.blobs, caps.blob_base_fee)
        if not tx.gas:
            blob_fee = caps.blob_base_fee or 0 if candidate.blobs else 0
            gas = self._backend.estimate_gas(replace(self._call(tx), blob_fee_cap=blob_fee))
            tx = replace(tx, gas=gas + candidate.extra_gas)
        tx = self._signer.sign(replace(tx, nonce=self._nonce(candidate)))
        self._metrics.nonce = tx.nonce
        self._next_nonce = tx.nonce + 1
        self._held.add(tx.nonce)
        return tx

    def _nonce(self, candidate: TxCandidate) -> int:
        """The first nonce that is free."""
        if self._next_nonce is None or candidate.nonce is not None:
            self._next_nonce = self._backend.nonce_at(self._signer.address)
        while self._next_nonce in self._held:
            self._next_nonce += 1
        if candidate.nonce not in (None, self._next_nonce):
            raise NonceMoved(f"the account's nonce is {self._next_nonce}, and no longer {candidate.nonce}")
        return self._next_nonce

    def release(self, nonce: int) -> None:
        """The transaction with this nonce is mined, or given up."""
        self._held.discard(nonce)

    def _with_blobs(
        self, tx: Transaction, blobs: tuple[bytes, ...], blob_base_fee: int | None
    ) -> Transaction:
        if tx.to is None:
            raise CraftError("a blob transaction cannot create a contract")
        if blob_base_fee is None:
            raise CraftError("L1 has no blobs yet")
        try:
            sidecar, hashes = self._make_sidecar(blobs, self._config.cell_proofs)
        except KzgError as error:
            raise CraftError(f"no sidecar for the blobs: {error}") from error
        blob_fee_cap = calc_blob_fee_cap(blob_base_fee, self._config.min_blob_fee)
        return replace(
            tx,
            type=BLOB_TX_TYPE,
            blob_fee_cap=blob_fee_cap,
            blob_versioned_hashes=hashes,
            sidecar=sidecar,
        )

    def reset_nonce(self) -> None:
        """Ask L1 for the nonce next time: it is not certain any more."""
        self._next_nonce = None

    # --- a better offer

    def increase_gas_price(self, tx: Transaction) -> Transaction:
        """The same transaction with caps that the pool accepts as a replacement; never less gas.

        ``tx`` itself if the signer fails. Raises :class:`Unavailable`, :class:`InsufficientFundsError`,
        and :class:`FeeLimitError` if fees would run away.
        """
        config = self._config
        caps = self.suggest_gas_price_caps()
        is_blob_tx = tx.type == BLOB_TX_TYPE
        margin = REPLACEMENT_MARGIN
        tip, fee = update_fees(tx.gas_tip_cap, tx.gas_price, caps.tip, caps.base_fee, is_blob_tx, margin)
        limits = (config.fee_limit_multiplier, config.fee_limit_threshold)
        check_limits(caps.tip, caps.base_fee, tip, fee, *limits)
        bumped = replace(tx, gas_tip_cap=tip, gas_price=fee, v=0, r=0, s=0)
        gas = self._backend.estimate_gas(replace(self._call(bumped), blob_hashes=()))
        bumped = replace(bumped, gas=max(tx.gas, gas))
        if is_blob_tx:
            if caps.blob_base_fee is None:
                raise Unavailable("L1 gives no blob base fee")
            blob_fee = max(calc_threshold_value(tx.blob_fee_cap, True) + margin, caps.blob_base_fee)
            check_blob_fee_limits(caps.blob_base_fee, blob_fee, config.min_blob_fee, *limits)
            bumped = replace(bumped, blob_fee_cap=blob_fee)
        try:
            return self._signer.sign(bumped)
        except SignerError:
            return tx

    def _call(self, tx: Transaction) -> CallMsg:
        return CallMsg(
            self._signer.address,
            tx.to,
            tx.data,
            tx.value,
            gas_fee_cap=tx.gas_price,
            gas_tip_cap=tx.gas_tip_cap,
            blob_hashes=tx.blob_versioned_hashes,
        )
