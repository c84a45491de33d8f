"""Dispute games about the toy: its outputs above the split, runs of its program below."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyoprollup.challenger.register import GameContext, Surroundings, UpperTrace
from pyoprollup.challenger.trace.cannon_games import CannonTraces
from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.challenger.trace.outputs import ProposalTraceCreator
from pyoprollup.challenger.trace.vm import VM
from pyoprollup.challenger.trace.vm.in_process import InProcessConverter, InProcessVm
from pyoprollup.devnet.toy.oracle import ToyOracle
from pyoprollup.devnet.toy.prestate import ToyPrestates
from pyoprollup.devnet.toy.rollup import ToyRollup
from pyoprollup.eth.types import to_hex
from pyoprollup.l1.embedded import EmbeddedL1

if TYPE_CHECKING:
    from pyoprollup.challenger.challenger import ChallengerL1
    from pyoprollup.challenger.contracts import GameRange

__all__ = ["ToyTraces"]


class ToyTraces(CannonTraces):
    """What is true in games about the toy on an L1. It needs no node: whoever knows L1 knows it.

    Traces are kept in a folder of its own, which is gone with it. ``engine`` is the VM's, see
    :func:`~pyoprollup.cannon.engines.engine_of`.
    """

    def __init__(self, l1: EmbeddedL1, engine: str = "auto") -> None:
        self.rollup = ToyRollup(l1)
        self._keeper = tempfile.TemporaryDirectory(prefix="pyoprollup-toy-")
        self._folder = Path(self._keeper.name)

        def make_vm(prestate: Path, inputs: LocalGameInputs) -> VM:
            def oracle() -> ToyOracle:
                return ToyOracle(inputs, self.rollup, lambda digest: l1.block(digest).header.encode())

            return InProcessVm(prestate, oracle, engine=engine)

        super().__init__(ToyPrestates(self._folder), InProcessConverter(), self.rollup, make_vm)

    def upper(
        self, context: GameContext, around: Surroundings, l1: ChallengerL1, depth: int, numbers: GameRange
    ) -> UpperTrace:
        """As of any rollup, but with the toy for node and execution client."""
        own = replace(around, nodes=(self.rollup,), headers=self.rollup)
        return super().upper(context, own, l1, depth, numbers)

    def creator(self, context: GameContext) -> ProposalTraceCreator:
        """As of any program. Games with one L1 head may have the same traces."""
        return super().creator(replace(context, folder=self._folder / to_hex(context.l1_head.hash)))
