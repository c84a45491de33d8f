"""Whether the sequencer runs, over restarts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.node.sequencer_state import SequencerStateError, SequencerStateFile


def test_the_file_keeps_what_was_last(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = SequencerStateFile(path)
    assert state.started() is None
    state.sequencer_started()
    assert json.loads(path.read_text()) == {"sequencerStarted": True}
    assert SequencerStateFile(path).started() is True
    state.sequencer_stopped()
    assert SequencerStateFile(path).started() is False
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"sequencerStarted": 1}', "\xff"])
def test_a_file_that_says_nothing_is_an_error(tmp_path: Path, text: str) -> None:
    """It must not be read as "stopped", nor as "started"."""
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"state\.json"):
        SequencerStateFile(path).started()


def test_a_file_with_other_keys_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{}")
    assert SequencerStateFile(path).started() is None


def test_a_state_that_cannot_be_kept(tmp_path: Path) -> None:
    state = SequencerStateFile(tmp_path / "not there" / "state.json")
    with pytest.raises(SequencerStateError):
        state.sequencer_started()
