"""Steps to do on the contract: the reference's single steps, and those of its run of a small program.

A step of a vector is given as a state, threads and memory; what the contract wants is made from them here,
with nothing of our own machine. So the proofs show that the tree of memory is understood, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.vm_contract.tree import PROOF_SIZE, Memory
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32, bytes_from_hex

__all__ = ["EMPTY_STACK", "Read", "Step", "encode_witness", "file_steps", "vector_steps"]

EMPTY_STACK = keccak256(bytes(64))
M64 = (1 << 64) - 1
THREAD_SIZE = 298
QUANTUM, FREQUENCY = 100_000, 10_000_000
V0, A0, A1 = 2, 4, 5
READ, WRITE, FUTEX, CLOCK, RANDOM = 5000, 5001, 5194, 5222, 5313


@dataclass(frozen=True, slots=True)
class Read:
    """A pre-image that a step reads: its key, itself, and the offset, behind the 8 bytes of its length or in
    them.
    """

    key: bytes
    data: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step, and what is to come of it: a state's hash, or the reference's ``error``."""

    name: str
    state: bytes
    proof: bytes
    read: Read | None = None
    post: Hash32 | None = None
    error: str = ""


def file_steps(proofs: dict[str, Any]) -> Iterator[Step]:
    """What the reference's ``run`` writes as proofs: all that the contract is given, and hashes."""
    for number, found in proofs.items():
        read = None
        if key := found.get("oracle-key"):
            value = bytes_from_hex(found["oracle-value"], "value")
            read = Read(bytes_from_hex(key, "key"), value[8:], found.get("oracle-offset", 0))
        yield Step(
            f"step {number}",
            bytes_from_hex(found["state-data"], "state"),
            bytes_from_hex(found["proof-data"], "proof"),
            read,
            Hash32(bytes_from_hex(found["post"], "post")),
        )


def vector_steps(cases: Sequence[dict[str, Any]]) -> Iterator[Step]:
    """The reference's single steps from states that were made up."""
    for number, case in enumerate(cases):
        yield _vector_step(f"{number} {case['name']} {case['instruction']}", case)


def _vector_step(name: str, case: dict[str, Any]) -> Step:
    pre = case["pre"]
    memory = Memory()
    for part in case["memory"]:
        memory.write(int(part["addr"], 16), bytes_from_hex(part["data"], "data"))
    assert memory.root() == bytes_from_hex(pre["memory_root"], "root"), name
    state = encode_witness(pre)
    if "witness_state" in case:
        assert state == bytes_from_hex(case["witness_state"], "state"), name
    proof = _proof(pre, memory)
    if "proof_keccak" in case:
        assert len(proof) == case["proof_len"], name
        assert keccak256(proof) == bytes_from_hex(case["proof_keccak"], "hash"), name
    post = case.get("post")
    return Step(
        name,
        state,
        proof,
        _read(case),
        Hash32(bytes_from_hex(post["state_hash"], "hash")) if post else None,
        case.get("error", ""),
    )


def _read(case: dict[str, Any]) -> Read | None:
    """The pre-image that the step may read. Without one, or with one that is too short, it cannot."""
    pre = case["pre"]
    key, offset = bytes_from_hex(pre["preimage_key"], "key"), int(pre["preimage_offset"], 16)
    data = (case.get("preimages") or {}).get(pre["preimage_key"])
    if data is None or offset >= 8 + len(bytes_from_hex(data, "data")):
        return None
    return Read(key, bytes_from_hex(data, "data"), offset)


def _word(value: str) -> bytes:
    return int(value, 16).to_bytes(8, "big")


def _thread(thread: dict[str, Any]) -> bytes:
    scalars = b"".join(_word(thread[name]) for name in ("pc", "next_pc", "lo", "hi"))
    flags = bytes((thread["exit_code"], thread["exited"]))
    return _word(thread["thread_id"]) + flags + scalars + b"".join(map(_word, thread["registers"]))


def _stack(threads: Sequence[dict[str, Any]]) -> bytes:
    root = EMPTY_STACK
    for thread in threads:
        root = keccak256(root + keccak256(_thread(thread)))
    return root


def encode_witness(state: dict[str, Any]) -> bytes:
    """The 188 bytes of a state in the form of the vectors."""
    return b"".join(
        (
            bytes_from_hex(state["memory_root"], "root"),
            bytes_from_hex(state["preimage_key"], "key"),
            _word(state["preimage_offset"]) + _word(state["heap"]) + bytes((state["ll_status"],)),
            _word(state["ll_address"]) + _word(state["ll_owner"]),
            bytes((state["exit_code"], state["exited"])),
            state["step"].to_bytes(8, "big") + state["steps_since_context_switch"].to_bytes(8, "big"),
            bytes((state["traverse_right"],)),
            _stack(state["left_threads"]) + _stack(state["right_threads"]),
            _word(state["next_thread_id"]),
        )
    )


def _proof(state: dict[str, Any], memory: Memory) -> bytes:
    threads = state["right_threads" if state["traverse_right"] else "left_threads"]
    if not threads:
        return bytes(THREAD_SIZE) + EMPTY_STACK + bytes(3 * PROOF_SIZE)
    thread = threads[-1]
    pc = int(thread["pc"], 16)
    parts = [_thread(thread), _stack(threads[:-1]), memory.proof(pc)]
    busy = state["exited"] or thread["exited"] or state["steps_since_context_switch"] >= QUANTUM
    found = None if busy or pc % 4 else _touched(state, thread, memory.word(pc & ~7) >> (pc & 4 ^ 4) * 8)
    if found is None:
        return b"".join(parts) + bytes(2 * PROOF_SIZE)
    address, second = found
    parts.append(memory.proof(address))
    if second is None:
        return b"".join(parts) + bytes(PROOF_SIZE)
    memory.write(address, second.to_bytes(8, "big"))
    return b"".join(parts) + memory.proof((address + 8) & M64)


def _touched(state: dict[str, Any], thread: dict[str, Any], word: int) -> tuple[int, int | None] | None:
    """The word that an instruction reads or writes, and what is written if it writes the next one, too."""
    insn = word & 0xFFFFFFFF
    registers = [int(value, 16) for value in thread["registers"]]
    opcode = insn >> 26
    if opcode == 0 and insn & 63 == 12:
        return _touched_by_call(registers, (state["step"] + 1) & M64)
    if opcode < 32 and opcode not in (26, 27):
        return None
    address = (registers[(insn >> 21) & 31] + ((insn & 0xFFFF) ^ 0x8000) - 0x8000) & M64
    if opcode in (56, 60):
        reserved = (state["ll_status"], int(state["ll_address"], 16), state["ll_owner"])
        if reserved != (1 if opcode == 56 else 2, address, thread["thread_id"]):
            return None
    return address & ~7, None


def _touched_by_call(registers: list[int], step: int) -> tuple[int, int | None] | None:
    call, first, second = registers[V0], registers[A0], registers[A1]
    if call in (READ, WRITE):
        return (second & ~7, None) if first == (5 if call == READ else 6) else None
    if call == FUTEX:
        return (first & ~7, None) if second == 128 else None
    if call == CLOCK:
        return (second & ~7, step // FREQUENCY * first) if first < 2 else None
    return (first & ~7, None) if call == RANDOM else None
