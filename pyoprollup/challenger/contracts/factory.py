"""The factory of games as the challenger uses it: besides its list, what games of a type are made of.

Specification: fault-proof/stage-one/dispute-game-interface.md, "DisputeGameFactory Interface".
"""

from __future__ import annotations

from pyoprollup.bindings import ContractTransaction, DisputeGameFactory, GameMetadata, NotSupported
from pyoprollup.challenger.contracts.detect import (
    AnyGameContract,
    detect_game_type,
    dispute_game_contract,
    fault_dispute_game_contract,
)
from pyoprollup.challenger.contracts.errors import UnsupportedGameType
from pyoprollup.challenger.contracts.fault_game import FaultDisputeGameContract
from pyoprollup.challenger.contracts.game_args import GameArgs
from pyoprollup.challenger.contracts.vm import VMContract
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game_types import GameType
from pyoprollup.eth.super_root import ChainIDAndOutput, SuperV1, super_root
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.l1 import AtBlock

__all__ = ["GameFactoryContract", "game_parameters"]

_SUPER_ROOT_TYPES = (GameType.SUPER_PERMISSIONED, GameType.SUPER_CANNON_KONA)


class GameFactoryContract(DisputeGameFactory):
    """A factory, with all that its base class has. Reads of one pass are to be given one block's hash."""

    # --- games

    def game_contract(self, game: GameMetadata, block: AtBlock) -> AnyGameContract:
        """The contract of a game in the list; raises :class:`UnsupportedGameType`."""
        return dispute_game_contract(game.game_type, game.proxy, self.bound.l1, block)

    def game_status(self, index: int, block: AtBlock) -> GameStatus:
        """How the game at a place of the list stands; raises what :meth:`game_contract` does."""
        return self.game_contract(self.game_at_index(index, block), block).status(block)

    def game_from_parameters(
        self, game_type: int, root: Hash32, l2_sequence_number: int, block: AtBlock
    ) -> Address | None:
        """The game about an output root at a block number; ``None`` if there is none."""
        found = self.games(game_type, root, l2_sequence_number.to_bytes(32, "big"), block)
        return None if found is None else found[0]

    # --- types of games

    def has_game_impl(self, game_type: int, block: AtBlock) -> bool:
        """Whether games of this type can be created."""
        return self.game_impls(game_type, block) is not None

    def game_vm(self, game_type: int, block: AtBlock) -> VMContract:
        """The VM of games of a type: since 1.3 an argument of the games, else of the implementation.

        Raises :class:`InvalidGameArgs` and :class:`UnsupportedGameType`.
        """
        args = self._args(game_type, block)
        if args is not None:
            return VMContract(args.vm, self.bound.l1)
        return self._implementation(game_type, block).vm(block)

    def game_prestate(self, game_type: int, block: AtBlock) -> Hash32:
        """The absolute pre-state of games of a type; raises what :meth:`game_vm` does."""
        args = self._args(game_type, block)
        if args is not None:
            return args.absolute_prestate
        return self._implementation(game_type, block).absolute_prestate_hash(block)

    def _args(self, game_type: int, block: AtBlock) -> GameArgs | None:
        """The arguments of games of a type; ``None`` where the implementation has them."""
        try:
            packed = self.game_args(game_type, block)
        except NotSupported:
            return None
        return GameArgs.parse(packed) if packed else None

    def _implementation(self, game_type: int, block: AtBlock) -> FaultDisputeGameContract:
        address = self.game_impls(game_type, block)
        if address is None:
            raise UnsupportedGameType(f"the factory has no games of type {game_type}")
        found = detect_game_type(address, self.bound.l1, block)
        return fault_dispute_game_contract(found, address, self.bound.l1, block)

    # --- creation

    def create_tx(
        self, game_type: int, output_root: Hash32, l2_number: int, l2_chain_id: int, block: AtBlock
    ) -> ContractTransaction:
        """The transaction that creates a game, with the bond for it; it is not tried.

        ``l2_number`` is a block number, or the timestamp of a super root, which then has one chain only.
        """
        bond = self.init_bonds(game_type, block)
        return self.create(game_type, *game_parameters(game_type, output_root, l2_number, l2_chain_id), bond)


def game_parameters(
    game_type: int, output_root: Hash32, l2_number: int, l2_chain_id: int
) -> tuple[Hash32, bytes]:
    """Root claim and extra data of a game.

    Extra data of games about output roots are the block number in 32 bytes. Those of games about super roots
    are the super output of one chain at a timestamp, as :mod:`~pyoprollup.eth.super_root` encodes it, whose
    hash is the root claim.
    """
    if game_type not in _SUPER_ROOT_TYPES:
        return output_root, l2_number.to_bytes(32, "big")
    output = SuperV1(l2_number, (ChainIDAndOutput(l2_chain_id, output_root),))
    return super_root(output), output.marshal()
