"""A game's contract at one L1 block, which is what a pass looks at: all that it reads is of one state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from pyoprollup.bindings import ContractTransaction
from pyoprollup.challenger.contracts import FaultDisputeGameContract, GameDepths, game_of_claims
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, PreimageOracleData
from pyoprollup.challenger.trace.split import bounding_claims, create_local_context
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.keys import localize_ident

__all__ = ["GameReads", "GameView", "PinnedGame"]


class GameReads(Protocol):
    """What a player reads of a game.

    Reads raise what the contract's do: a
    :class:`~pyoprollup.sources.l1.CallFailed`, a :class:`~pyoprollup.errors.DecodeError`, or an
    :class:`~pyoprollup.errors.Unavailable`.
    """

    @abstractmethod
    def claims(self) -> Sequence[Claim]:
        """All claims, in the contract's order."""

    @abstractmethod
    def game(self, claims: Sequence[Claim]) -> Game:
        """The tree that these claims form; raises a ``RollupError`` if they form none."""

    @abstractmethod
    def is_l2_block_number_challenged(self) -> bool: ...

    @abstractmethod
    def clock_extension(self) -> int:
        """Seconds that a side which comes late is left with."""


class GameView(GameReads, Protocol):
    """A game with what is needed to act in it: trials, and the transactions. Trials raise what reads do."""

    @abstractmethod
    def call_resolve(self) -> GameStatus:
        """How the game would end now; raises the contract's error if it would not."""

    @abstractmethod
    def call_resolve_claim(self, claim_index: int) -> None:
        """Raises the contract's error if the claim cannot be resolved now."""

    @abstractmethod
    def resolve_tx(self) -> ContractTransaction: ...

    @abstractmethod
    def resolve_claim_tx(self, claim_index: int) -> ContractTransaction: ...

    @abstractmethod
    def attack_tx(self, parent: Claim, value: Hash32) -> ContractTransaction: ...

    @abstractmethod
    def defend_tx(self, parent: Claim, value: Hash32) -> ContractTransaction: ...

    @abstractmethod
    def step_tx(
        self, claim_index: int, is_attack: bool, state: bytes, proof: bytes
    ) -> ContractTransaction: ...

    @abstractmethod
    def challenge_l2_block_number_tx(self, challenge: L2BlockNumberChallenge) -> ContractTransaction: ...

    @abstractmethod
    def preimage_exists(self, claim: Claim, data: PreimageOracleData) -> bool:
        """Whether the oracle has this part of a pre-image, as a step against a claim would read it."""


class PinnedGame(GameView):
    """A :class:`GameView` of the state after the block ``block``."""

    def __init__(self, contract: FaultDisputeGameContract, depths: GameDepths, block: Hash32) -> None:
        self._contract = contract
        self._depths = depths
        self._claims: Sequence[Claim] | None = None
        self.block = block

    def claims(self) -> Sequence[Claim]:
        if self._claims is None:
            self._claims = self._contract.all_claims(self.block)
        return self._claims

    def game(self, claims: Sequence[Claim]) -> Game:
        return game_of_claims(claims, self._depths.max_depth)

    def is_l2_block_number_challenged(self) -> bool:
        return self._contract.is_l2_block_number_challenged(self.block)

    def clock_extension(self) -> int:
        return self._contract.clock_extension(self.block)

    def call_resolve(self) -> GameStatus:
        return self._contract.call_resolve(self.block)

    def call_resolve_claim(self, claim_index: int) -> None:
        self._contract.call_resolve_claim(claim_index, self.block)

    def resolve_tx(self) -> ContractTransaction:
        return self._contract.resolve_tx()

    def resolve_claim_tx(self, claim_index: int) -> ContractTransaction:
        return self._contract.resolve_claim_tx(claim_index)

    def attack_tx(self, parent: Claim, value: Hash32) -> ContractTransaction:
        return self._contract.attack_tx(parent, value, self.block)

    def defend_tx(self, parent: Claim, value: Hash32) -> ContractTransaction:
        return self._contract.defend_tx(parent, value, self.block)

    def step_tx(self, claim_index: int, is_attack: bool, state: bytes, proof: bytes) -> ContractTransaction:
        return self._contract.step_tx(claim_index, is_attack, state, proof)

    def challenge_l2_block_number_tx(self, challenge: L2BlockNumberChallenge) -> ContractTransaction:
        return self._contract.challenge_l2_block_number_tx(challenge)

    def preimage_exists(self, claim: Claim, data: PreimageOracleData) -> bool:
        if data.is_local:
            # The game keeps it in the oracle under a key of its own, made with the context of the claim.
            split = self._depths.split_depth
            bounds = bounding_claims(self.game(self.claims()), claim, claim.position, split)
            context = create_local_context(*bounds)
            data = replace(data, key=localize_ident(data.ident, self._contract.address, context))
        return self._contract.oracle(self.block).global_data_exists(data, self.block)
