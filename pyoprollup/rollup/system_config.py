"""The system configuration: what the ``SystemConfig`` contract on L1 controls about the chain.

Specification: protocol/system-config.md; protocol/holocene/system-config.md;
protocol/isthmus/system-config.md; protocol/jovian/system-config.md. The value carries over from
L2 block to L2 block and changes through events of the contract
(:mod:`pyoprollup.rollup.system_config_updates`); the first one is part of the rollup configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, to_hex
from pyoprollup.rollup.config_reader import ConfigReader
from pyoprollup.rollup.fee_scalars import EcotoneScalars, ecotone_scalars
from pyoprollup.rollup.fork import Fork

__all__ = ["SystemConfig", "encode_eip1559_params", "encode_operator_fee_params"]


def encode_eip1559_params(denominator: int, elasticity: int) -> bytes:
    """The 8 bytes of Holocene: denominator and elasticity, 32 bits each, big-endian."""
    return denominator.to_bytes(4, "big") + elasticity.to_bytes(4, "big")


def encode_operator_fee_params(scalar: int, constant: int) -> Hash32:
    """The word of Isthmus: scalar (32 bits) at byte 20, constant (64 bits) at byte 24."""
    return Hash32(bytes(20) + scalar.to_bytes(4, "big") + constant.to_bytes(8, "big"))


@dataclass(frozen=True, slots=True)
class SystemConfig:
    """One value of the system configuration.

    ``scalar`` and ``overhead`` are kept as the words that L1 emitted; from Ecotone ``scalar`` is
    packed (see :mod:`pyoprollup.rollup.fee_scalars`) and ``overhead`` is zero. The defaults of the
    newer fields mean "never set".
    """

    batcher_addr: Address = ZERO_ADDRESS
    """Whose transactions to the batch inbox count."""
    overhead: Hash32 = ZERO_HASH
    scalar: Hash32 = ZERO_HASH
    gas_limit: int = 0
    """Gas limit of L2 blocks (64 bits)."""
    eip1559_params: bytes = bytes(8)
    """Holocene's denominator and elasticity; zero: the chain's own from genesis hold."""
    operator_fee_params: Hash32 = ZERO_HASH
    """Isthmus: the word that L1 emitted, see :func:`encode_operator_fee_params`."""
    min_base_fee: int = 0
    """Jovian: wei below which the base fee does not fall (64 bits)."""
    da_footprint_gas_scalar: int = 0
    """Jovian: gas per byte of estimated DA usage (16 bits); zero: the protocol's default of 400."""

    @property
    def eip1559_denominator(self) -> int:
        return int.from_bytes(self.eip1559_params[:4], "big")

    @property
    def eip1559_elasticity(self) -> int:
        return int.from_bytes(self.eip1559_params[4:], "big")

    @property
    def operator_fee_scalar(self) -> int:
        return int.from_bytes(self.operator_fee_params[20:24], "big")

    @property
    def operator_fee_constant(self) -> int:
        return int.from_bytes(self.operator_fee_params[24:32], "big")

    def ecotone_scalars(self) -> EcotoneScalars:
        """Base fee and blob base fee scalars; raises ``ScalarError`` when ``scalar`` is malformed."""
        return ecotone_scalars(self.scalar)

    @classmethod
    def from_json(cls, value: object, path: str = "system_config") -> SystemConfig:
        """Read op-node's form, and kona's, whose newer fields are split and may be ``null``.

        Raises :class:`ConfigError` naming the field.
        """
        return cls.read(ConfigReader(value, path))

    @classmethod
    def read(cls, reader: ConfigReader) -> SystemConfig:
        """:meth:`from_json` of an object that is part of a larger one."""
        config = cls(
            batcher_addr=reader.optional_address("batcherAddr") or reader.address("batcherAddress"),
            overhead=reader.hash("overhead"),
            scalar=reader.hash("scalar"),
            gas_limit=reader.uint("gasLimit"),
            eip1559_params=_eip1559_params(reader),
            operator_fee_params=_operator_fee_params(reader),
            min_base_fee=reader.uint("minBaseFee"),
            da_footprint_gas_scalar=reader.uint("daFootprintGasScalar", 16),
        )
        # kona repeats what ``scalar`` already says.
        reader.optional_uint("baseFeeScalar")
        reader.optional_uint("blobBaseFeeScalar")
        reader.finish()
        return config

    def to_json(self, known_to: Fork = Fork.JOVIAN) -> dict[str, Any]:
        """op-node's form, with the fields that software of the fork ``known_to`` reads.

        Software refuses configurations with fields that it does not know, which is why older
        forms matter at all.
        """
        fields: dict[str, Any] = {
            "batcherAddr": to_hex(self.batcher_addr),
            "overhead": to_hex(self.overhead),
            "scalar": to_hex(self.scalar),
            "gasLimit": self.gas_limit,
        }
        if known_to >= Fork.HOLOCENE:
            fields["eip1559Params"] = to_hex(self.eip1559_params)
        if known_to >= Fork.ISTHMUS:
            fields["operatorFeeParams"] = to_hex(self.operator_fee_params)
        if known_to >= Fork.JOVIAN:
            fields["minBaseFee"] = self.min_base_fee
            fields["daFootprintGasScalar"] = self.da_footprint_gas_scalar
        return fields


def _eip1559_params(reader: ConfigReader) -> bytes:
    packed = reader.optional_bytes("eip1559Params", 8)
    split = encode_eip1559_params(reader.uint("eip1559Denominator", 32), reader.uint("eip1559Elasticity", 32))
    return _same(reader.name("eip1559Params"), packed, split)


def _operator_fee_params(reader: ConfigReader) -> Hash32:
    packed = reader.optional_bytes("operatorFeeParams", 32)
    split = encode_operator_fee_params(
        reader.uint("operatorFeeScalar", 32), reader.uint("operatorFeeConstant", 64)
    )
    return Hash32(_same(reader.name("operatorFeeParams"), packed, split))


def _same(field: str, packed: bytes | None, split: bytes) -> bytes:
    """``packed`` and ``split`` are two spellings of one value; either may be missing."""
    if packed is None:
        return split
    if any(split) and split != packed:
        raise ConfigError(f"{field}: {to_hex(packed)} contradicts the separate fields, {to_hex(split)}")
    return packed
