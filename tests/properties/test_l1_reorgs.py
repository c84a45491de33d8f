"""After a reorg of L1, derivation ends where a fresh derivation of the new L1 ends.

The tail of a recorded L1 is replaced by blocks with other hashes and partly other contents, at
random points and depths of 1 to 20.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from pyoprollup.derive import DerivationPipeline
from pyoprollup.eth.crypto import keccak256
from pyoprollup.replay import PseudoChain, derive_chain
from pyoprollup.replay.recording import RecordedBlock, RecordedL1, Recording
from tests.recordings import Outcome, derive, go_recordings, rust_recordings

CASES = [
    (name, recording) for name, recording in [*go_recordings(), *rust_recordings()] if not recording.reorg
]
MAX_DEPTH = 20


def forked_tail(
    recording: Recording, first: int, salt: bytes, rng: random.Random
) -> tuple[RecordedBlock, ...]:
    """Other L1 blocks from index ``first`` on; some lose their transactions to a later block."""
    parent_hash = recording.blocks[first - 1].info.ref.hash
    carried: tuple[bytes, ...] = ()
    tail = []
    for block in recording.blocks[first:]:
        ref = block.info.ref
        new = replace(ref, hash=keccak256(salt + ref.hash), parent_hash=parent_hash)
        transactions = carried + block.transactions
        carried = ()
        if rng.random() < 0.2:
            transactions, carried = (), transactions
        tail.append(RecordedBlock(replace(block.info, ref=new), transactions, block.receipts))
        parent_hash = new.hash
    return tuple(tail)


def follow(recording: Recording, reorgs: list[tuple[int, tuple[RecordedBlock, ...]]]) -> Outcome:
    """Derive L1 up to each reorg's point, then let it happen; finish with the last chain."""
    outcome = Outcome()
    l1 = RecordedL1(recording.blocks[:1], recording.blobs)
    chain = PseudoChain(recording.config, recording.start)
    pipeline = DerivationPipeline(recording.config, l1, l1, chain, drops=outcome.drops.append)
    current = recording.blocks
    for seen, tail in reorgs:
        l1.reorg(current[:seen])
        outcome.blocks.extend(derive_chain(pipeline, chain, l1))
        current = current[: len(current) - len(tail)] + tail
        l1.reorg(current[:seen])
    l1.reorg(current)
    outcome.blocks.extend(derive_chain(pipeline, chain, l1))
    outcome.head = chain.safe_head
    return outcome


@pytest.mark.parametrize(("name", "recording"), CASES, ids=[name for name, _ in CASES])
def test_reorg_ends_as_a_fresh_derivation(name: str, recording: Recording) -> None:
    rng = random.Random(name)
    size = len(recording.blocks)
    for round_number in range(6):
        depth = rng.randint(1, min(MAX_DEPTH, size - 3))
        # A reorg shows once there is a block after it.
        seen = rng.randint(depth + 1, size - 1)
        tail = forked_tail(recording, seen - depth, bytes([round_number]), rng)
        fresh = derive(replace(recording, blocks=recording.blocks[: seen - depth] + tail))
        followed = follow(recording, [(seen, tail)])
        assert_same_chain(followed, fresh)


def test_flip_flop_ends_where_it_began() -> None:
    name, recording = CASES[0]
    rng = random.Random(name)
    seen = len(recording.blocks) - 3
    there = forked_tail(recording, seen - 8, b"there", rng)
    back = recording.blocks[seen - 8 :]
    followed = follow(recording, [(seen, there), (seen, back), (seen, there), (seen, back)])
    assert_same_chain(followed, derive(recording))


def assert_same_chain(followed: Outcome, fresh: Outcome) -> None:
    assert fresh.head is not None
    assert str(followed.head) == str(fresh.head)
    ours, theirs = followed.chain(), fresh.chain()
    for number in range(1, fresh.head.number + 1):
        # Compared piece by piece: the difference of whole attributes takes pytest minutes to show.
        assert str(ours[number].block) == str(theirs[number].block)
        same = ours[number].attributes.attributes == theirs[number].attributes.attributes
        assert same, f"attributes of block {number} differ"
