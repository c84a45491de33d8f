"""An execution engine in process: implements the Engine API over a chain store.

Specification: protocol/exec-engine.md; execution-apis, engine/common.md to prague.md. Where those leave room,
it answers as op-geth does:

* A head that is an ancestor of the current one is VALID, and the current one stays: without attributes only
  the labels move. With attributes the block is built, and becoming the head it takes the place of those that
  were above its parent. So a node that restarts from an older block does not lose the newer ones.
* Labels that are zero leave the old ones as they are. One that is not on the chain of a new head is dropped.
* A build job can be asked for its block repeatedly; the last ten are kept. It takes transactions of the pool
  until the block's time, or until it is asked for.

It differs in this: nothing moves if a forkchoice is refused; a job executes what is forced at once, so that
an invalid transaction among it is known from the first call even with a transaction pool; and state that is
unexpectedly missing is an error, whatever it was needed for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pyoprollup.engine.errors import (
    BlockNotFound,
    EngineError,
    InvalidForkchoiceState,
    InvalidPayloadAttributes,
    UnknownPayload,
)
from pyoprollup.engine.ports import (
    ExecutePayloadStatus,
    ForkchoiceState,
    ForkchoiceUpdatedResult,
    PayloadID,
    PayloadInfo,
    PayloadStatus,
)
from pyoprollup.errors import RollupError
from pyoprollup.eth.account_proof import AccountResult
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.events import Level, News, Tell, no_news
from pyoprollup.evm.block import ExecutedBlock, execute_payload
from pyoprollup.evm.errors import InvalidBlock
from pyoprollup.execution.build_jobs import BuildJobs
from pyoprollup.execution.gap import MissingBlocks
from pyoprollup.execution.invalid_blocks import InvalidBlocks
from pyoprollup.execution.open_chain import open_chain
from pyoprollup.execution.pace import Pace
from pyoprollup.execution.payload_id import payload_id
from pyoprollup.execution.pool.head import StateHead
from pyoprollup.execution.pool.pool import TxPool
from pyoprollup.execution.presence import check_attributes, wrong_payload
from pyoprollup.execution.store.chain import path_to_canonical
from pyoprollup.execution.store.errors import PrunedState
from pyoprollup.execution.store.ports import ChainHeads, ChainStore
from pyoprollup.execution.trie_proof import prove_account
from pyoprollup.rollup.config import RollupConfig

__all__ = ["InProcessEngine"]

_VALID, _INVALID = ExecutePayloadStatus.VALID, ExecutePayloadStatus.INVALID
_SYNCING, _ACCEPTED = ExecutePayloadStatus.SYNCING, ExecutePayloadStatus.ACCEPTED


class InProcessEngine:
    """Implements ``EngineAPI`` on a store that :func:`~pyoprollup.execution.open_chain.open_chain` has
    opened.

    For one thread at a time: a call returns when its work is done, and a large block takes seconds.
    ``on_head`` is told of every new head. With a ``pace`` blocks are filled between calls, and have an end.
    """

    def __init__(
        self,
        config: RollupConfig,
        store: ChainStore,
        *,
        pool: TxPool | None = None,
        on_head: Callable[[Hash32], None] | None = None,
        pace: Pace | None = None,
        tell: Tell = no_news,
    ) -> None:
        self.config = config
        self.store = store
        self.pool = pool
        self.on_head = on_head
        self._checkpoint = None if pace is None else pace.checkpoint
        self._jobs = BuildJobs(config, store.state, pace)
        self._invalid = InvalidBlocks()
        self._news = News("engine", tell)
        self._jobs.slow.on_dropped = self._dropped
        self.on_missing: MissingBlocks | None = None
        """Who is told of blocks that are missing, and may see to them."""

    @classmethod
    def from_genesis(
        cls, config: RollupConfig, genesis: Any, store: ChainStore, **options: Any
    ) -> InProcessEngine:
        """An engine on a store that is opened, or begun, with this genesis.

        ``options`` are those of the constructor. Raises what ``open_chain`` does.
        """
        open_chain(config, genesis, store)
        return cls(config, store, **options)

    # --- the three calls

    def forkchoice_updated(
        self, state: ForkchoiceState, attributes: PayloadAttributes | None
    ) -> ForkchoiceUpdatedResult:
        """Move the heads; with attributes, build a block on the head."""
        with _engine_errors():
            if state.head == ZERO_HASH:
                return ForkchoiceUpdatedResult(PayloadStatus(_INVALID))
            if attributes is not None:
                check_attributes(self.config, attributes)
            header = self.store.header(state.head)
            if header is None:
                rejected = self._invalid.check(state.head)
                if rejected is None and self.on_missing is not None:
                    self.on_missing.forkchoice(state)
                return ForkchoiceUpdatedResult(rejected or PayloadStatus(_SYNCING))
            self._move_heads(state, header)
            if self.on_missing is not None:
                self.on_missing.settled()
            job = None if attributes is None else self._start_job(state.head, header, attributes)
            return ForkchoiceUpdatedResult(PayloadStatus(_VALID, state.head), job)

    def new_payload(self, envelope: ExecutionPayloadEnvelope) -> PayloadStatus:
        """Execute a block and keep it; no head moves."""
        with _engine_errors():
            payload = envelope.payload
            block_hash = payload.block_hash
            error = wrong_payload(self.config, envelope)
            if error is None and (contents := envelope.compute_block_hash()) != block_hash:
                error = f"blockhash mismatch, want {block_hash.hex()}, got {contents.hex()}"
            if error is not None:
                # The block that has this hash is another one: nothing is remembered of it.
                return PayloadStatus(_INVALID, None, error)
            if self.store.header(block_hash) is not None:
                return PayloadStatus(_VALID, block_hash)
            rejected = self._invalid.check(block_hash)
            rejected = rejected or self._invalid.check_child(block_hash, payload.parent_hash)
            if rejected is not None:
                return rejected
            parent = self.store.header(payload.parent_hash)
            if parent is None:
                if self.on_missing is not None:
                    self.on_missing.payload(envelope)
                self._news("parent-missing", Level.DEBUG, number=payload.block_number, hash=block_hash)
                return PayloadStatus(_SYNCING)
            if not self.store.has_state(payload.parent_hash):
                return PayloadStatus(_ACCEPTED)
            try:
                block = self._jobs.built(block_hash) or self._execute(parent, envelope)
            except InvalidBlock as exc:
                self._invalid.add(block_hash, payload.parent_hash)
                self._news.failed("block-invalid", exc, number=payload.block_number, hash=block_hash)
                return PayloadStatus(_INVALID, payload.parent_hash, str(exc))
            self.store.add_block(block)
            self._news("block-added", Level.DEBUG, number=payload.block_number, hash=block_hash)
            return PayloadStatus(_VALID, block_hash)

    def get_payload(self, info: PayloadInfo) -> ExecutionPayloadEnvelope:
        """The block of a build job, which does not change any more from then on."""
        with _engine_errors():
            block = self._jobs.finish(info.id)
            if block is None:
                raise UnknownPayload(f"no job 0x{info.id.hex()}")
            count = len(block.transactions)
            self._news("block-built", number=block.header.number, hash=block.hash, transactions=count)
            return block.envelope

    def set_head(self, block_hash: Hash32) -> None:
        """Make a known block the head, with the labels as they are, while the engine catches up."""
        with _engine_errors():
            header = self.store.header(block_hash)
            if header is None:
                raise BlockNotFound(f"no block 0x{block_hash.hex()}")
            self._move_heads(ForkchoiceState(block_hash, ZERO_HASH, ZERO_HASH), header)

    # --- reads

    def payload_by_label(self, label: BlockLabel) -> ExecutionPayloadEnvelope:
        """The block of a label; none until the label was first given."""
        with _engine_errors():
            heads = self.store.heads
            if label is BlockLabel.UNSAFE:
                block_hash = heads.unsafe
            else:
                block_hash = heads.safe if label is BlockLabel.SAFE else heads.finalized
            return self._envelope(None if block_hash == ZERO_HASH else block_hash, f"{label} block")

    def payload_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        """The canonical block of this number."""
        with _engine_errors():
            return self._envelope(self.store.canonical_hash(number), f"block {number}")

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        """A known block, canonical or not."""
        with _engine_errors():
            return self._envelope(block_hash, f"block 0x{block_hash.hex()}")

    def get_proof(self, address: Address, slots: Sequence[int], block_hash: Hash32) -> AccountResult:
        """An account and words of its storage after a block, with the proofs (``eth_getProof``)."""
        with _engine_errors():
            header = self.store.header(block_hash)
            if header is None:
                raise BlockNotFound(f"no block 0x{block_hash.hex()}")
            return prove_account(self.store.state, header.state_root, address, slots)

    def _envelope(self, block_hash: Hash32 | None, name: str) -> ExecutionPayloadEnvelope:
        envelope = None if block_hash is None else self.store.envelope(block_hash)
        if envelope is None:
            raise BlockNotFound(f"no {name}")
        return envelope

    # --- forkchoice

    def _move_heads(self, state: ForkchoiceState, head: Header) -> None:
        path = path_to_canonical(self.store, state.head)
        current = self.store.heads
        on_path = {block_hash for block_hash, _ in path}
        fork = head.number - len(path)

        def is_canonical(block_hash: Hash32) -> bool:
            """Whether this block is on the chain as it will be."""
            header = self.store.header(block_hash)
            if header is None:
                return False
            # Without a path the canonical chain stays, with what it has above the head that was told.
            if path and header.number > fork:
                return block_hash in on_path
            return self.store.canonical_hash(header.number) == block_hash

        def label(name: str, told: Hash32, known: Hash32) -> Hash32:
            if told == ZERO_HASH:
                return known if not path or is_canonical(known) else ZERO_HASH
            if not is_canonical(told):
                raise InvalidForkchoiceState(f"{name} block 0x{told.hex()} is not on the chain of the head")
            return told

        safe = label("safe", state.safe, current.safe)
        finalized = label("finalized", state.finalized, current.finalized)
        if path and not self.store.has_state(state.head):
            raise PrunedState(f"the state of 0x{state.head.hex()} is not kept")
        heads = ChainHeads(state.head if path else current.unsafe, safe, finalized)
        if heads != current:
            self._set_heads(heads, head)

    def _set_heads(self, heads: ChainHeads, head: Header) -> None:
        change = self.store.set_heads(heads)
        if not change.added:
            self._news("labels-moved", Level.DEBUG, safe=heads.safe, finalized=heads.finalized)
            return
        self._news("new-head", number=head.number, hash=heads.unsafe, gas=head.gas_used)
        if change.removed:
            self._news("reorg", number=head.number, removed=len(change.removed))
        if self.pool is not None:
            dropped = [raw for removed in change.removed for raw in self._transactions(removed)]
            self.pool.reset(StateHead(self.config, head, self.store.state), dropped)
        if self.on_head is not None:
            self.on_head(heads.unsafe)

    def _dropped(self, tx_hash: Hash32, seconds: float) -> None:
        self._news("transaction-too-slow", Level.WARNING, hash=tx_hash, seconds=round(seconds, 1))

    def _transactions(self, block_hash: Hash32) -> tuple[bytes, ...]:
        envelope = self.store.envelope(block_hash)
        return () if envelope is None else envelope.payload.transactions

    # --- blocks

    def _start_job(self, parent_hash: Hash32, parent: Header, attributes: PayloadAttributes) -> PayloadID:
        job_id = payload_id(self.config, parent_hash, attributes)
        if job_id not in self._jobs:
            if not self.store.has_state(parent_hash):
                raise PrunedState(f"the state of 0x{parent_hash.hex()} is not kept")
            try:
                self._jobs.start(job_id, parent, attributes, self.pool)
            except InvalidBlock as exc:
                raise InvalidPayloadAttributes(str(exc)) from exc
        return job_id

    def _execute(self, parent: Header, envelope: ExecutionPayloadEnvelope) -> ExecutedBlock:
        return execute_payload(self.config, parent, envelope, self.store.state, self._checkpoint)


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Turns whatever the layers below raise into errors of an engine."""
    try:
        yield
    except EngineError:
        raise
    except RollupError as exc:
        raise EngineError(f"{type(exc).__name__}: {exc}") from exc
