"""A game and its oracle at one L1 block: what is read, and which transactions are made."""

from __future__ import annotations

from typing import Any, cast

import pytest

from pyoprollup.bindings import load_contract
from pyoprollup.challenger.actions_tx import action_candidates
from pyoprollup.challenger.contracts import (
    FaultDisputeGameContract,
    GameDepths,
    InvalidAddLeaves,
    MalformedGame,
    fault_dispute_game_contract,
)
from pyoprollup.challenger.game.actions import Move, Step
from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import Challenge, LargePreimageIdent, LargePreimageMetaData, Leaf
from pyoprollup.challenger.model import Call, FaultDisputeGame, GameLimits
from pyoprollup.challenger.pinned_game import PinnedGame
from pyoprollup.challenger.pinned_oracle import PinnedOracle, PinnedOracleLoader
from pyoprollup.challenger.sender import InFlight, Outbox
from pyoprollup.challenger.uploads import uploader_of
from pyoprollup.eth.types import Hash32
from pyoprollup.sources.l1 import CallFailed
from tests.disputes.many_games import ABI
from tests.disputes.model_l1 import BOND, GAME_TYPE, ModelL1
from tests.disputes.world import HONEST, PROPOSER
from tests.unit.challenger.game.support import lie
from tests.unit.challenger.support import TO, head

LIMITS = GameLimits(8, 4, 600, 91_200)
DEPTHS = GameDepths(8, 4)
LOCAL = PreimageOracleData(bytes([1]) + bytes(30) + b"\x02", (32).to_bytes(8, "big") + bytes(32), 8)


@pytest.fixture
def l1() -> ModelL1:
    """With one game, about block 110."""
    made = ModelL1(LIMITS, 112, keep=10)
    call = Call(PROPOSER, made.time, BOND)
    made.state.factory.create(call, GAME_TYPE, lie(), (110).to_bytes(32, "big"))
    made.mine()
    return made


def game(l1: ModelL1) -> FaultDisputeGame:
    return l1.state.games[0]


def contract(l1: ModelL1) -> FaultDisputeGameContract:
    return fault_dispute_game_contract(GAME_TYPE, game(l1).address, cast(Any, l1), l1.head_ref.hash)


def view(l1: ModelL1) -> PinnedGame:
    return PinnedGame(contract(l1), DEPTHS, l1.head_ref.hash)


def answer(l1: ModelL1, index: int, value: Hash32, *, is_attack: bool = True) -> None:
    parent = game(l1).claims[index]
    bond = required_bond(parent.depth + 1, LIMITS.max_depth)
    game(l1).move(Call(HONEST, l1.time, bond), parent.value, index, value, is_attack=is_attack)


# --- reads


def test_all_reads_are_of_one_block_whatever_comes_after(l1: ModelL1) -> None:
    """One block for a whole pass: the second read tells nothing that the first did not know."""
    before = view(l1)
    answer(l1, 0, lie(1))
    l1.mine()
    assert len(before.claims()) == 1 and len(view(l1).claims()) == 2
    assert before.game(before.claims()).max_depth == 8
    assert not before.is_l2_block_number_challenged()
    assert before.clock_extension() == 600


def test_claims_are_read_once_in_a_pass(l1: ModelL1) -> None:
    pinned = view(l1)
    pinned.claims()
    calls = l1.calls_made
    assert pinned.claims() is pinned.claims() and l1.calls_made == calls


def test_a_tree_that_is_none_is_refused(l1: ModelL1) -> None:
    with pytest.raises(MalformedGame):
        view(l1).game([])


def test_what_cannot_be_resolved_is_refused(l1: ModelL1) -> None:
    with pytest.raises(CallFailed):
        view(l1).call_resolve()
    with pytest.raises(CallFailed):
        view(l1).call_resolve_claim(0)
    l1.mine(LIMITS.max_clock_duration)
    view(l1).call_resolve_claim(0)


# --- transactions


def test_transactions_are_the_contracts(l1: ModelL1) -> None:
    answer(l1, 0, lie(1))
    l1.mine()
    pinned, address = view(l1), game(l1).address
    parent = pinned.claims()[1]
    made = {
        "attack": (pinned.attack_tx(parent, lie(2)), (parent.value, 1, lie(2))),
        "defend": (pinned.defend_tx(parent, lie(2)), (parent.value, 1, lie(2))),
        "step": (pinned.step_tx(3, True, b"state", b"proof"), (3, True, b"state", b"proof")),
        "resolve": (pinned.resolve_tx(), ()),
        "resolveClaim": (pinned.resolve_claim_tx(4), (4, 512)),
    }
    for name, (transaction, arguments) in made.items():
        assert transaction.to == address
        function, found = ABI.decode_call(transaction.data)
        assert (function.name, found) == (name, arguments)
        bond = required_bond(2, LIMITS.max_depth) if name in ("attack", "defend") else 0
        assert transaction.value == bond


# --- pre-images


def deep(l1: ModelL1) -> int:
    """A claim of the lower game; its index."""
    for depth in range(1, 6):
        value = lie(depth) if depth != 5 else Hash32(b"\x01" + lie(5)[1:])
        answer(l1, len(game(l1).claims) - 1, value)
    l1.mine()
    return len(game(l1).claims) - 1


def test_a_local_pre_image_is_looked_up_under_the_key_of_its_game_and_dispute(l1: ModelL1) -> None:
    index = deep(l1)
    pinned = view(l1)
    claim = pinned.claims()[index]
    assert not pinned.preimage_exists(claim, LOCAL)
    tx = contract(l1).update_oracle_tx(index, LOCAL, l1.head_ref.hash)
    l1.transact(Call(HONEST, l1.time), tx.to, tx.data)
    l1.mine()
    assert not pinned.preimage_exists(claim, LOCAL)  # at its own block it is not there yet
    assert view(l1).preimage_exists(claim, LOCAL)


def test_actions_of_who_does_not_look_back(l1: ModelL1) -> None:
    index = deep(l1)
    pinned = view(l1)
    claim = pinned.claims()[index]
    move = Move(claim, False, lie(9))
    (found,) = action_candidates(pinned, contract(l1), move)
    assert found.data == pinned.defend_tx(claim, lie(9)).data and found.value
    step = Step(claim, True, b"state", b"proof", LOCAL)
    names = [ABI.decode_call(each.data)[0].name for each in action_candidates(pinned, contract(l1), step)]
    assert names == ["addLocalData", "step"]
    without = Step(claim, True, b"state", b"proof", None)
    assert len(action_candidates(pinned, contract(l1), without)) == 1


class Oracle:
    """An oracle's contract that writes down what it is asked."""

    address = TO

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.metadata = LargePreimageMetaData(LargePreimageIdent(HONEST, 0))
        self.fails = False

    def __getattr__(self, name: str) -> Any:
        def answer(*arguments: Any) -> Any:
            self.asked.append((name, arguments))
            if self.fails:
                raise InvalidAddLeaves("another call")
            if name == "proposal_metadata":
                return [self.metadata]
            if name == "min_large_preimage_size":
                return 1_000
            if name.endswith("_tx"):
                return load_contract("PreimageOracle").at(TO, cast(Any, None)).transaction("proposalCount")
            return 7

        return answer


class Game:
    """A game's contract with such an oracle."""

    address = TO

    def __init__(self) -> None:
        self.found = Oracle()
        self.updates: list[tuple[int, PreimageOracleData, bytes]] = []

    def oracle(self, _block: bytes) -> Oracle:
        return self.found

    def update_oracle_tx(self, index: int, data: PreimageOracleData, block: bytes) -> Any:
        self.updates.append((index, data, block))
        return load_contract("PreimageOracle").at(TO, cast(Any, None)).transaction("proposalCount")


LEAF = Leaf(bytes(136), 0, lie())
STATE = tuple(range(25))


def test_an_oracle_is_asked_at_its_block() -> None:
    contract, block = Oracle(), head(9).hash
    oracle = PinnedOracle(cast(Any, contract), block)
    ident = LargePreimageIdent(HONEST, 5)
    proof = Challenge(STATE, LEAF, (lie(1),), LEAF, (lie(2),))
    assert oracle.address == TO
    oracle.challenge_period()
    oracle.init_large_preimage(5, 8, 900)
    oracle.add_leaves(5, 0, b"input", [lie()], True)
    oracle.squeeze(ident, proof)
    oracle.call_squeeze(ident, proof)
    oracle.get_proposal_metadata([ident])
    other = head(2).hash
    oracle.get_active_preimages(other)
    oracle.get_input_data_blocks(other, ident)
    oracle.get_proposal_tree_root(other, ident)
    oracle.challenge_tx(ident, proof)
    assert contract.asked == [
        ("challenge_period", (block,)),
        ("init_large_preimage_tx", (5, 8, 900, block)),
        ("add_leaves_tx", (5, 0, b"input", [lie()], True)),
        ("squeeze_tx", (ident, proof)),
        ("call_squeeze", (ident, proof, block)),
        ("proposal_metadata", ([ident], block)),
        ("active_preimages", (other,)),
        ("input_data_blocks", (ident, other)),
        ("proposal_tree_root", (ident, other)),
        ("challenge_tx", (ident, proof)),
    ]


def test_call_data_that_is_no_leaf_is_none() -> None:
    contract = Oracle()
    contract.fails = True
    assert PinnedOracle(cast(Any, contract), head(9).hash).decode_input_data(b"x") is None


def test_what_fits_a_transaction_goes_through_the_game() -> None:
    made = Game()
    loader = PinnedOracleLoader(cast(Any, made), head(9).hash)
    assert loader.update_oracle_tx(3, LOCAL).to == TO
    assert made.updates == [(3, LOCAL, head(9).hash)]


@pytest.mark.parametrize("size", [999, 1_000, 5_000])
def test_uploads_go_the_way_that_their_size_asks_for(size: int) -> None:
    made, outbox = Game(), Outbox(HONEST)
    data = PreimageOracleData(bytes([2]) + bytes(31), size.to_bytes(8, "big") + bytes(size), 8)
    uploader = uploader_of(cast(Any, made))(head(9), outbox)
    assert made.found.asked == []  # nothing is asked for before it is needed
    with pytest.raises(InFlight):
        uploader.upload_preimage(3, data)
    asked = [name for name, _ in made.found.asked]
    assert ("init_large_preimage_tx" in asked) is (size >= 1_000)
    assert len(made.updates) == (size < 1_000)
    assert len(outbox) == 1
