"""Looks at the large pre-images of all oracles that our games use, and challenges those that are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.challenger import Task
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.contracts import GameFactoryContract, PreimageOracleContract
from pyoprollup.challenger.keccak import (
    InputFetcher,
    InputSource,
    KeccakMetrics,
    LargePreimageScheduler,
    PreimageChallenger,
    PreimageVerifier,
)
from pyoprollup.challenger.pinned_oracle import PinnedOracle
from pyoprollup.challenger.sender import TxSender
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.events import News, Tell
from pyoprollup.sources.l1 import L1Accounts

__all__ = ["LargePreimageTask"]


class LargePreimageTask(Task):
    """A task of a challenger. Oracles are those of the types of games that it plays."""

    def __init__(
        self,
        config: ChallengerConfig,
        l1: L1Accounts,
        inputs: InputSource,
        sender: TxSender,
        metrics: KeccakMetrics,
        tell: Tell,
    ) -> None:
        self._config = config
        self._l1 = l1
        self._news = News("keccak", tell)
        verifier = PreimageVerifier(InputFetcher(inputs))
        challenger = PreimageChallenger(verifier, sender, metrics, tell)
        self._scheduler = LargePreimageScheduler(
            self._pinned_oracles, challenger, lambda: self._head.time, metrics, tell
        )
        self._head: L1BlockRef  # the block that is looked at

    def __call__(self, _games: Sequence[GameMetadata], head: L1BlockRef) -> None:
        """Look at all after an L1 block; one oracle that fails never stops the others."""
        self._head = head
        self._scheduler.schedule(head.hash)
        self._scheduler.step()

    def begin_anew(self) -> None:
        """Nothing: what is remembered are trees of leaves that are right, on any chain."""

    def _pinned_oracles(self) -> list[PinnedOracle]:
        block = self._head.hash
        return [PinnedOracle(oracle, block) for oracle in self._oracles(block)]

    def _oracles(self, block: Hash32) -> Iterable[PreimageOracleContract]:
        factory = GameFactoryContract.detect(self._config.game_factory_address, self._l1, block)
        found: dict[Address, PreimageOracleContract] = {}
        for game_type in self._config.game_types:
            try:
                oracle = factory.game_vm(game_type, block).oracle(block)
            except RollupError as error:
                self._news.failed("oracle-unknown", error, type=game_type.name)
                continue
            found[oracle.address] = oracle
        return found.values()
