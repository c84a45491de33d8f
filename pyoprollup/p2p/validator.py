"""Validation of gossiped blocks.

Specification: protocol/rollup-node-p2p.md, Block validation. The order is the reference's, which checks the
signature much earlier than the specification has it: only the sequencer can make a node decode a payload.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import SignatureError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.signed_payload import (
    MAX_GOSSIP_SIZE,
    MIN_GOSSIP_SIZE,
    SIGNATURE_SIZE,
    SnappyError,
    decompress,
    recover_signer,
)
from pyoprollup.eth.types import ZERO_ADDRESS, to_hex
from pyoprollup.p2p.message import decode_body
from pyoprollup.p2p.runtime_config import RuntimeConfig
from pyoprollup.p2p.seen import MAX_BLOCKS_PER_HEIGHT, SeenBlocks
from pyoprollup.p2p.snappy import announced_size
from pyoprollup.p2p.verdict import GossipReason, Verdict
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["MAX_FUTURE", "TIMESTAMP_THRESHOLD", "BlocksValidator", "check_fields"]

TIMESTAMP_THRESHOLD = 60
"""Seconds that a block may be old."""

MAX_FUTURE = 5
"""Seconds that a block may be ahead of our clock."""


class _Refused(Exception):
    def __init__(self, reason: GossipReason, detail: object = "") -> None:
        super().__init__()
        self.verdict = Verdict(reason, str(detail))


class BlocksValidator:
    """Judges the messages of one topic. Remembers accepted blocks, so each is accepted once.

    ``runtime`` has the signer, ``now`` returns seconds since the Unix epoch.
    """

    def __init__(
        self,
        config: RollupConfig,
        runtime: RuntimeConfig,
        version: BlockVersion,
        *,
        now: Callable[[], float],
        threshold: int = TIMESTAMP_THRESHOLD,
    ) -> None:
        self._config = config
        self._runtime = runtime
        self._version = version
        self._now = now
        self._threshold = threshold
        self._seen = SeenBlocks()

    def validate(self, message: bytes) -> Verdict:
        """The verdict on a message as received; nothing is raised for what the message may hold."""
        try:
            data = _decompress(message)
            signature, body = data[:SIGNATURE_SIZE], data[SIGNATURE_SIZE:]
            self._check_signature(signature, body)
            envelope = self._decode(body)
            self._check_time(envelope.payload.timestamp)
            self._check_block_hash(envelope)
            if (reason := check_fields(self._config, self._version, envelope)) is not None:
                raise _Refused(reason, envelope.payload.id)
            self._remember(envelope)
        except _Refused as exc:
            return exc.verdict
        return Verdict(None, envelope=envelope)

    def _check_signature(self, signature: bytes, body: bytes) -> None:
        expected = self._runtime.p2p_sequencer_address()
        if expected == ZERO_ADDRESS:
            raise _Refused(GossipReason.NO_KNOWN_SIGNER)
        try:
            signer = recover_signer(signature, body, self._config.l2_chain_id)
        except SignatureError as exc:
            raise _Refused(GossipReason.BAD_SIGNATURE, exc) from exc
        if signer == expected:
            self._runtime.confirm_current_signer()
            return
        previous = self._runtime.previous_p2p_sequencer_address()
        if previous == ZERO_ADDRESS or signer != previous:
            raise _Refused(GossipReason.FOREIGN_SIGNER, to_hex(signer))

    def _decode(self, body: bytes) -> ExecutionPayloadEnvelope:
        try:
            return decode_body(self._version, body)
        except DecodeError as exc:
            raise _Refused(GossipReason.BAD_ENCODING, exc) from exc

    def _check_time(self, timestamp: int) -> None:
        now = int(self._now())
        if timestamp < now - self._threshold:
            raise _Refused(GossipReason.TOO_OLD, f"block of {timestamp} at {now}")
        if timestamp > now + MAX_FUTURE:
            raise _Refused(GossipReason.TOO_NEW, f"block of {timestamp} at {now}")

    def _check_block_hash(self, envelope: ExecutionPayloadEnvelope) -> None:
        actual = envelope.compute_block_hash()
        if actual != envelope.payload.block_hash:
            raise _Refused(GossipReason.BAD_BLOCK_HASH, f"{envelope.payload.id}, really {to_hex(actual)}")

    def _remember(self, envelope: ExecutionPayloadEnvelope) -> None:
        block = envelope.payload.id
        count, seen = self._seen.look_up(block.number, block.hash)
        if count > MAX_BLOCKS_PER_HEIGHT:
            raise _Refused(GossipReason.TOO_MANY_BLOCKS, block)
        if seen:
            raise _Refused(GossipReason.ALREADY_SEEN, block)
        self._seen.mark(block.number, block.hash)


def _decompress(message: bytes) -> bytes:
    try:
        size = announced_size(message)
    except SnappyError as exc:
        raise _Refused(GossipReason.BAD_COMPRESSION_LENGTH, exc) from exc
    if size > MAX_GOSSIP_SIZE:
        raise _Refused(GossipReason.TOO_LARGE, size)
    if size < MIN_GOSSIP_SIZE:
        raise _Refused(GossipReason.TOO_SMALL, size)
    try:
        return decompress(message)
    except SnappyError as exc:
        raise _Refused(GossipReason.BAD_COMPRESSION, exc) from exc


def check_fields(
    config: RollupConfig, version: BlockVersion, envelope: ExecutionPayloadEnvelope
) -> GossipReason | None:
    """Why a block may not have the fields that it has on the topic of ``version``; ``None`` if it may."""
    payload = envelope.payload
    blob_gas_used, excess_blob_gas = payload.blob_gas_used, payload.excess_blob_gas
    if version < BlockVersion.V2:
        if payload.withdrawals is not None:
            return GossipReason.WITHDRAWALS_BEFORE_V2
    elif payload.withdrawals is None:
        return GossipReason.NO_WITHDRAWALS_LIST
    elif payload.withdrawals:
        return GossipReason.WITHDRAWALS_NOT_EMPTY
    if version < BlockVersion.V3:
        if blob_gas_used is not None:
            return GossipReason.BLOB_GAS_USED_BEFORE_V3
        if excess_blob_gas is not None:
            return GossipReason.EXCESS_BLOB_GAS_BEFORE_V3
        if envelope.parent_beacon_block_root is not None:
            return GossipReason.BEACON_ROOT_BEFORE_V3
    else:
        if blob_gas_used is None:
            return GossipReason.NO_BLOB_GAS_USED
        # Since Jovian the field holds the DA footprint.
        if blob_gas_used and not config.rules_at_l2(L2Time(payload.timestamp)).da_footprint:
            return GossipReason.BLOB_GAS_USED_NOT_ZERO
        if excess_blob_gas != 0:
            return GossipReason.EXCESS_BLOB_GAS_NOT_ZERO
        if envelope.parent_beacon_block_root is None:
            return GossipReason.NO_BEACON_ROOT
    if version < BlockVersion.V4:
        return None if payload.withdrawals_root is None else GossipReason.WITHDRAWALS_ROOT_BEFORE_V4
    return GossipReason.NO_WITHDRAWALS_ROOT if payload.withdrawals_root is None else None
