"""The contract on an EVM, with an oracle that has what a step reads."""

from __future__ import annotations

from campaigns.dispute_contracts.evm import Done, Evm
from campaigns.vm_contract.cases import Read, Step
from pyoprollup.devcontracts import contract
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.genesis import Account

__all__ = ["CALLER", "CONTEXT", "ORACLE", "VM", "VmContract", "reason"]

CALLER, VM, ORACLE = (Address(bytes([number]) * 20) for number in (0xCA, 0xE0, 0xE1))
CONTEXT = Hash32(b"\x5c" * 32)
LENGTHS, PARTS, PARTS_OK = 1, 2, 3
"""Storage of the oracle: by key; by key and offset; the same."""

REASONS = {
    "invalid instruction": "MIPS64: invalid instruction",
    "unrecognized syscall": "MIPS64: unimplemented syscall",
    "post-state active thread stack is empty": "MIPS64: post-state active thread stack is empty",
    "Invalid empty thread stack": "MIPS64: active thread stack is empty",
    "Preimage offset out-of-bounds": "pre-image must exist",
    "no pre-image for key": "pre-image must exist",
    "instruction divide by zero": "MIPS64: division by zero",
    "unaligned instruction fetch": "InvalidPC()",
    "branch in delay slot": "MIPS64: branch in delay slot",
    "jump in delay slot": "MIPS64: jump in delay slot",
}
"""By what the reference's machine says, why the contract must revert."""
_PANIC = "PANIC: "
_ERRORS = (
    *("InvalidPC()", "InvalidMemoryProof()", "InvalidSecondMemoryProof()", "InvalidExitedValue()"),
    "UnsupportedStateVersion()",
)


def reason(output: bytes) -> str:
    """Why a call reverted: the text, or the error's name."""
    if output[:4] == bytes.fromhex("08c379a0"):
        return output[68 : 68 + int.from_bytes(output[36:68], "big")].decode()
    for name in _ERRORS:
        if output == keccak256(name.encode())[:4]:
            return name
    return output.hex()


class VmContract:
    """The contract of the VM. Steps are calls of :data:`CALLER`, with local pre-images of :data:`CONTEXT`."""

    def __init__(self, evm: Evm) -> None:
        self.evm = evm
        self._vm = contract("MIPS64")
        self._oracle = contract("PreimageOracle").deployed_with(MIN_PROPOSAL_SIZE=1, CHALLENGE_PERIOD=1)
        code = self._vm.deployed_with(ORACLE=ORACLE).runtime
        evm.allocate({VM: Account(nonce=1, code=code), CALLER: Account(balance=10**30)})
        self._read: Read | None = None
        evm.allocate({ORACLE: Account(nonce=1, code=self._oracle.runtime)})

    def step(self, state: bytes, proof: bytes) -> Done:
        """Call the contract."""
        return self.evm.call(CALLER, VM, self._vm.call("step", state, proof, CONTEXT))

    def load(self, read: Read | None) -> None:
        """Let the oracle have this part of a pre-image, and not the one before it."""
        storage = _storage(self._read, present=False) | _storage(read, present=True)
        if storage:
            self.evm.allocate({ORACLE: Account(nonce=1, code=self._oracle.runtime, storage=storage)})
        self._read = read

    def difference(self, step: Step) -> str:
        """What differs from what a step must lead to; nothing, if it is right."""
        self.load(step.read)
        done = self.step(step.state, step.proof)
        if step.post is not None:
            if done.success:
                return "" if done.output == step.post else f"0x{done.output.hex()}"
            return f"reverted: {reason(done.output)}"
        if done.success:
            return f"0x{done.output.hex()} instead of {step.error}"
        if not step.error.startswith(_PANIC):
            return ""
        expected = next(text for start, text in REASONS.items() if step.error.startswith(_PANIC + start))
        found = reason(done.output)
        return "" if found == expected else f"{found} instead of {expected}"


def _storage(read: Read | None, *, present: bool) -> dict[int, int]:
    if read is None:
        return {}
    key = read.key
    if key[0] == 1:
        key = b"\x01" + keccak256(key + bytes(12) + CALLER + CONTEXT)[1:]
    part = (len(read.data).to_bytes(8, "big") + read.data)[read.offset :][:32].ljust(32, b"\0")
    offset = read.offset.to_bytes(32, "big")
    return {
        _entry(LENGTHS, key): len(read.data) * present,
        _entry(_entry(PARTS, key), offset): int.from_bytes(part, "big") * present,
        _entry(_entry(PARTS_OK, key), offset): int(present),
    }


def _entry(slot: int, key: bytes) -> int:
    """Where Vyper keeps the entry of a mapping."""
    return int.from_bytes(keccak256(slot.to_bytes(32, "big") + key), "big")
