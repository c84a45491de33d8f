"""``pyoprollup genesis``: state root and hash of a genesis file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyoprollup.cli.inputs import given_config, read_genesis
from pyoprollup.cli.output import date, hexed, plural, print_head, print_json, print_line, progress
from pyoprollup.errors import ConfigError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0, output_root
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollup import L2Time, RollupConfig, chains, execution_config, load_chain

if TYPE_CHECKING:
    from pyoprollup.evm.genesis import GenesisBlock

__all__ = ["genesis_command"]


def genesis_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A genesis file: .json or .json.gz.")],
    chain: Annotated[
        str | None, typer.Option("--chain", help="Take the forks of this chain, by name or chain id.")
    ] = None,
    rollup_config: Annotated[
        Path | None, typer.Option("--rollup-config", help="Take the forks from this rollup.json.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute state root, block hash and output root of a genesis file.

    The forks at genesis come from the options, else from the file's own ``config``, else from the chain
    of the registry that began at the file's time. Where the block hash is known, it is compared;
    exit code 1 if it differs.
    """
    # Here, since loading py-evm takes a second that no other command should pay.
    from pyoprollup.evm.genesis import chain_forks, genesis_block

    given = given_config(chain, rollup_config)
    value = read_genesis(file)
    found = _Found.of(value, given)
    rules = found.config.rules_at_l2(L2Time(found.time))
    forks = None if found.is_of_file else chain_forks(value, found.config)
    with progress("genesis"):
        block = genesis_block(value, rules, forks)
    accounts = len(value.get("alloc") or ())
    expected = found.expected(block.header)
    if as_json:
        print_json(_as_json(found, block, accounts))
    else:
        _print(found, block, accounts)
    if expected is not None and expected != block.hash:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Found:
    """The configuration to go by, and where it is from."""

    config: RollupConfig
    source: str
    time: int
    is_of_file: bool = False
    """The configuration is the file's own."""

    @classmethod
    def of(cls, value: Any, given: RollupConfig | None) -> _Found:
        from pyoprollup.evm.genesis import genesis_time

        time = genesis_time(value)
        if given is not None:
            return cls(given, "the options", time)
        # The registry goes first: it knows the hash that the block must have.
        for entry in chains():
            config = load_chain(entry.chain_id)
            if config.genesis.l2_time == time and time:
                return cls(config, f"the registry's {entry.name}", time)
        if value.get("config") is None:
            raise ConfigError("genesis.config: there is none; give --chain or --rollup-config")
        return cls(execution_config(value["config"]), "the file's config", time, is_of_file=True)

    def expected(self, header: Header) -> Hash32 | None:
        """The hash that the configuration wants, if it says one."""
        start = self.config.genesis.l2
        if header.number == start.number:
            return None if start.hash == ZERO_HASH else start.hash
        if header.number or not _is_before_bedrock(header):
            return None
        # A chain that is older than its rollup: the registry may know how it began.
        known = (entry for entry in chains() if entry.chain_id == self.config.l2_chain_id)
        return next((entry.first_block_hash for entry in known), None)

    def fork(self, header: Header) -> str:
        """The newest fork."""
        if _is_before_bedrock(header):
            return "legacy"
        return max(fork for fork, at in self.config.schedule.times.items() if at <= self.time).name.lower()


def _is_before_bedrock(header: Header) -> bool:
    return header.base_fee is None


def _output_root(block: GenesisBlock) -> Hash32:
    return output_root(OutputV0(block.header.state_root, block.message_passer_storage_root, block.hash))


def _as_json(found: _Found, block: GenesisBlock, accounts: int) -> dict[str, Any]:
    expected = found.expected(block.header)
    return {
        "number": block.header.number,
        "timestamp": block.header.time,
        "fork": found.fork(block.header),
        "config": found.source,
        "accounts": accounts,
        "state_root": hexed(block.header.state_root),
        "message_passer_storage_root": hexed(block.message_passer_storage_root),
        "hash": hexed(block.hash),
        "output_root": hexed(_output_root(block)),
        "expected_hash": None if expected is None else hexed(expected),
        "header_rlp": hexed(block.header.encode()),
    }


def _print(found: _Found, block: GenesisBlock, accounts: int) -> None:
    header, expected = block.header, found.expected(block.header)
    verdict = "" if expected is None else ": as published" if expected == block.hash else ": DIFFERENT"
    print_head(f"genesis block {header.number}{verdict}")
    rows = {
        "time": f"{header.time} ({date(header.time)})",
        "fork": f"{found.fork(header)}, by {found.source}",
        "accounts": plural(accounts, "account"),
        "state root": hexed(header.state_root),
        "message passer": hexed(block.message_passer_storage_root),
        "hash": hexed(block.hash),
        "expected": "" if expected in (None, block.hash) else hexed(expected or b""),
        "output root": hexed(_output_root(block)),
    }
    for name, text in rows.items():
        if text:
            print_line(f"{name:<15} {text}", indent=2)
