"""Sync start, in the reference's notation: a letter is a block, small on L1 and capital on L2."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pyoprollup.driver.sync_start import (
    FindHeadsResult,
    HeadsSearch,
    InconsistentChain,
    ReorgFinalized,
    SyncStartError,
    TooDeepReorg,
    WrongChain,
    find_l2_heads,
)
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import BlockID, BlockLabel, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.events import Happening
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.genesis import Genesis


def hash_of(letter: str) -> Hash32:
    return Hash32(letter.encode().ljust(32, b"\0"))


class Chains:
    """L1 ``new_l1``, and an L2 that was built on ``old_l1``, one block for each from ``offset`` on."""

    def __init__(self, old_l1: str, l2: str, new_l1: str, offset: int = 0) -> None:
        self.l1: dict[Hash32, L1BlockRef] = {}
        for chain in (old_l1, new_l1):
            parent = ZERO_HASH
            for number, letter in enumerate(chain):
                self.l1[hash_of(letter)] = L1BlockRef(hash_of(letter), number, parent, 1000 + 12 * number)
                parent = hash_of(letter)
        self.canonical = {number: hash_of(letter) for number, letter in enumerate(new_l1)}
        self.l2: dict[Hash32, L2BlockRef] = {}
        parent = ZERO_HASH
        for index, letter in enumerate(l2):
            origin = BlockID(hash_of(old_l1[offset + index]), offset + index)
            block = L2BlockRef(hash_of(letter), index, parent, 1000 + 12 * index, origin, 0)
            self.l2[block.hash] = block
            parent = block.hash
        self.labels: dict[BlockLabel, Hash32] = {BlockLabel.UNSAFE: hash_of(l2[-1])}
        self.reads = 0

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        self.reads += 1
        if number not in self.canonical:
            raise NotFound(f"no L1 block {number}")
        return self.l1[self.canonical[number]]

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        self.reads += 1
        return self.l1[block_hash]

    def l2_block_ref_by_label(self, label: BlockLabel) -> L2BlockRef:
        if label not in self.labels:
            raise NotFound(f"no {label} block")
        return self.l2[self.labels[label]]

    def l2_block_ref_by_hash(self, block_hash: Hash32) -> L2BlockRef:
        return self.l2[block_hash]


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    l1: str
    l2: str
    new_l1: str
    finalized: str
    safe: str
    unsafe_out: str = ""
    safe_out: str = ""
    genesis: str = "aA"
    offset: int = 0
    window: int = 2
    error: type[Exception] | None = None

    def config(self) -> RollupConfig:
        genesis = replace(
            Genesis(),
            l1=BlockID(hash_of(self.genesis[0]), self.offset),
            l2=BlockID(hash_of(self.genesis[1]), 0),
        )
        return RollupConfig(genesis=genesis, seq_window_size=self.window)

    def chains(self) -> Chains:
        chains = Chains(self.l1, self.l2, self.new_l1, self.offset)
        chains.labels[BlockLabel.FINALIZED] = hash_of(self.finalized)
        chains.labels[BlockLabel.SAFE] = hash_of(self.safe)
        return chains


CASES = [
    Case(
        name="already synced",
        l1="ab",
        l2="AB",
        new_l1="ab",
        finalized="A",
        safe="A",
        unsafe_out="B",
        safe_out="A",
    ),
    Case(
        name="safe head after genesis goes back by one at least",
        l1="abcdefghijkl",
        l2="ABCDEFGHIJKL",
        new_l1="abcdefghijkl",
        finalized="B",
        safe="D",
        unsafe_out="L",
        safe_out="C",
    ),
    Case(
        name="small reorg, long chain",
        l1="abcdefgh",
        l2="ABCDEFGH",
        new_l1="abcdefgx",
        finalized="B",
        safe="H",
        unsafe_out="G",
        safe_out="C",
    ),
    Case(
        name="L1 ahead",
        l1="abcdef",
        l2="ABCDE",
        new_l1="abcdef",
        finalized="A",
        safe="D",
        unsafe_out="E",
        safe_out="A",
    ),
    Case(
        name="L2 ahead after a reorg",
        l1="abcxyz",
        l2="ABCXYZ",
        new_l1="abcx",
        finalized="B",
        safe="X",
        unsafe_out="Z",
        safe_out="B",
    ),
    Case(name="genesis", l1="a", l2="A", new_l1="a", finalized="A", safe="A", unsafe_out="A", safe_out="A"),
    Case(
        name="one step back",
        l1="abcdefg",
        l2="ABCDEFG",
        new_l1="abcdefx",
        finalized="A",
        safe="E",
        unsafe_out="F",
        safe_out="A",
        window=3,
    ),
    Case(
        name="two steps back, to genesis",
        l1="abc",
        l2="ABC",
        new_l1="axy",
        finalized="A",
        safe="B",
        unsafe_out="A",
        safe_out="A",
    ),
    Case(
        name="three steps back",
        l1="abcdefgh",
        l2="ABCDEFGH",
        new_l1="abcdexyz",
        finalized="A",
        safe="D",
        unsafe_out="E",
        safe_out="A",
    ),
    Case(
        name="unexpected L1",
        l1="abcdef",
        l2="ABCDEF",
        new_l1="xyzwio",
        finalized="A",
        safe="B",
        error=WrongChain,
    ),
    Case(
        name="unexpected L2",
        l1="abcdef",
        l2="ABCDEF",
        new_l1="xyzwio",
        finalized="A",
        safe="B",
        genesis="aX",
        error=WrongChain,
    ),
    Case(
        name="genesis later on L1",
        l1="abcdefghi",
        l2="DEFGHI",
        new_l1="abcdefghi",
        finalized="E",
        safe="H",
        unsafe_out="I",
        safe_out="E",
        genesis="dD",
        offset=3,
    ),
    Case(
        name="genesis later on L1, reorg",
        l1="abcdefgh",
        l2="DEFGH",
        new_l1="abcdxyzw",
        finalized="D",
        safe="D",
        unsafe_out="D",
        safe_out="D",
        genesis="dD",
        offset=3,
    ),
    Case(
        name="reorg past genesis",
        l1="abcdefgh",
        l2="DEFGH",
        new_l1="abxyzwio",
        finalized="D",
        safe="D",
        genesis="dD",
        offset=3,
        error=WrongChain,
    ),
    Case(
        name="long way to the safe head",
        l1="abcdefgh",
        l2="ABCDEFGH",
        new_l1="abcdefgx",
        finalized="B",
        safe="B",
        unsafe_out="G",
        safe_out="B",
        window=1,
    ),
    Case(
        name="too deep",
        l1="abcdefgh",
        l2="ABCDEFGH",
        new_l1="abijklmn",
        finalized="B",
        safe="B",
        window=1,
        error=TooDeepReorg,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_find_sync_start(case: Case) -> None:
    chains = case.chains()
    if case.error is not None:
        with pytest.raises(case.error):
            find_l2_heads(case.config(), chains, chains)
        return
    found = find_l2_heads(case.config(), chains, chains)
    assert (found.unsafe.hash[:1], found.safe.hash[:1]) == (case.unsafe_out.encode(), case.safe_out.encode())
    assert found.finalized.hash == hash_of(case.finalized)


def plain(window: int = 2) -> tuple[RollupConfig, Chains]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    case = Case(
        name="", l1=letters, l2=letters.upper(), new_l1=letters, finalized="A", safe="A", window=window
    )
    return case.config(), case.chains()


def test_labels_that_the_engine_does_not_have_yet() -> None:
    config, chains = plain(window=10)
    for label in (BlockLabel.FINALIZED, BlockLabel.SAFE):
        del chains.labels[label]
    found = find_l2_heads(config, chains, chains)
    assert found.finalized.number == found.safe.number == 0
    assert found.unsafe.number == 25


def test_engine_that_synced_by_itself_and_was_stopped() -> None:
    config, chains = plain(window=1)
    found = find_l2_heads(config, chains, chains)
    assert found.unsafe.number == 25
    assert found.unsafe == found.safe == found.finalized


def test_engine_that_was_rewound_without_its_labels() -> None:
    config, chains = plain()
    chains.labels = {
        BlockLabel.UNSAFE: hash_of("C"),
        BlockLabel.SAFE: hash_of("D"),
        BlockLabel.FINALIZED: hash_of("B"),
    }
    found = find_l2_heads(config, chains, chains)
    assert found.unsafe == found.safe == found.finalized == chains.l2[hash_of("C")]


def test_finalized_block_off_the_chain() -> None:
    config, chains = plain()
    stray = replace(chains.l2[hash_of("B")], hash=hash_of("?"))
    chains.l2[stray.hash] = stray
    chains.labels[BlockLabel.FINALIZED] = stray.hash
    with pytest.raises(ReorgFinalized):
        find_l2_heads(config, chains, chains)


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence_number": 3},
        {"l1_origin": BlockID(hash_of("g"), 6)},
        {"l1_origin": BlockID(hash_of("i"), 8)},
    ],
    ids=["sequence number", "origin skipped", "origin repeated"],
)
def test_origins_that_do_not_fit(changes: dict[str, object]) -> None:
    config, chains = plain()
    chains.l2[hash_of("H")] = replace(chains.l2[hash_of("H")], **changes)
    with pytest.raises(InconsistentChain):
        find_l2_heads(config, chains, chains)


def test_origin_whose_parent_is_another() -> None:
    config, chains = plain()
    chains.l1[hash_of("h")] = replace(chains.l1[hash_of("h")], parent_hash=hash_of("?"))
    with pytest.raises(InconsistentChain, match="is not the parent of"):
        find_l2_heads(config, chains, chains)


def test_l1_that_does_not_answer() -> None:
    config, chains = plain()

    def fail(_number: int) -> L1BlockRef:
        raise Unavailable("no answer")

    chains.l1_block_ref_by_number = fail
    with pytest.raises(Unavailable):
        find_l2_heads(config, chains, chains)


def test_skipping_the_check_jumps_to_the_safe_head() -> None:
    config, chains = plain()
    chains.labels[BlockLabel.SAFE] = hash_of("F")
    chains.labels[BlockLabel.FINALIZED] = hash_of("B")
    checked = find_l2_heads(config, chains, chains)
    reads = chains.reads
    skipped = find_l2_heads(config, chains, chains, skip_sync_start_check=True)
    assert skipped == checked
    assert chains.reads - reads < reads / 2


def test_skipping_the_check_at_the_safe_head() -> None:
    config, chains = plain()
    chains.labels[BlockLabel.SAFE] = chains.labels[BlockLabel.UNSAFE]
    chains.labels[BlockLabel.FINALIZED] = hash_of("B")
    found = find_l2_heads(config, chains, chains, skip_sync_start_check=True)
    assert found == find_l2_heads(config, chains, chains)


# --- a search that is interrupted


class Flaky:
    """Sources of which each read fails, the first time."""

    def __init__(self, chains: Chains) -> None:
        self.chains = chains
        self.failed: set[object] = set()
        self.reads: dict[str, int] = {}

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        def read(key: Any) -> Any:
            if (name, key) not in self.failed:
                self.failed.add((name, key))
                raise Unavailable("no answer")
            self.reads[name] = self.reads.get(name, 0) + 1
            return getattr(self.chains, name)(key)

        return read


def persist(search: HeadsSearch) -> FindHeadsResult:
    for _ in range(10_000):
        with suppress(Unavailable):
            return search.run()
    raise AssertionError("never ends")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_search_with_interruptions_finds_the_same(case: Case) -> None:
    chains = case.chains()
    flaky: Any = Flaky(chains)
    search = HeadsSearch(case.config(), flaky, flaky)
    if case.error is not None and issubclass(case.error, SyncStartError):
        with pytest.raises(case.error):
            persist(search)
    elif case.error is None:
        assert persist(search) == find_l2_heads(case.config(), chains, chains)


def test_nothing_is_walked_twice() -> None:
    config, chains = plain(window=20)
    flaky: Any = Flaky(chains)
    persist(HeadsSearch(config, flaky, flaky))
    assert flaky.reads["l2_block_ref_by_hash"] == 25
    assert flaky.reads["l1_block_ref_by_hash"] == 25


def test_a_walk_that_another_l1_makes_worthless() -> None:
    """L1 reorgs, or shrinks, while the search waits: it begins anew, and says what a new one says."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for after in (letters[:20] + "012345", letters[:20], letters):
        config, chains = plain(window=3)
        search = HeadsSearch(config, chains, chains)
        lost = chains.l2.pop(hash_of("Q"))
        with pytest.raises(KeyError):
            search.run()
        chains.l2[lost.hash] = lost
        other = Chains(letters, letters.upper(), after)
        chains.l1, chains.canonical = other.l1, other.canonical
        assert search.run() == find_l2_heads(config, chains, chains)


def test_a_walk_of_which_the_engine_has_another_head() -> None:
    config, chains = plain(window=3)
    search = HeadsSearch(config, chains, chains)
    lost = chains.l2.pop(hash_of("X"))
    with pytest.raises(KeyError):
        search.run()
    chains.l2[lost.hash] = lost
    chains.labels[BlockLabel.UNSAFE] = hash_of("Y")
    assert search.run().unsafe.hash == hash_of("Y")


def test_an_engine_that_goes_on_meanwhile() -> None:
    """A node that waits for L1 still follows gossip: a walk from the newer head takes over what is known."""
    config, chains = plain(window=20)
    flaky: Any = Flaky(chains)
    chains.labels[BlockLabel.UNSAFE] = hash_of("G")
    search = HeadsSearch(config, flaky, flaky)
    for letter in "HIJ":
        for _ in range(5):
            with pytest.raises(Unavailable):
                search.run()
        chains.labels[BlockLabel.UNSAFE] = hash_of(letter)
    assert persist(search) == find_l2_heads(config, chains, chains)
    assert flaky.reads["l2_block_ref_by_hash"] == 9


def test_a_long_walk_says_how_far_it_is() -> None:
    l1 = "a" + "".join(map(chr, range(0x1000, 0x1000 + 2_500)))
    l2 = "A" + "".join(map(chr, range(0x4000, 0x4000 + 2_500)))
    case = Case(name="", l1=l1, l2=l2, new_l1=l1, finalized="A", safe=l2[-1], window=9_999)
    chains = case.chains()
    told: list[Happening] = []
    HeadsSearch(case.config(), chains, chains, tell=told.append).run()
    assert [(news.event, news.details["blocks"]) for news in told] == [
        ("walking-back", 1_000),
        ("walking-back", 2_000),
    ]
