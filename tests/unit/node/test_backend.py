"""A node by its RPC: the backend of ``optimism_*`` and ``admin_*``, over a node with an engine."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import ZERO_HASH, Hash32, to_hex
from pyoprollup.node import CoreBackend, NodeCore, SequencerParts
from pyoprollup.node.backend import SequencerNotEnabled
from pyoprollup.rollupapi import AdminAPI, NodeAPI
from tests.stepping import run
from tests.unit.node.test_core import L1, Bench


def output(block_hash: Hash32) -> OutputV0:
    return OutputV0(Hash32(b"\1" * 32), Hash32(b"\2" * 32), block_hash)


def backend(sequences: bool = False) -> tuple[Bench, NodeCore, CoreBackend]:
    bench = Bench()
    node = bench.node(sequencing=SequencerParts()) if sequences else bench.node()
    node.on_l1(L1[7], L1[5], L1[3])
    run(node, 1000.0)
    return bench, node, CoreBackend(node, output, bench.clock)


def ask(api: CoreBackend, method: str, *params: Any) -> Any:
    return {**NodeAPI(api).methods(), **AdminAPI(api).methods()}[method](*params)


def test_status_configuration_and_version() -> None:
    bench, node, api = backend()
    assert ask(api, "optimism_syncStatus") == node.sync_status().to_json()
    assert ask(api, "optimism_rollupConfig") == bench.config.to_json()
    assert ask(api, "optimism_version").startswith("v")


def test_outputs() -> None:
    _, node, api = backend()
    answer = ask(api, "optimism_outputAtBlock", "0x0")
    genesis = node.heads.unsafe
    assert answer["blockRef"]["hash"] == to_hex(genesis.hash)
    assert answer["outputRoot"] == to_hex(output(genesis.hash).root())
    with pytest.raises(NotFound, match="not found"):
        ask(api, "optimism_outputAtBlock", "0x63")


def test_safe_heads_are_not_kept_unless_wanted() -> None:
    _, _, api = backend()
    with pytest.raises(Unavailable, match="not enabled"):
        ask(api, "optimism_safeHeadAtL1Block", "0x5")


def test_a_verifier_does_not_sequence() -> None:
    _, _, api = backend()
    assert ask(api, "admin_sequencerActive") is False
    assert ask(api, "admin_conductorEnabled") is False
    for method, *params in (
        ("admin_startSequencer", to_hex(ZERO_HASH)),
        ("admin_stopSequencer",),
        ("admin_setRecoverMode", True),
        ("admin_overrideLeader",),
    ):
        with pytest.raises(SequencerNotEnabled, match="sequencer is not enabled"):
            ask(api, method, *params)


def test_a_sequencer_is_started_and_stopped() -> None:
    bench, node, api = backend(sequences=True)
    ask(api, "admin_startSequencer", to_hex(node.heads.unsafe.hash))
    assert ask(api, "admin_sequencerActive") is True
    for _ in range(4):
        bench.clock.advance(run(node, bench.clock.time))
    head = ask(api, "admin_stopSequencer")
    assert head == to_hex(node.heads.unsafe.hash) and node.heads.unsafe.number > 0
    assert ask(api, "admin_sequencerActive") is False


def test_the_operator_resets_the_pipeline() -> None:
    bench, node, api = backend()
    ask(api, "admin_resetDerivationPipeline")
    assert node.next_due <= bench.clock.time
    run(node, 1000.0)
    assert node.sync_status().current_l1 == L1[7]


def test_a_node_without_a_log_has_no_level() -> None:
    _, _, api = backend()
    with pytest.raises(DecodeError, match="no log"):
        ask(api, "admin_setLogLevel", "debug")
