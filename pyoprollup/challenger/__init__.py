"""The challenger: plays dispute games so that no wrong root stands and no right one falls.

``game`` has the rules, and the honest player's answers; ``trace`` what is true; ``contracts`` what L1 says,
and ``model`` the contracts themselves in Python. :class:`Challenger` looks at all games after each L1 block:
the ``monitor`` lists them, the ``coordinator`` has each looked at by its ``player``, whose ``agent`` resolves
and answers. The ``claimer`` gets bonds back, ``preimages`` brings to the oracle what steps read, and
``keccak`` checks the large pre-images of others. :func:`make_challenger` puts one together.

What is not certain never leads to a move: a look at a game goes by one L1 block, and ends with valid, invalid
or "cannot tell". Nothing is kept over a restart; what was done, L1 tells.

Specification: fault-proof/stage-one/honest-challenger-fdg.md; fault-proof/stage-one/fault-dispute-game.md;
fault-proof/stage-one/bond-incentives.md.
"""

from __future__ import annotations

from pyoprollup.challenger.agent import Agent, AgentConfig, Contradiction
from pyoprollup.challenger.build import ChallengerParts, make_challenger
from pyoprollup.challenger.challenger import Challenger, ChallengerL1
from pyoprollup.challenger.claimer import Claimer
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.coordinator import Coordinator, GameDefect
from pyoprollup.challenger.game_types import GAME_TYPES, GameType, game_type_info, game_type_name
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.monitor import GameMonitor
from pyoprollup.challenger.player import GamePlayer, InvalidPrestate, NotInSync
from pyoprollup.challenger.register import BottomTraces, GameContext, PlayerFactory
from pyoprollup.challenger.service import ChallengerAPI

__all__ = [
    "GAME_TYPES",
    "Agent",
    "AgentConfig",
    "BottomTraces",
    "Challenger",
    "ChallengerAPI",
    "ChallengerConfig",
    "ChallengerL1",
    "ChallengerMetrics",
    "ChallengerParts",
    "Claimer",
    "Contradiction",
    "Coordinator",
    "GameContext",
    "GameDefect",
    "GameMonitor",
    "GamePlayer",
    "GameType",
    "InvalidPrestate",
    "NotInSync",
    "PlayerFactory",
    "game_type_info",
    "game_type_name",
    "make_challenger",
]
