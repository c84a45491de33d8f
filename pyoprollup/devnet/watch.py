"""Watching a devnet: every event of its nodes and what passes between its parts, each with its time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from pyoprollup.conductor import NoOpConductor
from pyoprollup.derive import AttributesWithParent
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.engine import PayloadInfo
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Address, Hash32, to_hex
from pyoprollup.events import Event, EventRecorder, Recorded, ResetEvent, event_name
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config
from pyoprollup.p2p.gossip import GossipEvent
from pyoprollup.sources.l1 import L1Receipt

__all__ = ["Happening", "Listener", "Watch", "WatchedConductor", "WatchedL1"]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened: ``source`` said ``event``, and ``targets`` took note.

    ``node``: within which node, empty for what passes between nodes, batcher, users and L1. ``time``: in
    seconds since genesis. ``details`` is fit for JSON; blocks have ``number`` and ``hash``.
    """

    time: float
    node: str
    source: str
    event: str
    targets: tuple[str, ...]
    details: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """A line of a trace."""
        return {
            "time": round(self.time, 3),
            "node": self.node or None,
            "from": self.source,
            "event": self.event,
            "to": list(self.targets),
            **({"details": dict(self.details)} if self.details else {}),
        }


Listener = Callable[[Happening], None]


class Watch:
    """Counts what the report needs, and tells listeners everything.

    One watch is for one devnet. Without listeners it costs next to nothing.
    """

    def __init__(self, *listeners: Listener) -> None:
        self.listeners = list(listeners)
        self.resets: Counter[str] = Counter()
        """By node."""
        self.restarts: Counter[str] = Counter()
        """Of the sequencer and of the batcher, which is restarted along with it."""
        self.published = 0
        """Gossip messages of the sequencer."""
        self.gossip: Counter[str] = Counter()
        """Gossip messages that came in, by what became of them."""
        self._now: Callable[[], float] = lambda: 0.0

    def start(self, now: Callable[[], float]) -> None:
        """``now`` gives seconds since genesis."""
        self._now = now

    def tell(self, source: str, event: str, *targets: str, **details: Any) -> None:
        """Something passes between parts of the devnet."""
        if self.listeners:
            self._spread("", source, event, targets, {name: _plain(item) for name, item in details.items()})

    def _spread(
        self, node: str, source: str, event: str, targets: tuple[str, ...], details: Mapping[str, Any]
    ) -> None:
        happening = Happening(self._now(), node, source, event, targets, details)
        for listener in self.listeners:
            listener(happening)

    def on_restart(self, what: str) -> None:
        """A part of the devnet was killed, and begins anew."""
        self.restarts[what] += 1
        self.tell("devnet", "restart", what)

    # --- nodes

    def recorder(self, node: str, then: EventRecorder | None = None) -> EventRecorder:
        """A recorder for a node's events, which passes them on to ``then``."""
        return _NodeRecorder(self, node, then)

    def on_event(self, node: str, recorded: Recorded) -> None:
        """A node's queue has delivered an event."""
        if isinstance(recorded.event, ResetEvent):
            self.resets[node] += 1
        if self.listeners:
            name, details = event_name(recorded.event), _details(recorded.event)
            self._spread(node, recorded.emitter, name, recorded.handlers, details)

    def on_published(self, node: str, envelope: ExecutionPayloadEnvelope) -> None:
        """A node has sent a block to its peers."""
        self.published += 1
        self.tell(node, "publish", "gossip", block=envelope)

    def on_gossip(self, node: str, event: GossipEvent) -> None:
        """A gossip message has come to a node."""
        reason = event.verdict.reason
        verdict = "accepted" if reason is None else reason.value
        self.gossip[verdict] += 1
        details = {} if event.verdict.envelope is None else {"block": event.verdict.envelope}
        self.tell("gossip", "message", node, verdict=verdict, **details)


class _NodeRecorder(EventRecorder):
    """Keeps nothing itself."""

    def __init__(self, watch: Watch, node: str, then: EventRecorder | None) -> None:
        super().__init__(limit=0)
        self._watch, self._node, self._then = watch, node, then

    def record(self, recorded: Recorded) -> None:
        self._watch.on_event(self._node, recorded)
        if self._then is not None:
            self._then.record(recorded)


class WatchedConductor(NoOpConductor):
    """Agrees with everything, and tells the watch."""

    def __init__(self, watch: Watch, node: str) -> None:
        self._watch, self._node = watch, node

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        self._watch.tell(self._node, "commit-unsafe-payload", "conductor", block=envelope)


class WatchedL1(EmbeddedL1):
    """Tells the watch of each transaction that a service sends, and of its receipt the first time."""

    def __init__(self, config: EmbeddedL1Config, alloc: Mapping[Address, Account], watch: Watch) -> None:
        super().__init__(config, alloc)
        self._watch = watch
        self._unseen: set[Hash32] = set()

    def send_transaction(self, raw: bytes) -> Hash32:
        sent = super().send_transaction(raw)
        self._unseen.add(sent)
        self._watch.tell("batcher", "send-transaction", "l1", transaction=sent)
        return sent

    def transaction_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        receipt = super().transaction_receipt(tx_hash)
        if receipt is not None and tx_hash in self._unseen:
            self._unseen.discard(tx_hash)
            block = BlockID(receipt.block_hash, receipt.block_number)
            self._watch.tell("l1", "receipt", "batcher", transaction=tx_hash, block=block)
        return receipt


# --- details


def _details(event: Event) -> dict[str, Any]:
    return {
        field.name: _plain(value)
        for field in fields(event)
        if (value := getattr(event, field.name)) is not None
    }


def _plain(value: Any) -> Any:
    """A value as JSON: blocks by number and hash, attributes by what they are built on."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return to_hex(value)
        case L2BlockRef():
            return {**_block(value.number, value.hash), "l1_origin": value.l1_origin.number}
        case BlockID() | L1BlockRef():
            return _block(value.number, value.hash)
        case ExecutionPayloadEnvelope():
            return _payload(value.payload)
        case PayloadInfo():
            return to_hex(value.id)
        case AttributesWithParent():
            return {**_attributes(value), "source": _source(value.source)}
        case _ if hasattr(value, "attributes") and is_dataclass(value):
            return _attributes(value)
    return str(value)


def _block(number: int, block_hash: bytes) -> dict[str, Any]:
    return {"number": number, "hash": to_hex(block_hash)}


def _payload(payload: ExecutionPayload) -> dict[str, Any]:
    block = _block(payload.block_number, payload.block_hash)
    return {**block, "transactions": len(payload.transactions)}


def _attributes(value: Any) -> dict[str, Any]:
    attributes = value.attributes
    return {
        "number": value.parent.number + 1,
        "parent": to_hex(value.parent.hash),
        "timestamp": attributes.timestamp,
        "transactions": len(attributes.transactions),
    }


def _source(source: BatchSource | None) -> dict[str, Any] | None:
    """The channel that a batch came in, and the transactions that the channel came in."""
    channel = None if source is None else source.channel
    if source is None or channel is None:
        return None
    data = [frame.data for frame in channel.frames if frame is not None and frame.data is not None]
    return {
        "channel": channel.id.hex(),
        "compression": source.compression,
        "frames": len(channel.frames),
        "bytes": channel.size,
        "transactions": list(dict.fromkeys(to_hex(each.tx_hash) for each in data)),
        "l1_blocks": sorted({each.block.number for each in data}),
    }
