"""How far the batcher's scripts get before the reference of their time differs from today's."""

from __future__ import annotations

from pyoprollup.replay.recording import read_json
from pyoprollup.vectors.batcher_formats import replay_manager
from tests.golden import golden_path


def test_scripts_of_the_channel_manager_get_this_far() -> None:
    """Fewer operations compared would not fail by themselves."""
    scripts = read_json(golden_path("batcher"))["cases"]["manager"]
    compared = [(replay_manager(script), len(script["ops"])) for script in scripts]
    assert compared == [(11, 54), (30, 61), (27, 57), (52, 54), (54, 56), (9, 33)]
