"""One random sequence on the contracts of an origin and on the model."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.dispute_contracts.deployment import Deployment, deploy_newest, deploy_old, deploy_ours
from campaigns.dispute_contracts.evm import new_evm
from campaigns.dispute_contracts.oracle_sequences import OracleSequence
from campaigns.dispute_contracts.sequences import GameSequence
from campaigns.dispute_contracts.setting import Setting
from campaigns.dispute_contracts.twin import Disagreement, Twin
from campaigns.dispute_contracts.views import check_all

__all__ = ["ORIGINS", "Outcome", "Packages", "play"]

ORIGINS = ("ours", "1.2.0", "1.3.0", "2.4.2")
"""Whose contracts: our own, or the version of the real games."""
_LENGTHS = (20, 60, 120)


@dataclass(frozen=True, slots=True)
class Packages:
    """Folders with artifacts of real contracts: games 1.2.0, 1.3.0, and 2.x."""

    old: Path | None = None
    newer: Path | None = None
    newest: Path | None = None

    def deployment(self, origin: str, evm: str, setting: Setting) -> Deployment:
        """The contracts of an origin, on a new EVM. Raises :class:`FileNotFoundError` without its folder."""
        folder = {"1.2.0": self.old, "1.3.0": self.newer, "2.4.2": self.newest}.get(origin)
        if origin == "ours":
            return deploy_ours(new_evm(evm), setting)
        if folder is None or (origin == "2.4.2" and self.newer is None):
            raise FileNotFoundError(f"no folder with the contracts of {origin}")
        if origin == "2.4.2":
            assert self.newer is not None
            return deploy_newest(new_evm(evm), folder, self.newer, setting)
        return deploy_old(new_evm(evm), folder, origin, setting)


@dataclass
class Outcome:
    """What a sequence came to: calls by function and result, getters compared, and what differed, if so."""

    origin: str
    kind: str
    seed: int
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    views: int = 0
    disagreement: str = ""


def play(origin: str, kind: str, seed: int, packages: Packages, evm: str = "") -> Outcome:
    """Play the sequence of a seed, about ``games`` or the ``oracle``.

    Games of an origin get contracts with drawn limits, which all real versions accept.
    """
    rng = random.Random(f"{kind} {seed}")  # noqa: S311
    setting = Setting.drawn(rng)
    twin = Twin(packages.deployment(origin, evm, setting))
    sequence = GameSequence(twin, rng) if kind == "games" else OracleSequence(twin, rng)
    outcome = Outcome(origin, kind, seed)
    try:
        for action in sequence.play(rng.choice(_LENGTHS)):
            twin.send(action)
        outcome.views = check_all(twin, sequence.now + 7)
    except Disagreement as exc:
        outcome.disagreement = str(exc)
    outcome.calls.update(twin.done)
    return outcome
