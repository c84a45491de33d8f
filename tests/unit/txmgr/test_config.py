from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.txmgr import GWEI, batcher_defaults, challenger_defaults


def test_defaults_are_the_references() -> None:
    config = batcher_defaults(1)
    config.check()
    assert (config.num_confirmations, config.resubmission_timeout, config.tx_send_timeout) == (10, 48, 600)
    assert (config.min_tip_cap, config.min_base_fee, config.min_blob_fee) == (GWEI, GWEI, GWEI)
    assert (config.fee_limit_multiplier, config.fee_limit_threshold) == (5, 100 * GWEI)
    config = challenger_defaults(1)
    config.check()
    assert (config.num_confirmations, config.resubmission_timeout, config.tx_send_timeout) == (3, 24, 120)


@pytest.mark.parametrize(
    "change",
    [
        {"num_confirmations": 0},
        {"safe_abort_nonce_too_low_count": 0},
        {"fee_limit_multiplier": 0},
        {"resubmission_timeout": 0},
        {"receipt_query_interval": 0},
        {"tx_not_in_mempool_timeout": 0},
        {"min_base_fee": 0},
    ],
)
def test_refuses_what_makes_no_sense(change: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(change))):
        replace(batcher_defaults(1), **change).check()
