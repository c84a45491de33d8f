"""The options of ``pyoprollup engine``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pyoprollup.cli.options import option

__all__ = ["EngineOptions", "PortOptions", "SyncOptions"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|)")


def _seconds(text: str) -> float:
    """``5s``, ``500ms`` or ``2m``; a number alone is in seconds."""
    if (found := _SPAN.fullmatch(text)) is None:
        raise ValueError(f"{text!r} is not a time such as 5s")
    return float(found[1]) * _UNITS[found[2]]


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{text!r} is not an address such as http://localhost:8545")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """The chain and its database."""

    genesis: Path = option("--genesis", "The genesis file: .json or .json.gz.", metavar="FILE")
    datadir: Path = option("--datadir", "Folder of the database; made if need be.", metavar="DIR")
    chain: str | None = option(
        "--chain", "Take the forks of this chain, by name or chain id.", default=None, metavar="CHAIN"
    )
    rollup_config: Path | None = option(
        "--rollup-config", "Take the forks from this rollup.json.", default=None, metavar="FILE"
    )
    archive: bool = option("--archive", "Keep the state of all blocks.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortOptions:
    """Where others reach the engine, and what they may ask."""

    host: str = option(
        "--host",
        "Address to listen on.",
        default="127.0.0.1",
        metavar="ADDRESS",
        alias="--authrpc.addr",
    )
    auth_port: int = option(
        "--auth-port",
        "Port of the Engine API; 0: any.",
        default=8551,
        metavar="PORT",
        alias="--authrpc.port",
    )
    jwt_secret: Path | None = option(
        "--jwt-secret",
        "File of the secret; by default jwt.hex in the folder of the database.",
        default=None,
        metavar="FILE",
        alias="--authrpc.jwtsecret",
    )
    http_host: str | None = option(
        "--http-host",
        "Address of the port for everybody, if it is another.",
        default=None,
        metavar="ADDRESS",
        alias="--http.addr",
    )
    http_port: int = option(
        "--http-port", "Port for everybody; 0: any.", default=8545, metavar="PORT", alias="--http.port"
    )
    http_api: str = option(
        "--http-api",
        "What that port serves, of admin, debug, eth, miner, net, txpool, web3; with commas.",
        default="eth,net,web3",
        metavar="NAMES",
        alias="--http.api",
    )
    vhosts: str = option(
        "--vhosts",
        "Host names that requests may use, with commas; *: any.",
        default="localhost",
        metavar="NAMES",
        alias="--http.vhosts",
    )
    http_corsdomain: str = option(
        "--http-corsdomain",
        "Origins of pages in browsers that may call, with commas; *: any.",
        default="",
        metavar="ORIGINS",
        alias="--http.corsdomain",
    )
    rpc_evmtimeout: float = option(
        "--rpc-evmtimeout",
        "How long a call or an estimate may run; 0: for ever.",
        default=5.0,
        metavar="TIME",
        unit="s",
        parse=_seconds,
        alias="--rpc.evmtimeout",
    )
    rpc_gascap: int = option(
        "--rpc-gascap",
        "Gas that a call or an estimate may use; 0: any.",
        default=50_000_000,
        metavar="GAS",
        alias="--rpc.gascap",
    )
    rpc_rangelimit: int = option(
        "--rpc-rangelimit",
        "Blocks that eth_getLogs may look at; 0: any.",
        default=10_000,
        metavar="BLOCKS",
        alias="--rpc.rangelimit",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """Where blocks come from that the consensus client does not have."""

    sync_from: tuple[str, ...] = option(
        "--sync-from",
        "Fetch missing blocks from the open port of this engine; may be given several times.",
        default=(),
        metavar="URL",
        parse=_url,
    )
