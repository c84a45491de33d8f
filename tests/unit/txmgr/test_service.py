from __future__ import annotations

import pytest

from pyoprollup.errors import DecodeError
from pyoprollup.txmgr import GWEI
from pyoprollup.txmgr.service import SimpleTxmgrAPI
from tests.unit.txmgr.support import Bench

NAMES = (
    "MinBaseFee",
    "MinPriorityFee",
    "MinBlobFee",
    "FeeThreshold",
    "FeeLimitMultiplier",
    "BumpFeeRetryTime",
)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_set_can_be_got(name: str) -> None:
    methods = SimpleTxmgrAPI(Bench().config).methods()
    before = methods[f"txmgr_get{name}"]()
    methods[f"txmgr_set{name}"](before + 1)
    assert methods[f"txmgr_get{name}"]() == before + 1
    for value in (0, -1, True, 1.5, "1", None):
        with pytest.raises(DecodeError):
            methods[f"txmgr_set{name}"](value)
    assert set(methods) == {f"txmgr_{verb}{other}" for verb in ("get", "set") for other in NAMES}


def test_a_running_manager_heeds_what_is_set() -> None:
    bench = Bench()
    methods = SimpleTxmgrAPI(bench.manager.config).methods()
    methods["txmgr_setMinBaseFee"](50 * GWEI)
    tx = bench.send().tx
    assert tx is not None and tx.gas_price == 101 * GWEI
    methods["txmgr_setBumpFeeRetryTime"](3 * 10**9)
    bench.wait(10)
    bench.wait(9)
    assert bench.manager.metrics.bumps >= 3
