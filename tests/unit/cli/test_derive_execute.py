"""``pyoprollup derive --execute``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyoprollup.replay.recording import read_json
from tests.support import ROOT
from tests.unit.cli.support import run

SAMPLE = ROOT / "fixtures" / "executed.json.gz"


def expected() -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = read_json(SAMPLE)["expected"]
    return blocks


def test_hashes_and_output_roots_are_the_sequencers() -> None:
    *blocks, summary = run("derive", SAMPLE, "--execute", "--json").json
    assert [(block["hash"], block["state_root"], block["output_root"]) for block in blocks] == [
        (block["executionPayload"]["blockHash"], block["executionPayload"]["stateRoot"], block["outputRoot"])
        for block in expected()
    ]
    assert blocks[6]["derived_from"]["number"] > blocks[6]["l1_origin"]["number"]
    gas = sum(int(block["executionPayload"]["gasUsed"], 16) for block in expected())
    assert (summary["blocks"], summary["gas_used"], summary["error"]) == (len(blocks), gas, None)


def test_table() -> None:
    lines = run("derive", SAMPLE, "--execute").lines
    last = expected()[-1]["executionPayload"]
    assert lines[0].split() == ["NUMBER", "HASH", "ORIGIN", "DERIVED", "TXS", "GAS", "OUTPUT", "ROOT"]
    assert lines[-2] == f"safe head {len(expected())} {last['blockHash']}"
    assert lines[-1].startswith(f"{len(expected())} blocks, ")
    assert max(map(len, lines)) <= 100


def test_a_chain_that_was_kept_goes_on(tmp_path: Path) -> None:
    first = run("derive", SAMPLE, "--execute", "--json", "--datadir", tmp_path / "data", "--limit", 7).json
    then = run("derive", SAMPLE, "--execute", "--json", "--datadir", tmp_path / "data").json
    numbers = [line["number"] for line in (*first, *then) if "number" in line]
    # The blocks of a span become safe together, so that some are safe but were not shown.
    assert numbers == [*range(1, 8), *range(numbers[7], len(expected()) + 1)]
    lines = run("derive", SAMPLE, "--execute", "--datadir", tmp_path / "data").lines
    assert lines[0].startswith(f"safe head {len(expected())} ")
    assert lines[1].startswith("0 blocks")


def test_the_genesis_can_come_from_a_file(tmp_path: Path) -> None:
    value = read_json(SAMPLE)
    genesis, recording = tmp_path / "genesis.json", tmp_path / "recording.json"
    genesis.write_text(json.dumps(value.pop("genesis")))
    recording.write_text(json.dumps(value))
    assert "give a genesis file" in run("derive", recording, "--execute", code=1).err
    lines = run("derive", recording, "--execute", "--genesis", genesis, "--limit", 1).lines
    assert lines[1].split()[0] == "1"
    genesis.write_text(json.dumps({**read_json(SAMPLE)["genesis"], "timestamp": "0x1"}))
    assert "genesis" in run("derive", recording, "--execute", "--genesis", genesis, code=1).err


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    err = run("derive", SAMPLE, "--execute", "--datadir", tmp_path / "file", code=1).err
    assert "--datadir" in err and "file" in err


def test_options_that_do_not_go_together() -> None:
    assert "go with --execute" in run("derive", SAMPLE, "--datadir", "x", code=2).err


def test_explained_blocks_have_their_real_hashes() -> None:
    *blocks, summary = run("derive", SAMPLE, "--execute", "--explain", "--json").json
    assert [block["hash"] for block in blocks] == [
        block["executionPayload"]["blockHash"] for block in expected()
    ]
    assert all(block["source"] for block in blocks)
    assert "hint" not in summary
    lines = run("derive", SAMPLE, "--execute", "--explain", "--limit", 2).lines
    assert lines[0].startswith("block 1 ")
    assert "0 resets" in lines[-1]


def test_without_execution_it_is_said_why_it_stops() -> None:
    assert "use --execute" in run("derive", SAMPLE).lines[-1]
    assert "use --execute" in run("derive", SAMPLE, "--json").json[-1]["hint"]
    assert "use --execute" in run("explain", SAMPLE, 7, code=1).err


def test_an_executed_block_is_explained() -> None:
    explained = run("explain", SAMPLE, 7, "--execute", "--json").json[0]
    assert explained["hash"] == expected()[6]["executionPayload"]["blockHash"]
    assert explained["source"]["channel"]
    assert "is not derived" in run("explain", SAMPLE, 99, "--execute", code=1).err
    run("explain", SAMPLE, 7, "--genesis", "x", code=2)
