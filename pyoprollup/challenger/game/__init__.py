"""The rules of a dispute game, and how an honest player plays it. Pure: no contract, no node, no clock.

``position`` is the tree over a trace, ``claims`` what has been said in it, ``clock`` the time of either side,
``bonds`` what a claim costs. ``solver`` finds what an honest player answers, with ``honest_claims`` in mind;
``rules`` holds an answer against what must never be, and ``resolution`` says how a game ends. What is true it
asks of a trace: ``trace`` has the protocols, and :mod:`pyoprollup.challenger.trace` the traces.

Specification: fault-proof/stage-one/fault-dispute-game.md; fault-proof/stage-one/honest-challenger-fdg.md;
fault-proof/stage-one/bond-incentives.md.
"""

from __future__ import annotations

from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH, required_bond
from pyoprollup.challenger.game.claims import NO_PARENT, Claim, ClaimKey, Game, claim_id
from pyoprollup.challenger.game.clock import Clock, chess_clock, clock_extension, next_duration
from pyoprollup.challenger.game.errors import ClaimNotFound, GameError, PositionError
from pyoprollup.challenger.game.honest_claims import HonestClaims
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.game.resolution import Resolution, resolve
from pyoprollup.challenger.game.rules import broken_rules
from pyoprollup.challenger.game.solver import GameSolver, NextActions
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import (
    BlobProof,
    L2BlockNumberChallenge,
    PreimageOracleData,
    StepData,
    StepUnsupported,
    TraceAccessor,
    TraceError,
    TraceProvider,
)

__all__ = [
    "MAX_GAME_DEPTH",
    "NO_PARENT",
    "ROOT_POSITION",
    "Action",
    "BlobProof",
    "ChallengeL2BlockNumber",
    "Claim",
    "ClaimKey",
    "ClaimNotFound",
    "Clock",
    "Game",
    "GameError",
    "GameSolver",
    "GameStatus",
    "HonestClaims",
    "L2BlockNumberChallenge",
    "Move",
    "NextActions",
    "Position",
    "PositionError",
    "PreimageOracleData",
    "Resolution",
    "Step",
    "StepData",
    "StepUnsupported",
    "TraceAccessor",
    "TraceError",
    "TraceProvider",
    "broken_rules",
    "chess_clock",
    "claim_id",
    "clock_extension",
    "next_duration",
    "required_bond",
    "resolve",
]
