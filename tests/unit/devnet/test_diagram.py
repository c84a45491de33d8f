"""Diagrams: well-formed, complete, and within the picture."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from pyoprollup.devnet.diagram import check_diagram, mermaid, png, svg, write_diagram
from pyoprollup.devnet.life import PARTICIPANTS, PHASES, BlockLife, Step
from pyoprollup.errors import ConfigError
from tests.unit.devnet.support import lived

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_svg_has_every_step() -> None:
    life = lived().life
    shown = texts(svg(life))
    assert shown[0] == f"The life of {life.title}"
    for step in life.steps:
        assert step.text in shown and f"{step.time:.2f} s" in shown
    assert all(title in shown for title in PHASES.values())
    assert all(shown.count(name) == 2 for name in PARTICIPANTS.values())


def test_svg_stays_within_the_picture() -> None:
    root = ElementTree.fromstring(svg(lived().life))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = list(root.iter(f"{SVG}rect"))
    assert len(boxes) > 30
    for box in boxes:
        left, top = float(box.get("x", 0)), float(box.get("y", 0))
        assert left >= 0 and left + float(box.attrib["width"]) <= width
        assert top >= 0 and top + float(box.attrib["height"]) <= height


def test_svg_needs_nothing_from_elsewhere() -> None:
    assert not re.search(r"href|url\((?!#)|<script|<image", svg(lived().life))


def test_whatever_is_said_is_escaped() -> None:
    life = BlockLife(1, "0x" + "ab" * 32, (Step(1, "1.1", 0.0, "user", "l1", "<a> & #1; b"),))
    assert "<a> & #1; b" in texts(svg(life))
    assert "<a> & no. 1, b" in mermaid(life)


def test_a_block_without_a_life() -> None:
    empty = replace(lived().life, steps=())
    assert texts(svg(empty)) and mermaid(empty).count("participant") == len(PARTICIPANTS)


def test_mermaid_has_every_step() -> None:
    life = lived().life
    lines = mermaid(life).splitlines()
    assert lines[0] == "sequenceDiagram"
    messages = [line for line in lines if ">>" in line]
    assert len(messages) == len(life.steps)
    for line, step in zip(messages, life.steps, strict=True):
        match = re.fullmatch(r"    (\w+)(-->>|->>)(\w+): \[\d+\.\d\d s\] (.*)", line)
        assert match and match[4].endswith(step.text) and (match[2] == "-->>") is step.answer
        assert f"    participant {match[1]} as {PARTICIPANTS[step.source]}" in lines
    assert sum(line.startswith("    rect ") for line in lines) == lines.count("    end") == 3


def test_the_ending_tells_the_format(tmp_path: Path) -> None:
    life = lived().life
    for ending, content in {
        ".svg": svg(life),
        ".mmd": mermaid(life),
        ".md": f"# The life of {life.title}\n\n```mermaid\n{mermaid(life)}```\n",
    }.items():
        write_diagram(life, tmp_path / f"life{ending}")
        assert (tmp_path / f"life{ending}").read_text() == content


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"life\.gif ends with none of \.md, \.mmd, \.svg, \.png"):
        check_diagram(tmp_path / "life.gif")
    with pytest.raises(ConfigError, match="does not exist"):
        check_diagram(tmp_path / "nowhere" / "life.svg")
    (tmp_path / "life.svg").mkdir()
    with pytest.raises(ConfigError, match="cannot write"):
        write_diagram(lived().life, tmp_path / "life.svg")


def test_png_needs_a_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ConfigError, match="pip install resvg-py"):
        check_diagram(tmp_path / "life.png")


def test_png_is_drawn_by_that_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {}

    def svg_to_bytes(**options: object) -> list[int]:
        given.update(options)
        return [1, 2, 3]

    monkeypatch.setitem(sys.modules, "resvg_py", SimpleNamespace(svg_to_bytes=svg_to_bytes))
    write_diagram(lived().life, tmp_path / "life.png")
    assert (tmp_path / "life.png").read_bytes() == b"\x01\x02\x03" == png("x")
    assert given["svg_string"] == "x"
