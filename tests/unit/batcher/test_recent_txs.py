from __future__ import annotations

import pytest

from pyoprollup.batcher.recent_txs import check_recent_txs
from tests.unit.txmgr.support import Bench


@pytest.mark.parametrize(
    ("sent_at", "depth", "expected"),
    [
        ([], 5, (15, False)),
        ([3], 5, (15, False)),
        ([17], 5, (17, True)),
        ([16, 18], 5, (18, True)),
        ([20], 5, (20, True)),
        ([3], 128, (3, True)),
        ([], 128, (0, False)),
        ([15], 5, (15, False)),
    ],
)
def test_finds_the_last_transaction(sent_at: list[int], depth: int, expected: tuple[int, bool]) -> None:
    bench = Bench()
    for number in range(1, 21):
        if number in sent_at:
            bench.send()
        bench.mine()
    assert check_recent_txs(bench.l1, depth, bench.address) == expected
