"""From a batch to the attributes of its block."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.derive.attributes_queue import AttributesQueue, AttributesWithParent
from pyoprollup.derive.errors import CriticalError, EndOfData, NotEnoughData, ResetError
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.errors import Unavailable
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.types import ZERO_ADDRESS
from tests.unit.derive.batches import L2, check_config, singular
from tests.unit.derive.support import ORIGIN, Feed, l1_chain, name_hash, outcome

DEPOSIT = b"\x7e the L1 attributes"
TX, OTHER_TX = b"\x02 first", b"\x02 second"
PARENT = L2["A0"]
SOURCE = BatchSource(None, 3, 10, 20, "zlib", None)


class Builder:
    """Attributes with one deposit; exceptions of ``errors`` come first. ``asked`` has all calls."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.asked: list[tuple[L2BlockRef, BlockID]] = []

    def prepare_payload_attributes(self, parent: L2BlockRef, epoch: BlockID) -> PayloadAttributes:
        self.asked.append((parent, epoch))
        if self.errors:
            raise self.errors.pop(0)
        return PayloadAttributes(parent.time + 2, name_hash("mix"), ZERO_ADDRESS, transactions=(DEPOSIT,))


class Scene:
    def __init__(self, *items: Any) -> None:
        self.feed = Feed(items)
        self.builder = Builder()
        self.queue = AttributesQueue(check_config(), self.builder, self.feed)

    def next(self, parent: L2BlockRef = PARENT) -> AttributesWithParent:
        return self.queue.next_attributes(parent)


def batch(*transactions: bytes, **changes: Any) -> Any:
    return singular("A1", transactions=transactions, source=SOURCE, **changes)


@pytest.mark.parametrize("concluding", [True, False])
def test_attributes(concluding: bool) -> None:
    """The batch's transactions follow the forced ones."""
    scene = Scene((batch(TX, OTHER_TX), concluding))
    built = scene.next()
    assert built.attributes.transactions == (DEPOSIT, TX, OTHER_TX)
    assert built.attributes.timestamp == PARENT.time + 2
    assert (built.parent, built.concluding, built.derived_from) == (PARENT, concluding, ORIGIN)
    assert built.source == SOURCE
    assert scene.builder.asked == [(PARENT, PARENT.l1_origin)]


def test_empty_batch() -> None:
    built = Scene((batch(), False)).next()
    assert built.attributes.transactions == (DEPOSIT,)


@pytest.mark.parametrize("error", [EndOfData, NotEnoughData, Unavailable, ResetError])
def test_errors_of_the_stage_before_pass_through(error: type[Exception]) -> None:
    scene = Scene(error("no"), (batch(TX), True))
    assert outcome(scene.next) is error
    assert scene.next().attributes.transactions == (DEPOSIT, TX)


def test_builder_has_to_wait() -> None:
    """The batch is kept, and no second one taken; where it was derived is where it could be built."""
    scene = Scene((batch(TX), True))
    scene.builder.errors = [Unavailable("no")] * 2
    assert [outcome(scene.next) for _ in range(2)] == [Unavailable] * 2
    built = scene.next()
    assert built.attributes.transactions == (DEPOSIT, TX)
    assert built.concluding
    assert scene.feed.asked == 1


@pytest.mark.parametrize(
    "changes", [{"parent_hash": name_hash("other")}, {"timestamp": 1003}, {"timestamp": 1001}]
)
def test_batch_that_does_not_follow(changes: dict[str, Any]) -> None:
    """The safe head has changed since the batch was taken."""
    scene = Scene((batch(TX, **changes), True))
    with pytest.raises(ResetError):
        scene.next()
    scene.queue.reset(ORIGIN, scene.feed.system_config)
    scene.feed.refill([(batch(TX), True)])
    assert scene.next().attributes.transactions == (DEPOSIT, TX)


def test_reset_forgets_the_batch() -> None:
    scene = Scene((batch(TX), True))
    scene.builder.errors = [Unavailable("no")]
    assert outcome(scene.next) is Unavailable
    scene.queue.reset(ORIGIN, scene.feed.system_config)
    assert outcome(scene.next) is EndOfData


# --- Deposits only


def test_deposits_only() -> None:
    """The engine refused the block: the same attributes without what the sequencer put in, and the
    rest of the channel is dropped."""
    scene = Scene((batch(TX, OTHER_TX), True))
    built = scene.next()
    replaced = scene.queue.deposits_only_attributes(PARENT.id, ORIGIN)
    assert replaced == replace(built, attributes=replace(built.attributes, transactions=(DEPOSIT,)))
    assert scene.feed.flushed == 1
    # Asked again, e.g. because the engine did not answer, the result is the same.
    assert scene.queue.deposits_only_attributes(PARENT.id, ORIGIN) == replaced


def test_deposits_only_must_be_about_the_last_attributes() -> None:
    scene = Scene((batch(TX), True))
    with pytest.raises(CriticalError):
        scene.queue.deposits_only_attributes(PARENT.id, ORIGIN)
    scene.next()
    for parent, origin in ((L2["A1"].id, ORIGIN), (PARENT.id, l1_chain(1)[0])):
        with pytest.raises(CriticalError):
            scene.queue.deposits_only_attributes(parent, origin)
    assert scene.feed.flushed == 0


def test_deposits_only_after_a_reset() -> None:
    scene = Scene((batch(TX), True))
    scene.next()
    scene.queue.reset(ORIGIN, scene.feed.system_config)
    with pytest.raises(CriticalError):
        scene.queue.deposits_only_attributes(PARENT.id, ORIGIN)


def test_deposits_only_while_a_batch_waits() -> None:
    scene = Scene((batch(TX), True), (singular("A2"), True))
    scene.next()
    scene.builder.errors = [Unavailable("no")]
    assert outcome(lambda: scene.next(L2["A1"])) is Unavailable
    with pytest.raises(CriticalError):
        scene.queue.deposits_only_attributes(PARENT.id, ORIGIN)
