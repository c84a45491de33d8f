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
from pyoprollup.challenger.trace.node_outputs import GameNodes
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
        nodes: GameNodes,
        outbox: Outbox,
        uploader: UploaderMaker,
        delays: HeldAnswers,
    ) -> None:
        self._contract = contract
        self._depths = depths
        self._agent = agent
        self._nodes = nodes
        self._outbox = outbox
        self._uploader = uploader
        self._delays = delays
        self._resolutions: int | None = None
        """How many of the groups that were taken are no answers; ``None`` if nothing was judged."""

    def status(self, head: L1BlockRef) -> GameStatus:
        return self._contract.status(head.hash)

    def act(self, head: L1BlockRef) -> None:
        view = PinnedGame(self._contract, self._depths, head.hash)
        responder = FaultResponder(view, self._outbox, self._uploader(head, self._outbox))
        self._delays.begin()
        self._resolutions = None

        def judge() -> None:
            self._nodes.refresh()
            self._resolutions = len(self._outbox)

        self._agent.act(view, responder, head.time, judge)
        if self._resolutions is not None and len(self._outbox) > self._resolutions:
            self._drop_if_doubtful(self._resolutions)

    def _drop_if_doubtful(self, resolutions: int) -> None:
        """What the moves go by must still be so, or none of them is sent."""
        try:
            self._nodes.confirm()
        except BaseException:
            self._outbox.collect(since=resolutions)
            raise

    def collect(self) -> Sequence[Outgoing]:
        # Answers have to be in time, resolutions have not.
        answers = [] if self._resolutions is None else self._outbox.collect(since=self._resolutions)
        return [*answers, *self._outbox.collect()]

    @property
    def next_due(self) -> float:
        return self._delays.next_due
