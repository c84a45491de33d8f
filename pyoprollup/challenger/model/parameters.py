"""What a game is created with: depths and clocks of its kind, and what it is about on a chain.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Game Properties".
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.contracts.game_args import PERMISSIONED_LENGTH, PERMISSIONLESS_LENGTH, GameArgs
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH
from pyoprollup.challenger.model.anchor_state_registry import (
    AnchorStateRegistry,
    LegacyAnchorStateRegistry,
)
from pyoprollup.challenger.model.chain import Chain
from pyoprollup.challenger.model.delayed_weth import DelayedWETH
from pyoprollup.challenger.model.reverts import (
    BadExtraData,
    EmptyRevert,
    InvalidChallengePeriod,
    InvalidClockExtension,
    InvalidSplitDepth,
    MaxDepthTooLarge,
)
from pyoprollup.challenger.model.versions import GameRules
from pyoprollup.challenger.model.vm import VM
from pyoprollup.eth.types import U64_MAX, ZERO_ADDRESS, Address, Hash32

__all__ = ["GameLimits", "GameParameters"]


@dataclass(frozen=True, slots=True)
class GameLimits:
    """Depths, and times in seconds."""

    max_depth: int
    split_depth: int
    clock_extension: int
    max_clock_duration: int

    def check(self, rules: GameRules) -> None:
        """Refuse what an implementation refuses when it is deployed.

        Raises :class:`MaxDepthTooLarge`, :class:`InvalidSplitDepth` and :class:`InvalidClockExtension`.
        """
        if self.max_depth > MAX_GAME_DEPTH:
            raise MaxDepthTooLarge
        if not rules.strict_depths:
            if self.split_depth >= self.max_depth:
                raise InvalidSplitDepth
            self._check_extension(self.clock_extension)
            return
        if self.split_depth + 1 >= self.max_depth or self.split_depth < 2:
            raise InvalidSplitDepth
        self._check_extension(self.clock_extension * 2)

    def check_challenge_period(self, rules: GameRules, challenge_period: int) -> None:
        """Refuse an oracle whose challenge period does not fit into the clock.

        Raises :class:`InvalidChallengePeriod` and :class:`InvalidClockExtension`.
        """
        if rules.strict_depths:
            if challenge_period > U64_MAX:
                raise InvalidChallengePeriod
            self._check_extension(max(self.clock_extension * 2, self.clock_extension + challenge_period))

    def _check_extension(self, extension: int) -> None:
        if extension > min(U64_MAX, self.max_clock_duration):
            raise InvalidClockExtension


@dataclass(frozen=True, slots=True)
class GameParameters:
    """What a game is about. The last two are of permissioned games."""

    absolute_prestate: Hash32
    vm: VM
    anchor_state_registry: AnchorStateRegistry | LegacyAnchorStateRegistry
    weth: DelayedWETH
    l2_chain_id: int
    proposer: Address = ZERO_ADDRESS
    challenger: Address = ZERO_ADDRESS

    def pack(self, *, permissioned: bool = False) -> bytes:
        """The game arguments of the factory; permissioned games have proposer and challenger besides."""
        args = GameArgs(
            self.absolute_prestate,
            self.vm.address,
            self.anchor_state_registry.address,
            self.weth.address,
            self.l2_chain_id,
            self.proposer,
            self.challenger,
        )
        return args.pack_permissioned() if permissioned else args.pack_permissionless()

    @classmethod
    def unpack(cls, chain: Chain, packed: bytes, *, permissioned: bool) -> GameParameters:
        """The inverse of :meth:`pack`, with the contracts at those addresses.

        Raises :class:`BadExtraData` for another length, as games do that cannot tell where the bytes come
        from, and :class:`EmptyRevert` if there is another contract.
        """
        if len(packed) != (PERMISSIONED_LENGTH if permissioned else PERMISSIONLESS_LENGTH):
            raise BadExtraData
        args = GameArgs.parse(packed)
        machine = chain.at(args.vm)
        if not isinstance(machine, VM):
            raise EmptyRevert
        return cls(
            args.absolute_prestate,
            machine,
            chain.contract(AnchorStateRegistry, args.anchor_state_registry),
            chain.contract(DelayedWETH, args.weth),
            args.l2_chain_id,
            args.proposer,
            args.challenger,
        )
