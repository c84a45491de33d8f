"""Settings of a transaction manager. Times are in seconds, amounts in wei."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import ConfigError

__all__ = ["GWEI", "TxManagerConfig", "batcher_defaults", "challenger_defaults"]

GWEI = 10**9


@dataclass(slots=True)
class TxManagerConfig:
    """How to send. The defaults are the reference's for batcher and proposer.

    Everything may be changed while a manager runs; transactions that are being sent follow from
    their next step on.
    """

    chain_id: int
    num_confirmations: int = 10
    """L1 blocks until a transaction counts as confirmed, its own included."""
    safe_abort_nonce_too_low_count: int = 3
    """How often L1 may say that the nonce was used before the manager believes it."""
    fee_limit_multiplier: int = 5
    """Bumped fees may be so many times the suggested ones."""
    fee_limit_threshold: int | None = 100 * GWEI
    """Fees below this may be bumped without limit."""
    min_tip_cap: int = GWEI
    min_base_fee: int = GWEI
    min_blob_fee: int = GWEI
    resubmission_timeout: float = 48.0
    """Time between publications, each with bumped fees."""
    tx_send_timeout: float = 600.0
    """Time until a transaction is given up although it may still be included; 0: never."""
    tx_not_in_mempool_timeout: float = 120.0
    """Time in which some form of a transaction must have got into the pool."""
    receipt_query_interval: float = 12.0
    craft_attempts: int = 30
    craft_retry_delay: float = 2.0
    cell_proofs: bool = False
    """Whether blobs go with cell proofs (EIP-7594), as L1 wants them since Osaka."""

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense."""
        positive = (
            "num_confirmations",
            "safe_abort_nonce_too_low_count",
            "fee_limit_multiplier",
            "resubmission_timeout",
            "tx_not_in_mempool_timeout",
            "receipt_query_interval",
            "craft_attempts",
        )
        for name in positive:
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be positive, not {getattr(self, name)}")
        if self.min_base_fee < self.min_tip_cap:
            raise ConfigError(f"min_base_fee {self.min_base_fee} is less than min_tip_cap {self.min_tip_cap}")


def batcher_defaults(chain_id: int) -> TxManagerConfig:
    """Patient: for batcher and proposer."""
    return TxManagerConfig(chain_id)


def challenger_defaults(chain_id: int) -> TxManagerConfig:
    """In a hurry: dispute games have clocks."""
    return TxManagerConfig(
        chain_id,
        num_confirmations=3,
        resubmission_timeout=24.0,
        tx_send_timeout=120.0,
        tx_not_in_mempool_timeout=60.0,
    )
