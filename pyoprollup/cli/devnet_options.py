"""The options of ``pyoprollup devnet``, and what the devnet makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from pyoprollup.cli.l1_data import BUNDLE_FLAG, BUNDLE_HELP, BUNDLE_METAVAR
from pyoprollup.cli.options import choice, option
from pyoprollup.rollup import Fork

if TYPE_CHECKING:
    from pyoprollup.devnet import DevnetOptions

__all__ = ["NetworkOptions", "RunOptions", "ServeOptions", "devnet_options"]


_ANY = 1 << 32
"""L1 blocks: those that options may name are known once the datadir is."""


def _fork(text: str) -> Fork:
    try:
        return Fork[text.upper()]
    except KeyError:
        names = ", ".join(fork.name.lower() for fork in Fork)
        raise ValueError(f"{text!r} is none of {names}") from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _fork_time(text: str) -> tuple[Fork, int]:
    name, equals, seconds = text.partition("=")
    at = _number(seconds)
    if not equals or at is None:
        raise ValueError(f"{text!r} is not FORK=SECONDS")
    return _fork(name), at


def _reorg(text: str) -> tuple[int, int]:
    block, _, depth = text.partition(":")
    numbers = _number(block), _number(depth)
    if numbers[0] is None or numbers[1] is None:
        raise ValueError(f"{text!r} is not BLOCK:DEPTH")
    return numbers[0], numbers[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions:
    """What the network is like. Fields have the names of those of ``DevnetOptions`` that they say."""

    l1_blocks: int = option("--l1-blocks", "L1 blocks in which users are active.", default=12, metavar="N")
    l1_block_time: int = option(
        "--l1-block-time", "Time between L1 blocks.", default=12, metavar="SECONDS", unit="s"
    )
    l1_finality: int = option(
        "--l1-finality", "L1 blocks that finality is behind the head.", default=8, metavar="N"
    )
    block_time: int = option(
        "--block-time", "Time between L2 blocks.", default=2, metavar="SECONDS", unit="s"
    )
    transactions: int = option(
        "--transactions", "Users' transactions for each L2 block.", default=5, metavar="N"
    )
    deposits: int = option("--deposits", "Deposits for each L1 block.", default=1, metavar="N")
    system_config_every: int = option(
        "--system-config-every",
        "L1 blocks between changes of the system configuration; 0: none.",
        default=5,
        metavar="N",
    )
    batch_type: str = option(
        "--batch-type",
        "How blocks are grouped: singular or span.",
        default="span",
        metavar="TYPE",
        parse=choice("singular", "span"),
    )
    data_availability: str = option(
        "--data",
        "Where the batcher's data goes: blobs, calldata or auto.",
        default="blobs",
        metavar="KIND",
        parse=choice("blobs", "calldata", "auto"),
    )
    forks_until: Fork = option(
        "--forks-until",
        "The newest fork that is active at genesis.",
        default=Fork.JOVIAN,
        metavar="FORK",
        parse=_fork,
    )
    forks: tuple[tuple[Fork, int], ...] = option(
        "--fork",
        "When a fork activates, after genesis; later forks come no earlier. Can be repeated.",
        default=(),
        metavar="FORK=SECONDS",
        parse=_fork_time,
    )
    l1_reorgs: tuple[tuple[int, int], ...] = option(
        "--l1-reorg",
        "An L1 reorg of DEPTH blocks, right after L1 block BLOCK. Can be repeated.",
        default=(),
        metavar="BLOCK:DEPTH",
        parse=_reorg,
    )
    gossip_loss: float = option(
        "--gossip-loss", "Share of gossip messages that get lost, 0 to 1.", default=0.0, metavar="SHARE"
    )
    sequencer_conf_depth: int = option(
        "--sequencer-l1-confs",
        "L1 blocks that the sequencer waits for before it uses one as an origin.",
        default=0,
        metavar="N",
    )
    verifier_conf_depth: int = option(
        "--verifier-l1-confs",
        "L1 blocks that a node waits for before it derives from one.",
        default=0,
        metavar="N",
    )
    finality_lookback: int | None = option(
        "--finality-lookback",
        "L1 blocks that nodes remember until they are final.",
        default=None,
        metavar="N",
    )
    finality_delay: int | None = option(
        "--finality-delay",
        "L1 blocks between attempts to finalize while catching up.",
        default=None,
        metavar="N",
    )
    sequencer_restarts: tuple[int, ...] = option(
        "--restart-sequencer",
        "Kill the sequencer after an L1 block, and restart it. Can be repeated.",
        default=(),
        metavar="BLOCK",
    )
    batcher_restarts: tuple[int, ...] = option(
        "--restart-batcher",
        "Kill the batcher after an L1 block, and restart it. Can be repeated.",
        default=(),
        metavar="BLOCK",
    )
    silent_verifier: bool = option(
        "--silent-verifier/--no-silent-verifier",
        "Whether there is a second verifier, without gossip.",
        default=True,
    )
    batcher: bool = option(
        "--batcher/--no-batcher",
        "Whether the devnet's own batcher posts; with --serve, one from outside can take its place.",
        default=True,
    )
    dispute_games: bool = option(
        "--dispute-games/--no-dispute-games",
        "Contracts of proposals on L1, for a proposer from outside.",
        default=False,
    )
    proposer: bool = option(
        "--proposer/--no-proposer",
        "Whether there is a proposer, with the contracts of its games on L1.",
        default=False,
    )
    proposal_interval: int = option(
        "--proposal-interval", "Time between proposals.", default=60, metavar="SECONDS", unit="s"
    )
    challenger: bool = option(
        "--challenger/--no-challenger",
        "Whether there is a challenger, which plays the games of all proposals.",
        default=False,
    )
    bad_proposals: tuple[str, ...] = option(
        "--bad-proposal",
        "A proposal that must not stand: wrong-root, wrong-number or unsafe. Several come one after another.",
        default=(),
        metavar="KIND",
    )
    toy_games: bool = option(
        "--toy-games/--no-toy-games",
        "Contracts of games about the toy rollup on L1, which end in the fault-proof VM.",
        default=False,
    )
    toy_proposals: tuple[str, ...] = option(
        "--toy-proposal",
        "A proposal of the toy rollup: right or wrong. Several come one after another.",
        default=(),
        metavar="KIND",
    )
    dishonest: tuple[str, ...] = option(
        "--dishonest",
        "Who plays against the challenger: random, deep-liar, freeloader, staller, truthful or spammer.",
        default=(),
        metavar="NAME",
    )
    dispute_clock: int = option(
        "--dispute-clock", "Time that each side of a game has.", default=302_400, metavar="SECONDS", unit="s"
    )
    dispute_depth: int = option(
        "--dispute-depth",
        "Levels of a game about output roots, which is about at most two to this power of blocks.",
        default=12,
        metavar="N",
    )
    seed: int = option("--seed", "The same options and seed give the same hashes.", default=0, metavar="N")
    accounts: int = option(
        "--accounts",
        "Accounts for you, with money on both chains; 0: with --serve ten, otherwise none.",
        default=0,
        metavar="N",
    )
    genesis_time: int | None = option(
        "--genesis-time",
        "When both chains begin, in Unix time; by default a fixed time, with --serve now.",
        default=None,
        metavar="SECONDS",
    )

    given: frozenset[str] = frozenset()
    """Fields that are no defaults."""

    def check(self) -> None:
        """Raise :class:`~pyoprollup.errors.ConfigError` unless the options make sense together."""
        devnet_options(self).check(_ANY)

    @property
    def given_to_devnet(self) -> frozenset[str]:
        """The same by the names of ``DevnetOptions``."""
        return self.given | ({"forks"} if "forks_until" in self.given else set())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How the network is run, and what is kept and shown of it."""

    upgrade_bundles: tuple[str, ...] = option(BUNDLE_FLAG, BUNDLE_HELP, default=(), metavar=BUNDLE_METAVAR)
    datadir: Path | None = option(
        "--datadir",
        "Keep L1 and the nodes' databases here, and go on with those that are there.",
        default=None,
        metavar="DIR",
    )
    real_time: bool = option(
        "--real-time", "As slow as the clock, not as fast as the machine.", default=False
    )
    trace: Path | None = option(
        "--trace", "Write every event of every node, as JSON lines.", default=None, metavar="FILE"
    )
    diagram: Path | None = option(
        "--diagram",
        "Draw the life of a block: .md or .mmd (Mermaid), .svg or .png.",
        default=None,
        metavar="FILE",
    )
    diagram_block: int | None = option(
        "--diagram-block", "Which L2 block to draw.", default=None, metavar="NUMBER"
    )
    draw_games: Path | None = option(
        "--draw-games",
        "Draw every dispute game to a folder: its life and its claims, as SVG.",
        default=None,
        metavar="DIR",
    )
    export: Path | None = option(
        "--export",
        "Write rollup.json, genesis.json, L1's genesis and chain configuration, and keys to a folder.",
        default=None,
        metavar="DIR",
    )
    as_json: bool = option("--json", "Print JSON: a line for each L1 block, then a summary.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How a devnet that one can talk to is reached."""

    serve: bool = option(
        "--serve",
        "Live in the time of the clock until Ctrl-C, with JSON-RPC for L1 and every node, and a beacon API.",
        default=False,
    )
    l1_only: bool = option(
        "--l1-only",
        "With --serve, nothing but L1: nodes, batcher and proposer are from outside.",
        default=False,
    )
    host: str = option("--host", "Address to listen on.", default="127.0.0.1", metavar="ADDRESS")
    l1_port: int = option("--l1-port", "JSON-RPC of L1; 0: any.", default=8545, metavar="PORT")
    beacon_port: int = option("--beacon-port", "Beacon API of L1; 0: any.", default=5052, metavar="PORT")
    l2_port: int = option(
        "--l2-port",
        "JSON-RPC of the sequencer's engine; the verifiers' are the next ones; 0: any.",
        default=9545,
        metavar="PORT",
    )
    rollup_port: int = option(
        "--rollup-port",
        "JSON-RPC of the sequencer's rollup node; the verifiers' are the next ones; 0: any.",
        default=7545,
        metavar="PORT",
    )
    vhosts: str = option(
        "--vhosts",
        "Host names that requests may use, with commas; *: any.",
        default="localhost",
        metavar="NAMES",
    )


def devnet_options(network: NetworkOptions) -> DevnetOptions:
    """The options as the devnet takes them; they are not checked."""
    # Here, since loading py-evm takes a second that no other command should pay.
    from pyoprollup.devnet import BatchType, DataAvailability, DevnetOptions

    names = {each.name for each in fields(DevnetOptions)} & {each.name for each in fields(network)}
    values = {name: getattr(network, name) for name in names}
    return DevnetOptions(
        **values
        | {
            "batch_type": BatchType(network.batch_type),
            "data_availability": DataAvailability(network.data_availability),
            "forks": _forks(network.forks_until, network.forks),
            "l1_reorgs": dict(network.l1_reorgs),
        }
    )


def _forks(newest: Fork, named: Sequence[tuple[Fork, int]]) -> dict[Fork, int]:
    """Seconds after genesis. A fork is never before the one before it, unless it is said to be."""
    said = dict(named)
    last = max([newest, *said])
    forks: dict[Fork, int] = {}
    at = 0
    for fork in Fork:
        if fork <= last:
            at = forks[fork] = said.get(fork, at)
    return forks
