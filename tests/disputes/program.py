"""A program that decides about one block in four steps: its trace, and the machine that executes it.

It reads the agreed root, the disputed one and the number of the block, a step for each, and in its fourth
step says whether the disputed root is right. Then it stands still. So unlike the alphabet it says what is
valid, and a game over it is won by whoever is right.

State: step (8 bytes), status (1), agreed root (32), disputed root (32), number (8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import (
    L2BlockNumberChallenge,
    PreimageOracleData,
    StepData,
    TraceError,
    TraceProvider,
)
from pyoprollup.challenger.model import VM, Chain, PreimageOracle
from pyoprollup.challenger.model.vm import with_status
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.preimage.keys import localize_ident
from tests.disputes import chain

VALID, INVALID, UNFINISHED = 0, 1, 3
LENGTH = 4
_IDENTS = {0: 2, 1: 3, 2: 4}
"""Which local pre-image a step reads."""


@dataclass(frozen=True, slots=True)
class State:
    step: int = 0
    status: int = UNFINISHED
    agreed: Hash32 = ZERO_HASH
    disputed: Hash32 = ZERO_HASH
    number: int = 0

    def encode(self) -> bytes:
        return (
            self.step.to_bytes(8, "big")
            + bytes([self.status])
            + self.agreed
            + self.disputed
            + self.number.to_bytes(8, "big")
        )

    @classmethod
    def decode(cls, data: bytes) -> State:
        number = int.from_bytes(data[73:81], "big")
        return cls(int.from_bytes(data[:8], "big"), data[8], Hash32(data[9:41]), Hash32(data[41:73]), number)

    def claim(self) -> Hash32:
        return with_status(keccak256(self.encode()), self.status)


PRESTATE = State().claim()


@dataclass(frozen=True, slots=True)
class Program:
    """What the program knows of L2 by itself: ``safe`` is the last block that L1 has data for."""

    safe: int

    def result(self, agreed: Hash32, number: int) -> Hash32:
        """The right root at a block, from an agreed root; from a wrong one something that nobody knows."""
        last = min(number, self.safe)
        if agreed in (chain.root(last), chain.root(max(last - 1, 0))):
            return chain.root(last)
        return keccak256(b"from %s %d" % (agreed, number))

    def next(self, state: State, read: Callable[[int], bytes]) -> State:
        """The state after a step; ``read`` gives the words of local pre-images."""
        match state.step:
            case 0:
                return replace(state, step=1, agreed=Hash32(read(2)))
            case 1:
                return replace(state, step=2, disputed=Hash32(read(3)))
            case 2:
                return replace(state, step=3, number=int.from_bytes(read(4)[:8], "big"))
            case 3:
                right = state.disputed == self.result(state.agreed, state.number)
                return replace(state, step=4, status=VALID if right else INVALID)
        return state


class ProgramTrace(TraceProvider):
    """The trace of one lower game, of ``depth`` levels."""

    def __init__(self, program: Program, depth: int, agreed: Proposal, disputed: Proposal) -> None:
        if 1 << depth < LENGTH:
            raise TraceError(f"{LENGTH} steps do not fit {depth} levels")
        self._depth = depth
        self._words = {
            2: agreed.output_root,
            3: disputed.output_root,
            4: disputed.l2_block_number.to_bytes(8, "big"),
        }
        self._states = [State()]
        for _ in range(LENGTH):
            self._states.append(program.next(self._states[-1], self._read))

    def _read(self, ident: int) -> bytes:
        return self._words[ident].ljust(32, b"\0")

    def absolute_prestate_commitment(self) -> Hash32:
        return PRESTATE

    def get(self, position: Position) -> Hash32:
        return self._before(position.trace_index(self._depth) + 1).claim()

    def get_step_data(self, position: Position) -> StepData:
        index = position.trace_index(self._depth)
        ident = _IDENTS.get(index)
        preimage = None
        if ident is not None:
            word = self._words[ident]
            key = bytes([1]) + bytes(30) + bytes([ident])
            preimage = PreimageOracleData(key, len(word).to_bytes(8, "big") + word, 8)
        return StepData(self._before(index).encode(), b"", preimage)

    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge | None:
        return None

    def _before(self, step: int) -> State:
        return self._states[min(step, LENGTH)]


class ProgramVM(VM):
    """The machine on L1."""

    def __init__(self, on: Chain, oracle: PreimageOracle, program: Program) -> None:
        self._oracle = oracle
        self._program = program
        self._address = on.deploy(self)

    @property
    def address(self) -> Address:
        return self._address

    @property
    def oracle(self) -> PreimageOracle:
        return self._oracle

    def step(self, caller: Address, state: bytes, _proof: bytes, local_context: Hash32) -> Hash32:
        def read(ident: int) -> bytes:
            return self._oracle.read_preimage(localize_ident(ident, caller, local_context), 8)[0]

        return self._program.next(State.decode(state), read).claim()
