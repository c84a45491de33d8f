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
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyoprollup.cli.inputs import database_in, given_config, read_genesis
from pyoprollup.cli.output import hexed, print_head, print_line
from pyoprollup.errors import ConfigError
from pyoprollup.rollup import RollupConfig, check_execution_config, execution_config
from pyoprollup.rpc.jwt import read_secret

if TYPE_CHECKING:
    from pyoprollup.execution.rpc import EngineServers, MethodTables
    from pyoprollup.execution.store import ChainStore

__all__ = ["engine_command"]

_JWT_FILE = "jwt.hex"


def engine_command(
    genesis: Annotated[Path, typer.Option("--genesis", help="The genesis file: .json or .json.gz.")],
    datadir: Annotated[Path, typer.Option("--datadir", help="Folder of the database; created if missing.")],
    chain: Annotated[
        str | None, typer.Option("--chain", help="Take the forks of this chain, by name or chain id.")
    ] = None,
    rollup_config: Annotated[
        Path | None, typer.Option("--rollup-config", help="Take the forks from this rollup.json.")
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    auth_port: Annotated[
        int, typer.Option("--auth-port", help="Port of the Engine API; 0: any free port.")
    ] = 8551,
    http_port: Annotated[
        int, typer.Option("--http-port", help="Port of the public JSON-RPC API; 0: any free port.")
    ] = 8545,
    vhosts: Annotated[
        str, typer.Option("--vhosts", help="Host names that requests may use, separated by commas; *: any.")
    ] = "localhost",
    jwt_secret: Annotated[
        Path | None, typer.Option("--jwt-secret", help="File of the secret; by default one in the folder.")
    ] = None,
    archive: Annotated[bool, typer.Option("--archive", help="Keep the state of all blocks.")] = False,
) -> None:
    """Run an execution engine, for a consensus client to drive.

    The forks come from the options, else from the genesis file's ``config``. Stops at SIGINT or
    SIGTERM, after the call that is being carried out.
    """
    # Here, since loading py-evm takes a second that no other command should pay.
    from pyoprollup.execution.rpc import serve_engine
    from pyoprollup.execution.store.sqlite import SqliteStore

    given = given_config(chain, rollup_config)
    value = read_genesis(genesis)
    config = _own_config(value) if given is None else given
    database = database_in(datadir)
    secret = _secret(datadir / _JWT_FILE) if jwt_secret is None else read_secret(jwt_secret)
    store = SqliteStore(database, archive=archive)
    try:
        tables = _methods(config, value, store)
        names = [name.strip() for name in vhosts.split(",")]
        with (
            _until_stopped() as stopped,
            serve_engine(
                tables,
                secret,
                host=host,
                auth_port=auth_port,
                http_port=http_port,
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
    from pyoprollup.execution.in_process import InProcessEngine
    from pyoprollup.execution.pool import StateHead, TxPool
    from pyoprollup.execution.rpc import engine_methods

    engine = InProcessEngine.from_genesis(config, genesis, store)
    head = store.header(store.heads.unsafe)
    if head is None:
        raise ConfigError("the database has no head")
    engine.pool = pool = TxPool(StateHead(config, head, store.state), now=time.monotonic)
    chain_config = genesis.get("config")
    return engine_methods(config, engine, store, pool=pool, chain_config=chain_config)


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
