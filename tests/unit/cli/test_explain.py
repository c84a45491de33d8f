"""``pyoprollup explain``."""

from __future__ import annotations

import json
from pathlib import Path

from tests.golden import RUST, golden_case, golden_path
from tests.unit.cli.support import run

HAPPY = golden_path("pipeline_happy")
TIMEOUTS = golden_path("pipeline_timeouts")


def test_a_block_from_a_batch() -> None:
    out = run("explain", HAPPY, "7", "--case", "happy-delta").out
    value = golden_case("pipeline_happy", "happy-delta")["derived"][6]
    assert out.startswith("happy-delta: L2 block 7\n")
    for part in (
        f"  hash         {value['block_hash']}\n",
        f"  derived at   {value['derived_from']}  {value['derived_from_hash']}\n",
        "  transactions 1: 1 deposit, 0 from the sequencer\n",
        "    batch 6\n      bytes 657 to 732 of the decompressed channel, read at L1 block 105\n",
        "    channel 16a5501e1696526c0b731faf4b9b8db0\n      957 bytes (zlib), opened at L1 block 105\n",
        "    frame 0\n      bytes 1 to 502 of the calldata\n",
        "    frame 1, the last\n      bytes 502 to 1,004 of the calldata\n",
        "      transaction 0xa954f5ccdfd85b23e0dcfef1a4c62f09189da4eea1ce34a6fa29d8e91d9c2641, index 0\n",
        "      L1 block 105 0x6d2375c4002a94126e5ac66f340fea74eb79500f4ec6568125d6790f972c84a5\n",
    ):
        assert part in out


def test_a_block_from_a_blob() -> None:
    out = run("explain", RUST / "isthmus-span-brotli-blob.json.gz", "44").out
    assert out.startswith("L2 block 44\n")
    assert "    batch 0, block 7 of its span\n" in out
    assert "      bytes 1 to 6,442 of the content of blob 0\n      blob 0x01" in out


def test_a_block_that_fills_in() -> None:
    out = run("explain", TIMEOUTS, "5", "--case", "late-frames-timeouts-bedrock").out
    assert (
        "    nothing: no batch for it came in time, so it fills in\n"
        "    the sequencing window of L1 block 102 is 12 L1 blocks, to L1 block 114\n"
        "    it was over at L1 block 114\n"
        "  on the way, since the last block with a batch\n"
        "    channel_timed_out at L1 block 112: channel 29920c9c of 3 frames, 131 bytes: "
        "opened at L1 block 105\n"
        "    batch_parent_mismatch at L1 block 113: d2e550ea, batch 0: parent hash 0x"
    ) in out


def test_drops_of_the_same_channel() -> None:
    out = run(
        "explain", golden_path("pipeline_holocene"), "12", "--case", "holocene-bad-batches-singular"
    ).out
    assert "  of the same channel, at other times\n    batch_deposit_transaction at L1 block 118: " in out


def test_a_block_that_was_replaced(tmp_path: Path) -> None:
    value = golden_case("pipeline_reorg", "reorg-bedrock")
    del value["derived"]
    path = tmp_path / "l1.json"
    path.write_text(json.dumps(value))
    assert "  takes the place of 0x" in run("explain", path, "16").out
    (found,) = run("explain", path, "16", "--json").json
    assert [other["number"] for other in found["replaced"]] == [16]


def test_json() -> None:
    (found,) = run("explain", HAPPY, "7", "--case", "1", "--json").json
    assert found["case"] == "happy-delta"
    assert found["number"] == 7
    assert found["source"]["channel"]["id"] == "16a5501e1696526c0b731faf4b9b8db0"
    assert found["window"] is None
    (found,) = run("explain", TIMEOUTS, "5", "--case", "late-frames-timeouts-bedrock", "--json").json
    assert found["window"]["last"] == 114
    assert [event["reason"] for event in found["events"]] == ["channel_timed_out"] + [
        "batch_parent_mismatch"
    ] * 2


def test_all_cases_that_have_the_block() -> None:
    outcome = run("explain", golden_path("pipeline_holocene"), "12")
    assert outcome.err == "error: holocene-happy: number: L2 block 12 is not derived, blocks 1 to 10 are\n"
    assert outcome.out.count(": L2 block 12\n") == 6


def test_no_such_block() -> None:
    for number in ("0", "99", "9" * 40):
        outcome = run("explain", HAPPY, number, "--case", "0", code=1)
        assert outcome.err == (
            f"error: happy-bedrock: number: L2 block {number} is not derived, blocks 1 to 16 are\n"
        )
        assert outcome.out == ""
    assert run("explain", HAPPY, "99", code=1).err.count("\n") == 5


def test_what_keeps_derivation_from_getting_there(tmp_path: Path) -> None:
    value = golden_case("pipeline_happy", "happy-delta")
    config = dict(value["rollup_config"])
    for fork in ("ecotone", "fjord", "granite", "holocene", "isthmus", "jovian"):
        config[f"{fork}_time"] = int(value["derived"][4]["attributes"]["timestamp"], 16)
    path = tmp_path / "l1.json"
    good = golden_case("pipeline_happy", "happy-fjord")
    path.write_text(json.dumps({"cases": [value | {"rollup_config": config}, good]}))
    outcome = run("explain", path, "6", code=1)
    assert "JOVIAN activates here" in outcome.err
    assert outcome.err.endswith(" (--upgrade-bundle jovian=FILE)\n")
    assert outcome.out.startswith("happy-fjord: L2 block 6\n")
    assert run("explain", path, "4").out.count(": L2 block 4\n") == 2


def test_no_such_file_or_case(tmp_path: Path) -> None:
    assert "missing.json" in run("explain", tmp_path / "missing.json", "1", code=1).err
    assert run("explain", HAPPY, "1", "--case", "nobody", code=1).err.startswith("error: case: no 'nobody'")
