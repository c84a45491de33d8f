"""What a client wants executed, without a transaction: arguments of calls and estimates.

Specification: Ethereum JSON-RPC specification, eth_call. Defaults and refusals are go-ethereum's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.transactions import BLOB_TX_TYPE, AccessTuple, Authorization
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["CallArgs"]

_FIELDS = (
    *("from", "to", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "nonce"),
    *("data", "input", "accessList", "chainId", "authorizationList", "type"),
)
_BLOB_FIELDS = ("maxFeePerBlobGas", "blobVersionedHashes", "blobs", "commitments", "proofs")


@dataclass(frozen=True, slots=True)
class CallArgs:
    """A message. Amounts in wei; ``gas`` is ``None`` if the client leaves it to us."""

    sender: Address = ZERO_ADDRESS
    to: Address | None = None
    gas: int | None = None
    fee_cap: int = 0
    tip_cap: int = 0
    is_legacy: bool = False
    """Whether the price was given as that of a legacy transaction."""
    value: int = 0
    data: bytes = b""
    access_list: tuple[AccessTuple, ...] = ()
    authorizations: tuple[Authorization, ...] | None = None

    @classmethod
    def from_json(cls, value: Any, chain_id: int) -> CallArgs:
        """Read them; raises ``DecodeError``, and :class:`JsonRpcError` if they contradict each other.

        ``nonce`` and ``type`` are what wallets send along; neither matters to a call, whatever it is.
        """
        obj = QuantityReader(value, "transaction")
        obj.only(*_FIELDS, *_BLOB_FIELDS)
        obj.optional("nonce", obj.uint64)
        has_blobs = any(obj.optional(key, obj.object) is not None for key in _BLOB_FIELDS)
        if has_blobs or obj.optional("type", obj.uint64) == BLOB_TX_TYPE:
            raise JsonRpcError(SERVER_ERROR, "transaction type not supported: there are no blobs on L2")
        price, fee_cap, tip_cap = (
            obj.optional(key, obj.uint256) for key in ("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas")
        )
        if price is not None and (fee_cap is not None or tip_cap is not None):
            text = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"
            raise JsonRpcError(SERVER_ERROR, text)
        wanted_chain = obj.optional("chainId", obj.uint256)
        if wanted_chain not in (None, chain_id):
            text = f"chainId does not match node's (have={wanted_chain}, want={chain_id})"
            raise JsonRpcError(SERVER_ERROR, text)
        data = obj.optional("input", obj.data)
        if data is None:
            data = obj.optional("data", obj.data)
        return cls(
            sender=obj.optional("from", obj.address) or ZERO_ADDRESS,
            to=obj.optional("to", obj.address),
            gas=obj.optional("gas", obj.uint64),
            fee_cap=(fee_cap or 0) if price is None else price,
            tip_cap=(tip_cap or 0) if price is None else price,
            is_legacy=price is not None,
            value=obj.optional("value", obj.uint256) or 0,
            data=data or b"",
            access_list=_access_list(obj),
            authorizations=_authorizations(obj),
        )

    def gas_price(self, base_fee: int) -> int:
        """What a unit of gas costs in a block with this base fee."""
        if self.is_legacy:
            return self.fee_cap
        return min(self.fee_cap, self.tip_cap + base_fee) if self.fee_cap or self.tip_cap else 0


def _access_list(obj: QuantityReader) -> tuple[AccessTuple, ...]:
    return tuple([_access_tuple(entry) for entry in obj.optional("accessList", obj.items) or ()])


def _access_tuple(value: Any) -> AccessTuple:
    entry = QuantityReader(value, "accessList")
    entry.only("address", "storageKeys")
    return AccessTuple(entry.address("address"), entry.hash_list("storageKeys"))


def _authorizations(obj: QuantityReader) -> tuple[Authorization, ...] | None:
    items = obj.optional("authorizationList", obj.items)
    return None if items is None else tuple([_authorization(item) for item in items])


def _authorization(value: Any) -> Authorization:
    entry = QuantityReader(value, "authorizationList")
    return Authorization(
        entry.uint256("chainId"),
        entry.address("address"),
        entry.uint64("nonce"),
        entry.uint64("yParity"),
        entry.uint256("r"),
        entry.uint256("s"),
    )
