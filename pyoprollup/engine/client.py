"""An execution engine behind JSON-RPC: another client, driven by our node.

Specification: execution-apis, engine/*.md; protocol/exec-engine.md, Engine API. Blocks are read with
``eth_getBlockBy…``; what comes back must have the hash that it claims.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pyoprollup.engine.errors import BlockNotFound, EngineError, EngineUnavailable, engine_rpc_error
from pyoprollup.engine.ports import ForkchoiceState, ForkchoiceUpdatedResult, PayloadInfo, PayloadStatus
from pyoprollup.engine.versions import (
    forkchoice_updated_method,
    get_payload_method,
    new_payload_method,
    payload_version_at,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.account_proof import AccountResult
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion, payload_of_header
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.transaction_json import transaction_from_json
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import Address, Hash32, to_hex, to_quantity
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rpc.errors import JsonRpcError, RpcError
from pyoprollup.rpc.http_client import DEFAULT_TIMEOUT, JsonRpcClient

__all__ = ["HttpEngine", "envelope_from_block"]

T = TypeVar("T")

_NOT_FOUND_TEXTS = ("unknown block", "block not found", "header not found")
_MAX_ERROR_TEXT = 500


class HttpEngine:
    """Implements :class:`~pyoprollup.engine.ports.EngineAPI` over HTTP, with a token for every request.

    ``secret`` is the engine's JWT secret (``None`` for a port without authentication); ``client``
    takes the place of the one that would be made. To be closed after use.
    """

    def __init__(
        self,
        config: RollupConfig,
        url: str,
        secret: bytes | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        client: JsonRpcClient | None = None,
    ) -> None:
        self._config = config
        self.client = JsonRpcClient(url, secret=secret, timeout=timeout) if client is None else client

    def forkchoice_updated(
        self, state: ForkchoiceState, attributes: PayloadAttributes | None
    ) -> ForkchoiceUpdatedResult:
        method = forkchoice_updated_method(self._config, attributes)
        params = (state.to_json(), None if attributes is None else attributes.to_json())
        return self._call(ForkchoiceUpdatedResult.from_json, method, *params)

    def new_payload(self, envelope: ExecutionPayloadEnvelope) -> PayloadStatus:
        method = new_payload_method(self._config, envelope.payload.timestamp)
        params: list[Any] = [envelope.payload.to_json()]
        version = payload_version_at(self._config, envelope.payload.timestamp)
        if version >= BlockVersion.V3:
            root = envelope.parent_beacon_block_root
            params += [[], None if root is None else to_hex(root)]
        if version >= BlockVersion.V4:
            params.append([])
        return self._call(PayloadStatus.from_json, method, *params)

    def get_payload(self, info: PayloadInfo) -> ExecutionPayloadEnvelope:
        method = get_payload_method(self._config, info.timestamp)
        envelope = self._call(ExecutionPayloadEnvelope.from_json, method, to_hex(info.id))
        if envelope.payload.timestamp != info.timestamp:
            raise EngineUnavailable(f"{method}: the block has another time than {info.timestamp}")
        return envelope

    def payload_by_label(self, label: BlockLabel) -> ExecutionPayloadEnvelope:
        return self._block("eth_getBlockByNumber", label.value)

    def payload_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        envelope = self._block("eth_getBlockByNumber", to_quantity(number))
        if envelope.payload.block_number != number:
            raise EngineUnavailable(f"asked for block {number}, got {envelope.payload.block_number}")
        return envelope

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        envelope = self._block("eth_getBlockByHash", to_hex(block_hash))
        if envelope.payload.block_hash != block_hash:
            raise EngineUnavailable(f"asked for block {to_hex(block_hash)}, got {envelope.payload.id}")
        return envelope

    def get_proof(self, address: Address, slots: Sequence[int], block_hash: Hash32) -> AccountResult:
        """``eth_getProof`` after a block; nothing of it is verified."""
        keys = [to_hex(slot.to_bytes(32, "big")) for slot in slots]
        return self._call(AccountResult.from_json, "eth_getProof", to_hex(address), keys, to_hex(block_hash))

    def close(self) -> None:
        """Close the connections to the engine."""
        self.client.close()

    def __enter__(self) -> HttpEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, read: Callable[[Any], T], method: str, *params: Any) -> T:
        try:
            return read(self.client.call(method, *params))
        except JsonRpcError as exc:
            raise engine_rpc_error(exc.code, _text(exc)) from exc
        except RpcError as exc:
            raise EngineUnavailable(str(exc)) from exc
        except DecodeError as exc:
            raise EngineUnavailable(f"{method}: {exc}") from exc

    def _block(self, method: str, which: str) -> ExecutionPayloadEnvelope:
        def read(value: Any) -> ExecutionPayloadEnvelope:
            if value is None:
                raise BlockNotFound(f"no block {which}")
            return envelope_from_block(value)

        try:
            return self._call(read, method, which, True)
        except EngineError as exc:
            # Engines refuse a label that they have no block for, each in its own words.
            if isinstance(exc.__cause__, JsonRpcError) and _is_not_found(exc.__cause__):
                raise BlockNotFound(f"no block {which}") from exc
            raise


def envelope_from_block(value: Any) -> ExecutionPayloadEnvelope:
    """The payload of a block in JSON-RPC form with full transactions.

    Raises :class:`DecodeError`, also if the hash that the block claims is not that of its contents.
    """
    obj = QuantityReader(value, "block")
    header = Header.from_json(value)
    block_hash = header.hash()
    if block_hash != obj.hash("hash"):
        raise DecodeError(f"block.hash: the contents have {to_hex(block_hash)}")
    transactions = tuple([transaction_from_json(tx).encode() for tx in obj.items("transactions")])
    if ordered_trie_root(transactions) != header.transactions_root:
        raise DecodeError("block.transactions: not those of the header")
    if obj.optional("withdrawals", obj.items):
        raise DecodeError("block.withdrawals: L2 blocks have none")
    payload = payload_of_header(header, transactions, block_hash)
    return ExecutionPayloadEnvelope(payload, header.parent_beacon_root)


def _text(error: JsonRpcError) -> str:
    """The message, with the reason that op-geth puts beside it."""
    detail = error.data.get("err") if isinstance(error.data, dict) else None
    text = f"{error.message}: {detail}" if isinstance(detail, str) else error.message
    return text[:_MAX_ERROR_TEXT]


def _is_not_found(error: JsonRpcError) -> bool:
    return any(text in error.message.lower() for text in _NOT_FOUND_TEXTS)
