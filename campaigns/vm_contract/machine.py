"""Steps that our own machine makes and proves: random code, the reference's and ours, and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from campaigns.vm_contract.cases import Read, Step
from pyoprollup.cannon import Machine, State, StepError, Thread
from pyoprollup.cannon.elf import first_state, parse_elf
from pyoprollup.cannon.errors import PreimageError, WriteTooLong
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32, bytes_from_hex, to_hex
from pyoprollup.vectors import cannon_fields, cannon_programs

__all__ = ["program_steps", "random_steps", "sequence_steps"]

_LIFE = 120
"""Steps of random code before other code comes."""
_CODE, _DATA = 0x10000, 0x20000
_CALLS = (
    *(5000, 5000, 5000, 5001, 5001, 5002, 5009, 5012, 5023, 5034, 5038, 5055, 5058, 5070, 5178, 5194, 5194),
    *(5205, 5222, 5222, 5284, 5313, 5313, 5003, 5247, 5272, 5297, 5006, 5153),
)
_FUNCTIONS = tuple(set(range(64)) - {1, 5, 12, 13, 14, 21, 40, 41, *range(48, 56), 57, 61})
_ACCESSES = tuple({26, 27, *range(32, 64)} - {47, 49, 50, 51, 53, 54, 57, 58, 59, 61, 62})
_EDGES = (0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


def _read(witness: Any) -> Read | None:
    found = witness.read
    return None if found is None else Read(found.key, found.value[8:], found.offset)


def _prove(machine: Any, name: str) -> Step | None:
    """The machine's next step. Where it fails, the contract must, too; None is one that only hosts refuse."""
    before = machine.engine.witness()
    try:
        witness = machine.prove_step()
    except WriteTooLong:
        return None
    except StepError as exc:
        try:
            thread, pc = machine.engine.thread_proof(), machine.pc
        except StepError:
            return Step(name, before, bytes(6090), error=str(exc))
        proof = thread + machine.engine.proof(pc)
        return Step(name, before, proof.ljust(6090, b"\0"), error=str(exc))
    return Step(name, witness.state, witness.proof, _read(witness), machine.state_hash())


def sequence_steps(cases: Sequence[dict[str, Any]]) -> Iterator[Step]:
    """The steps of the reference's runs of random code. Each seventh is proven just as the reference did."""
    for number, case in enumerate(cases):
        start = [cannon_fields.read_state(case["pre"], case["memory"]) for _ in range(2)]
        each, seventh = (Machine(state, cannon_fields.TableOracle(case["preimages"])) for state in start)
        for index, post in enumerate(case["hashes"]):
            name = f"sequence {number} step {index}"
            found = _prove(each, name)
            assert found is not None, name
            proof = found.proof
            if str(index) in case["proofs"]:
                proof = seventh.prove_step().proof
                assert to_hex(keccak256(proof)) == case["proofs"][str(index)], name
            else:
                seventh.step()
            yield Step(name, found.state, proof, found.read, Hash32(bytes_from_hex(post, "hash")))
        if "error" in case:
            found = _prove(each, f"sequence {number} ends")
            assert found is not None and found.post is None, case["error"]
            yield found


def program_steps(cases: Sequence[dict[str, Any]], folder: Path) -> Iterator[Step]:
    """The steps of programs that the reference has proven, of files where ``vectors run`` finds them."""
    for case in cases:
        data = cannon_programs.find_program({**case, "folder": folder})
        oracle = cannon_fields.TableOracle(case.get("preimages"))
        machine = Machine(first_state(parse_elf(data)), oracle, proofs=False)
        for wanted in case["step_witnesses"]:
            name = f"{case['program']} step {wanted['pre_step']}"
            machine.run(wanted["pre_step"] - machine.step_number)
            machine.forget_proofs()
            found = _prove(machine, name)
            assert found is not None
            assert to_hex(keccak256(found.proof)) == wanted["proof_keccak"], name
            post = Hash32(bytes_from_hex(wanted["post_state_hash"], "hash"))
            yield Step(name, found.state, found.proof, found.read, post)


# --- random code


def random_steps(seed: int, count: int) -> Iterator[Step]:
    """So many steps of random code on up to three threads."""
    done = 0
    number = 0
    while done < count:
        random = Random(f"{seed} {number}")  # noqa: S311
        machine = _random_machine(random)
        for index in range(_LIFE):
            found = _prove(machine, f"random {seed} {number} step {index}")
            if found is None:
                break
            yield found
            done += 1
            if found.post is None or machine.exited or done == count:
                break
        number += 1


class _Preimages:
    def __init__(self, preimages: dict[bytes, bytes]) -> None:
        self._preimages = preimages

    def hint(self, _hint: bytes) -> None:
        pass

    def get(self, key: bytes) -> bytes:
        found = self._preimages.get(key)
        if found is None:
            raise PreimageError(key.hex())
        return found


def _random_machine(random: Random) -> Machine:
    keys = {bytes([random.randrange(1, 7)]) + random.randbytes(31): random.randbytes(random.randrange(60))}
    keys[bytes(32)] = random.randbytes(9)
    state = State(
        preimage_key=random.choice(list(keys)),
        preimage_offset=random.choice((0, 0, 1, 8, 13, 20)),
        heap=random.choice((1 << 44, 3 << 45, (3 << 45) - 4096)),
        ll_status=random.randrange(3),
        ll_address=_DATA + random.randrange(64),
        ll_owner=random.randrange(3),
        step=random.choice((0, 10**7 - 5, random.getrandbits(64))),
        steps_since_switch=random.choice((0, 0, 100_000 - random.randrange(_LIFE))),
        traverse_right=bool(random.randrange(2)),
        next_thread_id=3,
    )
    for number in range(random.randrange(1, 4)):
        pc = _CODE + 4 * random.randrange(32)
        registers = (0, *(_value(random) for _ in range(31)))
        thread = Thread(
            number, pc, pc + 4, _value(random), _value(random), registers, 0, random.random() < 0.05
        )
        (state.left if number and random.randrange(2) else state.active).append(thread)
    code = [insn for _ in range(64) for insn in _instructions(random)]
    state.memory.write(_CODE, b"".join(insn.to_bytes(4, "big") for insn in code))
    state.memory.write(_DATA, random.randbytes(256))
    state.memory.write(_DATA + 64, next(iter(keys)))
    return Machine(state, _Preimages(keys))


def _value(random: Random) -> int:
    kind = random.randrange(4)
    if kind == 0:
        return random.choice(_EDGES)
    if kind == 1:
        return random.getrandbits(64)
    if kind == 2:
        return _CODE + 4 * random.randrange(80)
    return _DATA + random.randrange(128)


def _instructions(random: Random) -> Iterator[int]:
    """An instruction, or several that belong together; rarely one that there is not, which ends the code."""
    registers = random.getrandbits(15) << 11
    address = random.randrange(1 << 10) << 16 | random.randrange(-40, 40) & 0xFFFF
    kind = random.randrange(24)
    if kind == 0:
        yield random.getrandbits(32)
    elif kind < 3:
        yield from _system_call(random)
    elif kind < 9:
        yield registers | random.getrandbits(5) << 6 | random.choice(_FUNCTIONS)
    elif kind < 15:
        yield random.choice(_ACCESSES) << 26 | address
    elif kind < 16:
        opcode = random.choice((48, 52))
        yield opcode << 26 | address
        if random.randrange(4):
            yield opcode + random.choice((4, 8, 8, 8)) << 26 | address  # other accesses, or a matching store
    elif kind < 17:
        yield 28 << 26 | registers | random.choice((2, 32, 33, 36, 37))
    elif kind < 18:
        yield random.choice((2, 3)) << 26 | (_CODE >> 2) + random.randrange(80)
        yield 9 << 26 | random.getrandbits(26)
    elif kind < 20:
        first = random.choice((1, 4, 5, 6, 7)) << 26 | random.randrange(1 << 10) << 16
        yield first | random.randrange(-20, 20) & 0xFFFF
        yield 25 << 26 | random.getrandbits(26)
    else:
        yield random.choice((*range(8, 16), 24, 25)) << 26 | random.getrandbits(26)


def _system_call(random: Random) -> Iterator[int]:
    """A system call, with what it needs before it."""
    call = random.choice(_CALLS)
    yield 0x24020000 | call
    if call == 5055:
        yield from (0x3C040005, 0x34840F00)  # the flags that clone wants
    elif call in (5000, 5001) and random.randrange(3):
        yield 0x24040005 + call - 5000  # where requests are written to, or pre-images read from
    else:
        yield 0x24040000 | random.choice((*range(8), 100))
    if call in (5194, 5222, 5313) and random.randrange(2):
        yield from (0x3C040002, 0x34840000 | random.randrange(128))  # an address of the data
        yield 0x24050000 | random.choice((3, 128, 129))
    elif random.randrange(4):
        yield from (0x3C050002, 0x34A50000 | random.randrange(128))
    else:
        yield 0x24050000 | random.choice((0, 1, 3, 128, 0x8000))
    yield 0x24060000 | random.randrange(12)
    yield 0x0000000C
