"""Watching a devnet: every event of its nodes and what passes between its parts, each with its time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from pyoprollup.conductor import NoOpConductor
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.events import Event, EventRecorder, Happening, Level, Recorded, ResetEvent, Tell, event_name
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config, L1Store
from pyoprollup.sources.l1 import L1Receipt
from pyoprollup.telemetry import plain

__all__ = ["Watch", "WatchedConductor", "WatchedL1"]


class Watch:
    """Counts what the report needs, and tells listeners everything.

    One watch is for one devnet. Without listeners it costs next to nothing.
    """

    def __init__(self, *listeners: Tell) -> None:
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
            self._spread(Happening(source, event, _plain(details), targets=targets))

    def teller(self, node: str) -> Tell:
        """The ``tell`` of a node's components."""

        def tell(happening: Happening) -> None:
            if happening.source == "gossip" and happening.event == "message":
                # Between nodes, as what is published is.
                self.gossip[happening.details["verdict"]] += 1
                happening = replace(happening, targets=(node,))
            else:
                happening = replace(happening, node=node)
            if self.listeners:
                self._spread(replace(happening, details=_plain(happening.details)))

        return tell

    def _spread(self, happening: Happening) -> None:
        happening = replace(happening, time=self._now())
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
            self._spread(
                Happening(recorded.emitter, name, details, Level.DEBUG, recorded.handlers, node=node)
            )

    def on_published(self, node: str, envelope: ExecutionPayloadEnvelope) -> None:
        """A node has sent a block to its peers."""
        self.published += 1
        self.tell(node, "publish", "gossip", block=envelope)


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

    def __init__(
        self,
        config: EmbeddedL1Config,
        alloc: Mapping[Address, Account],
        watch: Watch,
        store: L1Store | None = None,
    ) -> None:
        super().__init__(config, alloc, store)
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


def _plain(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in details.items()}


def _details(event: Event) -> dict[str, Any]:
    values = ((field.name, getattr(event, field.name)) for field in fields(event))
    return {name: plain(value) for name, value in values if value is not None}
