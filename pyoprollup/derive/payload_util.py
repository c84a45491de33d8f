"""Reads an L2 block's L1 origin and system configuration from the block itself.

Specification: protocol/derivation.md, L2 Chain Derivation Pipeline (system configuration at a block);
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

__all__ = [
    "PayloadError",
    "decode_extra_data",
    "payload_to_block_ref",
    "payload_to_system_config",
    "read_payload",
]


class PayloadError(DecodeError):
    """An L2 block lacks the L1 attributes transaction, or it or the extra data is malformed."""


def payload_to_block_ref(config: RollupConfig, payload: ExecutionPayload) -> L2BlockRef:
    """Reference to an L2 block, its L1 origin read from its first transaction.

    Raises :class:`PayloadError`.
    """
    return _block_ref(config, payload, _l1_info(config, payload))


def payload_to_system_config(
    config: RollupConfig, payload: ExecutionPayload, bundles: UpgradeBundles | None = None
) -> SystemConfig:
    """The system configuration that held at an L2 block.

    ``bundles`` has the gas by which an upgrade's activation block exceeds the configured gas
    limit; it is taken off again. Raises :class:`PayloadError`.
    """
    return _system_config(config, payload, _l1_info(config, payload), bundles)


def read_payload(
    config: RollupConfig, payload: ExecutionPayload, bundles: UpgradeBundles | None = None
) -> tuple[L2BlockRef, SystemConfig]:
    """Both of the above, for the price of one. Raises :class:`PayloadError`."""
    info = _l1_info(config, payload)
    return _block_ref(config, payload, info), _system_config(config, payload, info, bundles)


def _block_ref(config: RollupConfig, payload: ExecutionPayload, info: L1BlockInfo | None) -> L2BlockRef:
    if info is None:
        origin, sequence_number = config.genesis.l1, 0
    else:
        origin, sequence_number = BlockID(info.block_hash, info.number), info.sequence_number
    return L2BlockRef(
        payload.block_hash,
        payload.block_number,
        payload.parent_hash,
        payload.timestamp,
        origin,
        sequence_number,
    )


def _system_config(
    config: RollupConfig,
    payload: ExecutionPayload,
    info: L1BlockInfo | None,
    bundles: UpgradeBundles | None,
) -> SystemConfig:
    if info is None:
        return config.genesis.system_config
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
    if extra_gas > payload.gas_limit:
        raise PayloadError(f"gas limit {payload.gas_limit} is less than the upgrade's gas, {extra_gas}")
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


def _l1_info(config: RollupConfig, payload: ExecutionPayload) -> L1BlockInfo | None:
    """What the block's L1 attributes transaction says; ``None`` for the genesis block."""
    genesis = config.genesis.l2
    if payload.block_number == genesis.number:
        if payload.block_hash != genesis.hash:
            raise PayloadError(f"L2 genesis 0x{payload.block_hash.hex()}, expected {genesis}")
        return None
    if not payload.transactions:
        raise PayloadError(f"L2 block 0x{payload.block_hash.hex()} has no L1 attributes transaction")
    try:
        deposit = DepositTransaction.decode(payload.transactions[0])
        return l1_block_info_from_bytes(config, L2Time(payload.timestamp), deposit.data)
    except DecodeError as exc:
        raise PayloadError(f"L2 block 0x{payload.block_hash.hex()}: {exc}") from exc
