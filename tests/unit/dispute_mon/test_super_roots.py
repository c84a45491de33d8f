"""Sources of super roots: their answers, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.dispute_mon import (
    SuperRootClient,
    SuperRootResponse,
    WaitingForSource,
    agree_on_super_root,
)
from pyoprollup.errors import DecodeError, Unavailable
from pyoprollup.eth.types import ZERO_HASH, to_hex
from pyoprollup.rpc.errors import RpcError
from tests.unit.dispute_mon.support import OTHER_ROOT, ROOT

L1_HEAD = 100


def block(number: int) -> dict[str, Any]:
    return {"hash": to_hex(bytes(32)), "number": number}


def answer(current: int, root: Any = ROOT, required: int = L1_HEAD) -> dict[str, Any]:
    found = {"current_l1": block(current), "safe_timestamp": 1}
    if root is None:
        return found
    data = {"verified_required_l1": block(required), "super_root": to_hex(root), "super": {}}
    return {**found, "data": data}


@dataclass
class Rpc:
    result: Any
    asked: Any = None

    def call(self, method: str, *params: Any) -> Any:
        self.asked = (method, params)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def close(self) -> None:
        pass


def source(*args: Any) -> SuperRootClient:
    return SuperRootClient(Rpc(answer(*args)))


def test_an_answer() -> None:
    rpc = Rpc(answer(101, ROOT, 99))
    assert SuperRootClient(rpc).super_root_at_timestamp(77) == SuperRootResponse(101, ROOT, 99)
    assert rpc.asked == ("superroot_atTimestamp", ("0x4d",))
    assert SuperRootClient(Rpc({"current_l1": block(5)})).super_root_at_timestamp(1).root is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"current_l1": 3},
        {"current_l1": block(1), "data": []},
        {"current_l1": block(1), "data": {}},
    ],
)
def test_an_answer_of_another_form_is_no_answer(value: Any) -> None:
    with pytest.raises(Unavailable):
        SuperRootClient(Rpc(value)).super_root_at_timestamp(1)
    with pytest.raises(Unavailable, match="gone"):
        SuperRootClient(Rpc(RpcError("gone"))).super_root_at_timestamp(1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["current_l1", "data", "hash", "number", "super_root", "verified_required_l1"]),
            inner,
        )
    ),
)


@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        found = SuperRootResponse.from_json(value)
    except DecodeError:
        return
    assert found.current_l1 >= 0


def test_agreement() -> None:
    agreement = agree_on_super_root([source(101)], 7, ROOT, L1_HEAD)
    assert agreement.agree and agreement.endpoints.safe == 1
    assert not agree_on_super_root([source(101)], 7, OTHER_ROOT, L1_HEAD).agree


def test_a_source_that_is_not_past_the_l1_head_has_no_vote() -> None:
    agreement = agree_on_super_root([source(L1_HEAD, None), source(101)], 7, ROOT, L1_HEAD)
    assert agreement.agree and agreement.endpoints.out_of_sync == 1
    with pytest.raises(WaitingForSource):
        agree_on_super_root([source(L1_HEAD, None)], 7, ROOT, L1_HEAD)


def test_a_root_whose_data_came_later() -> None:
    late = source(105, ROOT, L1_HEAD + 1)
    agreement = agree_on_super_root([late], 7, ROOT, L1_HEAD)
    assert not agreement.agree and agreement.expected == ZERO_HASH and agreement.endpoints.unsafe == 1
    proven = agree_on_super_root([late], 7, ROOT, L1_HEAD, safety_matters=False)
    assert proven.agree and (proven.endpoints.safe, proven.endpoints.unsafe) == (0, 0)


def test_a_time_that_nothing_can_have() -> None:
    asked = Rpc(answer(101))
    assert not agree_on_super_root([SuperRootClient(asked)], 2**64, ROOT, L1_HEAD).agree
    assert asked.asked is None
