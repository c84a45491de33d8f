"""The options of ``pyoprollup devnet``: how they are called, and what they are made into."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from pyoprollup.errors import ConfigError
from pyoprollup.rollup import Fork

if TYPE_CHECKING:
    from pyoprollup.devnet import DevnetOptions

__all__ = [
    "BatchTypeOption",
    "BlockTimeOption",
    "DataOption",
    "DatadirOption",
    "DepositsOption",
    "DiagramBlockOption",
    "DiagramOption",
    "FinalityDelayOption",
    "FinalityLookbackOption",
    "ForkOption",
    "ForksUntilOption",
    "GossipLossOption",
    "JsonOption",
    "L1BlockTimeOption",
    "L1BlocksOption",
    "L1FinalityOption",
    "L1ReorgOption",
    "RealTimeOption",
    "RestartBatcherOption",
    "RestartSequencerOption",
    "SeedOption",
    "SequencerConfOption",
    "SilentVerifierOption",
    "SystemConfigOption",
    "TraceOption",
    "TransactionsOption",
    "VerifierConfOption",
    "devnet_options",
]

L1BlocksOption = Annotated[
    int, typer.Option("--l1-blocks", metavar="N", help="L1 blocks during which users send transactions.")
]
L1BlockTimeOption = Annotated[
    int, typer.Option("--l1-block-time", metavar="SECONDS", help="Time between L1 blocks.")
]
L1FinalityOption = Annotated[
    int,
    typer.Option(
        "--l1-finality", metavar="N", help="Distance of L1's finalized block from its head, in L1 blocks."
    ),
]
BlockTimeOption = Annotated[
    int, typer.Option("--block-time", metavar="SECONDS", help="Time between L2 blocks.")
]
TransactionsOption = Annotated[
    int, typer.Option("--transactions", metavar="N", help="Users' transactions for each L2 block.")
]
DepositsOption = Annotated[int, typer.Option("--deposits", metavar="N", help="Deposits for each L1 block.")]
SystemConfigOption = Annotated[
    int,
    typer.Option(
        "--system-config-every",
        metavar="N",
        help="L1 blocks between changes of the system configuration; 0: none.",
    ),
]
BatchTypeOption = Annotated[
    str, typer.Option("--batch-type", metavar="TYPE", help="How blocks are grouped: singular or span.")
]
DataOption = Annotated[
    str,
    typer.Option("--data", metavar="KIND", help="Where the batcher's data goes: blobs, calldata or auto."),
]
ForksUntilOption = Annotated[
    str, typer.Option("--forks-until", metavar="FORK", help="The newest fork that is active at genesis.")
]
ForkOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fork",
        metavar="FORK=SECONDS",
        help="When a fork activates, after genesis; later forks come no earlier. Can be repeated.",
    ),
]
L1ReorgOption = Annotated[
    list[str] | None,
    typer.Option(
        "--l1-reorg", metavar="BLOCK:DEPTH", help="An L1 reorg, right after an L1 block. Can be repeated."
    ),
]
GossipLossOption = Annotated[
    float,
    typer.Option("--gossip-loss", metavar="SHARE", help="Share of gossip messages that are lost, 0 to 1."),
]
SequencerConfOption = Annotated[
    int,
    typer.Option(
        "--sequencer-l1-confs", metavar="N", help="Confirmation depth of the sequencer, in L1 blocks."
    ),
]
VerifierConfOption = Annotated[
    int,
    typer.Option("--verifier-l1-confs", metavar="N", help="Confirmation depth of derivation, in L1 blocks."),
]
FinalityLookbackOption = Annotated[
    int | None,
    typer.Option("--finality-lookback", metavar="N", help="L1 blocks that the finalizer remembers."),
]
FinalityDelayOption = Annotated[
    int | None,
    typer.Option(
        "--finality-delay", metavar="N", help="L1 blocks between attempts to finalize while catching up."
    ),
]
RestartSequencerOption = Annotated[
    list[int] | None,
    typer.Option(
        "--restart-sequencer", metavar="BLOCK", help="Kill the sequencer after an L1 block, and restart it."
    ),
]
RestartBatcherOption = Annotated[
    list[int] | None,
    typer.Option(
        "--restart-batcher", metavar="BLOCK", help="Kill the batcher after an L1 block, and restart it."
    ),
]
SilentVerifierOption = Annotated[
    bool,
    typer.Option(
        "--silent-verifier/--no-silent-verifier", help="Whether there is a second verifier, without gossip."
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", help="The same options and seed give the same hashes.")
]
DatadirOption = Annotated[
    Path | None,
    typer.Option("--datadir", metavar="DIR", help="Keep the nodes' databases here, in new files."),
]
RealTimeOption = Annotated[
    bool, typer.Option("--real-time", help="Run in real time instead of as fast as possible.")
]
TraceOption = Annotated[
    Path | None,
    typer.Option("--trace", metavar="FILE", help="Write every event of every node, as JSON lines."),
]
DiagramOption = Annotated[
    Path | None,
    typer.Option(
        "--diagram", metavar="FILE", help="Draw the life of a block: .md or .mmd (Mermaid), .svg or .png."
    ),
]
DiagramBlockOption = Annotated[
    int | None, typer.Option("--diagram-block", metavar="NUMBER", help="Which L2 block to draw.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON: a line for each L1 block, then a summary.")
]

_NAMES = {
    "l1_blocks": "--l1-blocks",
    "block_time": "--block-time",
    "transactions": "--transactions",
    "deposits": "--deposits",
    "system_config_every": "--system-config-every",
    "batch_type": "--batch-type",
    "data_availability": "--data",
    "l1_reorgs": "--l1-reorg",
    "gossip_loss": "--gossip-loss",
    "sequencer_conf_depth": "--sequencer-l1-confs",
    "verifier_conf_depth": "--verifier-l1-confs",
    "l1_block_time": "--l1-block-time",
    "l1_finality": "--l1-finality",
    "finality_lookback": "--finality-lookback",
    "finality_delay": "--finality-delay",
    "sequencer_restarts": "--restart-sequencer",
    "batcher_restarts": "--restart-batcher",
    "forks": "--fork",
}
"""Options by the names of their fields."""

_E = TypeVar("_E", bound=StrEnum)


def devnet_options(
    *,
    batch_type: str,
    data: str,
    forks_until: str,
    fork: Sequence[str] | None,
    l1_reorg: Sequence[str] | None,
    **others: Any,
) -> DevnetOptions:
    """The options, checked: ``others`` are as the devnet knows them.

    Raises ``typer.BadParameter`` or :class:`ConfigError`, with the option and its value.
    """
    # Here, since loading py-evm takes a second that no other command should pay.
    from pyoprollup.devnet import BatchType, DataAvailability, DevnetOptions

    options = DevnetOptions(
        batch_type=_choice(BatchType, batch_type, "--batch-type"),
        data_availability=_choice(DataAvailability, data, "--data"),
        forks=_forks(forks_until, fork or ()),
        l1_reorgs=dict(_reorg(text) for text in l1_reorg or ()),
        **others,
    )
    try:
        options.check()
    except ConfigError as exc:
        field, colon, rest = str(exc).partition(":")
        raise ConfigError(f"{_NAMES.get(field, field)}{colon}{rest}") from exc
    return options


def _choice(kinds: type[_E], text: str, option: str) -> _E:
    try:
        return kinds(text.lower())
    except ValueError:
        names = ", ".join(kinds)
        raise typer.BadParameter(f"{option}: {text!r} is none of {names}") from None


def _fork(text: str, option: str) -> Fork:
    try:
        return Fork[text.upper()]
    except KeyError:
        names = ", ".join(fork.name.lower() for fork in Fork)
        raise typer.BadParameter(f"{option}: {text!r} is none of {names}") from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _forks(until: str, named: Sequence[str]) -> dict[Fork, int]:
    """Seconds after genesis. A fork is never before the one before it, unless it is said to be."""
    newest = _fork(until, "--forks-until")
    said: dict[Fork, int] = {}
    for text in named:
        name, equals, seconds = text.partition("=")
        at = _number(seconds)
        if not equals or at is None:
            raise typer.BadParameter(f"--fork: {text!r} is not FORK=SECONDS")
        said[_fork(name, "--fork")] = at
    last = max([newest, *said])
    forks: dict[Fork, int] = {}
    at = 0
    for fork in Fork:
        if fork <= last:
            at = forks[fork] = said.get(fork, at)
    return forks


def _reorg(text: str) -> tuple[int, int]:
    block, _, depth = text.partition(":")
    numbers = _number(block), _number(depth)
    if numbers[0] is None or numbers[1] is None:
        raise typer.BadParameter(f"--l1-reorg: {text!r} is not BLOCK:DEPTH")
    return numbers[0], numbers[1]
