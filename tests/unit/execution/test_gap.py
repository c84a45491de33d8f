"""Finding and filling gaps in a chain, with sources that lie, hold back, or have another chain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.engine import BlockNotFound
from pyoprollup.engine.ports import ExecutePayloadStatus, PayloadStatus
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32
from pyoprollup.execution.gap import Gap, GapError, GapLimits, fill_gap, find_gap
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain
from tests.unit.execution.chains import extend, hashes

LIMITS = GapLimits(blocks=100, kept_blocks=4)


class Source:
    """Serves these blocks; ``asked`` are the hashes that were asked for."""

    def __init__(self, blocks: list[ExecutionPayloadEnvelope]) -> None:
        self.blocks = {block.payload.block_hash: block for block in blocks}
        self.asked: list[Hash32] = []

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        self.asked.append(block_hash)
        if block_hash not in self.blocks:
            raise BlockNotFound(f"no block 0x{block_hash.hex()}")
        return self.blocks[block_hash]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain.start(Fork.JOVIAN)


@pytest.fixture(scope="module")
def blocks(chain: Chain) -> list[ExecutionPayloadEnvelope]:
    """Blocks 1 to 10."""
    return extend(chain, 10)


def find(
    source: Source, blocks: list[ExecutionPayloadEnvelope], known: int, limits: GapLimits = LIMITS
) -> Gap:
    """The gap behind block ``known``, up to the last of ``blocks``."""
    have = {blocks[known].payload.parent_hash, *hashes(blocks[:known])}
    return find_gap(source, hashes(blocks)[-1], have.__contains__, 0, limits)


def test_a_gap_is_found_and_filled(blocks: list[ExecutionPayloadEnvelope]) -> None:
    source = Source(blocks)
    gap = find(source, blocks, known=3)
    assert gap.hashes == tuple(hashes(blocks[3:]))
    assert (gap.number, gap.ancestor) == (4, hashes(blocks)[2])
    assert gap.kept == tuple(blocks[3:7])  # the oldest; the others are fetched again
    done: list[ExecutionPayloadEnvelope] = []

    def execute(envelope: ExecutionPayloadEnvelope) -> PayloadStatus:
        done.append(envelope)
        return PayloadStatus(ExecutePayloadStatus.VALID, envelope.payload.block_hash)

    assert list(fill_gap(source, gap, execute)) == [4, 5, 6, 7, 8, 9, 10]
    assert done == blocks[3:]
    assert source.asked == [*reversed(hashes(blocks[3:])), *hashes(blocks[7:])]


def test_what_is_kept_is_bounded_in_bytes(blocks: list[ExecutionPayloadEnvelope]) -> None:
    assert len(find(Source(blocks), blocks, 0, replace(LIMITS, kept_bytes=3000)).kept) <= 3


def test_no_gap(blocks: list[ExecutionPayloadEnvelope]) -> None:
    gap = find_gap(Source([]), hashes(blocks)[0], lambda _: True, 0, LIMITS)
    assert gap.hashes == ()


def test_a_source_that_has_not_all(blocks: list[ExecutionPayloadEnvelope]) -> None:
    with pytest.raises(BlockNotFound):
        find(Source(blocks[5:]), blocks, known=3)


def test_too_many_blocks(blocks: list[ExecutionPayloadEnvelope]) -> None:
    with pytest.raises(GapError, match="more than 5 blocks are missing"):
        find(Source(blocks), blocks, 1, replace(LIMITS, blocks=5))


def test_another_chain_ends_at_a_block_that_all_of_ours_has(blocks: list[ExecutionPayloadEnvelope]) -> None:
    with pytest.raises(GapError, match="another chain: its block 2 is 0x"):
        find_gap(Source(blocks), hashes(blocks)[-1], lambda _: False, 2, LIMITS)


def test_a_source_that_answers_with_another_block(blocks: list[ExecutionPayloadEnvelope]) -> None:
    source = Source(blocks)
    source.blocks[hashes(blocks)[7]] = blocks[2]
    with pytest.raises(GapError, match="asked for 0x"):
        find(source, blocks, known=1)


def test_numbers_that_do_not_go_down(blocks: list[ExecutionPayloadEnvelope]) -> None:
    """No hash of a real block leads there; an endless chain would have to do it."""
    source = Source(blocks)
    odd = replace(blocks[7], payload=replace(blocks[7].payload, block_number=9))
    source.blocks[hashes(blocks)[7]] = odd
    with pytest.raises(GapError, match="the parent of block 9 says that its number is 9"):
        find(source, blocks, known=1)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (
            PayloadStatus(ExecutePayloadStatus.INVALID, None, "gas used: 1"),
            "block 5 0x.*INVALID: gas used: 1",
        ),
        (PayloadStatus(ExecutePayloadStatus.ACCEPTED), "ACCEPTED: the state before it is not kept"),
    ],
)
def test_a_block_that_is_not_valid(
    blocks: list[ExecutionPayloadEnvelope], status: PayloadStatus, text: str
) -> None:
    source = Source(blocks)
    gap = find(source, blocks, known=3)
    answers = iter([PayloadStatus(ExecutePayloadStatus.VALID), status])
    with pytest.raises(GapError, match=text):
        list(fill_gap(source, gap, lambda _: next(answers)))
