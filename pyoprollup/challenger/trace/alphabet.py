"""The alphabet: a trace that is easy to compute, for tests and devnets.

Its state after a step is two words, an index and a claim, both of which grow by one with each step. The
contract that executes its steps is AlphabetVM. Both start from the block that a game begins with, so that the
traces of different games differ. The one pre-image that a step reads is the local one of the disputed block
number, as a sample of the way there.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import (
    L2BlockNumberChallenge,
    PreimageOracleData,
    StepData,
    TraceError,
    TraceProvider,
)
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32

__all__ = [
    "ALPHABET_PRESTATE",
    "AlphabetTraceProvider",
    "alphabet_prestate_commitment",
    "alphabet_state_hash",
]

_FIRST_LETTER = ord("a") - 1
ALPHABET_PRESTATE = _FIRST_LETTER.to_bytes(32, "big")
"""The state before the first step: one word."""

_L2_CLAIM_BLOCK_NUMBER_KEY = bytes([1]) + bytes(30) + bytes([4])
_VM_STATUS_INVALID, _VM_STATUS_UNFINISHED = 1, 3


def alphabet_state_hash(state: bytes) -> Hash32:
    """The claim value of a state: its keccak-256, with "invalid" as the VM's status in the first byte."""
    return Hash32(bytes([_VM_STATUS_INVALID]) + keccak256(state)[1:])


def alphabet_prestate_commitment() -> Hash32:
    """The absolute prestate of all alphabet games; its status is "unfinished"."""
    return Hash32(bytes([_VM_STATUS_UNFINISHED]) + keccak256(ALPHABET_PRESTATE)[1:])


@dataclass(frozen=True, slots=True)
class AlphabetTraceProvider(TraceProvider):
    """The trace of a game of ``depth`` levels that begins from block ``starting_block_number``."""

    starting_block_number: int
    depth: int

    def absolute_prestate_commitment(self) -> Hash32:
        return alphabet_prestate_commitment()

    def get(self, position: Position) -> Hash32:
        if position.depth > self.depth:
            raise TraceError(f"position at depth {position.depth} in a trace of depth {self.depth}")
        return alphabet_state_hash(self._state_before(position.trace_index(self.depth) + 1))

    def get_step_data(self, position: Position) -> StepData:
        state = self._state_before(position.trace_index(self.depth))
        number = self.starting_block_number
        word = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return StepData(state, b"", PreimageOracleData(_L2_CLAIM_BLOCK_NUMBER_KEY, word, 0))

    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge | None:
        return None

    def _state_before(self, trace_index: int) -> bytes:
        if trace_index == 0:
            return ALPHABET_PRESTATE
        if trace_index > 1 << self.depth:
            raise TraceError(f"step {trace_index} in a trace of depth {self.depth}")
        index = (self.starting_block_number << 4) + trace_index
        if index.bit_length() > 255:
            raise TraceError(f"starting block {self.starting_block_number:#x} does not fit the state")
        return index.to_bytes(32, "big") + (_FIRST_LETTER + index).to_bytes(32, "big")
