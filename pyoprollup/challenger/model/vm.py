"""The machine that a step is executed by, and the one of tests: a machine that counts.

Specification: fault-proof/stage-one/fault-dispute-game.md, "VM", "PreimageOracle Interaction".
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from pyoprollup.challenger.model.chain import Chain
from pyoprollup.challenger.model.preimage_oracle import PreimageOracle
from pyoprollup.challenger.model.reverts import EmptyRevert, Panic
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.preimage.keys import localize_ident

__all__ = ["VM", "AlphabetVM", "with_status"]

_L2_BLOCK_NUMBER_IDENT = 4
_WORD = 1 << 256


@runtime_checkable
class VM(Protocol):
    """A machine on L1. ``oracle`` is where it reads pre-images."""

    @property
    @abstractmethod
    def address(self) -> Address:
        """Where it is."""

    @property
    @abstractmethod
    def oracle(self) -> PreimageOracle:
        """Where it reads pre-images, and where games put theirs."""

    @abstractmethod
    def step(self, caller: Address, state: bytes, proof: bytes, local_context: Hash32) -> Hash32:
        """The claim about the state after one instruction. Raises :class:`Revert`.

        ``caller`` and ``local_context`` say whose local pre-images are read.
        """


def with_status(digest: Hash32, status: int) -> Hash32:
    """A claim about a state: its hash, with the machine's status for the first byte."""
    return Hash32(bytes([status]) + digest[1:])


class AlphabetVM:
    """A machine whose states are a step's number and a letter, both of which each step increases by 1.

    From its absolute pre-state it begins at the letter that belongs to the L2 block of the dispute: a lower
    game has 8 steps, and blocks are 16 apart. Its states always say "invalid" (1), as the root of a lower
    game does that is attacked.

    The state after the first step has the number of the agreed block times 16, plus ``first_step``. The
    reference's contract adds 0, and the trace that its challenger plays by adds 1: with that contract the
    right claim about a first step falls by a step.
    """

    def __init__(
        self,
        chain: Chain,
        absolute_prestate: Hash32,
        oracle: PreimageOracle,
        *,
        first_step: int = 0,
        address: Address | None = None,
    ) -> None:
        self.first_step = first_step
        self.absolute_prestate = absolute_prestate
        self._oracle = oracle
        self._address = chain.deploy(self, address)

    @property
    def address(self) -> Address:
        return self._address

    @property
    def oracle(self) -> PreimageOracle:
        return self._oracle

    def step(self, caller: Address, state: bytes, _proof: bytes, local_context: Hash32) -> Hash32:
        """The claim after a step from ``state``: a letter, or a step's number and a letter, a word each.

        Raises :class:`ErrorString` if the oracle lacks the block number, :class:`EmptyRevert` for a state
        that is too short.
        """
        if keccak256(state)[1:] == self.absolute_prestate[1:]:
            key = localize_ident(_L2_BLOCK_NUMBER_IDENT, caller, local_context)
            part, _ = self.oracle.read_preimage(key, 0)
            number = int.from_bytes(part[12:16], "big")
            if number == 0:
                raise Panic(0x11)
            index = ((number - 1) << 4) + self.first_step
            letter = _word(state, 0) + index
        else:
            index, letter = _word(state, 0) + 1, _word(state, 1) + 1
        if index >= _WORD or letter >= _WORD:
            raise Panic(0x11)
        return with_status(keccak256(index.to_bytes(32, "big") + letter.to_bytes(32, "big")), 1)


def _word(state: bytes, index: int) -> int:
    data = state[32 * index : 32 * index + 32]
    if len(data) < 32:
        raise EmptyRevert
    return int.from_bytes(data, "big")
