"""What a trace is to the rest of the challenger: claim values, and the evidence for a step.

A :class:`TraceProvider` knows one trace. A :class:`TraceAccessor` knows which trace a claim of a game is
about: in a split game that depends on the claims above it. Both may take long, and neither guesses: a trace
that cannot be known now raises :class:`~pyoprollup.errors.Unavailable`, one that cannot be known at all
:class:`TraceError`, and nobody makes a move on either.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Execution Trace", "Step";
fault-proof/stage-one/honest-challenger-fdg.md.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.position import Position
from pyoprollup.errors import RollupError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.preimage.keys import KeyType

__all__ = [
    "BlobProof",
    "L2BlockNumberChallenge",
    "PreimageOracleData",
    "StepData",
    "StepUnsupported",
    "TraceAccessor",
    "TraceError",
    "TraceProvider",
]


class TraceError(RollupError):
    """The trace has no answer to this question, and asking again will not change it."""


class StepUnsupported(TraceError):
    """Claims of this trace are never stepped on: what decides about them is another trace."""


@dataclass(frozen=True, slots=True)
class BlobProof:
    """That a blob has a field element: the point (32 bytes), the blob's commitment (48), the proof (48)."""

    z: bytes
    commitment: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class PreimageOracleData:
    """The pre-image that a step reads, as the oracle contract must have it before the step.

    ``key`` is the 32-byte key with its type in the first byte, ``data`` the pre-image behind the 8 bytes of
    its length (big-endian), and ``offset`` the place in ``data`` of the 32 bytes that the step reads. For a
    precompile ``data`` has the input of the call: address (20), gas that it needs (8, big-endian), input.
    """

    key: bytes
    data: bytes
    offset: int
    blob: BlobProof | None = None

    @property
    def is_local(self) -> bool:
        """Whether it belongs to one game: these are loaded by the game contract, for each context anew."""
        return self.key[:1] == bytes([KeyType.LOCAL])

    @property
    def ident(self) -> int:
        """The number of a local pre-image: its key without the type."""
        return int.from_bytes(self.key[1:], "big")

    @property
    def preimage(self) -> bytes:
        """The pre-image without the length in front of it."""
        return self.data[8:]

    @property
    def precompile_address(self) -> Address:
        return Address(self.data[8:28])

    @property
    def precompile_required_gas(self) -> int:
        return int.from_bytes(self.data[28:36], "big")

    @property
    def precompile_input(self) -> bytes:
        return self.data[36:]


@dataclass(frozen=True, slots=True)
class StepData:
    """The evidence for one step: the state before it, not hashed, the VM's proof, and what it reads."""

    prestate: bytes
    proof: bytes
    preimage: PreimageOracleData | None = None


@dataclass(frozen=True, slots=True)
class L2BlockNumberChallenge:
    """The proof that a root claim is of another block than its game says: the output and the header."""

    output: OutputV0
    header: Header


class TraceProvider(Protocol):
    """One trace. Everything may raise :class:`~pyoprollup.errors.Unavailable` and :class:`TraceError`."""

    @abstractmethod
    def absolute_prestate_commitment(self) -> Hash32:
        """What the trace begins from: the claim value before its first step."""

    @abstractmethod
    def get(self, position: Position) -> Hash32:
        """The claim value at a position: the state after the step at its trace index."""

    @abstractmethod
    def get_step_data(self, position: Position) -> StepData:
        """The evidence for the step at a position's trace index, from the state before it."""

    @abstractmethod
    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge | None:
        """The proof that the claimed block number is wrong; ``None`` if it is right."""


class TraceAccessor(Protocol):
    """The trace of a whole game; raises what a :class:`TraceProvider` does."""

    @abstractmethod
    def get(self, game: Game, ref: Claim, position: Position) -> Hash32:
        """The value at ``position``, as seen from the claim ``ref``."""

    @abstractmethod
    def get_step_data(self, game: Game, ref: Claim, position: Position) -> StepData:
        """The evidence for the step at ``position``, as seen from the claim ``ref``."""

    @abstractmethod
    def get_l2_block_number_challenge(self, game: Game) -> L2BlockNumberChallenge | None:
        """The proof that the root claim's block number is wrong; ``None`` if it is right."""
