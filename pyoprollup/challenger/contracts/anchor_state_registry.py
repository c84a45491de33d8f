"""The registry of anchors: the newest root that games have confirmed, from which new games start.

Specification: fault-proof/stage-one/anchor-state-registry.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.bindings import ContractTransaction, load_contract
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["AnchorRoot", "AnchorStateRegistryContract"]


@dataclass(frozen=True, slots=True)
class AnchorRoot:
    """A confirmed root, and the L2 block number or timestamp that it is of, a ``uint256``."""

    root: Hash32
    l2_sequence_number: int


class AnchorStateRegistryContract:
    """The registry at an address, in its newest version. Reads raise what ``BoundContract.read`` does."""

    def __init__(self, address: Address, l1: L1Accounts) -> None:
        self._bound = load_contract("AnchorStateRegistry").at(address, l1)

    @property
    def address(self) -> Address:
        return self._bound.address

    def anchor_root(self, block: AtBlock) -> AnchorRoot:
        """The anchor as it is after the block."""
        return AnchorRoot(*self._bound.read("getAnchorRoot", block=block))

    def set_anchor_state_tx(self, game: Address, block: AtBlock) -> ContractTransaction:
        """The transaction that makes a finished game the anchor, after it was tried.

        Raises :class:`~pyoprollup.bindings.ContractReverted` if the registry would refuse.
        """
        self._bound.read("setAnchorState", game, block=block)
        return self._bound.transaction("setAnchorState", game)
