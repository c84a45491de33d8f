"""Batcher data of one L1 block after another."""

from __future__ import annotations

import pytest

from pyoprollup.derive.data_source import BatcherData, DataIterator, LoadedData
from pyoprollup.derive.errors import EndOfData, NotEnoughData, ResetError
from pyoprollup.derive.l1_retrieval import L1Retrieval
from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address
from pyoprollup.rollup.system_config import SystemConfig
from tests.unit.derive.support import BATCHER, Feed, l1_chain, outcome, outcomes

REFS = l1_chain(4)
OTHER_BATCHER = Address(b"\x0b" * 20)


class Source:
    """Opens prepared data; ``opened`` has what was asked for. An exception in the place of data is
    raised once."""

    def __init__(self, data: dict[int, list[bytes]] | None = None) -> None:
        self.data = data or {}
        self.opened: list[tuple[int, Address]] = []
        self.errors: list[Exception] = []

    def open_data(self, ref: L1BlockRef, batcher: Address) -> DataIterator:
        self.opened.append((ref.number, batcher))
        if self.errors:
            raise self.errors.pop()
        return LoadedData((piece, None) for piece in self.data.get(ref.number, []))


def scene(data: dict[int, list[bytes]], *blocks: object) -> tuple[L1Retrieval, Source, Feed]:
    source, feed = Source(data), Feed(blocks, origin=REFS[0])
    return L1Retrieval(source, feed), source, feed


def test_all_pieces_of_all_blocks() -> None:
    stage, source, _ = scene({10: [b"a", b"b"], 12: [b"c"]}, *REFS[:3])
    got = [outcome(lambda: stage.next_data()[0]) for _ in range(7)]
    assert got == [b"a", b"b", EndOfData, EndOfData, b"c", EndOfData, EndOfData]
    assert source.opened == [(10, BATCHER), (11, BATCHER), (12, BATCHER)]


def test_batcher_is_that_of_the_block() -> None:
    """The one that holds after the block's own configuration updates."""
    stage, source, feed = scene({}, *REFS[:2])
    outcome(stage.next_data)
    feed.system_config = SystemConfig(OTHER_BATCHER)
    outcome(stage.next_data)
    assert source.opened == [(10, BATCHER), (11, OTHER_BATCHER)]


@pytest.mark.parametrize("error", [Unavailable, ResetError])
def test_source_fails(error: type[Exception]) -> None:
    """The block is taken from the stage before only once, and opened again with the same batcher."""
    stage, source, feed = scene({10: [b"a"]}, *REFS[:2])
    source.errors = [error("no"), error("no")]
    assert [outcome(stage.next_data) for _ in range(2)] == [error, error]
    feed.system_config = SystemConfig(OTHER_BATCHER)
    assert stage.next_data()[0] == b"a"
    assert source.opened == [(10, BATCHER)] * 3
    assert feed.asked == 1


def test_iterator_fails() -> None:
    """As alt-DA's may: the data is kept and asked again."""

    class Flaky:
        def __init__(self) -> None:
            self.answers: list[Exception | bytes] = [b"b", NotEnoughData("wait"), Unavailable("no"), b"a"]

        def next(self) -> BatcherData:
            if not self.answers:
                raise EndOfData("no more")
            answer = self.answers.pop()
            if isinstance(answer, Exception):
                raise answer
            return answer, None

    stage, source, _ = scene({}, REFS[0])
    source.open_data = lambda _ref, _batcher: flaky  # type: ignore[method-assign,assignment]
    flaky = Flaky()
    got = [outcome(lambda: stage.next_data()[0]) for _ in range(5)]
    assert got == [b"a", Unavailable, NotEnoughData, b"b", EndOfData]


def test_reset_opens_the_base_block_at_the_first_use() -> None:
    """Its data is read here, and a second time when the stage before hands the block out."""
    stage, source, _ = scene({10: [b"a"]}, REFS[0], REFS[1])
    stage.reset(REFS[0], SystemConfig(OTHER_BATCHER))
    assert source.opened == []
    got = [outcome(lambda: stage.next_data()[0]) for _ in range(4)]
    assert got == [b"a", EndOfData, b"a", EndOfData]
    assert source.opened == [(10, OTHER_BATCHER), (10, BATCHER)]


def test_reset_forgets_open_data() -> None:
    stage, _source, _ = scene({10: [b"a", b"b"], 12: [b"c"]}, REFS[0])
    stage.next_data()
    stage.reset(REFS[2], SystemConfig(BATCHER))
    assert [piece for piece, _ in outcomes(stage.next_data)] == [b"c"]
