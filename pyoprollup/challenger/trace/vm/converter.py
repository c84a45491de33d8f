"""States of a VM by its own command ``witness``, and where a trace begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoprollup.challenger.trace.vm.errors import FileDamaged
from pyoprollup.challenger.trace.vm.ports import StateConverter, StateProof
from pyoprollup.challenger.trace.vm.process import CommandRunner
from pyoprollup.challenger.trace.vm.proof_data import ProofData
from pyoprollup.challenger.trace.vm.status import vm_status
from pyoprollup.errors import DecodeError
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import Hash32
from pyoprollup.rpc.json_text import from_json_text

__all__ = ["CannonStateConverter", "VmPrestateProvider"]

_TIME_LIMIT = 300.0
"""Seconds for reading a state: some hundred megabytes to unpack and hash."""


@dataclass(frozen=True, slots=True)
class CannonStateConverter:
    """A :class:`~pyoprollup.challenger.trace.vm.ports.StateConverter` that asks the executable ``vm_bin``."""

    vm_bin: str
    runner: CommandRunner

    def convert_state_to_proof(self, path: Path) -> StateProof:
        """The state in a file.

        Raises :class:`~pyoprollup.challenger.trace.vm.errors.VmFailed` if the command fails, and
        :class:`FileDamaged` if it says something else than it should.
        """
        said = self.runner.run(
            [self.vm_bin, "witness", "--input", str(path)], _TIME_LIMIT, lambda _line: None
        )
        try:
            return _state_proof(QuantityReader(from_json_text(said), "witness"))
        except DecodeError as exc:
            raise FileDamaged(f"{path}: {exc}") from exc


def _state_proof(obj: Any) -> StateProof:
    # After the end nothing is executed, so there is nothing to prove.
    proof = ProofData(obj.hash("witnessHash"), obj.data("witness"))
    vm_status(proof.claim_value)
    if not proof.state_data:
        raise DecodeError("witness.witness: empty")
    return StateProof(proof, obj.uint64("step"), obj.boolean("exited"))


class VmPrestateProvider:
    """Where a trace begins: the state in a file, which is read once."""

    def __init__(self, path: Path, converter: StateConverter) -> None:
        self.path = path
        self._converter = converter
        self._commitment: Hash32 | None = None

    def absolute_prestate_commitment(self) -> Hash32:
        """The hash of the state; raises what the converter raises."""
        if self._commitment is None:
            self._commitment = self._converter.convert_state_to_proof(self.path).proof.claim_value
        return self._commitment
