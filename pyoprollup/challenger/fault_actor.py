"""Plays one fault dispute game: puts together what the agent needs for each look at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyoprollup.challenger.agent import Agent
from pyoprollup.challenger.contracts import FaultDisputeGameContract, GameDepths
from pyoprollup.challenger.delays import HeldAnswers
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.pinned_game import PinnedGame
from pyoprollup.challenger.player import Actor
from pyoprollup.challenger.preimages.ports import PreimageUploader
from pyoprollup.challenger.responder import FaultResponder
from pyoprollup.challenger.sender import Outbox, Outgoing
from pyoprollup.challenger.trace.node_outputs import GameOutputs
from pyoprollup.eth.refs import L1BlockRef

__all__ = ["FaultActor", "UploaderMaker"]

UploaderMaker = Callable[[L1BlockRef, Outbox], PreimageUploader]
"""Makes what brings pre-images to the oracle, as it is after an L1 block."""


class FaultActor(Actor):
    """Looks at a game at one L1 block at a time."""

    def __init__(
        self,
        contract: FaultDisputeGameContract,
        depths: GameDepths,
        agent: Agent,
        outputs: GameOutputs,
        outbox: Outbox,
        uploader: UploaderMaker,
        delays: HeldAnswers,
    ) -> None:
        self._contract = contract
        self._depths = depths
        self._agent = agent
        self._outputs = outputs
        self._outbox = outbox
        self._uploader = uploader
        self._delays = delays

    def status(self, head: L1BlockRef) -> GameStatus:
        return self._contract.status(head.hash)

    def act(self, head: L1BlockRef) -> None:
        view = PinnedGame(self._contract, self._depths, head.hash)
        responder = FaultResponder(view, self._outbox, self._uploader(head, self._outbox))
        self._delays.begin()
        judged = False

        def judge() -> None:
            nonlocal judged
            self._outputs.refresh()
            judged = True

        self._agent.act(view, responder, head.time, judge)
        if judged and not self._outbox.is_empty:
            self._drop_if_doubtful()

    def _drop_if_doubtful(self) -> None:
        """What the moves go by must still be so, or none of them is sent."""
        try:
            self._outputs.confirm()
        except BaseException:
            self._outbox.collect()
            raise

    def collect(self) -> Sequence[Outgoing]:
        return self._outbox.collect()

    @property
    def next_due(self) -> float:
        return self._delays.next_due
