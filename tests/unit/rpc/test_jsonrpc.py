from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.rpc.jsonrpc import Dispatcher, Limits, Method


def add(first: int, second: int = 10) -> int:
    return first + second


def fail(kind: str) -> None:
    kinds = {
        "coded": JsonRpcError(-38001, "Unknown payload", {"err": "gone"}),
        "decode": DecodeError("field: bad"),
        "rollup": RollupError("no state"),
        "defect": KeyError("secret"),
    }
    raise kinds[kind]


METHODS = {
    "add": add,
    "fail": fail,
    "echo": lambda value: value,
    "long": lambda: "x" * 100,
    "bytes": lambda: object(),
}
LIMITS = Limits(1 << 20, 4, 250)


def ask(request: Any, **options: Any) -> Any:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    answer = Dispatcher(METHODS, LIMITS, **options).answer(body)
    return json.loads(answer) if answer else None


def call(method: str, /, *params: Any, **fields: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params, **fields}


def test_results() -> None:
    assert ask(call("add", 1)) == {"jsonrpc": "2.0", "id": 7, "result": 11}
    assert ask(call("add", 1, 2)) == {"jsonrpc": "2.0", "id": 7, "result": 3}
    assert ask(call("echo", {"a": [None]}, id="x")) == {"jsonrpc": "2.0", "id": "x", "result": {"a": [None]}}
    assert ask(call("long", params=None))["result"] == "x" * 100
    assert ask({"jsonrpc": "2.0", "id": 1, "method": "long"})["result"] == "x" * 100


@pytest.mark.parametrize("call_id", [0, -1, 10**30, 1.5, "", "\x00ü", None, True])
def test_ids_come_back_as_they_are(call_id: Any) -> None:
    assert ask(call("add", 1, id=call_id))["id"] == call_id


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (b"", -32700, "parse error"),
        (b"{", -32700, "parse error"),
        (b"\xff", -32700, "parse error"),
        (b"[" * 100_000, -32700, "nested too deeply"),
        (b'{"jsonrpc":"2.0","id":' + b"9" * 10_000 + b"}", -32700, "parse error"),
        (b"5", -32600, "invalid request"),
        (b"null", -32600, "invalid request"),
        (b"{}", -32600, "invalid request"),
        (b"[]", -32600, "empty batch"),
        ([call("add", 1)] * 5, -32600, "batch too large"),
        (call("add", 1, jsonrpc="1.0"), -32600, "invalid request"),
        (call("add", 1, id=[]), -32600, "invalid request"),
        (call("add", 1, id={}), -32600, "invalid request"),
        (call("add", 1, method=5), -32600, "invalid request"),
        (call("add", 1, method=""), -32600, "invalid request"),
        (call("none"), -32601, "the method none does not exist/is not available"),
        (call("n" * 5000), -32601, f"the method {'n' * 100} does not exist/is not available"),
        (call("add", params={"first": 1}), -32602, "non-array args"),
        (call("add"), -32602, "missing value for required argument 0"),
        (call("add", None), -32602, "missing value for required argument 0"),
        (call("add", 1, 2, 3), -32602, "too many arguments, want at most 2"),
        (call("fail", "decode"), -32602, "invalid argument: field: bad"),
        (call("fail", "rollup"), -32000, "no state"),
        (call("fail", "defect"), -32603, "internal error"),
        (call("bytes"), -32603, "internal error"),
    ],
)
def test_errors(request_: Any, code: int, text: str) -> None:
    answer = ask(request_)
    assert set(answer) == {"jsonrpc", "id", "error"}
    assert answer["error"]["code"] == code
    assert text in answer["error"]["message"]
    assert "data" not in answer["error"]


def test_errors_with_data() -> None:
    expected = {"code": -38001, "message": "Unknown payload", "data": {"err": "gone"}}
    assert ask(call("fail", "coded"))["error"] == expected


def test_defects_are_reported_but_not_to_the_client() -> None:
    seen: list[tuple[str, Exception]] = []
    answer = ask(call("fail", "defect"), on_defect=lambda name, exc: seen.append((name, exc)))
    assert "secret" not in str(answer)
    assert [(name, type(exc)) for name, exc in seen] == [("fail", KeyError)]


def test_notifications_have_no_answer() -> None:
    notification = {"jsonrpc": "2.0", "method": "add", "params": [1]}
    assert ask(notification) is None
    assert ask({**notification, "method": "fail"}) is None
    assert ask([notification, notification]) is None
    assert ask([notification, call("add", 1)]) == [{"jsonrpc": "2.0", "id": 7, "result": 11}]


def test_batches() -> None:
    answers = ask([call("add", 1, id=1), 5, call("fail", "rollup", id=2)])
    assert [answer["id"] for answer in answers] == [1, None, 2]
    assert answers[0]["result"] == 11
    assert [answer["error"]["code"] for answer in answers[1:]] == [-32600, -32000]


def test_batches_with_large_answers_are_cut_short() -> None:
    notification = {"jsonrpc": "2.0", "method": "fail"}
    answers = ask([call("long", id=1), call("long", id=2), call("long", id={}), 3])
    assert [answer["id"] for answer in answers] == [1, 2, None, None]
    assert [answer["error"]["code"] for answer in answers[2:]] == [-32003, -32003]
    answers = ask([*[call("long", id=n) for n in range(3)], notification])
    assert len(answers) == 3


def test_batches_that_take_long_are_cut_short() -> None:
    times = iter([10.0, 11.0, 12.0, 12.5])
    limits = Limits(1 << 20, 10, 1 << 20, batch_seconds=2.0)
    dispatcher = Dispatcher(METHODS, limits, clock=lambda: next(times))
    answers = json.loads(dispatcher.answer(json.dumps([call("add", 1, id=n) for n in range(3)]).encode()))
    assert [answer.get("result") for answer in answers] == [11, 11, None]
    assert answers[2]["error"] == {"code": -32002, "message": "request timed out"}


def test_of_two_equal_keys_the_last_counts() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"none","method":"add","params":[1]}'
    assert ask(body)["result"] == 11


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from([*METHODS, "none", ""]) | json_values
messages = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | json_values,
        "id": st.integers() | json_values,
        "method": names,
        "params": st.lists(st.sampled_from([1, "coded", "defect", None]), max_size=3) | json_values,
    },
)


def check_answer(answer: bytes, batch: bool) -> None:
    if not answer:
        return
    value = json.loads(answer)
    assert isinstance(value, list) <= batch
    for item in value if isinstance(value, list) else [value]:
        assert item["jsonrpc"] == "2.0"
        assert set(item) in ({"jsonrpc", "id", "result"}, {"jsonrpc", "id", "error"})
        if "error" in item:
            assert isinstance(item["error"]["code"], int)
            assert isinstance(item["error"]["message"], str)


@given(st.binary(max_size=60))
@example(b'{"jsonrpc":"2.0","id":"\\ud800","method":"add","params":[1]}')
@example(b'{"jsonrpc":"2.0","id":1e999,"method":"add","params":[1]}')
@example(b"\xef\xbb\xbf{}")
def test_any_bytes_get_an_answer(body: bytes) -> None:
    answer = Dispatcher(METHODS, LIMITS).answer(body)
    assert answer
    check_answer(answer, True)


@given(messages | st.lists(messages | json_values, max_size=5) | json_values)
def test_any_json_gets_an_answer(message: Any) -> None:
    check_answer(Dispatcher(METHODS, LIMITS).answer(json.dumps(message).encode()), isinstance(message, list))


def test_a_class_is_no_method() -> None:
    """``list`` would answer like a method without parameters, until somebody gives it one."""
    with pytest.raises(TypeError, match="not the class list"):
        Method.of(list)
