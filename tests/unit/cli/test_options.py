"""Options that are declared once: where values come from, which counts, and who is told about a wrong one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pyoprollup.cli.devnet_options import NetworkOptions, RunOptions
from pyoprollup.cli.engine_options import EngineOptions, PortOptions
from pyoprollup.cli.options import (
    SERVICES,
    Settings,
    Sources,
    choice,
    option,
    options_of,
    options_table,
    read_config,
    read_settings,
    service_command,
)
from pyoprollup.errors import ConfigError, DecodeError
from tests.unit.cli.support import run


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One option of each kind."""

    name: str = option("--name", "Who it is.", metavar="NAME")
    count: int = option("--count", "How many.", default=3, metavar="N", unit="s")
    share: float = option("--share", "How much.", default=0.5, metavar="SHARE")
    color: str = option("--color", "Red or blue.", default="red", parse=choice("red", "blue"))
    file: Path | None = option("--the-file", "Where | what.", default=None, metavar="FILE")
    numbers: tuple[int, ...] = option("--number", "Which.", default=(), metavar="N")
    loud: bool = option("--loud", "With noise.", default=False)
    kind: bool = option("--kind/--no-kind", "With care.", default=True)

    def check(self) -> None:
        if self.count < 0:
            raise ConfigError(f"count: must not be negative, as {self.count} is")


def settings(
    flags: dict[str, Any] | None = None, environ: dict[str, str] | None = None, file: str = ""
) -> Settings:
    sections = {"devnet": tomllib.loads(file)}
    return read_settings("devnet", [Example], Sources(flags or {}, environ or {}, sections, "net.toml"))


def value(*args: Any, **kwargs: Any) -> Example:
    (made,) = settings(*args, **kwargs).values
    assert isinstance(made, Example)
    return made


# --- where values come from


def test_defaults() -> None:
    made = value({"name": "a"})
    assert made == Example(name="a")
    assert (made.count, made.numbers, made.file, made.kind) == (3, (), None, True)


def test_all_kinds_on_the_command_line() -> None:
    flags = {"name": "a", "count": "-0", "share": "1", "color": "BLUE", "file": "x/y", "numbers": ["1", "2"]}
    made = value({**flags, "loud": True, "kind": False})
    assert made == Example(
        name="a", count=0, share=1.0, color="blue", file=Path("x/y"), numbers=(1, 2), loud=True, kind=False
    )


def test_all_kinds_in_the_environment() -> None:
    environ = {"NAME": "a", "COUNT": "7", "THE_FILE": "x", "NUMBER": "1,2", "LOUD": "1", "KIND": "False"}
    made = value(environ={f"PYOPROLLUP_DEVNET_{key}": text for key, text in environ.items()})
    assert made == Example(name="a", count=7, file=Path("x"), numbers=(1, 2), loud=True, kind=False)
    assert value({"name": "a"}, {"PYOPROLLUP_DEVNET_COUNT": "", "PYOPROLLUP_ENGINE_COUNT": "9"}).count == 3


def test_all_kinds_in_a_file() -> None:
    text = "name='a'\ncount=7\nshare=1\ncolor='blue'\nthe-file='x'\nnumber=[1,2]\nloud=true\nkind=false"
    assert value(file=text) == Example(
        name="a", count=7, share=1.0, color="blue", file=Path("x"), numbers=(1, 2), loud=True, kind=False
    )


def test_flag_before_environment_before_file_before_default() -> None:
    environ, file = (
        {"PYOPROLLUP_DEVNET_COUNT": "2", "PYOPROLLUP_DEVNET_LOUD": "true"},
        "count = 1\nloud=false",
    )
    flags = {"name": "a"}
    assert value({**flags, "count": "3"}, environ, file).count == 3
    assert value({**flags, "numbers": []}, environ, file + "\nnumber=[5]").numbers == (5,)
    made = settings(flags, environ, file)
    assert (made.values[0].count, made.values[0].loud) == (2, True)
    assert made.origins["count"] == made.origins["--count"] == "PYOPROLLUP_DEVNET_COUNT"
    assert value(flags, {}, file).count == 1
    assert settings(flags, {}, file).origins["--count"] == "net.toml: devnet.count"
    assert settings(flags).origins["count"] == "--count"


# --- wrong values


def test_a_class_can_know_what_was_given() -> None:
    """Also when it is what the default would have been."""
    sources = Sources({"seed": "0"}, {"PYOPROLLUP_DEVNET_ACCOUNTS": "3"}, {"devnet": {"block-time": 2}})
    (network,) = read_settings("devnet", [NetworkOptions], sources).values
    assert network.given == {"seed", "accounts", "block_time"}
    assert "given" not in {each.field for each in options_of(NetworkOptions)}


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("count", "x", "--count: 'x' is not a whole number"),
        ("count", "1.0", "--count: '1.0' is not a whole number"),
        ("count", "9" * 100, "is not a whole number"),
        ("share", "much", "--share: 'much' is not a number"),
        ("color", "green", "--color: 'green' is none of red, blue"),
        ("numbers", ["1", "b"], "--number: 'b' is not a whole number"),
    ],
)
def test_wrong_flags(field: str, text: Any, message: str) -> None:
    with pytest.raises(typer.BadParameter, match=re.escape(message)):
        settings({"name": "a", field: text})


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("COUNT", "x", "'x' is not a whole number"),
        ("NUMBER", "1,,2", "'' is not a whole number"),
        ("LOUD", "maybe", "'maybe' is neither true nor false"),
        ("COUNT", "-1", "must not be negative, as -1 is"),
    ],
)
def test_wrong_variables(variable: str, text: str, message: str) -> None:
    name = f"PYOPROLLUP_DEVNET_{variable}"
    with pytest.raises(ConfigError, match=re.escape(f"{name}: {message}")):
        settings({"name": "a"}, {name: text})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("count = '1'", "count: '1' is not a whole number"),
        ("count = true", "count: True is not a whole number"),
        ("count = 1.0", "count: 1.0 is not a whole number"),
        ("count = -1", "count: must not be negative, as -1 is"),
        ("share = true", "share: True is not a number"),
        ("color = 'green'", "color: 'green' is none of red, blue"),
        ("name = 1", "name: 1 is not text"),
        ("loud = 1", "loud: 1 is not true or false"),
        ("number = 1", "number: 1 is not an array"),
        ("number = [1, [2]]", "number: [2] is not a whole number"),
        ("[count]", "count: {} is not a whole number"),
        ("nothing = 1", "nothing: there is no such option"),
        ("the_file = 'x'", "the_file: there is no such option"),
    ],
)
def test_wrong_keys_and_values_in_a_file(line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"net.toml: devnet.{message}")):
        settings({"name": "a"} if "name" not in line else {}, {}, line)


def test_a_required_option_may_come_from_anywhere() -> None:
    with pytest.raises(typer.BadParameter, match=r"Missing option '--name'\."):
        settings()
    assert value(environ={"PYOPROLLUP_DEVNET_NAME": "b"}).name == "b"
    assert value(file="name = 'c'").name == "c"


@given(st.text(max_size=20))
def test_arbitrary_text_is_a_value_or_a_typed_error(text: str) -> None:
    for each in options_of(Example):
        for flags, environ in (
            ({each.field: [text] if each.repeated else text}, {}),
            ({}, {each.variable("devnet"): text}),
        ):
            try:
                settings({"name": "a", **flags}, environ)
            except (ConfigError, typer.BadParameter) as exc:
                assert each.flag in str(exc) or each.variable("devnet") in str(exc)


def test_errors_of_a_command_name_what_gave_the_value() -> None:
    made = settings({"name": "a"}, {"PYOPROLLUP_DEVNET_THE_FILE": "x"}, "count = 1")
    for error, message in (
        (ConfigError("--the-file: cannot read x"), "PYOPROLLUP_DEVNET_THE_FILE: cannot read x"),
        (ConfigError("count: 1: bad"), "net.toml: devnet.count: 1: bad"),
        (typer.BadParameter("--count: too much"), "net.toml: devnet.count: too much"),
        (ConfigError("--name: bad"), "--name: bad"),
        (ConfigError("something: else"), "something: else"),
        (DecodeError("--name: bad"), "--name: bad"),
    ):
        with pytest.raises(type(error)) as caught, made.named():
            raise error
        assert str(caught.value) == message
    with pytest.raises(ConfigError, match=r"^PYOPROLLUP_DEVNET_THE_FILE: cannot read"), made.named():
        raise DecodeError("--the-file: cannot read x")


# --- files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("= 1", "is not TOML: "),
        ("a = '\x00'", "is not TOML: "),
        ("a = " + "[" * 5000, "is not TOML: "),
        ("[nothing]", f"nothing is not a section; there are {', '.join(SERVICES)}"),
        ("devnet = 1", "devnet is not a section"),
        ("l1-blocks = 1", "l1-blocks is not a section"),
    ],
)
def test_files_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "net.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        read_config(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--config: cannot read .*: No such file"):
        read_config(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not TOML"):
        read_config(tmp_path / "bytes")


def test_a_file_for_several_services(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text("[devnet]\nseed = 4\n[engine]\narchive = true\n")
    assert read_config(path) == {"devnet": {"seed": 4}, "engine": {"archive": True}}
    assert "--datadir" in run("engine", "--config", path, "--genesis", "x", code=2).err
    path.write_text("[engine]\nport = 1\n")
    told = f"error: {path}: engine.port: there is no such option\n"
    assert run("engine", "--config", path, code=1).err == told


# --- commands


def invoke(*arguments: str) -> tuple[int, str, list[Example]]:
    taken: list[Example] = []

    @service_command("devnet", Example)
    def example(options: Example) -> None:
        """An example."""
        taken.append(options)

    app = typer.Typer(rich_markup_mode=None)
    app.command()(example)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output, taken


def test_a_command_takes_an_instance() -> None:
    code, _, taken = invoke("--name", "a", "--number", "1", "--number", "2", "--no-kind", "--loud")
    assert (code, taken) == (0, [Example(name="a", numbers=(1, 2), kind=False, loud=True)])
    assert invoke("--name", "a", "--kind")[2] == [Example(name="a")]
    code, out, taken = invoke("--name", "a", "--count", "x")
    assert (code, taken) == (2, []) and "--count: 'x' is not a whole number" in out
    code, out, _ = invoke()
    assert code == 2 and "Missing option '--name'." in out


def test_help_says_defaults() -> None:
    code, out, _ = invoke("--help")
    text = " ".join(out.split())
    assert code == 0
    for part in (
        "An example.",
        "--name NAME Who it is. [required]",
        "--count N How many. [default: 3 s]",
        "--kind / --no-kind With care. [default: yes]",
        "--loud With noise. --kind",
        "--the-file FILE Where | what. --number",
        "--config FILE",
    ):
        assert part in text


def test_the_table() -> None:
    rows = options_table("devnet", Example).splitlines()
    assert rows[0] == "| Option | Environment | Default | What it is |"
    assert rows[2] == "| `--name NAME` | `PYOPROLLUP_DEVNET_NAME` | required | Who it is. |"
    assert rows[3] == "| `--count N` | `PYOPROLLUP_DEVNET_COUNT` | 3 s | How many. |"
    assert rows[6] == "| `--the-file FILE` | `PYOPROLLUP_DEVNET_THE_FILE` |  | Where \\| what. |"
    assert rows[9] == "| `--kind`, `--no-kind` | `PYOPROLLUP_DEVNET_KIND` | yes | With care. |"


@pytest.mark.parametrize("classes", [(NetworkOptions, RunOptions), (EngineOptions, PortOptions)])
def test_options_of_a_service_do_not_clash(classes: tuple[type, ...]) -> None:
    options = options_of(*classes)
    flags = [flag for each in options for flag in (each.flag, each.no_flag) if flag] + ["--config"]
    assert len(set(flags)) == len(flags) and all(re.fullmatch(r"--[a-z0-9-]+", flag) for flag in flags)
    assert len({each.field for each in options}) == len(options)
    assert all(each.help.endswith(".") for each in options)
