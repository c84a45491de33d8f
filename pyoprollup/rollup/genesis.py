"""Where the rollup starts: the anchor on both chains and the first system configuration.

Specification: protocol/derivation.md, L2 Chain Derivation Pipeline. Nothing is derived from the L1 block
named here or from those before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH, to_hex
from pyoprollup.rollup.config_reader import ConfigReader
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.system_config import SystemConfig

__all__ = ["Genesis"]

_NO_BLOCK = BlockID(ZERO_HASH, 0)


@dataclass(frozen=True, slots=True)
class Genesis:
    """The rollup starts *after* L1 block ``l1`` with L2 block ``l2``, whose timestamp is ``l2_time``."""

    l1: BlockID = _NO_BLOCK
    l2: BlockID = _NO_BLOCK
    l2_time: int = 0
    system_config: SystemConfig = field(default_factory=SystemConfig)

    @classmethod
    def read(cls, reader: ConfigReader) -> Genesis:
        """Read the ``genesis`` object of ``rollup.json``; raises ``ConfigError``."""
        genesis = cls(
            l1=_block_id(reader.section("l1")),
            l2=_block_id(reader.section("l2")),
            l2_time=reader.uint("l2_time"),
            system_config=SystemConfig.read(reader.section("system_config")),
        )
        reader.finish()
        return genesis

    def to_json(self, known_to: Fork = Fork.KARST) -> dict[str, Any]:
        """The form of ``rollup.json``; for ``known_to`` see :meth:`SystemConfig.to_json`."""
        return {
            "l1": {"hash": to_hex(self.l1.hash), "number": self.l1.number},
            "l2": {"hash": to_hex(self.l2.hash), "number": self.l2.number},
            "l2_time": self.l2_time,
            "system_config": self.system_config.to_json(known_to),
        }


def _block_id(reader: ConfigReader) -> BlockID:
    block = BlockID(reader.hash("hash"), reader.uint("number"))
    reader.finish()
    return block
