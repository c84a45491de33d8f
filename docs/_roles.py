"""Turns docstrings, plain text with roles as Sphinx has them, into Markdown."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":\w+:`(~?)([^`]+)`")
_LITERAL = re.compile(r"::(?=\n\n\s{4})")


def to_markdown(text: str) -> str:
    """A role becomes code, and the paragraph before a literal block ends in one colon."""
    text = _ROLE.sub(lambda role: f"`{role[2].rpartition('.')[2] if role[1] else role[2]}`", text)
    return _LITERAL.sub(":", text)


class Roles(griffe.Extension):
    """Rewrites every docstring when it is loaded."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)
