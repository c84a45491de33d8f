"""DelayedWETH: the vault of the bonds. What is in it can be withdrawn some time after it was unlocked.

Specification: fault-proof/stage-one/bond-incentives.md, "Authenticated Roles", "DelayedWETH".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pyoprollup.challenger.model.chain import Call, Chain
from pyoprollup.challenger.model.reverts import EmptyRevert, ErrorString
from pyoprollup.challenger.model.system_config import SystemConfig
from pyoprollup.eth.types import Address

__all__ = ["DelayedWETH", "Withdrawal"]

_UNLIMITED = (1 << 256) - 1


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What has been unlocked, in wei, and when the last of it was."""

    amount: int = 0
    timestamp: int = 0


class DelayedWETH:
    """The vault. ``delay`` is in seconds; the ``owner`` can take everything back.

    ``hold_takes`` says whether ``hold`` does so at once, as it does since version 1.2; before it only allows
    the owner to.
    """

    def __init__(
        self,
        chain: Chain,
        delay: int,
        owner: Address,
        config: SystemConfig,
        *,
        hold_takes: bool = True,
        address: Address | None = None,
    ) -> None:
        self.hold_takes = hold_takes
        self.chain = chain
        self.delay = delay
        self.owner = owner
        self.config = config
        self.address = chain.deploy(self, address)
        self.balances: defaultdict[Address, int] = defaultdict(int)
        self.allowances: defaultdict[tuple[Address, Address], int] = defaultdict(int)
        self.withdrawals: defaultdict[tuple[Address, Address], Withdrawal] = defaultdict(Withdrawal)
        """By who unlocks, and for whom."""

    def deposit(self, call: Call) -> None:
        """Put the value of the call into the vault."""
        self.chain.transfer(call.sender, self.address, call.value)
        self.balances[call.sender] += call.value
        self.chain.emit(self.address, "Deposit", call.sender, call.value)

    def unlock(self, call: Call, guy: Address, wei: int) -> None:
        """Begin to wait for the withdrawal of some of the sender's money, in the name of ``guy``.

        Whatever else was unlocked in this name waits again from the beginning.
        """
        call.without_value()
        unlocked = self.withdrawals[call.sender, guy]
        self.withdrawals[call.sender, guy] = Withdrawal(unlocked.amount + wei, call.time)

    def check_withdrawal(self, call: Call, guy: Address, wei: int) -> None:
        """Raise what :meth:`withdraw` would."""
        call.without_value()
        if self.config.paused:
            raise ErrorString("DelayedWETH: contract is paused")
        unlocked = self.withdrawals[call.sender, guy]
        if unlocked.amount < wei:
            raise ErrorString("DelayedWETH: insufficient unlocked withdrawal")
        if unlocked.timestamp == 0:
            raise ErrorString("DelayedWETH: withdrawal not unlocked")
        if unlocked.timestamp + self.delay > call.time:
            raise ErrorString("DelayedWETH: withdrawal delay not met")
        # The ether is not there if the owner has recovered it.
        if min(self.balances[call.sender], self.chain.balances[self.address]) < wei:
            raise EmptyRevert

    def withdraw(self, call: Call, guy: Address, wei: int) -> None:
        """Pay out what was unlocked in the name of ``guy``, to the sender. Raises :class:`ErrorString`."""
        self.check_withdrawal(call, guy, wei)
        unlocked = self.withdrawals[call.sender, guy]
        self.withdrawals[call.sender, guy] = Withdrawal(unlocked.amount - wei, unlocked.timestamp)
        self.balances[call.sender] -= wei
        self.chain.transfer(self.address, call.sender, wei)
        self.chain.emit(self.address, "Withdrawal", call.sender, wei)

    def approve(self, call: Call, guy: Address, wei: int) -> bool:
        """Let somebody transfer the sender's money."""
        call.without_value()
        self.allowances[call.sender, guy] = wei
        self.chain.emit(self.address, "Approval", call.sender, guy, wei)
        return True

    def transfer(self, call: Call, target: Address, wei: int) -> bool:
        """Give money to another account of the vault."""
        return self.transfer_from(call, call.sender, target, wei)

    def transfer_from(self, call: Call, source: Address, target: Address, wei: int) -> bool:
        """Give money of an account that allows it to another. Raises :class:`EmptyRevert`."""
        call.without_value()
        allowed = self.allowances[source, call.sender]
        limited = source != call.sender and allowed != _UNLIMITED
        if self.balances[source] < wei or (limited and allowed < wei):
            raise EmptyRevert
        if limited:
            self.allowances[source, call.sender] -= wei
        self.balances[source] -= wei
        self.balances[target] += wei
        self.chain.emit(self.address, "Transfer", source, target, wei)
        return True

    def hold(self, call: Call, guy: Address, wei: int | None = None) -> None:
        """The owner takes money of an account, all of it by default. See the class about older versions."""
        call.without_value()
        self._only_owner(call)
        wei = self.balances[guy] if wei is None else wei
        if self.hold_takes and self.balances[guy] < wei:
            raise EmptyRevert
        self.allowances[guy, call.sender] = wei
        self.chain.emit(self.address, "Approval", guy, call.sender, wei)
        if self.hold_takes:
            self.transfer_from(call, guy, call.sender, wei)

    def recover(self, call: Call, wei: int) -> None:
        """The owner takes ether out of the vault, whoever it belongs to."""
        call.without_value()
        self._only_owner(call)
        if call.sender in self.chain.refusing:
            raise ErrorString("DelayedWETH: recover failed")
        self.chain.transfer(self.address, call.sender, min(wei, self.chain.balances[self.address]))

    def _only_owner(self, call: Call) -> None:
        if call.sender != self.owner:
            raise ErrorString("DelayedWETH: not owner")
