"""Games over the alphabet: types 254 and 255, and whatever a devnet plays before it has a VM."""

from __future__ import annotations

from pyoprollup.challenger.register import BottomTraces, GameContext
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider, alphabet_prestate_commitment
from pyoprollup.challenger.trace.outputs import ProposalTraceCreator
from pyoprollup.eth.types import Hash32

__all__ = ["AlphabetTraces", "DevnetAlphabetTraces"]


class AlphabetTraces(BottomTraces):
    """The alphabet below the split, from the number of the block that both sides agree on."""

    @property
    def is_validated(self) -> bool:
        return True

    def absolute_prestate(self, _context: GameContext) -> Hash32:
        return alphabet_prestate_commitment()

    def creator(self, _context: GameContext) -> ProposalTraceCreator:
        return lambda _context, depth, agreed, _disputed: AlphabetTraceProvider(agreed.l2_block_number, depth)


class DevnetAlphabetTraces(AlphabetTraces):
    """The same as the AlphabetVM counts: from the block before the disputed one.

    Both are the same block, unless the disputed claim is about what is after the claimed block: then agreed
    and disputed number are both that of the claimed block. The reference's trace is not what its contract
    executes there, so whoever plays by it loses a claim that is right.
    """

    def creator(self, _context: GameContext) -> ProposalTraceCreator:
        return lambda _context, depth, _agreed, disputed: AlphabetTraceProvider(
            max(disputed.l2_block_number - 1, 0), depth
        )
