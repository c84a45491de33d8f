"""Errors of execution engines, by severity.

Specification: execution-apis, engine/common.md, Errors.
"""

from __future__ import annotations

from typing import ClassVar

from pyoprollup.errors import NotFound, RollupError, Unavailable

__all__ = [
    "BlockNotFound",
    "EngineError",
    "EngineRpcError",
    "EngineUnavailable",
    "InvalidForkchoiceState",
    "InvalidPayloadAttributes",
    "TooLargeEngineRequest",
    "UnknownPayload",
    "UnsupportedFork",
    "engine_rpc_error",
]


_INVALID_PARAMS = -32602
"""Of JSON-RPC."""


class EngineError(RollupError):
    """Base class of all that an engine call raises."""


class EngineUnavailable(EngineError, Unavailable):
    """No answer: transport, time-out, authentication. What was asked may have been done all the same."""


class BlockNotFound(EngineError, NotFound):
    """The engine answered that it has no such block."""


class EngineRpcError(EngineError):
    """The engine refused a call, with a JSON-RPC error code."""

    code: int

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message

    @property
    def is_engine_error(self) -> bool:
        """Whether the code is of the range of the Engine API, not of JSON-RPC in general."""
        return -38100 < self.code <= -38000

    @property
    def is_input_error(self) -> bool:
        """Whether what was asked for is wrong, so that asking again does not help."""
        return self.code in (_INVALID_PARAMS, InvalidForkchoiceState.CODE, InvalidPayloadAttributes.CODE)


class _Coded(EngineRpcError):
    CODE: ClassVar[int]

    def __init__(self, message: str) -> None:
        super().__init__(self.CODE, message)


class UnknownPayload(_Coded):
    """There is no build job of this id (any more)."""

    CODE = -38001


class InvalidForkchoiceState(_Coded):
    """The head, safe and finalized blocks are not one chain, or one of them is unknown."""

    CODE = -38002


class InvalidPayloadAttributes(_Coded):
    """No block can be built from these attributes."""

    CODE = -38003


class TooLargeEngineRequest(_Coded):
    """More was asked for at once than the engine answers."""

    CODE = -38004


class UnsupportedFork(_Coded):
    """The method's version does not belong to the payload's time."""

    CODE = -38005


_BY_CODE = {
    kind.CODE: kind
    for kind in (
        UnknownPayload,
        InvalidForkchoiceState,
        InvalidPayloadAttributes,
        TooLargeEngineRequest,
        UnsupportedFork,
    )
}


def engine_rpc_error(code: int, message: str) -> EngineRpcError:
    """The error of a JSON-RPC error code; a class of its own where the specification has one."""
    kind = _BY_CODE.get(code)
    return EngineRpcError(code, message) if kind is None else kind(message)
