from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.rollup import RollupConfig
from pyoprollup.rollupapi import (
    RollupBadAnswer,
    RollupClient,
    RollupNotFound,
    RollupRefused,
    RollupUnavailable,
    SafeHeadResponse,
    WrongRollup,
)
from pyoprollup.rpc.errors import JsonRpcError, RpcUnavailable
from tests.unit.conductor.support import Script
from tests.unit.rollupapi.support import L1, L2, OUTPUT, STATUS, FakeNode, client_of, hash_of
from tests.unit.rollupapi.test_server import VALID


def test_what_a_server_says_comes_back_as_it_was() -> None:
    node = FakeNode()
    client = client_of(node)
    assert client.sync_status() == STATUS
    answer = client.output_at_block(100)
    assert (answer.block_ref, answer.output, answer.status) == (L2, OUTPUT, STATUS)
    assert answer.output_root == OUTPUT.root()
    assert client.safe_head_at_l1_block(11) == SafeHeadResponse(L1.id, L2.id)
    assert client.rollup_config() == node.rollup_config
    assert client.version() == "v1-dev"


def test_the_operators_calls_arrive() -> None:
    node = FakeNode()
    client = client_of(node)
    client.start_sequencer(L2.hash)
    assert client.stop_sequencer() == L2.hash
    assert client.sequencer_active()
    assert not client.conductor_enabled()
    client.post_unsafe_payload(VALID)
    client.reset_derivation_pipeline()
    client.override_leader()
    client.set_recover_mode(False)
    client.set_log_level("info")
    assert node.done == [("start", L2.hash), VALID, "reset", "override", ("recover", False), ("log", "info")]


def test_zero_references_are_unknown_and_not_block_0() -> None:
    node = FakeNode(status=SyncStatus(head_l1=L1))
    status = client_of(node).sync_status()
    assert status.head_l1 == L1
    assert status.finalized_l1 is None
    assert status.finalized_l2 is None


@pytest.mark.parametrize("method", ["output_at_block", "safe_head_at_l1_block"])
def test_not_found_is_an_answer_and_everything_else_is_none(method: str) -> None:
    node = FakeNode(output=NotFound("x"), safe_head=NotFound("x"))
    with pytest.raises(RollupNotFound):
        getattr(client_of(node), method)(3)
    node = FakeNode(output=Unavailable("not found on disk"), safe_head=Unavailable("not found on disk"))
    with pytest.raises(RollupRefused):
        getattr(client_of(node), method)(3)
    proxy = RollupClient(Script(JsonRpcError(-32601, "method not found")))
    with pytest.raises(RollupRefused):
        getattr(proxy, method)(3)
    with pytest.raises(RollupUnavailable):
        getattr(RollupClient(Script(RpcUnavailable("refused"))), method)(3)


def output_json(**changes: Any) -> dict[str, Any]:
    return client_of(FakeNode()).output_at_block(100).to_json() | changes


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "0x",
        {},
        output_json(outputRoot="0x" + "11" * 32),
        output_json(stateRoot="0x" + "11" * 32),
        output_json(blockRef=None),
        output_json(blockRef={**output_json()["blockRef"], "hash": "0x" + "00" * 32}),
        output_json(syncStatus=7),
        output_json(syncStatus=None),
    ],
)
def test_an_output_that_does_not_hold_is_no_answer(answer: Any) -> None:
    with pytest.raises(RollupBadAnswer):
        RollupClient(Script(answer)).output_at_block(100)


def test_an_answer_for_another_block_is_no_answer() -> None:
    """Caches in between have answered so."""
    with pytest.raises(RollupBadAnswer, match="the answer is for"):
        RollupClient(Script(output_json())).output_at_block(101)
    later = SafeHeadResponse(BlockID(hash_of(9), 9), L2.id).to_json()
    with pytest.raises(RollupBadAnswer, match="the answer is of"):
        RollupClient(Script(later)).safe_head_at_l1_block(8)


@pytest.mark.parametrize("method", ["sync_status", "rollup_config", "version", "sequencer_active"])
@pytest.mark.parametrize("answer", [None, 3, [], [{}]])
def test_malformed_answers_are_no_answers(method: str, answer: Any) -> None:
    with pytest.raises(RollupBadAnswer):
        getattr(RollupClient(Script(answer)), method)()


def test_another_chain_is_named_with_the_option() -> None:
    node = FakeNode()
    client_of(node).check_chain(node.rollup_config)
    config: RollupConfig = node.rollup_config
    for change in ({"l2_chain_id": 4}, {"l1_chain_id": 5}):
        with pytest.raises(WrongRollup, match=f"^rollup-rpc: rollup node: expected {next(iter(change))}"):
            client_of(node).check_chain(replace(config, **change))
    other = replace(config, genesis=replace(config.genesis, l2=BlockID(hash_of(1), 0)))
    with pytest.raises(ConfigError, match="genesis"):
        client_of(node).check_chain(other, option="rollup-rpc")


def test_an_l1_node_in_place_of_a_rollup_node_is_said() -> None:
    """The two URLs are easily swapped."""
    answer = JsonRpcError(-32601, "the method optimism_rollupConfig does not exist/is not available")
    with pytest.raises(WrongRollup, match="is no rollup node"):
        RollupClient(Script(answer)).check_chain(FakeNode().rollup_config)
    with pytest.raises(RollupUnavailable):
        RollupClient(Script(RpcUnavailable("down"))).check_chain(FakeNode().rollup_config)
