from __future__ import annotations

import json
from typing import Any

from pyoprollup.proposer import ProposerAPI
from pyoprollup.rpc.jsonrpc import Dispatcher
from tests.unit.proposer.support import Bench


def test_stops_and_starts_by_json_rpc() -> None:
    bench = Bench()
    server = Dispatcher(ProposerAPI(bench.proposer).methods())

    def call(method: str) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": []}
        return json.loads(server.answer(json.dumps(request).encode()))

    assert call("admin_startProposer")["error"]["message"] == "proposer is already running"
    assert call("admin_stopProposer")["result"] is None
    assert call("admin_stopProposer")["error"]["message"] == "proposer is not running"
    bench.run(40)
    assert bench.games() == []
    assert call("admin_startProposer")["result"] is None
    bench.run(40)
    assert bench.numbers() == [20]
