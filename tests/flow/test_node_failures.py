"""What broke in operated nodes besides L1, and where it is held here.

Numbers are rows of the collection of public failures, sections 3 (safe-head database), 4 (sync start, engine,
restart), 5 (RPC, metrics, health, shutdown) and 6 (configuration); those of L1 are in `test_l1_failures.py`.

*23 a database that is not complete*, *24 a failed write*, *25 a reset to nothing*, *26 wiped at each start*:
`unit/node/test_safe_heads.py`. The database is compared with the engine's chain, block by block, and nothing
is decided by the mode of sync.
*27 more claimed than derived after a sync by the engine*: as v1.16.11, which this library follows; the safe
head of such a node is the engine's word until derivation has come so far.
*28 a target taken for the head*: `unit/engine/test_unsafe_payloads.py`; as v1.16.11 in that mode.
*29 a mode that only gossip ends*: `actions/test_el_sync.py`.
*30 an engine without old blocks*: `test_an_engine_that_lacks_old_blocks` below.
*31 a permanent error taken for a passing one*: `unit/engine/test_controller.py`, invalid is a reset.
*32 a hot loop over a refused forkchoice*: `test_a_forkchoice_that_is_refused_for_ever` below.
*33 an engine that syncs during consolidation*: `unit/engine/test_controller.py`, a reset; finalized above
safe: `unit/engine/test_heads.py`.
*34 labels in any order*: `unit/driver/test_sync_start.py`.
*35 the sequencer's state overwritten before it is read*: `unit/services/test_services.py`.
*36 zero for a block that is not known*: `unit/node/test_l1_follower.py`, labels at once at the start;
`unit/rollupapi`, zero is read as unknown; a reset keeps what is known of L1 (`unit/node/test_core.py`).
*37 an old answer where there is none*: `unit/rollupapi/test_provider.py`, no answers are kept.
*38 metrics beside the truth*: `unit/telemetry/test_prometheus.py`, read from the sync status.
*39 public calls starve the Engine API*: `unit/cli/test_engine.py`, `unit/rpc/test_worker.py`.
*40 a shutdown behind a wait*: `unit/cli/test_services.py`, `unit/cli/test_stopping.py`.
*41 endpoints that are swapped*: `unit/services/test_services.py`, `unit/l1/rpc/test_endpoint.py`.
*42 a blob schedule that is not known*: `unit/services/test_services.py`, `unit/cli/test_services.py`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from pyoprollup.devnet import Devnet, DevnetOptions
from pyoprollup.engine import EngineError, ForkchoiceUpdatedResult, InvalidForkchoiceState
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.events import Happening, Schedule
from pyoprollup.node import NodeCore

TEN_MINUTES = 600


class Bent:
    """An engine in front of another, with calls counted; subclasses refuse some."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._engine, name)


class Pruned(Bent):
    """Has the bodies of blocks from some number on."""

    first = 18

    def payload_by_hash(self, block_hash: Any) -> ExecutionPayloadEnvelope:
        self.calls["payload_by_hash"] += 1
        found: ExecutionPayloadEnvelope = self._engine.payload_by_hash(block_hash)
        if found.payload.block_number < self.first:
            raise EngineError("pruned history unavailable")
        return found


class Refusing(Bent):
    """Takes no forkchoice at all."""

    def forkchoice_updated(self, _state: Any, _attributes: Any) -> ForkchoiceUpdatedResult:
        self.calls["forkchoice_updated"] += 1
        raise InvalidForkchoiceState("invalid forkchoice state")


def lived(kind: type[Bent]) -> tuple[Bent, NodeCore, list[Happening]]:
    """A verifier that begins anew on such an engine, and has ten minutes."""
    devnet = Devnet(DevnetOptions(l1_blocks=6, transactions=1))
    devnet.run()
    engine, news = kind(devnet.nodes["verifier"].engine), []
    node = NodeCore(
        *(devnet.config, engine, devnet.l1, devnet.l1),
        now=devnet.clock,
        bundles=devnet.genesis.bundles,
        tell=news.append,
    )
    labels = (BlockLabel.UNSAFE, BlockLabel.SAFE, BlockLabel.FINALIZED)
    node.on_l1(*map(devnet.l1.l1_block_ref_by_label, labels))
    Schedule({"node": node}).run_until(devnet.clock, devnet.clock.time + TEN_MINUTES)
    return engine, node, news


def told(news: list[Happening], text: str) -> bool:
    return any(text in str(happening.details.get("error")) for happening in news)


def test_an_engine_that_lacks_old_blocks() -> None:
    """The walk to the safe head ends at a block that is not there: said, and tried again with pauses."""
    engine, node, news = lived(Pruned)
    assert told(news, "pruned history unavailable")
    assert node.pipeline.origin is None
    assert sum(engine.calls.values()) < 5_000


@pytest.mark.parametrize("kind", [Refusing])
def test_a_forkchoice_that_is_refused_for_ever(kind: type[Bent]) -> None:
    engine, _, news = lived(kind)
    assert told(news, "invalid forkchoice")
    assert engine.calls["forkchoice_updated"] < TEN_MINUTES


def test_a_sound_engine_needs_few_calls() -> None:
    """What the others are compared with."""
    engine, node, news = lived(Bent)
    assert node.pipeline.origin is not None
    assert not [happening for happening in news if happening.event == "temporary-error"]
    assert sum(engine.calls.values()) < 1_000
