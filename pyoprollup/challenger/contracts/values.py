"""What the contracts of disputes answer, where that is more than a number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pyoprollup.challenger.contracts.errors import MalformedGame
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32

__all__ = [
    "BondDistributionMode",
    "Collateral",
    "ExtendedMetadata",
    "GameDepths",
    "GameRange",
    "GenericMetadata",
    "ProposalStatus",
    "WithdrawalRequest",
    "ZKBondMetadata",
    "ZKChallengerMetadata",
    "game_status",
]


class BondDistributionMode(IntEnum):
    """Who gets the bonds of a game. It is decided when the game is closed.

    In ``NORMAL`` mode they go to the winners of the claims, in ``REFUND`` mode back to who posted them.
    ``LEGACY`` is our number for contracts without modes, which have winners only.
    """

    UNDECIDED = 0
    NORMAL = 1
    REFUND = 2
    LEGACY = 255


class ProposalStatus(IntEnum):
    """How the proposal of a ZK game stands."""

    UNCHALLENGED = 0
    CHALLENGED = 1
    UNCHALLENGED_AND_PROVEN = 2
    CHALLENGED_AND_PROVEN = 3
    RESOLVED = 4


def game_status(number: int) -> GameStatus:
    """A game's status by its number in contracts; raises :class:`MalformedGame`."""
    try:
        return GameStatus(number)
    except ValueError:
        raise MalformedGame(f"status: there is no {number}") from None


@dataclass(frozen=True, slots=True)
class GenericMetadata:
    """What every game says of itself.

    ``l2_sequence_number`` is that of an L2 block, or the timestamp of a super root. It is a ``uint256``: see
    :func:`~pyoprollup.challenger.contracts.errors.require_u64`.
    """

    l1_head: Hash32
    l2_sequence_number: int
    root_claim: Hash32
    status: GameStatus


@dataclass(frozen=True, slots=True)
class ExtendedMetadata:
    """A :class:`GenericMetadata`, and what is particular to games with claims.

    ``max_clock_duration`` is in seconds. ``l2_block_number_challenger`` is who has proven that the claimed
    block number is wrong.
    """

    l1_head: Hash32
    l2_sequence_number: int
    root_claim: Hash32
    status: GameStatus
    max_clock_duration: int = 0
    l2_block_number_challenged: bool = False
    l2_block_number_challenger: Address = ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class GameRange:
    """The L2 blocks, or timestamps, that a game is about: the last agreed one, and the claimed one."""

    prestate: int
    poststate: int


@dataclass(frozen=True, slots=True)
class GameDepths:
    """The depth of the leaves, and that of the last claims about output roots. Both are ``uint256``."""

    max_depth: int
    split_depth: int


@dataclass(frozen=True, slots=True)
class WithdrawalRequest:
    """What DelayedWETH holds for a recipient: wei, and when it was unlocked last (seconds since 1970).

    Both are zero if nothing was unlocked yet; after the withdrawal only the amount is.
    """

    amount: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Collateral:
    """The contract that holds a game's bonds, its balance in wei, and its delay in seconds."""

    weth: Address
    balance: int
    delay: int


@dataclass(frozen=True, slots=True)
class ZKChallengerMetadata:
    """How a ZK game stands. ``deadline`` is in seconds since 1970.

    ``parent_index`` is the place in the factory of the game that it builds on, 2**32 - 1 for none.
    """

    parent_index: int
    proposal_status: ProposalStatus
    challenger: Address
    prover: Address
    deadline: int
    root_claim: Hash32
    l2_sequence_number: int


@dataclass(frozen=True, slots=True)
class ZKBondMetadata:
    """Who created a ZK game, and the bonds in it, in wei."""

    game_creator: Address
    total_bonds: int
    challenger_bond: int
