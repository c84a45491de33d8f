"""Which version of an Engine API method may be called with what: codes and texts are op-geth's.

Specification: execution-apis, engine/*.md; protocol/exec-engine.md, Engine API. Forks of L1 stand for those
of the OP Stack: Shanghai is Canyon, Cancun is Ecotone, Prague is Isthmus, Osaka is Karst.
"""

from __future__ import annotations

from enum import IntEnum

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time
from pyoprollup.rpc.errors import INVALID_PARAMS, JsonRpcError

__all__ = [
    "INVALID_ATTRIBUTES",
    "TOO_LARGE",
    "UNKNOWN_PAYLOAD",
    "UNSUPPORTED_FORK",
    "L1Fork",
    "check_attributes",
    "check_payload",
    "engine_error",
    "l1_fork",
    "supported_by_get_payload",
]

UNKNOWN_PAYLOAD, INVALID_FORKCHOICE, INVALID_ATTRIBUTES = -38001, -38002, -38003
TOO_LARGE, UNSUPPORTED_FORK = -38004, -38005

_MESSAGES = {
    INVALID_PARAMS: "Invalid parameters",
    UNKNOWN_PAYLOAD: "Unknown payload",
    INVALID_FORKCHOICE: "Invalid forkchoice state",
    INVALID_ATTRIBUTES: "Invalid payload attributes",
    TOO_LARGE: "Too large request",
    UNSUPPORTED_FORK: "Unsupported fork",
}


def engine_error(code: int, detail: str) -> JsonRpcError:
    """The error of a code: what happened is in the data, as op-geth has it."""
    message = _MESSAGES.get(code)
    if message is None:
        return JsonRpcError(code, detail)
    return JsonRpcError(code, message, {"err": detail} if detail and detail != message else None)


class L1Fork(IntEnum):
    """The forks of L1 that the Engine API's versions follow."""

    PARIS = 0
    SHANGHAI = 1
    CANCUN = 2
    PRAGUE = 3
    OSAKA = 4


def l1_fork(config: RollupConfig, timestamp: int) -> L1Fork:
    """The fork that an L2 block of this time has."""
    return _fork(config.rules_at_l2(L2Time(timestamp)))


def _fork(rules: Rules) -> L1Fork:
    return L1Fork[rules.evm.base.name]


def check_attributes(config: RollupConfig, version: int, attributes: PayloadAttributes) -> None:
    """Attributes of ``engine_forkchoiceUpdatedV{version}``; raises :class:`JsonRpcError`."""
    fork = l1_fork(config, attributes.timestamp)
    has_root = attributes.parent_beacon_block_root is not None
    has_withdrawals = attributes.withdrawals is not None
    if version == 1:
        if has_withdrawals or has_root:
            raise engine_error(INVALID_PARAMS, "withdrawals and beacon root not supported in V1")
        if fork > L1Fork.SHANGHAI:
            raise engine_error(INVALID_PARAMS, "fcuV1 called post-shanghai")
    elif version == 2:
        if has_root:
            raise engine_error(INVALID_ATTRIBUTES, "unexpected beacon root")
        if fork is L1Fork.PARIS and has_withdrawals:
            raise engine_error(INVALID_ATTRIBUTES, "withdrawals before shanghai")
        if fork is L1Fork.SHANGHAI and not has_withdrawals:
            raise engine_error(INVALID_ATTRIBUTES, "missing withdrawals")
        if fork > L1Fork.SHANGHAI:
            raise engine_error(UNSUPPORTED_FORK, "fcuV2 must only be called with paris or shanghai payloads")
    else:
        if not has_withdrawals:
            raise engine_error(INVALID_ATTRIBUTES, "missing withdrawals")
        if not has_root:
            raise engine_error(INVALID_ATTRIBUTES, "missing beacon root")
        if fork < L1Fork.CANCUN:
            text = "fcuV3 must only be called for cancun/prague/osaka payloads"
            raise engine_error(UNSUPPORTED_FORK, text)


def check_payload(
    config: RollupConfig,
    version: int,
    payload: ExecutionPayload,
    has_hashes: bool = False,
    has_root: bool = False,
    has_requests: bool = False,
) -> None:
    """Arguments of ``engine_newPayloadV{version}``, which are there or not; raises :class:`JsonRpcError`."""
    fork = l1_fork(config, payload.timestamp)
    if version == 1:
        if payload.withdrawals is not None:
            raise engine_error(INVALID_PARAMS, "withdrawals not supported in V1")
    elif version == 2:
        _check_payload_v2(fork, payload)
    else:
        _check_payload_v3(fork, version, payload, has_hashes, has_root, has_requests)


def _check_payload_v2(fork: L1Fork, payload: ExecutionPayload) -> None:
    if fork >= L1Fork.CANCUN:
        raise engine_error(INVALID_PARAMS, "can't use newPayloadV2 post-cancun")
    if fork is L1Fork.SHANGHAI and payload.withdrawals is None:
        raise engine_error(INVALID_PARAMS, "nil withdrawals post-shanghai")
    if fork is L1Fork.PARIS and payload.withdrawals is not None:
        raise engine_error(INVALID_PARAMS, "non-nil withdrawals pre-shanghai")
    if payload.excess_blob_gas is not None:
        raise engine_error(INVALID_PARAMS, "non-nil excessBlobGas pre-cancun")
    if payload.blob_gas_used is not None:
        raise engine_error(INVALID_PARAMS, "non-nil blobGasUsed pre-cancun")


def _check_payload_v3(
    fork: L1Fork,
    version: int,
    payload: ExecutionPayload,
    has_hashes: bool,
    has_root: bool,
    has_requests: bool,
) -> None:
    missing = {
        "withdrawals post-shanghai": payload.withdrawals is None,
        "excessBlobGas post-cancun": payload.excess_blob_gas is None,
        "blobGasUsed post-cancun": payload.blob_gas_used is None,
        "versionedHashes post-cancun": not has_hashes,
        "beaconRoot post-cancun": not has_root,
        "executionRequests post-prague": version == 4 and not has_requests,
    }
    for text, is_missing in missing.items():
        if is_missing:
            raise engine_error(INVALID_PARAMS, f"nil {text}")
    if version == 3 and fork is not L1Fork.CANCUN:
        raise engine_error(UNSUPPORTED_FORK, "newPayloadV3 must only be called for cancun payloads")
    if version == 4 and fork < L1Fork.PRAGUE:
        raise engine_error(UNSUPPORTED_FORK, "newPayloadV4 must only be called for prague/osaka payloads")


def supported_by_get_payload(version: int, built_by: int, fork: L1Fork | None = None) -> bool:
    """Whether ``engine_getPayloadV{version}`` gives a block of this fork (``None``: of some fork).

    ``built_by`` is the version of the forkchoice update that had it built. Version 4 is given blocks of
    Osaka too, where an op-geth with Osaka's rules insists on version 5: rollup nodes ask with version 4.
    """
    builders, forks = _GET_PAYLOAD[version]
    return built_by in builders and (fork is None or fork in forks)


_GET_PAYLOAD: dict[int, tuple[tuple[int, ...], tuple[L1Fork, ...]]] = {
    1: ((1,), tuple(L1Fork)),
    2: ((1, 2), (L1Fork.PARIS, L1Fork.SHANGHAI)),
    3: ((3,), (L1Fork.CANCUN,)),
    4: ((3,), (L1Fork.PRAGUE, L1Fork.OSAKA)),
    5: ((3,), (L1Fork.OSAKA,)),
}
