"""The ``txmgr_*`` methods: fee settings of a running transaction manager.

Amounts are JSON integers in wei, times JSON integers in nanoseconds, as the reference has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.txmgr.config import TxManagerConfig

__all__ = ["SimpleTxmgrAPI"]

_NANOSECONDS = 10**9


class SimpleTxmgrAPI:
    """Reads and changes settings. :meth:`methods` are for a JSON-RPC server."""

    def __init__(self, config: TxManagerConfig) -> None:
        self._config = config

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        amounts = {
            "MinBaseFee": "min_base_fee",
            "MinPriorityFee": "min_tip_cap",
            "MinBlobFee": "min_blob_fee",
            "FeeThreshold": "fee_limit_threshold",
            "FeeLimitMultiplier": "fee_limit_multiplier",
        }
        methods: dict[str, Callable[..., Any]] = {
            "txmgr_getBumpFeeRetryTime": lambda: int(self._config.resubmission_timeout * _NANOSECONDS),
            "txmgr_setBumpFeeRetryTime": self._set_retry_time,
        }
        for name, field in amounts.items():
            methods[f"txmgr_get{name}"] = self._getter(field)
            methods[f"txmgr_set{name}"] = self._setter(field)
        return methods

    def _getter(self, field: str) -> Callable[[], int | None]:
        def get() -> int | None:
            value: int | None = getattr(self._config, field)
            return value

        return get

    def _setter(self, field: str) -> Callable[[Any], None]:
        def set_(value: Any) -> None:
            setattr(self._config, field, _positive(value))

        return set_

    def _set_retry_time(self, value: Any) -> None:
        self._config.resubmission_timeout = _positive(value) / _NANOSECONDS


def _positive(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise DecodeError(f"expected a positive integer, got {value!r}")
    return value
