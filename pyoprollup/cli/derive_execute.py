"""``pyoprollup derive --execute``: recorded L1 blocks in, executed L2 blocks and their output roots out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoprollup.cli.inputs import database_in, read_genesis
from pyoprollup.cli.l1_data import told
from pyoprollup.cli.output import (
    hexed,
    plural,
    print_head,
    print_json,
    print_line,
    print_table,
    progress,
    short,
    table,
)
from pyoprollup.errors import RollupError
from pyoprollup.replay.recording import Recording, RecordingError
from pyoprollup.replay.replay import RecordedCase
from pyoprollup.rollup import UpgradeBundles

if TYPE_CHECKING:
    from pyoprollup.execution.store import ChainStore
    from pyoprollup.replay.executed import SafeBlock
    from pyoprollup.replay.explained import ExplainedReplay

__all__ = ["ExecutedRun", "executed_replay", "genesis_of", "store_in"]


@dataclass
class ExecutedRun:
    """One recording being derived and executed, and its figures.

    The chain begins with the genesis file ``genesis``, or with the recording's own ``genesis``.
    """

    recorded: RecordedCase
    bundles: UpgradeBundles
    genesis: Path | None
    datadir: Path | None
    limit: int | None
    error: str = ""
    blocks: int = 0
    transactions: int = 0
    gas: int = 0
    seconds: float = 0.0
    drops: Counter[str] = field(default_factory=Counter)
    head: str = ""
    """The safe head, number and hash."""

    @property
    def label(self) -> str:
        return "" if self.recorded.name is None else f"{self.recorded.name}: "

    def show(self, as_json: bool) -> None:
        """Run, and print block by block as JSON, or all of them as a table."""
        if as_json:
            self._print_json()
        else:
            self._print_table()

    def steps(self) -> Iterator[SafeBlock]:
        """The blocks; an error ends them and is kept."""
        try:
            recording = self.recorded.recording()
            genesis = genesis_of(self.recorded, self.genesis)
            store = store_in(self.datadir)
        except RollupError as exc:
            self.error = told(exc)
            return
        try:
            yield from islice(self._derive(recording, genesis, store), self.limit)
        except RollupError as exc:
            self.error = told(exc)
        finally:
            store.close()

    def _derive(self, recording: Recording, genesis: Any, store: ChainStore) -> Iterator[SafeBlock]:
        # Here, since loading py-evm takes a second that plain derivation should not pay.
        from pyoprollup.execution.in_process import InProcessEngine
        from pyoprollup.replay.executed import ExecutedReplay

        engine = InProcessEngine.from_genesis(recording.config, genesis, store)
        safe = store.header(store.heads.safe)
        if safe is not None:
            self.head = f"{safe.number} {hexed(store.heads.safe)}"
        replay = ExecutedReplay(
            recording, engine, self.bundles, lambda drop: self.drops.update([drop.reason.value])
        )
        started = time.perf_counter()
        for block in replay:
            self.seconds += time.perf_counter() - started
            self.blocks += 1
            self.transactions += len(block.payload.transactions)
            self.gas += block.payload.gas_used
            yield block
            started = time.perf_counter()

    @property
    def mgas_per_second(self) -> float:
        return self.gas / self.seconds / 1e6 if self.seconds else 0.0

    def _print_json(self) -> None:
        with progress(f"{self.label}deriving", streaming=True) as advance:
            for block in self.steps():
                print_json({"case": self.recorded.name, **_block_json(block)})
                advance(self.blocks)
        print_json(
            {
                "summary": True,
                "case": self.recorded.name,
                "blocks": self.blocks,
                "transactions": self.transactions,
                "gas_used": self.gas,
                "drops": dict(sorted(self.drops.items())),
                "seconds": round(self.seconds, 6),
                "mgas_per_second": round(self.mgas_per_second, 2),
                "error": self.error or None,
            }
        )

    def _print_table(self) -> None:
        rows = table(">NUMBER", "HASH", ">ORIGIN", ">DERIVED", ">TXS", ">GAS", "OUTPUT ROOT")
        with progress(f"{self.label}deriving") as advance:
            for block in self.steps():
                payload = block.payload
                rows.add_row(
                    str(payload.block_number),
                    short(payload.block_hash),
                    str(block.ref.l1_origin.number),
                    str(block.source.number),
                    str(len(payload.transactions)),
                    f"{payload.gas_used:,}",
                    short(block.output_root),
                )
                self.head = f"{payload.block_number} {hexed(payload.block_hash)}"
                advance(self.blocks)
        if self.recorded.name is not None:
            print_head(self.recorded.name)
        if self.blocks:
            print_table(rows)
        if self.head:
            print_line(f"safe head {self.head}")
        print_line(
            f"{plural(self.blocks, 'block')}, {plural(self.transactions, 'transaction')}, {self.gas:,} gas "
            f"in {self.seconds:.2f} s, {self.mgas_per_second:.1f} Mgas/s"
        )
        if self.drops:
            reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.drops.items()))
            print_line(f"{plural(self.drops.total(), 'drop')} ({reasons})")


def genesis_of(recorded: RecordedCase, genesis: Path | None) -> Any:
    """The genesis that a recording is executed from: that of a file, or its own."""
    value = recorded.value.get("genesis") if genesis is None else read_genesis(genesis)
    if value is None:
        raise RecordingError("genesis: the recording has none; give a genesis file with --genesis")
    return value


def store_in(datadir: Path | None) -> ChainStore:
    """The database in a folder, or one in memory."""
    from pyoprollup.execution.store import MemoryStore, SqliteStore

    return MemoryStore() if datadir is None else SqliteStore(database_in(datadir))


@contextmanager
def executed_replay(
    recorded: RecordedCase, bundles: UpgradeBundles, genesis: Path | None, datadir: Path | None = None
) -> Iterator[ExplainedReplay]:
    """A recording to be derived and executed, with all that is told of the way."""
    # Here, since loading py-evm takes a second that plain derivation should not pay.
    from pyoprollup.execution.in_process import InProcessEngine
    from pyoprollup.replay.explained import ExplainedReplay

    recording, value = recorded.recording(), genesis_of(recorded, genesis)
    store = store_in(datadir)
    try:
        engine = InProcessEngine.from_genesis(recording.config, value, store)
        yield ExplainedReplay(recording, engine, bundles)
    finally:
        store.close()


def _block_json(block: SafeBlock) -> dict[str, Any]:
    payload = block.payload
    return {
        "number": payload.block_number,
        "hash": hexed(payload.block_hash),
        "parent_hash": hexed(payload.parent_hash),
        "timestamp": payload.timestamp,
        "l1_origin": {"hash": hexed(block.ref.l1_origin.hash), "number": block.ref.l1_origin.number},
        "sequence_number": block.ref.sequence_number,
        "derived_from": {"hash": hexed(block.source.hash), "number": block.source.number},
        "transactions": len(payload.transactions),
        "gas_used": payload.gas_used,
        "state_root": hexed(payload.state_root),
        "receipts_root": hexed(payload.receipts_root),
        "output_root": hexed(block.output_root),
    }
