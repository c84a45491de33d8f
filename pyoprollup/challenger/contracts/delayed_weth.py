"""DelayedWETH, which holds the bonds of games until they can be withdrawn.

Specification: fault-proof/stage-one/bond-incentives.md, "DelayedWETH".
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.bindings import DEFAULT_BATCH_SIZE, load_contract, read_all
from pyoprollup.challenger.contracts.errors import require_u64
from pyoprollup.challenger.contracts.values import Collateral, WithdrawalRequest
from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["DelayedWETHContract"]


class DelayedWETHContract:
    """The contract at an address. Reads raise what ``BoundContract.read`` does."""

    def __init__(self, address: Address, l1: L1Accounts, batch_size: int = DEFAULT_BATCH_SIZE) -> None:
        self._bound = load_contract("DelayedWETH").at(address, l1)
        self._batch_size = batch_size

    @property
    def address(self) -> Address:
        return self._bound.address

    def balance_and_delay(self, block: AtBlock) -> Collateral:
        """All that the contract holds, for whatever game, and how long a withdrawal has to wait.

        Raises :class:`NumberTooLarge` for a delay that no clock can reach.
        """
        balance = self._bound.l1.balance_at(self.address, block)
        delay: int = self._bound.read("delay", block=block)
        return Collateral(self.address, balance, require_u64(delay, "delay"))

    def withdrawals(
        self, game: Address, recipients: Sequence[Address], block: AtBlock
    ) -> list[WithdrawalRequest]:
        """What a game has unlocked for each of some recipients."""
        calls = [
            self._bound.call("withdrawals", game, recipient).map(lambda found: WithdrawalRequest(*found))
            for recipient in recipients
        ]
        return read_all(self._bound.l1, calls, block, self._batch_size)
