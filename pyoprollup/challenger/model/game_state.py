"""What a game keeps, and the small functions that all of its parts share."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model.ancestors import DisputedOutputs, find_outputs
from pyoprollup.challenger.model.anchor_state_registry import OutputRoot
from pyoprollup.challenger.model.chain import Call, Chain
from pyoprollup.challenger.model.parameters import GameLimits, GameParameters
from pyoprollup.challenger.model.reverts import GameNotInProgress, Panic
from pyoprollup.challenger.model.versions import GameRules
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32

__all__ = ["BondMode", "Checkpoint", "GameOrigin", "GameState"]


class BondMode(IntEnum):
    """Who gets the bonds: decided when a game is closed. Games 1.x know no modes."""

    UNDECIDED = 0
    NORMAL = 1
    REFUND = 2


@dataclass(frozen=True, slots=True)
class GameOrigin:
    """How a game was created: its identity, its creator, and the L1 block before it."""

    game_type: int
    creator: Address
    root_claim: Hash32
    l1_head: Hash32
    extra_data: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the children of a claim have been looked at: so many of them, and the best answer so far."""

    complete: bool = False
    children: int = 0
    leftmost: int = 0
    countered_by: Address = ZERO_ADDRESS


class GameState:
    """A game's storage, and what it was created with."""

    def __init__(
        self,
        chain: Chain,
        rules: GameRules,
        limits: GameLimits,
        parameters: GameParameters,
        origin: GameOrigin,
    ) -> None:
        self.chain = chain
        self.rules = rules
        self.limits = limits
        self.parameters = parameters
        self.origin = origin
        self.address = ZERO_ADDRESS
        self.created_at = 0
        self.resolved_at = 0
        self.status = GameStatus.IN_PROGRESS
        self.starting_output_root = OutputRoot(ZERO_HASH, 0)
        self.was_respected_game_type_when_created = False
        self.l2_block_number_challenged = False
        self.l2_block_number_challenger = ZERO_ADDRESS
        self.claims: list[Claim] = []
        self.subgames: defaultdict[int, list[int]] = defaultdict(list)
        """The children of each claim, in the order in which they were made."""
        self.resolved_subgames: set[int] = set()
        self.checkpoints: defaultdict[int, Checkpoint] = defaultdict(Checkpoint)
        self.bond_distribution_mode = BondMode.UNDECIDED
        self.normal_mode_credit: defaultdict[Address, int] = defaultdict(int)
        self.refund_mode_credit: defaultdict[Address, int] = defaultdict(int)
        self.has_unlocked_credit: set[Address] = set()
        self._made: set[tuple[int, int, Hash32]] = set()
        """Parent, position and value of each move."""

    @property
    def game_type(self) -> int:
        return self.origin.game_type

    @property
    def game_creator(self) -> Address:
        return self.origin.creator

    @property
    def root_claim(self) -> Hash32:
        return self.origin.root_claim

    @property
    def l1_head(self) -> Hash32:
        return self.origin.l1_head

    @property
    def extra_data(self) -> bytes:
        return self.origin.extra_data

    @property
    def l2_block_number(self) -> int:
        """Of the root claim; games 2.x call it the L2 sequence number as well."""
        return int.from_bytes(self.origin.extra_data, "big")

    @property
    def defender_has_won(self) -> bool:
        return self.status is GameStatus.DEFENDER_WON

    def _in_progress(self) -> None:
        if self.status is not GameStatus.IN_PROGRESS:
            raise GameNotInProgress

    def _claim(self, index: int) -> Claim:
        if index >= len(self.claims):
            raise Panic(0x32)
        return self.claims[index]

    def _outputs(self, index: int) -> DisputedOutputs:
        return find_outputs(self.claims, index, self.limits.split_depth, self.starting_output_root.root)

    def _deposit(self, call: Call, depositor: Address) -> None:
        """Put the bond into the vault."""
        self.chain.transfer(call.sender, self.address, call.value)
        self.refund_mode_credit[depositor] += call.value
        self.parameters.weth.deposit(call.by(self.address, call.value))
