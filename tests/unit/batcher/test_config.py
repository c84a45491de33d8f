from __future__ import annotations

import pytest

from pyoprollup.batcher import BatcherConfig
from pyoprollup.errors import ConfigError


@pytest.mark.parametrize(
    "change",
    [
        {"poll_interval": 0.0},
        {"node_sync_poll_interval": 0.0},
        {"max_pending_txs": -1},
        {"check_recent_txs_depth": 129},
    ],
)
def test_refuses_what_makes_no_sense(change: dict[str, int]) -> None:
    BatcherConfig().check()
    with pytest.raises(ConfigError, match=next(iter(change))):
        BatcherConfig(**change).check()  # type: ignore[arg-type]
