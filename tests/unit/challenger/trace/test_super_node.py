from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.trace.super_node import (
    OutputWithRequiredL1,
    SuperNodeClient,
    SuperNodeUnavailable,
    SuperRootAtTimestamp,
    SuperRootData,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.super_root import ChainIDAndOutput, OptimisticBlock, SuperV1, super_root
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.rpc.errors import JsonRpcError, RpcUnavailable

L1 = {"hash": "0x" + "11" * 32, "number": 7}
OUTPUT = OutputV0(Hash32(b"\1" * 32), Hash32(b"\2" * 32), Hash32(b"\3" * 32))
SUPER = SuperV1.of(77, ChainIDAndOutput(10, OUTPUT.root()))


def answer() -> dict[str, Any]:
    return {
        "current_l1": {"hash": "0x" + "22" * 32, "number": 9},
        "safe_timestamp": 70,
        "local_safe_timestamp": 70,
        "finalized_timestamp": 60,
        "optimistic_at_timestamp": {
            "10": {
                "output": {
                    "stateRoot": to_hex(OUTPUT.state_root),
                    "messagePasserStorageRoot": to_hex(OUTPUT.message_passer_storage_root),
                    "blockHash": to_hex(OUTPUT.block_hash),
                },
                "output_root": to_hex(OUTPUT.root()),
                "required_l1": L1,
            }
        },
        "chain_ids": ["130", "10"],
        "data": {
            "verified_required_l1": L1,
            "super": {"timestamp": "0x4d", "chains": [{"ChainID": "10", "Output": to_hex(OUTPUT.root())}]},
            "super_root": to_hex(super_root(SUPER)),
        },
    }


class Rpc:
    def __init__(self, said: Any) -> None:
        self.said = said
        self.calls: list[tuple[Any, ...]] = []

    def call(self, method: str, *params: Any) -> Any:
        self.calls.append((method, *params))
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    def close(self) -> None:
        self.calls.append(("close",))


def test_an_answer() -> None:
    rpc = Rpc(answer())
    client = SuperNodeClient(rpc)
    required = BlockID(Hash32(b"\x11" * 32), 7)
    assert client.super_root_at_timestamp(77) == SuperRootAtTimestamp(
        BlockID(Hash32(b"\x22" * 32), 9),
        (10, 130),
        {10: OutputWithRequiredL1(OptimisticBlock(OUTPUT.block_hash, OUTPUT.root()), required)},
        SuperRootData(required, SUPER),
        70,
        60,
    )
    client.close()
    assert rpc.calls == [("superroot_atTimestamp", "0x4d"), ("close",)]


@pytest.mark.parametrize("missing", ["data", "optimistic_at_timestamp"])
def test_what_a_node_need_not_know(missing: str) -> None:
    for said in ({**answer(), missing: None}, {k: v for k, v in answer().items() if k != missing}):
        found = SuperNodeClient(Rpc(said)).super_root_at_timestamp(77)
        assert (found.data is None) == (missing == "data")
        assert bool(found.optimistic) == (missing == "data")


@pytest.mark.parametrize(
    "error", [RpcUnavailable("down"), JsonRpcError(-32000, "not found"), JsonRpcError(-32601, "no method")]
)
def test_no_answer(error: Exception) -> None:
    """An error is no answer here, whatever its text says."""
    with pytest.raises(SuperNodeUnavailable):
        SuperNodeClient(Rpc(error)).super_root_at_timestamp(77)


def changed(*path: str, to: Any) -> dict[str, Any]:
    said = answer()
    inner = said
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return said


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        changed("current_l1", to=None),
        changed("chain_ids", to={}),
        changed("chain_ids", to=[10]),
        changed("chain_ids", to=["x"]),
        changed("chain_ids", to=["-1"]),
        changed("chain_ids", to=["1" * 79]),
        changed("chain_ids", to=[hex(1 << 256)]),
        changed("optimistic_at_timestamp", to=[1]),
        changed("optimistic_at_timestamp", "10", "output_root", to="0x" + "99" * 32),
        changed("optimistic_at_timestamp", "10", "required_l1", to=None),
        changed("data", "super_root", to="0x" + "99" * 32),
        changed("data", "super", "timestamp", to="0x4e"),
        changed("data", "super", "chains", to=None),
        changed("data", "super", "chains", to=[1]),
        changed("data", to=1),
    ],
)
def test_answers_that_cannot_be_right(said: Any) -> None:
    with pytest.raises(SuperNodeUnavailable):
        SuperNodeClient(Rpc(said)).super_root_at_timestamp(77)


def test_an_answer_about_another_time() -> None:
    with pytest.raises(SuperNodeUnavailable):
        SuperNodeClient(Rpc(answer())).super_root_at_timestamp(78)


PATHS = [
    ("current_l1",),
    ("safe_timestamp",),
    ("finalized_timestamp",),
    ("chain_ids",),
    ("optimistic_at_timestamp",),
    ("optimistic_at_timestamp", "10"),
    ("optimistic_at_timestamp", "10", "output"),
    ("data",),
    ("data", "super"),
    ("data", "super", "chains"),
    ("data", "verified_required_l1"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(PATHS), JSON)
def test_any_json(path: tuple[str, ...], value: Any) -> None:
    try:
        found = SuperRootAtTimestamp.from_json(changed(*path, to=value), 77)
    except DecodeError:
        return
    assert found.data is None or found.data.super == SUPER
