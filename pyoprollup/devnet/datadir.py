"""The folder of a devnet that can be opened and gone on with.

``devnet.json`` has the options that decide what the chains are; ``l1.sqlite`` the embedded L1; for each node
``NAME.sqlite`` is its execution client's database and ``NAME.safe.sqlite`` its safe-head database. Whatever
ends the process, and when, leaves a folder that can be opened. What is in memory alone is lost: channels that
the batcher has begun, and transactions in the sequencer's pool.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyoprollup.devnet.options import GENESIS_TIME, DevnetOptions
from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.execution.store import ChainStore, SqliteStore
from pyoprollup.l1.embedded import L1Journal
from pyoprollup.node.whole_file import write_whole
from pyoprollup.rollup import Fork
from pyoprollup.rpc.json_text import from_json_text

__all__ = ["FILE_NAME", "DevnetDir"]

FILE_NAME = "devnet.json"
_VERSION = 1
_MAX_SIZE = 1 << 16
_FIXED = ("seed", "genesis_time", "accounts", "l1_block_time", "l1_finality", "block_time")
"""Options that decide what the chains are, with the forks and those below; all others may change."""
_ASKED = ("dispute_games", "toy_games")
"""The same, of which each may be asked for by several options."""


class DevnetDir:
    """An open folder. It is a context manager that closes its databases.

    ``options`` are those of the devnet: what was not ``given`` (names of fields) is as it was the first time.
    Raises :class:`ConfigError` if something that was given does not fit, or the folder is none of a devnet.
    """

    def __init__(self, folder: Path, options: DevnetOptions, given: frozenset[str] = frozenset()) -> None:
        self.folder = folder
        self._stores: dict[str, ChainStore] = {}
        path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            known = _read(path)
            self.is_new = known is None
            """Whether the devnet begins now."""
            self.options = options if known is None else _merged(folder, known, options, given)
            if known is None:
                self._begin(path)
        except OSError as exc:
            raise ConfigError(f"datadir: {folder}: {exc.strerror or exc}") from exc

    def _begin(self, path: Path) -> None:
        if found := sorted(self.folder.glob("*.sqlite")):
            raise ConfigError(f"datadir: {self.folder} has {found[0].name}, but no {FILE_NAME}")
        # Kept even if it is the default, as that of a devnet in the time of the clock is not.
        if self.options.genesis_time is None:
            self.options = replace(self.options, genesis_time=GENESIS_TIME)
        _write(path, self.options)

    # --- what a devnet is given

    def l1_store(self) -> L1Journal:
        """The file of the L1; whoever opens it closes it."""
        return L1Journal(self.folder / "l1.sqlite")

    def new_store(self, name: str) -> ChainStore:
        """The database of a node."""
        self._stores[name] = SqliteStore(self.folder / f"{name}.sqlite")
        return self._stores[name]

    def reopen(self, name: str, store: ChainStore) -> ChainStore:
        """What a node that was killed finds when it begins anew."""
        store.close()
        return self.new_store(name)

    def safe_head_file(self, name: str) -> str:
        """Where a node keeps its safe-head database."""
        return str(self.folder / f"{name}.safe.sqlite")

    def close(self) -> None:
        """Close the nodes' databases."""
        for store in self._stores.values():
            store.close()


# --- the file


def _read(path: Path) -> dict[str, Any] | None:
    """The options that it has; ``None`` if it is not there."""
    try:
        with path.open("rb") as file:
            content = from_json_text(file.read(_MAX_SIZE))
    except FileNotFoundError:
        return None
    except DecodeError as exc:
        raise ConfigError(f"datadir: {path}: {exc}") from exc
    version = content.get("version") if isinstance(content, dict) else None
    if version != _VERSION:
        raise ConfigError(f"datadir: {path} has version {version}, this program knows {_VERSION}")
    options = content.get("options")
    if isinstance(options, dict):
        options.setdefault("toy_games", False)  # There was no toy once.
    if not isinstance(options, dict) or not all(
        _is_kept(options, name) for name in (*_FIXED, *_ASKED, "forks")
    ):
        raise ConfigError(f"datadir: {path} does not have the options of a devnet")
    return options


def _is_kept(options: Mapping[str, Any], name: str) -> bool:
    value = options.get(name)
    if name == "forks":
        return isinstance(value, dict) and all(
            key in Fork.__members__ and type(each) is int for key, each in value.items()
        )
    return type(value) is (bool if name in _ASKED else int)


def _write(path: Path, options: DevnetOptions) -> None:
    content = {"version": _VERSION, "options": _fixed(options)}
    write_whole(path, json.dumps(content, indent=1) + "\n")


def _fixed(options: DevnetOptions) -> dict[str, Any]:
    values = {name: getattr(options, name) for name in _FIXED}
    values["dispute_games"], values["toy_games"] = options.has_disputes, options.has_toy
    return {**values, "forks": {fork.name: at for fork, at in options.forks.items()}}


def _merged(
    folder: Path, known: Mapping[str, Any], options: DevnetOptions, given: frozenset[str]
) -> DevnetOptions:
    """The options, with those of the folder in the place of what was not given."""
    if options.has_disputes and not known["dispute_games"]:
        needs = (
            "proposer",
            "challenger",
            "bad_proposals",
            "toy_proposals",
            "toy_games",
            "dishonest",
            "dispute_games",
        )
        name = next(each for each in needs if getattr(options, each))
        raise ConfigError(f"{name}: the devnet in {folder} was begun without the contracts of proposals")
    if options.has_toy and not known["toy_games"]:
        raise ConfigError(f"toy_proposals: the devnet in {folder} was begun without the toy rollup")
    wanted = _fixed(options)
    for name in (*_FIXED, *_ASKED, "forks"):
        if name in given and wanted[name] != known[name]:
            raise ConfigError(
                f"{name}: the devnet in {folder} has {_shown(known[name])}, not {_shown(wanted[name])}"
            )
    forks = {Fork[name]: at for name, at in known["forks"].items()}
    return replace(options, **{name: known[name] for name in (*_FIXED, *_ASKED)}, forks=forks)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.lower()}={at}" for name, at in value.items()) or "no forks"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
