"""What the monitor has to say about single games, for people to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pyoprollup.eth.types import Address
from pyoprollup.events import Level

__all__ = ["Notice", "NoticeKind"]

_WARNING, _ERROR = Level.WARNING, Level.ERROR


class NoticeKind(Enum):
    """What there is to say, with how much attention it deserves."""

    UNEXPECTED_RESULT = "unexpected-result", _ERROR, "the game has ended as it should not"
    UNEXPECTED_FORECAST = "unexpected-forecast", _WARNING, "as things stand the game ends as it should not"
    CANNOT_BE_IN_PROGRESS = "cannot-be-in-progress", _ERROR, "a game that ends as it is made is in progress"
    PROPOSAL_CONTRADICTS = "proposal-contradicts", _ERROR, "the proposal is over and the game is not"
    VALID_BLOCK_CHALLENGED = "valid-block-challenged", _WARNING, "the number of a right block was challenged"
    HONEST_CLAIM_LOST = "honest-claim-lost", _ERROR, "a claim of an honest account was countered for good"
    RESOLVED_IN_FIRST_HALF = (
        "resolved-in-first-half",
        _ERROR,
        "a claim was resolved before any clock can have run out",
    )
    CLAIM_OVERDUE = "claim-overdue", _WARNING, "a claim could be resolved and is not"
    GAME_OVERDUE = "game-overdue", _WARNING, "the game could be resolved and is not"
    COLLATERAL_MISSING = "collateral-missing", _ERROR, "less is held for bonds than is owed"
    CREDIT_TOO_HIGH = "credit-too-high", _WARNING, "more credit than there should be"
    CREDIT_GONE_EARLY = "credit-gone-early", _ERROR, "credit is gone that could not be withdrawn yet"
    WITHDRAWAL_DIFFERS = "withdrawal-differs", _ERROR, "another amount was unlocked than the credit"
    WITHDRAWAL_TOO_EARLY = (
        "withdrawal-too-early",
        _ERROR,
        "something was unlocked before it is known who gets it",
    )
    WITHDRAWAL_NOT_BEGUN = "withdrawal-not-begun", _WARNING, "credit of an honest account was not unlocked"
    CREDIT_UNCLAIMED = "credit-unclaimed", _WARNING, "an honest account can withdraw and has not"
    NODES_DISAGREE = "nodes-disagree", _WARNING, "the nodes have different answers about the root"

    def __init__(self, event: str, level: Level, text: str) -> None:
        self.event = event
        self.level = level
        self.text = text


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a game, or about a contract that holds bonds of several (then ``game`` is ``None``)."""

    kind: NoticeKind
    game: Address | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
