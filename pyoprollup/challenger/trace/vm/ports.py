"""What a trace asks of a VM, wherever it runs."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pyoprollup.challenger.trace.vm.proof_data import ProofData
from pyoprollup.eth.types import Hash32

__all__ = ["VM", "PrestateProvider", "StateConverter", "StateProof"]


@dataclass(frozen=True, slots=True)
class StateProof:
    """A state from a file: as the step after the program's end would have it, its number, and whether the
    program has ended."""

    proof: ProofData
    step: int
    exited: bool


class StateConverter(Protocol):
    """Reads the files in which a VM keeps its states."""

    @abstractmethod
    def convert_state_to_proof(self, path: Path) -> StateProof:
        """The state in a file.

        Raises :class:`~pyoprollup.challenger.trace.vm.errors.VmError`, which is
        :class:`~pyoprollup.errors.Unavailable`.
        """


class VM(StateConverter, Protocol):
    """A VM with its program and inputs: in this process, or any executable with cannon's command line."""

    @abstractmethod
    def generate_proof(self, folder: Path, index: int) -> None:
        """Run until the step ``index`` is done or the program ends, from the best snapshot in ``folder``.

        Leaves there ``proofs/INDEX.json.gz`` if the program came so far, the state at the end
        (``final.bin.gz``), and snapshots and pre-images for the next run. Raises
        :class:`~pyoprollup.challenger.trace.vm.errors.VmError`, which is
        :class:`~pyoprollup.errors.Unavailable`.
        """


class PrestateProvider(Protocol):
    """Knows where a trace begins."""

    @abstractmethod
    def absolute_prestate_commitment(self) -> Hash32:
        """The claim value before the first step; may raise what a converter raises."""
