"""What an L2 block itself tells about its L1 origin and system configuration.

Specification: protocol/derivation.md, L2 chain derivation (system configuration at a block);
protocol/holocene/exec-engine.md and protocol/jovian/exec-engine.md (extra data).
"""

from __future__ import annotations

from pyoprollup.derive.l1_info import L1BlockInfo, l1_block_info_from_bytes
from pyoprollup.errors import DecodeError
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import L1InfoFormat
from pyoprollup.rollup.system_config import (
    SystemConfig,
    encode_eip1559_params,
    encode_operator_fee_params,
)
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = ["PayloadError", "decode_extra_data", "payload_to_block_ref", "payload_to_system_config"]


class PayloadError(DecodeError):
    """An L2 block lacks the L1 attributes transaction, or it or the extra data is malformed."""


def payload_to_block_ref(config: RollupConfig, payload: ExecutionPayload) -> L2BlockRef:
    """Reference to an L2 block, its L1 origin read from its first transaction.

    Raises :class:`PayloadError`.
    """
    genesis = config.genesis
    if payload.block_number == genesis.l2.number:
        _check_genesis(config, payload)
        origin, sequence_number = genesis.l1, 0
    else:
        info = _l1_info(config, payload)
        origin, sequence_number = BlockID(info.block_hash, info.number), info.sequence_number
    return L2BlockRef(
        hash=payload.block_hash,
        number=payload.block_number,
        parent_hash=payload.parent_hash,
        time=payload.timestamp,
        l1_origin=origin,
        sequence_number=sequence_number,
    )


def payload_to_system_config(
    config: RollupConfig, payload: ExecutionPayload, bundles: UpgradeBundles | None = None
) -> SystemConfig:
    """The system configuration that held at an L2 block.

    ``bundles`` tells the gas by which an upgrade's activation block exceeds the configured gas
    limit; it is taken off again. Raises :class:`PayloadError`.
    """
    if payload.block_number == config.genesis.l2.number:
        _check_genesis(config, payload)
        return config.genesis.system_config
    info = _l1_info(config, payload)
    time = L2Time(payload.timestamp)
    rules = config.schedule.at_l2(time)
    scalar = info.l1_fee_scalar
    if config.schedule.l1_info_format(time) is not L1InfoFormat.BEDROCK:
        # Whether the scalar was in the older form before cannot be told, and has no effect.
        scalar = info.packed_scalar()
    eip1559_params, min_base_fee = bytes(8), 0
    if rules.eip1559_params:
        eip1559_params, min_base_fee = decode_extra_data(payload.extra_data, rules.min_base_fee)
    extra_gas = (bundles or UpgradeBundles()).gas_to_strip(config, time)
    return SystemConfig(
        batcher_addr=info.batcher_addr,
        overhead=info.l1_fee_overhead,
        scalar=scalar,
        gas_limit=payload.gas_limit - extra_gas,
        eip1559_params=eip1559_params,
        operator_fee_params=encode_operator_fee_params(info.operator_fee_scalar, info.operator_fee_constant),
        min_base_fee=min_base_fee,
        da_footprint_gas_scalar=info.da_footprint_gas_scalar,
    )


def decode_extra_data(extra_data: bytes, has_min_base_fee: bool) -> tuple[bytes, int]:
    """EIP-1559 parameters (8 bytes) and minimum base fee (wei) from a header's extra data.

    ``version (1) ++ denominator (u32) ++ elasticity (u32) [++ min_base_fee (u64)]``, version 0
    without and 1 with the minimum. Raises :class:`PayloadError`.
    """
    length, version = (17, 1) if has_min_base_fee else (9, 0)
    if len(extra_data) != length or extra_data[0] != version:
        raise PayloadError(f"extra data 0x{extra_data.hex()}, expected {length} bytes of version {version}")
    denominator = int.from_bytes(extra_data[1:5], "big")
    elasticity = int.from_bytes(extra_data[5:9], "big")
    if not denominator or not elasticity:
        raise PayloadError(f"extra data 0x{extra_data.hex()}: denominator and elasticity must not be 0")
    return encode_eip1559_params(denominator, elasticity), int.from_bytes(extra_data[9:], "big")


def _check_genesis(config: RollupConfig, payload: ExecutionPayload) -> None:
    expected = config.genesis.l2
    if payload.block_hash != expected.hash:
        raise PayloadError(f"L2 genesis 0x{payload.block_hash.hex()}, expected {expected}")


def _l1_info(config: RollupConfig, payload: ExecutionPayload) -> L1BlockInfo:
    if not payload.transactions:
        raise PayloadError(f"L2 block 0x{payload.block_hash.hex()} has no L1 attributes transaction")
    try:
        deposit = DepositTransaction.decode(payload.transactions[0])
        return l1_block_info_from_bytes(config, L2Time(payload.timestamp), deposit.data)
    except DecodeError as exc:
        raise PayloadError(f"L2 block 0x{payload.block_hash.hex()}: {exc}") from exc
