"""The ``config`` object of genesis files."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import ConfigError
from pyoprollup.rollup import (
    ChainOpConfig,
    Fork,
    check_execution_config,
    execution_config,
    execution_config_json,
)

CONFIG: dict[str, Any] = {
    "chainId": 901,
    "homesteadBlock": 0,
    "shanghaiTime": 10,
    "bedrockBlock": 0,
    "regolithTime": 0,
    "canyonTime": 10,
    "ecotoneTime": 20,
    "fjordTime": 30,
    "terminalTotalDifficulty": 0,
    "optimism": {"eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250},
}


def test_forks_and_fee_parameters_are_read() -> None:
    config = execution_config(CONFIG)
    assert config.l2_chain_id == 901
    assert config.chain_op_config == ChainOpConfig(6, 50, 250)
    assert config.schedule.times == {
        Fork.BEDROCK: 0,
        Fork.REGOLITH: 0,
        Fork.CANYON: 10,
        Fork.DELTA: 20,
        Fork.ECOTONE: 20,
        Fork.FJORD: 30,
    }


def test_a_chain_of_bedrock_only() -> None:
    config = execution_config({"chainId": 5})
    assert config.schedule.times == {Fork.BEDROCK: 0}
    assert config.chain_op_config is None


def test_what_is_written_is_read_as_the_same() -> None:
    config = execution_config(CONFIG)
    written = execution_config_json(config)
    assert execution_config(written) == config
    assert {name: written[name] for name in ("londonBlock", "shanghaiTime", "cancunTime")} == {
        "londonBlock": 0,
        "shanghaiTime": 10,
        "cancunTime": 20,
    }
    assert "pragueTime" not in written and "deltaTime" not in written
    check_execution_config(written)


def test_osaka_goes_with_karst() -> None:
    written = execution_config_json(execution_config({**CONFIG, "isthmusTime": 40, "karstTime": 50}))
    assert {name: written[name] for name in ("pragueTime", "karstTime", "osakaTime")} == {
        "pragueTime": 40,
        "karstTime": 50,
        "osakaTime": 50,
    }
    check_execution_config(written)


def test_fields_that_nobody_knows_are_passed_over() -> None:
    """As go-ethereum does, unlike op-node with its ``rollup.json``."""
    more = {**CONFIG, "newTime": 5, "optimism": {**CONFIG["optimism"], "new": 5}}
    assert execution_config(more) == execution_config(CONFIG)
    assert execution_config({**CONFIG, "lagoonTime": 60}).schedule.times[Fork.INTEROP] == 60


@pytest.mark.parametrize(
    "change",
    [{"shanghaiTime": 11}, {"canyonTime": None}, {"cancunTime": 21}, {"pragueTime": 5}, {"osakaTime": 5}],
)
def test_a_fork_of_l1_at_another_time_than_its_own_is_refused(change: dict[str, Any]) -> None:
    """op-geth does not start with such a file; Osaka's time it does not compare."""
    check_execution_config(CONFIG)
    with pytest.raises(ConfigError, match="config"):
        check_execution_config({**CONFIG, **change})


@pytest.mark.parametrize(
    "change", [{"chainId": "901"}, {"canyonTime": -1}, {"fjordTime": True}, {"optimism": 5}]
)
def test_what_is_wrong_is_named(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(change))):
        execution_config({**CONFIG, **change})


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda v: st.dictionaries(st.sampled_from([*CONFIG]), v),
    )
)
def test_any_value_is_read_or_refused(value: object) -> None:
    with suppress(ConfigError):
        execution_config(value)
