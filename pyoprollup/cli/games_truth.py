"""``pyoprollup games``, the commands that know what is true: explain a game, draw it, run a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyoprollup.challenger.game_types import game_type_name, parse_game_type
from pyoprollup.cli.games_options import (
    GAME,
    FactoryOptions,
    L1ReadOptions,
    OutputOptions,
    fault_game,
    head_of,
)
from pyoprollup.cli.options import choice, option, service_command
from pyoprollup.cli.output import date, plural, print_head, print_json, print_line
from pyoprollup.cli.service_options import address, first, l2_of_games, listed, super_roots_of_games
from pyoprollup.cli.vm_options import VmOptions
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import Address, to_hex

if TYPE_CHECKING:
    from pyoprollup.challenger.explanation import ClaimSheet, GameSheet
    from pyoprollup.l1.rpc import L1Client
    from pyoprollup.services.games import TruthSource

__all__ = ["GAMES_TRUTH_OPTIONS", "draw_command", "explain_command", "run_trace_command"]

_FORMATS = (".svg", ".png")


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthOptions:
    """Who knows what is true. Of several rollup nodes, those that are in sync have to agree."""

    rollup_rpc: tuple[str, ...] = option(
        "--rollup-rpc", "JSON-RPC of a rollup node. Several are all asked.", metavar="URL"
    )
    l2: tuple[str, ...] = l2_of_games()
    super_root_rpc: tuple[str, ...] = super_roots_of_games(
        "JSON-RPC of a source of super roots, for games about them. Several are all asked."
    )
    datadir: Path | None = option(
        "--datadir",
        "Folder for what a VM makes; without it, nothing is kept.",
        default=None,
        metavar="FOLDER",
    )
    network_timeout: float = option(
        "--network-timeout", "Limit for a call of a node.", default=10.0, metavar="SECONDS", unit="s"
    )


@contextmanager
def _truth(
    l1: L1ReadOptions, options: TruthOptions, vms: VmOptions, game_type: int, client: L1Client
) -> Iterator[TruthSource]:
    from pyoprollup.services.games import TruthConfig, open_truth
    from pyoprollup.services.sending import RollupEndpoints
    from pyoprollup.services.vm_traces import VM_GAME_TYPES

    # What needs a VM that is not configured cannot be told; a VM that is half configured is a mistake.
    wanted = [each for each in VM_GAME_TYPES if each == game_type and vms.cannon_bin]
    config = TruthConfig(
        nodes=RollupEndpoints(urls=listed(options.rollup_rpc), timeout=options.network_timeout),
        l2=first("l2_eth_rpc", options.l2),
        vms=vms.settings(wanted, first("l1", l1.l1), listed(options.l2)),
        super_root_rpcs=listed(options.super_root_rpc),
        datadir=options.datadir,
    )
    with open_truth(config, client, lambda _happening: None) as source:
        yield source


def _sheet(game: str, l1: L1ReadOptions, options: TruthOptions, vms: VmOptions) -> GameSheet:
    from pyoprollup.challenger.contracts import detect_game_type

    with l1.client() as client:
        head = head_of(client)
        contract = fault_game(game, client, head.hash)
        game_type = detect_game_type(contract.address, client, head.hash)
        with _truth(l1, options, vms, game_type, client) as truth:
            return truth.explain(game_type, contract, head)


# --- explain


@service_command("games", L1ReadOptions, TruthOptions, VmOptions, OutputOptions, arguments=GAME)
def explain_command(
    game: str, l1: L1ReadOptions, options: TruthOptions, vms: VmOptions, output: OutputOptions
) -> None:
    """Explain a game: which claims are true, what an honest player does about each, and why."""
    sheet = _sheet(game, l1, options, vms)
    if output.as_json:
        print_json(sheet.to_json())
        return
    facts = sheet.facts
    kind = game_type_name(facts.game_type)
    print_head(f"Game {to_hex(facts.address)} ({kind}) about L2 block {facts.l2_block:,}")
    status, forecast = str(facts.status).lower(), str(sheet.forecast).lower()
    print_line(f"{status} at {date(facts.now)}; by its claims as they are: {forecast}", indent=2)
    for note in sheet.notes:
        print_line(note, indent=2)
    for each in sheet.claims:
        print_line()
        _print_claim(each)
    print_line()
    _print_next(sheet)


def _print_claim(each: ClaimSheet) -> None:
    claim = each.claim
    what = "the root claim" if claim.is_root else f"{each.kind}s claim {claim.parent_index}"
    print_line(f"claim {claim.index}  {what}, depth {claim.depth}, trace index {each.trace_index:,}")
    print_line(f"{to_hex(claim.value)} by {to_hex(claim.claimant)}", indent=4)
    truth = {None: "cannot be told", True: "true", False: "false"}[each.agree]
    print_line(f"{truth}: {each.judgement.value}" if each.judgement else truth, indent=4)
    if each.answer:
        print_line(f"-> {each.answer}", indent=4)


def _print_next(sheet: GameSheet) -> None:
    from pyoprollup.challenger.explanation import shown_action

    actions = sheet.next_actions.actions
    if not actions:
        print_head("There is nothing to be done")
        return
    print_head(f"{plural(len(actions), 'action')} to take")
    for action in actions:
        print_line(shown_action(action), indent=2)


# --- draw


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawOptions:
    """What the picture is like."""

    out: Path = option("--out", "The picture: .svg, or .png with the package resvg-py.", metavar="FILE")
    scheme: str = option(
        "--scheme",
        "light, dark, or auto: what the reader's screen is.",
        default="auto",
        metavar="NAME",
        parse=choice("light", "dark", "auto"),
    )
    names: tuple[str, ...] = option(
        "--name", "What to call an account, as ADDRESS=NAME.", default=(), metavar="ADDRESS=NAME"
    )

    def check(self) -> None:
        """Raise :class:`ConfigError` for a file that is not one of ours, and for names of nobody."""
        if self.out.suffix.lower() not in _FORMATS:
            raise ConfigError(f"out: {self.out} ends with none of {', '.join(_FORMATS)}")
        self.by_address()

    def by_address(self) -> dict[Address, str]:
        """What accounts are called; raises :class:`ConfigError`."""
        found = {}
        for each in listed(self.names):
            account, equals, name = each.partition("=")
            try:
                found[address(account)] = name
            except ValueError as exc:
                raise ConfigError(f"names: {each!r} is not ADDRESS=NAME: {exc}") from exc
            if not equals:
                raise ConfigError(f"names: {each!r} is not ADDRESS=NAME")
        return found


@service_command("games", L1ReadOptions, TruthOptions, DrawOptions, VmOptions, OutputOptions, arguments=GAME)
def draw_command(
    game: str,
    l1: L1ReadOptions,
    options: TruthOptions,
    drawing: DrawOptions,
    vms: VmOptions,
    output: OutputOptions,
) -> None:
    """Draw a game's claims as a tree: who, true or false, countered or not, clocks, bonds, the result."""
    from pyoprollup.challenger.claim_tree_svg import claim_tree_svg

    names = drawing.by_address()
    is_png = drawing.out.suffix.lower() == ".png"
    sheet = _sheet(game, l1, options, vms)
    # A PNG is of one screen only.
    scheme = "light" if is_png and drawing.scheme == "auto" else drawing.scheme
    picture = claim_tree_svg(sheet, scheme, names)
    if is_png:
        from pyoprollup.devnet.diagram import png

        _write(drawing.out, png(picture))
    else:
        _write(drawing.out, picture.encode())
    if output.as_json:
        print_json(
            {"game": to_hex(sheet.facts.address), "file": str(drawing.out), "claims": len(sheet.claims)}
        )
    else:
        print_line(f"{drawing.out}: {plural(len(sheet.claims), 'claim')}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as exc:
        raise ConfigError(f"out: cannot write {path}: {exc.strerror or exc}") from exc


# --- run-trace


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Which VM is run, and over which block."""

    game_type: str = option("--game-type", "Type of the games.", default="cannon-kona", metavar="NAME")
    l2_block_num: int | None = option(
        "--l2-block-num", "The block to prove; without it, the last safe one.", default=None, metavar="N"
    )


@service_command("games", L1ReadOptions, FactoryOptions, TruthOptions, RunOptions, VmOptions, OutputOptions)
def run_trace_command(
    l1: L1ReadOptions,
    factory: FactoryOptions,
    options: TruthOptions,
    run: RunOptions,
    vms: VmOptions,
    output: OutputOptions,
) -> None:
    """Run the VM over a right block, from its first step to its last, whether it finds the block right.

    A VM that does not would lose games: exit code 1 says so.
    """
    from pyoprollup.challenger.contracts import GameFactoryContract
    from pyoprollup.challenger.trace.vm import VmStatus, vm_status
    from pyoprollup.services.vm_traces import VM_GAME_TYPES

    game_type = parse_game_type(run.game_type)
    if game_type not in VM_GAME_TYPES:
        raise ConfigError(f"game_type: {run.game_type} games have no VM")
    if not vms.cannon_bin:
        raise ConfigError("cannon_bin: is needed to run a trace")
    with l1.client() as client:
        head = head_of(client)
        contract = GameFactoryContract.detect(factory.factory, client, head.hash)
        prestate = contract.game_prestate(game_type, head.hash)
        with _truth(l1, options, vms, game_type, client) as truth:
            done = truth.run_trace(game_type, run.l2_block_num, prestate)
    status = vm_status(done.claim)
    result = {
        "game_type": run.game_type,
        "prestate": to_hex(prestate),
        "l1_head": to_hex(done.l1_head.hash),
        "l2_block": done.claimed.l2_block_number,
        "output_root": to_hex(done.claimed.output_root),
        "state": to_hex(done.claim),
        "status": status.name.lower(),
        "seconds": round(done.seconds, 3),
    }
    if output.as_json:
        print_json(result)
    else:
        print_head(f"L2 block {done.claimed.l2_block_number:,} in a VM: {result['status']}")
        for name in ("output_root", "l1_head", "prestate", "state"):
            print_line(f"{name.replace('_', ' '):<13}{result[name]}", indent=2)
        print_line(f"{'time':<13}{done.seconds:,.1f} s", indent=2)
    if status is not VmStatus.VALID:
        raise ConfigError(f"the VM finds a right block {result['status']}: its games would be lost")


GAMES_TRUTH_OPTIONS = (TruthOptions, DrawOptions, RunOptions)
"""The classes of the options of commands that judge."""
