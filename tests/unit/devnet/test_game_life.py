"""The life of every game of a devnet, and the pictures: all that is on L1 about it is there, once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pyoprollup.bindings import GameMetadata
from pyoprollup.devnet import Devnet
from pyoprollup.devnet.diagram import mermaid
from pyoprollup.devnet.diagram_svg import svg
from pyoprollup.devnet.game_life import GAME_PARTICIPANTS, GAME_PHASES, GameLife, GameLifeRecorder
from pyoprollup.devnet.game_pictures import devnet_games, draw_games, game_sheet
from pyoprollup.devnet.watch import Watch
from pyoprollup.errors import ConfigError
from tests.docs.figures import DISPUTED


@cache
def lived() -> tuple[Devnet, GameLifeRecorder]:
    recorder = GameLifeRecorder()
    devnet = Devnet(DISPUTED, watch=Watch(recorder))
    devnet.run()
    return devnet, recorder


def disputed() -> tuple[GameMetadata, GameLife]:
    devnet, recorder = lived()
    games = devnet_games(devnet)
    game = max(games, key=lambda each: len(game_sheet(devnet, each).claims))
    return game, recorder.life(devnet, game)


def test_a_proposal_that_nobody_disputes() -> None:
    devnet, recorder = lived()
    life = recorder.life(devnet, devnet_games(devnet)[0])
    assert [(step.row, step.source, step.target) for step in life.steps] == [
        ("4.2", "proposer", "node"),
        ("4.2", "node", "proposer"),
        ("4.5", "proposer", "factory"),
        ("4.5", "factory", "game"),
        ("5.7", "challenger", "game"),
        ("5.7", "challenger", "game"),
        ("5.7", "game", "challenger"),
        ("5.9", "challenger", "game"),
    ]
    assert life.steps[6].text == "defender won"


def test_a_dispute_has_every_claim_in_its_order() -> None:
    devnet, _ = lived()
    game, life = disputed()
    claims = game_sheet(devnet, game).claims
    made = [step for step in life.steps if step.row == "5.7" and step.text[0].isdigit()]
    assert len(made) == len(claims) - 1
    for step, each in zip(made, claims[1:], strict=True):
        verb = "attack" if each.kind == "attack" else "defend"
        assert step.text.startswith(f"{each.claim.index}: {verb} {each.claim.parent_index} with 0x")
        assert step.time == each.claim.clock.timestamp - devnet.config.genesis.l2_time
    times = [step.time for step in life.steps if step.phase == 5]
    assert times == sorted(times)
    assert any(step.text == "challenger won" for step in life.steps)


def test_what_is_decided_comes_after_what_it_is_about() -> None:
    _, life = disputed()
    steps = list(life.steps)
    decided = next(step for step in steps if step.row == "5.5" and step.text == "attack claim 2")
    made = next(step for step in steps if step.text.startswith("2: "))
    assert steps.index(made) < steps.index(decided)


def test_the_diagram_has_both_phases_and_all_who_take_part() -> None:
    _, life = disputed()
    texts = [each.text for each in ElementTree.fromstring(svg(life)).iter("{http://www.w3.org/2000/svg}text")]
    assert all(phase in texts for phase in GAME_PHASES.values())
    assert all(texts.count(name) == 2 for name in GAME_PARTICIPANTS.values())
    assert mermaid(life).count("    participant ") == len(GAME_PARTICIPANTS)


def test_all_games_are_drawn(tmp_path: Path) -> None:
    devnet, recorder = lived()
    written = draw_games(devnet, recorder, tmp_path / "games")
    assert len(written) == 2 * len(devnet_games(devnet))
    for path in written:
        ElementTree.parse(path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        draw_games(devnet, recorder, tmp_path / "file")
