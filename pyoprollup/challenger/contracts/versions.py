"""What the versions of game contracts differ in, all in one table.

The ABI of a version is in ``pyoprollup.bindings``; here is what has to be done otherwise.

Specification: fault-proof/stage-one/fault-dispute-game.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.bindings import NEWEST, Contract, load_contract
from pyoprollup.challenger.contracts.errors import UnsupportedGameType
from pyoprollup.challenger.game_types import GameType, Support, game_type_info

__all__ = ["FAULT_GAME_VERSIONS", "SUPER_FAULT_GAME", "GameVersion", "fault_game_version", "has_claims"]


@dataclass(frozen=True, slots=True)
class GameVersion:
    """A kind of game contract. The defaults are what the newest fault dispute game does.

    ``prefix`` is what the contract's version begins with. ``moves_name_claim``: a move carries the value of
    the claim that it disputes, so that it cannot hit another claim after a reorg of L1.
    ``resolves_in_parts``: ``resolveClaim`` looks at a number of children at a time.
    ``counts_both_clocks``: the duration in the contract is that of both sides together.
    ``marks_resolved_bonds``: a claim that is resolved has no bond but a mark in its place.
    ``has_l2_block_challenge``: the claimed block number can be proven wrong. ``is_closed_first``: the game
    is closed before bonds are paid out, which decides about their distribution.
    """

    contract: str = "FaultDisputeGame"
    prefix: str = ""
    moves_name_claim: bool = True
    resolves_in_parts: bool = True
    counts_both_clocks: bool = False
    marks_resolved_bonds: bool = False
    has_l2_block_challenge: bool = True
    is_closed_first: bool = True
    sequence_number: str = "l2BlockNumber"
    starting_number: str = "startingBlockNumber"

    @property
    def abi(self) -> Contract:
        """The functions of the version, as ``pyoprollup.bindings`` has them."""
        return load_contract(self.contract, f"{self.prefix}0" if self.prefix else NEWEST)


FAULT_GAME_VERSIONS = (
    GameVersion(
        prefix="0.8.",
        moves_name_claim=False,
        resolves_in_parts=False,
        counts_both_clocks=True,
        marks_resolved_bonds=True,
        has_l2_block_challenge=False,
        is_closed_first=False,
    ),
    GameVersion(prefix="0.18.", moves_name_claim=False, has_l2_block_challenge=False, is_closed_first=False),
    GameVersion(prefix="1.0.", moves_name_claim=False, has_l2_block_challenge=False, is_closed_first=False),
    GameVersion(prefix="1.1.", moves_name_claim=False, is_closed_first=False),
    GameVersion(prefix="1.2.", is_closed_first=False),
    GameVersion(prefix="1.3.", is_closed_first=False),
    GameVersion(),
)
"""Games about an output root, oldest first. The last stands for all versions that no other does."""

SUPER_FAULT_GAME = GameVersion(
    contract="SuperFaultDisputeGame",
    has_l2_block_challenge=False,
    sequence_number="l2SequenceNumber",
    starting_number="startingSequenceNumber",
)
"""Games about a super root, of which there is one version."""


def fault_game_version(version: str) -> GameVersion:
    """The row for what a contract says that its version is, such as ``1.2.0``."""
    return next(row for row in FAULT_GAME_VERSIONS if version.startswith(row.prefix))


def has_claims(game_type: int) -> bool:
    """Whether games of a type have a tree of claims; raises :class:`UnsupportedGameType`."""
    info = game_type_info(game_type)
    if info is None or info.support is Support.NAMED:
        raise UnsupportedGameType(f"there is no contract for games of type {game_type}")
    return game_type not in (GameType.SUPER_PERMISSIONED, GameType.ZK)
