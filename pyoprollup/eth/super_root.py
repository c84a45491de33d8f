"""Super roots: one commitment to the output roots of several chains at one time, and what lies between two.

* A **super output** of version 1: ``0x01``, the timestamp (8 bytes, big-endian), and for each chain, in
  ascending order of their ids, the id (32, big-endian) and the output root (32). Its keccak-256 is the super
  root.
* A **transition state** between the outputs of two timestamps: ``0xff``, then the RLP of the earlier output
  (not hashed), the blocks that were derived so far (a list of ``[block hash, output root]``), and the number
  of steps made. Its keccak-256 is a claim.
* Where no valid state follows: the text ``invalid``.

Specification: fault-proof/stage-one/super-fault-dispute-game.md, "Transition State", "Invalid State";
fault-proof/stage-one/optimism-portal.md, "Super Output".
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32

__all__ = [
    "INTERMEDIATE_TRANSITION_VERSION",
    "INVALID_TRANSITION",
    "INVALID_TRANSITION_HASH",
    "SUPER_ROOT_VERSION_V1",
    "ChainIDAndOutput",
    "OptimisticBlock",
    "SuperV1",
    "TransitionState",
    "super_root",
    "unmarshal_super_root",
    "unmarshal_transition_state",
]

SUPER_ROOT_VERSION_V1 = 1
INTERMEDIATE_TRANSITION_VERSION = 255
INVALID_TRANSITION = b"invalid"
INVALID_TRANSITION_HASH = keccak256(INVALID_TRANSITION)

_HEAD_SIZE = 1 + 8
_CHAIN_SIZE = 32 + 32


@dataclass(frozen=True, slots=True)
class ChainIDAndOutput:
    """A chain by its id, of at most 256 bits, and its output root."""

    chain_id: int
    output: Hash32


@dataclass(frozen=True, slots=True)
class SuperV1:
    """A super output of version 1: a timestamp in seconds, and chains as they stand in it."""

    timestamp: int
    chains: tuple[ChainIDAndOutput, ...]

    @classmethod
    def of(cls, timestamp: int, *chains: ChainIDAndOutput) -> SuperV1:
        """With the chains in their proper order."""
        return cls(timestamp, tuple(sorted(chains, key=lambda chain: chain.chain_id)))

    def marshal(self) -> bytes:
        """The bytes that are hashed."""
        head = bytes([SUPER_ROOT_VERSION_V1]) + self.timestamp.to_bytes(8, "big")
        return head + b"".join([c.chain_id.to_bytes(32, "big") + c.output for c in self.chains])


def super_root(output: SuperV1) -> Hash32:
    """The super root: what is proposed to L1."""
    return keccak256(output.marshal())


def unmarshal_super_root(data: bytes) -> SuperV1:
    """The inverse of :meth:`SuperV1.marshal`; the order of the chains is not looked at.

    Raises :class:`DecodeError` for another version, no chain, and half a chain.
    """
    if data[:1] != bytes([SUPER_ROOT_VERSION_V1]):
        raise DecodeError(f"super output version 0x{data[:1].hex()} is not supported")
    if len(data) < _HEAD_SIZE + _CHAIN_SIZE or (len(data) - _HEAD_SIZE) % _CHAIN_SIZE:
        raise DecodeError(f"a super output of {len(data)} bytes has no whole number of chains, or none")
    chains = [
        ChainIDAndOutput(int.from_bytes(data[at : at + 32], "big"), Hash32(data[at + 32 : at + 64]))
        for at in range(_HEAD_SIZE, len(data), _CHAIN_SIZE)
    ]
    return SuperV1(int.from_bytes(data[1:_HEAD_SIZE], "big"), tuple(chains))


@dataclass(frozen=True, slots=True)
class OptimisticBlock:
    """A chain's next block, before the messages in it are checked."""

    block_hash: Hash32
    output_root: Hash32


@dataclass(frozen=True, slots=True)
class TransitionState:
    """Part of the way from one super output (marshalled) to the next."""

    super_root: bytes
    pending_progress: tuple[OptimisticBlock, ...] = ()
    step: int = 0

    def marshal(self) -> bytes:
        """The bytes that are hashed."""
        blocks = [
            rlp.encode_list([rlp.encode_bytes(block.block_hash), rlp.encode_bytes(block.output_root)])
            for block in self.pending_progress
        ]
        fields = [rlp.encode_bytes(self.super_root), rlp.encode_list(blocks), rlp.encode_uint(self.step)]
        return bytes([INTERMEDIATE_TRANSITION_VERSION]) + rlp.encode_list(fields)

    def hash(self) -> Hash32:
        """The claim that stands for this state."""
        return keccak256(self.marshal())


def unmarshal_transition_state(data: bytes) -> TransitionState:
    """The inverse of :meth:`TransitionState.marshal`; a super output is the state before the first step.

    Raises :class:`DecodeError` for anything else.
    """
    if data[:1] == bytes([SUPER_ROOT_VERSION_V1]):
        unmarshal_super_root(data)
        return TransitionState(data)
    if data[:1] != bytes([INTERMEDIATE_TRANSITION_VERSION]):
        raise DecodeError(f"transition state version 0x{data[:1].hex()} is not supported")
    fields = rlp.decode(data[1:])
    if not isinstance(fields, list) or len(fields) != 3:
        raise DecodeError("a transition state has three fields")
    output, blocks, step = fields
    if not isinstance(output, bytes) or not isinstance(blocks, list) or not isinstance(step, bytes):
        raise DecodeError("a transition state has an output, a list of blocks, and a number")
    return TransitionState(output, tuple([_block(block) for block in blocks]), rlp.decode_uint(step, 64))


def _block(item: rlp.RlpItem) -> OptimisticBlock:
    match item:
        case [bytes(block_hash), bytes(output_root)] if len(block_hash) == len(output_root) == 32:
            return OptimisticBlock(Hash32(block_hash), Hash32(output_root))
    raise DecodeError("a block of a transition state is two hashes")
