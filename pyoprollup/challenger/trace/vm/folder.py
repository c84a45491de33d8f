"""The folder of a trace: its files, which of them to begin with, and which to throw away.

::

    proofs/INDEX.json.gz      steps that were asked for
    snapshots/STEP.bin.gz     states on the way
    preimages/                what the program's server has fetched
    final.bin.gz              the state at the end of the latest run
    state.json.gz             {"step": N}: the last step, once the end of the program was seen
"""

from __future__ import annotations

import re
from pathlib import Path

from pyoprollup.challenger.trace.vm.disk import read_json, remove, write_json
from pyoprollup.challenger.trace.vm.errors import FileDamaged
from pyoprollup.challenger.trace.vm.proof_data import MAX_PROOF_FILE_SIZE, ProofData
from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import U64_MAX

__all__ = ["DEFAULT_MAX_PROOFS", "TraceFolder"]

DEFAULT_MAX_PROOFS = 1_000
"""Steps of a trace that are kept: a game asks for some dozens."""

_MAX_CACHE_SIZE = 1 << 10
_NUMBER = re.compile(r"0|[1-9][0-9]{0,19}")


class TraceFolder:
    """The files of one trace.

    With ``binary_snapshots`` states are files of cannon's own form, ``.bin.gz``, else ``.json.gz``. It keeps
    at most ``max_proofs`` steps.
    """

    def __init__(
        self, path: Path, *, binary_snapshots: bool = True, max_proofs: int = DEFAULT_MAX_PROOFS
    ) -> None:
        self.path = path
        self._suffix = ".bin.gz" if binary_snapshots else ".json.gz"
        self._max_proofs = max_proofs

    @property
    def proofs(self) -> Path:
        return self.path / "proofs"

    @property
    def snapshots(self) -> Path:
        return self.path / "snapshots"

    @property
    def preimages(self) -> Path:
        return self.path / "preimages"

    @property
    def final_state(self) -> Path:
        return self.path / f"final{self._suffix}"

    @property
    def last_step_file(self) -> Path:
        return self.path / "state.json.gz"

    @property
    def snapshot_format(self) -> str:
        """The names of snapshots, with ``%d`` for the step."""
        return str(self.snapshots / f"%d{self._suffix}")

    @property
    def proof_format(self) -> str:
        """The names of steps, with ``%d`` for the index."""
        return str(self.proofs / "%d.json.gz")

    def proof_file(self, index: int) -> Path:
        """The file of a step."""
        return self.proofs / f"{index}.json.gz"

    # --- steps

    def read_proof(self, index: int) -> ProofData:
        """A step. Raises :class:`NotFound`, and :class:`FileDamaged` after removing such a file."""
        path = self.proof_file(index)
        try:
            return ProofData.from_json(read_json(path, MAX_PROOF_FILE_SIZE), index)
        except FileDamaged:
            remove(path)
            raise

    def evict_proofs(self, *keep: int) -> None:
        """Remove the oldest steps beyond the limit, but none of those to ``keep``."""
        kept = {self.proof_file(index) for index in keep}
        try:
            files = [(path.stat().st_mtime, path) for path in self.proofs.iterdir() if path not in kept]
        except OSError:
            return  # Others remove files as well: the next time will do.
        for _, path in sorted(files)[: max(0, len(files) + len(kept) - self._max_proofs)]:
            remove(path)

    # --- the end

    def read_last_step(self) -> int | None:
        """The step after which the program has ended, ``None`` if that was not seen. Damaged files go."""
        try:
            value = read_json(self.last_step_file, _MAX_CACHE_SIZE)
            return QuantityReader(value, "last step").uint64("step")
        except NotFound:
            return None
        except (FileDamaged, DecodeError):
            self.forget_last_step()
            return None

    def write_last_step(self, proof: ProofData, step: int) -> None:
        """Keep what follows the end of the program. Raises ``OSError``."""
        # The step first: without its file the number is of no use.
        write_json(self.proof_file(step), proof.to_json())
        write_json(self.last_step_file, {"step": step})

    def forget_last_step(self) -> None:
        """Make nothing of what was kept about the program's end."""
        remove(self.last_step_file)

    # --- snapshots

    def starting_snapshot(self, index: int) -> Path | None:
        """The latest snapshot from which step ``index`` can be reached, ``None`` without one.

        It is of this step or an earlier one; a snapshot before the first step is the program itself.
        """
        best = 0
        try:
            names = [path.name for path in self.snapshots.iterdir()]
        except OSError:
            return None
        for name in names:
            number = name.removesuffix(self._suffix)
            if number != name and _NUMBER.fullmatch(number) and best < int(number) <= min(index, U64_MAX):
                best = int(number)
        return self.snapshots / f"{best}{self._suffix}" if best else None
