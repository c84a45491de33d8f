"""The engine in process against a model: random calls, and the store opened anew in between."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyoprollup.engine import BlockNotFound, InvalidForkchoiceState
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain, deposit
from tests.unit.execution.chains import fork_of, genesis_of, heads
from tests.unit.execution.store.support import DISK_KINDS, check_state, open_store

UNKNOWN = Hash32(b"\x55" * 32)


def block_tree() -> tuple[Chain, Any, dict[Hash32, Any]]:
    """Thirty blocks in several branches, parents first."""
    chance = random.Random(4)
    root = Chain.start(Fork.JOVIAN)
    tips = [fork_of(root)]
    blocks: dict[Hash32, Any] = {}
    for number in range(30):
        tip = chance.choice(tips[-4:])
        if chance.random() < 0.3:
            tip = fork_of(tip)
            tips.append(tip)
        block = tip.extend(deposit(value=number % 5), prev_randao=Hash32(bytes([number]) * 32))
        blocks[block.hash] = block.envelope
    return root, genesis_of(root), blocks


ROOT_CHAIN, GENESIS, BLOCKS = block_tree()
HASHES = [GENESIS.hash, *BLOCKS]


class Model:
    """What the Engine API promises."""

    def __init__(self) -> None:
        self.known = {GENESIS.hash}
        self.head, self.safe, self.finalized = GENESIS.hash, ZERO_HASH, ZERO_HASH

    def chain(self, block_hash: Hash32) -> list[Hash32]:
        """From the genesis block to this one."""
        chain = [block_hash]
        while chain[-1] != GENESIS.hash:
            chain.append(BLOCKS[chain[-1]].payload.parent_hash)
        return chain[::-1]

    def new_payload(self, block_hash: Hash32) -> str:
        if BLOCKS[block_hash].payload.parent_hash not in self.known:
            return "SYNCING"
        self.known.add(block_hash)
        return "VALID"

    def forkchoice_updated(self, head: Hash32, safe: Hash32, finalized: Hash32) -> str:
        if head not in self.known:
            return "INVALID" if head == ZERO_HASH else "SYNCING"
        current = self.chain(self.head)
        # A head behind the current one moves nothing, so what is above it stays on the chain, as in op-geth.
        chain = current if head in current else self.chain(head)
        if not {safe, finalized} <= {ZERO_HASH, *chain}:
            return "refused"
        if head not in current:
            self.head = head
            self.safe = self.safe if self.safe in chain else ZERO_HASH
            self.finalized = self.finalized if self.finalized in chain else ZERO_HASH
        self.safe = self.safe if safe == ZERO_HASH else safe
        self.finalized = self.finalized if finalized == ZERO_HASH else finalized
        return "VALID"

    def check(self, engine: InProcessEngine) -> None:
        chain = self.chain(self.head)
        numbers = [engine.store.canonical_hash(number) for number in range(len(chain) + 1)]
        assert numbers == [*chain, None]
        for label, expected in zip(BlockLabel, (self.head, self.safe, self.finalized), strict=True):
            try:
                assert engine.payload_by_label(label).payload.block_hash == expected
            except BlockNotFound:
                assert expected == ZERO_HASH
        for block_hash in HASHES:
            assert (engine.store.header(block_hash) is not None) == (block_hash in self.known)


def forkchoice(engine: InProcessEngine, *labels: Hash32) -> str:
    try:
        return engine.forkchoice_updated(heads(*labels), None).payload_status.status.value
    except InvalidForkchoiceState:
        return "refused"


@pytest.mark.parametrize("kind", DISK_KINDS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32))
def test_random_calls(kind: str, seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    folder = tmp_path / f"{seed}-{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    model, store = Model(), open_store(kind, folder)
    engine = InProcessEngine.from_genesis(ROOT_CHAIN.config, GENESIS, store)
    for _ in range(60):
        action = chance.random()
        if action < 0.5:
            # Mostly the next ones, so that the tree fills.
            able = [key for key in BLOCKS if key not in model.known][:4]
            block_hash = chance.choice(able if able and chance.random() < 0.8 else list(BLOCKS))
            assert engine.new_payload(BLOCKS[block_hash]).status == model.new_payload(block_hash)
        elif action < 0.95:
            head = chance.choice([*model.known] if chance.random() < 0.9 else [*HASHES, UNKNOWN, ZERO_HASH])
            near = [*model.chain(head), ZERO_HASH] if head in HASHES else [ZERO_HASH]
            labels = [chance.choice(near if chance.random() < 0.9 else [*HASHES, UNKNOWN]) for _ in range(2)]
            assert forkchoice(engine, head, *labels) == model.forkchoice_updated(head, *labels)
        else:
            store.close()
            store = open_store(kind, folder)
            engine = InProcessEngine.from_genesis(ROOT_CHAIN.config, GENESIS, store)
        model.check(engine)
    assert check_state(store) == model.known
    store.close()
