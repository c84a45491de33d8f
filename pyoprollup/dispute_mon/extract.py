"""Reads all games of a window, complete and at one L1 block, and asks nodes about their root claims.

A game that cannot be read, or whose contract lies, fails by itself: the others go on, and it stays as it was
when it could be read last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from pyoprollup.bindings import DisputeGameFactory, GameMetadata, NotSupported
from pyoprollup.challenger.contracts import AnchorStateRegistryContract
from pyoprollup.challenger.trace.super_node import SuperNodeRootProvider
from pyoprollup.dispute_mon.agreement import OutputNode
from pyoprollup.dispute_mon.enrich import Enricher
from pyoprollup.dispute_mon.errors import CouldNotCheck, WaitingForSource
from pyoprollup.dispute_mon.report import Extraction
from pyoprollup.dispute_mon.types import EnrichedGame, NodeEndpoints
from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import CallFailed, L1Accounts, L1Heads

__all__ = ["GameExtractor", "MonitoredL1", "Sources", "Workers", "one_by_one"]

T = TypeVar("T")
U = TypeVar("U")


class MonitoredL1(L1Accounts, L1Heads, Protocol):
    """L1 as the monitor needs it: contracts, and which blocks there are."""


class Workers(Protocol):
    """Does something for each of many, some of them at a time, as the ``map`` of an executor does."""

    def __call__(self, function: Callable[[T], U], items: Iterable[T], /) -> Iterable[U]: ...


def one_by_one(function: Callable[[T], U], items: Iterable[T], /) -> Iterable[U]:
    """The :class:`Workers` that are one."""
    return [function(item) for item in items]


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked which root claims are right: rollup nodes, and sources of super roots."""

    nodes: Sequence[OutputNode] = ()
    super_roots: Sequence[SuperNodeRootProvider] = ()


class GameExtractor:
    """Remembers the games of the last look. ``ignored`` are not looked at."""

    def __init__(
        self,
        l1: MonitoredL1,
        factory: Address,
        sources: Sources,
        ignored: frozenset[Address] = frozenset(),
        workers: Workers = one_by_one,
    ) -> None:
        self._l1 = l1
        self._factory = DisputeGameFactory(factory, l1)
        self._enricher = Enricher(l1, self._factory, sources.nodes, sources.super_roots)
        self._ignored = ignored
        self._workers = workers
        self._latest: dict[GameMetadata, EnrichedGame] = {}

    def extract(self, block: L1BlockRef, earliest: int, now: float) -> Extraction:
        """All games that were created at or after ``earliest``, as they are after a block.

        Raises what the L1 does if there is no list of games.
        """
        listed = list(self._factory.games_at_or_after(earliest, block.hash))
        wanted = [metadata for metadata in listed if metadata.proxy not in self._ignored]
        outcomes = self._workers(partial(self._outcome, block=block, now=now), wanted)
        latest: dict[GameMetadata, EnrichedGame] = {}
        failed: dict[GameMetadata, str] = {}
        waiting: set[GameMetadata] = set()
        unchecked: dict[GameMetadata, NodeEndpoints] = {}
        for metadata, outcome in zip(wanted, outcomes, strict=True):
            if not isinstance(outcome, RollupError):
                latest[metadata] = outcome
                continue
            if metadata in self._latest:
                latest[metadata] = self._latest[metadata]
            if isinstance(outcome, CouldNotCheck):
                unchecked[metadata] = outcome.endpoints
            if isinstance(outcome, WaitingForSource):
                waiting.add(metadata)
            else:
                failed[metadata] = f"{type(outcome).__name__}: {outcome}"
        self._latest = latest
        games = tuple(latest.values())
        return Extraction(
            block=block.id,
            games=games,
            ignored=len(listed) - len(wanted),
            failed=failed,
            waiting=frozenset(waiting),
            unchecked=unchecked,
            anchors=self._anchors(games, block),
        )

    def _outcome(self, metadata: GameMetadata, block: L1BlockRef, now: float) -> EnrichedGame | RollupError:
        try:
            game = self._enricher.enrich(metadata, block.hash)
        except RollupError as exc:
            return exc
        return replace(game, common=replace(game.common, updated_at=now))

    def _anchors(self, games: Sequence[EnrichedGame], block: L1BlockRef) -> dict[Address, int]:
        """The L2 numbers of anchors; old registries have one for each type, and are left out."""
        registries = {game.common.anchor_state_registry for game in games} - {None}
        anchors: dict[Address, int] = {}
        for address in sorted(filter(None, registries)):
            try:
                anchor = AnchorStateRegistryContract(address, self._l1).anchor_root(block.hash)
            except (CallFailed, DecodeError, NotSupported):
                continue
            anchors[address] = anchor.l2_sequence_number
        return anchors
