"""A model of the contracts of dispute games, in Python, to be read beside the Solidity and to be played on.

One module for each contract: the factory, the fault dispute game (moves, steps in ``fault_dispute_game``,
its end in ``resolution``, what it keeps in ``game_state``), the permissioned game, the anchor registry, the
vault of the bonds, the oracle of pre-images (``preimage_oracle`` and ``large_preimages``), the machine of
tests. They are objects on a :class:`Chain`, which has the balances and the events. A call says who makes it
and when (:class:`Call`); there is no clock and no block. What a contract refuses raises a
:class:`~pyoprollup.challenger.model.reverts.Revert`, and then nothing has changed. ``versions`` says what
differs between the generations of the contracts.

Specification: fault-proof/stage-one/fault-dispute-game.md and the documents beside it.
"""

from __future__ import annotations

from pyoprollup.challenger.model.anchor_state_registry import (
    AnchorStateRegistry,
    LegacyAnchorStateRegistry,
    OutputRoot,
)
from pyoprollup.challenger.model.chain import Call, Chain, Emitted, Precompiles
from pyoprollup.challenger.model.delayed_weth import DelayedWETH
from pyoprollup.challenger.model.factory import CreatedGame, DisputeGameFactory, game_uuid
from pyoprollup.challenger.model.fault_dispute_game import FaultDisputeGame
from pyoprollup.challenger.model.game_state import BondMode, GameOrigin
from pyoprollup.challenger.model.implementation import GameImplementation
from pyoprollup.challenger.model.large_preimages import Proposal
from pyoprollup.challenger.model.parameters import GameLimits, GameParameters
from pyoprollup.challenger.model.permissioned_dispute_game import PermissionedDisputeGame
from pyoprollup.challenger.model.preimage_oracle import PreimageOracle
from pyoprollup.challenger.model.reverts import EmptyRevert, ErrorString, Panic, Revert
from pyoprollup.challenger.model.system_config import SystemConfig
from pyoprollup.challenger.model.versions import GAME_RULES, ORACLE_RULES, GameRules, OracleRules
from pyoprollup.challenger.model.vm import VM, AlphabetVM

__all__ = [
    "GAME_RULES",
    "ORACLE_RULES",
    "VM",
    "AlphabetVM",
    "AnchorStateRegistry",
    "BondMode",
    "Call",
    "Chain",
    "CreatedGame",
    "DelayedWETH",
    "DisputeGameFactory",
    "Emitted",
    "EmptyRevert",
    "ErrorString",
    "FaultDisputeGame",
    "GameImplementation",
    "GameLimits",
    "GameOrigin",
    "GameParameters",
    "GameRules",
    "LegacyAnchorStateRegistry",
    "OracleRules",
    "OutputRoot",
    "Panic",
    "PermissionedDisputeGame",
    "Precompiles",
    "PreimageOracle",
    "Proposal",
    "Revert",
    "SystemConfig",
    "game_uuid",
]
