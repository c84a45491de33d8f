"""The contract that executes one step of a VM, of which only the oracle of pre-images is asked for.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Virtual Machine (VM)".
"""

from __future__ import annotations

from pyoprollup.bindings import load_contract
from pyoprollup.challenger.contracts.oracle import PreimageOracleContract
from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["VMContract"]


class VMContract:
    """A VM at an address. Reads raise what ``BoundContract.read`` does."""

    def __init__(self, address: Address, l1: L1Accounts) -> None:
        self._bound = load_contract("MIPS64").at(address, l1)

    @property
    def address(self) -> Address:
        return self._bound.address

    def oracle_address(self, block: AtBlock) -> Address:
        """Where the pre-images are that its steps read."""
        address: Address = self._bound.read("oracle", block=block)
        return address

    def oracle(self, block: AtBlock) -> PreimageOracleContract:
        """The oracle, in the version that it says it has."""
        return PreimageOracleContract.detect(self.oracle_address(block), self._bound.l1, block)
