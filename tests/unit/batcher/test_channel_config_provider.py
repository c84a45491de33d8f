"""Besides these, the vectors of ``batcher``, which have the prices of before Prague."""

from __future__ import annotations

import pytest

from pyoprollup.batcher import DynamicEthChannelConfig, StaticChannelConfig
from pyoprollup.batcher.channel_config_provider import CALLDATA_GAS_PER_BYTE
from pyoprollup.errors import Unavailable
from pyoprollup.txmgr import GWEI, GasPriceCaps
from tests.unit.batcher.support import channel_config

CONFIG = channel_config(max_frame_size=120_000 - 1)
BLOBS, CALLDATA = CONFIG.for_blobs(6), CONFIG.for_calldata()


class Prices:
    def __init__(self, tip: int, base_fee: int, blob_base_fee: int | None) -> None:
        self.caps: GasPriceCaps | None = GasPriceCaps(tip, base_fee, blob_base_fee)

    def suggest_gas_price_caps(self) -> GasPriceCaps:
        if self.caps is None:
            raise Unavailable("no answer")
        return self.caps


@pytest.mark.parametrize(
    ("tip", "base_fee", "blob_base_fee", "use_blobs"),
    [
        (10**3, 10**6, 1, True),
        (10**3, 10**6, 160 * 10**5, True),
        (10**3, 10**6, 161 * 10**5, False),
        (0, GWEI, None, False),
    ],
)
def test_takes_what_is_cheaper(tip: int, base_fee: int, blob_base_fee: int | None, use_blobs: bool) -> None:
    """At 16 gas a byte, a blob's byte may cost about 16 times as much as a unit of gas."""
    prices = Prices(tip, base_fee, blob_base_fee)
    provider = DynamicEthChannelConfig(prices.suggest_gas_price_caps, BLOBS, CALLDATA, CALLDATA_GAS_PER_BYTE)
    assert provider.channel_config() is (BLOBS if use_blobs else CALLDATA)


def test_calldata_got_dearer_with_prague() -> None:
    prices = Prices(0, GWEI, 20 * GWEI)
    assert (
        DynamicEthChannelConfig(prices.suggest_gas_price_caps, BLOBS, CALLDATA, 16).channel_config()
        is CALLDATA
    )
    assert DynamicEthChannelConfig(prices.suggest_gas_price_caps, BLOBS, CALLDATA).channel_config() is BLOBS


def test_equal_costs_mean_blobs() -> None:
    assert (
        DynamicEthChannelConfig(Prices(0, 0, 0).suggest_gas_price_caps, BLOBS, CALLDATA).channel_config()
        is BLOBS
    )


def test_without_prices_keeps_to_the_last_choice() -> None:
    prices = Prices(0, GWEI, 1000 * GWEI)
    provider = DynamicEthChannelConfig(prices.suggest_gas_price_caps, BLOBS, CALLDATA)
    caps, prices.caps = prices.caps, None
    assert provider.channel_config() is BLOBS, "the first choice"
    prices.caps = caps
    assert provider.channel_config() is CALLDATA
    prices.caps = None
    assert provider.channel_config() is CALLDATA


def test_throttling_means_blobs() -> None:
    provider = DynamicEthChannelConfig(Prices(0, GWEI, 1000 * GWEI).suggest_gas_price_caps, BLOBS, CALLDATA)
    assert provider.channel_config(throttling=True) is BLOBS
    assert provider.channel_config() is CALLDATA


def test_a_static_choice_is_no_choice() -> None:
    assert StaticChannelConfig(CALLDATA).channel_config(throttling=True) is CALLDATA
