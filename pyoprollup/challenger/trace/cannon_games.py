"""Games over a program in a VM: cannon's, with whatever program and server their chain or chains have.

Each lower game has a folder of its own in that of the game, named after its context, as what its program is
told differs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pyoprollup.challenger.preimages import DirectoryPreimageSource, PreimageLoader
from pyoprollup.challenger.register import BottomTraces, GameContext, SuperBottomTraces
from pyoprollup.challenger.trace.local_inputs import LocalGameInputs, fetch_local_inputs_from_proposals
from pyoprollup.challenger.trace.outputs import L2Headers, ProposalTraceCreator
from pyoprollup.challenger.trace.prestates import PrestateProviderCache, PrestateSource
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.challenger.trace.super_roots import ClaimInfo, SuperTraceCreator
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

__all__ = ["CannonTraces", "SuperCannonTraces", "VmMaker", "executable_vm"]

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


class _ProgramTraces:
    """What programs about one chain and about several have in common."""

    def __init__(
        self,
        prestates: PrestateSource,
        converter: StateConverter,
        make_vm: VmMaker,
        *,
        binary_snapshots: bool = True,
        tell: Tell = no_news,
    ) -> None:
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

    def _trace(
        self, context: GameContext, local_context: Hash32, depth: int, inputs: Callable[[], LocalGameInputs]
    ) -> VmTraceProvider:
        prestate = self._prestates.get_or_create(context.absolute_prestate)
        files = TraceFolder(context.folder / to_hex(local_context), binary_snapshots=self._binary_snapshots)
        return VmTraceProvider(
            self._make_vm(prestate.path, inputs()),
            prestate,
            files,
            depth,
            PreimageLoader(DirectoryPreimageSource(files.preimages)),
            self._tell,
        )


class CannonTraces(_ProgramTraces, BottomTraces):
    """A program in a VM below the split, about a block of one chain.

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
        super().__init__(prestates, converter, make_vm, binary_snapshots=binary_snapshots, tell=tell)
        self._headers = headers

    def creator(self, context: GameContext) -> ProposalTraceCreator:
        def create(
            local_context: Hash32, depth: int, agreed: Proposal, disputed: Proposal
        ) -> VmTraceProvider:
            def inputs() -> LocalGameInputs:
                return fetch_local_inputs_from_proposals(
                    context.l1_head.hash, self._headers, agreed, disputed
                )

            return self._trace(context, local_context, depth, inputs)

        return create


class SuperCannonTraces(_ProgramTraces, SuperBottomTraces):
    """A program in a VM below the split, about a step between the super roots of several chains.

    It is told the agreed state itself, the disputed claim, and the time that the whole game is about.
    """

    def creator(self, context: GameContext, timestamp: int) -> SuperTraceCreator:
        def create(local_context: Hash32, depth: int, about: ClaimInfo) -> VmTraceProvider:
            def inputs() -> LocalGameInputs:
                return LocalGameInputs(
                    context.l1_head.hash, about.claim, timestamp, agreed_pre_state=about.agreed_prestate
                )

            return self._trace(context, local_context, depth, inputs)

        return create
