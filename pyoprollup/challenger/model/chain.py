"""What the contracts stand on: accounts with money, addresses, events, and who calls when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pyoprollup.challenger.model.reverts import EmptyRevert
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32

__all__ = ["Call", "Chain", "Emitted", "Precompiles", "no_precompiles"]

_FIRST_ADDRESS = 0xDE00 << 144
_GAS = 30_000_000

T = TypeVar("T")

Precompiles = Callable[[Address, bytes], tuple[bool, bytes]]
"""What a call of a precompiled contract answers: whether it succeeded, and what it returned."""


def no_precompiles(_address: Address, _data: bytes) -> tuple[bool, bytes]:
    """An address without code takes every call and answers nothing."""
    return True, b""


@dataclass(frozen=True, slots=True)
class Call:
    """The circumstances of a call.

    ``time`` is the block's, in seconds; ``value`` is in wei. ``origin`` is who sent the transaction, the
    ``sender`` where it is left out. ``number`` and ``parent_hash`` are of the block, and ``gas`` is what is
    left where a contract looks at it.
    """

    sender: Address
    time: int
    value: int = 0
    origin: Address | None = None
    number: int = 1
    parent_hash: Hash32 = ZERO_HASH
    gas: int = _GAS

    @property
    def tx_origin(self) -> Address:
        return self.sender if self.origin is None else self.origin

    def by(self, contract: Address, value: int = 0) -> Call:
        """The call that a contract makes while it is called."""
        return replace(self, sender=contract, value=value, origin=self.tx_origin)

    def without_value(self) -> None:
        """Refuse money: the function takes none."""
        if self.value:
            raise EmptyRevert


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event: the contract, and name and arguments as in its ABI."""

    contract: Address
    name: str
    arguments: tuple[Any, ...]


class Chain:
    """Balances in wei, the contracts by address, and what they have emitted.

    A balance may become negative: what an account had before is nobody's business here. ``refusing`` are
    accounts that take no money.
    """

    def __init__(self) -> None:
        self.balances: defaultdict[Address, int] = defaultdict(int)
        self.refusing: set[Address] = set()
        self.events: list[Emitted] = []
        self._contracts: dict[Address, Any] = {}

    def deploy(self, contract: Any, address: Address | None = None) -> Address:
        """Give a contract an address, the next one that is free if none is asked for."""
        if address is None:
            address = Address((_FIRST_ADDRESS + len(self._contracts) + 1).to_bytes(20, "big"))
        assert address not in self._contracts and address != ZERO_ADDRESS
        self._contracts[address] = contract
        return address

    def at(self, address: Address) -> Any:
        """Whatever is at an address, ``None`` if nothing is."""
        return self._contracts.get(address)

    def contract(self, kind: type[T], address: Address) -> T:
        """The contract at an address. Raises :class:`EmptyRevert` if there is none of this kind."""
        found = self.at(address)
        if not isinstance(found, kind):
            raise EmptyRevert
        return found

    def emit(self, contract: Address, name: str, *arguments: Any) -> None:
        """Record an event of a contract."""
        self.events.append(Emitted(contract, name, arguments))

    def take_events(self) -> tuple[Emitted, ...]:
        """The events since this was last asked."""
        taken = tuple(self.events)
        self.events.clear()
        return taken

    def transfer(self, source: Address, target: Address, wei: int) -> None:
        """Move money, which must be taken by the target."""
        self.balances[source] -= wei
        self.balances[target] += wei

    def total(self, accounts: Iterable[Address]) -> int:
        """What some accounts have together."""
        return sum(self.balances[account] for account in accounts)
