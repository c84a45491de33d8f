"""What broke in operated nodes between them and L1, and where it is held here.

Numbers are rows of the collection of public failures, sections 1 (JSON-RPC) and 2 (beacon).

*1 receipts not verified at a change-over*: `l1/rpc/test_receipts.py`, every wrong answer, then the right one.
*2 null kept as a success*: `test_null_is_not_kept` below, `l1/rpc/test_receipts.py`.
*3 one method lies for one block*: `l1/rpc/test_receipts.py`, the next method, for this block only.
*4 a passing fault remembered*: `l1/rpc/test_receipts.py`, only "method not found" is.
*5 a long walk begins anew at each fault*: `test_a_walk_of_a_thousand_blocks` below, and
`driver/test_sync_start.py`: the search for the heads goes on where a read has ended it, and says where it is.
*6 a batch too large, again and again*: `l1/rpc/test_endpoint.py`, halved, remembered, never repeated.
*7 reads on the sealing path*: `flow/test_slow_l1.py`; `node/test_prefetcher.py`, receipts of new heads.
*8 a call without end*: `rpc/test_deadline.py`, peers that are silent, or send a little now and then.
*9 a watcher that died*: `node/test_l1_follower.py`, a failure makes a later question.
*10 answers of two views*: `l1/rpc/test_chain_reader.py`, heads, finalized, below the head. Nothing takes a
block by number for final because one above it is: finality compares hashes (`finality/test_finalizer.py`).
*11 a fork with a new header field*: `l1/rpc/test_headers.py`, unavailable, with both hashes, and no reorg.
*12 types that came later*: `l1/rpc/test_receipts.py`, `test_transactions.py`; `derive/test_data_source.py`.
*13 finality far behind*: the lookback is an option, `finality/test_finalizer.py`.
*14 fetched ahead, and pushed out*: `node/test_prefetcher.py`, `sources/test_shelf.py`.
*43 logIndex of an answer*: `l1/rpc/test_receipts.py`, `eth/test_receipts.py`.
*15 proofs that are zero*: `l1/beacon/test_answers.py`.
*16 two forms of blobs*: `l1/beacon/test_endpoint.py`, remembered by endpoint.
*17 a failure not passed on*: `l1/beacon/test_client.py`, the next endpoint, or one clear message.
*18 absence read from an answer*: `l1/beacon/test_client.py`, nothing is asked when nothing is wanted.
*19 the blobs of an orphaned block*: `l1/beacon/test_client.py`; `flow/test_flaky_l1.py`, reorgs.
*20 a blob gone for long*: `flow/test_flaky_l1.py`, pauses grow, and all goes on afterwards.
*21 a source that begins anew*: cannot happen; the fetcher has no starting point to go back to, it reads what
derivation asks for. Slow blobs: `l1/beacon/test_endpoint.py`, the limit grows.
*22 the length of a slot*: `l1/beacon/test_answers.py`, `test_client.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.eth.refs import BlockLabel
from pyoprollup.l1.rpc import L1Client
from tests.unit.l1.embedded.support import make_l1
from tests.unit.l1.rpc.chains import chain
from tests.wire_l1 import HttpAnswer, VirtualTime, WireNode, client


def test_null_is_not_kept() -> None:
    """Head from one backend, receipts from another that lacks the block: for once, not for ever."""
    l1 = chain(2)
    block = l1.head_block
    left = {"eth_getBlockReceipts": 1, "debug_getRawReceipts": 1, "eth_getBlockByHash": 1}

    def bend(method: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        if left.get(method):
            left[method] -= 1
            return None
        return truth()

    l1_client = client(WireNode(l1, bend))
    assert l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE) == block.ref
    assert l1_client.fetch_receipts(block.hash)[1] == block.receipts
    assert l1_client.transactions_by_hash(block.hash) == block.transactions


def walked(l1_client: L1Client) -> int:
    ref = l1_client.l1_block_ref_by_label(BlockLabel.UNSAFE)
    steps = 0
    while ref.number:
        ref = l1_client.l1_block_ref_by_hash(ref.parent_hash)
        steps += 1
    return steps


def test_a_walk_of_a_thousand_blocks() -> None:
    """One call in 200 is refused: a step is tried again by itself, and a second walk asks for nothing."""
    l1 = make_l1()
    for _ in range(1000):
        l1.mine(empty=True)
    time = VirtualTime()

    def bend(_method: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        if sum(node.calls.values()) % 200 == 0:
            raise HttpAnswer(429, b"too many requests")
        return truth()

    node = WireNode(l1, bend)
    l1_client = client(node, time=time)
    assert walked(l1_client) == 1000
    asked = sum(node.calls.values())
    assert asked < 1050
    assert time.now - 1000 < 10
    assert walked(l1_client) == 1000
    assert sum(node.calls.values()) < asked + 5
