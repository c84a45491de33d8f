"""Output roots as a trace: which block a claim is about, and what of it L1 has made safe."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.game.trace import StepUnsupported, TraceError, TraceProvider
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.challenger.trace.outputs import OutputTraceProvider, output_root_split_adapter
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.challenger.trace.split import create_local_context
from pyoprollup.eth.types import Hash32
from tests.disputes import chain as l2
from tests.unit.challenger.game.support import lie

DEPTH, PRE, POST = 4, 100, 110


def provider(safe: int = 1_000, post: int = POST, pre: int = PRE, depth: int = DEPTH) -> OutputTraceProvider:
    known = l2.Chain(safe)
    return OutputTraceProvider(known, known, depth, pre, post)


def claim(index: int, value: Hash32, depth: int = DEPTH) -> Claim:
    return Claim(value, Position(depth, index), 0, 1)


@pytest.mark.parametrize(("index", "block"), [(0, 101), (1, 102), (8, 109), (9, 110), (10, 110), (15, 110)])
def test_a_step_is_a_block_and_after_the_claimed_one_it_repeats(index: int, block: int) -> None:
    position = Position(DEPTH, index)
    assert provider().claimed_block_number(position) == block
    assert provider().honest_block_number(position) == block
    assert provider().get(position) == l2.root(block)


def test_what_l1_has_not_made_safe_repeats_the_last_safe_root() -> None:
    """Up to the game's L1 head: on the honest side, not on the claimed one."""
    trace = provider(safe=104)
    for index, honest, claimed in ((2, 103, 103), (3, 104, 104), (4, 104, 105), (15, 104, 110)):
        position = Position(DEPTH, index)
        assert trace.honest_block_number(position) == honest
        assert trace.claimed_block_number(position) == claimed
        assert trace.get(position) == l2.root(honest)


def test_the_game_begins_from_its_anchor() -> None:
    assert provider().absolute_prestate_commitment() == l2.root(PRE)


def test_output_roots_have_no_steps() -> None:
    with pytest.raises(StepUnsupported):
        provider().get_step_data(Position(DEPTH, 0))


# --- the claimed number


@pytest.mark.parametrize("safe", [POST, POST + 1, 10_000])
def test_a_safe_number_is_not_challenged(safe: int) -> None:
    assert provider(safe).get_l2_block_number_challenge() is None


@pytest.mark.parametrize("post", [POST, (1 << 63), (1 << 64) - 1, (1 << 64) + 1, (1 << 256) - 1])
def test_a_number_that_is_not_safe_is_challenged_however_large(post: int) -> None:
    """Public failures 11 and 20: numbers have 256 bits, and none of them ends the process."""
    safe = POST - 1
    challenge = provider(safe, post, depth=256).get_l2_block_number_challenge()
    assert challenge is not None
    assert (challenge.output, challenge.header) == (l2.output(safe), l2.header(safe))


@pytest.mark.parametrize("post", [1 << 64, (1 << 256) - 1])
def test_a_claim_beyond_all_blocks_is_of_none(post: int) -> None:
    trace = provider(post=post, depth=256)
    with pytest.raises(TraceError):
        trace.claimed_block_number(ROOT_POSITION)
    assert trace.get(ROOT_POSITION) == l2.root(1_000)


def test_blocks_are_counted_without_a_limit_at_depths_of_64_and_more() -> None:
    """Public failure 20: anchor plus index plus one does not wrap."""
    trace = provider(post=POST, depth=64)
    assert trace.claimed_block_number(Position(64, (1 << 64) - 1)) == POST
    assert trace.claimed_block_number(Position(64, (1 << 64) - PRE)) == POST


# --- what a lower game is about


def test_without_a_claim_before_it_a_lower_game_begins_from_the_anchor() -> None:
    agreed, disputed = provider().fetch_proposals(None, claim(0, lie()))
    assert agreed == Proposal(PRE, l2.root(PRE))
    assert disputed == Proposal(PRE + 1, lie())


def test_the_agreed_block_is_the_safe_one_and_the_disputed_one_as_claimed() -> None:
    """Public failures 8 and 21: the cap is on the agreed side, and nowhere else."""
    trace = provider(safe=104)
    agreed, disputed = trace.fetch_proposals(claim(6, l2.root(104)), claim(7, lie()))
    assert agreed == Proposal(104, l2.root(104))
    assert disputed == Proposal(108, lie())


def test_right_of_the_claimed_block_both_are_it() -> None:
    """Public failure 21: past the claimed block the trace repeats it, and the program is told the same."""
    agreed, disputed = provider().fetch_proposals(claim(12, l2.root(POST)), claim(13, lie()))
    assert (agreed.l2_block_number, disputed.l2_block_number) == (POST, POST)


def test_lower_traces_are_made_once_for_each_dispute() -> None:
    made: list[tuple[Hash32, int, Proposal, Proposal]] = []

    def create(context: Hash32, depth: int, agreed: Proposal, disputed: Proposal) -> TraceProvider:
        made.append((context, depth, agreed, disputed))
        return AlphabetTraceProvider(agreed.l2_block_number, depth)

    adapter = output_root_split_adapter(provider(), create)
    pre, post = claim(3, l2.root(104)), claim(4, lie())
    first = adapter(6, pre, post)
    assert adapter(6, pre, post) is first
    adapter(6, None, claim(0, lie(1)))
    context = create_local_context(pre, post)
    assert made[0] == (context, 6, Proposal(104, l2.root(104)), Proposal(105, lie()))
    assert len(made) == 2
