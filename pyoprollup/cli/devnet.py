"""``pyoprollup devnet``: L1, sequencer, batcher, verifiers and users in one process."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pyoprollup.cli.devnet_options import NetworkOptions, RunOptions, ServeOptions, devnet_options
from pyoprollup.cli.devnet_serve import export, files_of, open_datadir, serve_devnet
from pyoprollup.cli.devnet_view import View, print_summary, view
from pyoprollup.cli.l1_data import bundles_of, told
from pyoprollup.cli.options import service_command
from pyoprollup.cli.output import print_error
from pyoprollup.errors import ConfigError, RollupError
from pyoprollup.rollup import UpgradeBundles

if TYPE_CHECKING:
    from pyoprollup.devnet import Devnet, DevnetDir, DevnetOptions
    from pyoprollup.devnet.game_life import GameLifeRecorder
    from pyoprollup.devnet.life import LifeRecorder
    from pyoprollup.devnet.report import DevnetReport
    from pyoprollup.events import Happening, Tell

__all__ = ["devnet_command"]

_LONGEST_SLEEP = 0.1
"""Seconds: so often is the view brought up to date while real time passes."""


@service_command("devnet", NetworkOptions, RunOptions, ServeOptions)
def devnet_command(network: NetworkOptions, shown: RunOptions, served: ServeOptions) -> None:
    """Run a rollup: L1, a sequencer, a batcher, verifiers and users in one process, in virtual time.

    Ends when all that was sequenced is safe and final for every node. Exit code 1 if the nodes do not agree.
    With --serve it goes on until it is told to stop. With --datadir it can be gone on with.
    """
    if served.serve:
        serve_devnet(network, shown, served)
        return
    with ExitStack() as stack:
        options = devnet_options(network)
        folder = open_datadir(stack, shown.datadir, options, network)
        options = options if folder is None else folder.options
        if shown.export is not None:
            export(options, shown.export)
        if shown.diagram is not None and folder is not None and not folder.is_new:
            raise ConfigError("--diagram: is for a devnet that begins, not for one that goes on")
        if shown.draw_games is not None and folder is not None and not folder.is_new:
            raise ConfigError("--draw-games: is for a devnet that begins, not for one that goes on")
        listeners: list[Tell] = []
        life = None if shown.diagram is None else _life(options, shown.diagram, shown.diagram_block)
        if life is not None:
            listeners.append(life)
        games = None if shown.draw_games is None else _games()
        if games is not None:
            listeners.append(games)
        if shown.trace is not None:
            listeners.append(_tracer(stack, shown.trace))
        bundles = bundles_of(shown.upgrade_bundles) if shown.upgrade_bundles else None
        run = _Run(options, folder, bundles, listeners, shown.real_time)
        stack.callback(run.devnet.close)
        error = run.live(shown.as_json)
        report = run.report()
        print_summary(report, _peak_memory(), shown.as_json)
        if life is not None and shown.diagram is not None:
            _draw(life, run.devnet, shown.diagram)
        if games is not None and shown.draw_games is not None:
            _draw_games(games, run.devnet, shown.draw_games)
    if error or not report.agrees:
        print_error(error or "the nodes do not agree")
        raise typer.Exit(1)


class _Run:
    """A devnet, and what it is shown with."""

    def __init__(
        self,
        options: DevnetOptions,
        folder: DevnetDir | None,
        bundles: UpgradeBundles | None,
        listeners: list[Tell],
        real_time: bool,
    ) -> None:
        from pyoprollup.devnet import Devnet
        from pyoprollup.devnet.upgrades import upgrade_bundles
        from pyoprollup.devnet.watch import Watch

        self._view: View | None = None
        self._real_time = real_time
        self._started = time.perf_counter()
        self._seconds = 0.0
        self.devnet = Devnet(
            options,
            **files_of(folder),
            bundles=bundles or upgrade_bundles(),
            watch=Watch(self._listen, *listeners),
            pace=self._pace,
        )

    def live(self, as_json: bool) -> str:
        """Run to the end; what went wrong, if something did."""
        error = ""
        with view(as_json) as self._view:
            try:
                self.devnet.run(self._view.progress)
            except RollupError as exc:
                error = told(exc)
            except KeyboardInterrupt:
                error = f"interrupted at {self.devnet.elapsed:.1f} s"
        self._view = None
        self._seconds = time.perf_counter() - self._started
        return error

    def _listen(self, happening: Happening) -> None:
        if self._view is not None:
            self._view.listen(happening)

    def _pace(self, elapsed: float) -> None:
        """Time is about to go on: show what is, and wait if time is real."""
        if self._view is None:
            return
        while True:
            self._view.tick(self.devnet)
            wait = self._started + elapsed - time.perf_counter() if self._real_time else 0.0
            if wait <= 0:
                return
            time.sleep(min(wait, _LONGEST_SLEEP))

    def report(self) -> DevnetReport:
        """The figures of the run."""
        from pyoprollup.devnet.report import DevnetReport

        return DevnetReport.of(self.devnet, self._seconds)


def _life(options: DevnetOptions, diagram: Path, number: int | None) -> LifeRecorder:
    """Of the block that is wanted, or of one early in the second L1 block's time."""
    from pyoprollup.devnet.diagram import check_diagram
    from pyoprollup.devnet.life import LifeRecorder

    try:
        check_diagram(diagram)
    except ConfigError as exc:
        raise ConfigError(f"--diagram: {exc}") from exc
    slot = options.l1_block_time // options.block_time
    last = options.l1_blocks * slot
    if number is not None and not 0 < number <= last:
        raise typer.BadParameter(f"--diagram-block: there are blocks 1 to {last}, not {number}")
    return LifeRecorder(number or min(slot + 2, last))


def _draw(life: LifeRecorder, devnet: Devnet, path: Path) -> None:
    from pyoprollup.devnet.diagram import write_diagram

    write_diagram(life.life(devnet), path)


def _games() -> GameLifeRecorder:
    from pyoprollup.devnet.game_life import GameLifeRecorder

    return GameLifeRecorder()


def _draw_games(games: GameLifeRecorder, devnet: Devnet, folder: Path) -> None:
    from pyoprollup.devnet.game_pictures import draw_games

    try:
        draw_games(devnet, games, folder)
    except ConfigError as exc:
        raise ConfigError(f"--draw-games: {exc}") from exc


def _tracer(stack: ExitStack, path: Path) -> Tell:
    """Writes what happens as it happens."""
    from pyoprollup.telemetry import trace_news

    try:
        file = stack.enter_context(path.open("w", encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"--trace: cannot write {path}: {exc.strerror or exc}") from exc

    return trace_news(file)


def _peak_memory() -> int | None:
    """Peak memory of the process in bytes; ``None`` if the system does not report it."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
