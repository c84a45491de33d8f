"""What payload attributes and payloads must have by the fork of their time, before all other checks.

Specification: protocol/exec-engine.md, Engine API; protocol/holocene/exec-engine.md;
protocol/isthmus/exec-engine.md; protocol/jovian/exec-engine.md. Engines behind JSON-RPC have this from the
versions of their methods. What needs the parent or the state is checked by executing the block.
"""

from __future__ import annotations

from pyoprollup.engine.errors import InvalidPayloadAttributes
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import FIELDS_SINCE, has_field, wrong_field
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["check_attributes", "wrong_payload"]

_NO_WITHDRAWALS = "withdrawals: L2 blocks have none"


def check_attributes(config: RollupConfig, attributes: PayloadAttributes) -> None:
    """Raise :class:`InvalidPayloadAttributes` unless all fields of the fork are there, and no others."""
    rules = config.rules_at_l2(L2Time(attributes.timestamp))
    params = attributes.eip1559_params
    error = _wrong_presence("withdrawals", attributes.withdrawals is not None, rules.withdrawals)
    error = error or _wrong_presence(
        "parent beacon block root",
        attributes.parent_beacon_block_root is not None,
        rules.parent_beacon_block_root,
    )
    error = error or _wrong_presence("gas limit", attributes.gas_limit is not None, True)
    if attributes.withdrawals:
        error = error or _NO_WITHDRAWALS
    error = error or _wrong_presence("EIP-1559 parameters", bool(params), rules.eip1559_params)
    if params and (len(params) != 8 or any(params[:4]) != any(params[4:])):
        error = error or f"EIP-1559 parameters: 0x{params[:40].hex()} is malformed"
    error = error or _wrong_presence(
        "minimum base fee", attributes.min_base_fee is not None, rules.min_base_fee
    )
    if error is not None:
        raise InvalidPayloadAttributes(error)


def wrong_payload(config: RollupConfig, envelope: ExecutionPayloadEnvelope) -> str | None:
    """What a payload lacks or has too much of; ``None`` for one that has the fields of its fork.

    Payloads that differ only in this can have the same block hash: a missing number is hashed as a
    zero if fields follow it, and empty transactions are left out of the trie.
    """
    payload = envelope.payload
    if payload.withdrawals:
        return _NO_WITHDRAWALS
    if not all(payload.transactions):
        return "transaction: an empty one"
    version = config.rules_at_l2(L2Time(payload.timestamp)).payload_version
    name = wrong_field(version, envelope)
    if name is None:
        return None
    return _wrong_presence(name.replace("_", " "), has_field(envelope, name), version >= FIELDS_SINCE[name])


def _wrong_presence(name: str, present: bool, expected: bool) -> str | None:
    if present == expected:
        return None
    return f"{name}: must be {'present' if expected else 'absent'}"
