from __future__ import annotations

import pytest

from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config_reader import ConfigReader


@pytest.mark.parametrize("canyon", [None, 0, 250])
def test_round_trip(canyon: int | None) -> None:
    config = ChainOpConfig(6, 50, canyon)
    written = config.to_json()
    assert ("eip1559DenominatorCanyon" in written) == (canyon is not None)
    assert ChainOpConfig.read(ConfigReader(written)) == config
