"""``pyoprollup cannon``, with a small program of our own. What the reference's commands do, its vectors
show.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pyoprollup.cannon.state_file import load_state
from pyoprollup.cli.main import app
from pyoprollup.eth.types import to_hex
from tests.support import ROOT
from tests.unit.cannon.programs import elf_file
from tests.unit.cannon.support import SYSCALL, itype
from tests.unit.cli.support import run

LOCAL = b"\x01" + bytes(30) + b"\x07"
DATA = 0x2000


def call(number: int, *arguments: int) -> list[int]:
    return [
        *(itype(0x0D, 0, 4 + i, each) for i, each in enumerate(arguments)),
        itype(0x0D, 0, 2, number),
        SYSCALL,
    ]


PROGRAM = [
    *call(5001, 1, DATA, 3),  # prints
    *(word for i in range(4) for word in call(5001, 6, DATA + 8 + 8 * i, 8)),
    *call(5000, 5, DATA + 64, 8),
    *call(5205, 1),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program's file, and its pre-images."""
    code = b"".join(word.to_bytes(4, "big") for word in PROGRAM)
    image = code.ljust(0x1000, b"\0") + b"hi\n".ljust(8, b"\0") + LOCAL
    (tmp_path / "p.elf").write_bytes(elf_file([(1, 0x1000, image, 0x2000)], [(b"start", 0x1000, len(code))]))
    (tmp_path / "table.json").write_text(json.dumps({to_hex(LOCAL): "0xc0ffee"}))
    run("cannon", "load-elf", "--type=multithreaded64-5", "--path", tmp_path / "p.elf", *files(tmp_path))
    return tmp_path


def files(folder: Path) -> list[str]:
    return [f"--out={folder / 's.bin.gz'}", f"--meta={folder / 'meta.json'}"]


def go(folder: Path, *options: str, code: int = 0, serve: bool = True) -> str:
    host = ["--", sys.executable, "-m", "tests.unit.cannon.host", folder / "table.json"] if serve else []
    chosen = [
        f"--input={folder / 's.bin.gz'}",
        f"--output={folder / 'end.bin'}",
        f"--meta={folder / 'meta.json'}",
    ]
    return run("cannon", "run", *chosen, *options, *host, code=code).err


def test_a_program_is_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    said = go(folder, "--info-at=%10", f"--debug-info={folder / 'info.json'}", "--engine=plain")
    state = load_state(folder / "end.bin")
    assert (state.exited, state.exit_code, state.step) == (True, 1, len(PROGRAM))
    assert 'module=guest stream=stdout text="hi\\n"' in said
    assert f'msg="processing" module=vm step=10 pc="{0x1028:08x}"' in said and 'name="start"' in said
    assert json.loads((folder / "info.json").read_text())["num_preimage_requests"] == 1
    shown = json.loads(run("cannon", "witness", "--input", folder / "end.bin").out)
    assert (shown["step"], shown["exited"], shown["exitCode"]) == (len(PROGRAM), True, 1)
    assert shown["witnessHash"] == to_hex(state.hash()) and shown["witness"] == to_hex(state.witness())


def test_proofs_and_snapshots(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    go(
        folder,
        *(
            "--proof-at=%20",
            f"--proof-fmt={folder}/%d.json.gz",
            "--snapshot-at==7",
            f"--snapshot-fmt={folder}/s%d.bin",
        ),
        "--stop-at==25",
    )
    assert load_state(folder / "end.bin").step == 25
    assert load_state(folder / "s7.bin").step == 7
    assert [json.loads(gzip.decompress((folder / f"{i}.json.gz").read_bytes()))["step"] for i in (0, 20)] == [
        0,
        20,
    ]
    go(folder, "--stop-at-preimage-type=local")
    assert load_state(folder / "end.bin").step == len(PROGRAM) - 3


def test_steps_are_shown(folder: Path) -> None:
    options = [f"--input={folder / 's.bin.gz'}", f"--meta={folder / 'meta.json'}", "--from=2", "--to=4"]
    lines = run("cannon", "trace", *options).lines
    assert [line.split()[:4] for line in lines] == [
        [str(i), "0", f"{0x1000 + 4 * i:012x}", "<start>"] for i in (2, 3, 4)
    ]
    assert lines[1].split()[5:] == ["ori", "v0,", "zero,", "0x1389", "v0=0x1389"]
    assert lines[2].split()[5] == "syscall"
    assert len(run("cannon", "trace", options[0]).lines) == 20


def test_without_a_host_there_are_no_preimages(folder: Path) -> None:
    options = [f"--input={folder / 's.bin.gz'}", f"--output={folder / 'end.bin'}", "--meta="]
    result = CliRunner().invoke(app, ["cannon", "run", *options])
    begun, printed, error = result.stderr.splitlines()
    assert 'msg="processing"' in begun
    assert "guest" in printed and error.startswith("error: ") and "nobody to ask" in error
    assert result.exit_code == 1 and not (folder / "end.bin").exists()


@pytest.mark.parametrize(
    "option",
    [
        "--proof-at=7",
        "--stop-at=%0",
        "--stop-at-preimage=xyz",
        "--stop-at-preimage-type=other",
        "--snapshot-fmt=%d.json",
        "--snapshot-fmt=state.bin",
        "--output=end.json",
        "--engine=fast",
        "--meta=missing.json",
        "--input=missing.bin",
    ],
)
def test_wrong_options(folder: Path, option: str) -> None:
    assert "error: " in go(folder, option, code=1, serve=False)


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "no.elf").write_bytes(b"no")
    for options in (
        ["--type=multithreaded64-5", f"--path={tmp_path / 'no.elf'}"],
        ["--type=multithreaded64-5", f"--path={tmp_path / 'missing'}"],
        ["--type=multithreaded64-4", f"--path={tmp_path / 'no.elf'}"],
    ):
        run("cannon", "load-elf", *options, *files(tmp_path), code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["no.elf"]
