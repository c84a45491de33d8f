"""The tables of the documentation that are made from the code."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from enum import Enum
from typing import Any

from pyoprollup.cli.batcher import BATCHER_OPTIONS
from pyoprollup.cli.challenger import CHALLENGER_OPTIONS
from pyoprollup.cli.devnet_options import NetworkOptions, RunOptions, ServeOptions
from pyoprollup.cli.dispute_mon import DISPUTE_MON_OPTIONS
from pyoprollup.cli.engine import ENGINE_OPTIONS
from pyoprollup.cli.node import NODE_OPTIONS
from pyoprollup.cli.options import options_table
from pyoprollup.cli.program import PROGRAM_OPTIONS
from pyoprollup.cli.proposer import PROPOSER_OPTIONS
from pyoprollup.rollup import Fork, Rules
from pyoprollup.rollup.rules import EMPTY_ACTIVATION_BLOCK, rules_for
from tests.support import ROOT

_CLOCKS = {
    "L1 inclusion block": "L1 block of inclusion",
    "L1 origin of a batch": "L1 origin of the batch",
    "L2 block": "L2 block",
}
_NOT_SHOWN = {"fork", "evm"}


def clocks() -> dict[str, str]:
    """For each field of :class:`Rules` the block whose time it is read with: the comment before it."""
    found: dict[str, str] = {}
    clock = ""
    for line in inspect.getsource(Rules).splitlines():
        if heading := re.match(r"\s+# --- (.*)", line):
            clock = _CLOCKS[heading[1]]
        elif field := re.match(r"    (\w+): ", line):
            found[field[1]] = clock
    return found


def _shown(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "the chain's own"
        case Enum():
            return str(value.value)
        case int():
            return f"{value:,}"
    return str(value)


def _changes() -> Iterator[tuple[str, str, str, str]]:
    clock_of = clocks()
    forks = list(Fork)
    for index, fork in enumerate(forks[1:], 1):
        # Interop is shown as it is today, after Isthmus.
        before, after = rules_for(tuple(forks[:index])), rules_for(tuple(forks[: index + 1]))
        rows = [
            (f"`{field.name}`", f"{_shown(old)} → {_shown(new)}", clock_of[field.name])
            for field in fields(Rules)
            if field.name not in _NOT_SHOWN
            and (old := getattr(before, field.name)) != (new := getattr(after, field.name))
        ]
        if fork in EMPTY_ACTIVATION_BLOCK:
            rows.append(
                ("`EMPTY_ACTIVATION_BLOCK`", "its first block has no sequenced transactions", "L2 block")
            )
        for number, row in enumerate(rows or [("", "nothing in derivation", "")]):
            yield (f"**{fork.name.capitalize()}**" if not number else "", *row)


def forks() -> str:
    """What each fork changes, a row for each rule."""
    rows = [("Fork", "Rule", "Change", "Read with the time of"), ("---",) * 4, *_changes()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def layers() -> str:
    """The packages from the top down, as ``pyproject.toml`` has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = [("Layer", "Packages"), ("---",) * 2]
    for number, row in enumerate(reversed(contracts[0]["layers"]), 1):
        names = (name.strip() for name in row.split("|"))
        # Not there yet are those in parentheses.
        there = [f"`{name}`" if name[0] != "(" else f"*{name.strip('()')}, to come*" for name in names]
        rows.append((str(number), ", ".join(there)))
    return "".join(f"| {' | '.join(row)} |\n" for row in [*rows[:2], *reversed(rows[2:])])


TABLES: dict[str, Callable[[], str]] = {
    "challenger-options": lambda: options_table("challenger", *CHALLENGER_OPTIONS),
    "devnet-options": lambda: options_table("devnet", NetworkOptions, RunOptions, ServeOptions),
    "dispute-mon-options": lambda: options_table("dispute-mon", *DISPUTE_MON_OPTIONS),
    "engine-options": lambda: options_table("engine", *ENGINE_OPTIONS),
    "batcher-options": lambda: options_table("batcher", *BATCHER_OPTIONS),
    "node-options": lambda: options_table("node", *NODE_OPTIONS),
    "program-options": lambda: options_table("program", *PROGRAM_OPTIONS),
    "proposer-options": lambda: options_table("proposer", *PROPOSER_OPTIONS),
    "forks": forks,
    "layers": layers,
}
"""By the name in a page's ``<!-- table NAME -->``."""
