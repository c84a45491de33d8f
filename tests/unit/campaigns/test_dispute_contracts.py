"""Our contracts and the model do the same; a campaign plays more, and on the real ones."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from campaigns.dispute_contracts.__main__ import main, packages
from campaigns.dispute_contracts.run import Packages, play
from campaigns.dispute_contracts.twin import Twin
from pyoprollup.challenger.model import GameLimits
from pyoprollup.challenger.model import resolution as model_resolution
from pyoprollup.challenger.model.large_preimages import Proposal

GAMES = int(os.environ.get("PYOPROLLUP_DISPUTES", "60"))
"""Sequences about games; a quarter as many are about the oracle."""
CHUNK = 15


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, GAMES, CHUNK))
def test_games(first: int) -> None:
    for seed in range(first, min(first + CHUNK, GAMES)):
        outcome = play("ours", "games", seed, Packages())
        assert outcome.disagreement == "", seed
        assert outcome.views > 100


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, GAMES // 4, CHUNK))
def test_the_oracle(first: int) -> None:
    for seed in range(first, min(first + CHUNK, GAMES // 4)):
        outcome = play("ours", "oracle", seed, Packages())
        assert outcome.disagreement == "", seed
        assert outcome.views > 10


# --- a check that cannot fail is none


def _differs(kind: str) -> bool:
    return any(play("ours", kind, seed, Packages()).disagreement for seed in range(15))


def test_another_clock_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Twin.__post_init__

    def with_another_clock(twin: Twin) -> None:
        made(twin)
        for implementation in twin.model.factory.game_impls.values():
            limits: GameLimits = implementation.limits
            changed = limits.max_clock_duration + 1
            implementation.limits = replace(limits, max_clock_duration=changed)

    monkeypatch.setattr(Twin, "__post_init__", with_another_clock)
    assert _differs("games")


def test_another_answer_that_counts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rightmost instead of the leftmost."""
    monkeypatch.setattr(model_resolution, "_ANY_POSITION", 0)
    assert _differs("games")


def test_another_tree_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Proposal, "tree_root", lambda _proposal: bytes(32))
    assert _differs("oracle")


# --- the command


def test_the_command_plays_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--games", "2", "--oracle", "1", "--evm", "own"]) == 0
    printed = capsys.readouterr().out
    assert "ours: 3 sequences" in printed and "0 differ" in printed
    assert "1.2.0" not in printed


def test_the_command_says_what_differs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_resolution, "_ANY_POSITION", 0)
    assert main(["--games", "15", "--oracle", "0"]) == 1
    assert "DIFFERS games" in capsys.readouterr().out


def test_nothing_to_play_is_no_success() -> None:
    assert main(["--games", "0", "--oracle", "0"]) == 1


def test_where_real_contracts_are(tmp_path: Path) -> None:
    assert packages(None, None) == Packages()
    found = packages(tmp_path, tmp_path / "newest")
    assert found.old is not None and found.old.is_relative_to(tmp_path)
    with pytest.raises(FileNotFoundError):
        play("1.2.0", "games", 0, found)
    with pytest.raises(FileNotFoundError):
        play("2.4.2", "games", 0, Packages())
