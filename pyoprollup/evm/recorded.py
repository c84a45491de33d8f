"""A block recorded with all the state that executing it reads: its witness.

The JSON form is an object with ``rollup_config``, ``parent_header_rlp``, ``executing_payload`` (payload
attributes as the Engine API has them), ``preimages`` (hash to bytes: trie nodes, code, headers) and what is
expected, ``expected_header_rlp`` and, optionally, ``expected_receipts``. Binary values are hex.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import bytes_from_hex, hash_from_hex
from pyoprollup.evm.block import ExecutedBlock, build_block
from pyoprollup.rollup.config import RollupConfig

__all__ = ["RecordedBlock"]


@dataclass(frozen=True, slots=True)
class RecordedBlock:
    """A block, its witness, and the header that it has to come to."""

    config: RollupConfig
    parent: Header
    attributes: PayloadAttributes
    preimages: dict[bytes, bytes]
    header: Header
    receipts: tuple[bytes, ...] | None
    """EIP-2718 bytes of the receipts, if they are recorded."""

    @classmethod
    def from_json(cls, value: object, config: RollupConfig | None = None) -> RecordedBlock:
        """Read a recording; ``config`` replaces the one in it.

        Raises :class:`DecodeError` for anything malformed, a pre-image under a wrong hash included, and
        ``ConfigError``.
        """
        obj = QuantityReader(value, "block")
        return cls(
            config=_config(obj.object("rollup_config")) if config is None else config,
            parent=Header.decode(obj.data("parent_header_rlp")),
            attributes=PayloadAttributes.from_json(obj.object("executing_payload")),
            preimages=_preimages(obj.object("preimages")),
            header=Header.decode(obj.data("expected_header_rlp")),
            receipts=obj.optional("expected_receipts", obj.data_list),
        )

    def execute(self) -> ExecutedBlock:
        """Build the block; raises ``InvalidBlock``, ``MissingStateError`` and ``DecodeError``."""
        return build_block(self.config, self.parent, self.attributes, self.preimages)


def _config(value: object) -> RollupConfig:
    if isinstance(value, dict) and value.get("regolith_time") is None:
        # Some clients write no time for Regolith: for them it is active if a later fork is.
        value = {**value, "regolith_time": value.get("canyon_time")}
    return RollupConfig.from_json(value)


def _preimages(value: object) -> dict[bytes, bytes]:
    if not isinstance(value, dict):
        raise DecodeError("block.preimages: expected an object")
    preimages: dict[bytes, bytes] = {}
    for key, item in value.items():
        data = bytes_from_hex(item, "block.preimages")
        digest = hash_from_hex(key, "block.preimages")
        if keccak256(data) != digest:
            raise DecodeError(f"block.preimages: 0x{digest.hex()} is not the hash of its value")
        preimages[digest] = data
    return preimages
