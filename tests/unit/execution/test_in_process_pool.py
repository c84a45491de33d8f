"""The engine in process with a transaction pool."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.engine import PayloadInfo
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.types import Hash32
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.pool import StateHead, TxPool
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain, deposit, transfer
from tests.unit.execution.chains import build, genesis_of, heads, insert

UNKNOWN = Hash32(b"\x55" * 32)


class Node:
    """A chain, an engine and its pool, and the heads that the engine told of."""

    def __init__(self) -> None:
        self.chain = Chain.start(Fork.JOVIAN)
        self.heads: list[Hash32] = []
        store = MemoryStore()
        self.pool = TxPool(StateHead(self.chain.config, self.chain.head, self.chain.store))
        self.engine = InProcessEngine.from_genesis(
            self.chain.config, genesis_of(self.chain), store, pool=self.pool, on_head=self.heads.append
        )
        self.genesis = self.chain.head.hash()

    def attributes(self, **changes: object) -> PayloadAttributes:
        return replace(self.chain.attributes([deposit()]), **changes)  # type: ignore[arg-type]


@pytest.fixture
def node() -> Node:
    return Node()


def test_a_block_takes_what_is_in_the_pool(node: Node) -> None:
    first, second = transfer(), transfer(nonce=1)
    node.pool.add(first)
    job = node.engine.forkchoice_updated(heads(node.genesis), node.attributes()).payload_id
    assert job is not None
    # Until it is fetched, the block can get better.
    node.pool.add(second)
    info = PayloadInfo(job, node.attributes().timestamp)
    envelope = node.engine.get_payload(info)
    assert envelope.payload.transactions == (deposit(), first, second)
    node.pool.add(transfer(nonce=2))
    assert node.engine.get_payload(info) == envelope
    insert(node.engine, [envelope])
    assert node.heads == [envelope.payload.block_hash]
    assert [pooled.nonce for pooled in node.pool] == [2]


def test_a_block_without_the_pool(node: Node) -> None:
    node.pool.add(transfer())
    envelope = build(node.engine, node.genesis, node.attributes(no_tx_pool=True))
    assert envelope.payload.transactions == (deposit(),)


def test_candidates_that_the_forced_transactions_spoil(node: Node) -> None:
    node.pool.add(transfer(value=2))
    node.pool.add(transfer(nonce=1))
    forced = transfer(value=3)
    envelope = build(node.engine, node.genesis, node.attributes(transactions=(deposit(), forced)))
    assert envelope.payload.transactions == (deposit(), forced, transfer(nonce=1))
    insert(node.engine, [envelope])
    assert len(node.pool) == 0


def test_transactions_of_a_chain_that_is_left_come_back(node: Node) -> None:
    raw = transfer()
    node.pool.add(raw)
    ours = build(node.engine, node.genesis, node.attributes())
    theirs = build(node.engine, node.genesis, node.attributes(no_tx_pool=True, prev_randao=UNKNOWN))
    insert(node.engine, [ours])
    assert len(node.pool) == 0
    insert(node.engine, [theirs])
    assert [pooled.hash for pooled in node.pool] == [tx_hash(raw)]
    insert(node.engine, [ours])
    assert len(node.pool) == 0
    assert node.heads == [block.payload.block_hash for block in (ours, theirs, ours)]


def test_a_block_stands_when_it_cannot_be_filled(node: Node) -> None:
    """The parent's state may go between the two calls; what was built first is still good."""
    node.pool.add(transfer())
    attributes = node.attributes()
    job = node.engine.forkchoice_updated(heads(node.genesis), attributes).payload_id
    assert job is not None
    state = node.engine.store._backend._backend.tables  # type: ignore[attr-defined]
    for table in state:
        if table.value == "state":
            state[table].clear()
    envelope = node.engine.get_payload(PayloadInfo(job, attributes.timestamp))
    assert envelope.payload.transactions == (deposit(),)
