"""Which contract a game is: by its type, and by the version that it says it has."""

from __future__ import annotations

from pyoprollup.bindings import DEFAULT_BATCH_SIZE, Contract, contract_version, parse_member
from pyoprollup.challenger.contracts.errors import UnsupportedGameType
from pyoprollup.challenger.contracts.fault_game import FaultDisputeGameContract
from pyoprollup.challenger.contracts.super_permissioned_game import SuperPermissionedDisputeGameContract
from pyoprollup.challenger.contracts.versions import SUPER_FAULT_GAME, fault_game_version, has_claims
from pyoprollup.challenger.contracts.zk_game import ZKDisputeGameContract
from pyoprollup.challenger.game_types import GameType, game_type_info
from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["AnyGameContract", "detect_game_type", "dispute_game_contract", "fault_dispute_game_contract"]

AnyGameContract = FaultDisputeGameContract | SuperPermissionedDisputeGameContract | ZKDisputeGameContract
"""A game that is played, or has a life cycle."""

_GAME_TYPE = Contract.of("dispute game", [parse_member("gameType() view -> (uint32)")])


def detect_game_type(address: Address, l1: L1Accounts, block: AtBlock) -> int:
    """The type that a game says it has, or an implementation that games are cloned from.

    Raises :class:`UnsupportedGameType` for one that is not at least closed by us.
    """
    game_type: int = _GAME_TYPE.at(address, l1).read("gameType", block=block)
    has_claims(game_type)
    return game_type


def fault_dispute_game_contract(
    game_type: int, address: Address, l1: L1Accounts, block: AtBlock, batch_size: int = DEFAULT_BATCH_SIZE
) -> FaultDisputeGameContract:
    """A game with claims; raises :class:`UnsupportedGameType` for types without them."""
    if not has_claims(game_type):
        raise UnsupportedGameType(f"games of type {game_type} have no claims")
    info = game_type_info(game_type)
    if info is not None and info.super_roots:
        return FaultDisputeGameContract(address, l1, SUPER_FAULT_GAME, batch_size)
    version = fault_game_version(contract_version(address, l1, block))
    return FaultDisputeGameContract(address, l1, version, batch_size)


def dispute_game_contract(
    game_type: int, address: Address, l1: L1Accounts, block: AtBlock, batch_size: int = DEFAULT_BATCH_SIZE
) -> AnyGameContract:
    """A game of whatever type that has a life cycle; raises :class:`UnsupportedGameType` for others."""
    if game_type == GameType.SUPER_PERMISSIONED:
        return SuperPermissionedDisputeGameContract(address, l1, batch_size)
    if game_type == GameType.ZK:
        return ZKDisputeGameContract(address, l1, batch_size)
    return fault_dispute_game_contract(game_type, address, l1, block, batch_size)
