"""Who has a vote, and what the votes come to (failures 9, 10 and 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.dispute_mon import CouldNotCheck, NodeAnswer, WaitingForSource, agree_on_output, ask_output
from pyoprollup.dispute_mon.agreement import LARGEST_BLOCK_NUMBER, decide
from pyoprollup.errors import Unavailable
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollupapi import (
    OutputResponse,
    RollupNotFound,
    RollupRefused,
    RollupUnavailable,
    SafeHeadResponse,
)

L1_HEAD = 100
NUMBER = 50


def output(seed: int) -> OutputV0:
    return OutputV0(Hash32(bytes([seed]) * 32), ZERO_HASH, ZERO_HASH)


ROOT, OTHER = output(1).root(), output(2).root()


@dataclass
class Node:
    """A node that is at an L1 block; ``output`` ``None``: it has no such block. Errors are raised."""

    at: int | None = L1_HEAD + 1
    output: OutputV0 | Exception | None = field(default_factory=lambda: output(1))
    safe: int | Exception = NUMBER
    status_error: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def sync_status(self) -> SyncStatus:
        self.asked.append("status")
        if self.status_error is not None:
            raise self.status_error
        if self.at is None:
            return SyncStatus()
        return SyncStatus(current_l1=L1BlockRef(ZERO_HASH, self.at, ZERO_HASH, 0))

    def output_at_block(self, number: int) -> OutputResponse:
        self.asked.append("output")
        if isinstance(self.output, Exception):
            raise self.output
        if self.output is None:
            raise RollupNotFound(f"block {number} not found")
        ref = L2BlockRef(ZERO_HASH, number, ZERO_HASH, 0, BlockID(ZERO_HASH, 0), 0)
        return OutputResponse.of(ref, self.output, SyncStatus())

    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse:
        self.asked.append("safe")
        if isinstance(self.safe, Exception):
            raise self.safe
        return SafeHeadResponse(BlockID(ZERO_HASH, number), BlockID(ZERO_HASH, self.safe))


def ask(node: Node) -> NodeAnswer:
    return ask_output(node, NUMBER, ROOT, L1_HEAD)


@pytest.mark.parametrize(
    ("at", "has_vote"),
    [(None, False), (0, False), (L1_HEAD - 1, False), (L1_HEAD, False), (L1_HEAD + 1, True)],
)
def test_a_node_has_a_vote_once_it_is_past_the_l1_head(at: int | None, has_vote: bool) -> None:
    """The L1 block that a node names is the one it works on: at the head is not past it."""
    node = Node(at=at)
    answer = ask(node)
    assert answer.has_vote == has_vote and answer.out_of_sync == (not has_vote)
    assert ("output" in node.asked) == has_vote


@pytest.mark.parametrize(("safe", "is_safe"), [(NUMBER - 1, False), (NUMBER, True), (NUMBER + 1, True)])
def test_the_block_must_have_been_safe_at_the_l1_head(safe: int, is_safe: bool) -> None:
    assert ask(Node(safe=safe)) == NodeAnswer(ROOT, is_safe)


@pytest.mark.parametrize("error", [RollupNotFound("none"), RollupRefused("m", -32000, "not enabled")])
def test_without_records_of_safe_heads_the_root_alone_counts(error: Exception) -> None:
    assert ask(Node(safe=error)) == NodeAnswer(ROOT, True)


def test_another_root_is_not_asked_to_be_safe() -> None:
    node = Node(output=output(2))
    assert ask(node) == NodeAnswer(OTHER)
    assert "safe" not in node.asked


@pytest.mark.parametrize(
    "node",
    [
        Node(status_error=RollupUnavailable("down")),
        Node(output=RollupUnavailable("down")),
        Node(output=RollupRefused("m", -32601, "no such method")),
        Node(safe=RollupUnavailable("down")),
        Node(status_error=Unavailable()),
    ],
)
def test_an_error_is_no_answer(node: Node) -> None:
    answer = ask(node)
    assert answer.error and not answer.has_vote


def test_no_such_block_is_an_answer_of_a_node_that_is_far_enough() -> None:
    assert ask(Node(output=None)) == NodeAnswer()
    agreement = agree_on_output([Node(output=None)], NUMBER, ROOT, L1_HEAD)
    assert not agreement.agree and agreement.expected == ZERO_HASH
    assert agreement.endpoints.not_found == 1


@pytest.mark.parametrize("order", [1, -1])
def test_a_node_that_lags_is_no_disagreement(order: int) -> None:
    """Failure 12: one node in sync, one that has not come to the L1 head and has no such block."""
    nodes = [Node(), Node(at=L1_HEAD, output=None)][::order]
    agreement = agree_on_output(nodes, NUMBER, ROOT, L1_HEAD)
    assert agreement.agree and agreement.expected == ROOT
    endpoints = agreement.endpoints
    assert (endpoints.total, endpoints.out_of_sync, endpoints.not_found) == (2, 1, 0)
    assert not endpoints.has_mixed_availability and not endpoints.different_roots


def test_only_nodes_that_lag_is_could_not_check() -> None:
    with pytest.raises(WaitingForSource) as caught:
        agree_on_output([Node(at=L1_HEAD), Node(at=None)], NUMBER, ROOT, L1_HEAD)
    assert caught.value.endpoints.out_of_sync == 2


def test_a_node_that_lags_and_one_that_is_down_is_could_not_check() -> None:
    nodes = [Node(at=L1_HEAD), Node(status_error=RollupUnavailable("down"))]
    with pytest.raises(CouldNotCheck, match="down") as caught:
        agree_on_output(nodes, NUMBER, ROOT, L1_HEAD)
    assert not isinstance(caught.value, WaitingForSource)
    assert caught.value.endpoints.errors == {"node-1"}
    with pytest.raises(CouldNotCheck):
        agree_on_output([], NUMBER, ROOT, L1_HEAD)


def test_nodes_that_are_far_enough_and_disagree() -> None:
    for nodes in ([Node(), Node(output=output(2))], [Node(output=output(2)), Node()]):
        agreement = agree_on_output(nodes, NUMBER, ROOT, L1_HEAD)
        assert not agreement.agree and agreement.endpoints.different_roots
        assert agreement.expected == (ROOT if nodes[0].output == output(1) else OTHER)
    agreement = agree_on_output([Node(), Node(output=None)], NUMBER, ROOT, L1_HEAD)
    assert not agreement.agree and agreement.endpoints.has_mixed_availability


def test_a_right_root_that_was_not_safe_is_a_wrong_claim() -> None:
    """Failure 4: the same root, proposed before its data were on L1."""
    agreement = agree_on_output([Node(safe=NUMBER - 1)], NUMBER, ROOT, L1_HEAD)
    assert not agreement.agree and agreement.expected == ZERO_HASH
    agreement = agree_on_output([Node(safe=NUMBER - 1), Node()], NUMBER, ROOT, L1_HEAD)
    assert agreement.agree and agreement.endpoints.has_mixed_safety


@pytest.mark.parametrize("number", [LARGEST_BLOCK_NUMBER + 1, 2**64, 2**256 - 1])
def test_a_number_that_no_block_can_have_is_wrong_without_asking(number: int) -> None:
    node = Node()
    agreement = agree_on_output([node], number, ROOT, L1_HEAD)
    assert not agreement.agree and node.asked == []
    agree_on_output([node], LARGEST_BLOCK_NUMBER, ROOT, L1_HEAD)
    assert node.asked


ANSWERS = st.one_of(
    st.just(NodeAnswer(error="down")),
    st.just(NodeAnswer(out_of_sync=True)),
    st.just(NodeAnswer()),
    st.builds(NodeAnswer, st.sampled_from([ROOT, OTHER]), st.booleans()),
)


@given(st.lists(ANSWERS, max_size=5))
def test_what_holds_of_every_set_of_answers(answers: Sequence[NodeAnswer]) -> None:
    voting = [answer for answer in answers if answer.has_vote]
    try:
        agreement = decide(answers, ROOT)
    except CouldNotCheck as exc:
        assert not voting and exc.endpoints.total == len(answers)
        return
    agreed = {answer.root for answer in voting} == {ROOT} and any(answer.is_safe for answer in voting)
    assert voting and agreement.agree == agreed
    # Those without a vote change nothing but the counts.
    alone = decide(voting, ROOT)
    assert (alone.agree, alone.expected) == (agreement.agree, agreement.expected)
    endpoints = agreement.endpoints
    assert len(endpoints.errors) + endpoints.out_of_sync + len(voting) == endpoints.total
    assert endpoints.found == sum(answer.root is not None for answer in voting)
