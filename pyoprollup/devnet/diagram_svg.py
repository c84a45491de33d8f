"""Draws the life of a block or a game as SVG: text and lines, nothing to be fetched, good on paper too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from xml.sax.saxutils import escape

from pyoprollup.devnet.life import Life, Step

__all__ = ["Scheme", "scheme_css", "svg"]

_COLUMN, _GUTTER, _MARGIN = 152, 118, 24
_TITLE, _BOX, _ROW, _BAND_HEAD, _BAND_GAP = 44, 34, 31, 27, 12
_BOX_WIDTH, _LOOP = 138, 22
_LETTER = 6.3
"""Width of a letter of the labels, about."""

_LEAST_COLUMNS = 7
"""With fewer participants there is room at the right for what the last one does."""

_STYLE = """\
text { font-family: "Helvetica Neue", Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
.title { font-size: 17px; font-weight: bold; }
.box { stroke-width: 1.2; }
.name { font-size: 13px; font-weight: bold; text-anchor: middle; }
.phase { font-size: 13px; font-weight: bold; }
.life { stroke-width: 1; stroke-dasharray: 3 4; }
.time { font-size: 11px; text-anchor: end; }
.row { font-size: 11px; font-weight: bold; }
.text { font-size: 11.5px; }
.line { fill: none; stroke-width: 1.3; }
.answer { stroke-dasharray: 5 3; }"""


@dataclass(frozen=True, slots=True)
class _Palette:
    """Colours of a scheme; of each phase the ground and the ink."""

    paper: str
    text: str
    quiet: str
    line: str
    life: str
    box: str
    phases: tuple[tuple[str, str], ...]

    def css(self) -> str:
        rules = [
            f".paper {{ fill: {self.paper}; }}",
            f".title, .name, .text {{ fill: {self.text}; }}",
            f".box {{ fill: {self.paper}; stroke: {self.box}; }}",
            f".life {{ stroke: {self.life}; }}",
            f".time {{ fill: {self.quiet}; }}",
            f".line {{ stroke: {self.line}; }}",
            f".tip {{ fill: {self.line}; }}",
        ]
        for number, (ground, ink) in enumerate(self.phases, 1):
            rules += [f".ground{number} {{ fill: {ground}; }}", f".ink{number} {{ fill: {ink}; }}"]
        return "\n".join(rules)


_LIGHT = _Palette(
    paper="#ffffff",
    text="#1c2430",
    quiet="#5b6675",
    line="#2b3544",
    life="#aab3c0",
    box="#4a5566",
    phases=(
        ("#eaf3ff", "#1d4f91"),
        ("#fff4e3", "#8f5a10"),
        ("#e9f8ec", "#1f6b35"),
        ("#f3ecff", "#5b2d91"),
        ("#ffecec", "#91261d"),
    ),
)
_DARK = _Palette(
    paper="#1b1e28",
    text="#e8ebf2",
    quiet="#a4adbd",
    line="#d5dbe6",
    life="#5a6375",
    box="#8791a4",
    phases=(
        ("#1d2f4a", "#9cc4ff"),
        ("#423018", "#f3c27a"),
        ("#1b3a26", "#93d9a8"),
        ("#34264a", "#cdb0f5"),
        ("#45211f", "#f5aaa2"),
    ),
)


class Scheme(StrEnum):
    """The colours of a picture."""

    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"
    """As the reader's system has it."""


def scheme_css(scheme: Scheme) -> str:
    """The colours as a style sheet, for the classes ``paper``, ``text``, ``line``, ``ground1`` and so on."""
    if scheme is Scheme.AUTO:
        return f"{_LIGHT.css()}\n@media (prefers-color-scheme: dark) {{\n{_DARK.css()}\n}}"
    return (_DARK if scheme is Scheme.DARK else _LIGHT).css()


def svg(life: Life, scheme: Scheme = Scheme.AUTO) -> str:
    """The diagram as an SVG document."""
    return _Drawing(life).document(scheme)


_ARROW = """\
<defs>
<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">
<path class="tip" d="M0 1 L9 5 L0 9 z"/>
</marker>
</defs>"""


class _Drawing:
    """A diagram, as wide as its participants need it."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._columns = {name: index for index, name in enumerate(life.participants)}
        self._width = _GUTTER + _COLUMN * max(len(self._columns), _LEAST_COLUMNS) + _MARGIN

    def document(self, scheme: Scheme) -> str:
        life = self._life
        phases = [(phase, list(steps)) for phase, steps in groupby(life.steps, key=lambda step: step.phase)]
        top = _TITLE + _BOX + _BAND_GAP
        heights = [_BAND_HEAD + _ROW * len(steps) + 8 for _, steps in phases]
        bottom = top + sum(heights) + _BAND_GAP * len(phases)
        height = bottom + _BOX + _MARGIN
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {height}" '
            f'width="{self._width}" height="{height}">',
            f"<title>{escape(life.title)}</title>",
            f"<style>\n{_STYLE}\n{scheme_css(scheme)}\n</style>",
            _ARROW,
            f'<rect class="paper" width="{self._width}" height="{height}"/>',
            f'<text class="title" x="{_MARGIN}" y="29">The life of {escape(life.title)}</text>',
        ]
        bands: list[str] = []
        rows: list[str] = []
        y = top
        for (phase, steps), tall in zip(phases, heights, strict=True):
            bands += self._band(phase, y, tall)
            for index, step in enumerate(steps):
                rows += self._step(step, y + _BAND_HEAD + _ROW * index + 20)
            y += tall + _BAND_GAP
        boxes = [*self._boxes(_TITLE), *self._boxes(bottom)]
        parts += [*bands, *self._lifelines(_TITLE + _BOX, bottom), *boxes, *rows, "</svg>"]
        return "".join(f"{part}\n" for part in parts)

    def _x(self, participant: str) -> float:
        return _GUTTER + _COLUMN * (self._columns[participant] + 0.5)

    def _band(self, phase: int, y: float, height: float) -> Iterator[str]:
        width = self._width - 2 * 12
        yield f'<rect class="ground{phase}" x="12" y="{y}" width="{width}" height="{height}" rx="6"/>'
        name = escape(self._life.phases[phase])
        yield f'<text class="phase ink{phase}" x="{_MARGIN}" y="{y + 19}">{name}</text>'

    def _lifelines(self, top: float, bottom: float) -> Iterator[str]:
        for participant in self._columns:
            x = self._x(participant)
            yield f'<line class="life" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>'

    def _boxes(self, y: float) -> Iterator[str]:
        for participant, name in self._life.participants.items():
            x = self._x(participant)
            left = x - _BOX_WIDTH / 2
            yield f'<rect class="box" x="{left}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX}" rx="5"/>'
            yield f'<text class="name" x="{x}" y="{y + 21.5}">{escape(name)}</text>'

    def _step(self, step: Step, y: float) -> Iterator[str]:
        """A row: time and place in the flow at the left, the arrow at height ``y``, the text above it."""
        ground, ink = f"ground{step.phase}", f"ink{step.phase}"
        yield f'<text class="time" x="{_GUTTER - 34}" y="{y}">{step.time:.2f} s</text>'
        yield f'<text class="row {ink}" x="{_GUTTER - 26}" y="{y}">{escape(step.row)}</text>'
        start, end = self._x(step.source), self._x(step.target)
        if step.source == step.target:
            yield from self._loop(step.text, start, y, ground)
            return
        yield from self._text(step.text, (start + end) / 2, y - 5, ground, "middle")
        dashes = " answer" if step.answer else ""
        tip = end - 1 if end > start else end + 1
        yield f'<line class="line{dashes}" x1="{start}" y1="{y}" x2="{tip}" y2="{y}" marker-end="url(#tip)"/>'

    def _loop(self, text: str, x: float, y: float, ground: str) -> Iterator[str]:
        """What somebody does alone; to the left of the lifeline where there is no room at the right."""
        side = 1 if x + _LOOP + 8 + len(text) * _LETTER < self._width - _MARGIN else -1
        anchor = "start" if side > 0 else "end"
        yield from self._text(text, x + side * (_LOOP + 8), y, ground, anchor)
        path = f"M{x} {y - 9} h{side * _LOOP} v10 h{side * (2 - _LOOP)}"
        yield f'<path class="line" d="{path}" marker-end="url(#tip)"/>'

    def _text(self, text: str, x: float, y: float, ground: str, anchor: str) -> Iterator[str]:
        """A label, on a piece of the ground so that no lifeline goes through it, and within the picture."""
        width = len(text) * _LETTER
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        moved = max(_GUTTER - 4.0, min(left, self._width - _MARGIN - width)) - left
        left, x = left + moved, x + moved
        yield f'<rect class="{ground}" x="{left:.1f}" y="{y - 9}" width="{width:.1f}" height="11"/>'
        yield f'<text class="text" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
