"""The challenger as a service: headers that are checked, settings, and games beside a devnet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.trace.alphabet_games import AlphabetTraces
from pyoprollup.challenger.trace.vm import VmConfig
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY, GAME_TYPE
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.types import ZERO_HASH, to_hex
from pyoprollup.events import no_news
from pyoprollup.rpc.errors import RpcError
from pyoprollup.services import L1Endpoints, Observability
from pyoprollup.services.challenger import ChallengerService, ChallengerServiceConfig, HttpL2Headers
from pyoprollup.services.sending import RollupEndpoints
from pyoprollup.services.vm_traces import VmSettings
from tests.disputes import chain as l2
from tests.unit.services.support import beside, wait
from tests.unit.services.test_services import account


class Rpc:
    """An execution client with one answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []

    def call(self, *arguments: Any) -> Any:
        self.asked.append(arguments)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def block(number: int, /, **changes: Any) -> dict[str, Any]:
    header = l2.header(number)
    return header.to_json() | {"hash": to_hex(header.hash())} | changes


def test_a_header_is_of_its_number_and_its_hash() -> None:
    rpc = Rpc(block(7))
    assert HttpL2Headers(cast(Any, rpc)).header_by_number(7) == l2.header(7)
    assert rpc.asked == [("eth_getBlockByNumber", "0x7", False)]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        block(8),
        block(7, hash=to_hex(ZERO_HASH)),
        block(7, stateRoot=to_hex(ZERO_HASH)),
        block(7, number="0x8"),
        block(7, hash=None),
        block(7, gasLimit="many"),
        {},
        [],
        "0x7",
        RpcError("down"),
    ],
    ids=repr,
)
def test_anything_else_is_no_answer(answer: Any) -> None:
    with pytest.raises(Unavailable):
        HttpL2Headers(cast(Any, Rpc(answer))).header_by_number(7)


def config(world: Any, tmp_path: Path, **changes: Any) -> ChallengerServiceConfig:
    devnet = world.net.server.devnet
    values: dict[str, Any] = {
        "rollup": world.config,
        "l1": L1Endpoints(urls=(world.url("l1"),), rounds=1),
        "nodes": RollupEndpoints(urls=(world.url("verifier rollup"),)),
        "account": account(devnet.genesis.challenger, world),
        "challenger": ChallengerConfig(
            game_factory_address=DISPUTE_GAME_FACTORY, game_types=(GameType(GAME_TYPE),), poll_interval=0.2
        ),
        "l2": world.url("verifier"),
        "datadir": tmp_path,
        "l1_chain": world.l1_chain,
        **changes,
    }
    return ChallengerServiceConfig(**values)


def test_settings_that_make_no_sense_together(tmp_path: Path) -> None:
    with beside() as world:
        with pytest.raises(ConfigError, match="l2_eth_rpc"):
            config(world, tmp_path, l2="").check()
        vms = {GameType.CANNON: VmSettings(vm=VmConfig(vm_bin="cannon"))}
        with pytest.raises(ConfigError, match="cannon: give a prestate"):
            config(world, tmp_path, vms=vms).check()
        supers = ChallengerConfig(
            game_factory_address=DISPUTE_GAME_FACTORY, game_types=(GameType.SUPER_CANNON_KONA,)
        )
        with pytest.raises(ConfigError, match="superroot_rpc: is needed for super-cannon-kona games"):
            config(world, tmp_path, challenger=supers).check()
        config(world, tmp_path, challenger=supers, super_root_rpcs=("http://127.0.0.1:1",)).check()
        unplayed = ChallengerConfig(game_factory_address=DISPUTE_GAME_FACTORY)
        service = ChallengerService(config(world, tmp_path, challenger=unplayed), Observability(), no_news)
        with pytest.raises(ConfigError, match="cannon_kona games are not played"), service:
            pass
        config(world, tmp_path).check()


def test_it_looks_at_games_and_finds_them_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the devnet's proposer, which have the alphabet in the place of a VM."""
    traces = {GAME_TYPE: AlphabetTraces()}
    monkeypatch.setattr("pyoprollup.services.challenger.make_traces", lambda *_: traces)
    with beside(proposer=True, proposal_interval=24) as world:
        world.net.pass_time(120)
        seen = Observability(admin=True, metrics=True, metrics_port=0)
        with ChallengerService(config(world, tmp_path), seen, no_news, clock=world.net.clock) as service:
            metrics = service.challenger.metrics

            def looked() -> bool:
                world.net.pass_time(4)
                return metrics.games_in_progress > 0 and metrics.acts > 0

            wait("a look at a game", looked)
            assert metrics.is_up and metrics.moves == 0 and service.readiness().ready
        assert not service.service.health.running
