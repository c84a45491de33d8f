"""A VM that is an executable with cannon's command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.challenger.trace.vm.config import VmConfig
from pyoprollup.challenger.trace.vm.converter import CannonStateConverter
from pyoprollup.challenger.trace.vm.disk import is_intact, read_json, remove
from pyoprollup.challenger.trace.vm.errors import FileDamaged, VmFailed, VmStopped, VmTimedOut
from pyoprollup.challenger.trace.vm.folder import TraceFolder
from pyoprollup.challenger.trace.vm.metrics import DebugInfo, VmMetrics
from pyoprollup.challenger.trace.vm.ports import StateProof
from pyoprollup.challenger.trace.vm.process import CommandRunner
from pyoprollup.challenger.trace.vm.progress import progress_of
from pyoprollup.challenger.trace.vm.servers import OracleServerExecutor
from pyoprollup.errors import NotFound
from pyoprollup.eth.types import U64_MAX
from pyoprollup.events import Level, News, Tell, no_news

__all__ = ["Executor"]

_MAX_DEBUG_INFO = 1 << 16


@dataclass(frozen=True, slots=True)
class Executor:
    """A :class:`~pyoprollup.challenger.trace.vm.ports.VM` that runs commands.

    ``prestate`` is the file with the program's first state, ``inputs`` are what the dispute is about, and
    ``clock`` gives seconds for what runs take.
    """

    config: VmConfig
    server: OracleServerExecutor
    prestate: Path
    inputs: LocalGameInputs
    runner: CommandRunner
    clock: Callable[[], float]
    metrics: VmMetrics
    tell: Tell = no_news

    def generate_proof(self, folder: Path, index: int) -> None:
        """Run the VM; see :class:`~pyoprollup.challenger.trace.vm.ports.VM`.

        A snapshot that turns out to be damaged is removed, and an earlier one is begun with. Raises
        :class:`VmFailed`, and :class:`~pyoprollup.errors.ConfigError` if the server cannot be told what it
        needs.
        """
        files = TraceFolder(folder, binary_snapshots=self.config.binary_snapshots)
        while True:
            snapshot = files.starting_snapshot(index)
            try:
                self._run(files, snapshot or self.prestate, index)
            except (VmStopped, VmTimedOut):
                raise
            except VmFailed as error:
                if snapshot is None or is_intact(snapshot):
                    raise
                News("vm", self.tell).failed("snapshot-damaged", error, file=str(snapshot))
                remove(snapshot)
                if snapshot.exists():
                    raise
            else:
                return

    def convert_state_to_proof(self, path: Path) -> StateProof:
        """The state in a file, by the VM's own command; see :class:`CannonStateConverter`."""
        return CannonStateConverter(self.config.vm_bin, self.runner).convert_state_to_proof(path)

    def command(self, files: TraceFolder, start: Path, index: int) -> list[str]:
        """The command line that runs from the state in ``start`` to the step after ``index``."""
        config = self.config
        command = [config.vm_bin, "run", "--input", str(start), "--output", str(files.final_state)]
        command += ["--meta", "", "--info-at", f"%{config.info_freq}"]
        command += ["--proof-at", f"={index}", "--proof-fmt", files.proof_format]
        command += ["--snapshot-at", f"%{config.snapshot_freq}", "--snapshot-fmt", files.snapshot_format]
        if index < U64_MAX:
            command += ["--stop-at", f"={index + 1}"]
        if config.debug_info:
            command += ["--debug-info", str(self._debug_info(files))]
        return [*command, "--", *self.server.oracle_command(config, files.preimages, self.inputs)]

    def _debug_info(self, files: TraceFolder) -> Path:
        return files.preimages / "debug-info.json"

    def _run(self, files: TraceFolder, start: Path, index: int) -> None:
        command = self.command(files, start, index)
        try:
            for made in (files.snapshots, files.preimages, files.proofs):
                made.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise VmFailed(f"the folder of a trace cannot be made: {exc}") from exc
        # What an earlier run has left must not be taken for this one's.
        remove(files.final_state)
        news = News("vm", self.tell)
        names: dict[str, Any] = {"index": index, "folder": str(files.path)}
        news("vm-started", start=str(start), **names)
        began = self.clock()

        def on_line(line: str) -> None:
            progress = progress_of(line)
            if progress is None:
                news("vm-output", Level.DEBUG, line=line, **names)
            else:
                self.metrics.step, self.metrics.steps_per_second = progress.step, progress.steps_per_second
                speed = progress.steps_per_second
                news("vm-progress", step=progress.step, steps_per_second=speed, **names)

        try:
            self.runner.run(command, self.config.time_limit, on_line)
        except VmFailed as error:
            self.metrics.failures += 1
            news.failed("vm-failed", error, **names)
            raise
        finally:
            self.metrics.runs += 1
            self.metrics.execution_time = self.clock() - began
        news("vm-finished", seconds=self.metrics.execution_time, **names)
        if self.config.debug_info:
            self._read_debug_info(files, news)

    def _read_debug_info(self, files: TraceFolder, news: News) -> None:
        try:
            self.metrics.debug_info = DebugInfo.from_json(read_json(self._debug_info(files), _MAX_DEBUG_INFO))
        except (NotFound, FileDamaged) as error:
            news.failed("debug-info-unreadable", error)
