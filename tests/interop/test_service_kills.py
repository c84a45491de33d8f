"""Services of ours are killed at any moment, again and again, and nothing of what they did is lost or wrong.

``PYOPROLLUP_KILLS`` says how often each role is killed, ``PYOPROLLUP_KILLS_SEED`` when.
"""

from __future__ import annotations

import os
import random
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.devnet import Devnet as InProcess
from pyoprollup.devnet import DevnetDir, DevnetOptions
from pyoprollup.devnet.proposing import proposals_on_l1
from pyoprollup.execution.store import SqliteStore
from tests.interop.network import (
    Devnet,
    Network,
    OurBatcher,
    OurEngine,
    OurNode,
    OurProposer,
    Running,
    network,
)

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("PYOPROLLUP_KILLS", "2"))
"""Of each role."""
SEED = os.environ.get("PYOPROLLUP_KILLS_SEED") or str(secrets.randbelow(1 << 40))
LONGEST_LIFE, LONGEST_DEATH = 2.5, 0.5
"""In seconds: until a process that works, or begins to, is killed; and until it is started again."""
INTERVAL = 4
"""Seconds between proposals."""
NETWORK = ("--l1-block-time=2", "--block-time=1", "--l1-finality=3", "--no-silent-verifier")
BATCHING = (
    *("--max-channel-duration=2", "--sub-safety-margin=4", "--data-availability-type=blobs"),
    "--resubmission-timeout=6",
)
PROPOSING = (f"--proposal-interval={INTERVAL}", "--proposal-source=safe", "--resubmission-timeout=6")
USERS = ("--transactions=2", "--deposits=1", "--system-config-every=3")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


@dataclass
class Role:
    """One process or several, and whether they do their work."""

    parts: list[Running]
    works: Callable[[], Any]


class Reaper:
    """Kills processes, and starts them again. One that ends by itself is a fault.

    Of a role with several, one of them is killed at a time, or all of them at once; mostly when they work,
    sometimes while they begin. ``heads`` are those that the execution client at ``l2`` had on the way.
    """

    def __init__(self, net: Network, l2: str = "", **roles: Role) -> None:
        self._net, self._l2, self._roles = net, l2, roles
        self.heads: dict[int, bytes] = {}
        self._chance = random.Random(SEED)

    def reap(self, kills: int) -> None:
        """Kill each role that often."""
        order = list(self._roles) * kills
        self._chance.shuffle(order)
        for name in order:
            self._kill(name, self._roles[name])

    def _kill(self, name: str, role: Role) -> None:
        chance = self._chance
        if chance.random() < 0.75:
            self._net.wait(f"{name} (seed {SEED})", role.works)
        time.sleep(chance.uniform(0, LONGEST_LIFE))
        dead = [part for part in self._net.parts.values() if not part.runs]
        assert not dead, "\n".join(f"seed {SEED}: {part.name} has ended:\n{part.tail()}" for part in dead)
        if self._l2:
            head = self._net.rpc(self._l2).call("eth_getBlockByNumber", "latest", False)
            self.heads[int(head["number"], 16)] = bytes.fromhex(head["hash"][2:])
        victims = role.parts if chance.random() < 0.2 else [chance.choice(role.parts)]
        for part in victims:
            part.kill()
        time.sleep(chance.uniform(0, LONGEST_DEATH))
        for part in victims:
            part.start_again()


def safe_heads(path: Path) -> dict[int, tuple[Any, ...]]:
    """The rows of a safe-head database, by L1 block."""
    db = sqlite3.connect(path)
    try:
        rows = db.execute("SELECT l1_number, l1_hash, l2_hash, l2_number FROM safe_heads").fetchall()
    finally:
        db.close()
    return {row[0]: row[1:] for row in rows}


def chain(path: Path, last: int) -> list[bytes | None]:
    """Hashes of an execution client's canonical blocks."""
    store = SqliteStore(path)
    try:
        return [store.canonical_hash(number) for number in range(last + 1)]
    finally:
        store.close()


def stop_all(net: Network) -> None:
    for part in reversed(net.parts.values()):
        part.stop()


def reached(net: Network, url: str, number: int) -> Callable[[], bool]:
    return lambda: net.safe(url) >= number


def test_services(net: Network) -> None:
    """Verifier, batcher and proposer are killed, beside a sequencer and a verifier that nobody disturbs."""
    devnet = Devnet(net, "--no-batcher", "--dispute-games", *NETWORK, *USERS, kept=True)
    l1, beacon, l2 = devnet.url("l1"), devnet.url("beacon"), devnet.url("sequencer")
    sequencer, calm = devnet.url("sequencer rollup"), devnet.url("verifier rollup")
    services = devnet.info["services"]
    engine = OurEngine(net, devnet.files / "genesis.json")
    node = OurNode(net, devnet.files, l1, engine.engine, beacon=beacon)
    batcher = OurBatcher(net, devnet.files, l1, l2, sequencer, services["batcher"]["key"], *BATCHING)
    factory = devnet.info["contracts"]["DisputeGameFactory"]
    proposer = OurProposer(net, devnet.files, l1, calm, factory, services["proposer"]["key"], *PROPOSING)
    net.wait("the first safe block", reached(net, node.rollup, 1))
    reaper = Reaper(
        net,
        l2,
        verifier=Role([node.part, engine.part], lambda: net.safe(node.rollup) > 0),
        batcher=Role([batcher.part], lambda: net.ask(batcher.rpc, "txmgr_getBumpFeeRetryTime")),
        proposer=Role([proposer.part], lambda: net.ask(proposer.rpc, "txmgr_getBumpFeeRetryTime")),
    )
    reaper.reap(KILLS)
    last = max(reaper.heads)
    net.wait("safe blocks", lambda: min(net.safe(node.rollup), net.safe(calm)) > last)
    sequenced = [bytes.fromhex(each[2:]) for each in net.hashes(l2, last)]
    stop_all(net)
    # Had the batcher lost a block, the sequencer would have had to give it up, and have another now.
    assert {number: sequenced[number] for number in reaper.heads} == reaper.heads
    for path in (net.folder / "engine" / "chain.sqlite", devnet.datadir / "verifier.sqlite"):
        assert chain(path, last) == sequenced
    entries = same_safe_heads(net.folder / "node.safe", devnet.datadir / "verifier.safe.sqlite")
    games = proposed(devnet)
    print(f"{KILLS} kills of each role: {last} safe blocks, {entries} safe heads, {len(games)} games")


def same_safe_heads(path: Path, calm: Path) -> int:
    """Two databases have the same entries from the first one to where one of them ends; how many they are."""
    ours, theirs = safe_heads(path), safe_heads(calm)
    last = min(max(ours), max(theirs))
    found = {key: row for key, row in ours.items() if key <= last}
    assert found == {key: row for key, row in theirs.items() if key <= last}
    assert len(found) > 2
    return len(found)


def proposed(devnet: Devnet) -> list[int]:
    """No block is proposed twice, none before its time, and every root is the verifier's; the blocks."""
    folder = DevnetDir(devnet.datadir, DevnetOptions(silent_verifier=False))
    opened = InProcess(
        folder.options,
        new_store=folder.new_store,
        l1_store=folder.l1_store(),
        safe_head_file=folder.safe_head_file,
    )
    try:
        games = list(proposals_on_l1(opened.l1, opened.verifiers))
    finally:
        opened.close()
        folder.close()
    blocks, times = [game.block for game in games], [game.timestamp for game in games]
    assert all(game.agrees for game in games)
    assert len(games) > 1 and blocks == sorted(set(blocks))
    assert all(later - earlier >= INTERVAL for earlier, later in pairwise(times)), times
    return blocks


def test_devnet(net: Network) -> None:
    """The devnet itself is killed: a verifier that is not goes on with it, and nothing safe is ever lost."""
    devnet = Devnet(net, *NETWORK, *USERS, kept=True)
    engine = OurEngine(net, devnet.files / "genesis.json")
    l1, beacon = devnet.url("l1"), devnet.url("beacon")
    node = OurNode(net, devnet.files, l1, engine.engine, beacon=beacon)
    calm = devnet.url("verifier rollup")
    reaper, known = Reaper(net, devnet=Role([devnet.part], lambda: net.safe(calm) > 0)), [""]
    for _ in range(KILLS):
        number = net.wait("a safe block", lambda: net.safe(node.rollup) + 1) - 1
        hashes = net.hashes(engine.http, number)
        assert hashes[: len(known)] == known or known == [""]
        known = hashes
        reaper.reap(1)
    net.wait("safe blocks", reached(net, node.rollup, len(known) + 12))
    # The node may have had so many to derive without it: a signal while it starts would just end it.
    net.wait("the devnet", lambda: net.safe(calm) > 0)
    assert devnet.part.stop() == 0
    stop_all(net)
    stored = net.folder / "engine" / "chain.sqlite"
    expected: list[bytes | None] = [bytes.fromhex(each[2:]) for each in known]
    for path in (stored, devnet.datadir / "verifier.sqlite", devnet.datadir / "sequencer.sqlite"):
        assert chain(path, len(known) - 1) == expected
    entries = same_safe_heads(devnet.datadir / "verifier.safe.sqlite", net.folder / "node.safe")
    print(f"{KILLS} kills: {len(known)} safe blocks, {entries} safe heads")
