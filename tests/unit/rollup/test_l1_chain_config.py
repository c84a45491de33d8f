from __future__ import annotations

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.rollup.l1_chain_config import (
    BPO1,
    BPO2,
    CANCUN,
    L1_CHAINS,
    OSAKA,
    PRAGUE,
    L1ChainConfig,
    blob_update_fraction,
)
from pyoprollup.rollup.time import L1Time

MAINNET_PRAGUE = 1_746_612_311
SEPOLIA_PRAGUE = 1_741_159_776


@pytest.mark.parametrize(
    ("time", "fraction"),
    [
        (0, 3_338_477),
        (MAINNET_PRAGUE - 1, 3_338_477),
        (MAINNET_PRAGUE, 5_007_716),
        (1_764_798_551, 5_007_716),
        (1_765_290_071, 8_346_193),
        (1_767_747_670, 8_346_193),
        (1_767_747_671, 11_684_671),
    ],
)
def test_ethereum(time: int, fraction: int) -> None:
    assert blob_update_fraction(1, L1Time(time)) == fraction
    assert blob_update_fraction(1, L1Time(time), has_requests_hash=True) == fraction


def test_schedules_are_in_order() -> None:
    assert set(L1_CHAINS) == {1, 11155111, 17000, 560048}
    for chain in L1_CHAINS.values():
        times = [time for time, _ in chain.blob_schedule]
        assert times == sorted(times)
        assert [params for _, params in chain.blob_schedule] == [CANCUN, PRAGUE, OSAKA, BPO1, BPO2]


def test_unknown_chains_tell_prague_by_the_header() -> None:
    assert blob_update_fraction(900, L1Time(2_000_000_000)) == CANCUN.update_fraction
    assert blob_update_fraction(900, L1Time(1), has_requests_hash=True) == PRAGUE.update_fraction


def test_pectra_blob_schedule_holds_cancun_back() -> None:
    switch = SEPOLIA_PRAGUE + 1000
    before, after = L1Time(switch - 1), L1Time(switch)
    assert blob_update_fraction(11155111, before) == PRAGUE.update_fraction
    for chain in (11155111, 900):
        fractions = [
            blob_update_fraction(chain, time, pectra_blob_schedule_time=switch, has_requests_hash=True)
            for time in (before, after)
        ]
        assert fractions == [CANCUN.update_fraction, PRAGUE.update_fraction]


def test_own_chain_from_a_genesis_file() -> None:
    chain = L1ChainConfig.from_json(
        {
            "chainId": 900,
            "homesteadBlock": 0,
            "cancunTime": 0,
            "pragueTime": 10,
            "bpo1Time": 20,
            "bpo3Time": 30,
            "blobSchedule": {
                "cancun": {"target": 3, "max": 6, "baseFeeUpdateFraction": 3338477},
                "bpo3": {"target": 20, "max": 30, "baseFeeUpdateFraction": 777},
            },
        }
    )
    assert [chain.blob_params_at(L1Time(t)) for t in (0, 10, 20)] == [CANCUN, PRAGUE, BPO1]
    assert blob_update_fraction(chain, L1Time(30)) == 777
    assert blob_update_fraction(L1ChainConfig(900, ()), L1Time(30)) == CANCUN.update_fraction


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"cancunTime": 5, "pragueTime": 4}, "not in order"),
        (
            {"blobSchedule": {"prague": {"target": 1, "max": 2}}},
            "prague.baseFeeUpdateFraction: must not be 0",
        ),
        ({"pragueTime": "x"}, "L1 chain config.pragueTime: expected an integer"),
        ([], "expected an object"),
    ],
)
def test_errors(config: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        L1ChainConfig.from_json(config)
