"""Which claims of a game an honest player stands by: those that it has made, and those that it would make.

Specification: fault-proof/stage-one/honest-challenger-fdg.md, "Honest Challenger", "Counter Claims".
"""

from __future__ import annotations

from pyoprollup.challenger.game.claims import Claim, ClaimKey

__all__ = ["HonestClaims"]


class HonestClaims:
    """The honest claims of one game, as far as they are known.

    They are known by what they say and not by their index, since some of them are still to be posted.
    """

    def __init__(self) -> None:
        self._agreed: set[ClaimKey] = set()
        self._counters: dict[ClaimKey, Claim] = {}

    def add_honest_claim(self, parent: Claim | None, claim: Claim) -> None:
        """``claim`` is the honest answer to ``parent``; without a parent it is the root claim."""
        self._agreed.add(claim.key)
        if parent is not None:
            self._counters[parent.key] = claim

    def is_honest(self, claim: Claim) -> bool:
        """Whether an honest player stands by this claim, whoever has made it."""
        return claim.key in self._agreed

    def honest_counter(self, parent: Claim) -> Claim | None:
        """The honest answer to a claim; ``None`` if it is to be ignored, or has not been looked at."""
        return self._counters.get(parent.key)
