"""Walking along L1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import EndOfData, ResetError
from pyoprollup.derive.l1_traversal import L1Traversal, verify_new_l1_origin
from pyoprollup.errors import Unavailable
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.types import Address
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.system_config_updates import CONFIG_UPDATE_TOPIC
from tests.unit.derive.support import BATCHER, Drops, FakeL1, config, l1_chain, name_hash

REFS = l1_chain(4)
SYSTEM = SystemConfig(BATCHER, gas_limit=30_000_000)
CONFIG = config()


def update_receipt(kind: int, value: int, status: int = 1, size: int = 32) -> Receipt:
    """A receipt of the system configuration contract."""
    words = [(32).to_bytes(32, "big"), (32).to_bytes(32, "big"), value.to_bytes(size, "big")]
    topics = (CONFIG_UPDATE_TOPIC, bytes(32), kind.to_bytes(32, "big"))
    return Receipt(status=status, logs=(Log(CONFIG.l1_system_config_address, topics, b"".join(words)),))


class Scene:
    def __init__(self, known: int = 1) -> None:
        self.l1 = FakeL1(REFS[:known])
        self.drops = Drops()
        self.stage = L1Traversal(CONFIG, self.l1, self.drops)
        self.stage.reset(REFS[0], SYSTEM)


def test_each_block_is_handed_out_once() -> None:
    scene = Scene(3)
    for ref in REFS[:3]:
        assert scene.stage.origin == ref
        assert scene.stage.next_l1_block() == ref
        for _ in range(2):
            with pytest.raises(EndOfData):
                scene.stage.next_l1_block()
        if ref is not REFS[2]:
            scene.stage.advance_l1_block()


def test_advancing_without_taking_the_block() -> None:
    scene = Scene(2)
    scene.stage.advance_l1_block()
    assert scene.stage.next_l1_block() == REFS[1]


def test_no_next_block_yet() -> None:
    scene = Scene()
    scene.stage.next_l1_block()
    for _ in range(2):
        with pytest.raises(EndOfData):
            scene.stage.advance_l1_block()
    assert scene.stage.origin == REFS[0]
    scene.l1.add(REFS[1])
    scene.stage.advance_l1_block()
    assert scene.stage.next_l1_block() == REFS[1]


def test_next_block_has_another_parent() -> None:
    scene = Scene()
    scene.l1.add(replace(REFS[1], parent_hash=name_hash("other")))
    with pytest.raises(ResetError):
        scene.stage.advance_l1_block()
    assert scene.stage.origin == REFS[0]


@pytest.mark.parametrize("point", [0, 1])
def test_l1_does_not_answer(point: int) -> None:
    """Nothing has changed, whichever of the two reads fails."""
    scene = Scene()
    scene.l1.add(REFS[1], receipts=[update_receipt(2, 1234)])
    scene.stage.next_l1_block()
    scene.l1.failing = point
    with pytest.raises(Unavailable):
        scene.stage.advance_l1_block()
    assert (scene.stage.origin, scene.stage.system_config) == (REFS[0], SYSTEM)
    with pytest.raises(EndOfData):
        scene.stage.next_l1_block()
    scene.stage.advance_l1_block()
    assert scene.stage.system_config.gas_limit == 1234


def test_receipts_of_a_block_that_vanished() -> None:
    scene = Scene()
    scene.l1.refs[11] = REFS[1]  # listed, but not known by hash
    with pytest.raises(Unavailable):
        scene.stage.advance_l1_block()


def test_system_configuration_follows_l1() -> None:
    scene = Scene()
    scene.l1.add(
        REFS[1], receipts=[update_receipt(2, 1), update_receipt(2, 2), update_receipt(2, 3, status=0)]
    )
    scene.l1.add(REFS[2], receipts=[update_receipt(0, 0xBEEF)])
    scene.stage.advance_l1_block()
    assert scene.stage.system_config == replace(SYSTEM, gas_limit=2)
    scene.stage.advance_l1_block()
    batcher = Address((0xBEEF).to_bytes(20, "big"))
    assert scene.stage.system_config == replace(SYSTEM, gas_limit=2, batcher_addr=batcher)


def test_malformed_update_is_passed_over() -> None:
    """An event cannot be undone, so a malformed one must not stop the chain."""
    scene = Scene()
    receipts = [update_receipt(2, 1), update_receipt(2, 2**255), update_receipt(99, 0), update_receipt(2, 7)]
    scene.l1.add(REFS[1], receipts=receipts)
    scene.stage.advance_l1_block()
    assert scene.stage.system_config.gas_limit == 7
    assert scene.drops.reasons == [DropReason.SYSTEM_CONFIG_UPDATE_MALFORMED] * 2
    assert {dropped.origin for dropped in scene.drops} == {REFS[1].id}


def test_reset() -> None:
    scene = Scene(3)
    scene.stage.next_l1_block()
    scene.stage.advance_l1_block()
    other = replace(SYSTEM, gas_limit=5)
    scene.stage.reset(REFS[0], other)
    assert scene.stage.next_l1_block() == REFS[0]
    assert scene.stage.system_config == other


# --- Whether two L1 blocks are on one chain

A, B, C, D = REFS
OTHER = name_hash("other")


def test_verify_new_l1_origin() -> None:
    l1 = FakeL1(REFS)
    for old, new in ((A, A), (A, B), (A, C), (A, D), (B, A), (D, A)):
        verify_new_l1_origin(old, l1, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (A, replace(A, hash=OTHER)),
        (A, replace(A, time=A.time + 1)),
        (A, replace(B, parent_hash=OTHER)),
        (replace(A, hash=OTHER), C),
        (replace(A, parent_hash=OTHER), D),
    ],
)
def test_verify_reorg(old: object, new: object) -> None:
    with pytest.raises(ResetError):
        verify_new_l1_origin(old, FakeL1(REFS), new)  # type: ignore[arg-type]


def test_verify_waits_for_l1() -> None:
    l1 = FakeL1(REFS)
    l1.failing = 0
    with pytest.raises(Unavailable):
        verify_new_l1_origin(A, l1, C)
    with pytest.raises(Unavailable):
        verify_new_l1_origin(A, FakeL1(), C)


def test_verify_reads_only_when_blocks_lie_between() -> None:
    l1 = FakeL1(REFS)
    for new in (A, B):
        verify_new_l1_origin(A, l1, new)
    assert l1.reads == []
