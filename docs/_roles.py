"""Turns docstrings, plain text with roles as Sphinx has them, into Markdown, and links the specification."""

from __future__ import annotations

import re
from typing import Any

import griffe

from pyoprollup.cli.specification import specification_url

_ROLE = re.compile(r":\w+:`(~?)([^`]+)`")
_LITERAL = re.compile(r"::(?=\n\n\s{4})")
_FILE = r"(?:experimental|fault-proof|interop|protocol)/[\w/-]+\.md"
_HEADING = r"[A-Z`](?:[^;.,()\n]|\n(?!\n)|\.(?=\w))*(?:\s*\([A-Z][^)]*\))?"
_CITATION = re.compile(rf"(?<![\w/`])(?P<file>{_FILE})(?:,\s+(?P<headings>{_HEADING}))?")
_AND = re.compile(r"(?<!Safety)(\s+and\s+)(?=[A-Z`])")
"""Between two headings; "Safety and Finality" is one."""


def to_markdown(text: str) -> str:
    """A role becomes code, and the paragraph before a literal block ends in one colon."""
    text = _ROLE.sub(lambda role: f"`{role[2].rpartition('.')[2] if role[1] else role[2]}`", text)
    return link_specification(_LITERAL.sub(":", text))


def link_specification(text: str) -> str:
    """Citations as docstrings have them, ``protocol/derivation.md, Frame Format``, with links.

    Several headings of a page are joined by "and".
    """
    return _CITATION.sub(_linked, text)


def _linked(citation: re.Match[str]) -> str:
    file = citation["file"]
    linked = f"[{file}]({specification_url(file)})"
    if citation["headings"] is None:
        return linked
    headings = citation["headings"].rstrip()
    space = citation["headings"][len(headings) :]
    parts = _AND.split(headings)
    parts[::2] = [f"[{part}]({_section(file, part)})" for part in parts[::2]]
    return f"{linked}, {''.join(parts)}{space}"


def _section(file: str, heading: str) -> str | None:
    return specification_url(f"{file}: {' '.join(heading.split())}")


class Roles(griffe.Extension):
    """Rewrites every docstring when it is loaded."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)
