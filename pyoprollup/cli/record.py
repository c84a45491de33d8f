"""``pyoprollup record``: a range of L1 as a file that ``derive``, ``explain`` and the library read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from pyoprollup.cli.inputs import config_of, read_genesis
from pyoprollup.cli.output import plural, print_note, progress
from pyoprollup.errors import ConfigError
from pyoprollup.replay.record import RecordError, dumped_blocks, recorded_blocks, write_recording
from pyoprollup.replay.recording import read_json
from pyoprollup.rollup import RollupConfig

__all__ = ["record_command"]

_ROUNDS = 8
"""How often each read is tried: nobody is in a hurry."""


def record_command(
    first: Annotated[int | None, typer.Argument(metavar="FROM", help="First L1 block.", min=0)] = None,
    last: Annotated[int | None, typer.Argument(metavar="TO", help="Last L1 block.", min=0)] = None,
    l1: Annotated[
        list[str] | None, typer.Option("--l1", metavar="URL", help="L1 node; more of them to fall back to.")
    ] = None,
    beacon: Annotated[
        list[str] | None,
        typer.Option("--beacon", metavar="URL", help="Beacon node or blob archive; more to fall back to."),
    ] = None,
    from_dump: Annotated[
        Path | None,
        typer.Option("--from-dump", metavar="DIR", help="Take JSON-RPC answers in files instead of a node."),
    ] = None,
    chain: Annotated[
        str | None, typer.Option(metavar="NAME_OR_ID", help="The chain that the recording is for.")
    ] = None,
    rollup_config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The chain's rollup.json, for other chains.")
    ] = None,
    genesis: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The chain's genesis, to be part of the recording.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="A .json or .json.gz file; else standard output."),
    ] = None,
    rate_limit: Annotated[
        float, typer.Option(metavar="N", min=0.0, help="Calls a second to each L1 node; 0 for no limit.")
    ] = 0.0,
) -> None:
    """Record a range of L1 blocks: headers, transactions, receipts, and blobs of the batch inbox.

    Everything is verified. The file can be derived from if it begins with the L1 block that the chain begins
    at.
    """
    if (chain is None) == (rollup_config is None):
        raise typer.BadParameter("give --chain or --rollup-config")
    config = config_of(chain, rollup_config, "")
    l2_genesis = None if genesis is None else read_genesis(genesis)
    if from_dump is not None:
        if l1 or beacon or first is not None:
            raise typer.BadParameter("--from-dump goes without --l1, --beacon and a range")
        _write(out, config, iter(dumped_blocks(config, _dumps(from_dump))), l2_genesis, None)
        return
    if not l1:
        raise typer.BadParameter("give --l1 URL, or --from-dump DIR")
    if first is None or last is None or last < first:
        raise typer.BadParameter("give the first and the last L1 block: FROM TO")
    if not first <= config.genesis.l1.number <= last:
        print_note(
            f"the chain begins at L1 block {config.genesis.l1.number}, which is not in the range: "
            "nothing can be derived from the recording"
        )
    with _sources(config, l1, beacon or [], rate_limit) as (client, blobs):
        entries = recorded_blocks(config, client, blobs, first, last)
        _write(out, config, entries, l2_genesis, last - first + 1)


@contextmanager
def _sources(
    config: RollupConfig, l1: list[str], beacon: list[str], rate: float
) -> Iterator[tuple[Any, Any]]:
    # Here, since it needs the extra `node`, and takes a while.
    from pyoprollup.l1.beacon import BeaconClient, BeaconOptions
    from pyoprollup.l1.rpc import L1Client, L1ClientOptions, Patience

    patience = Patience(rounds=_ROUNDS)
    options = L1ClientOptions(
        chain_id=config.l1_chain_id, genesis=config.genesis.l1, patience=patience, rate_limit=rate
    )
    with L1Client(l1, options) as client:
        for name, why in client.check().items():
            print_note(f"L1 endpoint {name}: {why}")
        if not beacon:
            yield client, None
            return
        with BeaconClient(beacon, options=BeaconOptions(patience=patience), l1=client) as blobs:
            yield client, blobs


def _dumps(folder: Path) -> Iterator[tuple[str, Any]]:
    if not folder.is_dir():
        raise ConfigError(f"--from-dump: {folder} is no folder")
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".json", ".json.gz")):
            yield path.name, read_json(path)


def _write(
    out: Path | None,
    config: RollupConfig,
    entries: Iterator[dict[str, Any]],
    genesis: Any,
    total: int | None,
) -> None:
    with progress("recording", total) as advance, _target(out) as file:
        packed = out is not None and out.name.endswith(".gz")
        count = write_recording(file, config, entries, genesis, packed=packed, on_block=advance)
    if out is not None:
        typer.echo(f"{out}: {plural(count, 'L1 block')}", err=True)


@contextmanager
def _target(out: Path | None) -> Iterator[IO[bytes]]:
    """The file; it appears under its name when all of it is written."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, out)
    except OSError as exc:
        raise RecordError(f"{out}: {exc.strerror or exc}") from exc
    finally:
        part.unlink(missing_ok=True)
