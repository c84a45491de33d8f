"""``go-map.toml`` names the counterpart of every public name, and nothing that is not there."""

from __future__ import annotations

import tomllib
from importlib import import_module
from typing import Any

import pytest

from pyoprollup.cli.go_map import entries
from pyoprollup.cli.specification import specification_url
from pyoprollup.rollup.reference import Reference
from tests.support import ROOT
from tests.unit import modules

FILE = ROOT / "pyoprollup" / "data" / "go-map.toml"
MAP: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
CLOSED = tuple(f"{name}." for name, table in MAP.items() if table.get("inside") or table.get("whole"))
MODULES = {
    source.name: source
    for source in modules.sources()
    if source.area not in ("", "__main__") and not source.name.startswith(CLOSED)
}
WHOLE = {
    *("pyoprollup.cli", "pyoprollup.devcontracts", "pyoprollup.devnet", "pyoprollup.telemetry"),
    "pyoprollup.vectors",
}
"""Packages without a counterpart in Go: one table speaks for each of them."""

PHASE_1 = {
    "Sequencer.startBuildingBlock": "pyoprollup.sequencing.sequencer",
    "L1OriginSelector.FindL1Origin": "pyoprollup.sequencing.origin_selector",
    "EngineController.onBuildStart": "pyoprollup.engine.build",
    "EngineController.startPayload": "pyoprollup.engine.start_payload",
    "EngineController.onBuildSeal": "pyoprollup.engine.build",
    "sanityCheckPayload": "pyoprollup.engine.start_payload",
    "Sequencer.onBuildSealed": "pyoprollup.sequencing.sequencer",
    "SequencerConductor.CommitUnsafePayload": "pyoprollup.conductor.conductor",
    "SimpleAsyncGossiper.gossip": "pyoprollup.p2p.async_gossiper",
    "publisher.SignAndPublishL2Payload": "pyoprollup.p2p.gossip",
    "EngineController.onPayloadProcess": "pyoprollup.engine.payload_process",
    "EngineController.tryUpdateEngineInternal": "pyoprollup.engine.controller",
    "Config.ForkchoiceUpdatedVersion": "pyoprollup.engine.versions",
    "Config.NewPayloadVersion": "pyoprollup.engine.versions",
    "Config.GetPayloadVersion": "pyoprollup.engine.versions",
    "SyncDeriver.OnUnsafeL2Payload": "pyoprollup.driver.sync_deriver",
    "EngineController.AddUnsafePayload": "pyoprollup.engine.unsafe_payloads",
}
"""Phase 1 of the system's flow, sequencing and unsafe propagation: Go symbol → our module."""

PHASE_2 = {
    "BatchSubmitter.StartBatchSubmitting": "pyoprollup.batcher.driver",
    "BatchSubmitter.loadBlocksIntoState": "pyoprollup.batcher.driver",
    "channelManager.TxData": "pyoprollup.batcher.channel_manager",
    "channelManager.nextTxData": "pyoprollup.batcher.channel_manager",
    "channel.NextTxData": "pyoprollup.batcher.channel",
    "BatchSubmitter.publishStateToL1": "pyoprollup.batcher.publisher",
    "BatchSubmitter.sendTransaction": "pyoprollup.batcher.publisher",
    "BatchSubmitter.blobTxCandidate": "pyoprollup.batcher.candidates",
    "BatchSubmitter.calldataTxCandidate": "pyoprollup.batcher.candidates",
    "channelManager.TxConfirmed": "pyoprollup.batcher.channel_manager",
    "channelManager.TxFailed": "pyoprollup.batcher.channel_manager",
}
"""Phase 2, batching."""

PHASE_4 = {
    "L2OutputSubmitter.FetchCurrentBlockNumber": "pyoprollup.proposer.driver",
    "RollupProposalSource.ProposalAtSequenceNum": "pyoprollup.proposer.source",
    "L2OutputSubmitter.FetchDGFOutput": "pyoprollup.proposer.driver",
    "DisputeGameFactory.ProposalTx": "pyoprollup.proposer.contracts",
    "L2OutputSubmitter.sendTransaction": "pyoprollup.proposer.driver",
}
"""Phase 4, proposing."""

PHASE_3_HEADS = {
    "ForkchoiceUpdateEvent": "pyoprollup.engine.events",
    "EngineController.onForkchoiceUpdate": "pyoprollup.engine.unsafe_payloads",
    "EngineController.requestForkchoiceUpdate": "pyoprollup.engine.controller",
    "AttributesHandler.consolidateNextSafeAttributes": "pyoprollup.driver.attributes_handler",
    "AttributesMatchBlock": "pyoprollup.driver.attributes_match",
    "Finalizer.OnL1Finalized": "pyoprollup.finality.finalizer",
    "Finalizer.tryFinalize": "pyoprollup.finality.finalizer",
    "EngineController.PromoteFinalized": "pyoprollup.engine.controller",
}
"""Phase 3, safe and finalized: rows 3.3 to 3.7."""

PHASE_3 = {
    # 3.1, derive/pipeline.go NewDerivationPipeline: the stages that it assembles
    "NewDerivationPipeline": "pyoprollup.derive.pipeline",
    "L1Traversal": "pyoprollup.derive.l1_traversal",
    "L1Retrieval": "pyoprollup.derive.l1_retrieval",
    "DataSourceFactory": "pyoprollup.derive.data_source",
    "FrameQueue": "pyoprollup.derive.frame_queue",
    "ChannelMux": "pyoprollup.derive.channel_mux",
    "ChannelBank": "pyoprollup.derive.channel_bank",
    "ChannelAssembler": "pyoprollup.derive.channel_assembler",
    "ChannelInReader": "pyoprollup.derive.channel_in_reader",
    "BatchMux": "pyoprollup.derive.batch_mux",
    "BatchQueue": "pyoprollup.derive.batch_queue",
    "BatchStage": "pyoprollup.derive.batch_stage",
    "AttributesQueue": "pyoprollup.derive.attributes_queue",
    "FetchingAttributesBuilder": "pyoprollup.derive.attributes",
    # 3.2, Step: frame → channel → batch → attributes
    "DerivationPipeline.Step": "pyoprollup.derive.pipeline",
    "DerivationPipeline.Reset": "pyoprollup.derive.pipeline",
    "DerivationPipeline.ConfirmEngineReset": "pyoprollup.derive.pipeline",
    "VerifyNewL1Origin": "pyoprollup.derive.l1_traversal",
    "L1Traversal.NextL1Block": "pyoprollup.derive.l1_traversal",
    "L1Traversal.AdvanceL1Block": "pyoprollup.derive.l1_traversal",
    "L1Retrieval.NextData": "pyoprollup.derive.l1_retrieval",
    "DataSourceFactory.OpenData": "pyoprollup.derive.data_source",
    "FrameQueue.NextFrame": "pyoprollup.derive.frame_queue",
    "ParseFrames": "pyoprollup.derive.codec.frame",
    "ChannelBank.IngestFrame": "pyoprollup.derive.channel_bank",
    "ChannelBank.NextRawChannel": "pyoprollup.derive.channel_bank",
    "ChannelAssembler.NextRawChannel": "pyoprollup.derive.channel_assembler",
    "Channel.AddFrame": "pyoprollup.derive.channel",
    "ChannelInReader.NextBatch": "pyoprollup.derive.channel_in_reader",
    "BatchReader": "pyoprollup.derive.batch_reader",
    "DeriveSpanBatch": "pyoprollup.derive.codec.span_batch",
    "BatchQueue.NextBatch": "pyoprollup.derive.batch_queue",
    "BatchStage.NextBatch": "pyoprollup.derive.batch_stage",
    "CheckBatch": "pyoprollup.derive.batch_queue",
    "checkSingularBatch": "pyoprollup.derive.check_singular_batch",
    "checkSpanBatch": "pyoprollup.derive.check_span_batch",
    "checkSpanBatchPrefix": "pyoprollup.derive.check_span_batch",
    "AttributesQueue.NextAttributes": "pyoprollup.derive.attributes_queue",
    "FetchingAttributesBuilder.PreparePayloadAttributes": "pyoprollup.derive.attributes",
    "L1InfoDeposit": "pyoprollup.derive.l1_info",
    "UserDeposits": "pyoprollup.derive.deposits",
    "UpdateSystemConfigWithL1Receipts": "pyoprollup.rollup.system_config_updates",
}
"""Rows 3.1 and 3.2 of the system's flow, with the functions of the stages: Go symbol → our module."""


def test_every_module_is_mapped() -> None:
    assert sorted(MAP) == sorted(MODULES)
    assert {name for name, table in MAP.items() if table.get("whole")} == WHOLE


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_mapped(name: str) -> None:
    exported = MODULES[name].exported() or []
    if not MODULES[name].is_package or MAP[name].get("inside"):
        assert exported and sorted(MAP[name]["names"]) == sorted(exported)


@pytest.mark.parametrize("name", [name for name in MODULES if "names" not in MAP[name] and name not in WHOLE])
def test_what_a_package_exports_is_mapped_where_it_is_defined(name: str) -> None:
    package = import_module(name)
    others = [import_module(other) for other in MODULES]
    for exported in MODULES[name].exported() or ():
        value = getattr(package, exported)
        homes = [
            module.__name__
            for module in others
            if exported in MAP.get(module.__name__, {}).get("names", {})
            and getattr(module, exported) is value
        ]
        assert homes, f"{name}.{exported} is not mapped under any module"


@pytest.mark.parametrize("name", MAP)
def test_every_mapped_name_exists(name: str) -> None:
    module = import_module(name)
    for mapped in MAP[name].get("names", {}):
        assert hasattr(module, mapped), f"{name} has no {mapped}"
    for mapped in MAP[name].get("methods", {}):
        owner, method = mapped.split(".")
        assert hasattr(getattr(module, owner), method), f"{name} has no {mapped}"


@pytest.mark.parametrize("name", MAP)
def test_every_entry_says_where_or_why_not(name: str) -> None:
    table = MAP[name]
    assert set(table) <= {"go", "spec", "tests", "follows", "why", "inside", "whole", "names", "methods"}
    assert table.get("follows") in (None, *(reference.value for reference in Reference))
    assert ("why" in table) == (table["go"] == "-")
    assert table["spec"] or name in WHOLE
    for section in table["spec"]:
        assert section.strip() == section and specification_url(section), f"no link for {section!r}"
    _check_file(table["go"])
    for entry in [*table.get("names", {}).values(), *table.get("methods", {}).values()]:
        _check_entry(entry, table)


def _check_file(path: str) -> None:
    first = path.partition("/")[0]
    assert path == "-" or first in ("go-ethereum", "cannon") or first.startswith("op-")


def _check_entry(entry: Any, table: dict[str, Any]) -> None:
    if isinstance(entry, dict):
        assert set(entry) in ({"go", "why"}, {"go", "since"})
        assert entry.get("since") in (None, "v1.19.6")
        assert ("why" in entry) == (entry["go"] == "-")
        assert all(entry.values())
        entry = entry["go"]
    elif entry == "-":
        assert table["go"] == "-", "a name without a counterpart says why"
    file, _, symbol = entry.rpartition(" ")
    assert symbol
    if file:
        assert file.endswith(".go")
        _check_file(file)


@pytest.mark.parametrize("name", [name for name in MAP if "tests" in MAP[name]])
def test_tests_that_are_named_exist(name: str) -> None:
    assert (ROOT / MAP[name]["tests"]).exists()


def test_modules_are_tested_where_the_map_says() -> None:
    for entry in entries():
        assert (ROOT / entry.tests).exists(), f"{entry.module} is tested elsewhere than in {entry.tests}"


@pytest.mark.parametrize(
    ("symbol", "module"),
    [*PHASE_1.items(), *PHASE_2.items(), *PHASE_3_HEADS.items(), *PHASE_3.items(), *PHASE_4.items()],
)
def test_rows_of_the_flow_are_mapped(symbol: str, module: str) -> None:
    table = MAP[module]
    entries = [*table.get("names", {}).values(), *table.get("methods", {}).values()]
    symbols = [(entry["go"] if isinstance(entry, dict) else entry).rpartition(" ")[2] for entry in entries]
    assert symbol in symbols
