from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import StepUnsupported, TraceError, TraceProvider
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.challenger.trace.split import create_local_context
from pyoprollup.challenger.trace.super_node import (
    OutputWithRequiredL1,
    SuperNodeUnavailable,
    SuperRootAtTimestamp,
    SuperRootData,
)
from pyoprollup.challenger.trace.super_roots import (
    STEPS_PER_TIMESTAMP,
    ClaimInfo,
    SuperNodeNotInSync,
    SuperNodePrestateProvider,
    SuperNodeTraceProvider,
    fetch_claim_info,
    super_root_split_adapter,
)
from pyoprollup.errors import Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.super_root import (
    INVALID_TRANSITION,
    INVALID_TRANSITION_HASH,
    ChainIDAndOutput,
    OptimisticBlock,
    SuperV1,
    TransitionState,
    super_root,
    unmarshal_transition_state,
)
from pyoprollup.eth.types import ZERO_HASH, Hash32

BEGIN, END, L1_HEAD = 1000, 1004, 50
CHAINS = (10, 130, 8453)
DEPTH = 20


def block(chain: int, time: int) -> OptimisticBlock:
    return OptimisticBlock(
        keccak256(b"block %d %d" % (chain, time)), keccak256(b"root %d %d" % (chain, time))
    )


def output(time: int) -> SuperV1:
    return SuperV1.of(time, *[ChainIDAndOutput(chain, block(chain, time).output_root) for chain in CHAINS])


def l1(number: int) -> BlockID:
    return BlockID(ZERO_HASH, number)


class Node:
    """A node that knows everything, unless a test changes an answer."""

    def __init__(self) -> None:
        self.answers = {
            time: SuperRootAtTimestamp(
                l1(L1_HEAD + 1),
                CHAINS[::-1],
                {chain: OutputWithRequiredL1(block(chain, time), l1(L1_HEAD)) for chain in CHAINS},
                SuperRootData(l1(L1_HEAD), output(time)),
            )
            for time in range(BEGIN, END + 2)
        }
        self.asked: list[int] = []
        self.trace = SuperNodeTraceProvider(
            SuperNodePrestateProvider(self, BEGIN), self, BlockID(ZERO_HASH, L1_HEAD), DEPTH, BEGIN, END
        )

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        self.asked.append(timestamp)
        return self.answers[timestamp]

    def change(self, time: int, **changes: object) -> None:
        self.answers[time] = replace(self.answers[time], **changes)  # type: ignore[arg-type]

    def at(self, index: int) -> bytes:
        found = self.trace.get_preimage_bytes(Position(DEPTH, index))
        assert self.trace.get(Position(DEPTH, index)) == keccak256(found)
        return found


def index_of(time: int, step: int) -> int:
    """The step of the trace after which ``step`` steps are made since ``time``."""
    return (time - BEGIN) * STEPS_PER_TIMESTAMP + step - 1


def test_from_one_second_to_the_next() -> None:
    node = Node()
    for time in range(BEGIN, END):
        if time > BEGIN:
            assert node.at(index_of(time, 0)) == output(time).marshal()
        for step in (1, 2, 3, 4, 50, 127):
            blocks = tuple([block(chain, time + 1) for chain in CHAINS[:step]])
            expected = TransitionState(output(time).marshal(), blocks, step)
            assert unmarshal_transition_state(node.at(index_of(time, step))) == expected


@pytest.mark.parametrize(
    "index", [index_of(END, 0), index_of(END, 1), index_of(END + 1, 0), (1 << DEPTH) - 1]
)
def test_the_claimed_second_repeats(index: int) -> None:
    node = Node()
    assert node.trace.compute_step(Position(DEPTH, index)) == (END, 0)
    assert node.at(index) == output(END).marshal()


@given(st.integers(0, 1 << 12), st.integers(0, 3), st.integers(0, 3))
def test_steps_are_counted_once(index: int, begin: int, seconds: int) -> None:
    node = Node()
    trace = SuperNodeTraceProvider(
        SuperNodePrestateProvider(node, begin), node, BlockID(ZERO_HASH, 0), 13, begin, begin + seconds
    )
    time, step = trace.compute_step(Position(13, index))
    made = min(index + 1, seconds * STEPS_PER_TIMESTAMP)
    assert (time - begin) * STEPS_PER_TIMESTAMP + step == made and 0 <= step < STEPS_PER_TIMESTAMP


def test_without_the_data_on_l1_a_state_is_invalid() -> None:
    time = BEGIN + 1
    late = OutputWithRequiredL1(block(130, time + 1), l1(L1_HEAD + 1))
    node = Node()
    node.change(time + 1, optimistic={**node.answers[time + 1].optimistic, 130: late}, data=None)
    assert node.at(index_of(time, 1)) != INVALID_TRANSITION
    for index in (index_of(time, 2), index_of(time, 127), index_of(time + 1, 0), index_of(time + 1, 1)):
        assert node.at(index) == INVALID_TRANSITION
    assert node.trace.get(Position(DEPTH, index_of(time, 2))) == INVALID_TRANSITION_HASH


def test_a_chain_without_a_block_is_invalid_from_its_step_on() -> None:
    node = Node()
    left = {chain: found for chain, found in node.answers[BEGIN + 1].optimistic.items() if chain != 8453}
    node.change(BEGIN + 1, optimistic=left)
    assert node.at(index_of(BEGIN, 2)) != INVALID_TRANSITION
    assert node.at(index_of(BEGIN, 3)) == INVALID_TRANSITION


def test_an_output_that_needs_more_of_l1_is_invalid() -> None:
    node = Node()
    node.change(BEGIN + 1, data=SuperRootData(l1(L1_HEAD + 1), output(BEGIN + 1)))
    assert node.at(index_of(BEGIN + 1, 0)) == node.at(index_of(BEGIN + 1, 5)) == INVALID_TRANSITION
    assert node.at(index_of(BEGIN, 127)) != INVALID_TRANSITION


@pytest.mark.parametrize("time", [BEGIN + 1, BEGIN + 2])
def test_a_node_at_the_head_of_the_game_cannot_tell(time: int) -> None:
    """The block that it is at is not dealt with: neither valid nor invalid follows from what it says."""
    node = Node()
    node.change(time, current_l1=l1(L1_HEAD), data=None, optimistic={})
    with pytest.raises(SuperNodeNotInSync):
        node.at(index_of(BEGIN + 1, 4))
    assert issubclass(SuperNodeNotInSync, Unavailable)


def test_where_it_begins() -> None:
    node = Node()
    assert node.trace.absolute_prestate() == output(BEGIN)
    assert node.trace.absolute_prestate_commitment() == super_root(output(BEGIN))
    node.change(BEGIN, data=None)
    with pytest.raises(SuperNodeUnavailable):
        node.trace.absolute_prestate_commitment()


def test_what_there_is_not() -> None:
    node = Node()
    assert node.trace.get_l2_block_number_challenge() is None
    with pytest.raises(StepUnsupported):
        node.trace.get_step_data(Position(DEPTH, 0))
    deep = SuperNodeTraceProvider(SuperNodePrestateProvider(node, 0), node, l1(0), 65, 0, 1)
    assert deep.compute_step(Position(65, (1 << 64) - 1)) == (1, 0)
    with pytest.raises(TraceError):
        deep.get(Position(65, 1 << 64))


def claim(index: int, value: bytes) -> Claim:
    return Claim(Hash32(value), Position(DEPTH, index), 0, 1)


def test_disputes_between_claims() -> None:
    node = Node()
    index = index_of(BEGIN + 1, 3)
    pre, post = claim(index - 1, b"\5" * 32), claim(index, b"\6" * 32)
    assert fetch_claim_info(node.trace, pre, post) == ClaimInfo(node.at(index - 1), post.value)
    first = fetch_claim_info(node.trace, None, claim(0, b"\7" * 32))
    assert first == ClaimInfo(output(BEGIN).marshal(), Hash32(b"\7" * 32))


def test_lower_traces_are_about_their_dispute() -> None:
    node = Node()
    made: list[tuple[Hash32, int, ClaimInfo]] = []

    def create(context: Hash32, depth: int, info: ClaimInfo) -> TraceProvider:
        made.append((context, depth, info))
        return AlphabetTraceProvider(0, depth)

    bottom = super_root_split_adapter(node.trace, create)
    pre, post = claim(5, b"\5" * 32), claim(6, b"\6" * 32)
    assert bottom(7, pre, post) is bottom(7, pre, post)
    assert made == [(create_local_context(pre, post), 7, fetch_claim_info(node.trace, pre, post))]
    bottom(7, None, claim(0, b"\6" * 32))
    assert made[1][2].agreed_prestate == output(BEGIN).marshal()
