"""The methods of a rollup node: ``optimism_*`` for everybody, ``admin_*`` for its operator.

Specification: protocol/rollup-node.md, L2 Output RPC method. Names, fields and the texts that other
services look for are op-node's. The methods are plain functions for one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32, hash_from_hex, quantity_from_hex, to_hex, to_quantity
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollupapi.errors import (
    NOT_FOUND_TEXT,
    RollupApiError,
    RollupNotFound,
    RollupUnavailable,
    without_not_found,
)
from pyoprollup.rollupapi.values import OutputResponse, SafeHeadResponse

__all__ = ["AdminAPI", "AdminBackend", "NodeAPI", "NodeBackend"]

Methods = dict[str, Callable[..., Any]]


class NodeBackend(Protocol):
    """A node, as far as others may ask it. All calls come in the node's thread.

    The answers are ``NotFound``, which is definite, or ``Unavailable``, which is not: an incomplete
    database has no answer, and must not give an older one.
    """

    @property
    def rollup_config(self) -> RollupConfig: ...

    @property
    def version(self) -> str:
        """``<version>-<meta>``."""
        ...

    def sync_status(self) -> SyncStatus: ...

    def output_at_block(self, number: int) -> tuple[L2BlockRef, OutputV0]:
        """The canonical L2 block of this number and its output."""
        ...

    def safe_head_at_l1_block(self, number: int) -> tuple[BlockID, BlockID]:
        """The last L1 block not after ``number`` in which the safe head changed, and that safe head."""
        ...


class AdminBackend(Protocol):
    """A node, as far as its operator controls it."""

    def reset_derivation_pipeline(self) -> None: ...

    def start_sequencer(self, block_hash: Hash32) -> None:
        """Sequence on top of this block, which must be the unsafe head."""
        ...

    def stop_sequencer(self) -> Hash32:
        """Stop; the hash of the last block."""
        ...

    def sequencer_active(self) -> bool: ...

    def on_unsafe_l2_payload(self, envelope: ExecutionPayloadEnvelope) -> None: ...

    def override_leader(self) -> None: ...

    def conductor_enabled(self) -> bool: ...

    def set_recover_mode(self, mode: bool) -> None: ...

    def set_log_level(self, level: str) -> None:
        """Raises :class:`DecodeError` for a level that there is not."""
        ...


class NodeAPI:
    """The methods that everybody may call."""

    def __init__(self, backend: NodeBackend) -> None:
        self._backend = backend

    def methods(self) -> Methods:
        """The methods by name, for a JSON-RPC server."""
        return {
            "optimism_outputAtBlock": self.output_at_block,
            "optimism_safeHeadAtL1Block": self.safe_head_at_l1_block,
            "optimism_syncStatus": self.sync_status,
            "optimism_rollupConfig": self.rollup_config,
            "optimism_version": self.version,
            "optimism_dependencySet": self.dependency_set,
        }

    def output_at_block(self, number: Any) -> dict[str, Any]:
        """The output of the L2 block with this number."""
        what = "failed to get L2 block ref with sync status"
        try:
            ref, output = self._backend.output_at_block(_number(number))
        except NotFound as exc:
            raise RollupNotFound(f"{what}: {_found_not(exc)}") from exc
        except Unavailable as exc:
            raise RollupUnavailable(f"{what}: {without_not_found(str(exc))}") from exc
        return OutputResponse.of(ref, output, self._backend.sync_status()).to_json()

    def safe_head_at_l1_block(self, number: Any) -> dict[str, Any]:
        """What was safe when L1 was known up to the block with this number."""
        at = _number(number)
        try:
            return SafeHeadResponse(*self._backend.safe_head_at_l1_block(at)).to_json()
        except NotFound as exc:
            raise RollupNotFound(NOT_FOUND_TEXT) from exc
        except Unavailable as exc:
            what = f"failed to get safe head at l1 block {to_quantity(at)}"
            raise RollupUnavailable(f"{what}: {without_not_found(str(exc))}") from exc

    def sync_status(self) -> dict[str, Any]:
        """Where the node stands on both layers."""
        return self._backend.sync_status().to_json()

    def rollup_config(self) -> dict[str, Any]:
        """The configuration of the chain that it follows."""
        return self._backend.rollup_config.to_json()

    def dependency_set(self) -> None:
        """The chains that this one may take messages from: there are none without interop."""
        raise RollupNotFound(NOT_FOUND_TEXT)

    def version(self) -> str:
        """The version of the node's software."""
        return self._backend.version


class AdminAPI:
    """The methods for the operator."""

    def __init__(self, backend: AdminBackend) -> None:
        self._backend = backend

    def methods(self) -> Methods:
        """The methods by name, for a JSON-RPC server that only the operator reaches."""
        return {
            "admin_resetDerivationPipeline": self._backend.reset_derivation_pipeline,
            "admin_startSequencer": self.start_sequencer,
            "admin_stopSequencer": self.stop_sequencer,
            "admin_sequencerActive": self._backend.sequencer_active,
            "admin_postUnsafePayload": self.post_unsafe_payload,
            "admin_overrideLeader": self._backend.override_leader,
            "admin_conductorEnabled": self._backend.conductor_enabled,
            "admin_setRecoverMode": self.set_recover_mode,
            "admin_setLogLevel": self.set_log_level,
        }

    def start_sequencer(self, block_hash: Any) -> None:
        """Make blocks on top of the block with this hash."""
        self._backend.start_sequencer(hash_from_hex(block_hash, "block hash"))

    def stop_sequencer(self) -> str:
        """Make no more blocks; the hash of the last one."""
        return to_hex(self._backend.stop_sequencer())

    def post_unsafe_payload(self, envelope: Any) -> None:
        """Take a block as if it had come by gossip; its hash must be its own."""
        read = ExecutionPayloadEnvelope.from_json(envelope)
        if not read.check_block_hash():
            claimed, actual = to_hex(read.payload.block_hash), to_hex(read.compute_block_hash())
            raise RollupApiError(f"payload has bad block hash: {claimed}, actual block hash is: {actual}")
        self._backend.on_unsafe_l2_payload(read)

    def set_recover_mode(self, mode: Any) -> None:
        """Whether the sequencer fills up the sequencing window with empty blocks."""
        if not isinstance(mode, bool):
            raise DecodeError("mode: expected a boolean")
        self._backend.set_recover_mode(mode)

    def set_log_level(self, level: Any) -> None:
        """How much is logged from now on."""
        if not isinstance(level, str):
            raise DecodeError("log level: expected a string")
        self._backend.set_log_level(level)


def _number(value: Any) -> int:
    if not isinstance(value, str):  # as the reference: a quantity, and nothing else
        raise DecodeError("block number: expected a hex quantity")
    return quantity_from_hex(value, "block number", 64)


def _found_not(error: NotFound) -> str:
    """The error's text, with the words in it by which clients know a definite answer."""
    text = str(error)
    if NOT_FOUND_TEXT in text:
        return text
    return f"{text}: {NOT_FOUND_TEXT}" if text else NOT_FOUND_TEXT
