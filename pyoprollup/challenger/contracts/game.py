"""What every dispute game can be asked and told, whatever is played in it.

All reads are of the state after the block that the caller gives: with one hash for all of them they are of
one moment. They raise what ``BoundContract.read`` does. A transaction that may fail is tried at that block
before it is given out, and raises :class:`~pyoprollup.bindings.ContractReverted` with the contract's error.

Specification: fault-proof/stage-one/dispute-game-interface.md, "DisputeGame Interface".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyoprollup.bindings import (
    DEFAULT_BATCH_SIZE,
    BoundContract,
    ContractTransaction,
    NotSupported,
    read_all,
)
from pyoprollup.challenger.contracts.delayed_weth import DelayedWETHContract
from pyoprollup.challenger.contracts.errors import MalformedGame
from pyoprollup.challenger.contracts.values import (
    BondDistributionMode,
    Collateral,
    GameRange,
    GenericMetadata,
    WithdrawalRequest,
    game_status,
)
from pyoprollup.challenger.contracts.versions import GameVersion
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["BondedGameContract", "DisputeGameContract"]


class DisputeGameContract:
    """A game at an address, of a version."""

    def __init__(
        self, address: Address, l1: L1Accounts, version: GameVersion, batch_size: int = DEFAULT_BATCH_SIZE
    ) -> None:
        self.version = version
        self.batch_size = batch_size
        self._bound: BoundContract = version.abi.at(address, l1)

    @property
    def address(self) -> Address:
        return self._bound.address

    def _read(self, function: str, *arguments: Any, block: AtBlock) -> Any:
        return self._bound.read(function, *arguments, block=block)

    def _read_each(self, *functions: str, block: AtBlock) -> list[Any]:
        """The results of several functions without arguments, in one batch."""
        calls = [self._bound.call(function) for function in functions]
        return read_all(self._bound.l1, calls, block, self.batch_size)

    def _tried(self, function: str, *arguments: Any, block: AtBlock) -> ContractTransaction:
        """A transaction that would succeed at a block; raises the contract's error if it would not."""
        self._read(function, *arguments, block=block)
        return self._bound.transaction(function, *arguments)

    # --- what the game is about, and how it stands

    def metadata(self, block: AtBlock) -> GenericMetadata:
        """What the game is about, and how it stands."""
        names = ("l1Head", self.version.sequence_number, "rootClaim", "status")
        l1_head, number, root_claim, status = self._read_each(*names, block=block)
        return GenericMetadata(l1_head, number, root_claim, game_status(status))

    def l1_head(self, block: AtBlock) -> Hash32:
        """The L1 block whose data, and that of all before it, the game is decided by."""
        head: Hash32 = self._read("l1Head", block=block)
        return head

    def status(self, block: AtBlock) -> GameStatus:
        """How the game stands."""
        return game_status(self._read("status", block=block))

    def game_range(self, block: AtBlock) -> GameRange:
        """What is agreed, and what is claimed: block numbers or timestamps, which are ``uint256``."""
        return GameRange(
            *self._read_each(self.version.starting_number, self.version.sequence_number, block=block)
        )

    def resolved_at(self, block: AtBlock) -> int:
        """When the game was resolved, in seconds since 1970; 0 if it is not."""
        time: int = self._read("resolvedAt", block=block)
        return time

    def anchor_state_registry(self, block: AtBlock) -> Address:
        """The registry that the game takes its anchor from; ``NotSupported`` before version 0.18."""
        address: Address = self._read("anchorStateRegistry", block=block)
        return address

    # --- resolution

    def call_resolve(self, block: AtBlock) -> GameStatus:
        """How the game would end if it were resolved now; raises the contract's error if it cannot be."""
        return game_status(self._read("resolve", block=block))

    def resolve_tx(self) -> ContractTransaction:
        """The transaction that resolves the game, without trying it."""
        return self._bound.transaction("resolve")


class BondedGameContract(DisputeGameContract):
    """A game with bonds, which DelayedWETH holds.

    Specification: fault-proof/stage-one/bond-incentives.md, "Game Finalization".
    """

    # --- closing

    def bond_distribution_mode(self, block: AtBlock) -> BondDistributionMode:
        """Who gets the bonds; raises :class:`MalformedGame` for a mode that is not known."""
        if not self.version.is_closed_first:
            return BondDistributionMode.LEGACY
        mode: int = self._read("bondDistributionMode", block=block)
        if mode > BondDistributionMode.REFUND:
            raise MalformedGame(f"bond distribution mode: there is no {mode}")
        return BondDistributionMode(mode)

    def is_closed(self, block: AtBlock) -> bool:
        """Whether nothing is left to be done but to claim bonds."""
        if not self.version.is_closed_first:
            return self.status(block) is not GameStatus.IN_PROGRESS
        return self.bond_distribution_mode(block) is not BondDistributionMode.UNDECIDED

    def close_game_tx(self, block: AtBlock) -> ContractTransaction:
        """The transaction that closes the game, after it was tried.

        It decides about the bonds, and makes the game the anchor if it is newer. Raises ``NotSupported``
        before version 1.4.
        """
        if not self.version.is_closed_first:
            raise NotSupported(f"{self.version.contract} {self.version.prefix}x is not closed")
        return self._tried("closeGame", block=block)

    # --- credit

    def credit(self, recipient: Address, block: AtBlock) -> tuple[int, GameStatus]:
        """Wei that a recipient may claim, and how the game stood then."""
        calls = [self._bound.call("credit", recipient), self._bound.call("status")]
        credit, status = read_all(self._bound.l1, calls, block, self.batch_size)
        return credit, game_status(status)

    def credits(self, recipients: Sequence[Address], block: AtBlock) -> list[int]:
        """Wei that each of some recipients may claim."""
        calls = [self._bound.call("credit", recipient) for recipient in recipients]
        return read_all(self._bound.l1, calls, block, self.batch_size)

    def claim_credit_tx(self, recipient: Address, block: AtBlock) -> ContractTransaction:
        """The transaction that claims a recipient's credit, after it was tried.

        Where games are closed, the first one closes the game and unlocks the credit, and a second one, after
        the delay, pays it out.
        """
        return self._tried("claimCredit", recipient, block=block)

    # --- what DelayedWETH has

    def delayed_weth(self, block: AtBlock) -> DelayedWETHContract:
        """The contract that holds the bonds."""
        return DelayedWETHContract(self._read("weth", block=block), self._bound.l1, self.batch_size)

    def withdrawals(self, recipients: Sequence[Address], block: AtBlock) -> list[WithdrawalRequest]:
        """What the game has unlocked for each of some recipients."""
        return self.delayed_weth(block).withdrawals(self.address, recipients, block)

    def balance_and_delay(self, block: AtBlock) -> Collateral:
        """What the contract that holds the bonds has in all, for other games as well."""
        return self.delayed_weth(block).balance_and_delay(block)
