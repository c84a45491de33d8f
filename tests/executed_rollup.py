"""A rollup whose blocks are executed: users, a sequencer on a real engine, and what it leaves on L1.

Everything follows from a seed. What comes out is a :class:`Recording`, to be derived again elsewhere, and
the blocks as the sequencer has them. ``python -m tests.executed_rollup`` writes the sample of the fixtures.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pyoprollup.derive import (
    CompressionAlgo,
    FetchingAttributesBuilder,
    SingularBatch,
    SingularChannelOut,
    SpanChannelOut,
)
from pyoprollup.derive.compression.channel_compressor import ChannelCompressor
from pyoprollup.derive.deposits import DEPOSIT_EVENT_TOPIC
from pyoprollup.driver import EngineL2Source
from pyoprollup.engine import ExecutePayloadStatus, ForkchoiceState, PayloadInfo
from pyoprollup.eth import (
    Address,
    BlockID,
    L1BlockRef,
    L2BlockRef,
    Log,
    Receipt,
    Transaction,
    sign_transaction,
)
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.output_root import output_root
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, to_hex
from pyoprollup.evm.genesis import genesis_block
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.output import output_at_block
from pyoprollup.execution.pool import StateHead, TxPool
from pyoprollup.execution.store import ChainStore, MemoryStore
from pyoprollup.replay.recording import RecordedBlock, RecordedL1, Recording
from pyoprollup.rollup import (
    ChainOpConfig,
    Fork,
    Genesis,
    RollupConfig,
    SystemConfig,
    execution_config_json,
)
from tests.unit.derive.support import BATCHER, batcher_tx, block_info, config, name_hash
from tests.unit.derive.test_deposits import abi, opaque, word

KEYS = [name_hash(f"user {number}") for number in range(4)]
USERS = [address_of(key) for key in KEYS]
ETHER = 10**18
GAS_LIMIT = 30_000_000
GENESIS_TIME = 1000
COUNTER = bytes.fromhex("60005460010180600055600052600760206000a1600054600a14601e57005b60006000fd")
"""Counts its calls in slot 0 and logs the count; fails from the tenth on."""
COUNTER_AT = Address(name_hash("counter")[12:])
MESSAGE_PASSER = "4200000000000000000000000000000000000016"
L1_BLOCK = "4200000000000000000000000000000000000015"


def genesis_json(chain: RollupConfig) -> dict[str, Any]:
    """The genesis of a chain with rich users and a contract. Fees for L1 data are set, once and for all."""
    time = chain.genesis.l2_time
    rules = chain.rules_at_l2(time)  # type: ignore[arg-type]
    slot = "0x" + "00" * 31
    extra = b""
    if rules.eip1559_params:
        extra = bytes([rules.min_base_fee]) + (250).to_bytes(4, "big") + (6).to_bytes(4, "big")
        extra += bytes(8) if rules.min_base_fee else b""
    alloc: dict[str, Any] = {user.hex(): {"balance": hex(1000 * ETHER)} for user in USERS}
    alloc[COUNTER_AT.hex()] = {"balance": "0x0", "code": to_hex(COUNTER)}
    alloc[MESSAGE_PASSER] = {"balance": "0x0", "code": "0x00", "storage": {slot + "01": to_hex(word(1))}}
    fees = {slot + key: to_hex(word(value)) for key, value in (("01", 10**9), ("05", 188), ("06", 684_000))}
    alloc[L1_BLOCK] = {"balance": "0x0", "code": "0x00", "storage": fees}
    return {
        "config": execution_config_json(chain),
        "difficulty": "0x0",
        "gasLimit": hex(GAS_LIMIT),
        "timestamp": hex(time),
        "extraData": to_hex(extra),
        "baseFeePerGas": hex(10**9),
        "alloc": alloc,
    }


def chain_config(forks: str, l1_start: BlockID, **changes: Any) -> RollupConfig:
    """Forks up to ``forks`` are active from the start, unless ``changes`` says when."""
    system = SystemConfig(BATCHER, gas_limit=GAS_LIMIT, scalar=word(684_000), overhead=word(188))
    genesis = Genesis(l1=l1_start, l2=BlockID(ZERO_HASH, 0), l2_time=GENESIS_TIME, system_config=system)
    options = {"seq_window_size": 8, "chain_op_config": ChainOpConfig(6, 50, 250), **changes}
    chain = config(forks, genesis=genesis, **options)
    block = genesis_block(genesis_json(chain), chain.rules_at_l2(GENESIS_TIME))  # type: ignore[arg-type]
    return replace(chain, genesis=replace(genesis, l2=BlockID(block.hash, 0)))


class Node:
    """An engine and the few calls that make it grow."""

    def __init__(self, chain: RollupConfig, store: ChainStore | None = None, with_pool: bool = False) -> None:
        self.config = chain
        self.store = MemoryStore() if store is None else store
        self.engine = InProcessEngine.from_genesis(chain, genesis_json(chain), self.store)
        self.l2 = EngineL2Source(chain, self.engine)
        self.pool: TxPool | None = None
        if with_pool:
            header = self.store.header(self.store.heads.unsafe)
            assert header is not None
            self.pool = self.engine.pool = TxPool(StateHead(chain, header, self.store.state))

    @property
    def head(self) -> L2BlockRef:
        return self.l2.l2_block_ref_by_label(BlockLabel.UNSAFE)

    def build(self, attributes: PayloadAttributes) -> ExecutionPayloadEnvelope:
        """A block on the head, which becomes the head."""
        head = self.head.hash
        started = self.engine.forkchoice_updated(ForkchoiceState(head, ZERO_HASH, ZERO_HASH), attributes)
        assert started.payload_id is not None
        envelope = self.engine.get_payload(PayloadInfo(started.payload_id, attributes.timestamp))
        assert self.engine.new_payload(envelope).status is ExecutePayloadStatus.VALID
        state = ForkchoiceState(envelope.payload.block_hash, ZERO_HASH, ZERO_HASH)
        assert self.engine.forkchoice_updated(state, None).payload_status.status is ExecutePayloadStatus.VALID
        return envelope


class ExecutedRollup:
    """L1 grows by :meth:`mine`, L2 by :meth:`sequence`; :meth:`post` puts L2 blocks into the next L1
    block."""

    def __init__(self, forks: str, seed: int = 0, **changes: Any) -> None:
        self.rng = random.Random(seed)
        first = L1BlockRef(name_hash(f"L1 {seed} 0"), 0, ZERO_HASH, GENESIS_TIME)
        self.config = chain_config(forks, first.id, **changes)
        self.l1: list[RecordedBlock] = [RecordedBlock(block_info(first, **self._l1_fields()), (), ())]
        self.node = Node(self.config, with_pool=True)
        self.blocks: list[ExecutionPayloadEnvelope] = []
        self._posted = 0
        self._outbox: list[bytes] = []
        self._seed = seed

    def _l1_fields(self) -> dict[str, Any]:
        return {"parent_beacon_root": name_hash("beacon"), "blob_base_fee": 1, "excess_blob_gas": 0}

    # --- L1

    def mine(self, deposits: int = 0) -> None:
        """An L1 block with what was posted and some deposits."""
        parent = self.l1[-1].info.ref
        number = parent.number + 1
        ref = L1BlockRef(name_hash(f"L1 {self._seed} {number}"), number, parent.hash, parent.time + 12)
        txs = tuple(batcher_tx(data, nonce=number * 100 + n) for n, data in enumerate(self._outbox))
        self._outbox.clear()
        logs = tuple(self._deposit(index) for index in range(deposits))
        receipts = tuple(Receipt(status=1) for _ in txs) + ((Receipt(status=1, logs=logs),) if logs else ())
        self.l1.append(RecordedBlock(block_info(ref, **self._l1_fields()), txs, receipts))

    def _deposit(self, index: int) -> Log:
        """Money for a user, or a call that fails for want of it."""
        user = self.rng.choice(USERS)
        value = self.rng.choice([0, ETHER, 10**30])
        mint = self.rng.choice([0, ETHER])
        topics = (DEPOSIT_EVENT_TOPIC, word(user), word(COUNTER_AT), ZERO_HASH)
        data = abi(opaque(mint, value, 100_000))
        return Log(self.config.deposit_contract_address, topics, data, index)

    def recording(self) -> Recording:
        genesis = self.config.genesis
        start = L2BlockRef(genesis.l2.hash, 0, ZERO_HASH, genesis.l2_time, genesis.l1, 0)
        return Recording(self.config, tuple(self.l1), {}, start)

    # --- L2

    def sequence(self, count: int, transactions: int = 2) -> None:
        """``count`` blocks, each on the newest L1 origin that is not younger, with users' transactions."""
        source = RecordedL1(self.l1, {})
        builder = FetchingAttributesBuilder(self.config, source, self.node.l2)
        assert self.node.pool is not None
        for _ in range(count):
            parent = self.node.head
            epoch = self.l1[parent.l1_origin.number].info.ref
            if epoch.number + 1 < len(self.l1):
                following = self.l1[epoch.number + 1].info.ref
                if following.time <= parent.time + self.config.block_time:
                    epoch = following
            for _ in range(transactions):
                self.node.pool.add(self.user_tx())
            attributes = builder.prepare_payload_attributes(parent, epoch.id)
            self.blocks.append(self.node.build(replace(attributes, no_tx_pool=False)))

    def user_tx(self) -> bytes:
        """A transfer, a call, or a creation by one of the users."""
        user = self.rng.randrange(len(KEYS))
        assert self.node.pool is not None
        nonce = self.node.pool.next_nonce(USERS[user])
        creation = bytes.fromhex("6000600055")
        calls = [(USERS[0], b""), (COUNTER_AT, b"\x01"), (None, creation), (USERS[1], bytes(40))]
        to, data = self.rng.choice(calls)
        chain_id = self.config.l2_chain_id
        tx = Transaction(2, nonce, 10**11, 200_000, to, 0 if to is None else 5, data, chain_id=chain_id)
        return sign_transaction(replace(tx, gas_tip_cap=10**6), KEYS[user], chain_id).encode()

    def batches(self, blocks: Sequence[ExecutionPayloadEnvelope]) -> list[tuple[SingularBatch, int]]:
        """The blocks as batches, each with its sequence number."""
        found = []
        for envelope in blocks:
            ref = self.node.l2.read_ref(envelope.payload)
            sequenced = tuple(raw for raw in envelope.payload.transactions if raw[0] != 0x7E)
            origin = ref.l1_origin
            batch = SingularBatch(ref.parent_hash, origin.number, origin.hash, ref.time, sequenced)
            found.append((batch, ref.sequence_number))
        return found

    def post(self, batches: Sequence[tuple[SingularBatch, int]] | None = None, frames: int = 1) -> None:
        """Put batches into a channel for the next L1 block: by default those of all new blocks."""
        if batches is None:
            batches = self.batches(self.blocks[self._posted :])
            self._posted = len(self.blocks)
        if not batches:
            return
        channel_id = name_hash(f"channel {self._seed} {self._posted} {len(self.l1)} {len(self._outbox)}")[:16]
        delta = self.config.rules_at_l2(batches[0][0].timestamp).span_batches  # type: ignore[arg-type]
        out: SpanChannelOut | SingularChannelOut
        if delta:
            out = SpanChannelOut(self.config, 1 << 20, CompressionAlgo.ZLIB, channel_id)
        else:
            out = SingularChannelOut(self.config, ChannelCompressor(CompressionAlgo.ZLIB), channel_id)
        for batch, sequence_number in batches:
            out.add_singular_batch(batch, sequence_number)
        out.close()
        size = -(-out.ready_bytes() // frames) + 23
        self._outbox += [b"\0" + out.output_frame(size).encode() for _ in range(frames)]

    def live(self, l1_blocks: int) -> None:
        """A stretch of ordinary life: every L1 block has six L2 blocks, posted with the next."""
        for _ in range(l1_blocks):
            self.mine(deposits=self.rng.randint(0, 2))
            self.sequence(6)
            self.post(frames=self.rng.randint(1, 2))

    # --- as a file

    def to_json(self) -> dict[str, Any]:
        """The recording with the genesis file, and what the sequencer made of it."""
        blocks = []
        for envelope in self.blocks:
            output = output_at_block(self.config, self.node.store, envelope.payload.block_hash)
            blocks.append({**envelope.to_json(), "outputRoot": to_hex(output_root(output))})
        return {
            "rollup_config": self.config.to_json(),
            "genesis": genesis_json(self.config),
            "l1_blocks": [_l1_json(block) for block in self.l1],
            "expected": blocks,
        }


def _l1_json(block: RecordedBlock) -> dict[str, Any]:
    info = block.info
    return {
        "header": {
            "hash": to_hex(info.ref.hash),
            "number": hex(info.ref.number),
            "parentHash": to_hex(info.ref.parent_hash),
            "timestamp": hex(info.ref.time),
            "mixHash": to_hex(info.mix_digest),
            "baseFeePerGas": hex(info.base_fee),
            "parentBeaconBlockRoot": to_hex(info.parent_beacon_root or b""),
            "excessBlobGas": hex(info.excess_blob_gas or 0),
        },
        "blob_base_fee": hex(info.blob_base_fee or 0),
        "txs": [to_hex(raw) for raw in block.transactions],
        "receipts": [_receipt_json(receipt) for receipt in block.receipts],
    }


def _receipt_json(receipt: Receipt) -> dict[str, Any]:
    logs = [
        {
            "address": to_hex(log.address),
            "topics": [to_hex(topic) for topic in log.topics],
            "data": to_hex(log.data),
            "logIndex": hex(log.log_index),
        }
        for log in receipt.logs
    ]
    return {
        "type": "0x0",
        "status": hex(receipt.status),
        "cumulativeGasUsed": "0x0",
        "logsBloom": to_hex(receipt.bloom),
        "logs": logs,
    }


def sample() -> ExecutedRollup:
    """The rollup of ``fixtures/executed.json.gz``: Ecotone at first, Isthmus in the end."""
    later = [fork for fork in Fork if Fork.ECOTONE < fork <= Fork.ISTHMUS]
    times = {fork.config_key: GENESIS_TIME + 12 * number for number, fork in enumerate(later, 1)}
    rollup = ExecutedRollup("ecotone", seed=2026, **times)
    rollup.live(len(later) + 2)
    rollup.mine()
    return rollup


if __name__ == "__main__":
    text = json.dumps(sample().to_json(), separators=(",", ":"))
    sys.stdout.buffer.write(gzip.compress(text.encode(), 9, mtime=0))
