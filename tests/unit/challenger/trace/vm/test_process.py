"""Processes: that they are followed, and that they end."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from pyoprollup.challenger.trace.vm import process as process_module
from pyoprollup.challenger.trace.vm.errors import VmFailed, VmPanicked, VmStopped, VmTimedOut
from pyoprollup.challenger.trace.vm.process import MAX_LINE, SubprocessRunner

LONG = 60.0


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def run(code: str, limit: float = LONG, runner: SubprocessRunner | None = None) -> tuple[bytes, list[str]]:
    lines: list[str] = []
    return (runner or SubprocessRunner()).run(python(code), limit, lines.append), lines


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def assert_ends(pid: int) -> None:
    for _ in range(100):
        if not is_running(pid):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")


def test_output_and_lines() -> None:
    said, lines = run(
        "import sys; print('result'); sys.stderr.write('one\\n\\ntwo\\xff\\n'); sys.stderr.write('three')"
    )
    assert said == b"result\n"
    assert lines[0] == "one" and lines[1].startswith("two") and lines[2:] == ["three"]


def test_standard_input_is_empty() -> None:
    assert run("import sys; print(repr(sys.stdin.read()))")[0] == b"''\n"


@pytest.mark.parametrize(("code", "kind"), [(1, VmFailed), (2, VmPanicked), (77, VmFailed)])
def test_other_codes_than_zero(code: int, kind: type[VmFailed]) -> None:
    with pytest.raises(VmFailed, match=f"code {code}: last words") as caught:
        run(f"import sys; print('last words', file=sys.stderr); sys.exit({code})")
    assert type(caught.value) is kind


def test_a_killed_process() -> None:
    with pytest.raises(VmFailed, match="code -9"):
        run("import os; os.kill(os.getpid(), 9)")


def test_what_cannot_be_started(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    for command in ([str(tmp_path / "none")], [str(plain)], [str(tmp_path)], ["a\0b"]):
        with pytest.raises(VmFailed, match="cannot be started"):
            SubprocessRunner().run(command, LONG, lambda _line: None)


def test_a_stuck_process_and_its_children_are_ended(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "print('now I sleep', file=sys.stderr, flush=True)\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(VmTimedOut, match=r"longer than 2 s and was ended: now I sleep"):
        run(code, 2.0)
    assert_ends(int((tmp_path / "pid").read_text()))


def test_a_child_that_holds_on_to_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends, its child does not: that is waited for a while, and then ended."""
    monkeypatch.setattr(process_module, "_PATIENCE", 0.5)
    code = (
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "print('done')\n"
    )
    assert run(code)[0] == b"done\n"
    assert_ends(int((tmp_path / "pid").read_text()))


def test_a_process_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, time\n"
        "os.close(1); os.close(2); time.sleep(0.5)\n"
        f"pathlib.Path({str(tmp_path / 'done')!r}).write_text('')\n"
    )
    assert run(code) == (b"", [])
    assert (tmp_path / "done").exists()
    with pytest.raises(VmTimedOut):
        run("import os, time; os.close(1); os.close(2); time.sleep(600)", 1.0)


def test_it_ends_when_the_service_stops() -> None:
    asked = iter([False, False, True])
    with pytest.raises(VmStopped):
        run("import time; time.sleep(600)", runner=SubprocessRunner(lambda: next(asked, True)))


def test_output_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "MAX_OUTPUT", 1000)
    said, lines = run(
        "import sys; sys.stdout.write('o' * 300000); sys.stderr.write('e' * 300000)",
        runner=SubprocessRunner(),
    )
    assert said == b"o" * 1000
    assert max(map(len, lines)) <= MAX_LINE


def test_a_callback_that_raises_ends_the_process() -> None:
    def refuse(line: str) -> None:
        raise VmFailed(line)

    code = "import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(600)"
    with pytest.raises(VmFailed) as caught:
        SubprocessRunner().run(python(code), LONG, refuse)
    assert_ends(int(str(caught.value)))
    assert os.getpid() != int(str(caught.value))
