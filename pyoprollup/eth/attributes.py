"""Payload attributes: what derivation, or the sequencer, tells the engine to build a block from.

Specification: protocol/exec-engine.md, Extended PayloadAttributesV3; protocol/holocene/exec-engine.md
(``eip1559Params``); protocol/jovian/exec-engine.md (``minBaseFee``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import Address, Hash32, to_hex, to_quantity
from pyoprollup.eth.withdrawals import Withdrawal

__all__ = ["PayloadAttributes"]


_FIELDS = (
    *("timestamp", "prevRandao", "suggestedFeeRecipient", "withdrawals", "parentBeaconBlockRoot"),
    *("transactions", "noTxPool", "gasLimit", "eip1559Params", "minBaseFee"),
)


@dataclass(frozen=True, slots=True)
class PayloadAttributes:
    """Inputs of one L2 block.

    ``transactions`` are forced into the block, in this order; ``no_tx_pool`` forbids any others.
    ``withdrawals`` is ``None`` before Canyon and empty since; ``parent_beacon_block_root`` exists
    since Ecotone; ``eip1559_params`` (since Holocene) is the denominator and elasticity, 4 bytes
    each; ``min_base_fee`` (since Jovian) is in wei.
    """

    timestamp: int
    prev_randao: Hash32
    suggested_fee_recipient: Address
    withdrawals: tuple[Withdrawal, ...] | None = None
    parent_beacon_block_root: Hash32 | None = None
    transactions: tuple[bytes, ...] = ()
    no_tx_pool: bool = False
    gas_limit: int | None = None
    eip1559_params: bytes | None = None
    min_base_fee: int | None = None

    @classmethod
    def from_json(cls, value: Any) -> PayloadAttributes:
        """Attributes in their Engine API form; raises :class:`DecodeError`.

        A field that is not known is an error: a block without what it asks for would be another block.
        """
        obj = QuantityReader(value, "attributes")
        obj.only(*_FIELDS)
        withdrawals = obj.optional("withdrawals", obj.items)
        return cls(
            timestamp=obj.uint64("timestamp"),
            prev_randao=obj.hash("prevRandao"),
            suggested_fee_recipient=obj.address("suggestedFeeRecipient"),
            withdrawals=None
            if withdrawals is None
            else tuple([Withdrawal.from_json(w) for w in withdrawals]),
            parent_beacon_block_root=obj.optional("parentBeaconBlockRoot", obj.hash),
            transactions=obj.optional("transactions", obj.data_list) or (),
            no_tx_pool=obj.optional("noTxPool", obj.boolean) or False,
            gas_limit=obj.optional("gasLimit", obj.uint64),
            eip1559_params=obj.optional("eip1559Params", lambda key: obj.fixed(key, 8)),
            min_base_fee=obj.optional("minBaseFee", obj.uint64),
        )

    def to_json(self) -> dict[str, Any]:
        """The Engine API form; what is not set is left out."""
        obj: dict[str, Any] = {
            "timestamp": to_quantity(self.timestamp),
            "prevRandao": to_hex(self.prev_randao),
            "suggestedFeeRecipient": to_hex(self.suggested_fee_recipient),
        }
        if self.withdrawals is not None:
            obj["withdrawals"] = [withdrawal.to_json() for withdrawal in self.withdrawals]
        if self.parent_beacon_block_root is not None:
            obj["parentBeaconBlockRoot"] = to_hex(self.parent_beacon_block_root)
        if self.transactions:
            obj["transactions"] = [to_hex(tx) for tx in self.transactions]
        if self.no_tx_pool:
            obj["noTxPool"] = True
        if self.gas_limit is not None:
            obj["gasLimit"] = to_quantity(self.gas_limit)
        if self.eip1559_params is not None:
            obj["eip1559Params"] = to_hex(self.eip1559_params)
        if self.min_base_fee is not None:
            # The specification calls it a quantity, but the engines read a plain number only.
            obj["minBaseFee"] = self.min_base_fee
        return obj
