"""Everything that executing a block reads: its witness, with which others can execute it without our state.

Form: ``debug_executionWitness`` of go-ethereum, the lists ``headers``, ``codes`` and ``state``.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import to_hex
from pyoprollup.evm.block import execute_payload
from pyoprollup.evm.state import Checkpoint
from pyoprollup.evm.store import KeyValue
from pyoprollup.execution.rpc.chain_view import Block, ChainView
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["execution_witness"]


class _Recorder:
    """A store that remembers what was asked of it."""

    def __init__(self, store: KeyValue) -> None:
        self._store = store
        self.read: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self.read.get(key)
        if value is None:
            value = self.read[key] = self._store[key]
        return value


def execution_witness(view: ChainView, block: Block, checkpoint: Checkpoint | None = None) -> dict[str, Any]:
    """The witness of a block; ``checkpoint`` is called meanwhile.

    Raises :class:`JsonRpcError` if the state before it is not there.
    """
    parent_hash = block.header.parent_hash
    parent, envelope = view.chain.header(parent_hash), view.chain.envelope(block.hash)
    if parent is None or envelope is None or not view.chain.has_state(parent_hash):
        raise JsonRpcError(SERVER_ERROR, f"the state before block {block.header.number} is not available")
    recorder = _Recorder(view.chain.state)
    execute_payload(view.config, parent, envelope, recorder, checkpoint)
    recorder.read[parent_hash] = parent.encode()
    kinds: dict[str, list[str]] = {"headers": [], "codes": [], "state": []}
    for value in recorder.read.values():
        kinds[_kind(value)].append(to_hex(value))
    return kinds


def _kind(value: bytes) -> str:
    """What a pre-image is, which its hash does not tell."""
    try:
        items, _ = rlp.split_list(value)
        if len(items) in (2, 17):
            return "state"
        Header.decode(value)
    except DecodeError:
        return "codes"
    return "headers"
