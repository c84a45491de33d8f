"""Gets the bonds of finished games back, and closes games so that the anchor moves.

Specification: fault-proof/stage-one/bond-incentives.md; fault-proof/stage-one/fault-dispute-game.md,
"Closing", "Claim Credit".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from pyoprollup.bindings import ContractTransaction, GameMetadata, NotSupported
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.sender import InFlight, NotifyingSender, candidate
from pyoprollup.errors import RollupError
from pyoprollup.eth.types import Address, Hash32, to_hex
from pyoprollup.events import Level, News
from pyoprollup.sources.l1 import AtBlock, CallFailed

__all__ = ["BondContract", "BondContractCreator", "Claimer"]


class BondContract(Protocol):
    """A game as who is owed its bonds sees it. Reads raise what contracts do."""

    @abstractmethod
    def is_closed(self, block: AtBlock) -> bool: ...

    @abstractmethod
    def credit(self, recipient: Address, block: AtBlock) -> tuple[int, GameStatus]:
        """Wei that a recipient may claim, and how the game stands."""

    @abstractmethod
    def claim_credit_tx(self, recipient: Address, block: AtBlock) -> ContractTransaction:
        """Raises ``CallFailed`` if the credit is still locked."""

    @abstractmethod
    def close_game_tx(self, block: AtBlock) -> ContractTransaction:
        """Raises ``CallFailed`` if it is too early, ``NotSupported`` if such games are not closed."""


BondContractCreator = Callable[[GameMetadata, Hash32], BondContract]
"""The contract of a game, as it is after an L1 block. May raise any ``RollupError``."""


class Claimer:
    """Claims for each of the ``claimants``. In ``selective`` mode it closes no game for its own sake.

    What is done with for good it remembers, so that of a month's games only few are looked at.
    """

    def __init__(
        self,
        create: BondContractCreator,
        sender: NotifyingSender,
        claimants: Sequence[Address],
        metrics: ChallengerMetrics,
        news: News,
        *,
        selective: bool = False,
    ) -> None:
        self._create = create
        self._sender = sender
        self._claimants = claimants
        self._metrics = metrics
        self._news = news
        self._selective = selective
        self._done: set[GameMetadata] = set()
        self._anew = False

    def begin_anew(self) -> None:
        """L1 was reorganized: nothing is done with for good. To be called by any thread."""
        self._anew = True

    def claim_bonds(self, games: Iterable[GameMetadata], block: Hash32) -> None:
        """Look at all games after an L1 block. One that fails never stops the others."""
        failed = False
        if self._anew:
            self._anew = False
            self._done.clear()
        games = list(games)
        self._done.intersection_update(games)
        for game in games:
            if game in self._done:
                continue
            try:
                if self._deal_with(game, block):
                    self._done.add(game)
            except InFlight:
                continue
            except RollupError as error:
                failed = True
                self._news("bonds-unclaimed", Level.ERROR, error=error, game=to_hex(game.proxy))
        self._metrics.claim_failures += failed

    def _deal_with(self, game: GameMetadata, block: Hash32) -> bool:
        """Whether there is nothing left to do about a game.

        What is sent, and what fails for one claimant, is raised at the end: the others are dealt with.
        """
        contract = self._create(game, block)
        in_flight: InFlight | None = None
        failed: RollupError | None = None
        any_credit = False
        for claimant in self._claimants:
            try:
                any_credit |= self._claim_bond(contract, game, claimant, block)
            except InFlight as exc:
                in_flight = exc
            except RollupError as exc:
                failed = exc
        if failed is not None:
            raise failed
        if in_flight is not None:
            raise in_flight
        if any_credit:
            return False
        return self._close(contract, game, block)

    def _claim_bond(
        self, contract: BondContract, game: GameMetadata, claimant: Address, block: Hash32
    ) -> bool:
        """Whether there is, or may still be, credit; it is claimed if it can be."""
        credit, status = contract.credit(claimant, block)
        if status is GameStatus.IN_PROGRESS:
            return True
        if credit == 0:
            return False
        try:
            transaction = contract.claim_credit_tx(claimant, block)
        except CallFailed:
            return True  # It is locked still.
        self._news("claiming-credit", game=to_hex(game.proxy), claimant=to_hex(claimant), credit=credit)
        self._sender.send_and_wait("claim credit", [candidate(transaction)], lambda: self._claimed(credit))
        return True

    def _claimed(self, credit: int) -> None:
        self._metrics.bonds_claimed += credit

    def _close(self, contract: BondContract, game: GameMetadata, block: Hash32) -> bool:
        """Whether the game is closed, for good; if it can be, it is closed now."""
        if contract.is_closed(block):
            return True
        if self._selective:
            return False
        try:
            transaction = contract.close_game_tx(block)
        except NotSupported:
            return True
        except CallFailed:
            return False  # It is too early.
        self._news("closing-game", game=to_hex(game.proxy))
        try:
            self._sender.send_and_wait("close game", [candidate(transaction)])
        except InFlight:
            raise
        except RollupError:
            if contract.is_closed(block):
                return True  # Somebody else was faster.
            raise
        return False
