"""Games over the alphabet: types 254 and 255, and whatever a devnet plays before it has a VM."""

from __future__ import annotations

from pyoprollup.challenger.register import BottomTraces, GameContext
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider, alphabet_prestate_commitment
from pyoprollup.challenger.trace.outputs import ProposalTraceCreator
from pyoprollup.eth.types import Hash32

__all__ = ["AlphabetTraces"]


class AlphabetTraces(BottomTraces):
    """The alphabet below the split, from the number of the block that both sides agree on."""

    @property
    def is_validated(self) -> bool:
        return True

    def absolute_prestate(self, _context: GameContext) -> Hash32:
        return alphabet_prestate_commitment()

    def creator(self, _context: GameContext) -> ProposalTraceCreator:
        return lambda _context, depth, agreed, _disputed: AlphabetTraceProvider(agreed.l2_block_number, depth)
