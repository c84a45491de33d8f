"""Actions become transactions, and what a step reads comes first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pyoprollup.challenger.game.actions import ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, PreimageOracleData
from pyoprollup.challenger.preimages.errors import ChallengePeriodNotOver
from pyoprollup.challenger.preimages.ports import PreimageUploader
from pyoprollup.challenger.responder import FaultResponder
from pyoprollup.challenger.sender import InFlight, TransactionReverted, TxSender
from pyoprollup.errors import RollupError
from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import CallFailed
from pyoprollup.txmgr import TxCandidate
from tests.disputes import chain as l2
from tests.unit.challenger.game.support import HONEST, Tree, lie
from tests.unit.challenger.support import TO, View


def sent(data: bytes, value: int = 0) -> TxCandidate:
    """A transaction that is given up if L1 would refuse it."""
    return TxCandidate(TO, data, value=value, give_up_if_refused=True, extra_gas=25_000)


LOCAL = PreimageOracleData(bytes([1]) + bytes(30) + b"\x02", bytes(8), 0)
GLOBAL = PreimageOracleData(bytes([2]) + bytes(31), bytes(8), 0)


class World(TxSender, PreimageUploader):
    """Takes note of uploads and transactions, in their order."""

    def __init__(self) -> None:
        self.tree = Tree(depth=1)
        self.tree.attack(0, lie(1))
        self.view = View(self.tree.claims, 1)
        self.responder = FaultResponder(self.view, self, self)
        self.did: list[tuple[str, object]] = []
        self.upload_error: RollupError | None = None
        self.send_error: RollupError | None = None

    @property
    def address(self) -> Address:
        return HONEST

    def send_and_wait(self, purpose: str, candidates: Sequence[TxCandidate]) -> None:
        self.did.append((purpose, list(candidates)))
        if self.send_error is not None:
            raise self.send_error

    def upload_preimage(self, claim_index: int, data: PreimageOracleData) -> None:
        self.did.append(("upload", (claim_index, data)))
        if self.upload_error is not None:
            raise self.upload_error

    def step(self, preimage: PreimageOracleData | None, *, is_attack: bool = True) -> Step:
        return Step(self.tree.claims[1], is_attack, b"state", b"proof", preimage)


@pytest.mark.parametrize(("is_attack", "bond"), [(True, 5), (False, 6)])
def test_moves_name_what_they_dispute_and_carry_the_bond(is_attack: bool, bond: int) -> None:
    """Public failure 14: the disputed claim's value goes with the move."""
    world = World()
    parent = world.tree.claims[1]
    world.responder.perform_action(Move(parent, is_attack, lie(2)))
    what = b"attack" if is_attack else b"defend"
    data = what + b" 1 " + parent.value + lie(2)
    assert world.did == [("perform action", [sent(data, value=bond)])]


@pytest.mark.parametrize("is_attack", [True, False])
def test_a_step_that_reads_nothing(is_attack: bool) -> None:
    world = World()
    world.responder.perform_action(world.step(None, is_attack=is_attack))
    assert world.did == [("perform action", [sent(b"step 1 %d stateproof" % is_attack)])]


@pytest.mark.parametrize("data", [LOCAL, GLOBAL])
def test_what_a_step_reads_is_brought_first_unless_it_is_there(data: PreimageOracleData) -> None:
    world = World()
    world.responder.perform_action(world.step(data))
    assert [what for what, _ in world.did] == ["upload", "perform action"]
    assert world.did[0][1] == (1, data)
    world.did.clear()
    world.view.exists = True
    world.responder.perform_action(world.step(data))
    assert [what for what, _ in world.did] == ["perform action"]


def test_a_step_whose_pre_image_can_still_be_challenged_is_taken_later() -> None:
    world = World()
    world.upload_error = ChallengePeriodNotOver("a day")
    world.responder.perform_action(world.step(GLOBAL))
    assert [what for what, _ in world.did] == ["upload"]


@pytest.mark.parametrize("error", [InFlight("on its way"), TransactionReverted("no")])
def test_a_step_whose_pre_image_is_not_there_is_not_taken(error: RollupError) -> None:
    world = World()
    world.upload_error = error
    with pytest.raises(type(error)):
        world.responder.perform_action(world.step(GLOBAL))
    assert [what for what, _ in world.did] == ["upload"]


def test_the_block_number_is_challenged() -> None:
    world = World()
    challenge = L2BlockNumberChallenge(l2.output(7), l2.header(7))
    world.responder.perform_action(ChallengeL2BlockNumber(challenge))
    assert world.did == [("perform action", [sent(b"challenge 7")])]


def test_resolution_is_tried_before_it_is_sent() -> None:
    world = World()
    with pytest.raises(CallFailed):
        world.responder.call_resolve()
    with pytest.raises(CallFailed):
        world.responder.call_resolve_claim(0)
    world.responder.call_resolve_claim(1)
    world.responder.resolve_claims([1, 0])
    world.view.resolved = {0, 1}
    assert world.responder.call_resolve() is GameStatus.DEFENDER_WON
    world.responder.resolve()
    assert world.did == [
        ("resolve claim", [sent(b"resolve 1"), sent(b"resolve 0")]),
        ("resolve game", [sent(b"resolve")]),
    ]


def test_errors_of_the_sender_are_the_callers() -> None:
    world = World()
    world.send_error = TransactionReverted("no")
    with pytest.raises(TransactionReverted):
        world.responder.perform_action(world.step(None))
    with pytest.raises(TransactionReverted):
        world.responder.resolve()
