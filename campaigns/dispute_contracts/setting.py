"""What both sides are set up with: accounts, depths, clocks and delays."""

from __future__ import annotations

import random
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


_SMALL = GameLimits(max_depth=8, split_depth=4, clock_extension=1_000, max_clock_duration=100_000)


@dataclass(frozen=True, slots=True)
class Setting:
    """Times in seconds. The machine of tests needs lower games of three levels below their root.

    ``prestate`` is what it begins with, ``anchor`` what games do.
    """

    limits: GameLimits = _SMALL
    weth_delay: int = 5_000
    finality_delay: int = 3_000
    challenge_period: int = 700
    min_proposal_size: int = 300
    prestate: Hash32 = PRESTATE
    anchor: OutputRoot = ANCHOR

    @classmethod
    def drawn(cls, rng: random.Random) -> Setting:
        """Mostly a small game, in which much happens; sometimes one as deep as on Ethereum."""
        if rng.random() < 0.5:
            return cls()
        extension = rng.choice((0, 1, 500, 10_000))
        period = rng.choice((0, 1, 700, 20_000))
        most = extension + max(extension, period)
        clock = rng.choice((most, most + 1, 50_000, 302_400))
        split = rng.choice((2, 3, 4, 8, 30))
        below = 43 if split == 30 else rng.choice((4, 4, 4, 2, 6))
        return cls(
            GameLimits(split + below, split, extension, max(clock, most, 2)),
            weth_delay=rng.choice((0, 1, 5_000)),
            finality_delay=rng.choice((0, 1, 3_000)),
            challenge_period=period,
            min_proposal_size=rng.choice((0, 300, 500)),
        )
