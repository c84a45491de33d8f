"""The table accept / ignore / reject, with its edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.signed_payload import MAX_GOSSIP_SIZE, compress, decompress
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32
from pyoprollup.eth.withdrawals import Withdrawal
from pyoprollup.p2p import BlocksValidator, GossipReason, RuntimeConfig, ValidationResult, Verdict
from pyoprollup.p2p.message import encode_body
from pyoprollup.p2p.seen import SeenBlocks
from pyoprollup.p2p.validator import check_fields
from tests.unit.p2p.support import (
    KEY,
    NOW,
    OTHER_KEY,
    OTHER_SIGNER,
    SIGNER,
    V1,
    V2,
    V3,
    V4,
    Clock,
    config,
    envelope,
    hashed,
    message,
    signed,
)

ROOT = Hash32(b"\x66" * 32)


def validator(
    version: BlockVersion = V4, signer: Address = SIGNER, clock: Clock | None = None, newest: str = ""
) -> BlocksValidator:
    clock = Clock() if clock is None else clock
    return BlocksValidator(config(newest or version), RuntimeConfig(signer, now=clock), version, now=clock)


def reason(verdict: Verdict) -> GossipReason | None:
    return verdict.reason


@pytest.mark.parametrize("version", BlockVersion)
def test_accept(version: BlockVersion) -> None:
    block = envelope(version)
    verdict = validator(version).validate(message(block))
    assert verdict == Verdict(None, envelope=block)
    assert verdict.result is ValidationResult.ACCEPT
    assert str(verdict) == "accepted"


@pytest.mark.parametrize("sent", BlockVersion)
@pytest.mark.parametrize("version", BlockVersion)
def test_blocks_of_one_version_on_the_topic_of_another(version: BlockVersion, sent: BlockVersion) -> None:
    verdict = validator(version).validate(message(envelope(sent)))
    assert (verdict.reason is None) == (version == sent)
    assert verdict.result is not ValidationResult.IGNORE


# --- bytes and signatures

MESSAGES: list[tuple[str, bytes, GossipReason]] = [
    ("empty", b"", GossipReason.BAD_COMPRESSION_LENGTH),
    ("no length", b"\xff\xff\xff\xff\xff\x01", GossipReason.BAD_COMPRESSION_LENGTH),
    ("bomb", b"\x81\x80\x80\x05", GossipReason.TOO_LARGE),
    ("largest", compress(bytes(MAX_GOSSIP_SIZE)), GossipReason.BAD_SIGNATURE),
    ("too small", compress(bytes(65)), GossipReason.TOO_SMALL),
    ("smallest", compress(bytes(66)), GossipReason.BAD_SIGNATURE),
    ("cut short", message(envelope())[:-1], GossipReason.BAD_COMPRESSION),
    ("parity 27", compress(b"\x01" * 64 + b"\x1b" + bytes(40)), GossipReason.BAD_SIGNATURE),
    ("foreign", message(envelope(), OTHER_KEY), GossipReason.FOREIGN_SIGNER),
    ("other chain", signed(encode_body(envelope()), KEY, 902), GossipReason.FOREIGN_SIGNER),
    ("no payload", signed(b"x"), GossipReason.BAD_ENCODING),
    ("bytes after", signed(encode_body(envelope()) + bytes(3)), GossipReason.BAD_ENCODING),
]


@pytest.mark.parametrize(("data", "expected"), [m[1:] for m in MESSAGES], ids=[m[0] for m in MESSAGES])
def test_reject_bytes(data: bytes, expected: GossipReason) -> None:
    verdict = validator().validate(data)
    assert (verdict.reason, verdict.result) == (expected, ValidationResult.REJECT)
    assert str(verdict).startswith(f"reject: {expected.value}")


def test_no_known_signer() -> None:
    """Then no signature is looked at, but size and compression are."""
    nobody = validator(signer=ZERO_ADDRESS)
    for data in (message(envelope()), compress(bytes(66))):
        verdict = nobody.validate(data)
        assert (verdict.reason, verdict.result) == (GossipReason.NO_KNOWN_SIGNER, ValidationResult.IGNORE)
    assert nobody.validate(b"").reason is GossipReason.BAD_COMPRESSION_LENGTH


def test_change_of_signer() -> None:
    """Blocks of the previous signer are taken until the new one shows up, or for three hours."""
    clock = Clock()
    runtime = RuntimeConfig(SIGNER, now=clock)
    judge = BlocksValidator(config(), runtime, V4, now=clock)

    def verdict(key: bytes, number: int) -> GossipReason | None:
        return judge.validate(message(envelope(block_number=number, timestamp=int(clock.time)), key)).reason

    runtime.rotate_signer(OTHER_SIGNER)
    assert verdict(KEY, 1) is None
    clock.time += 3 * 3600
    assert verdict(KEY, 2) is None
    clock.time += 1
    assert verdict(KEY, 3) is GossipReason.FOREIGN_SIGNER
    runtime.rotate_signer(SIGNER)
    assert verdict(OTHER_KEY, 4) is None
    assert verdict(KEY, 5) is None
    assert verdict(OTHER_KEY, 6) is GossipReason.FOREIGN_SIGNER


# --- time and hash


@pytest.mark.parametrize(
    ("age", "expected"),
    [(61, GossipReason.TOO_OLD), (60, None), (0, None), (-5, None), (-6, GossipReason.TOO_NEW)],
)
@pytest.mark.parametrize("fraction", [0.0, 0.99])
def test_time(age: int, expected: GossipReason | None, fraction: float) -> None:
    judge = validator(clock=Clock(NOW + fraction))
    assert judge.validate(message(envelope(timestamp=NOW - age))).reason is expected


def test_time_at_the_ends_of_the_scale() -> None:
    assert validator(clock=Clock(10.0)).validate(message(envelope(timestamp=0))).reason is None
    assert validator().validate(message(envelope(timestamp=(1 << 64) - 1))).reason is GossipReason.TOO_NEW


def test_block_hash() -> None:
    block = envelope()
    for changed in (
        replace(block, payload=replace(block.payload, block_hash=ROOT)),
        replace(block, payload=replace(block.payload, gas_used=1)),
        replace(block, parent_beacon_block_root=ROOT),
    ):
        assert validator().validate(message(changed)).reason is GossipReason.BAD_BLOCK_HASH


# --- fields

WITHDRAWAL = Withdrawal(1, 2, ZERO_ADDRESS, 3)
FIELDS: list[tuple[BlockVersion, dict[str, Any], GossipReason | None]] = [
    (V1, {"withdrawals": ()}, GossipReason.WITHDRAWALS_BEFORE_V2),
    (V2, {"withdrawals": None}, GossipReason.NO_WITHDRAWALS_LIST),
    (V2, {"withdrawals": (WITHDRAWAL,)}, GossipReason.WITHDRAWALS_NOT_EMPTY),
    (V4, {"withdrawals": (WITHDRAWAL,)}, GossipReason.WITHDRAWALS_NOT_EMPTY),
    (V1, {"blob_gas_used": 0}, GossipReason.BLOB_GAS_USED_BEFORE_V3),
    (V2, {"blob_gas_used": 0, "excess_blob_gas": 0}, GossipReason.BLOB_GAS_USED_BEFORE_V3),
    (V2, {"excess_blob_gas": 0}, GossipReason.EXCESS_BLOB_GAS_BEFORE_V3),
    (V3, {"blob_gas_used": None}, GossipReason.NO_BLOB_GAS_USED),
    (V3, {"blob_gas_used": 1}, GossipReason.BLOB_GAS_USED_NOT_ZERO),
    (V4, {"blob_gas_used": 1, "excess_blob_gas": 1}, GossipReason.BLOB_GAS_USED_NOT_ZERO),
    (V3, {"excess_blob_gas": None}, GossipReason.EXCESS_BLOB_GAS_NOT_ZERO),
    (V4, {"excess_blob_gas": 1}, GossipReason.EXCESS_BLOB_GAS_NOT_ZERO),
    (V1, {"withdrawals_root": ROOT}, GossipReason.WITHDRAWALS_ROOT_BEFORE_V4),
    (V3, {"withdrawals_root": ROOT}, GossipReason.WITHDRAWALS_ROOT_BEFORE_V4),
    (V4, {"withdrawals_root": None}, GossipReason.NO_WITHDRAWALS_ROOT),
]


@pytest.mark.parametrize(("version", "changes", "expected"), FIELDS)
def test_fields(version: BlockVersion, changes: dict[str, Any], expected: GossipReason) -> None:
    block = envelope(version)
    assert check_fields(config(version), version, block) is None
    block = replace(block, payload=replace(block.payload, **changes))
    assert check_fields(config(version), version, block) is expected
    assert expected.result is ValidationResult.REJECT


def test_beacon_root() -> None:
    with_root = replace(envelope(V2), parent_beacon_block_root=ROOT)
    assert check_fields(config(V2), V2, with_root) is GossipReason.BEACON_ROOT_BEFORE_V3
    without = replace(envelope(V3), parent_beacon_block_root=None)
    assert check_fields(config(V3), V3, without) is GossipReason.NO_BEACON_ROOT


@pytest.mark.parametrize(
    ("version", "changes", "expected"),
    [
        (V2, {"withdrawals": (WITHDRAWAL,)}, GossipReason.WITHDRAWALS_NOT_EMPTY),
        (V3, {"blob_gas_used": 1}, GossipReason.BLOB_GAS_USED_NOT_ZERO),
        (V3, {"excess_blob_gas": 1}, GossipReason.EXCESS_BLOB_GAS_NOT_ZERO),
    ],
)
def test_fields_that_can_be_sent(
    version: BlockVersion, changes: dict[str, Any], expected: GossipReason
) -> None:
    assert validator(version).validate(message(envelope(version, **changes))).reason is expected


def test_blob_gas_used_since_jovian() -> None:
    """It holds the DA footprint then. The time of the block counts, not of the clock."""
    block = message(envelope(blob_gas_used=12_345))
    assert validator(newest="jovian").validate(block).reason is None
    assert validator(newest="isthmus").validate(block).reason is GossipReason.BLOB_GAS_USED_NOT_ZERO
    clock = Clock()
    for at, expected in ((NOW, None), (NOW + 1, GossipReason.BLOB_GAS_USED_NOT_ZERO)):
        chain = config("isthmus", jovian_time=at)
        judge = BlocksValidator(chain, RuntimeConfig(SIGNER, now=clock), V4, now=clock)
        assert judge.validate(block).reason is expected


# --- memory


def at_height(number: int, salt: int) -> ExecutionPayloadEnvelope:
    return envelope(block_number=number, gas_used=salt)


def test_blocks_at_one_height() -> None:
    """The reference rejects when it knows more than five already: six are accepted, and then even those
    that are known are rejected."""
    judge = validator()
    for salt in range(6):
        assert judge.validate(message(at_height(1, salt))).reason is None
        if salt < 5:
            again = judge.validate(message(at_height(1, 0)))
            assert (again.reason, again.result) == (GossipReason.ALREADY_SEEN, ValidationResult.IGNORE)
    for salt in (6, 0, 5):
        verdict = judge.validate(message(at_height(1, salt)))
        assert (verdict.reason, verdict.result) == (GossipReason.TOO_MANY_BLOCKS, ValidationResult.REJECT)
    assert judge.validate(message(at_height(2, 0))).reason is None


def test_what_is_not_accepted_is_not_remembered() -> None:
    judge = validator()
    for salt in range(10):
        judge.validate(message(at_height(1, salt), OTHER_KEY))
        judge.validate(message(envelope(block_number=1, gas_used=salt, timestamp=NOW - 61)))
    assert judge.validate(message(at_height(1, 0))).reason is None


def test_a_thousand_heights_are_remembered() -> None:
    seen = SeenBlocks()
    for height in range(1000):
        assert seen.look_up(height, ROOT) == (0, False)
        seen.mark(height, ROOT)
    assert seen.look_up(0, ROOT) == (1, True)  # and is now the one met last
    seen.look_up(1000, ROOT)
    assert seen.look_up(0, ROOT) == (1, True)
    assert seen.look_up(1, ROOT) == (0, False)
    assert seen.look_up(3, ROOT) == (1, True)


# --- whatever comes


@given(st.binary(max_size=200))
def test_arbitrary_bytes(data: bytes) -> None:
    assert validator().validate(data).result is not ValidationResult.ACCEPT


@given(st.sampled_from(list(BlockVersion)), st.data())
@settings(max_examples=150)
def test_damaged_bodies_of_the_sequencer(version: BlockVersion, data: st.DataObject) -> None:
    body = bytearray(encode_body(envelope(version)))
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    body = body[: data.draw(st.integers(1, len(body)))]
    verdict = validator(version).validate(signed(bytes(body)))
    untouched = bytes(body) == encode_body(envelope(version))
    assert verdict.result is (ValidationResult.ACCEPT if untouched else ValidationResult.REJECT)


@given(st.sampled_from(list(BlockVersion)), st.data())
@settings(max_examples=100)
def test_any_payload_of_the_right_form_is_accepted(version: BlockVersion, data: st.DataObject) -> None:
    uint64 = st.integers(0, (1 << 64) - 1)
    changes = {
        "block_number": data.draw(uint64),
        "gas_limit": data.draw(uint64),
        "timestamp": data.draw(st.integers(NOW - 60, NOW + 5)),
        "extra_data": data.draw(st.binary(max_size=32)),
        "base_fee_per_gas": data.draw(st.integers(0, (1 << 256) - 1)),
        "transactions": tuple(data.draw(st.lists(st.binary(max_size=40), max_size=4))),
    }
    block = envelope(version, **changes)
    sent = message(block)
    assert validator(version).validate(sent) == Verdict(None, envelope=block)
    assert decompress(sent)[65:] == encode_body(hashed(block.payload, block.parent_beacon_block_root))
