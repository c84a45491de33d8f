"""Settings of a challenger that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.game_types import GameType
from pyoprollup.errors import ConfigError
from tests.unit.challenger.support import TO


def test_defaults_are_the_references() -> None:
    config = ChallengerConfig(game_factory_address=TO)
    config.check()
    assert config.game_types == (GameType.CANNON_KONA,)
    assert (config.game_window, config.max_pending_tx, config.poll_interval) == (28 * 86_400, 10, 12.0)
    assert (config.response_delay, config.response_delay_after, config.min_update_interval) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("game_types", ()),
        ("max_concurrency", 0),
        ("poll_interval", 0.0),
        ("game_window", -1),
        ("max_pending_tx", -1),
        ("min_update_interval", -1),
        ("response_delay", -1),
        ("response_delay_after", -1),
    ],
)
def test_each_is_named(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=name):
        ChallengerConfig(game_factory_address=TO, **{name: value}).check()
