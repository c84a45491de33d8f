"""``pyoprollup games``: of a rollup that has lived through disputes, and one more that is played by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from pyoprollup.cli.options import Sources, read_settings
from pyoprollup.cli.vm_options import VmOptions
from pyoprollup.devnet.challenging import NodeHeaders
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY, GAME_TYPE
from pyoprollup.devnet.proposing import NodeOutputs
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import quantity_from_hex, to_hex
from pyoprollup.rpc.http_server import RpcApp, serve
from pyoprollup.rpc.jsonrpc import Dispatcher
from tests.flow.test_phase5 import Lived
from tests.unit.cli.support import run
from tests.wire_l1 import WireNode, serving

SECONDS = 240
"""The clock of the devnet's games."""


@dataclass
class World:
    """A rollup whose L1 mines whatever it is sent, and the URLs of all that can be asked."""

    lived: Lived
    l1: str
    node: str

    @property
    def factory(self) -> str:
        return f"--game-factory-address={to_hex(DISPUTE_GAME_FACTORY)}"

    @property
    def truth(self) -> list[str]:
        return [f"--l1={self.l1}", f"--rollup-rpc={self.node}", f"--l2-eth-rpc={self.node}"]

    @property
    def disputed(self) -> str:
        return to_hex(self.lived.disputed()[0].proxy)

    @property
    def safe(self) -> int:
        safe = NodeOutputs(self.lived.devnet.nodes["verifier"]).sync_status().safe_l2
        assert safe is not None
        return safe.number

    def sends(self, key: bytes) -> list[str]:
        quick = ["--num-confirmations=1", "--txmgr-receipt-query-interval=0.01"]
        return [f"--l1={self.l1}", f"--private-key={to_hex(key)}", *quick, "--json"]

    def pass_time(self, seconds: int) -> None:
        l1 = self.lived.devnet.l1
        l1.mine(l1.head_block.header.time + seconds)


@contextmanager
def served(lived: Lived) -> Iterator[World]:
    devnet = lived.devnet
    node = devnet.nodes["verifier"]
    outputs, headers = NodeOutputs(node), NodeHeaders(node)

    def mining(method: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        answer = truth()
        if method == "eth_sendRawTransaction":
            devnet.l1.mine(devnet.l1.head_block.header.time + 12)
        return answer

    def header(number: str, _full: bool) -> Any:
        found = headers.header_by_number(quantity_from_hex(number, "number"))
        return {**found.to_json(), "hash": to_hex(found.hash())}

    def sync_status() -> Any:
        # No batches come any more: whatever L1 has is derived.
        head = devnet.l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
        return replace(outputs.sync_status(), current_l1=head).to_json()

    methods: dict[str, Callable[..., Any]] = {
        "optimism_syncStatus": sync_status,
        "optimism_outputAtBlock": lambda number: outputs.output_at_block(
            quantity_from_hex(number, "number")
        ).to_json(),
        "optimism_safeHeadAtL1Block": lambda number: outputs.safe_head_at_l1_block(
            quantity_from_hex(number, "number")
        ).to_json(),
        "optimism_rollupConfig": lambda: devnet.config.to_json(),
        "eth_getBlockByNumber": header,
    }
    with (
        serving(WireNode(devnet.l1, bend=mining)) as l1,
        ThreadPoolExecutor(1) as executor,
        serve(RpcApp(Dispatcher(methods), executor), "127.0.0.1", 0) as server,
    ):
        yield World(lived, l1, server.url)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with served(Lived()) as made:
        yield made


# --- games that are over


def test_list(world: World) -> None:
    options = [f"--l1={world.l1}", world.factory, "--game-window=0"]
    (found,) = run("games", "list", *options, "--json").json
    games = found["games"]
    assert [game["index"] for game in games] == sorted((game["index"] for game in games), reverse=True)
    assert {game["status"] for game in games} == {"challenger won", "defender won"}
    assert max(game["claims"] for game in games) == len(world.lived.disputed()[1].claims)
    (last,) = run("games", "list", *options, "--json", "--last=1").json
    assert last["games"] == games[:1]
    shown = run("games", "list", *options).out
    assert all(game["game"] in shown for game in games)
    (none,) = run("games", "list", *options[:2], "--game-window=1", "--json").json
    assert none["games"] == []


def test_claims(world: World) -> None:
    _, tree = world.lived.disputed()
    (found,) = run("games", "claims", world.disputed, f"--l1={world.l1}", "--json").json
    assert [row["value"] for row in found["claims"]] == [to_hex(claim.value) for claim in tree.claims]
    assert [row["parent"] for row in found["claims"]][:2] == [None, 0]
    assert all(row["resolved"] for row in found["claims"])
    assert found["status"] == "challenger won" and found["max_clock_duration"] == SECONDS
    shown = run("games", "claims", world.disputed, f"--l1={world.l1}").out
    assert f"Game {world.disputed}: challenger won" in shown
    assert f"countered by {to_hex(world.lived.challenger)[:10]}, resolved" in shown


def test_credits(world: World) -> None:
    (found,) = run("games", "credits", world.disputed, f"--l1={world.l1}", "--json").json
    assert found["mode"] == "normal"
    # The challenger has taken what was its own.
    ours = {row["recipient"]: row["credit"] for row in found["credits"]}
    assert ours[to_hex(world.lived.challenger)] == "0"
    nobody = "0x" + "11" * 20
    (asked,) = run(
        "games", "credits", world.disputed, f"--l1={world.l1}", f"--recipient={nobody}", "--json"
    ).json
    assert [row["recipient"] for row in asked["credits"]] == [nobody]
    assert "0 ETH" in run("games", "credits", world.disputed, f"--l1={world.l1}").out


def test_explain(world: World) -> None:
    (found,) = run("games", "explain", world.disputed, *world.truth, "--json").json
    root, first = found["claims"][:2]
    assert root["agree"] is False and first["agree"] is True
    assert root["answer"] == "claim 1 is the answer"
    assert found["status"] == found["forecast"] == "challenger won"
    shown = run("games", "explain", world.disputed, *world.truth).out
    assert "claim 1  attacks claim 0" in shown and "There is nothing to be done" in shown


def test_draw(world: World, tmp_path: Path) -> None:
    """The picture is well-formed, has every claim, and calls accounts by the names that they are given."""
    picture = tmp_path / "game.svg"
    name = f"--name={to_hex(world.lived.challenger)}=the honest <one>"
    said = run("games", "draw", world.disputed, *world.truth, f"--out={picture}", name).out
    count = len(world.lived.disputed()[1].claims)
    assert f"{picture}: {count} claims" in said.replace("\n", "")
    root = ElementTree.fromstring(picture.read_text())
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "1 · the honest <one>" in texts
    assert sum(" · " in text for text in texts) == count
    assert "prefers-color-scheme" in picture.read_text()


def test_draw_as_png(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def svg_to_bytes(*, svg_string: str, **_options: object) -> list[int]:
        given.append(svg_string)
        return [1, 2, 3]

    monkeypatch.setitem(sys.modules, "resvg_py", SimpleNamespace(svg_to_bytes=svg_to_bytes))
    run("games", "draw", world.disputed, *world.truth, f"--out={tmp_path / 'game.png'}", "--scheme=dark")
    assert (tmp_path / "game.png").read_bytes() == b"\1\2\3"
    assert "#0d1117" in given[0] and "prefers-color-scheme" not in given[0]


# --- a game by hand


def test_a_game_by_hand(world: World) -> None:
    """Created with a wrong root, explained, attacked as it says, and resolved once the time is over."""
    genesis = world.lived.devnet.genesis
    liar, honest = world.sends(genesis.dishonest[0]), world.sends(genesis.challenger)
    create = ["games", "create", *liar, world.factory, f"--game-type={GAME_TYPE}"]
    wrong = f"--output-root=0x{'ab' * 32}"
    assert "UnexpectedRootClaim(0xabab" in run(*create, wrong, "--l2-block-num=1", code=1).err
    (made,) = run(*create, wrong, f"--l2-block-num={world.safe}").json
    game = made["game"]

    # A node judges a game once it is past the game's L1 head.
    world.pass_time(12)
    (found,) = run("games", "explain", game, *world.truth, "--json").json
    (action,) = found["next"]
    assert action.startswith("attack claim 0 with 0x")
    value = action.rpartition(" ")[2]
    move = ["games", "move", game, *honest, "--attack", "--parent-index=0", f"--claim={value}"]
    (moved,) = run(*move).json
    assert int(moved["bond"]) > 0
    (after,) = run("games", "explain", game, *world.truth, "--json").json
    assert (found["forecast"], after["forecast"], after["next"]) == ("defender won", "challenger won", [])

    # What the contract refuses costs nothing: it is tried first.
    assert "reverted: ClaimAlreadyExists()" in run(*move, code=1).err
    assert "reverted: ClockNotExpired()" in run("games", "resolve-claim", game, 1, *honest, code=1).err
    world.pass_time(SECONDS)
    for claim in (1, 0):
        run("games", "resolve-claim", game, claim, *honest)
    (resolved,) = run("games", "resolve", game, *honest).json
    assert resolved["status"] == "challenger won"


# --- what is refused


def test_what_is_wrong_is_named(world: World, tmp_path: Path) -> None:
    key = world.sends(world.lived.devnet.genesis.challenger)
    wrong: list[tuple[list[object], str]] = [
        (["claims", "0x12", f"--l1={world.l1}"], "game: '0x12' is no address"),
        (["claims", "0x" + "12" * 20, f"--l1={world.l1}"], "game: there is no contract at 0x12"),
        (["resolve-claim", world.disputed, 99, *key], "claim: there is no claim 99, the game has"),
        (["draw", world.disputed, *world.truth, "--out=game.gif"], "--out: game.gif ends with none of"),
        (
            ["draw", world.disputed, *world.truth, f"--out={tmp_path / 'a.svg'}", "--name=somebody"],
            "--name: 'somebody' is not ADDRESS=NAME",
        ),
        (["run-trace", *world.truth, world.factory, "--game-type=alphabet"], "alphabet games have no VM"),
        (["run-trace", *world.truth, world.factory], "--cannon-bin: is needed to run a trace"),
        (
            ["move", world.disputed, *key, "--parent-index=0", f"--claim=0x{'00' * 32}"],
            "--attack: give one of --attack and --defend",
        ),
        (
            [
                "create",
                *key,
                world.factory,
                f"--output-root=0x{'00' * 32}",
                "--l2-block-num=1",
                "--game-type=9",
            ],
            "--game-type: super-cannon-kona games are about super roots",
        ),
    ]
    for arguments, text in wrong:
        assert text in run("games", *arguments, code=1).err, arguments


def test_a_file_may_have_a_section_for_games_and_for_the_challenger() -> None:
    for service in ("games", "challenger"):
        settings = read_settings(service, (VmOptions,), Sources(file={service: {"cannon-bin": "cannon"}}))
        assert settings.values[0].cannon_bin == "cannon"
