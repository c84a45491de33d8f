"""``pyoprollup challenger``: what it refuses, and that its flags are op-challenger's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyoprollup.challenger.game_types import GameType
from pyoprollup.cli import challenger as command
from pyoprollup.cli.challenger import ChallengerOptions
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.services.challenger import ChallengerService
from tests.unit.cli.support import run

FACTORY, OTHER = Address(b"\x11" * 20), Address(b"\x22" * 20)
KEY = "0x" + "4b" * 32
URL = "http://127.0.0.1:1"


def options(tmp_path: Path, **changes: str) -> list[str]:
    given = {
        "l1": URL,
        "rollup-rpc": URL,
        "l2-eth-rpc": URL,
        "game-factory-address": to_hex(FACTORY),
        "datadir": str(tmp_path),
        "game-types": "alphabet",
        "private-key": KEY,
        "rpc-port": "0",
        **changes,
    }
    return [f"--{name}={value}" for name, value in given.items() if value]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"private-key": ""}, "--private-key: give --private-key or --private-key-file"),
        ({"game-types": "nothing"}, "--game-types: 'nothing' is no type of game"),
        ({"game-types": "asterisc"}, "--game-types: asterisc is known by name only"),
        ({"game-types": "cannon-kona"}, "cannon"),
        ({"max-concurrency": "-1"}, "--max-concurrency: must be more than 0"),
        ({"http-poll-interval": "0"}, "--http-poll-interval: must be more than 0"),
        ({"max-pending-tx": "-1"}, "--max-pending-tx: must not be negative"),
        ({"game-allowlist": "nobody"}, "--game-allowlist: 'nobody' is no address"),
        ({"additional-bond-claimants": "nobody"}, "--additional-bond-claimants: 'nobody' is no address"),
        ({"game-window": "-5"}, "--game-window: "),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, str], text: str) -> None:
    error = run("challenger", *options(tmp_path, **changes), code=1).err
    assert text in error and "4b4b" not in error


@pytest.mark.parametrize("missing", ["l1", "l2-eth-rpc", "game-factory-address", "datadir", "rollup-rpc"])
def test_what_is_missing_is_asked_for(tmp_path: Path, missing: str) -> None:
    """By the parser of the command line, or by us."""
    from typer.testing import CliRunner

    from pyoprollup.cli.main import app

    result = CliRunner().invoke(app, ["challenger", *options(tmp_path, **{missing: ""})])
    assert result.exit_code in (1, 2) and missing in result.output


def test_the_names_of_op_challengers_flags_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(command, "run_service", lambda build, _log, name: seen.append((build, name)))
    flags = [
        *("--l1-eth-rpc", URL, "--l1-beacon", URL, "--rollup-rpc", f"{URL},{URL}", "--l2-eth-rpc", URL),
        *("--game-factory-address", to_hex(FACTORY), "--datadir", str(tmp_path)),
        *("--game-types", "alphabet,fast,permissioned", "--game-allowlist", f"{to_hex(OTHER)}"),
        *("--game-window", "3600", "--max-concurrency", "3", "--max-pending-tx", "4"),
        *("--http-poll-interval", "2", "--min-update-interval", "60", "--selective-claim-resolution"),
        *("--additional-bond-claimants", to_hex(OTHER), "--unsafe-allow-invalid-prestate"),
        *("--response-delay", "30", "--response-delay-after", "2", "--private-key", KEY),
        *("--metrics.enabled", "--num-confirmations", "1", "--rpc-port", "0"),
    ]
    run("challenger", *flags)
    assert [name for _, name in seen] == ["challenger"]


def test_settings_are_those_of_the_challenger() -> None:
    given = ChallengerOptions(
        factory=FACTORY,
        datadir=Path("x"),
        l2=URL,
        game_types=("cannon,alphabet", "fast"),
        game_allowlist=(to_hex(OTHER),),
        game_window=3600.4,
        max_concurrency=0,
        claimants=(to_hex(OTHER),),
        selective=True,
        response_delay=30.0,
    )
    config = given.config()
    assert config.game_types == (GameType.CANNON, GameType.ALPHABET, GameType.FAST)
    assert config.game_allowlist == config.additional_bond_claimants == (OTHER,)
    assert config.game_window == 3600 and config.max_concurrency >= 1
    assert config.selective_claim_resolution and config.response_delay == 30


def test_no_type_is_no_challenger() -> None:
    with pytest.raises(ConfigError, match="game_types"):
        ChallengerOptions(factory=FACTORY, datadir=Path("x"), l2=URL, game_types=()).config()


def test_the_service_has_a_name() -> None:
    assert (ChallengerService.name, ChallengerService.role) == ("challenger-service", "challenger")
