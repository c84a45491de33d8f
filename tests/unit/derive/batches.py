"""A stretch of chain for the tests of batch validity.

L1 blocks A to F are seven seconds apart, L2 blocks two seconds, and blocks may run ahead of their L1
origin by six seconds (until Fjord)::

    L1   A 1000             B 1007             C 1014            …
    L2   A0 1000  A1  A2  A3 1006  B0 1008  B1  B2  C0 1014  C1  …
         number 100 …
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyoprollup.derive.batch_queue import BatchQueue
from pyoprollup.derive.batch_stage import BatchStage
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatch
from pyoprollup.derive.errors import NotEnoughData, ResetError
from pyoprollup.derive.l1_info import L1BlockInfo
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import L1InfoFormat
from pyoprollup.rollup.time import L2Time
from tests.unit.derive.support import Drops, FakeL2, Feed, config, l1_chain, l2_block, outcomes

BLOCK_TIME, DRIFT, WINDOW = 2, 6, 4
A, B, C, D, E, F = L1 = l1_chain(6, first=10, step=7, time=1000)


def _l2_blocks() -> dict[str, L2BlockRef]:
    blocks: dict[str, L2BlockRef] = {}
    number = 100
    for origin, following in zip(L1, [*L1[1:], None], strict=True):
        sequence_number = 0
        while (time := 1000 + BLOCK_TIME * (number - 100)) < (
            following.time if following else origin.time + 7
        ):
            name = f"{'ABCDEF'[origin.number - 10]}{sequence_number}"
            blocks[name] = l2_block(number, time, origin, sequence_number)
            number += 1
            sequence_number += 1
    return blocks


L2 = _l2_blocks()
"""L2 blocks by name, e.g. ``B0``: the first with L1 origin B."""


def check_config(forks: str = "delta", **changes: Any) -> RollupConfig:
    return config(
        forks,
        block_time=BLOCK_TIME,
        max_sequencer_drift=DRIFT,
        seq_window_size=WINDOW,
        **changes,
    )


def singular(name: str, **changes: Any) -> SingularBatch:
    """The batch of an L2 block."""
    block = L2[name]
    values: dict[str, Any] = {
        "parent_hash": block.parent_hash,
        "epoch_num": block.l1_origin.number,
        "epoch_hash": block.l1_origin.hash,
        "timestamp": block.time,
        **changes,
    }
    return SingularBatch(**values)


def spanning(
    *names: str,
    shift: int = 0,
    epochs: Iterable[L1BlockRef] | None = None,
    parent: bytes | None = None,
    origin: bytes | None = None,
    transactions: dict[int, tuple[bytes, ...]] | None = None,
) -> SpanBatch:
    """The span batch of consecutive L2 blocks, with changes: times shifted by seconds, other L1
    origins, other checks, transactions by position."""
    blocks = [L2[name] for name in names]
    origins = [block.l1_origin for block in blocks] if epochs is None else [ref.id for ref in epochs]
    per_block = [(transactions or {}).get(index, ()) for index in range(len(blocks))]
    return SpanBatch(
        (blocks[0].parent_hash if parent is None else parent)[:20],
        (origins[-1].hash if origin is None else origin)[:20],
        blocks[0].time + shift,
        BLOCK_TIME,
        [ref.number for ref in origins],
        list(map(len, per_block)),
        [tx for txs in per_block for tx in txs],
    )


def l2_payload(
    block: L2BlockRef,
    *transactions: bytes,
    origin: int | None = None,
    layout: L1InfoFormat = L1InfoFormat.BEDROCK,
) -> ExecutionPayload:
    """A payload with an L1 attributes transaction and sequenced transactions."""
    number = block.l1_origin.number if origin is None else origin
    info = L1BlockInfo(number, 0, 0, block.l1_origin.hash, block.sequence_number, ZERO_ADDRESS)
    data = info.encode(layout)
    deposit = DepositTransaction(ZERO_HASH, ZERO_ADDRESS, ZERO_ADDRESS, None, 0, 0, False, data)
    return bare_payload(block, deposit.encode(), *transactions)


def bare_payload(block: L2BlockRef, *transactions: bytes) -> ExecutionPayload:
    return ExecutionPayload(
        parent_hash=block.parent_hash,
        fee_recipient=ZERO_ADDRESS,
        state_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        logs_bloom=bytes(256),
        prev_randao=ZERO_HASH,
        block_number=block.number,
        gas_limit=0,
        gas_used=0,
        timestamp=block.time,
        extra_data=b"",
        base_fee_per_gas=0,
        block_hash=block.hash,
        transactions=transactions,
    )


def safe_chain(
    *names: str,
    contents: dict[str, tuple[bytes, ...]] | None = None,
    layout: L1InfoFormat = L1InfoFormat.BEDROCK,
) -> FakeL2:
    """An L2 source that knows these blocks."""
    l2 = FakeL2(L2[name] for name in names)
    for name in names:
        l2.payloads[L2[name].number] = l2_payload(L2[name], *(contents or {}).get(name, ()), layout=layout)
    return l2


class StageScene:
    """A batch stage at work: L1 blocks bring batches, accepted batches move the safe head."""

    def __init__(
        self,
        stage: type[BatchQueue] | type[BatchStage],
        cfg: RollupConfig,
        safe: str = "A0",
        base: L1BlockRef = A,
        l2: FakeL2 | None = None,
    ) -> None:
        self.feed = Feed(origin=base)
        self.drops = Drops()
        layout = cfg.schedule.l1_info_format(L2Time(L2["A1"].time))
        self.l2 = l2 or safe_chain("A0", "A1", "A2", "A3", "B0", "B1", layout=layout)
        self.stage = stage(cfg, self.feed, self.l2, self.drops)
        self.stage.reset(base, self.feed.system_config)
        self.safe = L2[safe]
        self.concluding: list[bool] = []

    def at(self, origin: L1BlockRef, *batches: Any) -> StageScene:
        """Move to an L1 block (or stay) that holds these batches."""
        self.feed.origin = origin
        self.feed.refill(batches)
        return self

    def step(self) -> str:
        """One call; the batch as ``epoch@time`` (with a star if it has transactions), which then
        becomes the safe head. Its hash is that of the L2 block of its number."""
        batch, concluding = self.stage.next_batch(self.safe)
        assert batch.parent_hash == self.safe.hash
        origin = next(ref for ref in L1 if ref.number == batch.epoch_num)
        assert batch.epoch_hash == origin.hash
        same = origin.number == self.safe.l1_origin.number
        number = self.safe.number + 1
        sequence_number = self.safe.sequence_number + 1 if same else 0
        self.safe = l2_block(number, batch.timestamp, origin, sequence_number)
        self.concluding.append(concluding)
        star = "*" if batch.transactions else ""
        return f"{'ABCDEF'[origin.number - 10]}@{batch.timestamp}{star}"

    def run(self) -> list[Any]:
        """All batches up to the end of data, leaving out the steps without one."""
        return [item for item in outcomes(self.step, passing=ResetError) if item is not NotEnoughData]
