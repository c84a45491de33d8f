"""An EVM with a state that calls change: pyrevm where it is installed, else the engine's own."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import Address, Hash32, to_hex
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.message import Call, finish, run
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config

__all__ = ["Done", "Evm", "OwnEvm", "Revm", "new_evm"]

GAS = 60_000_000
WEALTH = 10**30
"""What accounts have at the start, in wei."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a call: what it returned or reverted with, and its logs."""

    success: bool
    output: bytes
    logs: tuple[Log, ...] = ()


class Evm(Protocol):
    """Accounts, contracts, and a time that is set from outside. Calls are transactions without fees."""

    @abstractmethod
    def allocate(self, alloc: Mapping[Address, Account]) -> None:
        """Put accounts there, as at genesis."""

    @abstractmethod
    def deploy(self, sender: Address, code: bytes) -> Address:
        """Create a contract by its init code; it must succeed."""

    @abstractmethod
    def call(self, sender: Address, to: Address, data: bytes, value: int = 0) -> Done:
        """A call at the top of a transaction."""

    @abstractmethod
    def balance(self, account: Address) -> int:
        """In wei."""

    @abstractmethod
    def set_time(self, timestamp: int, number: int) -> None:
        """Time and number of the block that calls are in from now on."""


class Revm:
    """pyrevm: ten thousand calls a second. It keeps what is warm, so its gas is too low."""

    def __init__(self) -> None:
        self._revm: Any = import_module("pyrevm")
        self._evm: Any = self._revm.EVM()
        self.set_time(1, 1)

    def allocate(self, alloc: Mapping[Address, Account]) -> None:
        """Put accounts there, as at genesis."""
        for address, account in alloc.items():
            name = to_hex(address)
            if account.code:
                info = self._revm.AccountInfo(nonce=account.nonce, code=account.code)
                self._evm.insert_account_info(name, info)
            self._evm.set_balance(name, account.balance)
            for slot, value in (account.storage or {}).items():
                self._evm.insert_account_storage(name, slot, value)

    def deploy(self, sender: Address, code: bytes) -> Address:
        """Create a contract by its init code; it must succeed."""
        return Address(bytes.fromhex(self._evm.deploy(to_hex(sender), code)[2:]))

    def call(self, sender: Address, to: Address, data: bytes, value: int = 0) -> Done:
        """A call at the top of a transaction."""
        try:
            output = self._evm.message_call(to_hex(sender), to_hex(to), calldata=data, value=value, gas=GAS)
        except RuntimeError as exc:
            found = re.search(r"output: 0x([0-9a-f]*)", str(exc))
            if found is None:
                raise
            return Done(False, bytes.fromhex(found[1]))
        logs = tuple(
            Log(
                Address(bytes.fromhex(log.address[2:])),
                tuple(Hash32(bytes.fromhex(topic[2:])) for topic in log.topics),
                bytes(log.data[1]),
            )
            for log in self._evm.result.logs
        )
        return Done(True, bytes(output), logs)

    def balance(self, account: Address) -> int:
        """In wei."""
        return int(self._evm.get_balance(to_hex(account)))

    def set_time(self, timestamp: int, number: int) -> None:
        """Time and number of the block that calls are in from now on."""
        block = self._revm.BlockEnv(
            number=number, timestamp=timestamp, gas_limit=GAS, prevrandao=bytes(32), basefee=0
        )
        self._evm.set_block_env(block)


class OwnEvm:
    """The EVM of the engine, with L1's rules: some hundred calls a second."""

    def __init__(self) -> None:
        self._l1 = EmbeddedL1(EmbeddedL1Config(), {})
        self._l1.mine()
        self._state: Any = self._l1.state()

    def allocate(self, alloc: Mapping[Address, Account]) -> None:
        """Put accounts there, as at genesis."""
        for address, account in alloc.items():
            self._state.set_balance(address, account.balance)
            self._state.set_nonce(address, account.nonce)
            self._state.set_code(address, account.code)
            for slot, value in (account.storage or {}).items():
                self._state.set_storage(address, slot, value)

    def deploy(self, sender: Address, code: bytes) -> Address:
        """Create a contract by its init code; it must succeed."""
        created, done = self._run(Call(sender, None, 0, code, GAS, self._state.get_nonce(sender)))
        self._state.increment_nonce(sender)
        assert done.success, done.output
        return created

    def call(self, sender: Address, to: Address, data: bytes, value: int = 0, gas: int = GAS) -> Done:
        """A call at the top of a transaction."""
        return self._run(Call(sender, to, value, data, gas, self._state.get_nonce(sender)))[1]

    def peek(self, sender: Address, to: Address, data: bytes, value: int = 0) -> Done:
        """What would come of a call; nothing of it stays."""
        self._state.lock_changes()
        before = self._state.snapshot()
        outcome = run(self._state, self._l1.config.rules.evm, Call(sender, to, value, data, GAS, 0))
        self._state.revert(before)
        self._state.clear_transient_storage()
        return Done(outcome.success, bytes(outcome.output))

    def _run(self, call: Call) -> tuple[Address, Done]:
        self._state.lock_changes()
        outcome = run(self._state, self._l1.config.rules.evm, call)
        finish(self._state, outcome)
        self._state.clear_transient_storage()
        created = Address(outcome.frame.msg.storage_address)
        return created, Done(outcome.success, bytes(outcome.output), outcome.logs if outcome.success else ())

    def balance(self, account: Address) -> int:
        """In wei."""
        return int(self._state.get_balance(account))

    def set_time(self, timestamp: int, number: int) -> None:
        """Time and number of the block that calls are in from now on."""
        self._state.timestamp, self._state.block_number = timestamp, number


def new_evm(name: str = "") -> Evm:
    """``pyrevm`` or ``own``; without a name the first that there is."""
    if name != "own":
        try:
            return Revm()
        except ImportError:
            if name:
                raise
    return OwnEvm()
