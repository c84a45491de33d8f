"""Our monitor of games beside op-dispute-mon v1.16.11, on anvil with the reference's contracts.

Both look at the same random games with the same rollup nodes, and all metrics that both have must be equal:
while games are played, after they were resolved, and while bonds are claimed. Clocks are the machine's, since
op-dispute-mon knows no other: the chain begins weeks ago.
"""

from __future__ import annotations

import random
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pyoprollup.challenger.contracts import FaultDisputeGameContract
from pyoprollup.dispute_mon import DisputeMonConfig, GameExtractor, GameMonitor, Sources
from pyoprollup.eth.types import to_hex
from pyoprollup.rollupapi import RollupClient
from pyoprollup.telemetry.dispute_mon import report_samples
from tests.interop.dispute_world import CLOCK, DELAY, DisputeWorld, random_root, served_node
from tests.interop.network import Network, free_port, network

pytestmark = [pytest.mark.go, pytest.mark.npm, pytest.mark.slow]

Metrics = dict[tuple[str, frozenset[tuple[str, str]]], float]

_NOT_COMPARED = {"op_dispute_mon_oldest_game_update_time", "op_dispute_mon_last_output_fetch"}
"""When each has looked."""
AGE = 4 * CLOCK
GAMES = 4


class OpDisputeMon:
    """The reference's monitor, and ours with the same settings."""

    def __init__(self, world: DisputeWorld, program: Path, nodes: Sequence[str], stack: ExitStack) -> None:
        self._world, port = world, free_port()
        honest = world.players[0].address
        world.net.run(
            *("op-dispute-mon", program, "--l1-eth-rpc", world.url, "--rollup-rpc", ",".join(nodes)),
            *("--game-factory-address", to_hex(world.factory.address), "--honest-actors", to_hex(honest)),
            *("--monitor-interval", "1s", "--metrics.enabled", "--metrics.addr", "127.0.0.1"),
            *("--metrics.port", str(port), "--game-window", f"{10 * AGE}s"),
        )
        self._url = f"http://127.0.0.1:{port}/metrics"
        clients = [stack.enter_context(RollupClient.dial(url)) for url in nodes]
        extractor = GameExtractor(world.l1, world.factory.address, Sources(clients))
        config = DisputeMonConfig(world.factory.address, frozenset({honest}), game_window=10.0 * AGE)
        self._ours = GameMonitor(config, world.l1, extractor, time.time)

    def _scrape(self) -> Metrics | None:
        try:
            with urllib.request.urlopen(self._url, timeout=5) as response:
                text = response.read().decode()
        except OSError:
            return None
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def theirs(self) -> Metrics:
        """Their metrics after a look that began after this call."""

        def looks() -> float:
            found = self._scrape() or {}
            return found.get(("op_dispute_mon_monitor_duration_seconds_count", frozenset()), 0.0)

        wanted = looks() + 2
        self._world.net.wait("two looks of op-dispute-mon", lambda: looks() >= wanted)
        found = self._scrape()
        assert found is not None
        return found

    def ours(self) -> Metrics:
        report = self._ours.look(time.time())
        assert report is not None
        return {
            (f"op_dispute_mon_{name}", frozenset(labels.items())): float(value)
            for _, name, _, value, labels in report_samples(report)
        }

    def compare(self) -> Metrics:
        """Look with both; what both have, which is equal."""
        theirs, ours = self.theirs(), self.ours()
        both = {key for key in theirs.keys() & ours.keys() if key[0] not in _NOT_COMPARED}
        different = {key: (theirs[key], ours[key]) for key in both if theirs[key] != ours[key]}
        assert different == {}
        names = {name for name, _ in both}
        lacking = {key for key in theirs if key[0] in names and key not in ours and theirs[key]}
        assert lacking == set(), "theirs has samples under these names that ours has not"
        assert len(names) >= 20, sorted(names)
        return {key: ours[key] for key in both}


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


def total(metrics: Metrics, name: str, **labels: str) -> float:
    """The sum of all samples with a name and these labels."""
    wanted = labels.items()
    return sum(
        value
        for (full, found), value in metrics.items()
        if full == f"op_dispute_mon_{name}" and wanted <= found
    )


def test_all_metrics_are_equal(net: Network, anvil: Path, l1_contracts: Path, op_dispute_mon: Path) -> None:
    chance = random.Random(11)
    with ExitStack() as stack:
        world = DisputeWorld(net, anvil, l1_contracts, "--timestamp", str(int(time.time()) - AGE))
        stack.callback(world.l1.close)
        nodes = [stack.enter_context(served_node()), stack.enter_context(served_node(safe=103))]
        both = OpDisputeMon(world, op_dispute_mon, nodes, stack)
        old = _games(world, chance, 100)
        found = both.compare()
        assert total(found, "games_agreement") == GAMES

        world.pass_time(2 * CLOCK)
        for game in old[:-1]:
            world.resolve(game)
        found = both.compare()
        assert total(found, "games_agreement", completion="complete") == GAMES - 1

        world.pass_time(DELAY)
        for game in old[:-1]:
            actor = world.players[0].address
            if game.credit(actor, world.block)[0]:
                world.send(0, game.claim_credit_tx(actor, world.block))
                break
        both.compare()

        world.ask("evm_setNextBlockTimestamp", hex(int(time.time())))
        world.ask("evm_mine")
        _games(world, chance, 200)
        found = both.compare()
        assert total(found, "games_agreement") == 2 * GAMES
        assert total(found, "claims", clock="not_expired") > 0


def _games(world: DisputeWorld, chance: random.Random, first: int) -> list[FaultDisputeGameContract]:
    games = []
    for number in range(first, first + GAMES):
        games.append(world.create(random_root(number), number))
        world.play(games[-1], chance)
    return games


SOURCES: dict[str, Callable[[ExitStack], list[str]]] = {
    "one lags": lambda stack: [stack.enter_context(served_node()), stack.enter_context(served_node(at=1))],
    "one has no such block": lambda stack: [
        stack.enter_context(served_node()),
        stack.enter_context(served_node(first_missing=102)),
    ],
    "one is down": lambda stack: [stack.enter_context(served_node()), f"http://127.0.0.1:{free_port()}"],
    "not safe": lambda stack: [stack.enter_context(served_node(safe=101))],
    "none has the block": lambda stack: [stack.enter_context(served_node(first_missing=0))],
}


@pytest.mark.parametrize("which", SOURCES)
def test_nodes_in_whatever_state(
    net: Network, anvil: Path, l1_contracts: Path, op_dispute_mon: Path, which: str
) -> None:
    """Failure 12: a node that lags has no vote, for both."""
    with ExitStack() as stack:
        world = DisputeWorld(net, anvil, l1_contracts)
        stack.callback(world.l1.close)
        nodes = SOURCES[which](stack)
        _games(world, random.Random(5), 100)
        found = OpDisputeMon(world, op_dispute_mon, nodes, stack).compare()
        out_of_sync = total(found, "node_endpoint_out_of_sync_count")
        assert out_of_sync == (GAMES if which == "one lags" else 0)
