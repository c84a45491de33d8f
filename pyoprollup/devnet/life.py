"""A block's life: from a user's transaction through sequencing, batching and derivation to finality."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pyoprollup.devnet.devnet import Devnet
from pyoprollup.engine.versions import forkchoice_updated_method, get_payload_method, new_payload_method
from pyoprollup.errors import RollupError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.types import to_hex
from pyoprollup.events import Happening
from pyoprollup.rollup import RollupConfig

__all__ = ["PARTICIPANTS", "PHASES", "BlockLife", "Life", "LifeError", "LifeRecorder", "Step"]

PARTICIPANTS = {
    "user": "User",
    "sequencer": "Sequencer",
    "engine": "Sequencer's engine",
    "conductor": "Conductor",
    "gossip": "Gossip",
    "verifier": "Verifier",
    "verifier-engine": "Verifier's engine",
    "batcher": "Batcher",
    "l1": "L1",
}
"""Who takes part, from left to right, and how they are called."""

PHASES = {
    1: "Phase 1: sequencing and unsafe propagation",
    2: "Phase 2: batching",
    3: "Phase 3: derivation, safe and finalized",
}

_NODES = ("sequencer", "verifier")
_HEADS = {
    "safe-derived": "safe",
    "finalized-update": "ref",
    "l1-unsafe": "ref",
    "finalize-l1": "finalized_l1",
}
"""Events that say how far something has come, and by which block."""


class LifeError(RollupError):
    """The block is not there, so it had no life."""


@dataclass(frozen=True, slots=True)
class Step:
    """``source`` tells ``target`` something, or does something itself if they are the same.

    ``row`` is the step's place in the flow of the phase, ``time`` in seconds since genesis. An ``answer``
    belongs to the step before.
    """

    phase: int
    row: str
    time: float
    source: str
    target: str
    text: str
    answer: bool = False


class Life(Protocol):
    """What a diagram shows: who told whom what, in phases."""

    steps: tuple[Step, ...]

    @property
    @abstractmethod
    def title(self) -> str:
        """Whose life it is."""

    @property
    @abstractmethod
    def participants(self) -> Mapping[str, str]:
        """Who takes part, from left to right, and how they are called."""

    @property
    @abstractmethod
    def phases(self) -> Mapping[int, str]:
        """The phases, by their numbers in the flow."""


@dataclass(frozen=True, slots=True)
class BlockLife(Life):
    """All steps of a block."""

    number: int
    hash: str
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        return f"L2 block {self.number} ({_short(self.hash)})"

    @property
    def participants(self) -> Mapping[str, str]:
        return PARTICIPANTS

    @property
    def phases(self) -> Mapping[int, str]:
        return PHASES


class LifeRecorder:
    """A listener of the devnet's watch that keeps what has to do with one block."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._kept: list[Happening] = []

    def __call__(self, happening: Happening) -> None:
        if self._concerns(happening):
            self._kept.append(happening)

    def _concerns(self, happening: Happening) -> bool:
        details = happening.details
        if happening.node:
            if happening.node not in _NODES:
                return False
            if happening.event in _HEADS:
                return True
            if happening.event == "build-started":
                return bool(details["parent"]["number"] == self.number - 1)
            return any(_number(value) == self.number for value in details.values())
        return "block" not in details or "l1" in happening.source or _number(details["block"]) == self.number

    def life(self, devnet: Devnet) -> BlockLife:
        """The life of the block that is canonical now; raises :class:`LifeError`."""
        if not 0 < self.number <= devnet.sequencer.driver.heads.unsafe.number:
            raise LifeError(f"there is no L2 block {self.number} after genesis")
        payload = devnet.sequencer.payload_by_number(self.number)
        steps = _Steps(devnet.config, payload, tuple(self._kept))
        return BlockLife(self.number, steps.hash, tuple(steps.all()))


def _number(value: Any) -> int | None:
    number = value.get("number") if isinstance(value, dict) else None
    return number if isinstance(number, int) else None


def _short(text: str) -> str:
    return f"{text[:10]}..{text[-4:]}"


class _Steps:
    """Finds in what happened the steps that a block has gone through. Those that it has not are left out."""

    def __init__(
        self, config: RollupConfig, payload: ExecutionPayload, happened: tuple[Happening, ...]
    ) -> None:
        self.number, self.hash = payload.block_number, to_hex(payload.block_hash)
        self._config = config
        self._payload = payload
        self._happened = happened

    def all(self) -> Iterator[Step]:
        yield from self._sequencing()
        yield from self._propagation()
        yield from self._batching()
        yield from self._derivation()
        yield from self._finality()

    # --- finding

    def _find(
        self,
        node: str,
        event: str,
        fits: Callable[[Happening], bool] = lambda _happening: True,
        *,
        last: bool = False,
    ) -> Happening | None:
        found = (h for h in self._happened if h.node == node and h.event == event and fits(h))
        if not last:
            return next(found, None)
        return max(found, key=lambda h: h.time, default=None)

    def _is_ours(self, key: str) -> Callable[[Happening], bool]:
        def fits(happening: Happening) -> bool:
            value = happening.details.get(key)
            return isinstance(value, dict) and value.get("hash") == self.hash

        return fits

    @property
    def _block(self) -> str:
        return f"block {self.number}"

    # --- phase 1

    def _sequencing(self) -> Iterator[Step]:
        sealed = self._find("sequencer", "build-sealed", self._is_ours("envelope"))
        if sealed is None:
            return
        started = self._find(
            "sequencer",
            "build-start",
            lambda h: h.time <= sealed.time and h.source == "sequencer",
            last=True,
        )
        users = list(self._users(sealed.time))
        start = [] if started is None else list(self._start(started, sealed))
        # Users' transactions may come while the block is being built, and still be in it.
        yield from sorted([*users, *start], key=lambda step: step.time)
        at, size = sealed.time, sealed.details["envelope"]["transactions"]
        method = _no_prefix(get_payload_method(self._config, self._payload.timestamp))
        yield Step(1, "1.4", at, "sequencer", "engine", method)
        text = f"{self._block}, {_plural(size, 'transaction')}"
        yield Step(1, "1.4", at, "engine", "sequencer", text, True)

    def _start(self, started: Happening, sealed: Happening) -> Iterator[Step]:
        at, origin = started.time, sealed.details["ref"]["l1_origin"]
        yield Step(1, "1.1", at, "sequencer", "sequencer", f"its turn: {self._block}")
        yield Step(1, "1.2", at, "sequencer", "l1", f"next L1 origin under the drift: L1 block {origin}")
        method = _no_prefix(forkchoice_updated_method(self._config, self._attributes()))
        count = _plural(started.details["attributes"]["transactions"], "deposit")
        yield Step(1, "1.3", at, "sequencer", "engine", f"{method} (attributes, {count})")
        yield Step(1, "1.3", at, "engine", "sequencer", f"payload id {sealed.details['info']}", True)

    def _attributes(self) -> PayloadAttributes:
        """As far as the payload tells them."""
        payload = self._payload
        return PayloadAttributes(payload.timestamp, payload.prev_randao, payload.fee_recipient)

    def _users(self, until: float) -> Iterator[Step]:
        hashes = {to_hex(tx_hash(raw)) for raw in self._payload.transactions if raw[0] != DEPOSIT_TX_TYPE}
        sent = [h for h in self._happened if h.source == "user" and h.details.get("transaction") in hashes]
        if sent:
            text = f"eth_sendRawTransaction ({_plural(len(sent), 'transaction')})"
            yield Step(1, "", min(sent[0].time, until), "user", "sequencer", text)

    def _propagation(self) -> Iterator[Step]:
        committed = self._find("", "commit-unsafe-payload", self._is_ours("block"))
        if committed is not None:
            yield Step(1, "1.6", committed.time, "sequencer", "conductor", "CommitUnsafePayload")
            yield Step(1, "1.6", committed.time, "conductor", "sequencer", "committed", True)
        published = self._find("", "publish", self._is_ours("block"))
        if published is not None:
            yield Step(1, "1.7", published.time, "sequencer", "gossip", f"{self._block}, signed")
        processed = self._find("sequencer", "payload-success", self._is_ours("envelope"))
        if processed is not None:
            yield from self._insertion(1, ("1.8", "1.9"), processed.time, "sequencer")
        came = self._find("", "message", lambda h: self._is_ours("block")(h) and "verifier" in h.targets)
        if came is not None:
            text = f"{self._block}: {came.details['verdict']}"
            yield Step(1, "1.11", came.time, "gossip", "verifier", text)
        elif published is not None:
            yield Step(1, "1.11", published.time, "gossip", "gossip", "lost on its way")
        taken = self._find("verifier", "unsafe-update", self._is_ours("ref"))
        if taken is not None and self._built is None:
            yield from self._insertion(1, ("1.11", "1.11"), taken.time, "verifier")

    @property
    def _built(self) -> Happening | None:
        """That the verifier has built the block itself, since it did not come from the sequencer."""
        return self._find("verifier", "build-sealed", self._is_ours("envelope"))

    def _insertion(self, phase: int, rows: tuple[str, str], at: float, node: str) -> Iterator[Step]:
        engine = "engine" if node == "sequencer" else "verifier-engine"
        method = _no_prefix(new_payload_method(self._config, self._payload.timestamp))
        yield Step(phase, rows[0], at, node, engine, method)
        yield Step(phase, rows[0], at, engine, node, "VALID", True)
        text = f"{_no_prefix(forkchoice_updated_method(self._config, None))}: unsafe {self.number}"
        yield Step(phase, rows[1], at, node, engine, text)

    # --- phase 2

    def _source(self) -> tuple[Happening, dict[str, Any]] | None:
        """When the verifier derived the block, and from what; the last time, as L1 may have changed."""
        derived = self._find(
            "verifier",
            "derived-attributes",
            lambda h: _number(h.details["attributes"]) == self.number,
            last=True,
        )
        source = None if derived is None else derived.details["attributes"]["source"]
        return None if derived is None or source is None else (derived, source)

    def _batching(self) -> Iterator[Step]:
        found = self._source()
        if found is None:
            return
        source = found[1]
        hashes = source["transactions"]
        sent = [h for h in self._happened if h.event == "send-transaction"]
        sent = [h for h in sent if h.details["transaction"] in hashes]
        loaded = self._find("", "payload-by-number", self._is_ours("block"))
        if loaded is not None:
            yield Step(2, "2.2", loaded.time, "batcher", "sequencer", f"{self._block}?")
            yield Step(2, "2.2", loaded.time, "sequencer", "batcher", f"{self._block}", True)
        if sent:
            text = f"channel {source['channel'][:8]}: {_plural(source['frames'], 'frame')}, "
            text += f"{source['bytes']:,} bytes, {source['compression']}"
            yield Step(2, "2.3", sent[0].time, "batcher", "batcher", text)
        for each in sent:
            text = f"transaction {_short(each.details['transaction'])} to the inbox"
            yield Step(2, "2.4", each.time, "batcher", "l1", text)
        for number in source["l1_blocks"]:
            yield from self._included(number)
        yield from self._receipts(hashes)

    def _included(self, number: int) -> Iterator[Step]:
        block = self._find("", "block", lambda h: h.source == "l1" and _number(h.details["block"]) == number)
        if block is not None:
            yield Step(2, "2.4", block.time, "l1", "l1", f"in L1 block {number}")

    def _receipts(self, hashes: list[str]) -> Iterator[Step]:
        for happening in self._happened:
            if happening.event == "receipt" and happening.details["transaction"] in hashes:
                text = f"receipt: L1 block {_number(happening.details['block'])}"
                yield Step(2, "2.5", happening.time, "l1", "batcher", text)

    # --- phase 3

    def _derivation(self) -> Iterator[Step]:
        found = self._source()
        if found is None:
            return
        derived, source = found
        newest = max(source["l1_blocks"], default=0)
        head = self._find(
            "verifier",
            "l1-unsafe",
            lambda h: h.time <= derived.time and (_number(h.details["ref"]) or 0) >= newest,
        )
        if head is not None:
            text = f"new head: L1 block {_number(head.details['ref'])}"
            yield Step(3, "3.1", head.time, "l1", "verifier", text)
        text = f"frames, channel, batch: attributes of {self._block}"
        yield Step(3, "3.2", derived.time, "verifier", "verifier", text)
        built = self._built
        if built is None:
            text = "the unsafe block is just that one"
            yield Step(3, "3.6", derived.time, "verifier", "verifier", text)
        else:
            text = f"no such block yet: build {self._block}"
            yield Step(3, "3.6", built.time, "verifier", "verifier", text)
            yield from self._insertion(3, ("3.6", "3.6"), built.time, "verifier")
        yield from self._head("safe-derived", "3.3", "safe", derived.time)

    def _head(self, event: str, row: str, label: str, since: float = 0.0) -> Iterator[Step]:
        """The first time that a head is the block or above it."""
        key = _HEADS[event]
        moved = self._find(
            "verifier", event, lambda h: h.time >= since and (_number(h.details[key]) or 0) >= self.number
        )
        if moved is not None:
            method = _no_prefix(forkchoice_updated_method(self._config, None))
            text = f"{method}: {label} {_number(moved.details[key])}"
            yield Step(3, row, moved.time, "verifier", "verifier-engine", text)

    def _finality(self) -> Iterator[Step]:
        moved = list(self._head("finalized-update", "3.7", "finalized"))
        if not moved:
            return
        until = moved[0].time
        final = self._find("verifier", "finalize-l1", lambda h: h.time <= until, last=True)
        if final is not None:
            text = f"final: L1 block {_number(final.details['finalized_l1'])}"
            yield Step(3, "3.7", final.time, "l1", "verifier", text)
        yield from moved


def _no_prefix(method: str) -> str:
    return method.removeprefix("engine_")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
