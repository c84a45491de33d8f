"""Call frames: py-evm's computations with the costly parts replaced.

A frame has its stack, memory and gas in plain attributes. What py-evm still executes in it (creations,
self-destructions, some precompiles) finds py-evm's methods on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyoprollup.eth.types import Address
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.calls import CALLS, FINAL, by_py_evm, invalid
from pyoprollup.evm.inlined import execute
from pyoprollup.evm.instructions import INSTRUCTIONS, expand, read_memory
from pyoprollup.evm.program import InstructionSet, Program, ProgramCache
from pyoprollup.evm.py_evm import (
    Computation,
    InsufficientFunds,
    Message,
    Opcode,
    OutOfGas,
    StackDepthLimit,
    VMError,
)
from pyoprollup.evm.state import State, TransactionContext
from pyoprollup.evm.state_instructions import STATE_INSTRUCTIONS, sstore

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Frame", "program_cache"]

_MAX_DEPTH = 1024
_CREATE, _CREATE2, _SELFDESTRUCT, _SSTORE = 0xF0, 0xF5, 0xFF, 0x55


def program_cache(opcodes: Mapping[int, Opcode]) -> ProgramCache:
    """The programs under py-evm's ``opcodes`` of a fork."""
    prices = {op: getattr(opcode, "gas_cost", 0) for op, opcode in opcodes.items()}
    prices |= dict.fromkeys((_CREATE, _CREATE2, _SELFDESTRUCT), 0)  # by py-evm, price and all
    creations = {
        _CREATE: (3, 1, by_py_evm(opcodes[_CREATE])),
        _CREATE2: (4, 1, by_py_evm(opcodes[_CREATE2])),
    }
    return ProgramCache(
        InstructionSet(
            prices,
            inner={**INSTRUCTIONS, **STATE_INSTRUCTIONS},
            outer={**CALLS, **creations, _SSTORE: (2, 0, sstore)},
            final={**FINAL, _SELFDESTRUCT: (1, 0, by_py_evm(opcodes[_SELFDESTRUCT]))},
            invalid=invalid,
        )
    )


class Frame(Computation):
    """A call frame, to go before a fork's computations of py-evm.

    :func:`~pyoprollup.evm.vm.open_state` does so.
    """

    programs: ProgramCache
    delegations: bool
    """Whether code may delegate to another account's (EIP-7702)."""
    warm_coinbase: bool
    """EIP-3651."""
    program: Program
    state: State
    accounts: FlatAccountDB
    transaction_context: TransactionContext
    return_data: bytes
    memory: bytearray
    contracts_created: list[Address]
    """By the whole transaction; one list for all its frames."""

    def __init__(self, state: State, message: Message, transaction_context: TransactionContext) -> None:
        self.state, self.msg, self.transaction_context = state, message, transaction_context
        self.accounts = state.accounts
        self.gas: int = message.gas
        self.gas_refunded = 0
        self.stack: list[int] = []
        self.memory = bytearray()
        self.return_data = self._output = b""
        self._error: VMError | None = None
        self.children: list[Self] = []
        self.accounts_to_delete: list[Address] = []
        self.beneficiaries: list[Address] = []
        self.logs: list[tuple[int, Address, tuple[int, ...], bytes]] = []

    # --- Running

    @classmethod
    def apply_message(
        cls,
        state: State,
        message: Message,
        transaction_context: TransactionContext,
        parent_computation: Frame | None = None,
    ) -> Self:
        """Transfer the value and run the code, or undo both."""
        accounts = state.accounts
        checkpoint = accounts.record()
        if message.depth > _MAX_DEPTH:
            raise StackDepthLimit(f"call depth {message.depth}")
        target, value = message.storage_address, message.value
        if value and message.should_transfer_value:
            balance = accounts.get_balance(message.sender)
            if balance < value:
                raise InsufficientFunds(f"{value} wei of {balance}")
            accounts.set_balance(message.sender, balance - value)
            accounts.set_balance(target, accounts.get_balance(target) + value)
        accounts.touch_account(target)
        frame = cls.apply_computation(state, message, transaction_context, parent_computation)
        if frame._error is not None:
            accounts.discard(checkpoint)
        return frame

    @classmethod
    def apply_computation(
        cls,
        state: State,
        message: Message,
        transaction_context: TransactionContext,
        parent_computation: Frame | None = None,
    ) -> Self:
        """Run the code of ``message``."""
        frame = cls(state, message, transaction_context)
        if message.depth == 0:
            frame.contracts_created = []
            if cls.warm_coinbase:
                frame.accounts.mark_address_warm(state.coinbase)
        elif parent_computation is not None:
            frame.contracts_created = parent_computation.contracts_created
        if message.is_create:
            frame.contracts_created.append(message.storage_address)
        try:
            precompile = state.precompiles.get(message.code_address)
            if precompile is None:
                if message.code:
                    frame.program = cls.programs.program(message.code)
                    execute(frame)
            elif not message.is_delegation:
                precompile(frame)
        except VMError as error:
            frame._fail(error)
        # Frames are kept for their logs and refunds until the transaction ends.
        frame.stack, frame.memory = [], bytearray()
        return frame

    def _fail(self, error: VMError) -> None:
        # Its traceback would hold this frame, so that only the garbage collector could free both.
        self._error = error.with_traceback(None)
        if error.burns_gas:
            self.gas = 0
        if error.erases_return_data:
            self.return_data = b""

    # --- What is asked of a frame that has ended

    @property
    def is_success(self) -> bool:
        return self._error is None

    @property
    def is_error(self) -> bool:
        return self._error is not None

    def get_gas_remaining(self) -> int:
        # An error may also be set from outside, when the code of a new contract is not paid for.
        return 0 if self._error is not None and self._error.burns_gas else self.gas

    def get_gas_used(self) -> int:
        used: int = self.msg.gas - self.get_gas_remaining()
        return max(used, 0)

    def get_gas_refund(self) -> int:
        """The refund counter of this frame and those below; it can be negative for a while."""
        refund = 0
        frames = [self]
        while frames:
            frame = frames.pop()
            refund += frame.msg.refund
            if frame._error is None:
                refund += frame.gas_refunded
                frames.extend(frame.children)
        return refund

    def get_raw_log_entries(self) -> tuple[tuple[int, Address, tuple[int, ...], bytes], ...]:
        """Logs of this frame and those below that succeeded, in the order in which they were made."""
        entries = []
        frames = [self]
        while frames:
            frame = frames.pop()
            if frame._error is None:
                entries.extend(frame.logs)
                frames.extend(frame.children)
        return tuple(sorted(entries))

    # --- What py-evm's instructions and precompiles use

    def consume_gas(self, amount: int, reason: str) -> None:
        if amount > self.gas:
            raise OutOfGas(f"{reason}: {amount} gas needed, {self.gas} left")
        self.gas -= amount

    def return_gas(self, amount: int) -> None:
        self.gas += amount

    def refund_gas(self, amount: int) -> None:
        self.gas_refunded += amount

    def extend_memory(self, start_position: int, size: int) -> None:
        self.gas = expand(self.memory, start_position, size, self.gas)

    def memory_read_bytes(self, start_position: int, size: int) -> bytes:
        return read_memory(self.memory, start_position, size)

    def stack_pop_ints(self, num_items: int) -> tuple[int, ...]:
        return tuple([self.stack.pop() for _ in range(num_items)])

    def stack_pop1_bytes(self) -> bytes:
        return self.stack.pop().to_bytes(32, "big")

    def stack_push_int(self, value: int) -> None:
        self.stack.append(value)

    def stack_push_bytes(self, value: bytes) -> None:
        self.stack.append(int.from_bytes(value, "big"))
