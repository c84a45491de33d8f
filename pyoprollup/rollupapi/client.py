"""A rollup node's JSON-RPC, called: one function for each method, with typed results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32, hash_from_hex, to_hex, to_quantity
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollupapi.errors import (
    NOT_FOUND_TEXT,
    RollupBadAnswer,
    RollupNotFound,
    RollupRefused,
    RollupUnavailable,
    WrongRollup,
)
from pyoprollup.rollupapi.values import OutputResponse, SafeHeadResponse
from pyoprollup.rpc.errors import METHOD_NOT_FOUND, JsonRpcError, RpcError
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.ports import RpcCaller

__all__ = ["DEFAULT_NETWORK_TIMEOUT", "RollupClient"]

T = TypeVar("T")

DEFAULT_NETWORK_TIMEOUT = 10.0
"""Seconds for one call."""
_MAX_ANSWER = 16 << 20


class RollupClient:
    """A client of one rollup node. Nothing is tried twice.

    All methods raise :class:`RollupUnavailable` when there is no answer that can be used, and
    :class:`RollupRefused`, which is one, when the node answers with an error.
    """

    def __init__(self, rpc: RpcCaller, name: str = "rollup node") -> None:
        self._rpc = rpc
        self.name = name
        """What messages call it; its URL, if it was dialled."""

    @classmethod
    def dial(cls, url: str, timeout: float = DEFAULT_NETWORK_TIMEOUT) -> RollupClient:
        """A client over HTTP; ``timeout`` in seconds for each call."""
        return cls(JsonRpcClient(url, timeout=timeout, max_answer_size=_MAX_ANSWER), url)

    def close(self) -> None:
        """Close the connections to the node."""
        self._rpc.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what everybody may ask

    def sync_status(self) -> SyncStatus:
        """Its heads, now; ``None`` for those that it does not know yet."""
        return self._call(SyncStatus.from_json, "optimism_syncStatus")

    def output_at_block(self, number: int) -> OutputResponse:
        """The output of an L2 block.

        Raises :class:`RollupNotFound`, and :class:`RollupBadAnswer` if the answer is for another block.
        """
        answer = self._lookup(OutputResponse.from_json, "optimism_outputAtBlock", number)
        if answer.block_ref.number != number:
            raise RollupBadAnswer(f"output at block {number}: the answer is for {answer.block_ref}")
        return answer

    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse:
        """What was safe when L1 was known up to a block.

        Raises :class:`RollupNotFound`, and :class:`RollupBadAnswer` if the answer is for a later block.
        """
        answer = self._lookup(SafeHeadResponse.from_json, "optimism_safeHeadAtL1Block", number)
        if answer.l1_block.number > number:
            raise RollupBadAnswer(f"safe head at L1 block {number}: the answer is of {answer.l1_block}")
        return answer

    def rollup_config(self) -> RollupConfig:
        """The configuration of its chain."""
        return self._call(RollupConfig.from_json, "optimism_rollupConfig")

    def version(self) -> str:
        """The version of its software."""
        return self._call(_text, "optimism_version")

    def check_chain(self, expected: RollupConfig, option: str = "rollup-rpc") -> None:
        """Raise :class:`WrongRollup` unless it follows this chain; ``option`` is where its URL came from."""
        try:
            found = self.rollup_config()
        except RollupRefused as exc:
            if exc.code != METHOD_NOT_FOUND:
                raise
            raise WrongRollup(f"{option}: {self.name} is no rollup node: {exc}") from exc
        for what in ("l1_chain_id", "l2_chain_id", "genesis"):
            wanted, has = getattr(expected, what), getattr(found, what)
            if what == "genesis":
                wanted, has = (wanted.l1, wanted.l2), (has.l1, has.l2)
            if wanted != has:
                shown = [str(value) if isinstance(value, int) else _shown(value) for value in (wanted, has)]
                raise WrongRollup(f"{option}: {self.name}: expected {what} {shown[0]}, found {shown[1]}")

    # --- what its operator may do

    def start_sequencer(self, unsafe_head: Hash32) -> None:
        """Make blocks on top of this one."""
        self._call(_nothing, "admin_startSequencer", to_hex(unsafe_head))

    def stop_sequencer(self) -> Hash32:
        """Make no more blocks; the hash of the last one."""
        return self._call(lambda value: hash_from_hex(value, "last block"), "admin_stopSequencer")

    def sequencer_active(self) -> bool:
        """Whether it makes blocks now."""
        return self._call(_boolean, "admin_sequencerActive")

    def post_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Give it a block, as gossip does."""
        self._call(_nothing, "admin_postUnsafePayload", envelope.to_json())

    def reset_derivation_pipeline(self) -> None:
        """Derive again from where the heads are found anew."""
        self._call(_nothing, "admin_resetDerivationPipeline")

    def override_leader(self) -> None:
        """Sequence without asking the conductor."""
        self._call(_nothing, "admin_overrideLeader")

    def conductor_enabled(self) -> bool:
        """Whether it asks a conductor before it publishes."""
        return self._call(_boolean, "admin_conductorEnabled")

    def set_recover_mode(self, mode: bool) -> None:
        """Whether it fills up the sequencing window with empty blocks."""
        self._call(_nothing, "admin_setRecoverMode", mode)

    def set_log_level(self, level: str) -> None:
        """How much it logs from now on."""
        self._call(_nothing, "admin_setLogLevel", level)

    def _lookup(self, read: Callable[[Any], T], method: str, number: int) -> T:
        try:
            return self._call(read, method, to_quantity(number))
        except RollupRefused as exc:
            # A proxy that says "method not found" says nothing about the block.
            if exc.code != METHOD_NOT_FOUND and NOT_FOUND_TEXT in exc.message.lower():
                raise RollupNotFound(str(exc)) from exc
            raise

    def _call(self, read: Callable[[Any], T], method: str, *params: Any) -> T:
        try:
            result = self._rpc.call(method, *params)
        except JsonRpcError as exc:
            raise RollupRefused(method, exc.code, exc.message) from exc
        except RpcError as exc:
            raise RollupUnavailable(f"{self.name}: {exc}") from exc
        try:
            return read(result)
        except (DecodeError, ConfigError) as exc:
            raise RollupBadAnswer(f"{self.name}: {method}: {exc}") from exc


def _nothing(_value: Any) -> None:
    """These methods answer ``null``."""


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise DecodeError("the answer is neither true nor false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise DecodeError("the answer is not a string")
    return value


def _shown(value: Any) -> str:
    return f"(L1 {value[0]}, L2 {value[1]})"
