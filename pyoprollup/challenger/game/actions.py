"""What a player can do in a game: move, step, or challenge the block number of the root claim."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, PreimageOracleData
from pyoprollup.eth.types import Hash32

__all__ = ["Action", "ChallengeL2BlockNumber", "Move", "Step"]


@dataclass(frozen=True, slots=True)
class Move:
    """A new claim: an attack on ``parent``, or a defence of it."""

    parent: Claim
    is_attack: bool
    value: Hash32


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction, executed by the contract against the claim ``parent`` at the maximum depth.

    An attack executes the step that the claim is about, a defence the one after it.
    """

    parent: Claim
    is_attack: bool
    prestate: bytes
    proof: bytes
    preimage: PreimageOracleData | None


@dataclass(frozen=True, slots=True)
class ChallengeL2BlockNumber:
    """The proof that the root claim is of another block than it says."""

    challenge: L2BlockNumberChallenge


Action = Move | Step | ChallengeL2BlockNumber
