"""What both sides are set up with: accounts, depths, clocks and delays."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.model import GameLimits, OutputRoot
from pyoprollup.challenger.model.vm import with_status
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

__all__ = ["ABSOLUTE_STATE", "ANCHOR", "OWNER", "PLAYERS", "PRESTATE", "PROPOSER", "Setting"]

OWNER = Address(b"\x0f" * 20)
PLAYERS = tuple(Address(bytes([0xA0 + number]) * 20) for number in range(4))
PROPOSER, CHALLENGER = PLAYERS[0], PLAYERS[1]
"""Of permissioned games."""

ABSOLUTE_STATE = ord("a").to_bytes(32, "big")
PRESTATE = with_status(keccak256(ABSOLUTE_STATE), 3)
ANCHOR = OutputRoot(Hash32(b"\x11" * 32), 100)
BOND = 80_000_000_000_000_000
TYPE, PERMISSIONED_TYPE = 255, 1
L2_CHAIN_ID = 901
START = 1_700_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """Times in seconds. The machine of tests needs lower games of three levels."""

    limits: GameLimits = GameLimits(8, 4, 1_000, 100_000)
    weth_delay: int = 5_000
    finality_delay: int = 3_000
    challenge_period: int = 700
    min_proposal_size: int = 300
