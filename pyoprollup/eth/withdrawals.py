"""Withdrawals of the L1 beacon chain (EIP-4895).

L2 blocks since Canyon have an empty list of them; the type exists because payloads and their SSZ and
JSON forms are shared with L1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.eth import rlp
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import Address, to_hex, to_quantity

__all__ = ["Withdrawal"]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A withdrawal; ``amount`` is in gwei. All numbers have 64 bits."""

    index: int
    validator_index: int
    address: Address
    amount: int

    def encode(self) -> bytes:
        """RLP ``[index, validator, address, amount]``, as the withdrawals root commits to it."""
        uint = rlp.encode_uint
        return rlp.encode_list(
            (uint(self.index), uint(self.validator_index), b"\x94" + self.address, uint(self.amount))
        )

    @classmethod
    def from_json(cls, value: Any) -> Withdrawal:
        """A withdrawal in its Engine API form; raises :class:`DecodeError`."""
        obj = QuantityReader(value, "withdrawal")
        return cls(
            obj.uint64("index"), obj.uint64("validatorIndex"), obj.address("address"), obj.uint64("amount")
        )

    def to_json(self) -> dict[str, str]:
        """The Engine API form."""
        return {
            "index": to_quantity(self.index),
            "validatorIndex": to_quantity(self.validator_index),
            "address": to_hex(self.address),
            "amount": to_quantity(self.amount),
        }
