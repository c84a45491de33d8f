"""Contracts on a state that keeps what calls do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import Address
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.message import Call, finish, run
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config

USER = Address(b"\x51" * 20)
DEPOSITOR = Address(bytes.fromhex("deaddeaddeaddeaddeaddeaddeaddeaddead0001"))
GAS = 30_000_000


@dataclass(frozen=True)
class Done:
    """What came of a call."""

    success: bool
    output: bytes
    logs: tuple[Log, ...]
    gas_used: int

    @property
    def number(self) -> int:
        """The word that was returned."""
        assert self.success, self.output
        return int.from_bytes(self.output[:32], "big")

    @property
    def reason(self) -> str:
        """The text of ``Error(string)``."""
        assert not self.success
        size = int.from_bytes(self.output[36:68], "big")
        return self.output[68 : 68 + size].decode()


class Evm:
    """Accounts with contracts, and calls to them."""

    def __init__(self, alloc: Mapping[Address, Account]) -> None:
        self.l1 = EmbeddedL1(EmbeddedL1Config(), {USER: Account(balance=10**30), **alloc})
        self.state: Any = self.l1.state()

    def call(self, to: Address, data: bytes, sender: Address = USER, value: int = 0) -> Done:
        self.state.lock_changes()
        call = Call(sender, to, value, data, GAS, self.state.get_nonce(sender))
        outcome = run(self.state, self.l1.config.rules.evm, call)
        finish(self.state, outcome)
        self.state.clear_transient_storage()
        output = outcome.output
        return Done(outcome.success, output, outcome.logs, GAS - outcome.gas_left)

    def slot(self, account: Address, slot: int) -> int:
        return int(self.state.get_storage(account, slot))
