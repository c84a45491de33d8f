"""The EIP-1559 parameters in a header's ``extraData``.

Specification: protocol/holocene/exec-engine.md and protocol/jovian/exec-engine.md. Layouts, big-endian:

* before Holocene: empty;
* Holocene: version 0, denominator (4 bytes), elasticity (4 bytes);
* Jovian: version 1, denominator, elasticity, minimum base fee (8 bytes, wei).
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import U64_MAX
from pyoprollup.evm.errors import BlockFault, InvalidBlock
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import Rules

__all__ = [
    "FeeParams",
    "chain_fee_params",
    "decode_extra_data",
    "encode_extra_data",
    "required_chain_op_config",
]


@dataclass(frozen=True, slots=True)
class FeeParams:
    """How the base fee reacts to full blocks; ``min_base_fee`` is in wei."""

    denominator: int
    elasticity: int
    min_base_fee: int = 0


def required_chain_op_config(config: RollupConfig) -> ChainOpConfig:
    """The parameters that a chain has from genesis; raises ``ConfigError`` if the configuration has none."""
    if config.chain_op_config is None:
        raise ConfigError("chain_op_config: execution needs it")
    return config.chain_op_config


def chain_fee_params(chain: ChainOpConfig, rules: Rules) -> FeeParams:
    """The parameters of the chain's configuration, in a block under ``rules``."""
    denominator = chain.eip1559_denominator
    if rules.evm.canyon_denominator and chain.eip1559_denominator_canyon is not None:
        denominator = chain.eip1559_denominator_canyon
    return FeeParams(denominator, chain.eip1559_elasticity)


def decode_extra_data(rules: Rules, extra_data: bytes) -> FeeParams | None:
    """The parameters of a block under ``rules``; ``None`` before Holocene.

    Raises :class:`InvalidBlock` for any other form than the one that ``rules`` ask for.
    """
    if not rules.eip1559_params:
        if extra_data:
            raise InvalidBlock(BlockFault.EXTRA_DATA, "must be empty before Holocene")
        return None
    size, version = (17, 1) if rules.min_base_fee else (9, 0)
    if len(extra_data) != size or extra_data[0] != version:
        text = f"expected {size} bytes of version {version}, got 0x{extra_data[:40].hex()}"
        raise InvalidBlock(BlockFault.EXTRA_DATA, text)
    denominator = int.from_bytes(extra_data[1:5], "big")
    elasticity = int.from_bytes(extra_data[5:9], "big")
    if not denominator or not elasticity:
        raise InvalidBlock(BlockFault.EXTRA_DATA, f"a parameter is zero: 0x{extra_data.hex()}")
    return FeeParams(denominator, elasticity, int.from_bytes(extra_data[9:], "big"))


def encode_extra_data(
    rules: Rules, chain: ChainOpConfig, eip1559_params: bytes | None, min_base_fee: int | None
) -> bytes:
    """``extraData`` of a block that is built with these payload attributes.

    All-zero parameters stand for those of the chain's configuration. Raises :class:`InvalidBlock`.
    """
    if not rules.min_base_fee and min_base_fee is not None:
        raise InvalidBlock(BlockFault.MIN_BASE_FEE, "must be absent before Jovian")
    if not rules.eip1559_params:
        if eip1559_params is not None:
            raise InvalidBlock(BlockFault.EIP1559_PARAMS, "must be absent before Holocene")
        return b""
    if eip1559_params is None or len(eip1559_params) != 8:
        raise InvalidBlock(BlockFault.EIP1559_PARAMS, "must be 8 bytes from Holocene on")
    if not any(eip1559_params):
        params = chain_fee_params(chain, rules)
        eip1559_params = params.denominator.to_bytes(4, "big") + params.elasticity.to_bytes(4, "big")
    elif not any(eip1559_params[:4]) or not any(eip1559_params[4:]):
        raise InvalidBlock(BlockFault.EIP1559_PARAMS, f"one of them is zero: 0x{eip1559_params.hex()}")
    if not rules.min_base_fee:
        return b"\x00" + eip1559_params
    if min_base_fee is None or not 0 <= min_base_fee <= U64_MAX:
        raise InvalidBlock(BlockFault.MIN_BASE_FEE, "must be a 64-bit number from Jovian on")
    return b"\x01" + eip1559_params + min_base_fee.to_bytes(8, "big")
