"""The versions of execution payloads: which field came with which.

One table, read by the Engine API's client and server, by gossip and by SSZ. Which version a block has
follows from its time (:attr:`pyoprollup.rollup.rules.Rules.payload_version`); what fields a payload at hand
has tells which version has room for it. Specification: protocol/exec-engine.md, Engine API;
protocol/rollup-node-p2p.md, Block encoding; protocol/isthmus/exec-engine.md.
"""

from __future__ import annotations

from enum import IntEnum

from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32

__all__ = ["FIELDS_SINCE", "BlockVersion", "has_field", "payload_of_header", "payload_version", "wrong_field"]


class BlockVersion(IntEnum):
    """Version of a payload: V1 with Bedrock, V2 with Canyon, V3 with Ecotone, V4 with Isthmus."""

    V1 = 1
    V2 = 2
    V3 = 3
    V4 = 4


FIELDS_SINCE: dict[str, BlockVersion] = {
    "withdrawals": BlockVersion.V2,
    "blob_gas_used": BlockVersion.V3,
    "excess_blob_gas": BlockVersion.V3,
    "parent_beacon_block_root": BlockVersion.V3,
    "withdrawals_root": BlockVersion.V4,
}
"""Each field that not all payloads have, and the version that it came with. The parent beacon block root is
in the envelope."""


def has_field(envelope: ExecutionPayloadEnvelope, name: str) -> bool:
    """Whether a field of :data:`FIELDS_SINCE` is there."""
    owner = envelope if name == "parent_beacon_block_root" else envelope.payload
    return getattr(owner, name) is not None


def wrong_field(version: BlockVersion, envelope: ExecutionPayloadEnvelope) -> str | None:
    """The first field that is there and may not be, or that is missing; ``None`` if all is well."""
    for name, since in FIELDS_SINCE.items():
        if has_field(envelope, name) != (version >= since):
            return name
    return None


def payload_version(payload: ExecutionPayload) -> BlockVersion:
    """The version that has room for the fields that ``payload`` has."""
    if payload.blob_gas_used is not None and payload.excess_blob_gas is not None:
        return BlockVersion.V3 if payload.withdrawals_root is None else BlockVersion.V4
    return BlockVersion.V1 if payload.withdrawals is None else BlockVersion.V2


def payload_of_header(
    header: Header, transactions: tuple[bytes, ...], block_hash: Hash32 | None = None
) -> ExecutionPayload:
    """The payload of the L2 block with this header. ``block_hash`` saves computing it when it is known.

    With Isthmus came the requests hash and a new meaning of the withdrawals root: from then on it is the
    payload's.
    """
    return ExecutionPayload(
        parent_hash=header.parent_hash,
        fee_recipient=header.coinbase,
        state_root=header.state_root,
        receipts_root=header.receipts_root,
        logs_bloom=header.logs_bloom,
        prev_randao=header.mix_digest,
        block_number=header.number,
        gas_limit=header.gas_limit,
        gas_used=header.gas_used,
        timestamp=header.time,
        extra_data=header.extra_data,
        base_fee_per_gas=header.base_fee or 0,
        block_hash=header.hash() if block_hash is None else block_hash,
        transactions=transactions,
        withdrawals=None if header.withdrawals_root is None else (),
        blob_gas_used=header.blob_gas_used,
        excess_blob_gas=header.excess_blob_gas,
        withdrawals_root=None if header.requests_hash is None else header.withdrawals_root,
    )
