"""What beacon nodes answer, read and checked.

A blob is right if the commitment that is computed from it has the hash that L1's transaction names. Nothing
else in an answer counts: not the commitment and not the proof, which since Fusaka may be anything.

Specification: beacon-APIs, getGenesis, getSpec, getBlobs and getBlobSidecars; EIP-4844.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.blobs import BLOB_SIZE
from pyoprollup.eth.kzg import KzgError, blob_commitment, versioned_hash
from pyoprollup.eth.types import Hash32, bytes_from_hex

__all__ = ["genesis_time", "matching_blobs", "slot_duration_ms"]

_MAX_BLOBS = 512
"""More than a block will have for long; each costs tens of milliseconds to check."""
_MAX_NUMBER = 1 << 63


def genesis_time(answer: Any) -> int:
    """When slot 0 began, in Unix seconds. Raises :class:`DecodeError`."""
    return _number(_data(answer).get("genesis_time"), "genesis_time")


def slot_duration_ms(answer: Any) -> int:
    """Milliseconds of a slot. Raises :class:`DecodeError`.

    The specification of the chain has them under a newer name, and whole seconds under an older one.
    """
    data = _data(answer)
    seconds, millis = data.get("SECONDS_PER_SLOT"), data.get("SLOT_DURATION_MS")
    if seconds is None and millis is None:
        raise DecodeError("neither SECONDS_PER_SLOT nor SLOT_DURATION_MS is there")
    found = {
        *([] if seconds is None else [1000 * _number(seconds, "SECONDS_PER_SLOT")]),
        *([] if millis is None else [_number(millis, "SLOT_DURATION_MS")]),
    }
    if len(found) > 1:
        raise DecodeError(f"SECONDS_PER_SLOT is {seconds}, but SLOT_DURATION_MS is {millis}")
    if 0 in found:
        raise DecodeError("a slot has no length: SECONDS_PER_SLOT or SLOT_DURATION_MS is 0")
    return found.pop()


def matching_blobs(answer: Any, wanted: Sequence[Hash32]) -> dict[Hash32, bytes]:
    """Those of the wanted blobs that are in an answer of either form, by hash.

    Raises :class:`DecodeError` if the answer is of neither.
    """
    items = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(items, list):
        raise DecodeError("there is no list of blobs")
    if len(items) > _MAX_BLOBS:
        raise DecodeError(f"{len(items)} blobs are more than a block has")
    missing = set(wanted)
    found: dict[Hash32, bytes] = {}
    for blob in _candidates(items, missing):
        if not missing:
            break
        try:
            blob_hash = versioned_hash(blob_commitment(blob))
        except KzgError:
            continue
        if blob_hash in missing:
            missing.remove(blob_hash)
            found[blob_hash] = blob
    return found


def _candidates(items: list[Any], wanted: set[Hash32]) -> Iterator[bytes]:
    """All blobs, first those that sidecars say are wanted: mostly the others need not be looked at."""
    for item in sorted(items, key=lambda item: not _claims(item, wanted)):
        blob = bytes_from_hex(item.get("blob") if isinstance(item, dict) else item, "blob")
        if len(blob) != BLOB_SIZE:
            raise DecodeError(f"a blob has {BLOB_SIZE} bytes, not {len(blob)}")
        yield blob


def _claims(item: Any, wanted: set[Hash32]) -> bool:
    if not isinstance(item, dict) or "kzg_commitment" not in item:
        return False
    return versioned_hash(bytes_from_hex(item["kzg_commitment"], "kzg_commitment")) in wanted


def _data(answer: Any) -> dict[str, Any]:
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise DecodeError("there is no object 'data'")
    return data


def _number(value: Any, name: str) -> int:
    """A number, which these APIs write as decimal text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MAX_NUMBER:
        raise DecodeError(f"{name}: {str(value)[:80]!r} is not a number")
    return value
