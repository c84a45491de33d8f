"""A machine between two steps, and what the chain knows of it: 188 bytes, and their hash.

Specification: fault-proof/cannon-fault-proof-vm.md, "State", "State Hash", "Thread Stack Hashing".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from pyoprollup.cannon.memory import Memory
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Hash32

__all__ = [
    "EMPTY_STACK_ROOT",
    "THREAD_BYTES",
    "THREAD_PROOF_BYTES",
    "WITNESS_BYTES",
    "State",
    "Thread",
    "VmStatus",
    "stack_root",
    "state_hash",
    "vm_status",
]

WITNESS_BYTES = 188
THREAD_BYTES = 298
THREAD_PROOF_BYTES = THREAD_BYTES + 32
EXIT_CODE_AT, EXITED_AT = 97, 98

EMPTY_STACK_ROOT = keccak256(bytes(64))
"""Root of a stack without threads."""


class VmStatus(IntEnum):
    """How a program ended, or that it did not: the first byte of a state's hash."""

    VALID = 0
    INVALID = 1
    PANIC = 2
    UNFINISHED = 3


def vm_status(exited: bool, exit_code: int) -> VmStatus:
    """What a program says with its exit code."""
    if not exited:
        return VmStatus.UNFINISHED
    return VmStatus(exit_code) if exit_code < 2 else VmStatus.PANIC


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread: its identity, whether it ended, program counter and the next one, and its registers."""

    thread_id: int
    pc: int
    next_pc: int
    lo: int = 0
    hi: int = 0
    registers: tuple[int, ...] = (0,) * 32
    exit_code: int = 0
    exited: bool = False

    def encode(self) -> bytes:
        """298 bytes: id, exit code, whether exited, pc, next pc, lo, hi, 32 registers."""
        words = (self.pc, self.next_pc, self.lo, self.hi, *self.registers)
        return b"".join(
            (
                self.thread_id.to_bytes(8, "big"),
                bytes((self.exit_code, self.exited)),
                *(word.to_bytes(8, "big") for word in words),
            )
        )


def stack_root(threads: Sequence[Thread]) -> Hash32:
    """A stack as one hash, from the bottom up: each thread is hashed together with what is below it."""
    root = EMPTY_STACK_ROOT
    for thread in threads:
        root = keccak256(root + keccak256(thread.encode()))
    return root


def state_hash(witness: bytes) -> Hash32:
    """The hash of a state's 188 bytes, with the program's status instead of its first byte."""
    if len(witness) != WITNESS_BYTES:
        raise ValueError(f"a witness has {WITNESS_BYTES} bytes, not {len(witness)}")
    status = vm_status(witness[EXITED_AT] == 1, witness[EXIT_CODE_AT])
    return Hash32(bytes((status,)) + keccak256(witness)[1:])


@dataclass(slots=True)
class State:
    """All of a machine. ``last_hint`` is what of a hint has come so far, and no part of the witness."""

    memory: Memory = field(default_factory=Memory)
    preimage_key: bytes = ZERO_HASH
    preimage_offset: int = 0
    heap: int = 0
    ll_status: int = 0
    ll_address: int = 0
    ll_owner: int = 0
    exit_code: int = 0
    exited: bool = False
    step: int = 0
    steps_since_switch: int = 0
    traverse_right: bool = False
    left: list[Thread] = field(default_factory=list)
    right: list[Thread] = field(default_factory=list)
    next_thread_id: int = 1
    last_hint: bytes = b""

    @classmethod
    def initial(cls, pc: int, heap: int) -> State:
        """A machine about to start at ``pc``, with one thread and nothing in its memory."""
        return cls(heap=heap, left=[Thread(0, pc, (pc + 4) % 2**64)])

    @property
    def active(self) -> list[Thread]:
        """The stack whose topmost thread runs."""
        return self.right if self.traverse_right else self.left

    @property
    def status(self) -> VmStatus:
        """How the program ended, or that it did not."""
        return vm_status(self.exited, self.exit_code)

    def witness(self) -> bytes:
        """The 188 bytes that stand for the whole machine."""
        return b"".join(
            (
                self.memory.root(),
                self.preimage_key,
                self.preimage_offset.to_bytes(8, "big"),
                self.heap.to_bytes(8, "big"),
                bytes((self.ll_status,)),
                self.ll_address.to_bytes(8, "big"),
                self.ll_owner.to_bytes(8, "big"),
                bytes((self.exit_code, self.exited)),
                self.step.to_bytes(8, "big"),
                self.steps_since_switch.to_bytes(8, "big"),
                bytes((self.traverse_right,)),
                stack_root(self.left),
                stack_root(self.right),
                self.next_thread_id.to_bytes(8, "big"),
            )
        )

    def hash(self) -> Hash32:
        """The hash of the witness; its first byte is the status."""
        return state_hash(self.witness())

    def thread_proof(self) -> bytes:
        """The active thread, and the root of the stack below it: 330 bytes. There has to be such a thread."""
        *below, active = self.active
        return active.encode() + stack_root(below)
