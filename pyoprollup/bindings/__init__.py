"""Contracts on L1 as proposer and challenger use them: typed calls, results, errors and events, by version.

``abi`` reads signatures, ``contract`` calls functions and decodes reverts and events, ``batch`` makes many
calls at one block, ``known`` has the ABIs of the contracts of proposals and disputes, and
``dispute_game_factory`` is the first of them with a class of its own. Nothing here sends: a
:class:`ContractTransaction` is given to a transaction manager.
"""

from __future__ import annotations

from pyoprollup.bindings.abi import CustomError, Event, Function, Member, Parameter, parse_member
from pyoprollup.bindings.batch import DEFAULT_BATCH_SIZE, read_all, try_all
from pyoprollup.bindings.contract import (
    BoundContract,
    Contract,
    ContractCall,
    ContractReverted,
    ContractTransaction,
    NotSupported,
)
from pyoprollup.bindings.dispute_game_factory import (
    DisputeGameCreated,
    DisputeGameFactory,
    FoundGame,
    GameMetadata,
)
from pyoprollup.bindings.known import KNOWN_CONTRACTS, NEWEST, contract_version, load_contract

__all__ = [
    "DEFAULT_BATCH_SIZE",
    "KNOWN_CONTRACTS",
    "NEWEST",
    "BoundContract",
    "Contract",
    "ContractCall",
    "ContractReverted",
    "ContractTransaction",
    "CustomError",
    "DisputeGameCreated",
    "DisputeGameFactory",
    "Event",
    "FoundGame",
    "Function",
    "GameMetadata",
    "Member",
    "NotSupported",
    "Parameter",
    "contract_version",
    "load_contract",
    "parse_member",
    "read_all",
    "try_all",
]
