"""The super roots that a node knows, with what of L1 they need: ``superroot_atTimestamp``.

Specification: interop/superroot.md, "RPC API".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from pyoprollup.errors import DecodeError, Unavailable
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.ref_json import block_id_from_json
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.super_root import ChainIDAndOutput, OptimisticBlock, SuperV1, super_root
from pyoprollup.eth.types import to_quantity
from pyoprollup.rpc.errors import RpcError
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.ports import RpcCaller

__all__ = [
    "OutputWithRequiredL1",
    "SuperNodeClient",
    "SuperNodeRootProvider",
    "SuperNodeUnavailable",
    "SuperRootAtTimestamp",
    "SuperRootData",
]

_MAX_CHAIN_ID = (1 << 256) - 1


class SuperNodeUnavailable(Unavailable):
    """The node gives no answer, or none that can be right."""


@dataclass(frozen=True, slots=True)
class OutputWithRequiredL1:
    """A chain's block at a time, before messages are checked, and the L1 block that it takes to derive it."""

    block: OptimisticBlock
    required_l1: BlockID


@dataclass(frozen=True, slots=True)
class SuperRootData:
    """The super output at a time, and the L1 block that it takes to derive and check all of it."""

    verified_required_l1: BlockID
    super: SuperV1


@dataclass(frozen=True, slots=True)
class SuperRootAtTimestamp:
    """What a node knows about a time.

    ``current_l1`` is the L1 block that it is at: those before it are dealt with. ``chain_ids`` are the chains
    that there are; ``optimistic`` has those of them that have a block at that time, by chain id. ``data`` is
    ``None`` if not all have one that is checked. Up to ``safe_timestamp`` all is safe now,
    and up to ``finalized_timestamp`` final.
    """

    current_l1: BlockID
    chain_ids: tuple[int, ...] = ()
    optimistic: Mapping[int, OutputWithRequiredL1] = field(default_factory=dict)
    data: SuperRootData | None = None
    safe_timestamp: int = 0
    finalized_timestamp: int = 0

    @classmethod
    def from_json(cls, value: Any, timestamp: int) -> SuperRootAtTimestamp:
        """The answer of a node about ``timestamp``.

        Raises :class:`DecodeError` if it is malformed, contradicts itself, or is about another time.
        """
        obj = QuantityReader(value, "super root")
        outputs = obj.optional("optimistic_at_timestamp", obj.object) or {}
        if not isinstance(outputs, dict):
            raise DecodeError("super root.optimistic_at_timestamp: expected an object")
        data = obj.optional("data", obj.object)
        return cls(
            block_id_from_json(obj.object("current_l1"), "super root.current_l1"),
            tuple(sorted([_chain_id(item) for item in obj.items("chain_ids")])),
            {_chain_id(key): _output(item) for key, item in outputs.items()},
            None if data is None else _data(data, timestamp),
            obj.optional("safe_timestamp", obj.uint64) or 0,
            obj.optional("finalized_timestamp", obj.uint64) or 0,
        )


def _chain_id(value: Any) -> int:
    """A chain id, which is text here: decimal, or hexadecimal behind ``0x``."""
    if isinstance(value, str) and len(value) <= 78 and value.isascii() and value.isalnum():
        try:
            number = int(value, 16 if value[:2] in ("0x", "0X") else 10)
        except ValueError:
            pass
        else:
            if number <= _MAX_CHAIN_ID:
                return number
    raise DecodeError(f"chain id: expected a number as text, got {str(value)[:80]!r}")


def _output(value: Any) -> OutputWithRequiredL1:
    obj = QuantityReader(value, "output")
    parts = QuantityReader(obj.object("output"), "output.output")
    output = OutputV0(
        parts.hash("stateRoot"), parts.hash("messagePasserStorageRoot"), parts.hash("blockHash")
    )
    root = obj.hash("output_root")
    if output.root() != root:
        raise DecodeError("output.output_root: not the root of its output")
    required = block_id_from_json(obj.object("required_l1"), "output.required_l1")
    return OutputWithRequiredL1(OptimisticBlock(output.block_hash, root), required)


def _data(value: Any, timestamp: int) -> SuperRootData:
    obj = QuantityReader(value, "super root.data")
    parts = QuantityReader(obj.object("super"), "super")
    chains = [QuantityReader(item, "super.chains") for item in parts.items("chains")]
    found = SuperV1(
        parts.uint64("timestamp"),
        tuple([ChainIDAndOutput(_chain_id(c.object("ChainID")), c.hash("Output")) for c in chains]),
    )
    if found.timestamp != timestamp or super_root(found) != obj.hash("super_root"):
        raise DecodeError(f"super root.data: not the super root at {timestamp}")
    required = block_id_from_json(obj.object("verified_required_l1"), "super root.verified_required_l1")
    return SuperRootData(required, found)


class SuperNodeRootProvider(Protocol):
    """Knows super roots by their time."""

    @abstractmethod
    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        """What is known about a time (seconds); raises :class:`~pyoprollup.errors.Unavailable`."""


class SuperNodeClient:
    """A :class:`SuperNodeRootProvider` that asks a node. Nothing is tried twice."""

    def __init__(self, rpc: RpcCaller, name: str = "source of super roots") -> None:
        self._rpc = rpc
        self.name = name

    @classmethod
    def dial(cls, url: str, timeout: float = 10.0) -> Self:
        """A client over HTTP; ``timeout`` in seconds for each call."""
        return cls(JsonRpcClient(url, timeout=timeout), url)

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        """What the node knows about a time; raises :class:`SuperNodeUnavailable`."""
        try:
            answer = self._rpc.call("superroot_atTimestamp", to_quantity(timestamp))
            return SuperRootAtTimestamp.from_json(answer, timestamp)
        except (RpcError, DecodeError) as exc:
            raise SuperNodeUnavailable(f"{self.name}: super root at {timestamp}: {exc}") from exc

    def close(self) -> None:
        """Close the connections to the node."""
        self._rpc.close()
