"""The factory of dispute games as a proposer uses it, all of it read at one L1 block.

Specification: fault-proof/stage-one/dispute-game-interface.md, "DisputeGameFactory Interface";
protocol/proposals.md.

Anybody may put games into the factory's list, of types that we do not know and with code that answers
nothing or nonsense. So a game's own code is only asked if it is of our type, and one that does not answer
is passed over: what we propose is checked against the factory itself before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyoprollup.bindings import (
    DisputeGameFactory,
    GameMetadata,
    load_contract,
    read_all,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.proposer.source import Proposal
from pyoprollup.sources.l1 import CallFailed
from pyoprollup.txmgr import TxCandidate

__all__ = ["ProposalGames", "RecentProposal"]

_CLAIMANT, _CLAIM = 2, 4
"""Where they are in the answer of ``claimData``."""


@dataclass(frozen=True, slots=True)
class RecentProposal:
    """A game that the proposer has created: when (seconds), and with what root."""

    game: GameMetadata
    claim: Hash32


class ProposalGames:
    """The factory's games after the L1 block ``block``. ``on_unreadable`` is told of games passed over.

    Reads raise ``CallFailed``, :class:`~pyoprollup.errors.DecodeError`,
    :class:`~pyoprollup.errors.Unavailable` and :class:`~pyoprollup.errors.NotFound`.
    """

    def __init__(
        self,
        factory: DisputeGameFactory,
        block: Hash32,
        on_unreadable: Callable[[GameMetadata, Exception], None] = lambda _game, _error: None,
    ) -> None:
        self._factory = factory
        self._block = block
        self._on_unreadable = on_unreadable

    def has_proposed_since(self, proposer: Address, cutoff: float, game_type: int) -> RecentProposal | None:
        """The newest game of this type that ``proposer`` created at ``cutoff`` (seconds) or later."""
        for index in reversed(range(self._factory.game_count(self._block))):
            game = self._factory.game_at_index(index, self._block)
            if game.timestamp < cutoff:
                return None  # The list is in the order of creation.
            if game.game_type != game_type:
                continue
            try:
                creator, claim = self._creator_and_claim(game.proxy)
            except (CallFailed, DecodeError) as error:
                self._on_unreadable(game, error)
                continue
            if creator == proposer:
                return RecentProposal(game, claim)
        return None

    def _creator_and_claim(self, proxy: Address) -> tuple[Address, Hash32]:
        l1 = self._factory.bound.l1
        game = load_contract("FaultDisputeGame").at(proxy, l1)
        try:
            creator, claim = read_all(l1, [game.call("gameCreator"), game.call("rootClaim")], self._block)
        except (CallFailed, DecodeError):
            # Games of old have no creator, but the root claim has a claimant.
            values = game.read("claimData", 0, block=self._block)
            creator, claim = values[_CLAIMANT], values[_CLAIM]
        return Address(creator), Hash32(claim)

    def existing_game(self, game_type: int, proposal: Proposal) -> Address | None:
        """The game that makes this very proposal, whoever created it: there cannot be a second one."""
        found = self._factory.games(game_type, proposal.root, proposal.extra_data, self._block)
        return None if found is None else found[0]

    def proposal_tx(self, game_type: int, proposal: Proposal) -> TxCandidate:
        """The transaction that creates the game, with the bond that the factory asks for."""
        bond = self._factory.init_bonds(game_type, self._block)
        tx = self._factory.create(game_type, proposal.root, proposal.extra_data, bond)
        return TxCandidate(tx.to, tx.data, value=tx.value)
