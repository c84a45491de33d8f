"""Headers of L1 blocks, verified: the hash is computed, never read.

Specification: Ethereum JSON-RPC specification, eth_getBlockByHash and eth_getBlockByNumber.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.eth.headers import Header
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Hash32, to_hex, to_quantity
from pyoprollup.l1.rpc.endpoint import Endpoint
from pyoprollup.l1.rpc.errors import NotAtHand, Unverified
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.sources.l1 import BlockInfo

__all__ = [
    "VerifiedHeader",
    "block_by_hash",
    "header_by_hash",
    "header_by_label",
    "header_by_number",
    "verified_header",
]

_NOT_FOUND_TEXTS = ("not found", "unknown block", "does not exist")
_SIZE = 1200
"""Bytes that a header takes, about."""


@dataclass(frozen=True, slots=True)
class VerifiedHeader:
    """A header whose hash was computed, and what is read of it most."""

    header: Header
    info: BlockInfo

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return _SIZE + len(self.header.extra_data)


def header_by_hash(endpoint: Endpoint, block_hash: Hash32) -> VerifiedHeader:
    """The header of a block; raises :class:`NotFound` and ``Unavailable``."""
    return block_by_hash(endpoint, block_hash, False)[0]


def block_by_hash(endpoint: Endpoint, block_hash: Hash32, full: bool) -> tuple[VerifiedHeader, list[Any]]:
    """The verified header and the transactions of the answer, which are not verified: hashes, or all of
    them.
    """
    what = f"L1 block {to_hex(block_hash)}"
    block = _asked(endpoint, what, "eth_getBlockByHash", to_hex(block_hash), full)
    if block is None:
        raise NotFound(f"{what} is not known")
    verified = verified_header(block, block_hash)
    try:
        return verified, QuantityReader(block, "block").items("transactions")
    except DecodeError as exc:
        raise Unverified(f"{what}: {exc}") from exc


def header_by_number(endpoint: Endpoint, number: int) -> VerifiedHeader:
    """The header of the canonical block of a height; raises :class:`NotFound` and ``Unavailable``."""
    block = _asked(endpoint, f"L1 block {number}", "eth_getBlockByNumber", to_quantity(number), False)
    if block is None:
        raise NotFound(f"L1 block {number} is not known")
    verified = verified_header(block)
    if verified.header.number != number:
        raise Unverified(f"asked for L1 block {number}, got block {verified.header.number}")
    return verified


def header_by_label(endpoint: Endpoint, label: BlockLabel) -> VerifiedHeader:
    """The header of the head, the safe or the finalized block.

    Raises :class:`NotFound` if there is none yet, which counts for the latter two only, and ``Unavailable``.
    """
    try:
        block = _asked(endpoint, f"the {label} L1 block", "eth_getBlockByNumber", str(label), False)
    except Unverified as exc:
        cause = exc.__cause__
        if isinstance(cause, JsonRpcError) and any(text in cause.message for text in _NOT_FOUND_TEXTS):
            block = None
        else:
            raise
    if block is None:
        if label is BlockLabel.UNSAFE:
            raise NotAtHand("it has no latest block")
        raise NotFound(f"there is no {label} L1 block yet")
    return verified_header(block)


def verified_header(block: Any, wanted: Hash32 | None = None) -> VerifiedHeader:
    """The header of an answer, if it has the hash that was asked for, or else that it claims.

    Raises :class:`Unverified`.
    """
    try:
        header = Header.from_json(block)
        claimed = QuantityReader(block, "block").hash("hash")
    except DecodeError as exc:
        raise Unverified(f"an L1 block without a header: {exc}") from exc
    computed = header.hash()
    if computed != (wanted or claimed):
        raise Unverified(_mismatch(header.number, computed, claimed, wanted))
    return VerifiedHeader(header, BlockInfo.of(header, computed))


def _mismatch(number: int, computed: Hash32, claimed: Hash32, wanted: Hash32 | None) -> str:
    if wanted not in (None, claimed):
        return f"asked for L1 block {to_hex(wanted or claimed)}, got block {number}, {to_hex(claimed)}"
    return (
        f"the header of L1 block {number} has the hash {to_hex(computed)}, not {to_hex(claimed)}: "
        "it was tampered with, or is it of a newer L1 fork than this version knows?"
    )


def _asked(endpoint: Endpoint, what: str, method: str, *params: Any) -> Any:
    """The answer; what the method says is a failure of the endpoint, as these have no errors of their own."""
    try:
        return endpoint.call(method, *params)
    except JsonRpcError as exc:
        raise Unverified(f"{what}: {method}: {exc}") from exc
