"""The chains of the superchain registry, by name or chain id.

The table is package data (``data/chains.json``, see the README beside it). Names are those of
op-node's ``--network`` flag: the chain's name in the registry, then its superchain, as in
``op-mainnet`` or ``base-sepolia``. The registry's name alone will do where one superchain has it only.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import Hash32, hash_from_hex
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.config_reader import shown

__all__ = ["ChainEntry", "UnknownChainError", "chains", "load_chain"]


_SUGGESTIONS = 3
_LONGEST_NAME = 60
_ALIKE = 0.85
"""From 0 to 1, how much alike two names must be."""
_ALSO_CALLED = {"optimism": "op", "eth": "op", "ethereum": "op"}


class UnknownChainError(ConfigError):
    """The registry has no chain of this name or id."""


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """A chain of the registry: what it is called and where it belongs."""

    name: str
    """Unique name, e.g. ``op-mainnet``."""
    title: str
    """Name for people, e.g. ``OP Mainnet``."""
    chain_id: int
    superchain: str
    """The registry's group of chains with a common L1, e.g. ``mainnet`` or ``sepolia``."""
    l1_chain_id: int
    first_block_hash: Hash32 | None = field(default=None, compare=False)
    """Hash of block 0 of a chain whose rollup begins later, if it is known."""


@cache
def _table() -> tuple[dict[int, tuple[ChainEntry, dict[str, Any]]], dict[str, int]]:
    """``chain id → (entry, rollup.json)`` in the table's order, and ``name → chain id``."""
    text = resources.files("pyoprollup.rollup").joinpath("data", "chains.json").read_text("utf-8")
    table = json.loads(text)
    by_id: dict[int, tuple[ChainEntry, dict[str, Any]]] = {}
    for chain in table["chains"]:
        rollup = table["defaults"] | table["superchains"][chain["superchain"]] | chain["rollup"]
        first = chain.get("first_block_hash")
        entry = ChainEntry(
            name=chain["name"],
            title=chain["title"],
            chain_id=rollup["l2_chain_id"],
            superchain=chain["superchain"],
            l1_chain_id=rollup["l1_chain_id"],
            first_block_hash=None if first is None else hash_from_hex(first),
        )
        by_id[entry.chain_id] = (entry, rollup)
    return by_id, _names([entry for entry, _ in by_id.values()])


def _names(entries: list[ChainEntry]) -> dict[str, int]:
    short = [(entry.name.removesuffix(f"-{entry.superchain}"), entry.chain_id) for entry in entries]
    count = Counter(name for name, _ in short)
    unique = {name: chain_id for name, chain_id in short if count[name] == 1}
    return unique | {entry.name: entry.chain_id for entry in entries}


def chains() -> list[ChainEntry]:
    """All chains of the registry, the main networks first, by name."""
    return [entry for entry, _ in _table()[0].values()]


@cache
def _config(chain_id: int) -> RollupConfig:
    return RollupConfig.load(_table()[0][chain_id][1])


def load_chain(name_or_id: str | int) -> RollupConfig:
    """The rollup configuration of a chain, by name, by chain id, or by chain id in decimal.

    Raises :class:`UnknownChainError`.
    """
    by_id, by_name = _table()
    if isinstance(name_or_id, str):
        digits = name_or_id.isascii() and name_or_id.isdigit() and len(name_or_id) <= 78
        chain_id = int(name_or_id) if digits else by_name.get(name_or_id, 0)
    else:
        chain_id = name_or_id
    if chain_id not in by_id:
        raise UnknownChainError(f"the registry has no chain {shown(name_or_id)}{_suggestion(name_or_id)}")
    return _config(chain_id)


def _suggestion(wanted: str | int) -> str:
    """Chains that may be meant: those with the word in their name, or with a name much like it."""
    if not isinstance(wanted, str) or not wanted or len(wanted) > _LONGEST_NAME:
        return ""
    word = _ALSO_CALLED.get(wanted.lower(), wanted.lower())
    names = [entry.name for entry in chains()]
    found = [name for name in names if word in (name, *name.split("-"))]
    # Of "mainnet" alone nobody can tell: the chain that is called so is the first.
    found.sort(key=lambda name: (not name.startswith(("op-", f"{word}-")), not name.endswith("-mainnet")))
    found = found or get_close_matches(word, names, _SUGGESTIONS, _ALIKE)
    return f"; did you mean {' or '.join(found[:_SUGGESTIONS])}?" if found else ""
