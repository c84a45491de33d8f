"""Withdrawals from L2 to L1: what is asked for, its hash, and the proof that L2 has recorded it.

Specification: protocol/withdrawals.md. The message passer of L2 keeps the hash of each withdrawal in a
mapping at slot 0; L1 is shown a proof for that slot under an output root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.abi import decode_arguments, encode_arguments
from pyoprollup.eth.account_proof import verify_storage_proof
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.merkle_proof import ProofError
from pyoprollup.eth.output_root import OUTPUT_VERSION_V0, OutputV0
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import Address, Hash32, to_hex

__all__ = ["MESSAGE_PASSED_TOPIC", "WithdrawalProof", "WithdrawalTransaction"]

MESSAGE_PASSED_TOPIC = keccak256(b"MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)")

_TYPES = ("uint256", "address", "address", "uint256", "uint256", "bytes")
_SENT = 1
"""What the mapping has for a withdrawal: true."""


@dataclass(frozen=True, slots=True)
class WithdrawalTransaction:
    """A call that L1 is to make: ``value`` in wei. The nonce has the version in its top two bytes."""

    nonce: int
    sender: Address
    target: Address
    value: int
    gas_limit: int
    data: bytes

    def hash(self) -> Hash32:
        """The hash by which both layers know it."""
        values = (self.nonce, self.sender, self.target, self.value, self.gas_limit, self.data)
        return keccak256(encode_arguments(_TYPES, values))

    def storage_slot(self) -> int:
        """Where L2's message passer has recorded it."""
        return int.from_bytes(keccak256(self.hash() + bytes(32)), "big")

    @classmethod
    def from_log(cls, log: Log) -> WithdrawalTransaction:
        """The withdrawal that an event ``MessagePassed`` tells of; whose event it is, is not looked at.

        Raises :class:`DecodeError`, also if the event names another hash.
        """
        if len(log.topics) != 4 or log.topics[0] != MESSAGE_PASSED_TOPIC:
            raise DecodeError("the log is no MessagePassed event")
        nonce = int.from_bytes(log.topics[1], "big")
        sender, target = (_address(topic) for topic in log.topics[2:])
        values: Sequence[Any] = decode_arguments(("uint256", "uint256", "bytes", "bytes32"), log.data)
        value, gas_limit, data, claimed = values
        withdrawal = cls(nonce, sender, target, value, gas_limit, data)
        if withdrawal.hash() != claimed:
            raise DecodeError(f"the event says that the withdrawal has hash {to_hex(claimed)}")
        return withdrawal


def _address(topic: bytes) -> Address:
    if any(topic[:12]):
        raise DecodeError("a topic of the event is no address")
    return Address(topic[12:])


@dataclass(frozen=True, slots=True)
class WithdrawalProof:
    """That L2 has recorded a withdrawal: what an output root commits to, and the nodes of the message
    passer's storage from the root down to the slot."""

    output: OutputV0
    nodes: tuple[bytes, ...]

    def arguments(self, withdrawal: WithdrawalTransaction, game_index: int) -> tuple[Any, ...]:
        """What ``proveWithdrawalTransaction`` of the portal on L1 takes.

        ``game_index`` is the place of the game about the output root in the factory's list.
        """
        w, output = withdrawal, self.output
        call = (w.nonce, w.sender, w.target, w.value, w.gas_limit, w.data)
        roots = (output.state_root, output.message_passer_storage_root, output.block_hash)
        return call, game_index, (OUTPUT_VERSION_V0, *roots), list(self.nodes)

    def verify(self, output_root: Hash32, withdrawal: WithdrawalTransaction) -> None:
        """Raise :class:`ProofError` unless the withdrawal is recorded under this output root."""
        if self.output.root() != output_root:
            raise ProofError(f"the proof is for the output root {to_hex(self.output.root())}")
        root = self.output.message_passer_storage_root
        if verify_storage_proof(root, withdrawal.storage_slot(), self.nodes) != _SENT:
            raise ProofError(f"withdrawal {to_hex(withdrawal.hash())} is not recorded")
