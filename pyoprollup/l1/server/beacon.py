"""The beacon API of an embedded L1, as far as readers of blobs ask for it.

Specification: beacon APIs (``/eth/v1/beacon/genesis``, ``/eth/v1/config/spec``, ``/eth/v1/node/version``,
``/eth/v1/beacon/blobs/{block_id}``, ``/eth/v1/beacon/blob_sidecars/{block_id}``). A block is named by slot,
by ``head``, ``finalized`` or ``genesis``. Blobs come in the order of their block.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from typing import Any
from urllib.parse import parse_qs

from pyoprollup import __version__
from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.eth.kzg import blob_commitment, blob_proof
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, Hash32, hash_from_hex, to_hex
from pyoprollup.l1.embedded import EmbeddedL1, L1Block
from pyoprollup.sources.l1 import IndexedBlobHash

__all__ = ["BeaconApp", "BeaconError", "BeaconMethods"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_BLOCKS, _SIDECARS = "/eth/v1/beacon/blobs/", "/eth/v1/beacon/blob_sidecars/"
_LABELS = {"head": BlockLabel.UNSAFE, "finalized": BlockLabel.FINALIZED}
_MAX_QUERY = 1 << 16


class BeaconError(Exception):
    """A request that has no answer but an HTTP status and a reason."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class BeaconMethods:
    """Answers requests from a chain. Synchronous, for the thread of the chain."""

    def __init__(self, l1: EmbeddedL1) -> None:
        self._l1 = l1

    def answer(self, path: str, query: str) -> Any:
        """The JSON value for a path with a query string; raises :class:`BeaconError`."""
        fixed: dict[str, Callable[[], Any]] = {
            "/eth/v1/beacon/genesis": self._genesis,
            "/eth/v1/config/spec": self._spec,
            "/eth/v1/node/version": lambda: {"version": f"pyoprollup-l1/v{__version__}"},
            "/eth/v1/node/syncing": self._syncing,
        }
        if path in fixed:
            return {"data": fixed[path]()}
        arguments = parse_qs(query[:_MAX_QUERY])
        if path.startswith(_BLOCKS):
            return {"data": self._blobs(self._block(path.removeprefix(_BLOCKS)), arguments)}
        if path.startswith(_SIDECARS):
            return {"data": self._sidecars(self._block(path.removeprefix(_SIDECARS)), arguments)}
        raise BeaconError(404, f"there is no {path[:100]}")

    def _genesis(self) -> dict[str, str]:
        return {
            "genesis_time": str(self._l1.config.genesis_time),
            "genesis_validators_root": to_hex(ZERO_HASH),
            "genesis_fork_version": "0x00000000",
        }

    def _spec(self) -> dict[str, str]:
        seconds = self._l1.config.slot_seconds
        return {"SECONDS_PER_SLOT": str(seconds), "SLOT_DURATION_MS": str(1000 * seconds)}

    def _syncing(self) -> dict[str, Any]:
        slot = self._slot(self._l1.head_block)
        return {"head_slot": str(slot), "sync_distance": "0", "is_syncing": False, "is_optimistic": False}

    # --- blocks

    def _slot(self, block: L1Block) -> int:
        return (block.header.time - self._l1.config.genesis_time) // self._l1.config.slot_seconds

    def _block(self, which: str) -> L1Block:
        if which in _LABELS:
            return self._l1.block_by_label(_LABELS[which])
        if which == "genesis":
            return self._l1.block_by_number(0)
        if not (which.isascii() and which.isdigit() and len(which) < 20):
            raise BeaconError(400, f"block id: {which[:80]!r} is not a slot")
        block = self._at_slot(int(which))
        if block is None:
            raise BeaconError(404, f"there is no block in slot {which}")
        return block

    def _at_slot(self, slot: int) -> L1Block | None:
        """The canonical block of a slot; some have none, so that it is looked for by halves."""
        low, high = 0, self._l1.head_block.number
        while low <= high:
            middle = (low + high) // 2
            block = self._l1.block_by_number(middle)
            found = self._slot(block)
            if found == slot:
                return block
            low, high = (middle + 1, high) if found < slot else (low, middle - 1)
        return None

    # --- blobs

    def _read(self, block: L1Block, wanted: list[IndexedBlobHash]) -> list[bytes]:
        try:
            return list(self._l1.get_blobs(block.ref, wanted))
        except NotFound as exc:
            raise BeaconError(404, str(exc)) from exc

    def _blobs(self, block: L1Block, arguments: dict[str, list[str]]) -> list[str]:
        all_of_them = [IndexedBlobHash(index, item) for index, item in enumerate(block.blob_hashes)]
        hashes = _hashes(arguments)
        wanted = [each for each in all_of_them if not hashes or each.hash in hashes]
        return [to_hex(blob) for blob in self._read(block, wanted)]

    def _sidecars(self, block: L1Block, arguments: dict[str, list[str]]) -> list[dict[str, Any]]:
        listed = _listed(arguments, "indices")
        if not all(item.isascii() and item.isdigit() and len(item) < 5 for item in listed):
            raise BeaconError(400, "indices: expected numbers")
        indices = set(map(int, listed))
        wanted = [
            IndexedBlobHash(index, item)
            for index, item in enumerate(block.blob_hashes)
            if not indices or index in indices
        ]
        blobs = self._read(block, wanted)
        return [_sidecar(each.index, blob) for each, blob in zip(wanted, blobs, strict=True)]


def _sidecar(index: int, blob: bytes) -> dict[str, Any]:
    commitment = blob_commitment(blob)
    return {
        "index": str(index),
        "blob": to_hex(blob),
        "kzg_commitment": to_hex(commitment),
        "kzg_proof": to_hex(blob_proof(blob, commitment)),
    }


def _listed(arguments: dict[str, list[str]], name: str) -> list[str]:
    """Values of a parameter, which may be repeated or joined by commas."""
    return [item for value in arguments.get(name, ()) for item in value.split(",")]


def _hashes(arguments: dict[str, list[str]]) -> set[Hash32]:
    try:
        return {hash_from_hex(item, "versioned_hashes") for item in _listed(arguments, "versioned_hashes")}
    except DecodeError as exc:
        raise BeaconError(400, str(exc)) from exc


class BeaconApp:
    """The ASGI application; ``worker`` carries out requests in the thread of the chain."""

    def __init__(self, methods: BeaconMethods, worker: Executor) -> None:
        self._methods = methods
        self._worker = worker

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, value = await self._answer(scope)
        body = json.dumps(value, separators=(",", ":")).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope) -> tuple[int, Any]:
        if scope["method"] != "GET":
            return 405, {"code": 405, "message": "method not allowed"}
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        loop = asyncio.get_running_loop()
        try:
            return 200, await loop.run_in_executor(self._worker, self._methods.answer, path, query)
        except BeaconError as exc:
            return exc.status, {"code": exc.status, "message": str(exc)}
