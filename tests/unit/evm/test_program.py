"""Cutting code into segments."""

from __future__ import annotations

import pytest
from eth.exceptions import InvalidJumpDestination
from eth.vm.forks.paris.computation import ParisComputation
from eth.vm.forks.prague.computation import PragueComputation
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.evm.frame import program_cache
from pyoprollup.evm.program import End, Program, Step

PRAGUE, PARIS = program_cache(PragueComputation.opcodes), program_cache(ParisComputation.opcodes)


def program(code: str) -> Program:
    return Program(bytes.fromhex(code), PRAGUE)


def test_gas_and_stack_of_a_segment() -> None:
    segment = program("6001600201" + "80" + "f3").segment(0)  # PUSH PUSH ADD DUP RETURN
    assert (segment.gas, segment.needs, segment.room) == (12, 0, 1022)
    assert segment.steps == ((Step.PUSH, 3), (Step.DUP, -1))
    assert segment.end == End.HALT
    segment = program("93" + "55").segment(0)  # SWAP4 SSTORE
    assert (segment.gas, segment.needs, segment.room, segment.end) == (3, 5, 1024, End.OTHER)


@pytest.mark.parametrize(
    ("code", "end", "target", "after"),
    [
        ("6003565b", End.JUMP, 3, 3),
        ("6002565b", End.JUMP, -1, 3),
        ("5f6004575b", End.BRANCH, 4, 4),
        ("5f156005575b", End.BRANCH_UNLESS, 5, 5),
        ("3456", End.JUMP_POPPED, -1, 2),
        ("34345b", End.NEXT, -1, 2),
        ("60", End.HALT, -1, 3),
        ("0c", End.HALT, -1, 1),
    ],
)
def test_ends(code: str, end: int, target: int, after: int) -> None:
    segment = program(code).segment(0)
    assert (segment.end, segment.target, segment.after) == (end, target, after)


def test_a_bad_jump_leads_nowhere() -> None:
    with pytest.raises(InvalidJumpDestination):
        program("").segment(-1)


def test_instructions_of_later_forks_do_not_exist() -> None:
    for code in ("5f", "5c", "5e", "49"):
        data = bytes.fromhex(code)
        assert Program(data, PARIS).segment(0).other is PARIS.instructions.invalid
        assert Program(data, PRAGUE).segment(0).end != End.OTHER


@given(st.binary(max_size=200))
def test_every_byte_is_cut_once(code: bytes) -> None:
    """Segments that follow each other end where the next begins, so the work is linear in the code."""
    made, position, steps = Program(code, PRAGUE), 0, 0
    while position < len(code):
        segment = made.segment(position)
        assert segment.after > position
        assert 0 <= segment.needs <= 1024
        position = segment.after
        steps += len(segment.steps) + 1
    assert steps <= 2 * len(code) + 1


def test_the_cache_is_bounded() -> None:
    cache = program_cache(PragueComputation.opcodes)
    cache._limit = cache._left = 1000
    for number in range(300):
        cache.program(b"\x61" + number.to_bytes(2, "big") + b"\x5b" * 50).segment(0)
        assert len(cache._programs) < 300
    # The destinations of a program count too, not only its segments.
    many = cache.program(b"\x5b" * 2000)
    assert all(many.leads_to(position) for position in range(2000))
    assert many not in cache._programs.values()
    same = b"\x5b\x00"
    assert cache.program(same) is cache.program(bytes(same))
