"""The inlined interpreter does what py-evm's does, on programs made up at random."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from pyoprollup.eth.types import Address
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.inlined import execute
from pyoprollup.evm.oracle import INTERPRETERS
from pyoprollup.evm.program import End, Segment, Step
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain, transfer

CONTRACT, LIBRARY = Address(b"\x66" * 20), Address(b"\x65" * 20)

BINARY = (*range(0x01, 0x08), 0x0B, *range(0x10, 0x15), *range(0x16, 0x19), 0x1A, 0x1B, 0x1C, 0x1D)
UNARY = (0x15, 0x19, 0x35)
SOURCES = (0x30, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, 0x43, 0x45, 0x46, 0x48, 0x58, 0x59, 0x5A, 0x5F)
EDGES = (0, 1, 2, 31, 32, 255, 256, 2**128, 2**255 - 1, 2**255, 2**256 - 1)
CALL_LIBRARY = b"\x5f\x5f\x60\x20\x5f\x73" + LIBRARY + b"\x5a\xf4\x50"


def push(value: int) -> bytes:
    data = value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big")
    return bytes([0x5F + len(data)]) + data


def structured(rng: random.Random) -> bytes:
    """A program that mostly runs to its end, and stores what is on its stack."""
    code = b"".join(push(rng.choice(EDGES)) for _ in range(4))
    for _ in range(rng.randrange(5, 40)):
        kind = rng.randrange(12)
        if kind < 3:
            code += push(rng.choice((*EDGES, rng.getrandbits(256)))) + bytes([rng.choice(BINARY)])
        elif kind == 3:
            code += bytes([rng.choice(UNARY)])
        elif kind == 4:
            code += bytes([rng.choice(SOURCES)])
        elif kind == 5:
            code += bytes([0x80 + rng.randrange(4)])
        elif kind == 6:
            code += bytes([0x90 + rng.randrange(3)])
        elif kind == 7:
            code += bytes([0x80]) + push(rng.randrange(200)) + b"\x52"
        elif kind == 8:
            code += push(rng.randrange(300)) + b"\x51"
        elif kind == 9:  # skip three bytes or not
            target = len(code) + 8
            code += bytes([0x80, 0x61]) + target.to_bytes(2, "big") + b"\x57\x5f\x50\x00\x5b"
        elif kind == 10:
            code += push(rng.randrange(64)) + push(rng.randrange(64)) + b"\x20"
        else:
            code += CALL_LIBRARY
    for slot in range(4):
        code += push(slot) + b"\x55"
    return code + rng.choice((b"", b"\x00", push(32) + b"\x5f\xf3", push(32) + b"\x5f\xfd"))


def crude(rng: random.Random) -> bytes:
    """Bytes, the simple instructions more often than others."""
    pool = [*BINARY, *UNARY, *SOURCES, *range(0x50, 0x70), *range(0x80, 0x84), *range(0x90, 0x93)]
    pool.remove(0x55)
    return bytes(
        rng.choice(pool) if rng.random() < 0.97 else rng.randrange(256) for _ in range(rng.randrange(60))
    )


def programs() -> Iterator[tuple[int, bytes]]:
    rng = random.Random(11)
    for seed in range(160):
        yield seed, structured(rng) if seed % 5 else crude(rng)


def test_random_programs() -> None:
    library = structured(random.Random(1))
    ended_well = 0
    for seed, code in programs():
        fork = (Fork.BEDROCK, Fork.CANYON, Fork.HOLOCENE, Fork.JOVIAN)[seed % 4]
        alloc = {CONTRACT: Account(code=code, storage={0: 1}), LIBRARY: Account(code=library)}
        chain = Chain.start(fork, alloc)
        data = bytes(range(seed % 70))
        raw = transfer(to=CONTRACT, data=data, gas=(300_000, 26_000 + 40 * seed)[seed % 3 == 0])
        ours, reference = (chain.build(raw, open_state=which) for which in INTERPRETERS.values())
        assert ours.header == reference.header, f"program {seed}: {code.hex()}"
        assert ours.receipts == reference.receipts
        ended_well += ours.receipts[0].status
    assert ended_well > 40


EDGE_PROGRAMS = """
01 50 80 8f 90 57 5f57 52 5f52 51 15 56 6003565b00 60045660045b00 5b600056 7f 61 60ff56 5a5a5a5a 58585858 35
5b5f600056 60005b8060010180600a14600d576002565b00 605f5f52 61ffff51 5f5f5f5f5f5f 80808080 5f80808f 5f9f
"""
FAR = "7f" + "ff" * 32


@pytest.mark.parametrize("code", [*EDGE_PROGRAMS.split(), FAR + "51", FAR + "5f52", FAR + "35", FAR + "56"])
def test_edges(code: str) -> None:
    chain = Chain.start(Fork.JOVIAN, {CONTRACT: Account(code=bytes.fromhex(code))})
    for gas in (21_000, 21_001, 21_003, 21_010, 60_000):
        raw = transfer(to=CONTRACT, gas=gas)
        ours, reference = (chain.build(raw, open_state=which) for which in INTERPRETERS.values())
        assert ours.header == reference.header, gas


def test_the_loop_has_the_kinds_by_their_names() -> None:
    """The local names at its head stand for the constants of :mod:`program` that are called so."""
    seen: dict[str, int] = {}

    class Stop(Exception):
        """The head of the loop is over."""

    class Segments(dict[int, Segment]):
        def get(self, *_: object) -> Segment:  # type: ignore[override]
            caller = sys._getframe(1)
            seen.update({name: value for name, value in caller.f_locals.items() if name.isupper()})
            raise Stop

    program = SimpleNamespace(segments=Segments())
    state = SimpleNamespace(checkpoint=None)
    frame = SimpleNamespace(stack=[], memory=bytearray(), program=program, gas=0, state=state)
    with pytest.raises(Stop):
        execute(frame)  # type: ignore[arg-type]
    named = {**vars(Step), **{name: value for name, value in vars(End).items() if name != "OTHER"}}
    assert len(seen) == 24
    assert seen == {name: named[name] for name in seen}
