"""The contracts of dispute games, by version, with the values of :mod:`pyoprollup.challenger.game`.

``factory`` lists the games and says what those of a type are made of, ``detect`` makes the contract of one by
its type and version. ``game`` has what all games can do, ``fault_game`` claims, moves and steps; ``versions``
is the one table of what versions differ in. ``claims`` reads thousands of claims and checks that they form a
game. ``oracle`` takes pre-images, ``delayed_weth`` holds bonds, ``anchor_state_registry`` the confirmed root.

Reads are of the state after the block that is given, which should be one hash for a whole look at a game.
Nothing here sends: transactions are handed out.
"""

from __future__ import annotations

from pyoprollup.challenger.contracts.anchor_state_registry import AnchorRoot, AnchorStateRegistryContract
from pyoprollup.challenger.contracts.claims import MAX_CLAIMS, game_of_claims
from pyoprollup.challenger.contracts.delayed_weth import DelayedWETHContract
from pyoprollup.challenger.contracts.detect import (
    AnyGameContract,
    detect_game_type,
    dispute_game_contract,
    fault_dispute_game_contract,
)
from pyoprollup.challenger.contracts.errors import (
    ContractsError,
    InvalidAddLeaves,
    InvalidGameArgs,
    MalformedGame,
    NumberTooLarge,
    TooManyEntries,
    UnsupportedGameType,
    UnsupportedPreimage,
    require_u64,
)
from pyoprollup.challenger.contracts.factory import GameFactoryContract, game_parameters
from pyoprollup.challenger.contracts.fault_game import MAX_CHILD_CHECKS, FaultDisputeGameContract
from pyoprollup.challenger.contracts.game import BondedGameContract, DisputeGameContract
from pyoprollup.challenger.contracts.game_args import GameArgs, ZKGameArgs
from pyoprollup.challenger.contracts.large_preimages import parse_metadata
from pyoprollup.challenger.contracts.oracle import PreimageOracleContract
from pyoprollup.challenger.contracts.super_permissioned_game import SuperPermissionedDisputeGameContract
from pyoprollup.challenger.contracts.values import (
    BondDistributionMode,
    Collateral,
    ExtendedMetadata,
    GameDepths,
    GameRange,
    GenericMetadata,
    ProposalStatus,
    WithdrawalRequest,
    ZKBondMetadata,
    ZKChallengerMetadata,
)
from pyoprollup.challenger.contracts.versions import GameVersion, fault_game_version
from pyoprollup.challenger.contracts.vm import VMContract
from pyoprollup.challenger.contracts.zk_game import ZKDisputeGameContract

__all__ = [
    "MAX_CHILD_CHECKS",
    "MAX_CLAIMS",
    "AnchorRoot",
    "AnchorStateRegistryContract",
    "AnyGameContract",
    "BondDistributionMode",
    "BondedGameContract",
    "Collateral",
    "ContractsError",
    "DelayedWETHContract",
    "DisputeGameContract",
    "ExtendedMetadata",
    "FaultDisputeGameContract",
    "GameArgs",
    "GameDepths",
    "GameFactoryContract",
    "GameRange",
    "GameVersion",
    "GenericMetadata",
    "InvalidAddLeaves",
    "InvalidGameArgs",
    "MalformedGame",
    "NumberTooLarge",
    "PreimageOracleContract",
    "ProposalStatus",
    "SuperPermissionedDisputeGameContract",
    "TooManyEntries",
    "UnsupportedGameType",
    "UnsupportedPreimage",
    "VMContract",
    "WithdrawalRequest",
    "ZKBondMetadata",
    "ZKChallengerMetadata",
    "ZKDisputeGameContract",
    "ZKGameArgs",
    "detect_game_type",
    "dispute_game_contract",
    "fault_dispute_game_contract",
    "fault_game_version",
    "game_of_claims",
    "game_parameters",
    "parse_metadata",
    "require_u64",
]
