"""``pyoprollup where``: a name of the Go reference to ours and back, with the specification and the tests."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pyoprollup.cli.go_map import Entry, find, near
from pyoprollup.cli.output import print_head, print_json, print_line, print_table, table
from pyoprollup.cli.specification import specification_url
from pyoprollup.errors import NotFound

__all__ = ["where_command"]

MAX_SHOWN = 40


def where_command(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name, Go's or ours: FrameQueue.NextFrame, frame_queue.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object for each match.")] = False,
) -> None:
    """Find a name's counterpart: our module, the Go file, the specification, the tests."""
    found = find(name)
    if not found:
        raise NotFound(_unknown(name))
    if as_json:
        for entry in found:
            print_json(_json(entry))
    elif len(found) == 1:
        _print_one(found[0])
    else:
        _print_candidates(found)


def _unknown(name: str) -> str:
    similar = near(name)
    return f"no name {name!r} in the map" + (f"; similar names: {', '.join(similar)}" if similar else "")


def _place(entry: Entry) -> str:
    return entry.file if entry.line is None else f"{entry.file}:{entry.line}"


def _json(entry: Entry) -> dict[str, Any]:
    go = entry.go and {
        "file": entry.go.path,
        "symbol": entry.go.name,
        "release": f"{entry.go.module} {entry.go.release}",
        "url": entry.go.url,
    }
    return {
        "name": entry.name,
        "module": entry.module,
        "file": entry.file,
        "line": entry.line,
        "go": go,
        "why": entry.why,
        "follows": entry.follows,
        "specification": [
            {"section": section, "url": specification_url(section)} for section in entry.specification
        ],
        "tests": entry.tests,
    }


def _print_one(entry: Entry) -> None:
    print_head(entry.name)
    facts = [("module", entry.module), ("defined in", _place(entry))]
    if entry.go is None:
        facts.append(("Go", f"no counterpart: {entry.why}"))
    else:
        facts.append(("Go", f"{entry.go.name} in {entry.go.path}"))
        facts.append(("", f"{entry.go.module} {entry.go.release}, {entry.go.url}"))
    facts.append(("behaviour of", f"op-node {entry.follows}"))
    for section in entry.specification:
        facts.append(("specification", section))
        if url := specification_url(section):
            facts.append(("", url))
    facts.append(("tests", entry.tests))
    for label, fact in facts:
        print_line(f"{label:<14} {fact}")


def _print_candidates(found: list[Entry]) -> None:
    rows = table("NAME", "DEFINED IN", "GO")
    for entry in found[:MAX_SHOWN]:
        rows.add_row(entry.name, _place(entry), entry.go.key if entry.go else "-")
    print_table(rows, least=160)
    if len(found) > MAX_SHOWN:
        print_line(f"and {len(found) - MAX_SHOWN} more")
