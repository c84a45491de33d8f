"""Accounts, calls and logs of L1, as a node tells them: no root is at hand that would verify them.

Specification: Ethereum JSON-RPC specification, eth_call, eth_getLogs and the methods for accounts; EIP-1898.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn, TypeVar

from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import (
    Address,
    Hash32,
    bytes_from_hex,
    quantity_from_hex,
    to_hex,
    to_quantity,
)
from pyoprollup.l1.failover import EndpointPool
from pyoprollup.l1.rpc.chain_reader import ChainReader
from pyoprollup.l1.rpc.endpoint import Endpoint
from pyoprollup.l1.rpc.errors import NotAtHand, Unverified
from pyoprollup.rpc.errors import INVALID_PARAMS, JsonRpcError
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg, ExecutionReverted, LogFilter
from pyoprollup.txmgr.errors import InsufficientFundsError, TxPoolError, pool_error

__all__ = ["AccountReader", "block_json", "call_error", "call_json"]

T = TypeVar("T")

_HEAD = BlockLabel.UNSAFE
_REVERTED = 3
_MISSING_BLOCK = ("header not found", "unknown block", "block not found")
_MISSING_STATE = (
    "missing trie node",
    "state not available",
    "state is not available",
    "historical state",
    "pruned",
)
_SERVERS_OWN = frozenset({-32700, -32600, -32603, -32004, -32002, 403})
"""Codes that say nothing about the call."""


class AccountReader:
    """Implements ``L1Accounts``. For several threads."""

    def __init__(self, pool: EndpointPool[Endpoint], chain: ChainReader) -> None:
        self._pool = pool
        self._chain = chain

    def nonce_at(self, account: Address, block: AtBlock = _HEAD) -> int:
        return self._read(_uint64, "eth_getTransactionCount", to_hex(account), block=block)

    def balance_at(self, account: Address, block: AtBlock = _HEAD) -> int:
        return self._read(quantity_from_hex, "eth_getBalance", to_hex(account), block=block)

    def code_at(self, account: Address, block: AtBlock = _HEAD) -> bytes:
        return self._read(bytes_from_hex, "eth_getCode", to_hex(account), block=block)

    def storage_at(self, account: Address, slot: int, block: AtBlock = _HEAD) -> Hash32:
        return self._read(_word, "eth_getStorageAt", to_hex(account), to_quantity(slot), block=block)

    def _read(self, decode: Callable[[Any], T], method: str, *params: Any, block: AtBlock) -> T:
        def attempt(endpoint: Endpoint) -> T:
            try:
                return decode(endpoint.call(method, *params, block_json(block)))
            except JsonRpcError as exc:
                _raise_about_block(exc)
                raise Unverified(f"{method}: {exc}") from exc
            except DecodeError as exc:
                raise Unverified(f"{method}: {exc}") from exc

        return self._pool.ask(f"{method} of {params[0]}", attempt)

    # --- calls

    def call(self, msg: CallMsg, block: AtBlock = _HEAD) -> bytes:
        result = self._pool.ask("eth_call", partial(_call, msg=msg, block=block))
        if isinstance(result, Exception):
            raise result
        return result

    def calls(self, msgs: Sequence[CallMsg], block: AtBlock = _HEAD) -> Sequence[bytes | CallFailed]:
        if not msgs:
            return []
        # A label would stand for other blocks in the second batch, or at the next endpoint.
        at = self._chain.l1_block_ref_by_label(block).hash if isinstance(block, BlockLabel) else block
        results = self._pool.ask(f"{len(msgs)} calls", partial(_calls, msgs=msgs, block=at))
        return [CallFailed(str(item)) if isinstance(item, TxPoolError) else item for item in results]

    # --- logs

    def logs(self, wanted: LogFilter) -> Sequence[Log]:
        head = self._chain.l1_block_ref_by_label(_HEAD)
        if wanted.last > head.number:
            raise NotFound(f"there is no L1 block {wanted.last}")
        if wanted.first > wanted.last:
            return []
        return self._pool.ask(
            f"logs of L1 blocks {wanted.first} to {wanted.last}", partial(_logs, wanted=wanted)
        )


# --- one endpoint


def _call(endpoint: Endpoint, msg: CallMsg, block: AtBlock) -> bytes | CallFailed | InsufficientFundsError:
    return _calls(endpoint, [msg], block)[0]


def _calls(
    endpoint: Endpoint, msgs: Sequence[CallMsg], block: AtBlock
) -> list[bytes | CallFailed | InsufficientFundsError]:
    answers = endpoint.batch([("eth_call", (call_json(msg), block_json(block))) for msg in msgs])
    return [_call_result(answer) for answer in answers]


def _call_result(answer: Any) -> bytes | CallFailed | InsufficientFundsError:
    if isinstance(answer, JsonRpcError):
        return call_error(answer, "eth_call")
    try:
        return bytes_from_hex(answer, "eth_call")
    except DecodeError as exc:
        raise Unverified(str(exc)) from exc


def call_error(error: JsonRpcError, method: str) -> CallFailed | InsufficientFundsError:
    """Why a call fails, by what a node says.

    Raises :class:`NotFound` and ``Unavailable`` for errors that are not about the call.
    """
    _raise_about_block(error)
    words = error.message.lower()
    if error.code == _REVERTED or "revert" in words:
        return ExecutionReverted(error.message, _revert_data(error.data))
    refused = pool_error(error.message)
    if isinstance(refused, InsufficientFundsError):
        return refused
    if error.code in _SERVERS_OWN or error.code == INVALID_PARAMS:
        raise Unverified(f"{method}: {error}") from error
    return CallFailed(error.message)


def _revert_data(data: Any) -> bytes:
    """What a call reverts with. Nodes put it in different places: alone, in an object, after a word."""
    if isinstance(data, dict):
        data = data.get("data", data.get("result"))
    if isinstance(data, str):
        data = data.removeprefix("Reverted ")
    try:
        return bytes_from_hex(data)
    except DecodeError:
        return b""


def _raise_about_block(error: JsonRpcError) -> None:
    words = error.message.lower()
    if any(text in words for text in _MISSING_BLOCK):
        raise NotFound(error.message) from error
    if any(text in words for text in _MISSING_STATE):
        raise NotAtHand(error.message) from error


def _logs(endpoint: Endpoint, wanted: LogFilter) -> list[Log]:
    """The logs of a range, in halves if the node does not give so many at once."""
    query = {
        "fromBlock": to_quantity(wanted.first),
        "toBlock": to_quantity(wanted.last),
        "address": [to_hex(address) for address in wanted.addresses],
        "topics": [[to_hex(topic) for topic in any_of] or None for any_of in wanted.topics],
    }
    ranges, found = [(wanted.first, wanted.last)], []
    while ranges:
        first, last = ranges.pop(0)
        query |= {"fromBlock": to_quantity(first), "toBlock": to_quantity(last)}
        try:
            answer = endpoint.call("eth_getLogs", query)
        except JsonRpcError as exc:
            if first == last:
                _fail_logs(exc)
            middle = (first + last) // 2
            ranges[:0] = [(first, middle), (middle + 1, last)]
            continue
        found += _read_logs(answer, wanted, first, last)
    return found


def _fail_logs(error: JsonRpcError) -> NoReturn:
    _raise_about_block(error)
    raise Unverified(f"eth_getLogs: {error}") from error


def _read_logs(answer: Any, wanted: LogFilter, first: int, last: int) -> list[Log]:
    """Those that were asked for. Their index is the node's, and only puts them in order."""
    try:
        if not isinstance(answer, list):
            raise DecodeError("the logs are not a list")
        placed = []
        for item in answer:
            obj = QuantityReader(item, "log")
            if obj.optional("removed", obj.boolean):
                continue
            number, index = obj.uint64("blockNumber"), obj.uint64("logIndex")
            log = Log.from_json(item, index)
            if not first <= number <= last or not wanted.matches(log):
                raise DecodeError(f"a log of L1 block {number} was not asked for")
            placed.append((number, index, log))
    except DecodeError as exc:
        raise Unverified(f"eth_getLogs: {exc}") from exc
    return [log for _, _, log in sorted(placed, key=lambda item: item[:2])]


# --- forms


def block_json(block: AtBlock) -> Any:
    """A block as a parameter: a hash as an object, as there is no other way to tell it from other things."""
    if isinstance(block, BlockLabel):
        return str(block)
    return to_quantity(block) if isinstance(block, int) else {"blockHash": to_hex(block)}


def call_json(msg: CallMsg) -> dict[str, Any]:
    """A call as a parameter; what it does not say is left to the node."""
    fields: dict[str, Any] = {"from": to_hex(msg.from_)}
    if msg.to is not None:
        fields["to"] = to_hex(msg.to)
    if msg.data:
        fields["input"] = fields["data"] = to_hex(msg.data)
    amounts = {
        "value": msg.value,
        "gas": msg.gas,
        "maxFeePerGas": msg.gas_fee_cap,
        "maxPriorityFeePerGas": msg.gas_tip_cap,
        "maxFeePerBlobGas": msg.blob_fee_cap,
    }
    fields |= {key: to_quantity(value) for key, value in amounts.items() if value}
    if msg.blob_hashes:
        fields["blobVersionedHashes"] = [to_hex(item) for item in msg.blob_hashes]
    return fields


def _uint64(value: Any) -> int:
    return quantity_from_hex(value, bits=64)


def _word(value: Any) -> Hash32:
    data = bytes_from_hex(value, "storage")
    if len(data) > 32:
        raise DecodeError(f"storage: {len(data)} bytes")
    return Hash32(data.rjust(32, b"\0"))
