"""The picture of the chapter "One instruction": what a step is proven with, and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape

from pyoprollup.cannon import Machine
from pyoprollup.cannon.core.layout import PC
from pyoprollup.cannon.disassembler import disassemble
from pyoprollup.cannon.memory import PROOF_BYTES, zero_hashes
from pyoprollup.cannon.state import THREAD_BYTES, THREAD_PROOF_BYTES
from pyoprollup.devnet.diagram_svg import Scheme, scheme_css
from pyoprollup.devnet.toy import toy_state

__all__ = ["STEP", "one_instruction"]

STEP = 34_816
"""The step of the toy's program that the chapter's game ends in."""

_STYLE = """\
text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
.title { font-size: 17px; font-weight: bold; }
.name { font-size: 13px; font-weight: bold; }
.text { font-size: 12px; }
.hash { font-family: "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; font-size: 11.5px; }
.middle { text-anchor: middle; }
.box { stroke-width: 1.3; }
.line { fill: none; stroke-width: 1.4; }"""

_WIDTH, _HEIGHT, _COLUMN, _MARGIN = 780, 552, 236, 24
_PARTS, _BEFORE, _DO, _AFTER = 52, 268, 376, 456
"""Where the rows begin."""
_TALL, _STATE = 168, 76
_CELL = 3.5


@dataclass(frozen=True)
class _Step:
    """The step, in hex as far as it is hashes."""

    text: str
    pc: int
    address: int
    registers: tuple[tuple[str, str], ...]
    instruction: bytes
    word: bytes
    before: bytes
    before_hash: str
    after: bytes
    after_hash: str


@cache
def _step() -> _Step:
    machine = Machine(toy_state())
    machine.run(STEP)
    words = machine.engine.thread()
    text = disassemble(machine.instruction(), words[PC])
    thread = machine.state().active[-1]
    at, v0 = thread.registers[1], thread.registers[2]
    witness = machine.prove_step()
    proofs = witness.proof[THREAD_PROOF_BYTES:]
    return _Step(
        text=text,
        pc=thread.pc,
        address=v0,
        registers=(("pc", hex(thread.pc)), ("at", f"{at:016x}"), ("v0", hex(v0))),
        instruction=proofs[:PROOF_BYTES],
        word=proofs[PROOF_BYTES : 2 * PROOF_BYTES],
        before=witness.state,
        before_hash=witness.state_hash.hex(),
        after=machine.witness(),
        after_hash=machine.state_hash().hex(),
    )


def one_instruction(scheme: Scheme) -> str:
    """A step's proof, the state that it is checked against, and the state after it."""
    step = _step()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}">',
        "<title>What a step is proven with</title>",
        f"<style>\n{_STYLE}\n{scheme_css(scheme)}\n</style>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'orient="auto"><path class="tip" d="M0 1 L9 5 L0 9 z"/></marker></defs>',
        f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}"/>',
        f'<text class="title" x="{_MARGIN}" y="30">What a step is proven with</text>',
        *_thread(step),
        *_memory(step.instruction, step.pc, 1, "The instruction", 4),
        *_memory(step.word, step.address, 2, "The word that it writes", 8),
        *_states(step),
        "</svg>",
    ]
    return "".join(f"{part}\n" for part in parts)


def _x(column: int) -> int:
    return _MARGIN + column * (_COLUMN + 12)


def _text(x: float, y: float, text: str, kind: str = "text") -> str:
    hashes = kind.replace("hash", "text hash")
    return f'<text class="{hashes}" x="{x}" y="{y}">{escape(text)}</text>'


def _part(column: int, title: str, size: str) -> Iterator[str]:
    """The box of a part of the proof, and the arrow from it to the state."""
    x, middle = _x(column), _x(column) + _COLUMN / 2
    yield (
        f'<rect class="box" x="{x}" y="{_PARTS}" width="{_COLUMN}" height="{_TALL}" rx="6"/>'
        f'<rect class="ground{column + 1}" x="{x + 1}" y="{_PARTS + 1}" width="{_COLUMN - 2}" '
        f'height="{_TALL - 2}" rx="5"/>'
    )
    yield f'<text class="name ink{column + 1}" x="{x + 12}" y="{_PARTS + 24}">{title}</text>'
    yield _text(x + 12, _PARTS + 43, size)
    end = middle if column < 2 else _WIDTH / 2 + 40
    turn = f"V {_PARTS + _TALL + 18} H {end:g} " if end != middle else ""
    yield (
        f'<path class="line" d="M {middle:g} {_PARTS + _TALL} {turn}V {_BEFORE - 1}" marker-end="url(#tip)"/>'
    )
    if column != 1:
        said = "its hash must be equal" if column == 0 else "both roots must be equal"
        yield _text(end + 8, _PARTS + _TALL + 36, said)


def _thread(step: _Step) -> Iterator[str]:
    yield from _part(0, "The active thread", f"{THREAD_BYTES} bytes")
    x, y = _x(0) + 12, _PARTS + 70
    for number, (name, value) in enumerate(step.registers):
        yield _text(x, y + 19 * number, f"{name} {value}", "hash")
    yield _text(x, y + 62, "and the stack below it, 32 bytes")


def _memory(proof: bytes, address: int, column: int, title: str, size: int) -> Iterator[str]:
    yield from _part(column, title, "32 + 59 · 32 bytes")
    x, y = _x(column) + 12, _PARTS + 70
    place = address % 32
    yield _text(x, y, f"leaf at {address - place:#x}, byte {place}:")
    yield _text(x, y + 19, proof[place : place + size].hex(), "hash")
    empty = zero_hashes()
    for height in range(59):
        node = proof[32 * (height + 1) : 32 * (height + 2)]
        full = node != empty[height]
        kind, left = f"ink{column + 1}" if full else "paper", x + _CELL * height
        yield f'<rect class="{kind}" x="{left:g}" y="{y + 36}" width="{_CELL - 0.7:g}" height="16"/>'
    yield _text(x, y + 72, "59 nodes beside the way up")


def _state(y: int, title: str, witness: bytes, hash_: str) -> Iterator[str]:
    width = _WIDTH - 2 * _MARGIN
    yield f'<rect class="box" x="{_MARGIN}" y="{y}" width="{width}" height="{_STATE}" rx="6"/>'
    yield _text(_x(0) + 12, y + 24, title, "name")
    step = int.from_bytes(witness[99:107], "big")
    yield _text(_x(1) + 12, y + 24, f"step {step}")
    yield _text(_x(2) + 12, y + 24, f"claim {hash_[:16]}…", "hash")
    yield _text(_x(0) + 12, y + 45, "left threads")
    yield _text(_x(0) + 12, y + 63, f"{witness[116:148].hex()[:24]}…", "hash")
    yield _text(_x(1) + 12, y + 45, "memory root")
    yield _text(_x(1) + 12, y + 63, f"{witness[:32].hex()[:24]}…", "hash")
    yield _text(_x(2) + 12, y + 45, "and the rest of 188 bytes")


def _states(step: _Step) -> Iterator[str]:
    yield from _state(_BEFORE, "The state before", step.before, step.before_hash)
    middle = _WIDTH / 2
    for top, end in ((_BEFORE + _STATE, _DO), (_DO + 40, _AFTER)):
        yield (
            f'<line class="line" x1="{middle}" y1="{top}" x2="{middle}" y2="{end - 1}" '
            'marker-end="url(#tip)"/>'
        )
    yield f'<rect class="box" x="{middle - 110}" y="{_DO}" width="220" height="40" rx="18"/>'
    yield f'<text class="name middle" x="{middle}" y="{_DO + 25}">{escape(step.text)}</text>'
    yield _text(middle + 124, _DO + 25, "the contract does it")
    yield from _state(_AFTER, "The state after", step.after, step.after_hash)
