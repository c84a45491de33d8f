"""Games over a program in a VM: cannon's, with whatever program and server their chain has.

Each lower game has a folder of its own in that of the game, named after its context, as what its program is
told differs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pyoprollup.challenger.preimages import DirectoryPreimageSource, PreimageLoader
from pyoprollup.challenger.register import BottomTraces, GameContext
from pyoprollup.challenger.trace.local_inputs import LocalGameInputs, fetch_local_inputs_from_proposals
from pyoprollup.challenger.trace.outputs import L2Headers, ProposalTraceCreator
from pyoprollup.challenger.trace.prestates import PrestateProviderCache, PrestateSource
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.challenger.trace.vm import (
    VM,
    CommandRunner,
    Executor,
    OracleServerExecutor,
    StateConverter,
    TraceFolder,
    VmConfig,
    VmMetrics,
    VmPrestateProvider,
    VmTraceProvider,
)
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import Tell, no_news

__all__ = ["CannonTraces", "VmMaker", "executable_vm"]

VmMaker = Callable[[Path, LocalGameInputs], VM]
"""Makes the VM of a dispute: from the file with the program's first state, and what the program is told."""


def executable_vm(
    config: VmConfig,
    server: OracleServerExecutor,
    runner: CommandRunner,
    clock: Callable[[], float],
    metrics: VmMetrics,
    tell: Tell = no_news,
) -> VmMaker:
    """VMs that are an executable; see :class:`~pyoprollup.challenger.trace.vm.Executor`."""
    return lambda prestate, inputs: Executor(config, server, prestate, inputs, runner, clock, metrics, tell)


class CannonTraces(BottomTraces):
    """A program in a VM below the split.

    ``prestates`` finds the files that programs begin with, ``converter`` reads them, ``headers`` are L2's.
    Everything that finds a prestate may take a minute and raise :class:`~pyoprollup.errors.Unavailable`.
    """

    def __init__(
        self,
        prestates: PrestateSource,
        converter: StateConverter,
        headers: L2Headers,
        make_vm: VmMaker,
        *,
        binary_snapshots: bool = True,
        tell: Tell = no_news,
    ) -> None:
        self._headers = headers
        self._make_vm = make_vm
        self._binary_snapshots = binary_snapshots
        self._tell = tell
        self._prestates = PrestateProviderCache(
            lambda prestate: VmPrestateProvider(prestates.prestate_path(prestate), converter)
        )

    @property
    def is_validated(self) -> bool:
        return True

    def absolute_prestate(self, context: GameContext) -> Hash32:
        return self._prestates.get_or_create(context.absolute_prestate).absolute_prestate_commitment()

    def creator(self, context: GameContext) -> ProposalTraceCreator:
        def create(
            local_context: Hash32, depth: int, agreed: Proposal, disputed: Proposal
        ) -> VmTraceProvider:
            prestate = self._prestates.get_or_create(context.absolute_prestate)
            l1_head = context.l1_head.hash
            inputs = fetch_local_inputs_from_proposals(l1_head, self._headers, agreed, disputed)
            files = TraceFolder(
                context.folder / to_hex(local_context), binary_snapshots=self._binary_snapshots
            )
            return VmTraceProvider(
                self._make_vm(prestate.path, inputs),
                prestate,
                files,
                depth,
                PreimageLoader(DirectoryPreimageSource(files.preimages)),
                self._tell,
            )

        return create
