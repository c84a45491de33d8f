"""Whether sources of super roots agree with a root claim about several chains at a time.

A source answers ``superroot_atTimestamp``. As with rollup nodes it has a vote only once it is past the game's
L1 head, in games that are played as in ZK games.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from pyoprollup.dispute_mon.agreement import NodeAnswer, decide
from pyoprollup.dispute_mon.types import Agreement
from pyoprollup.errors import DecodeError, Unavailable
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.ref_json import block_id_from_json
from pyoprollup.eth.types import U64_MAX, Hash32, to_quantity
from pyoprollup.rpc.errors import RpcError
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.ports import RpcCaller

__all__ = ["SuperRootClient", "SuperRootResponse", "SuperRootSource", "agree_on_super_root"]


@dataclass(frozen=True, slots=True)
class SuperRootResponse:
    """``current_l1``: the number of the L1 block that is worked on. ``root`` is ``None`` if there is none.

    ``required_l1`` is the number of the first L1 block with all data that the root needs.
    """

    current_l1: int
    root: Hash32 | None = None
    required_l1: int = 0

    @classmethod
    def from_json(cls, value: Any) -> SuperRootResponse:
        """Read the answer to ``superroot_atTimestamp``; raises :class:`DecodeError`."""
        if not isinstance(value, dict):
            raise DecodeError("super root: expected a JSON object")
        current = block_id_from_json(value.get("current_l1"), "super root.current_l1").number
        data = value.get("data")
        if data is None:
            return cls(current)
        required = data.get("verified_required_l1") if isinstance(data, dict) else None
        number = block_id_from_json(required, "super root.data.verified_required_l1").number
        return cls(current, QuantityReader(data, "super root.data").hash("super_root"), number)


class SuperRootSource(Protocol):
    """Something that tells super roots."""

    @abstractmethod
    def super_root_at_timestamp(self, timestamp: int) -> SuperRootResponse:
        """What it knows about a time; raises :class:`~pyoprollup.errors.Unavailable` without an answer."""


class SuperRootClient:
    """A source over JSON-RPC."""

    def __init__(self, rpc: RpcCaller, name: str = "super root source") -> None:
        self._rpc = rpc
        self.name = name

    @classmethod
    def dial(cls, url: str, timeout: float = 10.0) -> Self:
        """A client over HTTP; ``timeout`` in seconds for each call."""
        return cls(JsonRpcClient(url, timeout=timeout), url)

    def close(self) -> None:
        """Close the connections to the source."""
        self._rpc.close()

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootResponse:
        """What the source knows about a time."""
        try:
            answer = self._rpc.call("superroot_atTimestamp", to_quantity(timestamp))
            return SuperRootResponse.from_json(answer)
        except (RpcError, DecodeError) as exc:
            raise Unavailable(f"{self.name}: {exc}") from exc


def agree_on_super_root(
    sources: Sequence[SuperRootSource],
    timestamp: int,
    root_claim: Hash32,
    l1_head_number: int,
    *,
    safety_matters: bool = True,
) -> Agreement:
    """Whether the sources agree with a claim about a super root; raises ``CouldNotCheck``."""
    if timestamp > U64_MAX:
        return Agreement(False)
    answers = [_ask(source, timestamp, l1_head_number) for source in sources]
    return decide(answers, root_claim, safety_matters=safety_matters, name="super-root-source-{}".format)


def _ask(source: SuperRootSource, timestamp: int, l1_head_number: int) -> NodeAnswer:
    try:
        found = source.super_root_at_timestamp(timestamp)
    except Unavailable as exc:
        return NodeAnswer(error=str(exc) or type(exc).__name__)
    if found.current_l1 <= l1_head_number:
        return NodeAnswer(out_of_sync=True)
    return NodeAnswer(found.root, found.root is not None and found.required_l1 <= l1_head_number)
