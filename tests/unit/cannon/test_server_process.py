"""Hosts in processes of their own, hostile ones included."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from pyoprollup.cannon import server_process
from pyoprollup.cannon.errors import PreimageError
from pyoprollup.cannon.server_process import ServerProcess
from pyoprollup.eth.crypto import keccak256
from pyoprollup.preimage import keccak256_key
from tests.support import ROOT

DATA = bytes(range(256)) * 1000
KEY = keccak256_key(keccak256(DATA))


def server(folder: Path, *fault: str, silence: float = 20.0) -> ServerProcess:
    table = folder / "table.json"
    table.write_text(json.dumps({"0x" + KEY.hex(): "0x" + DATA.hex()}))
    command = [sys.executable, "-m", "tests.unit.cannon.host", str(table), *fault]
    return ServerProcess(command, silence=silence, environment={"PYTHONPATH": str(ROOT)})


def test_a_host_serves(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with server(tmp_path) as host:
        host.hint(b"")
        host.hint(b"l1-block-header 0x00 " + b"x" * 100_000)
        assert host.get(KEY) == DATA
        assert host.get(KEY) == DATA
        assert host.close() == 0
    out, err = capfd.readouterr()
    assert (
        out == ""
        and err.splitlines()[0] == "hint "
        and err.splitlines()[1].startswith("hint l1-block-header")
    )


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        ("wrong", "1 bytes with the hash"),
        ("endless", "a pre-image of 18446744073709551615 bytes"),
        ("half", "96 bytes short of 100; it ended with 3"),
        ("close", "8 bytes short of 8; it ended with 4"),
        ("silent", "nothing from the other side for 2"),
    ],
)
def test_a_hostile_host_is_an_error(
    tmp_path: Path, fault: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_process, "PATIENCE", ((0.1, 2), (1.0, 9)))
    host = server(tmp_path, fault, silence=2.0 if fault == "silent" else 20.0)
    with host, pytest.raises(PreimageError, match=wrong):
        host.get(KEY)


def test_a_missing_key_ends_the_host(tmp_path: Path) -> None:
    with server(tmp_path) as host, pytest.raises(PreimageError, match="8 bytes short of 8; it ended with 1"):
        host.get(bytes(32))


def test_a_host_that_stays_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_process, "PATIENCE", ((0.2, 2), (0.2, 9)))
    host = server(tmp_path, "stay")
    host.hint(b"started")
    began = time.monotonic()
    assert host.close() < 0 or host.close() == 1
    assert time.monotonic() - began < 30


def test_a_program_that_is_not_there() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(PreimageError, match="cannot be started"):
        ServerProcess(["/nowhere/at-all"])
    assert len(os.listdir("/proc/self/fd")) == before
