"""EIP-1559 parameters that a chain has from genesis.

Specification: protocol/exec-engine.md and protocol/canyon/overview.md. From Holocene the system
configuration can override them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.rollup.config_reader import ConfigReader

__all__ = ["ChainOpConfig"]


@dataclass(frozen=True, slots=True)
class ChainOpConfig:
    """The ``chain_op_config`` object of ``rollup.json``."""

    eip1559_elasticity: int
    eip1559_denominator: int
    eip1559_denominator_canyon: int | None = None
    """The denominator from Canyon on; ``None`` only on chains without Canyon."""

    @classmethod
    def read(cls, reader: ConfigReader) -> ChainOpConfig:
        """Read the object; raises ``ConfigError``, also for a field that it does not have."""
        config = cls.read_known(reader)
        reader.finish()
        return config

    @classmethod
    def read_known(cls, reader: ConfigReader) -> ChainOpConfig:
        """The same without a look at other fields, as go-ethereum reads it in a genesis file."""
        return cls(
            eip1559_elasticity=reader.uint("eip1559Elasticity"),
            eip1559_denominator=reader.uint("eip1559Denominator"),
            eip1559_denominator_canyon=reader.optional_uint("eip1559DenominatorCanyon"),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form that op-node has for it."""
        fields = {
            "eip1559Elasticity": self.eip1559_elasticity,
            "eip1559Denominator": self.eip1559_denominator,
        }
        if self.eip1559_denominator_canyon is not None:
            fields["eip1559DenominatorCanyon"] = self.eip1559_denominator_canyon
        return fields
