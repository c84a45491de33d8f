"""Counters under the reference's names."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from pyoprollup.batcher.channel_builder import FullReason
from pyoprollup.batcher.metrics import BatcherMetrics
from pyoprollup.eth import ZERO_HASH, BlockID, L2BlockRef
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32
from pyoprollup.events import Level, News
from pyoprollup.proposer import ProposerMetrics
from pyoprollup.telemetry.prometheus import (
    MetricsExporter,
    batcher_metrics,
    proposer_metrics,
    status_metrics,
    tx_metrics,
)
from pyoprollup.txmgr import TxMetrics


def shown(exporter: MetricsExporter) -> dict[str, float]:
    """Samples as a scraper gets them."""
    registry = CollectorRegistry()
    exporter.register(registry)
    lines = generate_latest(registry).decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if line and line[0] != "#")
    return {name: float(value) for name, _, value in pairs}


def test_a_batcher() -> None:
    batcher, txs = BatcherMetrics(blocks_loaded=7, pending_da_bytes=1000), TxMetrics(nonce=3)
    reason = next(iter(FullReason))
    batcher.full_reasons[reason] += 2
    txs.published.update({"": 5, "nonce_too_low": 1})
    exporter = MetricsExporter("op_batcher")
    exporter.add(batcher_metrics(batcher))
    exporter.add(tx_metrics(txs))
    found = shown(exporter)
    assert found["op_batcher_default_blocks_added_total"] == 7
    assert found["op_batcher_default_pending_da_bytes"] == 1000
    assert found[f'op_batcher_default_channel_closed_reason_total{{reason="{reason.value}"}}'] == 2
    assert found["op_batcher_default_txmgr_current_nonce"] == 3
    assert found['op_batcher_default_txmgr_tx_publish_error_count_total{error="nonce_too_low"}'] == 1
    batcher.blocks_loaded = 8
    assert shown(exporter)["op_batcher_default_blocks_added_total"] == 8, "read when it is asked for"


def test_a_proposer() -> None:
    metrics = ProposerMetrics(proposals=2)
    exporter = MetricsExporter("op_proposer")
    exporter.add(proposer_metrics(metrics))
    assert "op_proposer_default_proposed_sequence_number" not in shown(exporter), "not 0 before the first"
    metrics.proposed = L2BlockRef(ZERO_HASH, 9, ZERO_HASH, 18, BlockID(ZERO_HASH, 1), 0)
    metrics.is_up = True
    found = shown(exporter)
    assert found["op_proposer_default_up"] == 1
    assert found["op_proposer_default_proposals_total"] == 2
    assert found["op_proposer_default_proposed_sequence_number"] == 9
    assert found['op_proposer_default_refs_number{layer="l2",type="proposed"}'] == 9


def test_metrics_are_what_the_sync_status_says() -> None:
    """One source for both; what is not known yet has no sample, rather than a zero."""
    block = L1BlockRef(Hash32(b"\1" * 32), 7, ZERO_HASH, 70)
    exporter = MetricsExporter("op_node")
    exporter.add(status_metrics(lambda: SyncStatus(head_l1=block)))
    found = shown(exporter)
    assert found['op_node_default_refs_number{layer="l1",type="l1_head"}'] == 7
    assert found['op_node_default_refs_time{layer="l1",type="l1_head"}'] == 70
    assert not any("l1_finalized" in name or "l2_safe" in name for name in found)


def test_news_are_counted() -> None:
    exporter = MetricsExporter("op_node")
    news = News("gossip", exporter)
    news("message", Level.DEBUG)
    news("message", Level.DEBUG)
    name = 'op_node_default_news_total{event="message",level="debug",source="gossip"}'
    assert shown(exporter)[name] == 2
