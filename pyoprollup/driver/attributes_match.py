"""Consolidation: compares an unsafe block with derived attributes.

Specification: protocol/derivation.md, L1-consolidation: payload attributes matching;
protocol/holocene/exec-engine.md and protocol/jovian/exec-engine.md (extra data).
"""

from __future__ import annotations

from pyoprollup.derive.payload_util import PayloadError, decode_extra_data
from pyoprollup.errors import RollupError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import encode_eip1559_params
from pyoprollup.rollup.time import L2Time

__all__ = ["AttributesMismatch", "attributes_match_block"]


_DEFAULT_EIP1559 = (250, 6)
"""Denominator and elasticity of chains whose configuration does not say."""


class AttributesMismatch(RollupError):
    """The block is another one; the message names the field and both values."""


def attributes_match_block(
    config: RollupConfig,
    attributes: PayloadAttributes,
    parent_hash: Hash32,
    envelope: ExecutionPayloadEnvelope,
) -> None:
    """Raise :class:`AttributesMismatch` unless the block is the one that ``attributes`` describe."""
    block = envelope.payload
    _same("parent hash", parent_hash, block.parent_hash)
    _same("timestamp", attributes.timestamp, block.timestamp)
    _same("prev randao", attributes.prev_randao, block.prev_randao)
    _same("transaction count", len(attributes.transactions), len(block.transactions))
    for index, (derived, actual) in enumerate(zip(attributes.transactions, block.transactions, strict=True)):
        _same(f"transaction {index}", derived, actual)
    _same("gas limit", attributes.gas_limit, block.gas_limit)
    _same("withdrawals", attributes.withdrawals, block.withdrawals)
    rules = config.rules_at_l2(L2Time(attributes.timestamp))
    _same("withdrawals root is set", rules.withdrawals_root_in_header, block.withdrawals_root is not None)
    _same("parent beacon block root", attributes.parent_beacon_block_root, envelope.parent_beacon_block_root)
    _same("fee recipient", attributes.suggested_fee_recipient, block.fee_recipient)
    if rules.eip1559_params:
        _same_fee_parameters(config, attributes, block, rules.min_base_fee)


def _same_fee_parameters(
    config: RollupConfig, attributes: PayloadAttributes, block: ExecutionPayload, has_min_base_fee: bool
) -> None:
    try:
        params, min_base_fee = decode_extra_data(block.extra_data, has_min_base_fee)
    except PayloadError as error:
        raise AttributesMismatch(str(error)) from error
    derived = attributes.eip1559_params
    if derived is not None and not any(derived):
        derived = _constants(config)
    _same("EIP-1559 parameters", derived, params)
    if has_min_base_fee:
        _same("minimum base fee", attributes.min_base_fee, min_base_fee)


def _constants(config: RollupConfig) -> bytes:
    """What zero parameters stand for: a header has them written out."""
    options = config.chain_op_config
    if options is None:
        return encode_eip1559_params(*_DEFAULT_EIP1559)
    denominator = options.eip1559_denominator_canyon or options.eip1559_denominator
    return encode_eip1559_params(denominator, options.eip1559_elasticity)


def _same(field: str, derived: object, actual: object) -> None:
    if derived != actual:
        raise AttributesMismatch(f"{field}: derived {_short(derived)}, block has {_short(actual)}")


def _short(value: object) -> str:
    if isinstance(value, bytes):
        value = "0x" + value.hex()
    text = str(value)
    return text if len(text) <= 100 else f"{text[:80]}… ({len(text)} characters)"
