"""Who proposes what must not stand: of the devnet's own rollup, and of the toy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from random import Random

from pyoprollup.bindings import DisputeGameFactory
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY, GAME_TYPE, TOY_GAME_TYPE
from pyoprollup.devnet.proposing import NodeOutputs
from pyoprollup.devnet.rollup_node import RollupNode
from pyoprollup.devnet.sending import DevnetSender
from pyoprollup.devnet.toy.rollup import ToyRollup
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import Tell
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.txmgr import TxCandidate

__all__ = ["BadProposer", "ToyProposer"]


class _Proposer(DevnetSender):
    """Creates a game of each kind that it is told, one after the other."""

    game_type: int

    def __init__(
        self,
        l1: EmbeddedL1,
        key: bytes,
        kinds: Sequence[str],
        interval: float,
        random: Random,
        now: Callable[[], float],
        tell: Tell,
        name: str,
    ) -> None:
        super().__init__(l1, key, now, tell, name)
        self._kinds = tuple(kinds)
        self._interval = interval
        self._random = random
        self._factory = DisputeGameFactory(DISPUTE_GAME_FACTORY, l1)
        self._due = now() + interval
        self.made: list[tuple[str, int, Hash32]] = []
        """Kind, block number and root of its proposals."""

    def _act(self, head: L1BlockRef) -> None:
        if head.time < self._due or len(self.made) >= len(self._kinds):
            return
        self._due = head.time + self._interval
        kind = self._kinds[len(self.made)]
        try:
            number, root = self._proposal(kind, head)
            bond = self._factory.init_bonds(self.game_type, head.hash)
        except RollupError as error:
            self.news.failed("nothing-to-propose", error)
            return
        self.made.append((kind, number, root))
        self.news("proposing", kind=kind, block=number, root=to_hex(root))
        transaction = self._factory.create(self.game_type, root, number.to_bytes(32, "big"), bond)
        self.send([TxCandidate(transaction.to, transaction.data, value=transaction.value)])

    @abstractmethod
    def _proposal(self, kind: str, head: L1BlockRef) -> tuple[int, Hash32]:
        """What to propose; raises a ``RollupError`` if there is nothing."""


class BadProposer(_Proposer):
    """Of the devnet's own rollup: ``wrong-root``, ``wrong-number``, ``unsafe``."""

    game_type = GAME_TYPE

    def __init__(
        self,
        l1: EmbeddedL1,
        key: bytes,
        kinds: Sequence[str],
        node: RollupNode,
        interval: float,
        random: Random,
        now: Callable[[], float],
        tell: Tell,
    ) -> None:
        super().__init__(l1, key, kinds, interval, random, now, tell, "bad proposer")
        self._node = NodeOutputs(node)

    def _proposal(self, kind: str, _head: L1BlockRef) -> tuple[int, Hash32]:
        status = self._node.sync_status()
        safe, unsafe = status.safe_l2, status.unsafe_l2
        if safe is None or unsafe is None or not safe.number:
            raise Unavailable("nothing is safe yet")
        if kind == "wrong-root":
            return safe.number, keccak256(self._random.randbytes(32))
        if kind == "wrong-number":
            return safe.number + 5, self._node.output_at_block(safe.number).output_root
        return unsafe.number, self._node.output_at_block(unsafe.number).output_root


class ToyProposer(_Proposer):
    """Of the toy: ``right``, ``wrong``."""

    game_type = TOY_GAME_TYPE

    def __init__(
        self,
        l1: EmbeddedL1,
        key: bytes,
        kinds: Sequence[str],
        rollup: ToyRollup,
        interval: float,
        random: Random,
        now: Callable[[], float],
        tell: Tell,
    ) -> None:
        super().__init__(l1, key, kinds, interval, random, now, tell, "toy proposer")
        self._rollup = rollup

    def _proposal(self, kind: str, head: L1BlockRef) -> tuple[int, Hash32]:
        if kind == "right":
            return head.number, self._rollup.block(head.number).output.root()
        return head.number, keccak256(self._random.randbytes(32))
