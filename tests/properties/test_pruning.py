"""State that is kept is complete, and nothing else is kept: random trees of blocks, with random states."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.evm.genesis import Account
from pyoprollup.execution.store import ChainHeads, DatabaseStore
from pyoprollup.execution.store import pruning as pruning_module
from tests.unit.execution.store.support import CHAIN_ID, address, check_state, made_block, open_store

WINDOW = 3

CODES = (b"", b"\x01", b"code" * 20)
STORAGES: tuple[dict[int, int], ...] = ({}, {1: 1}, dict.fromkeys(range(9), 1 << 250))


def random_account(chance: random.Random) -> Account:
    """One of few, so that states share parts in all kinds of ways."""
    storage = {chance.randrange(12): chance.choice((1, 1 << 250)) for _ in range(chance.randrange(4))}
    return Account(
        balance=chance.randrange(1, 3),
        code=chance.choice(CODES),
        storage=chance.choice((*STORAGES, storage)),
    )


def random_changes(chance: random.Random) -> dict[Address, Account | None]:
    """Accounts that are new, other than before, or gone."""
    accounts = [address(chance.randrange(25)) for _ in range(chance.randrange(4))]
    return {key: random_account(chance) if chance.random() < 0.8 else None for key in accounts}


class Tree:
    """Blocks of a store, by their states."""

    def __init__(self, store: DatabaseStore, state: dict[Address, Account]) -> None:
        genesis = made_block(None, state)
        store.start(CHAIN_ID, genesis)
        self.store = store
        self.states = {genesis.hash: state}
        self.headers = {genesis.hash: genesis.header}
        self.order = [genesis.hash]
        self.lowest = 0

    def grow(self, choice: int, changes: dict[Address, Account | None]) -> None:
        """A block on any whose state is kept; the newest are likelier."""
        able = [block_hash for block_hash in self.order if self.store.has_state(block_hash)]
        parent = able[-1 - min(choice, len(able) - 1)]
        state = {**self.states[parent], **changes}
        left = {key: account for key, account in state.items() if account is not None}
        block = made_block(self.headers[parent], left, extra=len(self.order).to_bytes(2, "big"))
        self.store.add_block(block)
        self.states[block.hash] = left
        self.headers[block.hash] = block.header
        self.order.append(block.hash)

    def chain(self, block_hash: Hash32) -> list[Hash32]:
        """From the genesis block on."""
        chain = []
        while block_hash in self.headers:
            chain.append(block_hash)
            block_hash = self.headers[block_hash].parent_hash
        return chain[::-1]

    def move(self, choice: int, depth: int) -> None:
        """Make a block the head that has state, and finalize one of its ancestors."""
        finalized = self.store.heads.finalized
        able = [
            block_hash
            for block_hash in self.order
            if self.store.has_state(block_hash)
            and (finalized == ZERO_HASH or finalized in self.chain(block_hash))
        ]
        if not able:
            return
        head = able[-1 - min(choice, len(able) - 1)]
        chain = self.chain(head)
        lowest = chain.index(finalized) if finalized in chain else 0
        target = max(len(chain) - 1 - depth, lowest)
        self.store.set_heads(ChainHeads(head, ZERO_HASH, chain[target] if depth < 8 else finalized))
        self.check_chain(head)

    def check_chain(self, head: Hash32) -> None:
        chain = self.chain(head)
        for number, block_hash in enumerate(chain):
            assert self.store.canonical_hash(number) == block_hash
        assert self.store.canonical_hash(len(chain)) is None

    def check_window(self, kept: set[Hash32]) -> None:
        """Nothing was dropped that may be needed. What once was out of the window does not come back."""
        self.lowest = max(self.lowest, self.due())
        assert set(self.chain(self.store.heads.unsafe)[self.lowest :]) <= kept

    def due(self) -> int:
        """The oldest canonical block whose state must be kept, as the heads are now."""
        heads = self.store.heads
        chain = self.chain(heads.unsafe)
        if heads.finalized == ZERO_HASH:
            return 0
        return max(min(len(chain) - 1 - WINDOW, chain.index(heads.finalized)), 0)


@pytest.mark.parametrize("steps_per_write", [1, 4])
@settings(max_examples=3)
@given(st.randoms(use_true_random=True))
def test_kept_state_is_complete_and_nothing_else_is_stored(
    steps_per_write: int, chance: random.Random
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pruning_module, "STEPS_PER_WRITE", steps_per_write)
        genesis = {address(number): random_account(chance) for number in range(8)}
        tree = Tree(open_store("memory", Path(), window=WINDOW), genesis)
        for _ in range(50):
            tree.grow(chance.choice((0, 0, 0, 0, 0, 1, 2, 4)), random_changes(chance))
            if chance.random() < 0.6:
                tree.move(chance.choice((0, 0, 0, 0, 1, 3)), chance.choice((0, 1, 2, 2, 3, 5, 9)))
            if chance.random() < 0.4:
                tree.check_window(check_state(tree.store))
            else:
                tree.lowest = max(tree.lowest, tree.due())
        settle(tree)


def settle(tree: Tree) -> None:
    """With nothing new to do, pruning comes to its end: the oldest state is the one that must be kept."""
    heads = tree.store.heads
    for _ in range(30):
        tree.store.set_heads(heads)
    kept = check_state(tree.store)
    chain = tree.chain(heads.unsafe)
    base = next(index for index, block_hash in enumerate(chain) if block_hash in kept)
    assert tree.due() <= base <= tree.lowest
    assert all(chain[base] in tree.chain(block_hash) for block_hash in kept)
