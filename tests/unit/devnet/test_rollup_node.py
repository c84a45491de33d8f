"""A node of the devnet, as its batcher sees it."""

from __future__ import annotations

import pytest

from pyoprollup.errors import Unavailable
from tests.unit.devnet.support import NUMBER, lived


def test_what_the_batcher_asks_for() -> None:
    node = lived().devnet.sequencer
    status = node.sync_status()
    assert status.unsafe_l2 == status.safe_l2 == status.finalized_l2 == node.driver.heads.unsafe
    assert node.payload_by_number(NUMBER).block_number == NUMBER
    with pytest.raises(Unavailable):
        node.payload_by_number(node.driver.heads.unsafe.number + 1)
