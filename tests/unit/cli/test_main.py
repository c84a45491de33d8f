"""The program as a whole: version, help, exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pyoprollup import __version__
from pyoprollup.cli.main import main
from tests.golden import golden_path
from tests.unit.cli.support import run

COMMANDS = ("chains", "decode", "derive", "execute", "explain", "vectors", "where")


def test_version() -> None:
    assert run("--version").out == f"pyoprollup {__version__}\n"


def test_the_package_is_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pyoprollup", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"pyoprollup {__version__}\n"


def test_help_lists_all_commands() -> None:
    out = run("--help").out
    assert all(f"  {command}" in out for command in COMMANDS)
    assert run(code=2).err == "" or "Usage" in run(code=2).err


@pytest.mark.parametrize("command", [*COMMANDS, "vectors run", "vectors formats"])
def test_every_command_has_help(command: str) -> None:
    for option in ("--help", "-h"):
        assert f"Usage: pyoprollup {command}" in run(*command.split(), option).out.replace(
            "root", "pyoprollup"
        )


@pytest.mark.parametrize(
    "command", ["chains", "decode", "derive", "execute", "explain", "vectors run", "vectors formats", "where"]
)
def test_every_command_has_json(command: str) -> None:
    assert "--json" in run(*command.split(), "--help").out


@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["--nonsense"],
        ["derive"],
        ["decode"],
        ["execute"],
        ["execute", "file", "--chain", "1", "--rollup-config", "file"],
        ["explain", "file"],
        ["explain", "file", "five"],
        ["explain", "file", "-5"],
        ["vectors", "run"],
        ["decode", "00", "--as", "nonsense"],
        ["decode", "00", "--chain", "1", "--rollup-config", "file"],
        ["decode", "00", "--l1-time", "-1"],
        ["derive", "file", "--limit", "0"],
        ["derive", "file", "--upgrade-bundle", "karst"],
        ["derive", "file", "--upgrade-bundle", "ecotone=file"],
        ["derive", "file", "--upgrade-bundle", "karst="],
    ],
)
def test_wrong_usage(args: list[str]) -> None:
    outcome = run(*args, code=2)
    assert "Error" in outcome.err
    assert outcome.out == ""


def test_main_runs_the_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["pyoprollup", "chains", "nowhere"])
    with pytest.raises(SystemExit) as exited:
        main()
    assert exited.value.code == 1
    assert capsys.readouterr().err == "error: the registry has no chain 'nowhere'\n"


def test_a_command_loads_its_own_module_alone() -> None:
    program = (
        "import sys\n"
        "from pyoprollup.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    assert 'pyoprollup.cli.cannon' in sys.modules\n"
        "    for name in ('eth', 'eth_abi', 'numba', 'rich', 'pyoprollup.cli.node', 'pyoprollup.derive'):\n"
        "        assert name not in sys.modules, name\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "cannon", "run", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_reader_that_leaves_early_is_no_trouble() -> None:
    program = "from pyoprollup.cli.main import main; main()"
    path = golden_path("pipeline_rust/bedrock-single-zlib")
    with subprocess.Popen(
        [sys.executable, "-c", program, "derive", path, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
