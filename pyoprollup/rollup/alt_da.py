"""Configuration of a chain whose batches lie outside L1, behind commitments on L1.

Specification: experimental/alt-da.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, Address, to_hex
from pyoprollup.rollup.config_reader import ConfigReader

__all__ = ["DEFAULT_MAX_INPUT_SIZE", "GENERIC_COMMITMENT", "KECCAK256_COMMITMENT", "AltDAConfig"]

DEFAULT_MAX_INPUT_SIZE = 130672
"""Largest input of a Keccak commitment that fits a transaction of the challenge contract, in bytes."""

KECCAK256_COMMITMENT = "KeccakCommitment"
"""Commitments are hashes of the data, and whoever withholds it can be challenged on L1."""

GENERIC_COMMITMENT = "GenericCommitment"
"""Commitments mean something to the DA server alone; there are no challenges."""


@dataclass(frozen=True, slots=True)
class AltDAConfig:
    """The ``alt_da`` object of ``rollup.json``. Windows count L1 blocks."""

    da_challenge_contract_address: Address = ZERO_ADDRESS
    da_commitment_type: str = ""
    da_challenge_window: int = 0
    """How long after its commitment data can be challenged."""
    da_resolve_window: int = 0
    """How long a challenge can be answered."""
    da_max_input_size: int | None = None
    """Largest input of a Keccak commitment in bytes; ``None``: what fits a transaction of the contract."""

    @property
    def max_input_size(self) -> int:
        """The limit in force."""
        return DEFAULT_MAX_INPUT_SIZE if self.da_max_input_size is None else self.da_max_input_size

    @classmethod
    def read(cls, reader: ConfigReader) -> AltDAConfig:
        """Read op-node's form, or kona's, which shortens the address's name.

        Raises :class:`ConfigError`.
        """
        long = reader.optional_address("da_challenge_contract_address")
        short = reader.optional_address("da_challenge_address")
        config = cls(
            da_challenge_contract_address=long or short or ZERO_ADDRESS,
            da_commitment_type=reader.optional_text("da_commitment_type") or "",
            da_challenge_window=reader.uint("da_challenge_window"),
            da_resolve_window=reader.uint("da_resolve_window"),
            da_max_input_size=reader.optional_uint("da_max_input_size"),
        )
        reader.finish()
        return config

    def to_json(self) -> dict[str, Any]:
        """The JSON form that op-node has for it."""
        fields: dict[str, Any] = {
            "da_challenge_contract_address": to_hex(self.da_challenge_contract_address),
            "da_commitment_type": self.da_commitment_type,
        }
        if self.da_max_input_size is not None:
            fields["da_max_input_size"] = self.da_max_input_size
        return fields | {
            "da_challenge_window": self.da_challenge_window,
            "da_resolve_window": self.da_resolve_window,
        }

    def check(self) -> None:
        """Raise :class:`ConfigError` unless commitment type, largest input and contract fit together."""
        if self.da_max_input_size is not None:
            if self.da_commitment_type == GENERIC_COMMITMENT:
                raise ConfigError("alt_da.da_max_input_size: generic commitments have no limit")
            if not self.da_max_input_size:
                raise ConfigError("alt_da.da_max_input_size: must be greater than 0")
        contract = self.da_challenge_contract_address
        if self.da_commitment_type == KECCAK256_COMMITMENT:
            if contract == ZERO_ADDRESS:
                raise ConfigError(
                    "alt_da.da_challenge_contract_address: missing, but Keccak commitments need it"
                )
        elif self.da_commitment_type == GENERIC_COMMITMENT:
            if contract != ZERO_ADDRESS:
                raise ConfigError(
                    f"alt_da.da_challenge_contract_address: {to_hex(contract)}, "
                    "but generic commitments cannot be challenged"
                )
        else:
            raise ConfigError(f"alt_da.da_commitment_type: unknown type {self.da_commitment_type!r}")
