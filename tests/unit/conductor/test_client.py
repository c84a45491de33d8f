from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.conductor import (
    ClusterMembership,
    ConductorApi,
    ConductorBadAnswer,
    ConductorError,
    ConductorRefused,
    ConductorUnavailable,
    ServerInfo,
    Suffrage,
)
from pyoprollup.rpc.errors import JsonRpcError, RpcUnavailable
from tests.unit.conductor.support import ENVELOPE, Script

A = {"id": "a", "addr": "10.0.0.1:50050", "suffrage": 0}
B = {"id": "b", "addr": "10.0.0.2:50050", "suffrage": 1}
SERVER_A = ServerInfo("a", "10.0.0.1:50050", Suffrage.VOTER)
SERVER_B = ServerInfo("b", "10.0.0.2:50050", Suffrage.NONVOTER)

METHODS: list[tuple[str, tuple[Any, ...], str, Any, Any]] = [
    ("leader", (), "leader", True, True),
    ("active", (), "active", False, False),
    ("commit_unsafe_payload", (ENVELOPE,), "commitUnsafePayload", None, None),
    ("override_leader", (True,), "overrideLeader", None, None),
    ("leader_overridden", (), "leaderOverridden", True, True),
    ("pause", (), "pause", None, None),
    ("resume", (), "resume", None, None),
    ("stop", (), "stop", None, None),
    ("paused", (), "paused", False, False),
    ("stopped", (), "stopped", False, False),
    ("sequencer_healthy", (), "sequencerHealthy", True, True),
    ("leader_with_id", (), "leaderWithID", A, SERVER_A),
    ("leader_with_id", (), "leaderWithID", None, None),
    (
        *("cluster_membership", (), "clusterMembership", {"servers": [A, B], "version": 4}),
        ClusterMembership((SERVER_A, SERVER_B), 4),
    ),
    ("add_server_as_voter", ("c", "host:1", 3), "addServerAsVoter", None, None),
    ("add_server_as_nonvoter", ("c", "host:1", 0), "addServerAsNonvoter", None, None),
    ("remove_server", ("c", 5), "removeServer", None, None),
    ("transfer_leader", (), "transferLeader", None, None),
    ("transfer_leader_to_server", ("b", "host:1"), "transferLeaderToServer", None, None),
]


@pytest.mark.parametrize(("name", "arguments", "method", "answer", "expected"), METHODS)
def test_methods(name: str, arguments: tuple[Any, ...], method: str, answer: Any, expected: Any) -> None:
    script = Script(answer)
    assert getattr(ConductorApi(script), name)(*arguments) == expected
    sent = tuple(ENVELOPE.to_json() if argument is ENVELOPE else argument for argument in arguments)
    assert script.calls == [(f"conductor_{method}", *sent)]


def test_errors() -> None:
    with pytest.raises(ConductorRefused, match="conductor_leader: node is not the leader") as refused:
        ConductorApi(Script(JsonRpcError(-32000, "node is not the leader"))).leader()
    assert refused.value.code == -32000
    with pytest.raises(ConductorUnavailable, match="conductor_active: no route"):
        ConductorApi(Script(RpcUnavailable("no route"))).active()
    with pytest.raises(ConductorBadAnswer):
        ConductorApi(Script("true")).leader()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["servers", "version", "id", "addr", "suffrage"]), inner)
    ),
    max_leaves=8,
)


@given(json_values, st.sampled_from(["leader", "leader_with_id", "cluster_membership"]))
def test_any_answer_is_read_or_refused(value: Any, name: str) -> None:
    try:
        getattr(ConductorApi(Script(value)), name)()
    except ConductorError:
        return
