"""Small readers that the checks share: configurations and block references of the vectors."""

from __future__ import annotations

from typing import Any

from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32, bytes_from_hex, hash_from_hex
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.vectors.core import Case

__all__ = ["config_of", "data", "l1_ref", "l2_ref", "optional_hex"]


def data(value: Any) -> bytes:
    """Bytes of a hex field; ``null`` is empty, as in Go."""
    return b"" if value is None else bytes_from_hex(value)


def optional_hex(value: bytes | None) -> str | None:
    """Hex of bytes, ``None`` for none."""
    return None if value is None else "0x" + value.hex()


def config_of(forks: Case, **fields: Any) -> RollupConfig:
    """A configuration with these fork times (JSON names) and fields, and defaults for the rest."""
    return RollupConfig.from_json({**forks, **fields})


def l1_ref(value: Case) -> L1BlockRef:
    return L1BlockRef(
        hash_from_hex(value["hash"]),
        value["number"],
        hash_from_hex(value["parentHash"]),
        value["timestamp"],
    )


def l2_ref(value: Case) -> L2BlockRef:
    origin = value["l1origin"]
    return L2BlockRef(
        hash_from_hex(value["hash"]),
        value["number"],
        Hash32(bytes_from_hex(value["parentHash"])),
        value["timestamp"],
        BlockID(hash_from_hex(origin["hash"]), origin["number"]),
        value["sequenceNumber"],
    )
