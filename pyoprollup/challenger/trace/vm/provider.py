"""The trace of a program in a VM: states by step, made by running it, and kept on disk.

A trace has ``2**depth`` steps, and a program ends long before. From then on nothing changes any more: each
further step has the last state before and after it, and takes no proof.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Execution Trace";
fault-proof/cannon-fault-proof-vm.md.
"""

from __future__ import annotations

from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, StepData, TraceError
from pyoprollup.challenger.preimages import PreimageLoader
from pyoprollup.challenger.trace.vm.disk import remove
from pyoprollup.challenger.trace.vm.errors import FileDamaged, VmFailed
from pyoprollup.challenger.trace.vm.folder import TraceFolder
from pyoprollup.challenger.trace.vm.ports import VM, PrestateProvider
from pyoprollup.challenger.trace.vm.proof_data import ProofData
from pyoprollup.errors import NotFound
from pyoprollup.eth.types import U64_MAX, Hash32
from pyoprollup.events import News, Tell, no_news

__all__ = ["VmTraceProvider"]


class VmTraceProvider:
    """A :class:`~pyoprollup.challenger.game.trace.TraceProvider` over a VM.

    ``prestate`` knows the state that the program begins with, ``folder`` is for this trace alone, and
    ``loader`` knows the pre-images that the VM has fetched there. Not for several threads at once.
    """

    def __init__(
        self,
        vm: VM,
        prestate: PrestateProvider,
        folder: TraceFolder,
        game_depth: int,
        loader: PreimageLoader,
        tell: Tell = no_news,
    ) -> None:
        self._vm = vm
        self._prestate = prestate
        self._folder = folder
        self._game_depth = game_depth
        self._loader = loader
        self._news = News("vm", tell)
        self._end: tuple[int, ProofData] | None = None
        """The last step, and what each one after it is."""

    def absolute_prestate_commitment(self) -> Hash32:
        """The hash of the state before the first step."""
        return self._prestate.absolute_prestate_commitment()

    def get(self, position: Position) -> Hash32:
        """The hash of the state after a step, with the VM's status in its first byte.

        Raises :class:`~pyoprollup.challenger.trace.vm.errors.VmError`, which is ``Unavailable``, and
        :class:`TraceError` for a step beyond 64 bits.
        """
        return self._load_proof(self._trace_index(position)).claim_value

    def get_step_data(self, position: Position) -> StepData:
        """The evidence for a step; raises as :meth:`get` and
        :meth:`~pyoprollup.challenger.preimages.PreimageLoader.load_preimage` do."""
        proof = self._load_proof(self._trace_index(position))
        preimage = self._loader.load_preimage(proof.oracle_key, proof.oracle_value, proof.oracle_offset)
        return StepData(proof.state_data, proof.proof_data, preimage)

    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge | None:
        """There is none here: the block number is in the output roots above."""
        return None

    def _trace_index(self, position: Position) -> int:
        index = position.trace_index(self._game_depth)
        if index > U64_MAX:
            raise TraceError(f"step {index} of a VM's trace is beyond 64 bits")
        return index

    def _load_proof(self, index: int) -> ProofData:
        """The step, made if it is not there yet; damaged files are made anew, once."""
        if self._end is None:
            self._end = self._kept_end()
        if self._end is not None and index >= self._end[0]:
            return self._end[1]
        found = self._kept(index)
        if found is not None:
            return found
        self._vm.generate_proof(self._folder.path, index)
        self._folder.evict_proofs(index, *(self._end or ())[:1])
        try:
            return self._folder.read_proof(index)
        except NotFound:
            return self._end_of_program(index)

    def _kept(self, index: int) -> ProofData | None:
        try:
            return self._folder.read_proof(index)
        except NotFound:
            return None
        except FileDamaged as error:
            self._news.failed("proof-damaged", error, index=index)
            return None

    def _kept_end(self) -> tuple[int, ProofData] | None:
        """The end of the program, if it was seen and what is kept about it can be true."""
        step = self._folder.read_last_step()
        if step is None:
            return None
        found = self._kept(step)
        if found is not None and not found.proof_data:
            return step, found
        # The file is gone, or has a step that the program does: then this is not its end.
        self._folder.forget_last_step()
        return None

    def _end_of_program(self, index: int) -> ProofData:
        final = self._folder.final_state
        try:
            state = self._vm.convert_state_to_proof(final)
        except FileDamaged:
            remove(final)
            raise
        if not state.exited or state.step > index:
            raise VmFailed(
                f"no proof of step {index} was made, and the VM ended at step {state.step}, "
                f"{'with' if state.exited else 'without'} the end of the program"
            )
        self._news("program-ended", step=state.step, index=index)
        self._end = state.step, state.proof
        try:
            self._folder.write_last_step(state.proof, state.step)
        except OSError as error:
            self._news.failed("last-step-unwritten", error, step=state.step)
        return state.proof
