"""Runs a plan through both engines; any difference is an error that says where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace

from pyoprollup.engine.errors import EngineRpcError
from pyoprollup.engine.ports import ExecutePayloadStatus, ForkchoiceState, PayloadInfo
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.block import ExecutedBlock, build_block, execute_payload
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.receipts import receipts_root
from tests.interop.evm_blocks import BlockMaker, Plan
from tests.interop.evm_chain import TestChain
from tests.interop.op_geth import Peer

EXECUTE_EVERY = 5
"""Every so many blocks, ours also executes the block that op-geth built."""


@dataclass
class Comparison:
    """Both engines on one chain, and what was seen."""

    chain: TestChain
    peer: Peer
    blocks: int = 0
    outcomes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """How many transactions there were of a type and a status."""
    refused: Counter[str] = field(default_factory=Counter)
    """How many transactions neither engine would include, by the rule they break."""

    def forkchoice(self, head: Hash32 | None = None) -> ForkchoiceState:
        return ForkchoiceState(
            self.chain.head.hash() if head is None else head, Hash32(bytes(32)), Hash32(bytes(32))
        )

    def build(self, attributes: PayloadAttributes) -> ExecutionPayloadEnvelope:
        """op-geth's block; raises :class:`EngineRpcError` if it does not want the attributes."""
        result = self.peer.engine.forkchoice_updated(self.forkchoice(), attributes)
        assert result.payload_status.status is ExecutePayloadStatus.VALID, str(result)
        assert result.payload_id is not None
        return self.peer.engine.get_payload(PayloadInfo(result.payload_id, attributes.timestamp))

    def make_head(self) -> None:
        """Make the chain's head op-geth's."""
        result = self.peer.engine.forkchoice_updated(self.forkchoice(), None)
        assert result.payload_status.status is ExecutePayloadStatus.VALID, str(result)

    def step(self, plan: Plan) -> ExecutedBlock:
        """The next block of the chain, built by either and executed by the other."""
        chain = self.chain
        ours = build_block(chain.config, chain.head, plan.attributes, chain.store, plan.candidates)
        self._probe_rejected(plan, ours)
        attributes = replace(plan.attributes, transactions=ours.transactions, no_tx_pool=True)
        try:
            theirs = self.build(attributes)
        except EngineRpcError as exc:
            raise AssertionError(f"op-geth does not build block {ours.header.number}: {exc}") from exc
        if theirs != ours.envelope:
            raise AssertionError(self._difference(ours, theirs))
        status = self.peer.engine.new_payload(ours.envelope)
        assert status.status is ExecutePayloadStatus.VALID, f"block {ours.header.number}: {status}"
        if ours.header.number % EXECUTE_EVERY == 0:
            assert execute_payload(chain.config, chain.head, theirs, chain.store).hash == ours.hash
        chain.append(ours)
        self.blocks += 1
        self.outcomes.update((receipt.type, receipt.status) for receipt in ours.receipts)
        return ours

    def _probe_rejected(self, plan: Plan, ours: ExecutedBlock) -> None:
        """What ours rejects, op-geth must refuse after the same transactions."""
        for before, raw, why in _rejections(plan, ours):
            attributes = replace(plan.attributes, transactions=(*before, raw), no_tx_pool=True)
            if why.fault is TxFault.BLOCK_DA_LIMIT:
                refused = self._refuses_block(attributes)
            else:
                refused = self._refuses_attributes(attributes)
            assert refused, f"block {ours.header.number}: op-geth takes 0x{raw.hex()[:400]}, we say {why}"
            self.refused[why.fault.name] += 1

    def _refuses_attributes(self, attributes: PayloadAttributes) -> bool:
        try:
            self.build(attributes)
        except EngineRpcError:
            return True
        return False

    def _refuses_block(self, attributes: PayloadAttributes) -> bool:
        """op-geth builds a block over the DA footprint limit if told to, and then will not have it."""
        return self.peer.engine.new_payload(self.build(attributes)).status.is_invalid

    def _difference(self, ours: ExecutedBlock, theirs: ExecutionPayloadEnvelope) -> str:
        header = theirs.payload.header(theirs.parent_beacon_block_root)
        lines = [f"block {header.number}, {self.chain.config.rules_at_l2(header.time).fork.name}:"]
        for item in fields(Header):
            mine, other = getattr(ours.header, item.name), getattr(header, item.name)
            if mine != other:
                lines.append(f"  {item.name}: {_shown(mine)}, op-geth {_shown(other)}")
        self.peer.engine.new_payload(theirs)
        pairs = zip(ours.receipts, self.peer.receipts(theirs.payload.block_hash), strict=False)
        for i, (mine, other) in enumerate(pairs):
            if mine.encode() != other:
                lines.append(f"  receipt {i}: {mine}\n    op-geth 0x{other.hex()}")
                lines.append(f"    of 0x{ours.transactions[i].hex()[:4000]}")
                break
        else:
            lines.append(f"  the receipts are equal; their root is {receipts_root(ours.receipts).hex()}")
        return "\n".join(lines)


def _shown(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _rejections(
    plan: Plan, ours: ExecutedBlock
) -> Iterator[tuple[tuple[bytes, ...], bytes, InvalidTransaction]]:
    """Every rejected transaction, with those that were in the block before it."""
    rejected = iter(ours.rejected)
    upcoming = next(rejected, None)
    count = len(plan.attributes.transactions)
    for raw in plan.candidates:
        if upcoming is None and count == len(ours.transactions):
            return  # the block is full; nobody has looked at the rest
        if upcoming is not None and raw is upcoming[0]:
            yield ours.transactions[:count], *upcoming
            upcoming = next(rejected, None)
        else:
            count += 1
    assert count == len(ours.transactions)


def run(comparison: Comparison, seed: object, blocks: int) -> None:
    """Let the chain grow by random blocks."""
    maker = BlockMaker(comparison.chain, seed)
    for _ in range(blocks):
        maker.learn(comparison.step(maker.plan()))
