"""The id of a build job, a hash of the parent and the attributes.

It is what the reference's engine gives, 8 bytes: the version of the method, and 7 bytes of a SHA-256.
"""

from __future__ import annotations

from hashlib import sha256

from pyoprollup.engine.ports import PayloadID
from pyoprollup.engine.versions import forkchoice_updated_version
from pyoprollup.eth import rlp
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup.config import RollupConfig

__all__ = ["payload_id"]


def payload_id(config: RollupConfig, parent: Hash32, attributes: PayloadAttributes) -> PayloadID:
    """The id of the job that builds ``attributes`` on ``parent``."""
    withdrawals = attributes.withdrawals or ()
    parts = [
        parent,
        _uint64(attributes.timestamp),
        attributes.prev_randao,
        attributes.suggested_fee_recipient,
        rlp.encode_list([withdrawal.encode() for withdrawal in withdrawals]),
        attributes.parent_beacon_block_root or b"",
    ]
    if attributes.no_tx_pool or attributes.transactions:
        parts += [bytes([attributes.no_tx_pool]), _uint64(len(attributes.transactions))]
        # They may be malformed, as a batch has them: it is for the block being built to say so.
        parts += [keccak256(raw) for raw in attributes.transactions]
    if attributes.gas_limit is not None:
        parts.append(_uint64(attributes.gas_limit))
    parts.append(attributes.eip1559_params or b"")
    if attributes.min_base_fee is not None:
        parts.append(_uint64(attributes.min_base_fee))
    version = forkchoice_updated_version(config, attributes)
    return PayloadID(bytes([version]) + sha256(b"".join(parts)).digest()[1:8])


def _uint64(value: int) -> bytes:
    return (value & (1 << 64) - 1).to_bytes(8, "big")
