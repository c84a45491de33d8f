"""An L1 with contracts that are functions in Python, by name and arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyoprollup.bindings import Contract
from pyoprollup.challenger.game.claims import NO_PARENT, Claim
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.position import Position
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg, ExecutionReverted, LogFilter

BLOCK = Hash32(b"\xb1" * 32)
GAME = Address(b"\x11" * 20)
ORACLE = Address(b"\x22" * 20)
FACTORY = Address(b"\x33" * 20)
WETH = Address(b"\x44" * 20)
REGISTRY = Address(b"\x55" * 20)
VM = Address(b"\x66" * 20)
ALICE = Address(b"\xaa" * 20)
BOB = Address(b"\xbb" * 20)

Answer = Callable[[str, tuple[Any, ...]], Any]
"""The result of a function by its name and arguments: a value, a tuple of several, or bytes as they are."""


class Raw(bytes):
    """An answer that is not encoded."""


@dataclass
class FakeContracts:
    """``asked`` has block and functions of each request, one or a batch."""

    contracts: dict[Address, tuple[Contract, Answer]] = field(default_factory=dict)
    balances: Mapping[Address, int] = field(default_factory=dict)
    asked: list[tuple[AtBlock, tuple[str, ...]]] = field(default_factory=list)

    def add(self, address: Address, contract: Contract, answer: Answer | Mapping[str, Any]) -> None:
        if isinstance(answer, Mapping):
            values = answer
            self.contracts[address] = contract, lambda name, _arguments: values[name]
        else:
            self.contracts[address] = contract, answer

    def _name(self, msg: CallMsg) -> str:
        assert msg.to is not None
        return self.contracts[msg.to][0].decode_call(msg.data)[0].name

    def call(self, msg: CallMsg, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        self.asked.append((block, (self._name(msg),)))
        return self._answer(msg)

    def calls(
        self, msgs: Sequence[CallMsg], block: AtBlock = BlockLabel.UNSAFE
    ) -> Sequence[bytes | CallFailed]:
        self.asked.append((block, tuple(map(self._name, msgs))))
        return [self._outcome(msg) for msg in msgs]

    def _outcome(self, msg: CallMsg) -> bytes | CallFailed:
        try:
            return self._answer(msg)
        except CallFailed as exc:
            return exc

    def _answer(self, msg: CallMsg) -> bytes:
        assert msg.to is not None
        contract, answer = self.contracts[msg.to]
        function, arguments = contract.decode_call(msg.data)
        result = answer(function.name, arguments)
        if isinstance(result, Exception):
            raise result
        if isinstance(result, Raw):
            return bytes(result)
        several = len(function.outputs) > 1
        return function.encode_result(*(result if several else () if result is None else (result,)))

    def balance_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> int:
        self.asked.append((block, ("balance",)))
        return self.balances[account]

    def nonce_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> int:
        raise NotImplementedError

    def code_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        raise NotImplementedError

    def storage_at(self, account: Address, slot: int, block: AtBlock = BlockLabel.UNSAFE) -> Hash32:
        raise NotImplementedError

    def logs(self, wanted: LogFilter) -> Sequence[Log]:
        raise NotImplementedError

    @property
    def names(self) -> list[str]:
        """All functions that were asked, in order."""
        return [name for _, names in self.asked for name in names]


def value(number: int) -> Hash32:
    return Hash32(number.to_bytes(32, "big"))


def claim(index: int, parent: int, gindex: int, **fields: Any) -> Claim:
    """A claim of Alice's, or of Bob's if its index is odd."""
    claimant = BOB if index % 2 else ALICE
    return Claim(
        **{
            "value": value(index + 1),
            "position": Position.from_gindex(gindex),
            "parent_index": parent,
            "index": index,
            "claimant": claimant,
            "bond": 100 + index,
            "clock": Clock(index, 1000 + index),
            **fields,
        }
    )


CLAIMS = (
    claim(0, NO_PARENT, 1),
    claim(1, 0, 2),
    claim(2, 1, 6, countered_by=BOB),
    claim(3, 0, 2, value=value(77)),
)
"""A game: an attack on the root, a defence of that, and another attack on the root."""


def claim_data(claim: Claim) -> tuple[Any, ...]:
    """A claim as the contract answers it."""
    return (
        claim.parent_index,
        claim.countered_by,
        claim.claimant,
        claim.bond,
        claim.value,
        claim.position.gindex,
        claim.clock.pack(),
    )


def game_answer(claims: Sequence[Claim] = CLAIMS, **values: Any) -> Answer:
    """A game with these claims, and other values by function."""

    def answer(name: str, arguments: tuple[Any, ...]) -> Any:
        if name in values:
            found = values[name]
            return found(*arguments) if callable(found) else found
        if name == "claimDataLen":
            return len(claims)
        if name == "claimData":
            return claim_data(claims[arguments[0]])
        if name == "resolvedSubgames":
            return claims[arguments[0]].countered_by != ZERO_ADDRESS
        if name == "getRequiredBond":
            return arguments[0] * 10
        raise AssertionError(f"{name} was not expected")

    return answer


def reverted(contract: Contract, error: str, *arguments: Any) -> ExecutionReverted:
    """The revert of a contract with one of its errors."""
    return ExecutionReverted("execution reverted", contract.error(error).encode(*arguments))
