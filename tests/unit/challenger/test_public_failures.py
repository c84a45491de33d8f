"""What went wrong elsewhere in dispute games, in public, and where it is seen that it does not go wrong here.

Each test below, and each module in this table, has the number of the failure in a docstring or a name.

    number  kind                                    where
    5, 6    safe heads: lag, gaps, foreign records  trace/test_node_outputs.py, test_player.py, here
    8       the cap by the safe head                trace/test_outputs.py, here
    9       at the L1 head is not past it           trace/test_node_outputs.py, test_challenger.py
    10      not safe though in sync is an answer    here
    11      unknown is neither valid nor invalid    test_challenger.py, trace/test_node_outputs.py, here
    13      freeloaders, and no counter of our own  game/test_solver.py
    14      a reorg swaps claims, or games          test_challenger.py, test_sending.py, test_coordinator.py
    15, 16  clock edges and extensions              game/test_clock.py, test_agent.py
    17      no move on what is resolved             here
    18      side branches are resolved too          test_agent.py, here
    19      thousands of children                   here, test_agent.py
    20      block numbers of any width              trace/test_outputs.py, game/test_solver.py, here
    21      the disputed block past the claimed one trace/test_outputs.py, here
    23      indices of more than 64 bits            game/test_position.py
    25      no credit is not nothing to do          test_claimer.py
    26      an L1 without a blob fee                tests/unit/telemetry/test_challenger.py
    43      padding, duplicates, after the end      here, test_player.py, test_coordinator.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.game.claims import NO_PARENT, Claim, Game
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import Call, FaultDisputeGame, GameLimits, Revert
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS, Hash32
from tests.disputes import chain as l2
from tests.disputes.many_games import ManyGames, Node, check_games
from tests.disputes.model_l1 import BOND, GAME_TYPE, ModelL1
from tests.disputes.world import HONEST, PROPOSER, Setup
from tests.unit.challenger.game.support import LIAR, Tree, lie
from tests.unit.challenger.model.support import Contracts, value

LIMITS = GameLimits(8, 4, 600, 91_200)
SAFE = 112


def played(tmp_path: Path, setups: Sequence[Setup], nodes: Callable[[ModelL1], list[Node]]) -> ManyGames:
    """A challenger that has looked at some games for a while."""
    l1 = ModelL1(LIMITS, SAFE)
    many = ManyGames(l1, nodes(l1), SAFE, tmp_path)
    for setup in setups:
        many.create(setup, ())
    for _ in range(8):
        many.l1.mine()
        many.step()
    return many


def finish(many: ManyGames) -> None:
    many.l1.mine(LIMITS.max_clock_duration + 100)
    for _ in range(12):
        many.step()
        many.l1.mine()
    many.finish()
    many.step()
    check_games(many)


def lengths(many: ManyGames) -> list[int]:
    return [len(game.claims) for game in many.l1.state.games]


def test_5_one_half_blind_node_of_two_leads_to_no_move(tmp_path: Path) -> None:
    """The proposal is right; a record of safe heads with a gap makes it look wrong."""
    setup = Setup(LIMITS, l2.root(110), 110, SAFE)
    many = played(tmp_path, [setup], lambda l1: [Node(l1, SAFE), Node(l1, 104)])
    assert lengths(many) == [1]


def test_6_a_node_with_a_gap_alone_is_found_out_by_what_it_says_later(tmp_path: Path) -> None:
    """Until then its answer is all that there is; after that it is never believed again."""
    setup = Setup(LIMITS, l2.root(110), 110, SAFE)
    node: list[Node] = []

    def nodes(l1: ModelL1) -> list[Node]:
        node.append(Node(l1, SAFE))
        answers = iter([SAFE, 104] * 100)
        node[0].remembers = lambda: next(answers)
        return node

    assert lengths(played(tmp_path, [setup], nodes)) == [1]


def test_10_a_proposal_from_the_unsafe_chain_is_wrong(tmp_path: Path) -> None:
    """The safe chain has stopped: that nothing is safe there is a definite answer, as the node is in sync."""
    setup = Setup(LIMITS, l2.root(115), 115, SAFE)
    many = played(tmp_path, [setup], lambda l1: [Node(l1, SAFE)])
    game = many.l1.state.games[0]
    assert len(game.claims) == 2 and game.claims[1].claimant == HONEST
    finish(many)
    assert game.status is GameStatus.CHALLENGER_WON


def test_11_unknown_at_first_and_known_later(tmp_path: Path) -> None:
    wrong = Setup(LIMITS, keccak256(b"wrong"), 105, SAFE)
    right = Setup(LIMITS, l2.root(106), 106, SAFE)
    seen: list[Node] = []

    def down(l1: ModelL1) -> list[Node]:
        seen.append(Node(l1, SAFE))
        seen[0].remembers = lambda: None
        return seen

    many = played(tmp_path, [wrong, right], down)
    assert lengths(many) == [1, 1]
    seen[0].remembers = lambda: SAFE
    for _ in range(3):
        many.l1.mine()
        many.step()
    assert lengths(many) == [2, 1]
    finish(many)


@pytest.mark.parametrize("number", [SAFE + 1, (1 << 63), (1 << 64) - 1])
def test_20_absurd_block_numbers(tmp_path: Path, number: int) -> None:
    """With the root of the last safe block, or of the last that the game can be about: neither wins."""
    roots = [l2.root(SAFE), l2.root(ANCHOR_END)]
    many = played(
        tmp_path, [Setup(LIMITS, root, number, SAFE) for root in roots], lambda l1: [Node(l1, SAFE)]
    )
    for game in many.l1.state.games:
        assert len(game.claims) == 2 or game.l2_block_number_challenged
    finish(many)
    assert {game.status for game in many.l1.state.games} == {GameStatus.CHALLENGER_WON}


ANCHOR_END = 100 + (1 << LIMITS.split_depth)
"""The last block that these games can be about."""


def test_8_and_21_a_dispute_right_of_the_claimed_block(tmp_path: Path) -> None:
    """Past the claimed block both sides are it: contract, program and provider have one number."""
    setup = Setup(LIMITS, l2.root(102), 102, SAFE)
    l1 = ModelL1(LIMITS, SAFE)
    many = ManyGames(l1, [Node(l1, SAFE)], SAFE, tmp_path)
    many.create(setup, ())
    many.l1.mine()
    game = many.l1.state.games[0]
    # A liar says that the trace goes on past the claimed block, and that more and more of it is right.
    while game.claims[-1].depth < LIMITS.max_depth and (
        game.claims[-1].claimant == HONEST or not game.claims[1:]
    ):
        parent = game.claims[-1]
        for status in (0, 1):  # of the VM, where a lower game begins
            with suppress(Revert):
                said = Hash32(bytes([status]) + lie(parent.depth)[1:])
                _move(game, l1, parent, parent.is_root, said)
                break
        for _ in range(3):
            many.l1.mine()
            many.step()
    assert game.claims[-1].depth == LIMITS.max_depth
    assert max(claim.position.trace_index(LIMITS.split_depth) for claim in game.claims[:5]) > 102 - 100
    finish(many)
    assert game.status is GameStatus.DEFENDER_WON


def _move(game: FaultDisputeGame, l1: ModelL1, parent: Claim, is_attack: bool, said: Hash32) -> None:
    bond = required_bond(parent.depth + 1, LIMITS.max_depth)
    game.move(Call(LIAR, l1.time, bond), parent.value, parent.index, said, is_attack=is_attack)


def test_17_what_is_resolved_is_not_answered() -> None:
    """The clocks of the two sides differ: the deep claim is resolved, and then nothing is made below it."""
    contracts = Contracts()
    game = contracts.create()
    contracts.move(game, 0, value(1))
    contracts.later(game.limits.max_clock_duration)
    game.resolve_claim(contracts.call(), 1, 512)
    with pytest.raises(Revert):
        contracts.move(game, 1, value(2))
    game.resolve_claim(contracts.call(), 0, 512)
    game.resolve(contracts.call())
    assert game.status is GameStatus.CHALLENGER_WON


def test_18_a_game_is_not_over_before_its_side_branches_are() -> None:
    contracts = Contracts()
    game = contracts.create()
    contracts.move(game, 0, value(1))
    contracts.move(game, 0, value(2))
    contracts.later(game.limits.max_clock_duration)
    game.resolve_claim(contracts.call(), 2, 512)
    for attempt in (
        lambda: game.resolve_claim(contracts.call(), 0, 512),
        lambda: game.resolve(contracts.call()),
    ):
        with pytest.raises(Revert):
            attempt()
    game.resolve_claim(contracts.call(), 1, 512)
    game.resolve_claim(contracts.call(), 0, 512)
    game.resolve(contracts.call())


@pytest.mark.parametrize("children", [1, 511, 512, 513, 1_100])
def test_19_very_many_children_are_resolved_in_parts(tmp_path: Path, children: int) -> None:
    """Each transaction looks at 512 of them, and the player sends as many as it takes."""
    l1 = ModelL1(LIMITS, SAFE)
    many = ManyGames(l1, [Node(l1, SAFE)], SAFE, tmp_path)
    call = Call(PROPOSER, l1.time, BOND, parent_hash=l1.head_ref.hash)
    l1.state.factory.create(call, GAME_TYPE, keccak256(b"wrong"), (105).to_bytes(32, "big"))
    game = l1.state.games[0]
    for number in range(children):
        _move(game, l1, game.claims[0], True, lie(number))
    for claim in game.claims[1:]:  # of these it is somebody else's matter
        game.resolved_subgames.add(claim.index)
    l1.mine(LIMITS.max_clock_duration + 100)
    parts = 0
    while game.status is GameStatus.IN_PROGRESS:
        parts += 1
        assert parts < 10
        many.step()
        l1.mine()
    resolutions = [pending for pending in many.managers[0].sent if pending.candidate.data[4:36] == bytes(32)]
    assert len(resolutions) == -(-children // 512)


def test_43_duplicates_are_one_claim() -> None:
    tree = Tree(true_root=False)
    answer = tree.attack(0, claimant=LIAR)
    game = tree.game
    assert game.is_duplicate(Claim(answer.value, answer.position, 0, -1, HONEST))
    contracts = Contracts()
    made = contracts.create()
    contracts.move(made, 0, value(1))
    with pytest.raises(Revert):
        contracts.move(made, 0, value(1))


def test_43_nothing_is_done_after_the_end(tmp_path: Path) -> None:
    """Nor after a restart: nobody moves, and nothing is sent twice."""
    many = played(tmp_path, [Setup(LIMITS, keccak256(b"wrong"), 105, SAFE)], lambda l1: [Node(l1, SAFE)])
    finish(many)
    many.restart()
    for _ in range(5):
        many.l1.mine()
        many.step()
    assert many.managers[-1].sent == []
    assert lengths(many) == [2] and many.l1.state.games[0].claims[1].countered_by == ZERO_ADDRESS


def test_43_padding_is_the_last_state() -> None:
    """A dispute where the trace is over already: the last root repeats, as long as the tree is wide."""
    setup = Setup(LIMITS, l2.root(102), 102, SAFE)
    trace, root = setup.trace(), Claim(l2.root(102), ROOT_POSITION, NO_PARENT, 0)
    game = Game([root], LIMITS.max_depth)
    for index in range(1, 1 << LIMITS.split_depth):
        assert trace.get(game, root, Position(LIMITS.split_depth, index)) == l2.root(102)
    assert trace.get(game, root, Position(LIMITS.split_depth, 0)) == l2.root(101)
