"""The methods ``engine_*`` over any engine: other consensus clients drive ours by them.

Specification: execution-apis, engine/paris.md to osaka.md; protocol/exec-engine.md, Engine API. Answers have
the form of op-geth's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from pyoprollup.engine.errors import EngineError, EngineRpcError
from pyoprollup.engine.ports import (
    EngineAPI,
    ExecutePayloadStatus,
    ForkchoiceState,
    PayloadID,
    PayloadInfo,
    PayloadStatus,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import MAX_EXTRA_DATA_SIZE, ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.types import ZERO_HASH, bytes_from_hex, hash_from_hex, to_hex
from pyoprollup.execution.rpc.engine_checks import (
    INVALID_ATTRIBUTES,
    UNKNOWN_PAYLOAD,
    UNSUPPORTED_FORK,
    L1Fork,
    check_attributes,
    check_payload,
    engine_error,
    l1_fork,
    supported_by_get_payload,
)
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rpc.errors import INVALID_PARAMS, SERVER_ERROR, JsonRpcError

__all__ = ["SUPERCHAIN_VERSION", "EngineMethods"]

SUPERCHAIN_VERSION = bytes(16) + (9).to_bytes(4, "big") + bytes(12)
"""Supported protocol version: type (1 byte), 7 bytes, build (8), and major to pre-release (4 each)."""

_KEPT_JOBS = 64


class EngineMethods:
    """The methods over ``engine``. ``version`` is what clients are told of ours."""

    def __init__(self, config: RollupConfig, engine: EngineAPI, version: str = "0") -> None:
        self._config = config
        self._engine = engine
        self._version = version
        self._jobs: OrderedDict[PayloadID, tuple[int, int]] = OrderedDict()
        """Build jobs: time of the block, and version of the call that started it."""

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name."""
        methods: dict[str, Callable[..., Any]] = {
            "engine_exchangeCapabilities": self._exchange_capabilities,
            "engine_getClientVersionV1": self._client_version,
            "engine_signalSuperchainV1": self._signal_superchain,
            "engine_newPayloadV1": lambda payload: self._new_payload(1, payload),
            "engine_newPayloadV2": lambda payload: self._new_payload(2, payload),
            # op-geth lets the last ones be missing, and refuses the call with a text of its own.
            "engine_newPayloadV3": lambda payload, hashes=None, root=None: self._new_payload(
                3, payload, hashes, root
            ),
            "engine_newPayloadV4": lambda payload, hashes=None, root=None, requests=None: self._new_payload(
                4, payload, hashes, root, requests
            ),
        }
        for version in (1, 2, 3):
            update = partial(self._forkchoice_updated, version)
            methods[f"engine_forkchoiceUpdatedV{version}"] = update
        for version in (1, 2, 3, 4, 5):
            methods[f"engine_getPayloadV{version}"] = partial(self._get_payload, version)
        return methods

    # --- the three calls

    def _forkchoice_updated(self, version: int, state: Any, attributes: Any = None) -> Any:
        forkchoice = ForkchoiceState.from_json(_with_zeros(state))
        wanted, fault = (None, None) if attributes is None else _decode_attributes(attributes)
        if wanted is not None:
            check_attributes(self._config, version, wanted)
        if fault is not None:
            raise engine_error(INVALID_ATTRIBUTES, fault)
        result = _ask(self._engine.forkchoice_updated, forkchoice, wanted)
        if wanted is not None and result.payload_id is not None:
            self._jobs[result.payload_id] = (wanted.timestamp, version)
            self._jobs.move_to_end(result.payload_id)
            if len(self._jobs) > _KEPT_JOBS:
                self._jobs.popitem(last=False)
        return result.to_json()

    def _new_payload(
        self, version: int, payload: Any, hashes: Any = None, root: Any = None, requests: Any = None
    ) -> Any:
        decoded, fault = _decode_payload(payload)
        versioned = None if hashes is None else _data_list(hashes, "versionedHashes", 32)
        beacon_root = None if root is None else hash_from_hex(root, "parentBeaconBlockRoot")
        listed = None if requests is None else _data_list(requests, "executionRequests")
        check_payload(
            self._config, version, decoded, versioned is not None, beacon_root is not None, listed is not None
        )
        if listed is not None:
            _check_requests(listed)
        if versioned or listed:
            # No block of L2 has blobs or requests, so none has a header that goes with these.
            fault = f"L2 blocks have no {'versioned hashes' if versioned else 'execution requests'}"
        if fault is not None:
            return PayloadStatus(ExecutePayloadStatus.INVALID, None, fault).to_json()
        return _ask(self._engine.new_payload, ExecutionPayloadEnvelope(decoded, beacon_root)).to_json()

    def _get_payload(self, version: int, payload_id: Any) -> Any:
        raw = bytes_from_hex(payload_id, "payloadId")
        if len(raw) != 8:
            raise DecodeError(f"payloadId: expected 8 bytes, got {len(raw)}")
        job = self._jobs.get(PayloadID(raw))
        if job is None:
            # The first byte of an id is the version of the call that the job was started with.
            known = supported_by_get_payload(version, raw[0])
            raise engine_error(UNKNOWN_PAYLOAD if known else UNSUPPORTED_FORK, "")
        timestamp, built_by = job
        fork = l1_fork(self._config, timestamp)
        if not supported_by_get_payload(version, built_by, fork):
            raise engine_error(UNSUPPORTED_FORK, "")
        envelope = _ask(self._engine.get_payload, PayloadInfo(PayloadID(raw), timestamp))
        if version == 1:
            return envelope.payload.to_json()
        return _built(envelope, fork)

    # --- about us

    def _exchange_capabilities(self, methods: Any) -> list[str]:
        if not isinstance(methods, list):
            raise DecodeError("capabilities: expected a list")
        return sorted(name for name in self.methods() if name != "engine_exchangeCapabilities")

    def _client_version(self, client: Any) -> list[dict[str, str]]:
        if not isinstance(client, dict):
            raise DecodeError("client version: expected an object")
        ours = {"code": "PO", "name": "pyoprollup", "version": self._version, "commit": "0x00000000"}
        return [ours]

    @staticmethod
    def _signal_superchain(signal: Any = None) -> str:
        if signal is not None:
            if not isinstance(signal, dict):
                raise DecodeError("signal: expected an object")
            for key in ("recommended", "required"):
                if signal.get(key) is not None:
                    hash_from_hex(signal[key], f"signal.{key}")
        return to_hex(SUPERCHAIN_VERSION)


def _ask(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call the engine; its errors become those of JSON-RPC."""
    try:
        return call(*arguments)
    except EngineRpcError as exc:
        raise engine_error(exc.code, exc.message) from exc
    except EngineError as exc:
        raise JsonRpcError(SERVER_ERROR, str(exc)) from exc


def _built(envelope: ExecutionPayloadEnvelope, fork: L1Fork) -> dict[str, Any]:
    """A block that was built, with all that goes with blocks of L1 and is empty here."""
    return {
        **envelope.to_json(),
        "blockValue": "0x0",  # what the block earns its producer; on L2 nobody chooses by that
        "blobsBundle": {"commitments": [], "proofs": [], "blobs": []},
        "executionRequests": [] if fork >= L1Fork.PRAGUE else None,
        "shouldOverrideBuilder": False,
    }


def _with_zeros(state: Any) -> Any:
    """A forkchoice state whose missing hashes are zero, as in op-geth."""
    if not isinstance(state, dict):
        return state
    given = {key: value for key, value in state.items() if value is not None}
    zeros = dict.fromkeys(("headBlockHash", "safeBlockHash", "finalizedBlockHash"), to_hex(ZERO_HASH))
    return {**zeros, **given}


def _decode_attributes(value: Any) -> tuple[PayloadAttributes, str | None]:
    """Attributes; and why they are invalid, if that keeps them from being decoded as they are.

    Empty EIP-1559 parameters are as good as none.
    """
    if not isinstance(value, dict) or value.get("eip1559Params") is None:
        return PayloadAttributes.from_json(value), None
    params = bytes_from_hex(value["eip1559Params"], "eip1559Params")
    if len(params) == 8:
        return PayloadAttributes.from_json(value), None
    fault = "holocene eip-1559 params should be 8 bytes" if params else None
    return PayloadAttributes.from_json({**value, "eip1559Params": None}), fault


def _decode_payload(payload: Any) -> tuple[ExecutionPayload, str | None]:
    """A payload; and why its block is invalid, if that keeps it from being decoded as it is."""
    if not isinstance(payload, dict):
        raise DecodeError("payload: expected a JSON object")
    for key in ("transactions", "logsBloom"):
        if payload.get(key) is None:
            raise DecodeError(f"payload.{key}: missing")
    extra = bytes_from_hex(payload.get("extraData"), "payload.extraData")
    if len(extra) <= MAX_EXTRA_DATA_SIZE:
        return ExecutionPayload.from_json(payload), None
    fault = f"invalid extradata length: {len(extra)}"
    return ExecutionPayload.from_json({**payload, "extraData": "0x"}), fault


def _data_list(value: Any, name: str, size: int | None = None) -> list[bytes]:
    if not isinstance(value, list):
        raise DecodeError(f"{name}: expected a list")
    items = [bytes_from_hex(item, name) for item in value]
    if size is not None and any(len(item) != size for item in items):
        raise DecodeError(f"{name}: expected {size} bytes each")
    return items


def _check_requests(requests: list[bytes]) -> None:
    """Requests are ordered by their types, one of each, none empty (EIP-7685)."""
    kinds = [request[0] for request in requests if len(request) > 1]
    if len(kinds) != len(requests):
        raise engine_error(INVALID_PARAMS, "empty request")
    if any(second <= first for first, second in pairwise(kinds)):
        raise engine_error(INVALID_PARAMS, "invalid request order")
