"""A real engine behind the made-up hashes of the recorded L1 ranges.

The batches of a recording name their parents by hashes that nobody executed. This engine shows those hashes
to the driver, as :class:`FakeEngine` does, while every call also reaches a real engine, which executes the
blocks and judges their transactions.
"""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.engine import (
    ExecutePayloadStatus,
    ForkchoiceState,
    ForkchoiceUpdatedResult,
    PayloadID,
    PayloadInfo,
    PayloadStatus,
)
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE, DepositTransaction
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.evm.genesis import genesis_block
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rollup import ChainOpConfig, RollupConfig
from tests.executed_rollup import ETHER, genesis_json
from tests.fake_engine import FakeEngine


class ExecutingEngine(FakeEngine):
    """Made-up hashes outside, executed blocks inside. ``rich`` are accounts with money.

    ``refused`` counts the builds that the real engine did not want.
    """

    def __init__(self, config: RollupConfig, rich: set[Address]) -> None:
        super().__init__(config)
        options = config.chain_op_config or ChainOpConfig(6, 50, 250)
        self.real_config = replace(config, chain_op_config=options)
        genesis = genesis_json(self.real_config)
        genesis["alloc"].update({account.hex(): {"balance": hex(10**9 * ETHER)} for account in rich})
        block = genesis_block(genesis, config.rules_at_l2(config.genesis.l2_time))  # type: ignore[arg-type]
        l2 = replace(config.genesis.l2, hash=block.hash)
        self.real_config = replace(self.real_config, genesis=replace(config.genesis, l2=l2))
        self.genesis_block = block
        self.real = InProcessEngine.from_genesis(self.real_config, block, MemoryStore())
        self._real_hash = {config.genesis.l2.hash: block.hash}
        self._built: dict[Hash32, ExecutionPayloadEnvelope] = {}
        self.refused = 0

    def real_hash(self, shown: Hash32) -> Hash32:
        """The hash that a block really has."""
        return self._real_hash[shown]

    def _real_state(self, state: ForkchoiceState) -> ForkchoiceState:
        hashes = [self._real_hash.get(each, each) for each in (state.head, state.safe, state.finalized)]
        return ForkchoiceState(*hashes)

    def forkchoice_updated(
        self, state: ForkchoiceState, attributes: PayloadAttributes | None
    ) -> ForkchoiceUpdatedResult:
        result = super().forkchoice_updated(state, attributes)
        if attributes is None:
            real = self.real.forkchoice_updated(self._real_state(state), None)
            assert real.payload_status.status is ExecutePayloadStatus.VALID
        return result

    def _start(self, parent: Hash32, shown: PayloadAttributes) -> PayloadID:
        head = ForkchoiceState(self._real_hash[parent], ZERO_HASH, ZERO_HASH)
        self.refused += 1
        attributes = replace(shown, transactions=tuple(map(_affordable, shown.transactions)))
        started = self.real.forkchoice_updated(head, attributes)
        self.refused -= 1
        assert started.payload_id is not None
        real = self.real.get_payload(PayloadInfo(started.payload_id, attributes.timestamp))
        assert real.payload.transactions == attributes.transactions
        self._built[self.build(parent, shown).payload.block_hash] = real
        return super()._start(parent, shown)

    def new_payload(self, envelope: ExecutionPayloadEnvelope) -> PayloadStatus:
        real = self._built[envelope.payload.block_hash]
        status = self.real.new_payload(real)
        assert status.status is ExecutePayloadStatus.VALID, status
        self._real_hash[envelope.payload.block_hash] = real.payload.block_hash
        return super().new_payload(envelope)


def _affordable(raw: bytes) -> bytes:
    """A deposit of the recordings may ask for any gas; the contract on L1 would not let it."""
    if raw[0] != DEPOSIT_TX_TYPE:
        return raw
    deposit = DepositTransaction.decode(raw)
    return replace(deposit, gas=min(deposit.gas, 1_000_000)).encode()
