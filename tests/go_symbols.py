"""Looks symbols up in Go source: whether a file declares what ``go-map.toml`` says that it does."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_ALONE = re.compile(r"^(?:func|type|const|var) (\w+)", re.MULTILINE)
_GROUP = re.compile(r"^(?:const|var|type) \((.*?)^\)", re.MULTILINE | re.DOTALL)
_IN_GROUP = re.compile(r"^\t(\w+(?:, \w+)*)", re.MULTILINE)
_METHOD = re.compile(r"^func \((?:\w+ )?\*?(\w+)(?:\[[^\]]*\])?\) (\w+)", re.MULTILINE)
_TYPE = re.compile(
    r"^(?:type |\t)(\w+)(?:\[[^\]]*\])? (?:struct|interface) \{\n(.*?)^\t?\}", re.MULTILINE | re.DOTALL
)
_MEMBER = re.compile(r"^\t+(\w+)", re.MULTILINE)


@cache
def declared(path: Path) -> frozenset[str]:
    """What a Go file declares at its top level; methods, fields and members of interfaces as ``Owner.Name``.

    For a folder: what the files in it declare, without tests and subfolders.
    """
    if path.is_dir():
        files = (file for file in path.glob("*.go") if not file.name.endswith("_test.go"))
        return frozenset().union(*map(declared, files))
    text = path.read_text(encoding="utf-8")
    names = set(_ALONE.findall(text))
    for group in _GROUP.findall(text):
        names.update(name for row in _IN_GROUP.findall(group) for name in row.split(", "))
    names.update(f"{owner}.{name}" for owner, name in _METHOD.findall(text))
    for owner, members in _TYPE.findall(text):
        names.update(f"{owner}.{name}" for name in _MEMBER.findall(members))
    return frozenset(names)
