"""Metrics for Prometheus, read from the services' counters when they are asked for.

Services count in plain dataclasses (``BatcherMetrics``, ``TxMetrics``); nothing is counted twice. The names
are those of op-batcher, op-proposer and op-node, ``op_batcher_default_…``, as far as there is
a counterpart; what only we count has a name in the same style. News are counted by source, event and level.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyoprollup.errors import ConfigError
from pyoprollup.events import Happening

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

    from pyoprollup.batcher import BatcherMetrics
    from pyoprollup.eth.sync_status import SyncStatus
    from pyoprollup.proposer import ProposerMetrics
    from pyoprollup.txmgr import TxMetrics

__all__ = [
    "CallCounts",
    "MetricsExporter",
    "Sample",
    "batcher_metrics",
    "proposer_metrics",
    "serve_metrics",
    "status_metrics",
    "tx_metrics",
]

Sample = tuple[str, str, str, float, Mapping[str, str]]
"""Kind (``counter`` or ``gauge``), name, help, value and labels."""

_GWEI = 1e9


class MetricsExporter:
    """A Prometheus collector over sources of samples. ``process`` is the reference's ``procName``.

    Register it with :meth:`register`, or hand it to a registry of your own. It is a ``Tell`` as well: what
    it is told it counts in ``…_news_total``. Needs prometheus-client, which comes with the extra ``node``.
    """

    def __init__(self, service: str, process: str = "default") -> None:
        self.namespace = f"{service}_{process}"
        self._sources: list[Callable[[], Iterable[Sample]]] = []
        self._news: Counter[tuple[str, str, str]] = Counter()

    def add(self, samples: Callable[[], Iterable[Sample]]) -> None:
        """Add a source of samples, which is read at each scrape."""
        self._sources.append(samples)

    def __call__(self, happening: Happening) -> None:
        self._news[happening.source, happening.event, happening.level.name.lower()] += 1

    def register(self, registry: CollectorRegistry | None = None) -> None:
        """Register with a registry, by default the one of the process."""
        from prometheus_client import REGISTRY

        (registry or REGISTRY).register(self)

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now; what a registry calls."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for kind, name, text, value, labels in self._samples():
            full = f"{self.namespace}_{name}"
            family = families.get(full)
            if family is None:
                make = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
                family = families[full] = make(full, text, labels=list(labels))
            family.add_metric(list(labels.values()), value)
        yield from families.values()

    def _samples(self) -> Iterator[Sample]:
        for source in self._sources:
            yield from source()
        for (source_name, event, level), count in self._news.items():
            labels = {"source": source_name, "event": event, "level": level}
            yield "counter", "news", "What was told, by source, event and level", count, labels


def batcher_metrics(metrics: BatcherMetrics) -> Callable[[], Iterable[Sample]]:
    """A batcher's counters, under op-batcher's names."""

    def samples() -> Iterator[Sample]:
        m = metrics
        for name, text, value in (
            ("blocks_added", "Blocks that were added to channels", m.blocks_loaded),
            ("input_bytes", "Bytes of blocks in channels that ended", m.input_bytes),
            ("output_bytes", "Bytes of channels that ended, compressed", m.output_bytes),
            ("channels_opened", "Channels that were opened", m.channels_opened),
            ("channels_closed", "Channels that ended", m.channels_closed),
            ("channels_submitted", "Channels that are on L1 as a whole", m.channels_submitted),
            ("channels_timed_out", "Channels that came too late", m.channels_timed_out),
            ("txs_sent", "Batcher transactions that were sent", m.txs_sent),
            ("txs_confirmed", "Batcher transactions that were confirmed", m.txs_confirmed),
            ("txs_failed", "Batcher transactions that failed", m.txs_failed),
            ("blobs_sent", "Blobs that were sent", m.blobs_sent),
            ("l2_reorgs", "Reorgs of L2 that were seen", m.l2_reorgs),
            ("source_errors", "Reads of the node that failed", m.source_errors),
            ("publish_errors", "Publications that failed", m.publish_errors),
            ("da_errors", "Inputs that the DA server did not take", m.da_errors),
        ):
            yield "counter", name, text, value, {}
        yield "gauge", "pending_da_bytes", "Estimated bytes that are not on L1 yet", m.pending_da_bytes, {}
        yield "gauge", "channel_compr_ratio", "Compressed by uncompressed size", m.compression_ratio, {}
        for reason, count in m.full_reasons.items():
            labels = {"reason": str(reason.value)}
            yield "counter", "channel_closed_reason", "Channels that ended, by the reason", count, labels

    return samples


def proposer_metrics(metrics: ProposerMetrics) -> Callable[[], Iterable[Sample]]:
    """A proposer's counters, under op-proposer's names."""

    def samples() -> Iterator[Sample]:
        m = metrics
        yield "gauge", "up", "1 if it has begun its work", m.is_up, {}
        if m.proposed is not None:
            number, labels = m.proposed.number, {"layer": "l2", "type": "proposed"}
            yield "gauge", "proposed_sequence_number", "L2 block of the latest proposal", number, {}
            yield "gauge", "refs_number", "Number of a block that is tracked", number, labels
            yield "gauge", "refs_time", "Timestamp of a block that is tracked", m.proposed.time, labels
        for name, text, value in (
            ("polls", "Looks whether it is time to propose", m.polls),
            ("proposals", "Games that were created", m.proposals),
            ("proposals_reverted", "Proposals that reverted", m.proposals_reverted),
            ("proposals_failed", "Proposals that were given up", m.proposals_failed),
            ("games_existed", "Times that a game for the proposal existed already", m.games_existed),
            ("unreadable_games", "Games in the list that do not answer", m.unreadable_games),
            ("source_errors", "Reads of the rollup node that failed", m.source_errors),
            ("l1_errors", "Reads of L1 that failed", m.l1_errors),
            ("l1_heads_went_back", "Times that L1's head was lower than before", m.heads_went_back),
            ("unpaid", "Times that the account could not pay for a proposal", m.unpaid),
        ):
            yield "counter", name, text, value, {}

    return samples


def tx_metrics(metrics: TxMetrics) -> Callable[[], Iterable[Sample]]:
    """A transaction manager's counters, under the names that the reference's managers share."""

    def samples() -> Iterator[Sample]:
        m = metrics
        for name, text, value in (
            ("current_nonce", "The nonce that was used last", m.nonce),
            ("pending_txs", "Transactions on their way", m.pending),
            ("tipcap_wei", "The tip that L1 suggests", m.tip_cap),
            ("basefee_wei", "L1's base fee", m.base_fee),
            ("blob_basefee_wei", "L1's blob base fee", m.blob_base_fee),
        ):
            yield "gauge", f"txmgr_{name}", text, value, {}
        for name, text, total in (
            ("tx_fee_gwei", "Fees that were paid", m.fees_paid / _GWEI),
            ("tx_confirmed", "Transactions that were confirmed", m.confirmed),
            ("tx_failed", "Transactions that were given up", m.failed),
            ("tx_gas_bump", "Times that fees were raised", m.bumps),
            ("rpc_error_count", "Calls of L1 that failed", m.rpc_errors),
        ):
            yield "counter", f"txmgr_{name}", text, total, {}
        for reason, count in m.published.items():
            if reason:
                labels = {"error": reason}
                yield "counter", "txmgr_tx_publish_error_count", "Publications that failed", count, labels

    return samples


def status_metrics(status: Callable[[], SyncStatus]) -> Callable[[], Iterable[Sample]]:
    """What ``optimism_syncStatus`` tells, under op-node's names; nothing for what is not known yet."""

    def samples() -> Iterator[Sample]:
        now = status()
        for layer, kind, ref in (
            ("l1", "l1_head", now.head_l1),
            ("l1", "l1_safe", now.safe_l1),
            ("l1", "l1_finalized", now.finalized_l1),
            ("l1_derived", "l1_derived", now.current_l1),
            ("l2", "l2_unsafe", now.unsafe_l2),
            ("l2", "l2_pending_safe", now.pending_safe_l2),
            ("l2", "l2_safe", now.safe_l2),
            ("l2", "l2_finalized", now.finalized_l2),
        ):
            if ref is None:
                continue
            labels = {"layer": layer, "type": kind}
            yield "gauge", "refs_number", "Number of a block that is tracked", ref.number, labels
            yield "gauge", "refs_time", "Timestamp of a block that is tracked", ref.time, labels

    return samples


class CallCounts:
    """Calls of a JSON-RPC server by method: how many, how many failed, and seconds that they took.

    Methods that there are not count as one, so that callers cannot make as many labels as they like.
    """

    def __init__(self, methods: Iterable[str] = ()) -> None:
        self._methods = frozenset(methods)
        self._counts: dict[str, list[float]] = {}

    def __call__(self, method: str, seconds: float, error: object) -> None:
        """A call was carried out."""
        name = method if method in self._methods else "unknown"
        counts = self._counts.setdefault(name, [0, 0, 0.0])
        counts[0] += 1
        counts[1] += error is not None
        counts[2] += seconds

    def samples(self) -> Iterator[Sample]:
        """What is counted, by method."""
        for method, (calls, failures, seconds) in list(self._counts.items()):
            labels = {"method": method}
            yield "counter", "rpc_server_requests", "Calls that were carried out", calls, labels
            yield "counter", "rpc_server_failures", "Calls that had an error for an answer", failures, labels
            yield "counter", "rpc_server_seconds", "Time that calls took", seconds, labels


@contextmanager
def serve_metrics(exporter: MetricsExporter, host: str, port: int) -> Iterator[str]:
    """Serve the metrics over HTTP while the context lasts; yields the URL. Port 0 takes any that is free.

    Raises :class:`ConfigError` if the address cannot be bound, or prometheus-client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, start_http_server
    except ImportError as exc:
        raise ConfigError("metrics: prometheus-client comes with pyoprollup[node]") from exc
    registry = CollectorRegistry()
    exporter.register(registry)
    try:
        server, thread = start_http_server(port, host, registry)
    except (OSError, OverflowError) as exc:
        raise ConfigError(f"metrics_port: cannot listen on {host}:{port}: {exc}") from exc
    try:
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
