from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.engine import (
    EngineRpcError,
    ExecutePayloadStatus,
    ForkchoiceState,
    ForkchoiceUpdatedResult,
    InvalidForkchoiceState,
    PayloadID,
    PayloadStatus,
    engine_rpc_error,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Hash32

hashes = st.binary(min_size=32, max_size=32).map(Hash32)
statuses = st.builds(
    PayloadStatus, st.sampled_from(ExecutePayloadStatus), st.none() | hashes, st.none() | st.text()
)
results = st.builds(
    ForkchoiceUpdatedResult,
    statuses,
    st.none() | st.binary(min_size=8, max_size=8).map(PayloadID),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "payloadStatus", "payloadId", "latestValidHash", "validationError"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(results)
def test_results_round_trip(result: ForkchoiceUpdatedResult) -> None:
    assert ForkchoiceUpdatedResult.from_json(result.to_json()) == result


@given(hashes, hashes, hashes)
def test_states_round_trip(head: Hash32, safe: Hash32, finalized: Hash32) -> None:
    state = ForkchoiceState(head, safe, finalized)
    assert ForkchoiceState.from_json(state.to_json()) == state


@given(json_values)
def test_anything_else_is_a_decode_error(value: object) -> None:
    for kind in (ForkchoiceUpdatedResult, ForkchoiceState, PayloadStatus):
        try:
            kind.from_json(value)
        except DecodeError:
            continue


def test_unknown_status() -> None:
    with pytest.raises(DecodeError, match=r"payloadStatus\.status: unknown 'NEW'"):
        PayloadStatus.from_json({"status": "NEW"})
    with pytest.raises(DecodeError, match="validationError: expected text"):
        PayloadStatus.from_json({"status": "VALID", "validationError": 5})


def test_text() -> None:
    assert str(PayloadStatus(ExecutePayloadStatus.VALID)) == "VALID"
    assert str(PayloadStatus(ExecutePayloadStatus.INVALID, None, "gas")) == "INVALID: gas"


@pytest.mark.parametrize(
    ("code", "engine"), [(-38000, True), (-38099, True), (-38100, False), (-32602, False)]
)
def test_error_codes(code: int, engine: bool) -> None:
    error = engine_rpc_error(code, "text")
    assert (type(error), error.code, error.is_engine_error) == (EngineRpcError, code, engine)
    assert str(error) == f"text ({code})"


def test_errors_with_a_class_of_their_own() -> None:
    names = {code: type(engine_rpc_error(code, "")).__name__ for code in range(-38005, -38000)}
    assert names == {
        -38001: "UnknownPayload",
        -38002: "InvalidForkchoiceState",
        -38003: "InvalidPayloadAttributes",
        -38004: "TooLargeEngineRequest",
        -38005: "UnsupportedFork",
    }
    assert InvalidForkchoiceState("text").code == -38002
