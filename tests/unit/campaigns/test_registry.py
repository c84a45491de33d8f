"""The table of chains against a checkout of the registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from campaigns.registry import TABLE, differences, registry_entries, render, updated

CHAIN = """
name = "A Chain"
chain_id = 424242
batch_inbox_addr = "0x00AB000000000000000000000000000000000001"
block_time = 2
seq_window_size = 3600
max_sequencer_drift = 1800

[hardforks]
  canyon_time = 0
  delta_time = 5

[optimism]
  eip1559_elasticity = 6
  eip1559_denominator = 50
  eip1559_denominator_canyon = 250

[genesis]
  l2_time = 1700000000
  [genesis.l1]
    hash = "0x0101010101010101010101010101010101010101010101010101010101010101"
    number = 7
  [genesis.l2]
    hash = "0x0202020202020202020202020202020202020202020202020202020202020202"
    number = 0
  [genesis.system_config]
    batcherAddress = "0xAB00000000000000000000000000000000000002"
    overhead = "0x0000000000000000000000000000000000000000000000000000000000000000"
    scalar = "0x0100000000000000000000000000000000000000000000000000000000000001"
    gasLimit = 30000000

[addresses]
  OptimismPortalProxy = "0xAB00000000000000000000000000000000000003"
  SystemConfigProxy = "0xAB00000000000000000000000000000000000004"
"""


def checkout(folder: Path, chain: str = CHAIN) -> Path:
    group = folder / "superchain" / "configs" / "somewhere"
    group.mkdir(parents=True, exist_ok=True)
    (group / "a-chain.toml").write_text(chain)
    (group / "superchain.toml").write_text('name = "Somewhere"\n[l1]\n  chain_id = 5\n')
    return folder


def table() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(TABLE.read_text("utf-8"))
    return value


def test_the_table_is_written_as_its_file_has_it() -> None:
    assert render(table()) == TABLE.read_text("utf-8")


def test_a_chain_that_is_missing_is_put_in(tmp_path: Path) -> None:
    before = table()
    (entry,) = registry_entries(checkout(tmp_path))
    assert differences(before, entry) == ["a-chain-somewhere (424242): not in the table"]
    after = updated(before, tmp_path)
    assert differences(after, entry) == []
    assert [each for each in after["chains"] if each["superchain"] != "somewhere"] == before["chains"]
    made = after["chains"][-1]
    assert made["name"] == "a-chain-somewhere"
    assert "block_time" not in made["rollup"]  # the default
    assert made["rollup"]["max_sequencer_drift"] == 1800
    assert after["superchains"]["somewhere"] == {"l1_chain_id": 5}


def test_a_fork_time_that_was_set_later_is_found(tmp_path: Path) -> None:
    first = updated(table(), checkout(tmp_path))
    first["chains"][-1]["first_block_hash"] = "0x12"
    later = checkout(tmp_path, CHAIN.replace("delta_time = 5", "ecotone_time = 9"))
    (entry,) = registry_entries(later)
    assert differences(first, entry) == [
        "a-chain-somewhere: ecotone_time is None, in the registry 9",
        "a-chain-somewhere: delta_time is not in the registry",
    ]
    made = updated(first, later)["chains"][-1]
    assert (made["rollup"]["ecotone_time"], made["first_block_hash"]) == (9, "0x12")
    assert "delta_time" not in made["rollup"]
