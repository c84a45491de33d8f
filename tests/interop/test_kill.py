"""An engine on disk is killed at any moment, again and again, and goes on from what it had acknowledged."""

from __future__ import annotations

import pickle
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.evm.genesis import GenesisBlock
from pyoprollup.execution.store import ChainHeads, DatabaseStore
from pyoprollup.execution.store.backend import Table
from pyoprollup.rollup.fork import Fork
from tests.support import ROOT
from tests.unit.evm.support import Chain, deposit, transfer
from tests.unit.execution.chains import fork_of, genesis_of
from tests.unit.execution.store.support import DISK_KINDS, check_state, open_store, stored_nodes

KILLS = 110
"""For each kind of store."""
LONGEST_LIFE = 0.1
"""In seconds: some twenty blocks."""


def prepare() -> tuple[Chain, GenesisBlock, dict[Hash32, Any]]:
    """A chain of small blocks, with a side branch of one block here and there."""
    chain = Chain.start(Fork.JOVIAN)
    genesis = genesis_of(chain)
    blocks: dict[Hash32, Any] = {}
    for number in range(160):
        if number % 4 == 3:
            side = fork_of(chain).build(deposit(value=3), prev_randao=Hash32(bytes([number]) * 32))
            blocks[side.hash] = side.envelope
        block = chain.extend(deposit(), transfer(nonce=number))
        blocks[block.hash] = block.envelope
    return chain, genesis, blocks


@dataclass
class Story:
    """What a store was told, over several lives."""

    acknowledged: ChainHeads
    added: set[Hash32]
    in_flight: ChainHeads | None = None
    in_flight_kept: int = 0
    in_flight_lost: int = 0

    def hear(self, lines: IO[str]) -> None:
        """One life, until its death."""
        self.in_flight = None
        for line in lines:
            word, *hashes = line.split()
            if word == "dead":
                return
            named = [Hash32(bytes.fromhex(text)) for text in hashes]
            if word == "add":
                self.added.add(named[0])
            elif word == "try":
                self.in_flight = ChainHeads(*named)
            elif word == "ok":
                assert self.in_flight is not None
                self.acknowledged, self.in_flight = self.in_flight, None
        raise AssertionError("the zygote ended")

    def check_heads(self, heads: ChainHeads) -> None:
        if self.in_flight is None:
            assert heads == self.acknowledged
        elif heads == self.in_flight:
            self.in_flight_kept += 1
            self.acknowledged = heads
        else:
            assert heads == self.acknowledged
            self.in_flight_lost += 1


def check_store(store: DatabaseStore, story: Story, genesis: Hash32, blocks: dict[Hash32, Any]) -> None:
    heads = store.heads
    story.check_heads(heads)
    assert {Hash32(key) for key in stored_nodes(store, Table.HEADERS)} <= story.added
    block_hash = heads.unsafe
    assert store.has_state(block_hash)
    while block_hash != genesis:
        header = store.header(block_hash)
        assert header is not None
        assert store.canonical_hash(header.number) == block_hash
        assert store.envelope(block_hash) == blocks[block_hash]
        receipts = store.receipts(block_hash)
        assert receipts is not None
        assert len(receipts) == len(blocks[block_hash].payload.transactions)
        block_hash = header.parent_hash
    head = store.header(heads.unsafe)
    assert head is not None
    assert store.canonical_hash(head.number + 1) is None
    check_state(store)


@pytest.mark.slow
@pytest.mark.parametrize("kind", DISK_KINDS)
def test_killed_at_any_moment(kind: str, tmp_path: Path) -> None:
    chain, genesis, blocks = prepare()
    tip = chain.head.hash()
    (tmp_path / "blocks").write_bytes(pickle.dumps((chain.config, genesis, blocks)))
    open_store(kind, tmp_path).close()
    command = [sys.executable, "-m", "tests.interop.kill_child", str(tmp_path), kind]
    chance = random.Random()
    story = Story(ChainHeads(genesis.hash, ZERO_HASH, ZERO_HASH), {genesis.hash})
    reached = 0
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as zygote:
        assert zygote.stdin is not None
        assert zygote.stdout is not None
        assert zygote.stdout.readline() == "ready\n"
        for _ in range(KILLS):
            zygote.stdin.write(f"{chance.uniform(0, LONGEST_LIFE)}\n")
            zygote.stdin.flush()
            story.hear(zygote.stdout)
            store = open_store(kind, tmp_path, window=4)
            try:
                if store.identity is None:
                    assert story.added == {genesis.hash}
                    continue
                check_store(store, story, genesis.hash, blocks)
            finally:
                store.close()
            if story.acknowledged.unsafe == tip:
                reached += 1
                begin_again(kind, tmp_path)
                story.acknowledged = ChainHeads(genesis.hash, ZERO_HASH, ZERO_HASH)
                story.added = {genesis.hash}
        zygote.stdin.close()
    assert story.in_flight_lost + story.in_flight_kept > 0
    assert reached or len(story.added) > 20


def begin_again(kind: str, folder: Path) -> None:
    """Away with the store: the chain has been followed to its end."""
    for path in folder.glob("chain*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    open_store(kind, folder).close()
