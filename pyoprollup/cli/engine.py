"""``pyoprollup engine``: an execution engine that other programs drive over JSON-RPC."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoprollup.cli.inputs import database_in, given_config, read_genesis
from pyoprollup.cli.options import option, service_command
from pyoprollup.cli.output import hexed, print_head, print_line
from pyoprollup.errors import ConfigError
from pyoprollup.rollup import RollupConfig, check_execution_config, execution_config
from pyoprollup.rpc.jwt import read_secret

if TYPE_CHECKING:
    from pyoprollup.execution.rpc import EngineServers, MethodTables
    from pyoprollup.execution.store import ChainStore

__all__ = ["EngineOptions", "engine_command"]

_JWT_FILE = "jwt.hex"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """The options of ``pyoprollup engine``."""

    genesis: Path = option("--genesis", "The genesis file: .json or .json.gz.", metavar="FILE")
    datadir: Path = option("--datadir", "Folder of the database; made if need be.", metavar="DIR")
    chain: str | None = option(
        "--chain", "Take the forks of this chain, by name or chain id.", default=None, metavar="CHAIN"
    )
    rollup_config: Path | None = option(
        "--rollup-config", "Take the forks from this rollup.json.", default=None, metavar="FILE"
    )
    host: str = option("--host", "Address to listen on.", default="127.0.0.1", metavar="ADDRESS")
    auth_port: int = option("--auth-port", "Port of the Engine API; 0: any.", default=8551, metavar="PORT")
    http_port: int = option("--http-port", "Port for everybody; 0: any.", default=8545, metavar="PORT")
    vhosts: str = option(
        "--vhosts",
        "Host names that requests may use, with commas; *: any.",
        default="localhost",
        metavar="NAMES",
    )
    jwt_secret: Path | None = option(
        "--jwt-secret",
        "File of the secret; by default jwt.hex in the folder of the database.",
        default=None,
        metavar="FILE",
    )
    archive: bool = option("--archive", "Keep the state of all blocks.", default=False)


@service_command("engine", EngineOptions)
def engine_command(options: EngineOptions) -> None:
    """Run an execution engine, for a consensus client to drive.

    The forks come from the options, else from the genesis file's ``config``. Stops at SIGINT or
    SIGTERM, after the call that is being carried out.
    """
    # Here, since loading py-evm takes a second that no other command should pay.
    from pyoprollup.execution.rpc import serve_engine
    from pyoprollup.execution.store.sqlite import SqliteStore

    given = given_config(options.chain, options.rollup_config)
    value = read_genesis(options.genesis)
    config = _own_config(value) if given is None else given
    database = database_in(options.datadir)
    secret = (
        _secret(options.datadir / _JWT_FILE)
        if options.jwt_secret is None
        else read_secret(options.jwt_secret)
    )
    store = SqliteStore(database, archive=options.archive)
    try:
        tables = _methods(config, value, store)
        names = [name.strip() for name in options.vhosts.split(",")]
        with (
            _until_stopped() as stopped,
            serve_engine(
                tables,
                secret,
                host=options.host,
                auth_port=options.auth_port,
                http_port=options.http_port,
                hosts=names,
                on_defect=_report,
            ) as servers,
        ):
            _print(config, store, servers)
            stopped.wait()
    finally:
        store.close()


def _own_config(genesis: Any) -> RollupConfig:
    config = genesis.get("config") if isinstance(genesis, dict) else None
    if config is None:
        raise ConfigError("genesis.config: there is none; give --chain or --rollup-config")
    check_execution_config(config)
    return execution_config(config)


def _secret(path: Path) -> bytes:
    """The secret of the folder; the first time a new one, in a file that only its owner may read."""
    if path.exists():
        return read_secret(path)
    secret = secrets.token_bytes(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write("0x" + secret.hex())
    except OSError as exc:
        raise ConfigError(f"jwt secret: cannot write {path}: {exc.strerror or exc}") from exc
    return secret


def _methods(config: RollupConfig, genesis: Any, store: ChainStore) -> MethodTables:
    from pyoprollup.execution.client import ExecutionClient
    from pyoprollup.execution.pace import WORKER_PACE
    from pyoprollup.execution.rpc import engine_methods

    client = ExecutionClient.open(config, genesis, store, now=time.monotonic, pace=WORKER_PACE)
    chain_config = genesis.get("config")
    return engine_methods(config, client.engine, store, pool=client.pool, chain_config=chain_config)


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """An event that a signal to stop sets."""
    stopped = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(method: str, error: Exception) -> None:
    print(f"defect: {method}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


def _print(config: RollupConfig, store: ChainStore, servers: EngineServers) -> None:
    head = store.header(store.heads.unsafe)
    number = 0 if head is None else head.number
    print_head(f"engine of chain {config.l2_chain_id}")
    rows = {
        "head": f"{number} {hexed(store.heads.unsafe)}",
        "Engine API": servers.authenticated.url,
        "JSON-RPC": "" if servers.public is None else servers.public.url,
    }
    for name, text in rows.items():
        print_line(f"{name:<11} {text}", indent=2)
    sys.stdout.flush()
