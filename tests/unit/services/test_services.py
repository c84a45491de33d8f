"""The services, each with real threads and sockets, beside a devnet that is served."""

from __future__ import annotations

import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.batcher import BatcherConfig, ChannelConfig
from pyoprollup.derive.params import SPAN_BATCH_TYPE
from pyoprollup.devnet import DataAvailability
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY
from pyoprollup.devnet.proposing import proposals_on_l1
from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.refs import BlockID
from pyoprollup.events import Happening, no_news
from pyoprollup.node import SafeHeadDB
from pyoprollup.proposer import ProposalHead, ProposerConfig
from pyoprollup.rollupapi import RollupClient, WrongRollup
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.services import (
    BatcherService,
    BatcherServiceConfig,
    L1Endpoints,
    Observability,
    ProposerService,
    ProposerServiceConfig,
    RollupNodeConfig,
    RollupNodeService,
)
from pyoprollup.services.sending import Account, RollupEndpoints
from pyoprollup.txmgr import TxManagerConfig
from tests.unit.services.support import SECRET, Beside, beside, get, wait

SEEN = Observability(admin=True, metrics=True, metrics_port=0)


def node_config(world: Beside, **changes: Any) -> RollupNodeConfig:
    values: dict[str, Any] = {
        "rollup": world.config,
        "l1": L1Endpoints(urls=(world.url("l1"),), beacons=(world.url("beacon"),)),
        "engine_url": world.engine_url,
        "jwt_secret": SECRET,
        "l1_chain": world.l1_chain,
        "l1_poll_interval": 0.1,
    }
    return RollupNodeConfig(**{**values, **changes})


def test_a_node_follows_the_chain(tmp_path: Path) -> None:
    with beside() as world:
        config = node_config(world, safe_db=tmp_path / "safe.sqlite")
        with RollupNodeService(config, SEEN, no_news) as node:
            assert node.rpc is not None
            world.net.pass_time(60)
            safe = world.net.server.devnet.nodes["silent"].core.heads.safe
            assert safe.number > 20
            with RollupClient.dial(node.rpc.url) as client:
                wait("the safe head", lambda: client.sync_status().safe_l2 == safe)
                final = world.net.server.devnet.nodes["silent"].core.heads.finalized
                assert final.number > 0
                wait("the finalized head", lambda: client.sync_status().finalized_l2 == final)
                status = client.sync_status()
                assert status.current_l1 is not None
                found = client.safe_head_at_l1_block(status.current_l1.number)
                assert found.safe_head == safe.id
                theirs = world.net.server.devnet.nodes["silent"].output_at_block(safe.number)[1]
                assert client.output_at_block(safe.number).output_root == theirs.root()
            assert world.store.canonical_hash(safe.number) == safe.hash
            assert get(f"{node.rpc.url}/readyz") == (
                200,
                {"ready": True, "reasons": [], "notes": list(node.readiness().notes)},
            )
            assert get(f"{node.rpc.url}/healthz")[1]["version"].startswith("v")
            with urllib.request.urlopen(node.metrics_url) as page:
                text = page.read().decode()
            assert f'op_node_default_refs_number{{layer="l2",type="l2_safe"}} {float(safe.number)}' in text
        assert not node.service.health.running


def test_a_node_without_a_beacon_reads_calldata() -> None:
    with beside(data_availability=DataAvailability.CALLDATA) as world:
        config = node_config(world, l1=L1Endpoints(urls=(world.url("l1"),)))
        with RollupNodeService(config, Observability(), no_news) as node:
            world.net.pass_time(40)
            safe = world.net.server.devnet.nodes["silent"].core.heads.safe
            assert safe.number > 10
            wait("the safe head", lambda: node.core.heads.safe == safe)


def test_a_node_without_a_beacon_says_that_it_wants_one() -> None:
    news: list[Happening] = []
    with beside(data_availability=DataAvailability.BLOBS) as world:
        config = node_config(world, l1=L1Endpoints(urls=(world.url("l1"),)))
        with RollupNodeService(config, Observability(), news.append) as node:
            world.net.pass_time(40)
            wait("a word", lambda: any("no beacon API is given" in str(each) for each in news))
            assert node.service.health.running and not node.core.heads.safe.number


def test_a_node_that_is_started_again_goes_on(tmp_path: Path) -> None:
    with beside() as world:
        config = node_config(world, safe_db=tmp_path / "safe.sqlite")
        for _ in range(2):
            world.net.pass_time(40)
            safe = world.net.server.devnet.nodes["silent"].core.heads.safe
            with RollupNodeService(config, Observability(), no_news) as node:
                heads = node.safe_heads
                assert isinstance(heads, SafeHeadDB)
                wait("the safe head", lambda: last_safe(heads) == safe.id)  # noqa: B023
                assert node.core.heads.safe == safe


def last_safe(heads: SafeHeadDB) -> BlockID | None:
    coverage = heads.coverage()
    return None if coverage is None else coverage.last_safe


def test_wrong_endpoints_are_found_at_the_start() -> None:
    with beside() as world:
        swapped = node_config(world, l1=L1Endpoints(urls=(world.url("sequencer"),)))
        with pytest.raises(ConfigError, match="901"), RollupNodeService(swapped, SEEN, no_news):
            pass
        with pytest.raises(ConfigError, match="blob schedule"):
            RollupNodeService(node_config(world, l1_chain=None), SEEN, no_news)


def test_the_engine_may_come_later(tmp_path: Path) -> None:
    news: list[Happening] = []
    with beside() as world:
        config = node_config(world, engine_url="http://127.0.0.1:9", engine_timeout=1.0)
        with RollupNodeService(config, Observability(), news.append) as node:
            world.net.pass_time(10)
            wait("a word", lambda: any(each.event == "temporary-error" for each in news))
            assert node.service.health.running
    assert any(each.event == "engine-unreachable" for each in news)


def test_a_sequencer_in_a_service(tmp_path: Path) -> None:
    """It makes blocks in the time of its clock, is stopped over its RPC, and stays so over a restart."""
    state = tmp_path / "state.json"
    with beside(transactions=0) as world:
        config = node_config(world, sequencer=True, sequencer_state=state)
        clock = world.net.clock
        with RollupNodeService(config, SEEN, no_news, clock=clock, set_log_level=_level) as node:
            assert node.rpc is not None
            with RollupClient.dial(node.rpc.url) as client, JsonRpcClient(node.rpc.url) as rpc:

                def blocks() -> bool:
                    clock.advance(0.5)  # what has to be tried again waits for the clock
                    return node.core.heads.unsafe.number >= 3

                clock.advance(8)
                wait("blocks", blocks)
                assert client.sequencer_active()
                head = rpc.call("admin_stopSequencer")
                assert int(head, 16) and not client.sequencer_active()
                rpc.call("admin_setLogLevel", "debug")
                with pytest.raises(JsonRpcError, match="nonsense"):
                    rpc.call("admin_setLogLevel", "nonsense")
        with RollupNodeService(config, SEEN, no_news, clock=clock) as node:
            assert node.core.sequencer is not None and not node.core.sequencer.active


def test_a_rollup_of_another_chain(tmp_path: Path) -> None:
    with beside(batcher=False) as world:
        other = replace(world.config, l2_chain_id=902)
        with pytest.raises(WrongRollup, match="expected l2_chain_id 902, found 901"):
            BatcherService(batcher_config(world, rollup=other), SEEN, no_news).__enter__()


def _level(name: str) -> None:
    if name != "debug":
        raise DecodeError(f"there is no {name}")


def account(key: bytes, world: Beside) -> Account:
    config = TxManagerConfig(world.config.l1_chain_id, num_confirmations=1, receipt_query_interval=0.2)
    return Account(key=key, config=config)


def batcher_config(world: Beside, **changes: Any) -> BatcherServiceConfig:
    values: dict[str, Any] = {
        "rollup": world.config,
        "l1": L1Endpoints(urls=(world.url("l1"),), rounds=1),
        "l2_urls": (world.url("sequencer"),),
        "nodes": RollupEndpoints(urls=(world.url("sequencer rollup"),)),
        "account": account(world.net.server.devnet.genesis.batcher, world),
        "batcher": BatcherConfig(poll_interval=0.2),
        "channel": ChannelConfig(
            seq_window_size=world.config.seq_window_size,
            channel_timeout=50,
            max_channel_duration=1,
            sub_safety_margin=4,
            batch_type=SPAN_BATCH_TYPE,
        ),
        "data_availability": "blobs",
        "l1_chain": world.l1_chain,
    }
    return BatcherServiceConfig(**{**values, **changes})


def test_a_batcher_makes_blocks_safe() -> None:
    with beside(batcher=False) as world, BatcherService(batcher_config(world), SEEN, no_news) as batcher:
        assert batcher.rpc is not None
        silent = world.net.server.devnet.nodes["silent"]

        def safe() -> bool:
            world.net.pass_time(4)
            return silent.core.heads.safe.number >= 20

        wait("safe blocks", safe)
        assert batcher.readiness().ready
        with JsonRpcClient(batcher.rpc.url) as rpc:
            assert rpc.call("txmgr_getFeeLimitMultiplier") == 5
            rpc.call("admin_stopBatcher")
            with pytest.raises(JsonRpcError, match="not running"):
                rpc.call("admin_stopBatcher")
        with urllib.request.urlopen(batcher.metrics_url) as page:
            assert b"op_batcher_default_txs_confirmed" in page.read()


def test_a_batcher_keeps_its_key_to_itself() -> None:
    with beside(batcher=False) as world:
        config = batcher_config(world)
        assert world.net.server.devnet.genesis.batcher.hex() not in repr(config)


def test_settings_that_contradict_each_other() -> None:
    with beside(batcher=False) as world:
        with pytest.raises(ConfigError, match="2 endpoints, but 1 rollup nodes"):
            batcher_config(world, l2_urls=("http://a", "http://b")).check()
        with pytest.raises(ConfigError, match="nonsense"):
            batcher_config(world, data_availability="nonsense").check()


def test_a_proposer_proposes_what_the_nodes_say() -> None:
    with beside(dispute_games=True) as world:
        world.net.pass_time(120)
        devnet = world.net.server.devnet
        config = ProposerServiceConfig(
            rollup=world.config,
            l1=L1Endpoints(urls=(world.url("l1"),), rounds=1),
            nodes=RollupEndpoints(urls=(world.url("verifier rollup"),)),
            account=account(devnet.genesis.proposer, world),
            proposer=ProposerConfig(
                game_factory_address=DISPUTE_GAME_FACTORY,
                proposal_interval=3600.0,
                poll_interval=0.2,
                proposal_source=ProposalHead.SAFE,
            ),
            l1_chain=world.l1_chain,
        )
        with ProposerService(config, SEEN, no_news, clock=world.net.clock) as proposer:

            def proposed() -> bool:
                world.net.pass_time(4)
                return proposer.proposer.metrics.proposals == 1

            wait("a proposal", proposed)
            world.net.pass_time(20)
            assert proposer.proposer.metrics.proposals == 1, "one in an hour"
            assert proposer.readiness().ready
        on_l1 = list(proposals_on_l1(devnet.l1, devnet.verifiers))
        assert [proposal.agrees for proposal in on_l1] == [True]
        assert on_l1[0].block > 0
