"""The monitor of games as a service: its threads and pages, on an L1 and a node that are made up."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import pytest

from pyoprollup.bindings import load_contract
from pyoprollup.devnet.devnet import devnet_genesis
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY
from pyoprollup.devnet.options import DevnetOptions
from pyoprollup.dispute_mon import DisputeMonConfig, GameAgreement, game_agreement
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.events import Happening, no_news
from pyoprollup.rollupapi import RollupClient, RollupUnavailable, WrongRollup
from pyoprollup.services import DisputeMonService, DisputeMonServiceConfig, L1Endpoints, Observability
from pyoprollup.services.dispute_mon import find_game_factory, open_monitor
from pyoprollup.sources.l1 import ExecutionReverted
from tests.unit.dispute_mon.support import CREATED, FACTORY, FakeGame, FakeL1, l1_with
from tests.unit.dispute_mon.test_agreement import Node
from tests.unit.dispute_mon.test_extract import node, right
from tests.unit.services.support import beside, get, wait

SEEN = Observability(metrics=True, metrics_port=0)
ROLLUP = devnet_genesis(DevnetOptions()).config
PORTAL = ROLLUP.deposit_contract_address


class ServedL1:
    """Stands for a client of L1, with the contracts of a :class:`FakeL1`."""

    def __init__(self, l1: FakeL1) -> None:
        self._l1 = l1
        self.closed = False
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._l1, name)

    def client(self, *_: object) -> Self:
        return self

    def check(self) -> dict[str, str]:
        if self.error is not None:
            raise self.error
        return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


@dataclass
class ServedNode(Node):
    """Stands for a client of a node."""

    name: str = "node"
    chain_error: Exception | None = None

    def check_chain(self, _rollup: object, _option: str) -> None:
        if self.chain_error is not None:
            raise self.chain_error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> dict[str, ServedNode]:
    """Nodes by URL, which clients are of."""
    found: dict[str, ServedNode] = {}
    monkeypatch.setattr(RollupClient, "dial", lambda url, _timeout: found[url])
    return found


def served_node(**fields: Any) -> ServedNode:
    return ServedNode(at=15, output=node().output, **fields)


def config(l1: ServedL1, factory: Address = FACTORY, **changes: Any) -> DisputeMonServiceConfig:
    endpoints: Any = l1
    values: dict[str, Any] = {
        "rollup": ROLLUP,
        "l1": endpoints,
        "monitor": DisputeMonConfig(factory, monitor_interval=0.05, max_concurrency=3),
        "rollup_rpcs": ("a",),
    }
    return DisputeMonServiceConfig(**{**values, **changes})


@contextmanager
def service(l1: ServedL1, **changes: Any) -> Iterator[DisputeMonService]:
    with DisputeMonService(config(l1, **changes), SEEN, no_news, clock=lambda: CREATED + 100.0) as made:
        yield made


def test_it_looks_and_tells(nodes: dict[str, ServedNode]) -> None:
    nodes["a"] = served_node()
    l1 = ServedL1(l1_with([right(timestamp=CREATED + index) for index in range(20)] + [right(status=9)]))
    with service(l1) as made:
        wait("a report", lambda: made.monitor.report)
        assert made.rpc is not None
        status, page = get(f"{made.rpc.url}/readyz")
        assert status == 200 and page["ready"]
        assert page["notes"] == ["20 games at L1 block 20", "1 games could not be read"]
        with urllib.request.urlopen(made.metrics_url) as response:
            text = response.read().decode()
        assert 'op_dispute_mon_games{game_type="cannon"} 20.0' in text
        assert "op_dispute_mon_failed_games 1.0" in text and "op_dispute_mon_info{" in text
    assert l1.closed


def test_it_is_not_ready_while_l1_has_no_list_of_games(nodes: dict[str, ServedNode]) -> None:
    nodes["a"] = served_node()
    fake = l1_with([right()])
    contract = fake.contracts[FACTORY]
    fake.add(FACTORY, contract[0], {"gameCount": Unavailable("L1 is gone")})
    with service(ServedL1(fake)) as made:
        wait("an error", lambda: made.monitor.error)
        assert made.rpc is not None
        status, page = get(f"{made.rpc.url}/readyz")
        assert status == 503 and page["reasons"] == ["the last look came to nothing: L1 is gone"]


def test_all_nodes_are_asked_and_one_that_is_down_stops_nothing(nodes: dict[str, ServedNode]) -> None:
    nodes["a"] = served_node()
    nodes["b"] = served_node(chain_error=RollupUnavailable("down"), status_error=RollupUnavailable("down"))
    news: list[Happening] = []
    with ExitStack() as stack:
        settings = config(ServedL1(l1_with([right()])), rollup_rpcs=("a", "b"))
        monitor = open_monitor(settings, stack, lambda: CREATED + 1.0, news.append)
        report = monitor.look(CREATED + 1.0)
    assert report is not None
    (game,) = report.extraction.games
    assert game.common.agreement.agree and game.common.agreement.endpoints.errors == {"node-1"}
    assert [each.event for each in news] == ["node-unavailable", "looked"]


def test_a_node_of_another_chain_is_refused(nodes: dict[str, ServedNode]) -> None:
    nodes["a"] = served_node(chain_error=WrongRollup("rollup_rpc: another chain"))
    with ExitStack() as stack, pytest.raises(WrongRollup):
        open_monitor(config(ServedL1(l1_with([]))), stack, lambda: 0.0, no_news)


def test_without_waiting_an_l1_that_is_not_there_is_an_error(nodes: dict[str, ServedNode]) -> None:
    nodes["a"] = served_node()
    l1 = ServedL1(l1_with([]))
    l1.error = Unavailable("no L1")
    with pytest.raises(Unavailable, match="no L1"), ExitStack() as stack:
        open_monitor(config(l1), stack, lambda: 0.0, no_news)
    assert l1.closed


def test_the_factory_is_that_of_the_portal(nodes: dict[str, ServedNode]) -> None:
    nodes["a"] = served_node()
    fake = l1_with([right()])
    fake.add(PORTAL, load_contract("OptimismPortal2"), {"disputeGameFactory": FACTORY})
    with ExitStack() as stack:
        monitor = open_monitor(config(ServedL1(fake), ZERO_ADDRESS), stack, lambda: CREATED + 1.0, no_news)
        report = monitor.look(CREATED + 1.0)
    assert monitor.config.game_factory_address == FACTORY
    assert report is not None and len(report.extraction.games) == 1


@pytest.mark.parametrize("answer", [ZERO_ADDRESS, ExecutionReverted()])
def test_a_portal_without_games(answer: object) -> None:
    fake: Any = l1_with([FakeGame()])
    fake.add(PORTAL, load_contract("OptimismPortal2"), {"disputeGameFactory": answer})
    with pytest.raises(ConfigError, match=r"^game_factory_address:"):
        find_game_factory(fake, PORTAL)


def test_without_any_node_nothing_can_be_checked() -> None:
    with pytest.raises(ConfigError, match=r"^rollup_rpc:"):
        config(ServedL1(l1_with([])), rollup_rpcs=()).check()
    alone = config(ServedL1(l1_with([])), rollup_rpcs=(), super_root_rpcs=("http://127.0.0.1:1",))
    alone.check()
    assert replace(alone, rollup_rpcs=("a",)).rollup_rpcs == ("a",)


def test_beside_a_devnet_that_makes_proposals() -> None:
    """Real sockets, and contracts of the newest kind."""
    with beside(proposer=True) as world:
        world.net.pass_time(200)
        settings = DisputeMonServiceConfig(
            rollup=world.config,
            l1=L1Endpoints(urls=(world.url("l1"),)),
            l1_chain=world.l1_chain,
            monitor=DisputeMonConfig(DISPUTE_GAME_FACTORY),
            rollup_rpcs=(world.url("verifier rollup"), world.url("silent rollup")),
        )
        with DisputeMonService(settings, SEEN, no_news, clock=world.net.clock) as made:
            report = wait("a report", lambda: made.monitor.report)
        extraction = report.extraction
        assert extraction.games and not extraction.failed
        assert {game_agreement(game) for game in extraction.games} == {GameAgreement.AGREE_DEFENDER_AHEAD}
        (balance,) = report.credits.collateral.values()
        assert balance.required == balance.actual > 0
        assert report.notices == () and list(extraction.anchors.values()) == [0]
