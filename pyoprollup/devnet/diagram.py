"""Sequence diagrams of the life of a block or a game: as Mermaid text, as SVG, and, if it can be, as PNG."""

from __future__ import annotations

from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

from pyoprollup.devnet.diagram_svg import Scheme, svg
from pyoprollup.devnet.life import Life, Step
from pyoprollup.errors import ConfigError

__all__ = ["FORMATS", "check_diagram", "mermaid", "png", "svg", "write_diagram"]

FORMATS = (".md", ".mmd", ".svg", ".png")
"""Endings of the files that can be written."""

_SCALE = 2
"""Pixels of a PNG for each unit of the SVG."""
_COLORS = {
    1: "rgb(235, 244, 255)",
    2: "rgb(255, 245, 230)",
    3: "rgb(236, 250, 238)",
    4: "rgb(245, 238, 255)",
    5: "rgb(255, 238, 238)",
}


def mermaid(life: Life) -> str:
    """The diagram for Mermaid, which GitHub and many editors show."""
    lines = ["sequenceDiagram", f"    title {life.title}"]
    lines += [f"    participant {_id(name)} as {title}" for name, title in life.participants.items()]
    for phase, steps in groupby(life.steps, key=lambda step: step.phase):
        lines += [f"    rect {_COLORS[phase]}", f"    note over {_span(life)}: {life.phases[phase]}"]
        lines += [f"    {_message(step)}" for step in steps]
        lines.append("    end")
    return "".join(f"{line}\n" for line in lines)


def _id(participant: str) -> str:
    return participant.replace("-", "_")


def _span(life: Life) -> str:
    names = list(life.participants)
    return f"{_id(names[0])},{_id(names[-1])}"


def _message(step: Step) -> str:
    arrow = "-->>" if step.answer else "->>"
    # A semicolon or a number sign would mean something to Mermaid.
    text = step.text.replace(";", ",").replace("#", "no. ")
    return f"{_id(step.source)}{arrow}{_id(step.target)}: {label(step)} {text}"


def label(step: Step) -> str:
    """The time of a step and its place in the flow."""
    time = f"[{step.time:.2f} s]"
    return f"{time} {step.row}" if step.row else time


def png(picture: str) -> bytes:
    """An SVG as PNG; raises :class:`ConfigError` if the package that does it is not installed."""
    renderer = _png_renderer()
    return bytes(renderer.svg_to_bytes(svg_string=picture, zoom=_SCALE, background="#ffffff"))


def _png_renderer() -> Any:
    try:
        return import_module("resvg_py")
    except ImportError as exc:
        raise ConfigError("PNG needs the package resvg-py (pip install resvg-py); SVG needs nothing") from exc


def check_diagram(path: Path) -> None:
    """Raise :class:`ConfigError` if :func:`write_diagram` could not write this file."""
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(f"{path} ends with none of {', '.join(FORMATS)}")
    if path.suffix.lower() == ".png":
        _png_renderer()
    if not path.parent.is_dir():
        raise ConfigError(f"cannot write {path}: folder {path.parent} does not exist")


def write_diagram(life: Life, path: Path) -> None:
    """Write the diagram in the format that the file's ending says; raises :class:`ConfigError`."""
    check_diagram(path)
    match path.suffix.lower():
        case ".md":
            content = f"# The life of {life.title}\n\n```mermaid\n{mermaid(life)}```\n".encode()
        case ".mmd":
            content = mermaid(life).encode()
        case ".svg":
            content = svg(life).encode()
        case _:
            content = png(svg(life, Scheme.LIGHT))
    try:
        path.write_bytes(content)
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror or exc}") from exc
