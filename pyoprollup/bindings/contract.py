"""Contracts on L1: calls with typed results, reverts with typed errors, transactions, events.

A :class:`Contract` is what a version of a contract can do. Bound to an address and an L1 it can be read::

    factory = load_contract("DisputeGameFactory", "1.0.0").at(address, l1)
    count = factory.read("gameCount", block=head.hash)

Where a contract has several functions of one name, they are called by signature: ``withdraw(uint256)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pyoprollup.bindings.abi import CustomError, Event, Function, Member, parse_member
from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_ADDRESS, Address, to_hex
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg, ExecutionReverted, L1Accounts

__all__ = [
    "BoundContract",
    "Contract",
    "ContractCall",
    "ContractReverted",
    "ContractTransaction",
    "NotSupported",
]

T = TypeVar("T")
U = TypeVar("U")

_HEAD = BlockLabel.UNSAFE

_SOLIDITY_ERRORS = tuple(
    error
    for error in (parse_member("error Error(string)"), parse_member("error Panic(uint256)"))
    if isinstance(error, CustomError)
)
"""What Solidity itself reverts with; no ABI lists them."""


class NotSupported(RollupError):
    """The version of the contract has no such function, event or error."""


class ContractReverted(ExecutionReverted):
    """A contract reverted.

    ``name`` is the error's, ``Error`` and ``Panic`` included, and ``arguments`` what it carries; ``name`` is
    empty if the data is of no error that is known. ``selector`` are the first four bytes of the data, fewer
    if there are fewer.
    """

    def __init__(self, contract: str, message: str, data: bytes, error: CustomError | None = None) -> None:
        self.selector = data[:4]
        self.name = ""
        self.arguments: tuple[Any, ...] = ()
        if error is not None:
            self.name, self.arguments = error.name, error.decode(data)
            message = f"{self.name}({', '.join(map(_shown, self.arguments))})"
        elif data:
            message = f"{message} (0x{data[:36].hex()}{'…' if len(data) > 36 else ''})"
        super().__init__(f"{contract} reverted: {message}", data)


def _shown(value: Any) -> str:
    return to_hex(value) if isinstance(value, bytes) else repr(value)


@dataclass(frozen=True, slots=True)
class ContractTransaction:
    """A transaction to be sent: call data for ``to``, and wei."""

    to: Address
    data: bytes
    value: int = 0


@dataclass(frozen=True, slots=True)
class Contract:
    """A version of a contract: its functions by signature, its events by topic, its errors by selector."""

    name: str
    functions: Mapping[str, Function]
    events: Mapping[bytes, Event] = field(default_factory=dict)
    errors: Mapping[bytes, CustomError] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, members: Iterable[Member]) -> Contract:
        """A contract with these members, and with the errors of Solidity."""
        functions: dict[str, Function] = {}
        events: dict[bytes, Event] = {}
        errors: dict[bytes, CustomError] = {error.selector: error for error in _SOLIDITY_ERRORS}
        for member in members:
            match member:
                case Function():
                    functions[member.signature] = member
                case Event():
                    events[member.topic] = member
                case CustomError():
                    errors[member.selector] = member
        return cls(name, functions, events, errors)

    def at(self, address: Address, l1: L1Accounts) -> BoundContract:
        """The contract that is deployed there."""
        return BoundContract(self, address, l1)

    def function(self, name: str) -> Function:
        """A function by its name, or by its signature if there are more of that name.

        Raises :class:`NotSupported`.
        """
        if (exact := self.functions.get(name)) is not None:
            return exact
        found = [function for function in self.functions.values() if function.name == name]
        if len(found) > 1:
            raise NotSupported(f"{self.name} has several: {', '.join(map(str, found))}")
        return _only(found, self.name, name)

    def event(self, name: str) -> Event:
        """An event by its name; raises :class:`NotSupported`."""
        return _only([event for event in self.events.values() if event.name == name], self.name, name)

    def error(self, name: str) -> CustomError:
        """An error by its name; raises :class:`NotSupported`."""
        return _only([error for error in self.errors.values() if error.name == name], self.name, name)

    def reverted(self, error: ExecutionReverted) -> ContractReverted:
        """The error that the data of a revert is of."""
        known = self.errors.get(error.data[:4])
        if known is not None:
            try:
                return ContractReverted(self.name, str(error), error.data, known)
            except DecodeError:  # It only begins like one.
                pass
        return ContractReverted(self.name, str(error), error.data)

    def decode_call(self, data: bytes) -> tuple[Function, tuple[Any, ...]]:
        """Which function some call data is for, and its arguments; raises :class:`DecodeError`."""
        for function in self.functions.values():
            if function.selector == data[:4]:
                return function, function.decode(data)
        raise DecodeError(f"{self.name} has no function with the selector 0x{data[:4].hex()}")


M = TypeVar("M", Function, Event, CustomError)


def _only(found: list[M], contract: str, name: str) -> M:
    if not found:
        raise NotSupported(f"{contract} has no {name} in this version")
    return found[0]


@dataclass(frozen=True, slots=True)
class ContractCall(Generic[T]):
    """A call that has not been made yet, and what makes a ``T`` of its result."""

    contract: Contract
    function: Function
    message: CallMsg
    convert: Callable[[Any], T]

    def map(self, further: Callable[[T], U]) -> ContractCall[U]:
        """The same call with another result."""
        return ContractCall(
            self.contract, self.function, self.message, lambda result: further(self.convert(result))
        )

    def result(self, answer: bytes | CallFailed) -> T:
        """The result in the answer of an L1.

        Raises :class:`ContractReverted`, another ``CallFailed``, or
        :class:`~pyoprollup.errors.DecodeError`.
        """
        if isinstance(answer, ExecutionReverted):
            raise self.contract.reverted(answer) from answer
        if isinstance(answer, CallFailed):
            raise answer
        return self.convert(self.function.decode_result(answer))

    def read(self, l1: L1Accounts, block: AtBlock = _HEAD) -> T:
        """Make the call; raises what :meth:`result` does, and what the L1 does."""
        try:
            answer = l1.call(self.message, block)
        except ExecutionReverted as exc:
            return self.result(exc)
        return self.result(answer)


@dataclass(frozen=True, slots=True)
class BoundContract:
    """A contract at an address of an L1."""

    contract: Contract
    address: Address
    l1: L1Accounts

    def call(
        self, name: str, *arguments: Any, sender: Address = ZERO_ADDRESS, value: int = 0
    ) -> ContractCall[Any]:
        """A call to be made later, by itself or in a batch.

        Raises :class:`NotSupported`, and :class:`ValueError` for arguments that do not fit.
        """
        function = self.contract.function(name)
        message = CallMsg(sender, self.address, function.encode(*arguments), value)
        return ContractCall(self.contract, function, message, lambda result: result)

    def read(self, name: str, *arguments: Any, block: AtBlock = _HEAD, sender: Address = ZERO_ADDRESS) -> Any:
        """The result of a function after a block: one value, or a tuple of several.

        Functions that are for transactions are simulated. Raises what :meth:`call` and
        :meth:`ContractCall.read` do.
        """
        return self.call(name, *arguments, sender=sender).read(self.l1, block)

    def transaction(self, name: str, *arguments: Any, value: int = 0) -> ContractTransaction:
        """A transaction that calls a function.

        Raises what :meth:`call` does, and :class:`ValueError` for a value that the function does not take.
        """
        function = self.contract.function(name)
        if value and function.mutability != "payable":
            raise ValueError(f"{self.contract.name}.{function} is not payable")
        return ContractTransaction(self.address, function.encode(*arguments), value)

    def events(self, name: str, logs: Iterable[Log]) -> Iterator[tuple[Any, ...]]:
        """The arguments of each event of this name that the contract emitted among some logs.

        Raises :class:`NotSupported` and :class:`~pyoprollup.errors.DecodeError`.
        """
        event = self.contract.event(name)
        for log in logs:
            if log.address == self.address and log.topics[:1] == (event.topic,):
                yield event.decode(log)

    def moved(self, address: Address) -> BoundContract:
        """The same kind of contract at another address."""
        return replace(self, address=address)
