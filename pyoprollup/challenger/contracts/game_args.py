"""The arguments that games are created with, as a factory keeps them since 1.3, packed::

    prestate 32 | vm 20 | anchor state registry 20 | DelayedWETH 20 | L2 chain id 32      124 bytes
    … as above … | proposer 20 | challenger 20                                            164 bytes
    prestate 32 | verifier 20 | challenge seconds 8 | prove seconds 8
                | challenger's bond 32 | anchor state registry 20 | DelayedWETH 20        140 bytes

The second are those of permissioned games, the third those of ZK games. Numbers are big-endian.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.contracts.errors import InvalidGameArgs
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32

__all__ = ["PERMISSIONED_LENGTH", "PERMISSIONLESS_LENGTH", "ZK_LENGTH", "GameArgs", "ZKGameArgs"]

PERMISSIONLESS_LENGTH = 124
PERMISSIONED_LENGTH = 164
ZK_LENGTH = 140


class _Reader:
    """Takes one field after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]

    def address(self) -> Address:
        return Address(self.take(20))

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


@dataclass(frozen=True, slots=True)
class GameArgs:
    """Those of a game with claims. ``l2_chain_id`` is 0 for games about super roots.

    ``proposer`` and ``challenger`` are the two parties of a permissioned game, and not set in others.
    """

    absolute_prestate: Hash32
    vm: Address
    anchor_state_registry: Address
    weth: Address
    l2_chain_id: int
    proposer: Address = ZERO_ADDRESS
    challenger: Address = ZERO_ADDRESS

    @classmethod
    def parse(cls, packed: bytes) -> GameArgs:
        """Raises :class:`InvalidGameArgs` for any other length than 124 or 164."""
        if len(packed) not in (PERMISSIONLESS_LENGTH, PERMISSIONED_LENGTH):
            raise InvalidGameArgs(f"game arguments: {len(packed)} bytes, neither 124 nor 164")
        reader = _Reader(packed)
        args = (Hash32(reader.take(32)), reader.address(), reader.address(), reader.address())
        chain_id = reader.number(32)
        if len(packed) == PERMISSIONLESS_LENGTH:
            return cls(*args, chain_id)
        return cls(*args, chain_id, reader.address(), reader.address())

    def pack_permissionless(self) -> bytes:
        """The 124 bytes, without the parties."""
        addresses = self.vm + self.anchor_state_registry + self.weth
        return self.absolute_prestate + addresses + self.l2_chain_id.to_bytes(32, "big")

    def pack_permissioned(self) -> bytes:
        """The 164 bytes, with both parties."""
        return self.pack_permissionless() + self.proposer + self.challenger


@dataclass(frozen=True, slots=True)
class ZKGameArgs:
    """Those of a ZK game. Durations are in seconds, the bond in wei."""

    absolute_prestate: Hash32
    verifier: Address
    max_challenge_duration: int
    max_prove_duration: int
    challenger_bond: int
    anchor_state_registry: Address
    weth: Address

    @classmethod
    def parse(cls, packed: bytes) -> ZKGameArgs:
        """Raises :class:`InvalidGameArgs` for any other length than 140."""
        if len(packed) != ZK_LENGTH:
            raise InvalidGameArgs(f"arguments of a ZK game: {len(packed)} bytes, not 140")
        reader = _Reader(packed)
        return cls(
            absolute_prestate=Hash32(reader.take(32)),
            verifier=reader.address(),
            max_challenge_duration=reader.number(8),
            max_prove_duration=reader.number(8),
            challenger_bond=reader.number(32),
            anchor_state_registry=reader.address(),
            weth=reader.address(),
        )

    def pack(self) -> bytes:
        """The 140 bytes again."""
        numbers = self.max_challenge_duration.to_bytes(8, "big") + self.max_prove_duration.to_bytes(8, "big")
        bond = self.challenger_bond.to_bytes(32, "big")
        head = self.absolute_prestate + self.verifier + numbers + bond
        return head + self.anchor_state_registry + self.weth
