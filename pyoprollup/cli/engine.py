"""``pyoprollup engine``: an execution engine that other programs drive over JSON-RPC."""

from __future__ import annotations

import gc
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoprollup.cli.engine_options import EngineOptions, PortOptions, SyncOptions
from pyoprollup.cli.inputs import database_in, given_config, read_genesis
from pyoprollup.cli.log_options import LogOptions
from pyoprollup.cli.options import service_command
from pyoprollup.cli.output import hexed, print_head, print_line
from pyoprollup.cli.service_options import MetricsOptions, listed
from pyoprollup.cli.stopping import stopping
from pyoprollup.errors import ConfigError
from pyoprollup.events import Level, News, Tell
from pyoprollup.rollup import RollupConfig, check_execution_config, execution_config
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.rpc.jwt import read_secret
from pyoprollup.telemetry.prometheus import CallCounts

if TYPE_CHECKING:
    from pyoprollup.execution.client import ExecutionClient
    from pyoprollup.execution.rpc import EngineServers, MethodTables
    from pyoprollup.execution.store import ChainStore

__all__ = ["ENGINE_OPTIONS", "engine_command"]

_JWT_FILE = "jwt.hex"
_SCRAPE_SECONDS = 10.0
_PATIENCE = 5.0
"""Seconds that a call of the consensus client is given when the engine stops."""


ENGINE_OPTIONS = (EngineOptions, PortOptions, SyncOptions, MetricsOptions, LogOptions)
"""The classes of its options."""


@service_command("engine", *ENGINE_OPTIONS)
def engine_command(
    options: EngineOptions, ports: PortOptions, sync: SyncOptions, metrics: MetricsOptions, logs: LogOptions
) -> None:
    """Run an execution engine, for a consensus client to drive.

    The forks come from the options, else from the genesis file's ``config``. Stops at SIGINT or
    SIGTERM, within ten seconds; at once at the second.
    """
    # Here, since loading py-evm takes a second that no other command should pay.
    from pyoprollup.execution.store.sqlite import SqliteStore

    given = given_config(options.chain, options.rollup_config)
    value = read_genesis(options.genesis)
    config = _own_config(value) if given is None else given
    tell = logs.tell()
    with ExitStack() as stack:
        started = stack.enter_context(_nothing_left_behind(options.datadir))
        database = database_in(options.datadir)
        jwt_path = options.datadir / _JWT_FILE if ports.jwt_secret is None else ports.jwt_secret
        secret = _secret(jwt_path) if ports.jwt_secret is None else read_secret(jwt_path)
        store = SqliteStore(database, archive=options.archive)
        stack.callback(store.close)
        client = _client(config, value, store, tell)
        tables = _tables(config, value, client, store, ports)
        stop = stack.enter_context(stopping())
        counts = CallCounts(tables.authenticated) if metrics.metrics_enabled else None
        with _served(tables, secret, ports, tell, logs.level, counts) as servers:
            url = "" if counts is None else _metrics(stack, metrics, counts, client, store, servers)
            started()
            _quick_collections()
            _print(config, store, servers, jwt_path, url)
            with _syncing(config, client, servers, sync.sync_from, tell):
                stop.wait()
                servers.hurry()
                stop.after(_PATIENCE, servers.hurry_more)
        header = store.header(store.heads.unsafe)
        print_line(f"stopped at block {'' if header is None else header.number} {hexed(store.heads.unsafe)}")
        sys.stdout.flush()


def _metrics(
    stack: ExitStack,
    options: MetricsOptions,
    counts: CallCounts,
    client: ExecutionClient,
    store: ChainStore,
    servers: EngineServers,
) -> str:
    """Serve metrics until the stack ends; the URL."""
    from pyoprollup.telemetry.prometheus import MetricsExporter, Sample, serve_metrics

    def heads() -> Iterator[Sample]:
        for name, block_hash in (
            ("unsafe", store.heads.unsafe),
            ("safe", store.heads.safe),
            ("finalized", store.heads.finalized),
        ):
            if (header := store.header(block_hash)) is not None:
                yield "gauge", "head_number", "Number of a head", header.number, {"type": name}
                yield "gauge", "head_time", "Timestamp of a head", header.time, {"type": name}
        for kind, runs in (("pending", client.pool.pending()), ("queued", client.pool.queued())):
            count = sum(map(len, runs.values()))
            yield "gauge", "txpool", "Transactions that wait", count, {"type": kind}

    exporter = MetricsExporter("pyoprollup", "engine")
    # The store is for the engine's thread.
    exporter.add(lambda: servers.worker.usual.submit(lambda: list(heads())).result(_SCRAPE_SECONDS))
    exporter.add(counts.samples)
    return stack.enter_context(serve_metrics(exporter, options.metrics_addr, options.metrics_port))


def _own_config(genesis: Any) -> RollupConfig:
    config = genesis.get("config") if isinstance(genesis, dict) else None
    if config is None:
        raise ConfigError("genesis.config: there is none; give --chain or --rollup-config")
    check_execution_config(config)
    return execution_config(config)


def _quick_collections() -> None:
    """Keep Python's garbage collector from stopping everything for most of a second.

    A call that runs for seconds keeps a million objects, all in use; to look through them all takes long.
    They are freed without it when the call ends, as they hold each other in no circles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 5, 1_000)


@contextmanager
def _nothing_left_behind(folder: Path) -> Iterator[Any]:
    """Takes away what a start has made in the folder of the database, unless what is yielded was called."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    before = set(folder.iterdir()) if folder.is_dir() else set()
    started = False

    def done() -> None:
        nonlocal started
        started = True

    try:
        yield done
    finally:
        if not started and folder.is_dir():
            for path in set(folder.iterdir()) - before:
                if path.name == _JWT_FILE or path.name.startswith("chain.sqlite"):
                    path.unlink(missing_ok=True)
            for each in made:
                if each.is_dir() and not any(each.iterdir()):
                    each.rmdir()


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


def _client(config: RollupConfig, genesis: Any, store: ChainStore, tell: Tell) -> ExecutionClient:
    from pyoprollup.execution.client import ExecutionClient
    from pyoprollup.execution.pace import WORKER_PACE

    return ExecutionClient.open(config, genesis, store, now=time.monotonic, pace=WORKER_PACE, tell=tell)


def _tables(
    config: RollupConfig, genesis: Any, client: ExecutionClient, store: ChainStore, ports: PortOptions
) -> MethodTables:
    from pyoprollup.execution.rpc import CallLimits, LogLimits, engine_methods

    try:
        return engine_methods(
            config,
            client.engine,
            store,
            pool=client.pool,
            chain_config=genesis.get("config"),
            call_limits=CallLimits(ports.rpc_gascap, ports.rpc_evmtimeout),
            log_limits=LogLimits(ports.rpc_rangelimit),
            namespaces=listed([ports.http_api]),
        )
    except ConfigError as exc:
        raise ConfigError(f"--http-api: {str(exc).removeprefix('namespaces: ')}") from exc


@contextmanager
def _served(
    tables: MethodTables,
    secret: bytes,
    ports: PortOptions,
    tell: Tell,
    level: Level,
    counts: CallCounts | None,
) -> Iterator[EngineServers]:
    from pyoprollup.execution.rpc import serve_engine

    news = News("rpc", tell)

    def called(method: str, seconds: float, error: JsonRpcError | None) -> None:
        if counts is not None:
            counts(method, seconds, error)
        if level > Level.DEBUG:
            return
        fault = {} if error is None else {"error": f"{error.message} ({error.code})"[:200]}
        news("served", Level.DEBUG, method=method[:60], ms=round(seconds * 1000, 1), **fault)

    def defect(method: str, error: Exception) -> None:
        news("defect", Level.ERROR, method=method[:60], error=f"{type(error).__name__}: {error}")

    with serve_engine(
        tables,
        secret,
        host=ports.host,
        auth_port=ports.auth_port,
        http_host=ports.http_host,
        http_port=ports.http_port,
        hosts=listed([ports.vhosts]),
        origins=listed([ports.http_corsdomain]),
        on_defect=defect,
        on_call=called if level <= Level.DEBUG or counts is not None else None,
    ) as servers:
        yield servers


@contextmanager
def _syncing(
    config: RollupConfig, client: ExecutionClient, servers: EngineServers, urls: tuple[str, ...], tell: Tell
) -> Iterator[None]:
    """Fetch what is missing from these addresses meanwhile, if there are any."""
    if not urls:
        yield
        return
    from pyoprollup.engine.client import HttpEngine
    from pyoprollup.execution.gap_filler import GapFiller

    with ExitStack() as stack:
        sources = {url: stack.enter_context(HttpEngine(config, url, timeout=20.0)) for url in urls}
        filler = GapFiller(client.engine, servers.worker.soon, sources, tell=tell)
        stack.callback(filler.close)
        yield


def _print(
    config: RollupConfig, store: ChainStore, servers: EngineServers, jwt_path: Path, metrics: str
) -> None:
    head = store.header(store.heads.unsafe)
    number = 0 if head is None else head.number
    print_head(f"engine of chain {config.l2_chain_id}")
    rows = {
        "head": f"{number} {hexed(store.heads.unsafe)}",
        "Engine API": servers.authenticated.url,
        "JSON-RPC": "" if servers.public is None else servers.public.url,
        "JWT secret": str(jwt_path.resolve()),
        **({"metrics": metrics} if metrics else {}),
    }
    for name, text in rows.items():
        print_line(f"{name:<11} {text}", indent=2)
    sys.stdout.flush()
