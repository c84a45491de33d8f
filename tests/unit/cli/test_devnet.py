"""``pyoprollup devnet``: runs a rollup to its end, and says what came of it."""

from __future__ import annotations

import io
import json
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pyoprollup.cli import devnet_view
from pyoprollup.cli.devnet_options import NetworkOptions, RunOptions, devnet_options
from pyoprollup.cli.options import Sources, read_settings
from pyoprollup.cli.options import options_of as declared
from pyoprollup.devnet import BatchType, DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.watch import Watch
from pyoprollup.errors import RollupError
from pyoprollup.execution.store import SqliteStore
from pyoprollup.rollup import Fork
from tests.unit.cli.support import Outcome, run

# Calldata, as loading the blobs' trusted setup takes seconds.
SMALL = ("devnet", "--l1-blocks", 2, "--transactions", 1, "--data", "calldata")


def options_of(**flags: Any) -> DevnetOptions:
    """What the devnet is given for some flags, which are named by their fields here."""
    (network,) = read_settings("devnet", [NetworkOptions], Sources(flags)).values
    return devnet_options(network)


def test_lines_and_summary() -> None:
    out = run(*SMALL)
    heading = next(index for index, line in enumerate(out.lines) if line.startswith("L1 BLOCK"))
    assert out.lines[heading - 1].split() == ["sequencer", "verifier", "silent"]
    lines = out.lines[heading + 1 : out.lines.index("")]
    blocks = [line.split() for line in lines if line.split()[0].isdigit()]
    news = "users and sequencer stop; what there is becomes safe and final"
    assert [line.strip() for line in lines if not line.split()[0].isdigit()] == [news]
    assert [int(row[0]) for row in blocks] == list(range(1, len(blocks) + 1))
    assert len(set(blocks[-1][1:])) == 1 and blocks[-1][1] == "12"
    assert out.lines[out.lines.index("") + 1] == "all 3 nodes agree"
    for row in ("unsafe", "safe", "finalized"):
        assert f"  {row:<13} 12 0x" in out.out
    assert "  gossip        12 blocks sent; accepted 12; 0 lost" in out.lines


def test_json_and_the_same_seed_give_the_same_hashes() -> None:
    first, second = (run(*SMALL, "--json", "--seed", 7).json for _ in range(2))
    assert all(set(line) == {"seconds", "l1_block", "heads", "transactions"} for line in first[:-1])
    assert first[:-1] == second[:-1]
    assert first[-1]["summary"] is True and first[-1]["agrees"] is True and first[-1]["seed"] == 7
    assert first[-1]["heads"] == second[-1]["heads"] == first[-2]["heads"]
    assert first[-1]["peak_memory_bytes"] is None or first[-1]["peak_memory_bytes"] > 10**7
    other = run(*SMALL, "--json", "--seed", 8).json
    assert other[-1]["heads"] != first[-1]["heads"]


def test_everything_at_once(tmp_path: Path) -> None:
    data, trace, diagram = tmp_path / "a" / "data", tmp_path / "trace.jsonl", tmp_path / "life.svg"
    faults = ("--l1-reorg", "2:1", "--restart-sequencer", 1, "--restart-batcher", 2, "--gossip-loss", 0.5)
    files = ("--datadir", data, "--trace", trace, "--diagram", diagram, "--diagram-block", 5)
    forks = ("--forks-until", "fjord", "--fork", "holocene=12", "--fork", "isthmus=16")
    out = run(*SMALL, "--batch-type", "singular", "--no-silent-verifier", *faults, *files, *forks)
    assert "all 2 nodes agree" in out.lines
    assert "  L1 reorg: 1 block, from L1 block 2 back" in out.lines
    assert "  the sequencer is killed and begins anew" in out.lines
    assert "  restarts      sequencer 1, batcher 2" in out.lines
    assert {path.name for path in data.iterdir()} >= {"sequencer.sqlite", "verifier.sqlite"}
    store = SqliteStore(data / "verifier.sqlite")
    assert f"  finalized     12 0x{store.heads.finalized.hex()}" in out.lines
    store.close()
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    assert {line["node"] for line in lines} == {None, "sequencer", "verifier"}
    assert "The life of L2 block 5" in diagram.read_text()
    again = run(*SMALL, "--datadir", data, "--diagram", diagram, code=1)
    assert again.err == "error: --diagram: is for a devnet that begins, not for one that goes on\n"


def test_a_devnet_goes_on(tmp_path: Path) -> None:
    """Options that are not given are those of the first time."""
    small = ("devnet", "--l1-blocks", 1, "--data", "calldata", "--no-silent-verifier", "--datadir", tmp_path)
    first = run(*small, "--json", "--seed", 5, "--l1-block-time", 4).json[-1]
    second = run(*small, "--json", "--transactions", 1).json
    assert second[0]["l1_block"]["number"] == first["l1_blocks"] + 1
    assert second[0]["seconds"] == first["seconds"] + 4
    assert second[-1]["seed"] == 5 and second[-1]["agrees"]
    store = SqliteStore(tmp_path / "verifier.sqlite")
    (was,) = {heads["unsafe"]["hash"] for heads in first["heads"].values()}
    canonical = store.canonical_hash(first["heads"]["verifier"]["unsafe"]["number"])
    assert canonical is not None and "0x" + canonical.hex() == was
    store.close()
    out = run(*small, "--l1-block-time", 12, code=1)
    assert out.err == f"error: --l1-block-time: the devnet in {tmp_path} has 4, not 12\n"
    out = run(*small, "--forks-until", "fjord", code=1)
    assert out.err.startswith(f"error: --fork: the devnet in {tmp_path} has bedrock=0,")
    out = run(*small, "--proposer", code=1)
    assert "--proposer: the devnet in" in out.err and "without the contracts" in out.err


def test_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = 0.0

    def sleep(seconds: float) -> None:
        nonlocal slept
        assert 0 < seconds <= 0.1
        slept += seconds

    monkeypatch.setattr(time, "perf_counter", lambda: slept)
    monkeypatch.setattr(time, "sleep", sleep)
    summary = run(*SMALL, "--no-silent-verifier", "--json", "--real-time").json[-1]
    assert slept == pytest.approx(summary["seconds"], abs=0.2)


def test_nodes_that_do_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(devnet: Devnet, *_: object) -> None:
        devnet.advance(devnet.clock.time + 12)
        raise RollupError("the end of the world")

    monkeypatch.setattr(Devnet, "run", stop)
    out = run(*SMALL, code=1)
    assert "the nodes do NOT agree" in out.lines and out.err == "error: the end of the world\n"
    assert "silent safe" in out.out
    monkeypatch.setattr(Devnet, "run", lambda devnet, *_: devnet.advance(devnet.clock.time + 12))
    assert run(*SMALL, code=1).err == "error: the nodes do not agree\n"


def test_an_interruption_still_gives_the_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(devnet: Devnet, *_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Devnet, "run", interrupt)
    out = run(*SMALL, "--json", code=1)
    assert out.json[-1]["summary"] is True and out.err == "error: interrupted at 0.0 s\n"


def test_the_live_view_shows_heads_and_news() -> None:
    shown = devnet_view._LiveView()
    shown.live.console = Console(file=io.StringIO())
    options = DevnetOptions(l1_blocks=1, data_availability=DataAvailability.CALLDATA)
    devnet = Devnet(options, watch=Watch(shown.listen), pace=lambda _elapsed: shown.tick(devnet))
    devnet.advance(devnet.clock.time + 25)
    shown.progress(devnet)
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(shown.live.get_renderable())
    lines = console.export_text().splitlines()
    assert lines[0].startswith("L1 block 2 0x") and lines[1].split()[:3] == ["NODE", "UNSAFE", "SAFE"]
    assert [line.split()[0] for line in lines[2:5]] == ["sequencer", "verifier", "silent"]
    assert any("the batcher sends transaction 0x" in line for line in lines)


# --- options


def test_options_as_the_devnet_knows_them() -> None:
    made = options_of(batch_type="Singular", data_availability="auto", l1_reorgs=["3:2", "5:1"], seed="4")
    assert made.batch_type is BatchType.SINGULAR and made.data_availability is DataAvailability.AUTO
    assert made.l1_reorgs == {3: 2, 5: 1} and made.seed == 4
    assert options_of(data_availability="calldata").forks == DevnetOptions().forks


def test_defaults_are_those_of_the_library() -> None:
    assert options_of() == DevnetOptions()
    options = {each.field: each for each in declared(NetworkOptions, RunOptions)}
    assert {each.name for each in fields(DevnetOptions)} <= set(options)
    for field, kinds in (("batch_type", BatchType), ("data_availability", DataAvailability)):
        for kind in kinds:
            assert options[field].parse(kind.value) == kind.value
            assert kind.value in options[field].help


def test_values_from_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "net.toml"
    file.write_text("[devnet]\nl1-blocks = 0\ndata = 'calldata'\ndiagram-block = 99\ndiagram = 'a.svg'\n")
    told = f"error: {file}: devnet.l1-blocks: must be at least 1, not 0\n"
    assert run("devnet", "--config", file, code=1).err == told
    monkeypatch.setenv("PYOPROLLUP_CONFIG", str(file))
    monkeypatch.setenv("PYOPROLLUP_DEVNET_L1_BLOCKS", "-2")
    told = "error: PYOPROLLUP_DEVNET_L1_BLOCKS: must be at least 1, not -2\n"
    assert run("devnet", code=1).err == told
    out = run("devnet", "--l1-blocks", 2, code=2)
    assert "devnet.diagram-block: there are blocks 1 to 12" in " ".join(out.err.split())


def test_forks() -> None:
    made = options_of(forks_until="ecotone", forks=["granite=12", "HOLOCENE=40"]).forks
    assert made == {fork: 0 for fork in Fork if fork <= Fork.FJORD} | {Fork.GRANITE: 12, Fork.HOLOCENE: 40}
    assert options_of(forks=["holocene=24"]).forks[Fork.ISTHMUS] == 24


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fork", "foo=3"), "--fork: 'foo' is none of bedrock,"),
        (("--fork", "fjord"), "--fork: 'fjord' is not FORK=SECONDS"),
        (("--fork", "fjord=-1"), "--fork: 'fjord=-1' is not FORK=SECONDS"),
        (("--forks-until", "london"), "--forks-until: 'london' is none of bedrock,"),
        (("--l1-reorg", "3"), "--l1-reorg: '3' is not BLOCK:DEPTH"),
        (("--l1-reorg", "x:1"), "--l1-reorg: 'x:1' is not BLOCK:DEPTH"),
        (("--batch-type", "both"), "--batch-type: 'both' is none of singular, span"),
        (("--data", "paper"), "--data: 'paper' is none of blobs, calldata, auto"),
        (
            ("--diagram", "a.svg", "--diagram-block", "99"),
            "--diagram-block: there are blocks 1 to 12",
        ),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], message: str) -> None:
    out: Outcome = run(*SMALL, *arguments, code=2)
    assert message in " ".join(out.err.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--l1-blocks", 0), "--l1-blocks: must be at least 1, not 0"),
        (("--block-time", 5), "--block-time: 5 does not divide"),
        (("--transactions", -1), "--transactions: must not be negative"),
        (("--gossip-loss", 1.5), "--gossip-loss: must be between 0 and 1, not 1.5"),
        (("--l1-reorg", "2:3"), "--l1-reorg: a reorg of 3 blocks after block 2"),
        (("--l1-reorg", "12:9"), "--l1-reorg: after block 12, 9 blocks would include final ones"),
        (("--fork", "holocene=24", "--fork", "granite=36"), "--fork: holocene at 24 would be before granite"),
        (("--forks-until", "canyon"), "--batch-type: span batches need Delta"),
        (("--forks-until", "delta", "--data", "blobs"), "--data: blobs need Ecotone"),
        (("--diagram", "a.gif"), "--diagram: a.gif ends with none of .md, .mmd, .svg, .png"),
        (("--trace", "/nowhere/t"), "--trace: cannot write /nowhere/t: No such file or directory"),
        (("--datadir", "/dev/null/x"), "--datadir: /dev/null/x: Not a directory"),
    ],
)
def test_options_that_make_no_sense(arguments: tuple[object, ...], message: str) -> None:
    assert run(*SMALL, *arguments, code=1).err.startswith(f"error: {message}")
