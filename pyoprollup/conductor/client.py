"""The JSON-RPC methods of op-conductor, one function each.

Nothing is tried twice here. The methods raise :class:`ConductorError`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from pyoprollup.conductor.errors import ConductorBadAnswer, ConductorRefused, ConductorUnavailable
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.rpc.errors import JsonRpcError, RpcError
from pyoprollup.rpc.ports import RpcCaller

__all__ = ["ClusterMembership", "ConductorApi", "ServerInfo", "Suffrage"]

T = TypeVar("T")


class Suffrage(IntEnum):
    """What a server of the cluster may do."""

    VOTER = 0
    NONVOTER = 1
    """Gets the blocks, but neither votes nor leads."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A server of the cluster: its name, and the address at which the others reach it."""

    id: str
    addr: str
    suffrage: Suffrage


@dataclass(frozen=True, slots=True)
class ClusterMembership:
    """Who is in the cluster. ``version`` grows with each change; changes may insist on one."""

    servers: tuple[ServerInfo, ...]
    version: int


class ConductorApi:
    """A client of one op-conductor's JSON-RPC API."""

    def __init__(self, client: RpcCaller) -> None:
        self._client = client

    def close(self) -> None:
        """Close the connections to the server."""
        self._client.close()

    # --- what a node asks

    def leader(self) -> bool:
        """Whether this conductor leads, or is said to by an override."""
        return self._call(_boolean, "leader")

    def active(self) -> bool:
        """Whether it is neither paused nor stopped."""
        return self._call(_boolean, "active")

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Make a block the newest that the cluster agrees on."""
        self._call(_nothing, "commitUnsafePayload", envelope.to_json())

    # --- what operators do

    def override_leader(self, override: bool) -> None:
        """Have it say that it leads, whatever the cluster thinks; ``False`` ends that."""
        self._call(_nothing, "overrideLeader", override)

    def leader_overridden(self) -> bool:
        """Whether leadership is overridden by :meth:`override_leader`."""
        return self._call(_boolean, "leaderOverridden")

    def pause(self) -> None:
        """Leave the sequencer alone for a while."""
        self._call(_nothing, "pause")

    def resume(self) -> None:
        """Resume control of the sequencer after :meth:`pause`."""
        self._call(_nothing, "resume")

    def stop(self) -> None:
        """Shut the conductor down."""
        self._call(_nothing, "stop")

    def paused(self) -> bool:
        """Whether it is paused."""
        return self._call(_boolean, "paused")

    def stopped(self) -> bool:
        """Whether it is stopped."""
        return self._call(_boolean, "stopped")

    def sequencer_healthy(self) -> bool:
        """Whether its sequencer does well."""
        return self._call(_boolean, "sequencerHealthy")

    # --- the cluster

    def leader_with_id(self) -> ServerInfo | None:
        """The leader of the cluster; ``None`` if there is none."""
        return self._call(lambda value: None if value is None else _server(value), "leaderWithID")

    def cluster_membership(self) -> ClusterMembership:
        """The servers of the cluster and the version of the list."""
        return self._call(_membership, "clusterMembership")

    def add_server_as_voter(self, server_id: str, addr: str, version: int = 0) -> None:
        """Let a server in. ``version`` 0 goes with any membership."""
        self._call(_nothing, "addServerAsVoter", server_id, addr, version)

    def add_server_as_nonvoter(self, server_id: str, addr: str, version: int = 0) -> None:
        """Let a server in that has no vote."""
        self._call(_nothing, "addServerAsNonvoter", server_id, addr, version)

    def remove_server(self, server_id: str, version: int = 0) -> None:
        """Take a server out."""
        self._call(_nothing, "removeServer", server_id, version)

    def transfer_leader(self) -> None:
        """Have another server lead."""
        self._call(_nothing, "transferLeader")

    def transfer_leader_to_server(self, server_id: str, addr: str) -> None:
        """Have this server lead."""
        self._call(_nothing, "transferLeaderToServer", server_id, addr)

    def _call(self, read: Callable[[Any], T], name: str, *params: Any) -> T:
        method = f"conductor_{name}"
        try:
            result = self._client.call(method, *params)
        except JsonRpcError as exc:
            raise ConductorRefused(method, exc.code, exc.message) from exc
        except RpcError as exc:
            raise ConductorUnavailable(f"{method}: {exc}") from exc
        try:
            return read(result)
        except ValueError as exc:
            raise ConductorBadAnswer(f"{method}: {exc}") from exc


def _nothing(_value: Any) -> None:
    """These methods answer ``null``; what a newer server says beyond that does not matter."""


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("the answer is neither true nor false")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 64:
        raise ValueError("a number in the response is not a uint64")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a field of the response is not a string")
    return value


def _server(value: Any) -> ServerInfo:
    if not isinstance(value, dict):
        raise ValueError("a server is not an object")
    suffrage = Suffrage(_number(value.get("suffrage")))
    return ServerInfo(_text(value.get("id")), _text(value.get("addr")), suffrage)


def _membership(value: Any) -> ClusterMembership:
    servers = value.get("servers") if isinstance(value, dict) else None
    if not isinstance(servers, list):
        raise ValueError("the answer has no list of servers")
    return ClusterMembership(tuple(map(_server, servers)), _number(value.get("version")))
