from __future__ import annotations

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup.config_reader import ConfigReader
from pyoprollup.rollup.genesis import Genesis
from pyoprollup.rollup.system_config import SystemConfig


def test_round_trip() -> None:
    genesis = Genesis(
        l1=BlockID(Hash32(b"\x01" * 32), 5),
        l2=BlockID(Hash32(b"\x02" * 32), 0),
        l2_time=7,
        system_config=SystemConfig(gas_limit=9),
    )
    assert Genesis.read(ConfigReader(genesis.to_json())) == genesis


def test_missing_parts_are_zero() -> None:
    assert Genesis.read(ConfigReader({"l1": None})) == Genesis()


def test_errors_carry_the_path() -> None:
    with pytest.raises(ConfigError, match=r"genesis\.l2\.number: expected an integer"):
        Genesis.read(ConfigReader({"l2": {"number": "0x1"}}, "genesis"))
