"""Draws a game's claims as a tree: who has claimed what, whether it is true, clocks, bonds, and how it ends.

Plain SVG: nothing is fetched, and it is light or dark as the reader's screen is. Claims are in rows by their
depth; a line from a claim to its answer is full for an attack and dashed for a defence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from pyoprollup.challenger.explanation import ClaimSheet, GameSheet
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.types import Address, to_hex

__all__ = ["MAX_DRAWN", "claim_tree_svg"]

MAX_DRAWN = 400
"""Claims that are drawn; of more only the first."""

_BOX, _HEIGHT, _GAP, _ROW = 168, 62, 16, 96
_LEFT, _TOP = 66, 86
_STYLE = """\
text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
.title { font-size: 17px; font-weight: bold; }
.sub, .depth { font-size: 12px; }
.name { font-size: 12.5px; font-weight: bold; }
.text { font-size: 11px; }
.mono { font-size: 11px; font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.box { stroke-width: 1.6; rx: 5px; }
.edge { fill: none; stroke-width: 1.4; }
.defend { stroke-dasharray: 5 4; }
.split { stroke-width: 1; stroke-dasharray: 2 5; }
.countered { stroke-dasharray: 3 3; }"""


@dataclass(frozen=True, slots=True)
class _Palette:
    paper: str
    ink: str
    quiet: str
    line: str
    true: tuple[str, str]
    false: tuple[str, str]
    unknown: tuple[str, str]

    def css(self) -> str:
        rules = [
            f".paper {{ fill: {self.paper}; }}",
            f".title, .name, .mono, .text {{ fill: {self.ink}; }}",
            f".sub, .depth {{ fill: {self.quiet}; }}",
            f".edge, .split {{ stroke: {self.line}; }}",
        ]
        for name in ("true", "false", "unknown"):
            ground, ink = getattr(self, name)
            rules.append(f".{name} {{ fill: {ground}; stroke: {ink}; }}")
        return "\n".join(rules)


_LIGHT = _Palette(
    "#ffffff", "#1b1f24", "#57606a", "#8c959f",
    ("#ddf4e4", "#1a7f37"), ("#ffe2e0", "#cf222e"), ("#eaeef2", "#6e7781"),
)  # fmt: skip
_DARK = _Palette(
    "#0d1117", "#e6edf3", "#9198a1", "#6e7681",
    ("#12361f", "#3fb950"), ("#4a1a1c", "#f85149"), ("#21262d", "#8b949e"),
)  # fmt: skip


def claim_tree_svg(sheet: GameSheet, scheme: str = "auto", names: dict[Address, str] | None = None) -> str:
    """The drawing. ``scheme`` is ``light``, ``dark``, or ``auto`` for what the screen is.

    ``names`` are those of accounts; others are shown by the beginning of their address.
    """
    drawn = sheet.claims[:MAX_DRAWN]
    columns = _columns(drawn)
    depth = max(each.claim.depth for each in drawn)
    width = _LEFT + (max(columns.values()) + 1) * (_BOX + _GAP) + _GAP
    width, height = max(width, 760), _TOP + (depth + 1) * _ROW + 8
    body = "\n".join(_body(sheet, drawn, columns, names or {}, width))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        f'height="{height}" role="img" aria-label="{escape(_title(sheet))}">\n'
        f"<style>\n{_STYLE}\n{_css(scheme)}\n</style>\n"
        f'<rect class="paper" width="100%" height="100%"/>\n{body}\n</svg>\n'
    )


def _css(scheme: str) -> str:
    if scheme == "light":
        return _LIGHT.css()
    if scheme == "dark":
        return _DARK.css()
    return f"{_LIGHT.css()}\n@media (prefers-color-scheme: dark) {{\n{_DARK.css()}\n}}"


def _columns(drawn: tuple[ClaimSheet, ...]) -> dict[int, float]:
    """Where each claim stands: leaves side by side, and every other claim in the middle over its answers."""
    children: dict[int, list[int]] = {each.claim.index: [] for each in drawn}
    for each in drawn[1:]:
        children[each.claim.parent_index].append(each.claim.index)
    for answers in children.values():
        answers.sort(key=lambda index: (drawn[index].trace_index, index))
    columns: dict[int, float] = {}
    free = 0
    # From the leaves up, without recursion: a game may have as many levels as it likes.
    stack = [(0, False)]
    while stack:
        index, is_done = stack.pop()
        answers = children[index]
        if not answers:
            columns[index] = free
            free += 1
        elif is_done:
            columns[index] = (columns[answers[0]] + columns[answers[-1]]) / 2
        else:
            stack.append((index, True))
            stack.extend((answer, False) for answer in reversed(answers))
    return columns


def _title(sheet: GameSheet) -> str:
    facts = sheet.facts
    stands = str(facts.status).lower()
    if facts.status is GameStatus.IN_PROGRESS:
        stands += f"; as it is, {str(sheet.forecast).lower()}"
    return f"Game {to_hex(facts.address)[:10]}… about L2 block {facts.l2_block:,}: {stands}"


def _body(
    sheet: GameSheet,
    drawn: tuple[ClaimSheet, ...],
    columns: dict[int, float],
    names: dict[Address, str],
    width: float,
) -> Iterator[str]:
    yield f'<text class="title" x="{_GAP}" y="28">{escape(_title(sheet))}</text>'
    yield f'<text class="sub" x="{_GAP}" y="48">{escape(_legend(sheet, len(drawn)))}</text>'
    yield (
        f'<text class="sub" x="{_GAP}" y="65">Green is true by the chain, red is false; a dashed box is '
        "countered. A full line attacks, a dashed line defends.</text>"
    )
    depths = {each.claim.depth for each in drawn}
    for depth in sorted(depths):
        y = _TOP + depth * _ROW + _HEIGHT / 2 + 4
        yield f'<text class="depth" x="{_GAP}" y="{y:.0f}">depth {depth}</text>'
    if max(depths) > sheet.facts.split_depth:
        y = _TOP + (sheet.facts.split_depth + 1) * _ROW - (_ROW - _HEIGHT) / 2
        yield f'<line class="split" x1="{_GAP}" x2="{width - _GAP:.0f}" y1="{y:.0f}" y2="{y:.0f}"/>'
        for text, where in (("output roots", y - 5), ("the VM", y + 14)):
            place = f'x="{width - _GAP:.0f}" y="{where:.0f}" text-anchor="end"'
            yield f'<text class="depth" {place}>{text}</text>'
    for each in drawn[1:]:
        yield _edge(each, columns)
    for each in drawn:
        yield from _box(sheet, each, columns, names)


def _legend(sheet: GameSheet, drawn: int) -> str:
    more = "" if drawn == len(sheet.claims) else f", {drawn} of them drawn"
    clock = _time(sheet.facts.max_clock_duration)
    return f"{len(sheet.claims)} claims{more}; {clock} for each side; bonds in ether"


def _place(each: ClaimSheet, columns: dict[int, float]) -> tuple[float, float]:
    claim = each.claim
    return _LEFT + columns[claim.index] * (_BOX + _GAP) + _GAP, _TOP + claim.depth * _ROW


def _edge(each: ClaimSheet, columns: dict[int, float]) -> str:
    x, y = _place(each, columns)
    from_x = _LEFT + columns[each.claim.parent_index] * (_BOX + _GAP) + _GAP + _BOX / 2
    from_y = y - _ROW + _HEIGHT
    middle = (from_y + y) / 2
    kind = " defend" if each.kind == "defend" else ""
    path = f"M{from_x:.0f} {from_y:.0f} C{from_x:.0f} {middle:.0f} {x + _BOX / 2:.0f} {middle:.0f}"
    return f'<path class="edge{kind}" d="{path} {x + _BOX / 2:.0f} {y:.0f}"/>'


def _box(
    sheet: GameSheet, each: ClaimSheet, columns: dict[int, float], names: dict[Address, str]
) -> Iterator[str]:
    claim = each.claim
    x, y = _place(each, columns)
    truth = "unknown" if each.agree is None else "true" if each.agree else "false"
    countered = " countered" if claim.is_countered else ""
    who = names.get(claim.claimant, to_hex(claim.claimant)[:8])
    left = max(0, sheet.facts.max_clock_duration - each.elapsed)
    last = f"{claim.bond / 10**18:.3g} ETH"
    if claim.is_countered:
        last += f", to {names.get(claim.countered_by, to_hex(claim.countered_by)[:8])}"
    elif sheet.facts.status is GameStatus.IN_PROGRESS:
        last += f", {_time(left)} left"
    yield f"<g><title>{escape(_hover(each))}</title>"
    yield (
        f'<rect class="box {truth}{countered}" x="{x:.0f}" y="{y:.0f}" width="{_BOX}" height="{_HEIGHT}"/>'
    )
    yield f'<text class="name" x="{x + 8:.0f}" y="{y + 17:.0f}">{claim.index} · {escape(who)}</text>'
    value = f"{to_hex(claim.value)[:14]}…"
    yield f'<text class="mono" x="{x + 8:.0f}" y="{y + 34:.0f}">{value}</text>'
    yield f'<text class="text" x="{x + 8:.0f}" y="{y + 51:.0f}">{escape(last)}</text></g>'


def _hover(each: ClaimSheet) -> str:
    claim = each.claim
    reason = "" if each.judgement is None else f"\n{each.judgement.value}"
    answer = f"\n{each.answer}" if each.answer else ""
    return f"claim {claim.index}, position {claim.position}, step {each.trace_index}{reason}{answer}"


def _time(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    shown = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(shown[:2]) or "0 s"
