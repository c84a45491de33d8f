from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.rollup.alt_da import AltDAConfig
from pyoprollup.rollup.config import BeforeGenesisError, RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.genesis import Genesis
from pyoprollup.rollup.time import L1Time, L2Time

CHAIN = RollupConfig(
    genesis=Genesis(l2=BlockID(ZERO_HASH, 7), l2_time=1000),
    block_time=2,
    max_sequencer_drift=600,
    seq_window_size=10,
    channel_timeout=300,
    regolith_time=0,
    canyon_time=1001,
    fjord_time=1010,
    granite_time=1020,
)


def test_schedule_follows_the_fork_times() -> None:
    assert CHAIN.is_active(Fork.BEDROCK, L2Time(0))
    assert not CHAIN.is_active(Fork.CANYON, L2Time(1000))
    assert CHAIN.is_active(Fork.CANYON, L2Time(1001))
    assert not CHAIN.is_active(Fork.DELTA, L2Time(1 << 63))
    assert CHAIN.schedule.activations(L2Time(1002)) == (Fork.CANYON,)
    assert CHAIN.rules_at_l2(L2Time(1001)).withdrawals
    assert CHAIN.rules_at_l1(L1Time(1010)).brotli_channels


def test_replace_makes_a_new_schedule() -> None:
    later = replace(CHAIN, canyon_time=2000)
    assert not later.is_active(Fork.CANYON, L2Time(1500))
    assert later != CHAIN
    assert replace(later, canyon_time=1001) == CHAIN
    assert hash(replace(later, canyon_time=1001)) == hash(CHAIN)


def test_limits_that_forks_made_constant() -> None:
    assert [CHAIN.channel_timeout_at(L1Time(t)) for t in (1019, 1020)] == [300, 50]
    assert [CHAIN.max_sequencer_drift_at(L1Time(t)) for t in (1009, 1010)] == [600, 1800]


def test_block_numbers_and_times() -> None:
    assert CHAIN.target_block_number(L2Time(1000)) == 7
    assert CHAIN.target_block_number(L2Time(1005)) == 9
    assert CHAIN.time_for_block(9) == 1004
    with pytest.raises(BeforeGenesisError, match="999 is before the genesis time 1000"):
        CHAIN.target_block_number(L2Time(999))
    with pytest.raises(BeforeGenesisError, match="block 6"):
        CHAIN.time_for_block(6)
    with pytest.raises(ConfigError, match="block_time"):
        RollupConfig().target_block_number(L2Time(5))


def test_lagoon_is_the_newer_name_of_interop() -> None:
    assert RollupConfig(interop_time=5).fork_time(Fork.INTEROP) == 5
    assert RollupConfig(interop_time=5, lagoon_time=6).schedule.times[Fork.INTEROP] == 6


def test_sync_lookback() -> None:
    assert CHAIN.sync_lookback == 10
    assert replace(CHAIN, alt_da=AltDAConfig(da_challenge_window=6, da_resolve_window=5)).sync_lookback == 11
    assert replace(CHAIN, alt_da=AltDAConfig(da_challenge_window=1, da_resolve_window=1)).sync_lookback == 10
