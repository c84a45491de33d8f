"""Sending transactions to L1, and what became of them.

A receipt counts when the transaction is in a block whose transactions and receipts have the roots of its
header.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import decode_transaction
from pyoprollup.eth.transactions import tx_hash as hash_of
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32, quantity_from_hex, to_hex, to_quantity
from pyoprollup.l1.failover import EndpointPool
from pyoprollup.l1.mined import mined_receipt
from pyoprollup.l1.rpc.account_reader import call_error, call_json
from pyoprollup.l1.rpc.chain_reader import ChainReader
from pyoprollup.l1.rpc.endpoint import ChainCheck, Endpoint
from pyoprollup.l1.rpc.errors import Unverified
from pyoprollup.rollup.l1_chain_config import L1_CHAINS, L1ChainConfig
from pyoprollup.rollup.time import L1Time
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.sources.l1 import BlockInfo, CallFailed, CallMsg, L1Receipt
from pyoprollup.txmgr.errors import AlreadyKnownError, InsufficientFundsError, TxPoolError, pool_error

__all__ = ["TransactionSender"]

_SERVERS_OWN = frozenset({-32700, -32600, -32602, -32603, 403})
"""Codes that say nothing about the transaction, unless the words do."""


class TransactionSender:
    """What ``L1Sender`` has beside accounts. For several threads."""

    def __init__(
        self,
        pool: EndpointPool[Endpoint],
        chain: ChainReader,
        check: ChainCheck,
        schedule: L1ChainConfig | None,
    ) -> None:
        self._pool = pool
        self._chain = chain
        self._check = check
        self._schedule = schedule

    def block_number(self) -> int:
        return self._chain.head_header().header.number

    def head(self) -> BlockInfo:
        head = self._chain.head_header()
        excess = head.header.excess_blob_gas
        if excess is None:
            return head.info
        schedule = self._schedule or L1_CHAINS.get(self._check.chain_id or 0)
        if schedule is None:
            fee = self._pool.ask("eth_feeHistory", partial(_blob_fee, number=head.header.number))
        else:
            fraction = schedule.blob_params_at(L1Time(head.header.time)).update_fraction
            fee = blob_base_fee(excess, fraction)
        return replace(head.info, blob_base_fee=fee)

    def pending_nonce_at(self, account: Address) -> int:
        return self._quantity("eth_getTransactionCount", to_hex(account), "pending")

    def suggest_gas_tip_cap(self) -> int:
        return self._quantity("eth_maxPriorityFeePerGas")

    def _quantity(self, method: str, *params: Any) -> int:
        def attempt(endpoint: Endpoint) -> int:
            try:
                return quantity_from_hex(endpoint.call(method, *params))
            except (DecodeError, JsonRpcError) as exc:
                raise Unverified(f"{method}: {exc}") from exc

        return self._pool.ask(method, attempt)

    def estimate_gas(self, msg: CallMsg) -> int:
        result = self._pool.ask("eth_estimateGas", partial(_estimate, msg=msg))
        if isinstance(result, Exception):
            raise result
        return result

    def send_transaction(self, raw: bytes) -> Hash32:
        expected = hash_of(raw)
        attempts = 0

        def attempt(endpoint: Endpoint) -> TxPoolError | None:
            nonlocal attempts
            attempts += 1
            return _send(endpoint, raw, expected)

        refused = self._pool.ask(f"sending transaction {to_hex(expected)}", attempt)
        if refused is None or (attempts > 1 and isinstance(refused, AlreadyKnownError)):
            return expected  # an attempt without an answer may have got through
        raise refused

    def transaction_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        try:
            block_hash = self._pool.ask(
                f"the receipt of transaction {to_hex(tx_hash)}", partial(_mined_in, wanted=tx_hash)
            )
        except NotFound:
            return None
        try:
            transactions = self._chain.transactions_by_hash(block_hash)
            info, receipts = self._chain.fetch_receipts(block_hash)
        except NotFound:
            return None  # the block has been replaced meanwhile
        index = next((i for i, raw in enumerate(transactions) if hash_of(raw) == tx_hash), None)
        if index is None:
            raise Unavailable(
                f"transaction {to_hex(tx_hash)} is not in L1 block {info.ref}, as a receipt says"
            )
        try:
            tx = decode_transaction(transactions[index])
            by = sender(tx, self._check.chain_id or 0) if tx.to is None else ZERO_ADDRESS
            return mined_receipt(info, transactions[index], receipts, index, by)
        except DecodeError as exc:
            raise Unavailable(f"transaction {to_hex(tx_hash)}: {exc}") from exc


# --- one endpoint


def _send(endpoint: Endpoint, raw: bytes, expected: Hash32) -> TxPoolError | None:
    try:
        answer = endpoint.call("eth_sendRawTransaction", to_hex(raw))
    except JsonRpcError as exc:
        refused = pool_error(exc.message)
        if type(refused) is TxPoolError and exc.code in _SERVERS_OWN:
            raise Unverified(f"eth_sendRawTransaction: {exc}") from exc
        return refused
    if answer != to_hex(expected):
        raise Unverified(f"it was sent transaction {to_hex(expected)}, and says {str(answer)[:80]}")
    return None


def _mined_in(endpoint: Endpoint, wanted: Hash32) -> Hash32:
    """The hash of the block that has a transaction; :class:`NotFound` if none has."""
    try:
        answer = endpoint.call("eth_getTransactionReceipt", to_hex(wanted))
        if answer is None:
            raise NotFound("it is not mined")
        return QuantityReader(answer, "receipt").hash("blockHash")
    except (DecodeError, JsonRpcError) as exc:
        raise Unverified(f"eth_getTransactionReceipt: {exc}") from exc


def _estimate(endpoint: Endpoint, msg: CallMsg) -> int | CallFailed | InsufficientFundsError:
    try:
        return quantity_from_hex(endpoint.call("eth_estimateGas", call_json(msg)), bits=64)
    except JsonRpcError as exc:
        return call_error(exc, "eth_estimateGas")
    except DecodeError as exc:
        raise Unverified(f"eth_estimateGas: {exc}") from exc


def _blob_fee(endpoint: Endpoint, number: int) -> int:
    """What blob gas costs in a block, as the node says."""
    try:
        answer = endpoint.call("eth_feeHistory", "0x1", to_quantity(number), [])
        fees = QuantityReader(answer, "fee history").items("baseFeePerBlobGas")
        if not fees:
            raise DecodeError("no blob base fee")
        return quantity_from_hex(fees[0], "baseFeePerBlobGas")
    except (DecodeError, JsonRpcError) as exc:
        raise Unverified(f"eth_feeHistory: {exc}") from exc
