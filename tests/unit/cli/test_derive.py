"""``pyoprollup derive``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pyoprollup.replay.recording import read_json, read_json_lines
from tests.golden import RUST, golden_case, golden_path
from tests.unit.cli.support import run

HAPPY = golden_path("pipeline_happy")


def _lone(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


@pytest.mark.parametrize("name", ["happy", "timeouts", "adversarial", "reorg", "holocene"])
def test_json_is_what_the_vectors_expect(name: str) -> None:
    path = golden_path(f"pipeline_{name}")
    lines = run("derive", path, "--json").json
    for case in read_json(path)["cases"]:
        *blocks, summary = [line for line in lines if line["case"] == case["name"]]
        assert [
            (block["attributes"], block["hash"], block["number"], block["derived_from"]["number"])
            for block in blocks
        ] == [
            (item["attributes"], item["block_hash"], item["number"], item["derived_from"])
            for item in case["derived"]
        ]
        assert summary["summary"] is True
        assert summary["blocks"] == len(blocks)
        assert summary["error"] is None
        parents = {block["number"]: block["hash"] for block in blocks}
        assert all(block["parent"]["hash"] == parents[block["number"] - 1] for block in blocks[1:])


def test_the_other_form() -> None:
    path = RUST / "isthmus-span-brotli-blob.json.gz"
    *blocks, summary = run("derive", path, "--json").json
    expected = read_json_lines(RUST / "isthmus-span-brotli-blob.expected.jsonl.gz")
    assert [(block["hash"], block["l1_origin"]["number"]) for block in blocks] == [
        (line["hash"], line["l1_origin"]["number"]) for line in expected if not line.get("summary")
    ]
    assert summary["transactions"] == expected[-1]["txs"]
    source = blocks[0]["source"]
    assert source["compression"] == "brotli"
    assert source["span_index"] == 0
    assert source["channel"]["frames"][0]["data"]["blob_index"] == 0


def test_table() -> None:
    lines = run("derive", HAPPY, "--case", "happy-fjord").lines
    assert lines[0] == "happy-fjord"
    assert lines[1].split() == ["NUMBER", "HASH", "TIME", "ORIGIN", "SEQ", "DERIVED", "DEP", "TXS", "FROM"]
    assert lines[2].split() == [
        "1", "0x4d13952f..f1ab", "1000006", "100", "1", "102", "1", "0", "a38a80a9", "batch", "0"
    ]  # fmt: skip
    assert lines[12].split()[-4:] == ["batch", "0", "block", "2"]
    assert len(lines) == 2 + 12 + 3
    assert re.fullmatch(
        r"12 blocks, 15 transactions \(12 deposits\) from 11 L1 blocks in \d+\.\d{3} s, [\d,]+ blocks/s",
        lines[-3],
    )
    assert lines[-2:] == ["0 drops, 0 resets", ""]


def test_tables_fit() -> None:
    for path in (golden_path("pipeline_timeouts"), RUST / "granite-span-brotli.json.gz"):
        lines = run("derive", path).lines
        assert max(len(line) for line in lines if "drops" not in line) <= 100


def test_blocks_that_fill_in() -> None:
    out = run("derive", golden_path("pipeline_timeouts"), "--case", "0").out
    assert out.count("filled in") == 13


def test_drops_are_counted_by_reason() -> None:
    lines = run("derive", golden_path("pipeline_adversarial"), "--case", "junk-and-disorder-bedrock").lines
    assert lines[-2] == "5 drops (batch_malformed 2, frame_duplicate 2, frames_unparsable 1), 0 resets"
    *_, summary = run("derive", golden_path("pipeline_adversarial"), "--case", "0", "--json").json
    assert summary["drops"] == {"batch_malformed": 2, "frame_duplicate": 2, "frames_unparsable": 1}


def test_resets_are_counted() -> None:
    assert run("derive", golden_path("pipeline_reorg"), "--case", "1").lines[-2].endswith("1 reset")


def test_explain_says_where_blocks_came_from() -> None:
    lines = run("derive", HAPPY, "--case", "happy-fjord", "--explain").lines
    blocks = [line for line in lines if line.startswith("block ")]
    assert len(blocks) == 12
    assert blocks[1] == "block 2 0x7c94a6c8..89ff, time 1000012, L1 origin 100 +2: 1 deposit, 0 sequenced"
    assert "    channel a38a80a9445d2b2f948e0765099fce95" in lines
    assert "      135 bytes (zlib), opened at L1 block 102" in lines
    assert "    the same channel" in lines
    assert "    the same batch, block 3 of its span" in lines


def test_explain_tells_of_drops_and_resets() -> None:
    out = run("derive", golden_path("pipeline_adversarial"), "--case", "0", "--explain").out
    assert (
        "\n  batch_malformed at L1 block 108: channel 08000000 of 1 frame, 43 bytes: batch type 0x6f" in out
    )
    out = run("derive", golden_path("pipeline_reorg"), "--case", "1", "--explain").out
    assert re.search(r"\n  reset to L2 block \d+: L1 reorg", out)
    out = run("derive", golden_path("pipeline_timeouts"), "--case", "0", "--explain").out
    assert "\n    filled in at L1 block 117\n" in out


def test_events_in_json() -> None:
    *blocks, summary = run(
        "derive", golden_path("pipeline_adversarial"), "--case", "0", "--json", "--explain"
    ).json
    events = [event for block in blocks for event in block["events"]] + summary["events"]
    assert len(events) == sum(summary["drops"].values())
    assert all(event["event"] == "drop" and event["reason"] in summary["drops"] for event in events)


def test_limit() -> None:
    *blocks, summary = run("derive", HAPPY, "--case", "0", "--limit", "3", "--json").json
    assert len(blocks) == summary["blocks"] == 3
    assert summary["l1_blocks"] < 11
    assert run("derive", HAPPY, "--limit", "1").out.count("1 block,") == 5


def test_a_recording_alone(tmp_path: Path) -> None:
    value = golden_case("pipeline_happy", "happy-delta")
    del value["name"]
    lines = run("derive", _lone(tmp_path / "l1.json", value), "--json").json
    assert {line["case"] for line in lines} == {None}
    assert lines[-2]["hash"] == value["derived"][-1]["block_hash"]


# --- Trouble


def _jovian(tmp_path: Path) -> Path:
    """A recording in which Jovian activates half way."""
    value = golden_case("pipeline_happy", "happy-delta")
    config = dict(value["rollup_config"])
    for fork in ("ecotone", "fjord", "granite", "holocene", "isthmus", "jovian"):
        config[f"{fork}_time"] = int(value["derived"][4]["attributes"]["timestamp"], 16)
    return _lone(tmp_path / "l1.json", value | {"rollup_config": config})


def test_what_was_derived_before_an_error_is_printed(tmp_path: Path) -> None:
    path = _jovian(tmp_path)
    outcome = run("derive", path, code=1)
    assert outcome.err.startswith("error: happy-delta: ")
    assert "JOVIAN activates here" in outcome.err
    assert outcome.err.endswith(" (--upgrade-bundle jovian=FILE)\n")
    assert outcome.lines[-3].startswith("4 blocks")
    *blocks, summary = run("derive", path, "--json", code=1).json
    assert len(blocks) == 4
    assert "JOVIAN activates here" in summary["error"]


def test_upgrade_bundles_are_checked(tmp_path: Path) -> None:
    path = _jovian(tmp_path)
    wrong = _lone(tmp_path / "bundle.json", {"metadata": {"version": "1.0.0"}, "transactions": []})
    outcome = run("derive", path, "--upgrade-bundle", f"jovian={wrong}", code=1)
    assert outcome.err.startswith("error: JOVIAN upgrade bundle: ")
    outcome = run("derive", path, "--upgrade-bundle", f"interop={wrong}@sha256:00", code=1)
    assert "expected sha256:00" in outcome.err
    assert "missing" in run("derive", path, "--upgrade-bundle", f"Karst={tmp_path}/missing", code=1).err


def test_one_broken_case_does_not_hide_the_others(tmp_path: Path) -> None:
    good = golden_case("pipeline_happy", "happy-delta")
    path = _lone(tmp_path / "l1.json", {"cases": [{"name": "bad", "l1_blocks": []}, good]})
    outcome = run("derive", path, code=1)
    assert outcome.err.startswith("error: bad: ")
    assert f"{len(good['derived'])} blocks" in outcome.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "malformed JSON"),
        ("[]", "recording: expected an object, got list"),
        ('{"cases": []}', "cases: expected a list of recordings"),
        ('{"rollup_config": {"block_time": "2"}}', "block_time: expected an integer, got '2'"),
        ('{"rollup_config": {}}', "l1_blocks: expected a list"),
    ],
)
def test_errors_name_field_and_value(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "l1.json"
    path.write_text(content)
    outcome = run("derive", path, code=1)
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


def test_no_such_file_or_case(tmp_path: Path) -> None:
    assert "missing.json" in run("derive", tmp_path / "missing.json", code=1).err
    assert run("derive", HAPPY, "--case", "nobody", code=1).err.startswith("error: case: no 'nobody' among")
