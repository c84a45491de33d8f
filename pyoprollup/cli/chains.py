"""``pyoprollup chains``: the chains of the superchain registry and their forks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pyoprollup.cli.output import date, hexed, print_head, print_json, print_line, print_table, table
from pyoprollup.rollup import ChainEntry, Fork, RollupConfig, chains, load_chain

__all__ = ["chains_command"]


def chains_command(
    chain: Annotated[
        str | None,
        typer.Argument(metavar="[NAME_OR_ID]", help="Show this chain, by name or chain id."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the chains of the superchain registry, or show one of them."""
    if chain is None:
        _print_all(as_json)
        return
    config = load_chain(chain)
    entry = next(entry for entry in chains() if entry.chain_id == config.l2_chain_id)
    if as_json:
        print_json({**_entry_json(entry, config), "rollup_config": config.to_json()})
    else:
        _print_one(entry, config)


def _print_all(as_json: bool) -> None:
    loaded = [(entry, load_chain(entry.chain_id)) for entry in chains()]
    if as_json:
        print_json([_entry_json(entry, config) for entry, config in loaded])
        return
    rows = table("NAME", ">CHAIN ID", "SUPERCHAIN", ">BLOCKS", "AT GENESIS", "NEWEST FORK", "SINCE")
    for entry, config in loaded:
        newest, since = _newest(config)
        rows.add_row(
            entry.name,
            str(entry.chain_id),
            entry.superchain,
            f"{config.block_time} s",
            _at_genesis(config).name.lower(),
            newest.name.lower(),
            since,
        )
    print_table(rows, least=110)  # names can be copied, so none is cut short


def _at_genesis(config: RollupConfig) -> Fork:
    """The newest fork that the chain started with."""
    return max(fork for fork, time in config.schedule.times.items() if time <= config.genesis.l2_time)


def _newest(config: RollupConfig) -> tuple[Fork, str]:
    """The newest fork that is scheduled, and its day."""
    fork = max(config.schedule.times)
    time = config.schedule.times[fork]
    return fork, "genesis" if time <= config.genesis.l2_time else date(time)[:10]


def _entry_json(entry: ChainEntry, config: RollupConfig) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "chain_id": entry.chain_id,
        "superchain": entry.superchain,
        "l1_chain_id": entry.l1_chain_id,
        "block_time": config.block_time,
        "forks": {fork.name.lower(): config.fork_time(fork) for fork in Fork},
    }


def _print_one(entry: ChainEntry, config: RollupConfig) -> None:
    genesis = config.genesis
    print_head(f"{entry.title} ({entry.name})")
    facts = [
        ("chain id", str(entry.chain_id)),
        ("superchain", f"{entry.superchain}, L1 chain id {entry.l1_chain_id}"),
        ("block time", f"{config.block_time} s"),
        ("sequencing window", f"{config.seq_window_size} L1 blocks"),
        ("channel timeout", f"{config.channel_timeout} L1 blocks (50 from Granite on)"),
        ("sequencer drift", f"{config.max_sequencer_drift} s (1800 s from Fjord on)"),
        ("genesis time", f"{genesis.l2_time}  {date(genesis.l2_time)}"),
        ("genesis L1 block", f"{genesis.l1.number}  {hexed(genesis.l1.hash)}"),
        ("genesis L2 block", f"{genesis.l2.number}  {hexed(genesis.l2.hash)}"),
        ("batch inbox", hexed(config.batch_inbox_address)),
        ("first batcher", hexed(genesis.system_config.batcher_addr)),
        ("deposit contract", hexed(config.deposit_contract_address)),
        ("system config", hexed(config.l1_system_config_address)),
    ]
    if config.alt_da is not None:
        facts.append(("alt-DA challenges", hexed(config.alt_da.da_challenge_contract_address)))
    for name, value in facts:
        print_line(f"{name:<18} {value}")
    print_line()
    rows = table("FORK", ">TIME", "DATE")
    for fork in Fork:
        rows.add_row(fork.name.lower(), *_fork_time(config, fork))
    print_table(rows)


def _fork_time(config: RollupConfig, fork: Fork) -> tuple[str, str]:
    time = config.fork_time(fork)
    if time is None:
        return "-", "not scheduled"
    return str(time), "at genesis" if time <= config.genesis.l2_time else date(time)
