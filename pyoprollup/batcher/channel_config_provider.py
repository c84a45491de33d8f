"""Chooses between blobs and calldata by their current cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pyoprollup.batcher.channel_config import ChannelConfig
from pyoprollup.errors import Unavailable
from pyoprollup.eth.blobs import BLOB_SIZE, MAX_BLOB_DATA_SIZE
from pyoprollup.txmgr.crafter import GasPriceCaps
from pyoprollup.txmgr.errors import TxManagerError

__all__ = [
    "CALLDATA_GAS_PER_BYTE",
    "CALLDATA_GAS_PER_BYTE_PRAGUE",
    "ChannelConfigProvider",
    "DynamicEthChannelConfig",
    "StaticChannelConfig",
]

_TX_GAS = 21_000
_GAS_PER_BLOB = BLOB_SIZE

CALLDATA_GAS_PER_BYTE = 16
CALLDATA_GAS_PER_BYTE_PRAGUE = 40
"""Compressed data has hardly any zero bytes. Since Prague the floor of EIP-7623 decides."""


class StaticChannelConfig:
    """A provider that returns the same configuration for every channel."""

    def __init__(self, config: ChannelConfig) -> None:
        self._config = config

    def channel_config(self, throttling: bool = False) -> ChannelConfig:  # noqa: ARG002
        return self._config


class DynamicEthChannelConfig:
    """Compares what a byte costs either way, if frames are full and compressed well.

    Begins with blobs, and keeps to its last choice when L1 gives no prices. While the sequencer is
    throttled it is blobs in any case: they carry more. ``prices`` is ``suggest_gas_price_caps`` of a
    transaction manager.
    """

    def __init__(
        self,
        prices: Callable[[], GasPriceCaps],
        blob_config: ChannelConfig,
        calldata_config: ChannelConfig,
        calldata_gas_per_byte: int = CALLDATA_GAS_PER_BYTE_PRAGUE,
    ) -> None:
        self._prices = prices
        self._blob_config = blob_config
        self._calldata_config = calldata_config
        self._gas_per_byte = calldata_gas_per_byte
        self._last = blob_config

    def channel_config(self, throttling: bool = False) -> ChannelConfig:
        if throttling:
            self._last = self._blob_config
            return self._last
        try:
            caps = self._prices()
        except (Unavailable, TxManagerError):
            return self._last
        if caps.blob_base_fee is None or self._is_calldata_cheaper(caps, caps.blob_base_fee):
            self._last = self._calldata_config
        else:
            self._last = self._blob_config
        return self._last

    def _is_calldata_cheaper(self, caps: GasPriceCaps, blob_base_fee: int) -> bool:
        price = caps.base_fee + caps.tip
        calldata_bytes = self._calldata_config.max_frame_size + 1
        calldata_cost = (calldata_bytes * self._gas_per_byte + _TX_GAS) * price
        blobs = self._blob_config.target_num_frames
        blob_bytes = MAX_BLOB_DATA_SIZE * blobs
        blob_cost = _GAS_PER_BLOB * blobs * blob_base_fee + _TX_GAS * price
        return blob_cost * calldata_bytes > calldata_cost * blob_bytes


ChannelConfigProvider: TypeAlias = StaticChannelConfig | DynamicEthChannelConfig
"""Tells how to make the next channel."""
