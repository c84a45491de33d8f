"""The end of a game: its claims are resolved from the leaves upwards, and the bonds are given out.

A claim stands if none of those that answer it stands; otherwise the leftmost of these has countered it, and
its claimant gets the bond. A claim at the maximum depth falls by a step.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Resolution";
fault-proof/stage-one/bond-incentives.md, "Bond Payout".
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model.anchor_state_registry import AnchorStateRegistry, LegacyAnchorStateRegistry
from pyoprollup.challenger.model.chain import Call
from pyoprollup.challenger.model.game_state import BondMode, Checkpoint, GameState
from pyoprollup.challenger.model.reverts import (
    BondTransferFailed,
    ClaimAlreadyResolved,
    ClockNotExpired,
    GameNotFinalized,
    GameNotResolved,
    GamePaused,
    NoCreditToClaim,
    OutOfOrderResolution,
)
from pyoprollup.eth.types import ZERO_ADDRESS, Address

__all__ = ["Resolution"]

_ANY_POSITION = (1 << 128) - 1


class Resolution(GameState):
    """The part of a game that is about its end."""

    @abstractmethod
    def challenger_duration(self, index: int, now: int) -> int:
        """See :class:`FaultDisputeGame`, which knows the clocks."""

    # --- claims

    def get_num_to_resolve(self, index: int) -> int:
        """How many children of a claim have not been looked at."""
        return len(self.subgames.get(index, ())) - self.checkpoints.get(index, Checkpoint()).children

    def resolve_claim(self, call: Call, index: int, num_to_resolve: int) -> None:
        """Resolve a claim, or look at the next ``num_to_resolve`` of its children; 0 is all, the first time.

        Raises :class:`GameNotInProgress`, :class:`ClockNotExpired` while somebody could answer it,
        :class:`ClaimAlreadyResolved`, :class:`OutOfOrderResolution` if a child is not resolved.
        """
        call.without_value()
        self._in_progress()
        claim = self._claim(index)
        if self.challenger_duration(index, call.time) < self.limits.max_clock_duration:
            raise ClockNotExpired
        if index in self.resolved_subgames:
            raise ClaimAlreadyResolved
        children = self.subgames.get(index, [])
        if not children and index != 0:
            self._pay(call, index, claim.countered_by)
            return
        checkpoint = self._looked_at(self.checkpoints[index], children, num_to_resolve)
        self.checkpoints[index] = checkpoint
        if checkpoint.children == len(children):
            challenged = index == 0 and self.l2_block_number_challenged
            by = self.l2_block_number_challenger if challenged else checkpoint.countered_by
            self._pay(call, index, by)

    def _looked_at(self, checkpoint: Checkpoint, children: list[int], count: int) -> Checkpoint:
        """The checkpoint after ``count`` more children: the leftmost that stands is the best answer."""
        leftmost, by = checkpoint.leftmost, checkpoint.countered_by
        if not checkpoint.complete:
            leftmost = _ANY_POSITION
            count = count or len(children)
        end = min(checkpoint.children + count, len(children))
        for child in children[checkpoint.children : end]:
            if child not in self.resolved_subgames:
                raise OutOfOrderResolution
            claim = self.claims[child]
            if claim.countered_by == ZERO_ADDRESS and claim.position.gindex < leftmost:
                leftmost, by = claim.position.gindex, claim.claimant
        return Checkpoint(True, max(end, checkpoint.children), leftmost, by)

    def _pay(self, call: Call, index: int, countered_by: Address) -> None:
        """End of a claim: its bond goes to whoever countered it, or back."""
        claim = replace(self.claims[index], countered_by=countered_by)
        self.claims[index] = claim
        self.resolved_subgames.add(index)
        recipient = claim.claimant if countered_by == ZERO_ADDRESS else countered_by
        self.normal_mode_credit[recipient] += claim.bond
        if not self.rules.closes:
            self.parameters.weth.unlock(call.by(self.address), recipient, claim.bond)

    # --- the game

    def resolve(self, call: Call) -> GameStatus:
        """End the game, when its root claim has been resolved. Games 1.x move the anchor then.

        Raises :class:`GameNotInProgress` and :class:`OutOfOrderResolution`.
        """
        call.without_value()
        self._in_progress()
        if 0 not in self.resolved_subgames:
            raise OutOfOrderResolution
        stands = self.claims[0].countered_by == ZERO_ADDRESS
        self.status = GameStatus.DEFENDER_WON if stands else GameStatus.CHALLENGER_WON
        self.resolved_at = call.time
        self.chain.emit(self.address, "Resolved", int(self.status))
        registry = self.parameters.anchor_state_registry
        if isinstance(registry, LegacyAnchorStateRegistry):
            registry.try_update_anchor_state(self)
        return self.status

    def close_game(self, call: Call) -> None:
        """Decide who gets the bonds, once the result is final, and offer the game as anchor.

        Raises :class:`GamePaused`, :class:`GameNotResolved` and :class:`GameNotFinalized`.
        """
        call.without_value()
        mode = self._mode(call.time)
        self._close(call, mode)

    def _mode(self, now: int) -> BondMode:
        """The mode that the game has, or gets if it is closed now."""
        if self.bond_distribution_mode is not BondMode.UNDECIDED:
            return self.bond_distribution_mode
        registry = self._registry()
        if registry.paused:
            raise GamePaused
        if self.resolved_at == 0:
            raise GameNotResolved
        if not registry.is_finalized(self, now):
            raise GameNotFinalized
        return BondMode.NORMAL if registry.is_proper(self) else BondMode.REFUND

    def _close(self, call: Call, mode: BondMode) -> None:
        if self.bond_distribution_mode is BondMode.UNDECIDED:
            self._registry().try_set_anchor_state(call.by(self.address), self)
            self.bond_distribution_mode = mode
            self.chain.emit(self.address, "GameClosed", int(mode))

    def _registry(self) -> AnchorStateRegistry:
        registry = self.parameters.anchor_state_registry
        assert isinstance(registry, AnchorStateRegistry)
        return registry

    # --- credit

    def credit(self, recipient: Address) -> int:
        """Wei that are due to somebody, by the mode that the game has."""
        refund = self.bond_distribution_mode is BondMode.REFUND
        return (self.refund_mode_credit if refund else self.normal_mode_credit).get(recipient, 0)

    def claim_credit(self, call: Call, recipient: Address) -> None:
        """Pay out what is due to somebody.

        Games 2.x are closed if they are not; the first call for a recipient only unlocks the money in the
        vault. Raises what :meth:`close_game` does, :class:`NoCreditToClaim`, :class:`BondTransferFailed`,
        and the vault's :class:`ErrorString`.
        """
        call.without_value()
        if not self.rules.closes:
            self._pay_credit(call, recipient, self.normal_mode_credit.get(recipient, 0))
            return
        mode = self._mode(call.time)
        credits = self.refund_mode_credit if mode is BondMode.REFUND else self.normal_mode_credit
        credit = credits.get(recipient, 0)
        if recipient not in self.has_unlocked_credit:
            self._close(call, mode)
            self.has_unlocked_credit.add(recipient)
            self.parameters.weth.unlock(call.by(self.address), recipient, credit)
            return
        self._pay_credit(call, recipient, credit)

    def _pay_credit(self, call: Call, recipient: Address, credit: int) -> None:
        if credit == 0:
            raise NoCreditToClaim
        weth, by_game = self.parameters.weth, call.by(self.address)
        weth.check_withdrawal(by_game, recipient, credit)
        if recipient in self.chain.refusing:
            raise BondTransferFailed
        self.normal_mode_credit[recipient] = 0
        self.refund_mode_credit[recipient] = 0
        weth.withdraw(by_game, recipient, credit)
        self.chain.transfer(self.address, recipient, credit)
