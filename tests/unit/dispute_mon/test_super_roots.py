"""Whether sources of super roots agree."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.trace.super_node import SuperRootAtTimestamp
from pyoprollup.dispute_mon import WaitingForSource, agree_on_super_root
from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import ZERO_HASH
from tests.unit.dispute_mon.support import OTHER_ROOT, ROOT, SuperSource

L1_HEAD = 100


class Silent:
    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        raise Unavailable(f"nothing at {timestamp}")


def test_agreement() -> None:
    agreement = agree_on_super_root([SuperSource(101, L1_HEAD)], 7, ROOT, L1_HEAD)
    assert agreement.agree and agreement.endpoints.safe == 1
    assert not agree_on_super_root([SuperSource(101, L1_HEAD)], 7, OTHER_ROOT, L1_HEAD).agree


def test_a_source_that_is_not_past_the_l1_head_has_no_vote() -> None:
    agreement = agree_on_super_root([SuperSource(L1_HEAD, None), SuperSource(101, L1_HEAD)], 7, ROOT, L1_HEAD)
    assert agreement.agree and agreement.endpoints.out_of_sync == 1
    with pytest.raises(WaitingForSource):
        agree_on_super_root([SuperSource(L1_HEAD, None)], 7, ROOT, L1_HEAD)


def test_a_root_whose_data_came_later() -> None:
    late = SuperSource(105, L1_HEAD + 1)
    agreement = agree_on_super_root([late], 7, ROOT, L1_HEAD)
    assert not agreement.agree and agreement.expected == ZERO_HASH and agreement.endpoints.unsafe == 1
    proven = agree_on_super_root([late], 7, ROOT, L1_HEAD, safety_matters=False)
    assert proven.agree and (proven.endpoints.safe, proven.endpoints.unsafe) == (0, 0)


def test_a_source_without_the_root_disagrees() -> None:
    assert not agree_on_super_root([SuperSource(101, None)], 7, ROOT, L1_HEAD).agree


def test_a_source_that_is_silent_has_no_vote() -> None:
    agreement = agree_on_super_root([Silent(), SuperSource(101, L1_HEAD)], 7, ROOT, L1_HEAD)
    assert agreement.agree and agreement.endpoints.errors


def test_a_time_that_nothing_can_have() -> None:
    asked = SuperSource(101, L1_HEAD)
    assert not agree_on_super_root([asked], 2**64, ROOT, L1_HEAD).agree
    assert not asked.asked
