"""The JSON-RPC methods of the embedded L1, in the form of an execution client's.

Specification: Ethereum JSON-RPC specification; EIP-4844 for blob transactions, which come in network form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pyoprollup import __version__
from pyoprollup.errors import DecodeError
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_ADDRESS, bytes_from_hex, to_hex, to_quantity
from pyoprollup.execution.rpc.debug_methods import DebugMethods
from pyoprollup.execution.rpc.eth_blocks import BlockMethods
from pyoprollup.execution.rpc.eth_fees import FeeMethods
from pyoprollup.execution.rpc.eth_filters import FilterMethods
from pyoprollup.execution.rpc.eth_logs import LogMethods
from pyoprollup.execution.rpc.eth_state import StateMethods
from pyoprollup.execution.rpc.other_methods import net_methods
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.l1.server.view import L1View
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg, ExecutionReverted

__all__ = ["l1_methods"]

T = TypeVar("T")

_REVERTED = 3
_CALL_FIELDS = (
    *("from", "to", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "nonce", "type"),
    *("data", "input", "accessList", "chainId", "maxFeePerBlobGas", "blobVersionedHashes"),
)


def l1_methods(l1: EmbeddedL1) -> dict[str, Callable[..., Any]]:
    """The methods by name: blocks, accounts and their proofs, logs, calls, fees, and transactions to send."""
    view = L1View(l1)
    blocks, logs = BlockMethods(view, l1.mempool), LogMethods(view)
    return {
        **blocks.methods(),
        **StateMethods(view, l1.mempool).methods(),
        **FeeMethods(view, least_tip=l1.config.suggested_tip).methods(),
        **logs.methods(),
        **FilterMethods(view, logs).methods(),
        **DebugMethods(view, blocks).methods(),
        **net_methods(l1.config.chain_id, f"pyoprollup-l1/v{__version__}"),
        **_Sending(l1, view).methods(),
    }


class _Sending:
    """Calls, estimates, and transactions into the mempool."""

    def __init__(self, l1: EmbeddedL1, view: L1View) -> None:
        self._l1 = l1
        self._view = view

    def methods(self) -> dict[str, Callable[..., Any]]:
        return {
            "eth_call": self._call,
            "eth_estimateGas": self._estimate,
            "eth_sendRawTransaction": self._send,
        }

    def _call(self, message: Any, which: Any = None, overrides: Any = None) -> str:
        _refuse_overrides(overrides)
        block_hash = self._view.hash_of("latest" if which is None else which)
        if block_hash is None:
            raise JsonRpcError(SERVER_ERROR, "header not found")
        at: AtBlock = block_hash
        return to_hex(_executed(lambda: self._l1.call(_message(message), at)))

    def _estimate(self, message: Any, which: Any = None, overrides: Any = None) -> str:
        """Of the head, whatever block is named: transactions are executed on top of it."""
        _refuse_overrides(overrides)
        if which not in (None, "latest", "pending"):
            head = self._l1.block_by_label(BlockLabel.UNSAFE).hash
            if self._view.hash_of(which) != head:
                raise JsonRpcError(SERVER_ERROR, "estimates are made on the latest block only")
        return to_quantity(_executed(lambda: self._l1.estimate_gas(_message(message))))

    def _send(self, raw: Any) -> str:
        return to_hex(self._l1.send(bytes_from_hex(raw, "transaction")))


def _executed(call: Callable[[], T]) -> T:
    try:
        return call()
    except ExecutionReverted as exc:
        raise JsonRpcError(_REVERTED, str(exc), to_hex(exc.data)) from exc
    except CallFailed as exc:
        raise JsonRpcError(SERVER_ERROR, str(exc)) from exc


def _refuse_overrides(overrides: Any) -> None:
    if overrides is not None:
        raise DecodeError("state overrides: the embedded L1 has none")


def _message(value: Any) -> CallMsg:
    """What is to be executed. Prices do not count: nobody pays for a call."""
    obj = QuantityReader(value, "transaction")
    obj.only(*_CALL_FIELDS)
    data = obj.optional("input", obj.data)
    if data is None:
        data = obj.optional("data", obj.data)
    return CallMsg(
        from_=obj.optional("from", obj.address) or ZERO_ADDRESS,
        to=obj.optional("to", obj.address),
        data=data or b"",
        value=obj.optional("value", obj.uint256) or 0,
        gas=obj.optional("gas", obj.uint64) or 0,
        blob_fee_cap=obj.optional("maxFeePerBlobGas", obj.uint256) or 0,
        blob_hashes=tuple(obj.hash_list("blobVersionedHashes")) if value.get("blobVersionedHashes") else (),
    )
