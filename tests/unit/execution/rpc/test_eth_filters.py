"""Filters: what they tell after blocks and reorgs, and when they are forgotten."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.evm.genesis import Account
from pyoprollup.execution.rpc.eth_filters import FilterMethods
from pyoprollup.execution.rpc.eth_logs import LogLimits, LogMethods
from pyoprollup.l1.server.view import L1View
from pyoprollup.rpc.errors import JsonRpcError
from tests.unit.execution.rpc.support import LOGGER, Node, transfer, word
from tests.unit.l1.embedded.support import make_l1, raw

LOGS = Address(b"\x10" * 20)
"""Logs its input as data."""


class Bench:
    """An embedded L1 with a contract that logs."""

    def __init__(self, most_blocks: int = 100) -> None:
        self.l1 = make_l1({LOGS: Account(code=bytes.fromhex("366000600037366000a0"))})
        self.time = 0.0
        self._nonce = itertools.count()
        view, ids = L1View(self.l1), itertools.count()
        logs = LogMethods(view, LogLimits(blocks=most_blocks))
        made = FilterMethods(view, logs, now=lambda: self.time, new_id=lambda: f"0x{next(ids):x}")
        self.methods = made.methods()

    def ask(self, method: str, *params: Any) -> Any:
        return self.methods[f"eth_{method}"](*params)

    def block(self, *data: bytes) -> str:
        """Mine a block with such logs; returns its hash."""
        for each in data:
            self.l1.send(raw(next(self._nonce), to=LOGS, data=each, gas=50_000))
        return to_hex(self.l1.mine().hash)

    def told(self, name: str) -> list[tuple[str, bool]]:
        """Data of the logs, and whether they were taken away."""
        return [(log["data"], log["removed"]) for log in self.ask("getFilterChanges", name)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_new_blocks(bench: Bench) -> None:
    bench.block()
    name = bench.ask("newBlockFilter")
    assert bench.ask("getFilterChanges", name) == []
    blocks = [bench.block() for _ in range(3)]
    assert bench.ask("getFilterChanges", name) == blocks
    assert bench.ask("getFilterChanges", name) == []
    bench.l1.reorg(2)
    assert bench.ask("getFilterChanges", name) == []
    blocks = [bench.block() for _ in range(3)]
    assert bench.ask("getFilterChanges", name) == blocks


def test_new_logs(bench: Bench) -> None:
    bench.block(b"\1")
    name = bench.ask("newFilter", {"address": to_hex(LOGS)})
    other = bench.ask("newFilter", {"address": to_hex(bytes(20))})
    bench.block(b"\2", b"\3")
    bench.block()
    bench.block(b"\4")
    assert bench.told(name) == [("0x02", False), ("0x03", False), ("0x04", False)]
    assert bench.told(name) == [] == bench.told(other)


def test_a_reorg_takes_logs_away(bench: Bench) -> None:
    name = bench.ask("newFilter", {})
    bench.block(b"\1")
    block = bench.block(b"\2")
    assert len(bench.told(name)) == 2
    bench.l1.reorg(1)
    other = bench.block()  # with the transaction that came back to the pool
    told = bench.ask("getFilterChanges", name)
    assert [(log["data"], log["removed"], log["blockHash"]) for log in told] == [
        ("0x02", True, block),
        ("0x02", False, other),
    ]


def test_a_reorg_that_nobody_has_seen_is_not_told_of(bench: Bench) -> None:
    name = bench.ask("newFilter", {})
    bench.block(b"\1")
    bench.l1.reorg(1)
    bench.block()
    assert bench.told(name) == [("0x01", False)]


def test_bounds(bench: Bench) -> None:
    late = bench.ask("newFilter", {"fromBlock": "0x2"})
    early = bench.ask("newFilter", {"fromBlock": "earliest", "toBlock": "0x1"})
    head = bench.ask("newFilter", {"fromBlock": "latest", "toBlock": "latest"})
    bench.block(b"\1")
    bench.block(b"\2")
    assert [bench.told(name) for name in (late, early)] == [[("0x02", False)], [("0x01", False)]]
    assert len(bench.told(head)) == 2


def test_all_logs(bench: Bench) -> None:
    bench.block(b"\1")
    name = bench.ask("newFilter", {"fromBlock": "0x0"})
    bench.block(b"\2")
    assert [log["data"] for log in bench.ask("getFilterLogs", name)] == ["0x01", "0x02"]
    assert bench.told(name) == [("0x02", False)], "that does not count as having been told"


def test_what_is_no_filter(bench: Bench) -> None:
    blocks, logs = bench.ask("newBlockFilter"), bench.ask("newFilter", {})
    assert bench.ask("uninstallFilter", logs) is True
    assert bench.ask("uninstallFilter", logs) is False
    assert bench.ask("uninstallFilter", [logs]) is False
    for method, name in (
        *(("getFilterChanges", logs), ("getFilterLogs", logs), ("getFilterLogs", blocks)),
        *(("getFilterChanges", None), ("getFilterChanges", {})),
    ):
        with pytest.raises(JsonRpcError, match="filter not found"):
            bench.ask(method, name)


def test_filters_are_forgotten_when_nobody_asks(bench: Bench) -> None:
    kept, lost = bench.ask("newBlockFilter"), bench.ask("newBlockFilter")
    for _ in range(3):
        bench.time += 200
        bench.ask("getFilterChanges", kept)
    with pytest.raises(JsonRpcError, match="filter not found"):
        bench.ask("getFilterChanges", lost)


def test_there_is_an_end_to_the_number_of_filters(bench: Bench) -> None:
    for _ in range(500):
        bench.ask("newBlockFilter")
    with pytest.raises(JsonRpcError, match="500 filters already"):
        bench.ask("newFilter", {})
    bench.time += 301
    bench.ask("newFilter", {})


def test_there_is_an_end_to_what_one_call_looks_at() -> None:
    bench = Bench(most_blocks=3)
    name = bench.ask("newFilter", {})
    for _ in range(4):
        bench.block()
    with pytest.raises(JsonRpcError, match="more than 3 blocks"):
        bench.ask("getFilterChanges", name)
    with pytest.raises(JsonRpcError, match="filter not found"):
        bench.ask("getFilterChanges", name)


@pytest.mark.parametrize(
    ("criteria", "text"),
    [
        ({"fromBlock": "0x5", "toBlock": "0x4"}, "invalid block range"),
        ({"fromBlock": "pending"}, "pending logs"),
        ({"fromBlock": "safe"}, "earliest or latest"),
        ({"fromBlock": 1}, "earliest or latest"),
        ({"blockHash": "0x" + "11" * 32}, "blockHash"),
        ({"address": ["0x" + f"{index:040x}" for index in range(101)]}, "use eth_getLogs"),
        ({"topics": [["0x" + f"{index:064x}" for index in range(60)]] * 2}, "use eth_getLogs"),
        ([], "filter"),
        (None, "filter"),
    ],
)
def test_criteria_that_are_refused(bench: Bench, criteria: Any, text: str) -> None:
    with pytest.raises((JsonRpcError, DecodeError), match=text):
        bench.ask("newFilter", criteria)


def test_an_engine_has_them_too() -> None:
    node = Node.start()
    blocks, logs = node.call("eth_newBlockFilter"), node.call("eth_newFilter", {"address": to_hex(LOGGER)})
    assert blocks != logs and len(blocks) == 34
    sent = [transfer(0), transfer(1, to=LOGGER, data=word(5), value=0)]
    made = to_hex(node.advance(sent).payload.block_hash)
    assert node.call("eth_getFilterChanges", blocks) == [made]
    (log,) = node.call("eth_getFilterChanges", logs)
    assert (log["blockHash"], log["data"]) == (made, to_hex(word(5)))
    assert node.call("eth_uninstallFilter", logs) is True
