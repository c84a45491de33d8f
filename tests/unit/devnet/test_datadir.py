"""A devnet in a folder: it is gone on with, by the same process or another, however it ended."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.devnet import BatchType, DataAvailability, Devnet, DevnetDir, DevnetOptions
from pyoprollup.devnet.datadir import FILE_NAME
from pyoprollup.errors import ConfigError
from pyoprollup.execution.store import StoreLocked
from pyoprollup.l1.embedded import MemoryL1Store
from pyoprollup.rollup import Fork

OPTIONS = DevnetOptions(
    l1_blocks=3,
    l1_block_time=4,
    transactions=1,
    data_availability=DataAvailability.CALLDATA,
    batch_type=BatchType.SINGULAR,
    silent_verifier=False,
    proposer=True,
    proposal_interval=8,
)


class Life:
    """One process's time with a folder."""

    def __init__(self, path: Path, options: DevnetOptions = OPTIONS, now: float = 0.0) -> None:
        self.folder = DevnetDir(path, options)
        self.devnet = Devnet(
            self.folder.options,
            new_store=self.folder.new_store,
            reopen=self.folder.reopen,
            l1_store=self.folder.l1_store(),
            safe_head_file=self.folder.safe_head_file,
            now=now,
        )

    def end(self) -> None:
        self.devnet.close()
        self.folder.close()


def copy(source: Path, target: Path) -> Path:
    """What a process leaves that is killed now."""
    shutil.copytree(source, target)
    return target


def l1_hashes(devnet: Devnet) -> list[bytes]:
    return [devnet.l1.block_by_number(number).hash for number in range(devnet.l1.head_block.number + 1)]


def l2_hashes(devnet: Devnet, name: str = "verifier") -> list[bytes | None]:
    node = devnet.nodes[name]
    return [node.store.canonical_hash(n) for n in range(node.driver.heads.safe.number + 1)]


def proposals(devnet: Devnet) -> list[tuple[int, bool]]:
    from pyoprollup.devnet.proposing import proposals_on_l1

    return [(each.block, each.agrees) for each in proposals_on_l1(devnet.l1, devnet.verifiers)]


def test_it_goes_on(tmp_path: Path) -> None:
    life = Life(tmp_path / "net")
    life.devnet.run()
    l1, l2, time = l1_hashes(life.devnet), l2_hashes(life.devnet), life.devnet.clock.time
    life.end()
    life = Life(tmp_path / "net")
    assert life.devnet.clock.time == time and l1_hashes(life.devnet) == l1
    life.devnet.run()
    assert l1_hashes(life.devnet)[: len(l1)] == l1 and len(l1_hashes(life.devnet)) > len(l1) + 3
    assert l2_hashes(life.devnet)[: len(l2)] == l2 == l2_hashes(life.devnet, "sequencer")[: len(l2)]
    assert len(l2_hashes(life.devnet)) > len(l2) + 6
    blocks = [block for block, agrees in proposals(life.devnet) if agrees]
    assert len(blocks) == len(set(blocks)) == len(proposals(life.devnet)) > 1
    life.end()


def test_the_first_half_is_that_of_a_whole(tmp_path: Path) -> None:
    """In files or in memory, and whatever comes later."""
    memory = Devnet(OPTIONS)
    memory.run()
    life = Life(tmp_path / "net", replace(OPTIONS, l1_blocks=9))
    life.devnet.advance(life.devnet.clock.time + 13)
    known = l1_hashes(life.devnet)
    assert known == l1_hashes(memory)[: len(known)] and len(known) == 4
    life.end()


@pytest.mark.slow
def test_the_same_ends_give_the_same_hashes(tmp_path: Path) -> None:
    ends: list[Any] = []
    for name in ("one", "other"):
        for seconds in (9, 11, 30):
            life = Life(tmp_path / name)
            life.devnet.advance(life.devnet.clock.time + seconds)
            ends.append((l1_hashes(life.devnet), l2_hashes(life.devnet), life.devnet.heads()))
            life.end()
    assert ends[:3] == ends[3:]


@pytest.mark.slow
def test_killed_at_any_time(tmp_path: Path) -> None:
    """What is on disk at any moment is a devnet that goes on: nothing safe is lost, all nodes agree."""
    life = Life(tmp_path / "net")
    moments = [1.0, 4.05, 7.5, 8.0, 14.2, 21.0]
    begins = life.devnet.clock.time
    for index, seconds in enumerate(moments):
        life.devnet.advance(begins + seconds)
        killed = copy(tmp_path / "net", tmp_path / str(index))
        safe = l2_hashes(life.devnet)
        finalized = life.devnet.l1.block_by_number(0).hash
        again = Life(killed)
        again.devnet.run()
        assert again.devnet.l1.block_by_number(0).hash == finalized
        assert l2_hashes(again.devnet)[: len(safe)] == safe
        assert l2_hashes(again.devnet) == l2_hashes(again.devnet, "sequencer")
        blocks = [block for block, agrees in proposals(again.devnet) if agrees]
        assert len(blocks) == len(set(blocks)) == len(proposals(again.devnet))
        again.end()
    life.end()


def test_channel_ids_do_not_come_again(tmp_path: Path) -> None:
    ids = []
    for _ in range(3):
        life = Life(tmp_path / "net")
        ids += [life.devnet._channel_ids(generation)() for generation in (1, 2)]
        life.end()
    assert len(set(ids)) == 6
    assert ids[:2] == [Devnet(OPTIONS)._channel_ids(generation)() for generation in (1, 2)]


def test_slots_of_a_pause_are_missed(tmp_path: Path) -> None:
    life = Life(tmp_path / "net")
    life.devnet.advance(life.devnet.clock.time + 9)
    head = life.devnet.l1.head_block.header
    life.end()
    now = head.time + 4 * 30 + 1.5
    life = Life(tmp_path / "net", now=now)
    assert life.devnet.clock.time == now
    life.devnet.advance(now + 60)
    following = life.devnet.l1.block_by_number(head.number + 1).header
    assert following.time == head.time + 4 * 31
    # L2 has a block for each of its times, and is up to the clock again.
    heads = life.devnet.sequencer.driver.heads
    assert heads.unsafe.time >= life.devnet.clock.time - 2
    assert life.devnet.nodes["verifier"].driver.heads.safe.time > head.time + 4 * 31
    life.end()


def test_a_clock_that_was_set_back_waits(tmp_path: Path) -> None:
    life = Life(tmp_path / "net")
    life.devnet.advance(life.devnet.clock.time + 9)
    time = life.devnet.sequencer.driver.heads.unsafe.time
    life.end()
    life = Life(tmp_path / "net", now=1.0)
    assert life.devnet.clock.time == time
    life.end()


def test_a_reorg_that_was_is_not_done_again(tmp_path: Path) -> None:
    options = replace(OPTIONS, l1_reorgs={2: 1})
    life = Life(tmp_path / "net", options)
    life.devnet.advance(life.devnet.clock.time + 9)
    assert life.devnet.reorgs == [(2, 1)]
    life.devnet.l1.reorg(2)
    life.end()
    life = Life(tmp_path / "net", options)
    life.devnet.advance(life.devnet.clock.time + 13)
    assert life.devnet.l1.head_block.number >= 2 and not life.devnet.reorgs
    life.end()


def test_a_node_that_is_killed_keeps_its_files(tmp_path: Path) -> None:
    life = Life(tmp_path / "net", replace(OPTIONS, sequencer_restarts=(2,)))
    life.devnet.run()
    assert life.devnet.watch.restarts["sequencer"] == 1
    assert life.devnet.sequencer.safe_heads.coverage() is not None
    life.end()


def test_the_safe_head_database_goes_on(tmp_path: Path) -> None:
    life = Life(tmp_path / "net")
    life.devnet.run()
    before = life.devnet.nodes["verifier"].safe_heads.coverage()
    life.end()
    life = Life(tmp_path / "net")
    life.devnet.run()
    after = life.devnet.nodes["verifier"].safe_heads.coverage()
    assert before and after and after.first_l1 == before.first_l1
    assert after.last_safe.number > before.last_safe.number
    life.end()


# --- what does not fit


def test_one_process_at_a_time(tmp_path: Path) -> None:
    life = Life(tmp_path / "net")
    with pytest.raises(StoreLocked, match=r"l1\.sqlite"):
        Life(tmp_path / "net")
    life.end()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("seed", 3, "seed: the devnet in .* has 0, not 3"),
        ("genesis_time", 7, "genesis_time: the devnet in .* has 1800000000, not 7"),
        ("block_time", 1, "block_time: the devnet in .* has 2, not 1"),
        ("forks", {Fork.BEDROCK: 0}, "forks: the devnet in .*jovian=0, not bedrock=0"),
    ],
)
def test_an_option_that_decides_the_chain_must_fit(name: str, value: Any, text: str, tmp_path: Path) -> None:
    DevnetDir(tmp_path, OPTIONS).close()
    other = replace(OPTIONS, **{name: value})
    with pytest.raises(ConfigError, match=text):
        DevnetDir(tmp_path, other, frozenset({name}))
    assert DevnetDir(tmp_path, other).options == replace(
        OPTIONS, genesis_time=1_800_000_000, dispute_games=True
    )


def test_contracts_of_proposals_cannot_come_later(tmp_path: Path) -> None:
    DevnetDir(tmp_path, replace(OPTIONS, proposer=False)).close()
    with pytest.raises(ConfigError, match=r"proposer: .* without the contracts of proposals"):
        DevnetDir(tmp_path, OPTIONS)


def test_the_other_options_may_change(tmp_path: Path) -> None:
    DevnetDir(tmp_path, OPTIONS).close()
    other = replace(OPTIONS, transactions=9, l1_blocks=2, proposer=False)
    found = DevnetDir(tmp_path, other)
    assert (found.options.transactions, found.options.l1_blocks, found.options.proposer) == (9, 2, False)
    assert found.options.dispute_games and not found.is_new


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "devnet.json: "),
        ("[" * 100_000, "devnet.json: "),
        ("7", "has version None"),
        ('{"version": 2}', "has version 2"),
        ('{"version": 1}', "does not have the options"),
        ('{"version": 1, "options": {"seed": "x"}}', "does not have the options"),
    ],
)
def test_a_file_that_says_nothing(content: str, text: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(ConfigError, match=text):
        DevnetDir(tmp_path, OPTIONS)


@pytest.mark.parametrize(("name", "value"), [("seed", True), ("forks", {"LONDON": 0}), ("forks", [])])
def test_options_of_a_wrong_kind(name: str, value: Any, tmp_path: Path) -> None:
    DevnetDir(tmp_path, OPTIONS).close()
    content = json.loads((tmp_path / FILE_NAME).read_text())
    content["options"][name] = value
    (tmp_path / FILE_NAME).write_text(json.dumps(content))
    with pytest.raises(ConfigError, match="does not have the options"):
        DevnetDir(tmp_path, OPTIONS)


def test_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "verifier.sqlite").touch()
    with pytest.raises(ConfigError, match=r"has verifier\.sqlite, but no devnet\.json"):
        DevnetDir(tmp_path, OPTIONS)
    with pytest.raises(ConfigError, match="Not a directory"):
        DevnetDir(Path("/dev/null/x"), OPTIONS)


def test_in_memory_there_is_one_life() -> None:
    assert Devnet(OPTIONS, l1_store=MemoryL1Store()).l1.lives == 1
