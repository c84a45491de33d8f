"""``pyoprollup devnet --serve``: a devnet in the time of the clock, which others can talk to."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoprollup.cli.devnet_options import NetworkOptions, RunOptions, ServeOptions, devnet_options
from pyoprollup.cli.l1_data import bundles_of, told
from pyoprollup.cli.output import print_error, print_head, print_json, print_line
from pyoprollup.cli.service_options import listed
from pyoprollup.cli.stopping import stopping
from pyoprollup.errors import ConfigError, RollupError

if TYPE_CHECKING:
    from pyoprollup.devnet import DevnetDir, DevnetOptions
    from pyoprollup.devnet.serve import DevnetServer

__all__ = ["export", "serve_devnet"]

_ACCOUNTS = 10
_SHORT = 0.2
"""Seconds between two looks whether the devnet still lives."""


def export(options: DevnetOptions, folder: Path) -> None:
    """Write the files of a devnet for other programs."""
    from pyoprollup.devnet.devnet import devnet_genesis
    from pyoprollup.devnet.info import export_devnet

    try:
        export_devnet(devnet_genesis(options), folder)
    except ConfigError as exc:
        raise ConfigError(f"--export: {exc}") from exc


def open_datadir(
    stack: ExitStack, path: Path | None, options: DevnetOptions, network: NetworkOptions
) -> DevnetDir | None:
    """The folder of the devnet, until the stack ends; ``None`` if everything is in memory."""
    from pyoprollup.devnet import DevnetDir

    if path is None:
        return None
    folder = DevnetDir(path, options, network.given_to_devnet)
    stack.callback(folder.close)
    return folder


def files_of(folder: DevnetDir | None) -> dict[str, Any]:
    """What a devnet is given of a folder."""
    if folder is None:
        return {}
    return {
        "new_store": folder.new_store,
        "reopen": folder.reopen,
        "l1_store": folder.l1_store(),
        "safe_head_file": folder.safe_head_file,
    }


def served_options(network: NetworkOptions) -> DevnetOptions:
    """What the devnet is told: without a genesis time it begins now."""
    options = devnet_options(network)
    begins = int(time.time()) if network.genesis_time is None else network.genesis_time
    options = replace(options, genesis_time=begins, accounts=options.accounts or _ACCOUNTS)
    if begins > time.time():
        raise ConfigError(f"genesis_time: {begins} is in the future")
    return options


def serve_devnet(network: NetworkOptions, shown: RunOptions, served: ServeOptions) -> None:
    """Run until a signal comes; raises :class:`RollupError` if the devnet ends by itself."""
    from pyoprollup.devnet.devnet import Devnet, devnet_genesis
    from pyoprollup.devnet.lone_l1 import LoneL1
    from pyoprollup.devnet.serve import DevnetServer, Ports
    from pyoprollup.devnet.upgrades import upgrade_bundles

    options = served_options(network)
    ports = Ports(
        host=served.host,
        l1=served.l1_port,
        beacon=served.beacon_port,
        l2=served.l2_port,
        rollup=served.rollup_port,
        hosts=listed([served.vhosts]),
    )
    bundles = bundles_of(shown.upgrade_bundles) if shown.upgrade_bundles else upgrade_bundles()
    with ExitStack() as stack:
        folder = open_datadir(stack, shown.datadir, options, network)
        options = options if folder is None else folder.options
        if shown.export is not None:
            export(options, shown.export)
        devnet: Devnet | LoneL1
        if served.l1_only:
            devnet = LoneL1(devnet_genesis(options), None if folder is None else folder.l1_store())
        else:
            devnet = Devnet(options, **files_of(folder), bundles=bundles, now=time.time())
            stack.callback(devnet.close)
        stop = stack.enter_context(stopping())
        server = stack.enter_context(DevnetServer(devnet, ports, on_defect=_report))
        print_info(server, shown.as_json)
        while not stop.asked:
            time.sleep(_SHORT)
            if not server.service.health.running:
                error = server.service.health.error
                raise RollupError(told(error) if isinstance(error, RollupError) else repr(error))


def print_info(server: DevnetServer, as_json: bool) -> None:
    """Endpoints, chain ids, addresses and keys."""
    info = server.info()
    if as_json:
        print_json(info)
        sys.stdout.flush()
        return
    print_head(f"devnet: L1 chain {info['l1_chain_id']}, L2 chain {info['l2_chain_id']}")
    _print_rows("endpoints", info["endpoints"])
    _print_rows("contracts", info["contracts"])
    _print_rows("accounts", {each["address"]: f"key {each['key']}" for each in info["accounts"]})
    for name, each in info["services"].items():
        print_line(f"{name:<24} {each['address']}  key {each['key']}", indent=4)
    print_line("Keys are known to everybody: never send anything of value to these addresses.", indent=2)
    sys.stdout.flush()


def _print_rows(title: str, rows: dict[str, Any]) -> None:
    print_line(title, indent=2)
    for name, value in rows.items():
        print_line(f"{name:<24} {value}", indent=4)


def _report(method: str, error: Exception) -> None:
    print_error(f"defect: {method}: {type(error).__name__}: {error}")
