"""``pyoprollup program``: of a devnet's folder, of nodes, of recordings, and on descriptors."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.info import l1_chain_config_json
from pyoprollup.devnet.programs import devnet_in_folder, running_devnet
from pyoprollup.devnet.upgrades import upgrade_bundles
from pyoprollup.preimage import HintWriter, OracleClient, PreimageFiles, channel_pair, local_key
from pyoprollup.program.client.program import run_program
from tests.support import ROOT
from tests.unit.cli.support import run
from tests.wire_l1 import WireNode, serving
from tests.wire_l2 import WireL2

WRONG = "0x" + "11" * 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a devnet that posts its data as calldata: blobs would take seconds."""
    made = tmp_path_factory.mktemp("devnet")
    run(
        *("devnet", "--datadir", made, "--l1-blocks", 2, "--transactions", 1),
        *("--data", "calldata", "--json"),
    )
    return made


def test_a_claim_about_a_devnet(folder: Path) -> None:
    out = run("program", "run", "--devnet", folder, "--agreed", 2)
    assert out.lines[0] == "The claim about L2 block 12 is valid"
    assert out.lines[-1].startswith("  10 blocks executed in ")
    report = run("program", "run", "--devnet", folder, "--l2-block-number", 5, "--json").json[0]
    assert report["valid"] is True and report["l2_block_number"] == 5
    assert report["claim"] == report["output_root"]
    assert report["blocks"] >= 5 and report["preimages"] > 20 and report["hints"] > 20


def test_exit_codes(folder: Path) -> None:
    report = run("program", "run", "--devnet", folder, "--l2-claim", WRONG, "--json", code=1).json[0]
    assert report["valid"] is False and report["claim"] == WRONG != report["output_root"]
    out = run("program", "run", "--devnet", folder, "--l2-claim", WRONG, code=1)
    assert out.lines[0].endswith("is invalid")
    early = ("--agreed", 6, "--l2-block-number", 3)
    out = run("program", "run", "--devnet", folder, *early, code=1)
    assert "  output root  none: the block is before the agreed one" in out.lines
    out = run("program", "run", "--devnet", folder, "--l1-head", WRONG, code=2)
    assert "it cannot be told" in out.err and not out.out
    assert (
        run("program", "run", "--devnet", folder, "--l1-head", WRONG, "--json", code=2).json[0]["valid"]
        is None
    )


def test_what_is_recorded_is_all_that_is_needed(folder: Path, tmp_path: Path) -> None:
    first = run("program", "run", "--devnet", folder, "--record", tmp_path, "--json").json[0]
    again = run("program", "run", "--recorded", tmp_path, "--json").json[0]
    assert {**first, "seconds": 0} == {**again, "seconds": 0}
    files = [path for path in tmp_path.rglob("*.txt") if path.name != "hints.txt"]
    assert len(files) == first["preimages"]
    assert len((tmp_path / "hints.txt").read_text().splitlines()) == first["hints"]
    for path in sorted(files)[:: len(files) // 5]:
        content = path.read_text()
        path.unlink()
        out = run("program", "run", "--recorded", tmp_path, "--json", code=2)
        assert "no pre-image" in out.json[0]["error"]
        path.write_text(content)


def test_a_folder_of_pre_images_alone(folder: Path, tmp_path: Path) -> None:
    data, config, l1 = tmp_path / "data", tmp_path / "rollup.json", tmp_path / "l1.json"
    flags = ("--devnet", folder, "--datadir", data, "--data-format", "file")
    first = run("program", "run", *flags, "--json").json[0]
    assert (data / "kvformat").read_text() == "file"
    with devnet_in_folder(folder) as devnet:
        config.write_text(json.dumps(devnet.config.to_json()))
        l1.write_text(json.dumps({"config": l1_chain_config_json(devnet.l1.config)}))
    claim: list[Any] = ["--l1-head", first["l1_head"], "--l2-output-root", first["agreed_output_root"]]
    claim += ["--l2-claim", first["claim"], "--l2-block-number", first["l2_block_number"]]
    chain = ("--rollup-config", config, "--l1-chain-config", l1)
    offline = run("program", "run", "--datadir", data, *claim, *chain, "--json").json[0]
    assert {**offline, "seconds": 0} == {**first, "seconds": 0}
    # op-program's names for the same.
    aliases = ["--l1.head", first["l1_head"], "--l2.outputroot", first["agreed_output_root"]]
    aliases += ["--l2.claim", first["claim"], "--l2.blocknumber", first["l2_block_number"]]
    assert run("program", "run", "--datadir", data, *aliases, *chain, "--json").json[0]["valid"]


def test_nodes(tmp_path: Path) -> None:
    made = Devnet(
        DevnetOptions(l1_blocks=1, transactions=1, data_availability=DataAvailability.CALLDATA),
        bundles=upgrade_bundles(),
    )
    made.run()
    devnet = running_devnet(made)
    config, l1_config = tmp_path / "rollup.json", tmp_path / "l1.json"
    config.write_text(json.dumps(devnet.config.to_json()))
    l1_config.write_text(json.dumps(l1_chain_config_json(devnet.l1.config)))
    node = WireL2.of(devnet.config, made.nodes["verifier"].store)
    with serving(WireNode(devnet.l1)) as l1, serving(node) as l2:
        flags = ("--l1", l1, "--l2", l2, "--rollup-config", config, "--l1-chain-config", l1_config)
        out = run("program", "run", *flags, "--agreed", 2, "--l2-block-number", 5, "--json")
        assert out.json[0]["valid"] and out.json[0]["safe_head"]["number"] >= 5
        assert "--l2-block-number" in run("program", "run", *flags, "--agreed", 3, code=2).err
    made.close()


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ((), "--datadir"),
        (("--l1", "http://127.0.0.1:1"), "--l2"),
        (("--l2", "http://127.0.0.1:1"), "--l1"),
        (("--datadir", "/nowhere"), "--network"),
        (("--datadir", "/nowhere", "--network", "op-mainnet"), "--l1-head"),
        (("--datadir", "/nowhere", "--network", "nobody"), "nobody"),
        (("--l1-head", "0x12"), "--l1-head"),
        (("--data-format", "pebble"), "--data-format"),
    ],
)
def test_options_that_do_not_go_together(flags: tuple[str, ...], text: str) -> None:
    assert text in run("program", "run", *flags, code=2).err


@pytest.mark.slow
def test_serving_on_descriptors(folder: Path) -> None:
    """As a VM starts its server: hints on 3 and 4, pre-images on 5 and 6."""
    ours, theirs = zip(*(channel_pair(60), channel_pair(60)), strict=True)
    ends = [end for channel in theirs for end in (channel.reader, channel.writer)]
    high = [fcntl.fcntl(end, fcntl.F_DUPFD, 60) for end in ends]
    command = [sys.executable, "-m", "pyoprollup", "program", "serve", "--devnet", str(folder)]
    actions: list[Any] = [(os.POSIX_SPAWN_DUP2, end, 3 + index) for index, end in enumerate(high)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = os.posix_spawn(sys.executable, command, environment, file_actions=actions)
    for end in high:
        os.close(end)
    for channel in theirs:
        channel.close()
    verdict = run_program(OracleClient(ours[1]), HintWriter(ours[0]), bundles=upgrade_bundles())
    assert verdict.is_valid and verdict.safe.number == 12
    for channel in ours:
        channel.close()
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def test_records_are_in_op_programs_form(folder: Path, tmp_path: Path) -> None:
    run("program", "run", "--devnet", folder, "--record", tmp_path, "--json")
    assert PreimageFiles(tmp_path).get(local_key(4)) == (12).to_bytes(8, "big")
