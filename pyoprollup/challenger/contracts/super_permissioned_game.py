"""Permissioned games about super roots: nobody plays them, the defender wins as they are created.

Only the registry of anchors has anything to do with them afterwards. There are no claims, bonds or credits.

Specification: fault-proof/stage-one/dispute-game-interface.md.
"""

from __future__ import annotations

from pyoprollup.bindings import DEFAULT_BATCH_SIZE, ContractTransaction, NotSupported
from pyoprollup.challenger.contracts.anchor_state_registry import AnchorStateRegistryContract
from pyoprollup.challenger.contracts.game import DisputeGameContract
from pyoprollup.challenger.contracts.versions import GameVersion
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["SuperPermissionedDisputeGameContract"]

_VERSION = GameVersion(
    contract="SuperPermissionedDisputeGame",
    has_l2_block_challenge=False,
    sequence_number="l2SequenceNumber",
    starting_number="l2SequenceNumber",  # There is no other: nothing lies between.
)


class SuperPermissionedDisputeGameContract(DisputeGameContract):
    """Such a game at an address."""

    def __init__(self, address: Address, l1: L1Accounts, batch_size: int = DEFAULT_BATCH_SIZE) -> None:
        super().__init__(address, l1, _VERSION, batch_size)

    def credit(self, _recipient: Address, _block: AtBlock) -> tuple[int, GameStatus]:
        """Nothing, ever: there are no bonds. It counts as finished, since it may have to be closed."""
        return 0, GameStatus.DEFENDER_WON

    def claim_credit_tx(self, _recipient: Address, _block: AtBlock) -> ContractTransaction:
        """There is none to claim: raises ``NotSupported``."""
        raise NotSupported("a super-permissioned game has no bonds")

    def is_closed(self, block: AtBlock) -> bool:
        """Whether the anchor is at this game's super root, or past it."""
        registry, number = self._read_each("anchorStateRegistry", "l2SequenceNumber", block=block)
        anchor = AnchorStateRegistryContract(registry, self._bound.l1).anchor_root(block)
        return bool(anchor.l2_sequence_number >= number)

    def close_game_tx(self, block: AtBlock) -> ContractTransaction:
        """The transaction that makes this game the anchor, after it was tried."""
        registry = AnchorStateRegistryContract(self.anchor_state_registry(block), self._bound.l1)
        return registry.set_anchor_state_tx(self.address, block)
