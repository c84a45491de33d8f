"""``pyoprollup record``, and that what it writes is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyoprollup.eth.types import to_hex
from tests.unit.cli.support import run
from tests.wire_devnet import grown
from tests.wire_l1 import WireBeacon, WireNode, block_shown, receipts_shown, serving


@pytest.fixture
def rollup(tmp_path: Path) -> Path:
    path = tmp_path / "rollup.json"
    path.write_text(json.dumps(grown().config.to_json()))
    return path


@pytest.fixture
def genesis(tmp_path: Path) -> Path:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(grown().genesis))
    return path


@pytest.mark.parametrize("name", ["l1.json", "l1.json.gz", None])
def test_a_range(rollup: Path, genesis: Path, tmp_path: Path, name: str | None) -> None:
    """What was recorded is derived and executed: these are the sequencer's blocks."""
    l1 = grown().l1
    with serving(WireNode(l1)) as node, serving(WireBeacon(l1)) as beacon:
        options = ["--l1", node, "--beacon", beacon, "--rollup-config", rollup, "--genesis", genesis]
        out = [] if name is None else ["--out", tmp_path / name]
        outcome = run("record", 0, l1.head_block.number, *options, *out)
    file = tmp_path / (name or "l1.json")
    if name is None:
        file.write_text(outcome.out)
    else:
        assert f"{name}: {l1.head_block.number + 1} L1 blocks" in outcome.err
        assert [item.name for item in tmp_path.iterdir() if item.suffix == ".part"] == []
    *blocks, summary = run("derive", file, "--execute", "--json").json
    assert [block["hash"] for block in blocks] == [to_hex(item) for item in grown().hashes[1:]]
    assert summary["error"] is None
    explained = run("explain", file, 3, "--execute", "--json").json[0]
    assert explained["hash"] == to_hex(grown().hashes[3])


def test_dumps(rollup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    l1 = grown().l1
    for number in range(l1.head_block.number + 1):
        block = l1.block_by_number(number)
        (folder / f"{number}.json").write_text(json.dumps({"result": block_shown(block, True)}))
        (folder / f"{number}-receipts.json").write_text(json.dumps(receipts_shown(block)))
        blobs = {"data": [to_hex(blob) for blob in WireBeacon(l1).blobs_of(block).values()]}
        (folder / f"{number}-blobs.json").write_text(json.dumps(blobs))
    (folder / "README").write_text("about them")
    outcome = run("record", "--from-dump", folder, "--rollup-config", rollup)
    assert len(json.loads(outcome.out)["l1_blocks"]) == l1.head_block.number + 1


def test_what_goes_wrong(rollup: Path, tmp_path: Path) -> None:
    out = tmp_path / "l1.json"
    l1 = grown().l1
    with serving(WireNode(l1)) as node:
        options = ["--l1", node, "--rollup-config", rollup, "--out", out]
        assert "a beacon endpoint is needed" in run("record", 0, 9, *options, code=1).err
        assert "the chain begins at L1 block 0" in run("record", 1, 1, *options).err
        out.unlink()
        other = ["--l1", node, "--chain", "op-mainnet", "--out", out]
        assert "it serves chain 900, not chain 1" in run("record", 0, 2, *other, code=1).err
    assert list(tmp_path.iterdir()) == [rollup], "nothing is left behind"
    assert "is no folder" in run("record", "--from-dump", out, "--rollup-config", rollup, code=1).err


@pytest.mark.parametrize(
    "arguments",
    [
        ["0", "2", "--l1", "http://l1"],
        ["0", "2", "--chain", "op-mainnet"],
        ["2", "0", "--l1", "http://l1", "--chain", "op-mainnet"],
        ["0", "--l1", "http://l1", "--chain", "op-mainnet"],
        ["--from-dump", ".", "--l1", "http://l1", "--chain", "op-mainnet"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    run("record", *arguments, code=2)
