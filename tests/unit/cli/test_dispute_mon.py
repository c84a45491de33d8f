"""``pyoprollup dispute-mon``: what it refuses, and what ``--once`` prints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyoprollup.cli import dispute_mon
from pyoprollup.cli.dispute_mon_view import ether, print_report
from pyoprollup.devnet.devnet import devnet_genesis
from pyoprollup.devnet.options import DevnetOptions
from pyoprollup.dispute_mon import Extraction, Report, make_report
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH, to_hex
from pyoprollup.services import DisputeMonServiceConfig
from tests.unit.cli.support import run
from tests.unit.dispute_mon.support import FACTORY, HONEST, LIAR, proxy
from tests.unit.dispute_mon.test_report import report

L1 = "--l1=http://127.0.0.1:1"
NODE = "--rollup-rpc=http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ([L1], "--rollup-rpc: give --rollup-rpc or --superroot-rpc"),
        ([L1, "--superroot-rpc=http://127.0.0.1:1"], "--network: is needed without --rollup-rpc"),
        ([L1, NODE, "--json"], "--json: is for --once"),
        ([L1, NODE, "--honest-actors=0x12"], "--honest-actors: '0x12' is no address"),
        ([L1, NODE, "--ignored-games=nobody"], "--ignored-games: 'nobody' is no address"),
        ([L1, NODE, "--network=op-mainnet", "--once", "--max-concurrency=0"], "--max-concurrency: must be"),
        ([L1, NODE, "--network=nowhere", "--once"], "nowhere"),
    ],
)
def test_what_is_wrong_is_named(options: list[str], text: str) -> None:
    assert text in run("dispute-mon", *options, code=1).err


def test_without_l1_there_is_nothing_to_look_at() -> None:
    assert "--l1" in run("dispute-mon", NODE, code=2).err


def test_the_names_of_op_dispute_mons_flags_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[DisputeMonServiceConfig] = []

    def look(config: DisputeMonServiceConfig, _log: object) -> Report:
        seen.append(config)
        return report()

    monkeypatch.setattr(dispute_mon, "_look", look)
    options = [
        *("--l1-eth-rpc", "http://127.0.0.1:1", "--rollup-rpc", "http://a:1,http://b:1"),
        *("--supernode-rpc", "http://c:1", "--game-factory-address", to_hex(FACTORY)),
        *("--honest-actors", f"{to_hex(HONEST)},{to_hex(LIAR)}", "--monitor-interval", "12"),
        *("--game-window", "3600", "--ignored-games", to_hex(proxy(1)), "--max-concurrency", "9"),
        *("--network", "op-mainnet", "--metrics.enabled", "--once"),
    ]
    assert "4 games at L1 block 77" in run("dispute-mon", *options).out
    (config,) = seen
    assert config.rollup_rpcs == ("http://a:1", "http://b:1") and config.super_root_rpcs == ("http://c:1",)
    assert config.rollup.l2_chain_id == 10
    monitor = config.monitor
    assert (monitor.game_factory_address, monitor.honest_actors) == (FACTORY, {HONEST, LIAR})
    assert (monitor.monitor_interval, monitor.game_window, monitor.max_concurrency) == (12, 3600, 9)
    assert monitor.ignored_games == {proxy(1)}


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYOPROLLUP_DISPUTE_MON_HONEST_ACTORS", "0x1")
    error = run("dispute-mon", L1, NODE, code=1).err
    assert "PYOPROLLUP_DISPUTE_MON_HONEST_ACTORS: '0x1' is no address" in error


def test_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispute_mon, "_look", lambda *_: report())
    config = devnet_genesis(DevnetOptions()).config
    monkeypatch.setattr(dispute_mon, "_rollup", lambda _options: config)
    value: Any = json.loads(run("dispute-mon", L1, NODE, "--once", "--json").out)
    assert value["block"]["number"] == 77 and len(value["games"]) == 4


def test_a_node_that_is_not_there_is_an_error() -> None:
    error = run("dispute-mon", L1, NODE, "--once", code=1).err
    assert "no rollup node tells its configuration" in error


def test_what_people_read(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(report())
    text = capsys.readouterr().out
    for words in (
        "4 games at L1 block 77",
        to_hex(proxy(0)),
        "beyond 2^64",
        "challenger ahead  (wrong)",
        "collateral",
        "honest account",
        "1 open, 0 have stood, 0 were countered",
        "1 game could not be read",
        "1 game no node has come far enough for",
        "things to look at",
        "WARNING",
        "as things stand the game ends as it should not",
    ):
        assert words in text, words
    assert all(line == line.rstrip() for line in text.splitlines())


def test_nothing_to_look_at(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(make_report(Extraction(BlockID(ZERO_HASH, 5), ()), 1_000_000, frozenset()))
    text = capsys.readouterr().out
    assert text.startswith("0 games at L1 block 5\n") and "Nothing is wrong" in text
    assert "none in the window" in text


@pytest.mark.parametrize(
    ("wei", "text"),
    [
        (0, "0"),
        (10**18, "1"),
        (80_000_000_000_000_000, "0.08"),
        (1_234_567 * 10**18 + 5 * 10**17, "1,234,567.5"),
        (1, "0.0"),
        (123_456_789_000_000_000, "0.123456"),
    ],
)
def test_amounts(wei: int, text: str) -> None:
    assert ether(wei) == text
