"""``pyoprollup node``, ``batcher`` and ``proposer``: what they refuse, and that they end when told to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyoprollup.devnet.devnet import devnet_genesis
from pyoprollup.devnet.info import export_devnet
from pyoprollup.devnet.options import DevnetOptions
from tests.support import ROOT
from tests.unit.cli.support import run

KEY = "0x" + "4b" * 32
PATIENCE = 60
"""Seconds after which a test gives up; a service has ten to end."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    export_devnet(devnet_genesis(DevnetOptions()), folder)
    (folder / "jwt.hex").write_text("0x" + "11" * 32)
    return folder


def node_options(files: Path, **changes: str) -> list[str]:
    options = {
        "rollup-config": str(files / "rollup.json"),
        "l1-chain-config": str(files / "l1_chain_config.json"),
        "l1": "http://127.0.0.1:1",
        "l1-beacon": "http://127.0.0.1:1",
        "l2": "http://127.0.0.1:1",
        "l2-jwt-secret": str(files / "jwt.hex"),
        "rpc-port": "0",
        **changes,
    }
    return [f"--{name}={value}" for name, value in options.items() if value]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"rollup-config": ""}, "--network: give --network or --rollup-config"),
        ({"l1-chain-config": ""}, "--l1-chain-config: the blob schedule of L1 chain 900 is not known"),
        ({"l1-beacon": ""}, "--l1-beacon: the chain may have blobs"),
        ({"l1": "file:///etc/passwd"}, "the URL must begin with http"),
        ({"l2-jwt-secret": "nothing.hex"}, "cannot read nothing.hex"),
        ({"l1-http-poll-interval": "0"}, "--l1-http-poll-interval: must be above 0, not 0"),
        ({"l1-max-concurrency": "0"}, "--l1-max-concurrency: at least 1, not 0"),
        ({"conductor-rpc": "http://127.0.0.1:1"}, "--sequencer-enabled: must be enabled for a conductor"),
    ],
)
def test_a_node_names_the_option_that_is_wrong(files: Path, changes: dict[str, str], text: str) -> None:
    assert text in run("node", *node_options(files, **changes), code=1).err


def test_options_come_from_the_environment_and_from_a_file(
    files: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYOPROLLUP_NODE_L1_MAX_CONCURRENCY", "0")
    error = run("node", *node_options(files), code=1).err
    assert "PYOPROLLUP_NODE_L1_MAX_CONCURRENCY: at least 1, not 0" in error
    monkeypatch.delenv("PYOPROLLUP_NODE_L1_MAX_CONCURRENCY")
    (tmp_path / "a.toml").write_text("[node]\nl1-max-concurrency = -1\n")
    error = run("node", *node_options(files, config=str(tmp_path / "a.toml")), code=1).err
    assert "node.l1-max-concurrency: at least 1, not -1" in error


def test_the_names_of_op_nodes_flags_are_known(files: Path) -> None:
    options = [
        *("--rollup.config", str(files / "rollup.json"), "--l1", "http://127.0.0.1:1", "--l1.beacon.ignore"),
        *("--l2", "http://127.0.0.1:1", "--l2.jwt-secret", str(files / "jwt.hex"), "--rpc.port", "0"),
    ]
    assert "blob schedule" in run("node", *options, code=1).err


SENDERS = {
    "batcher": ["--l2-eth-rpc=http://127.0.0.1:1"],
    "proposer": ["--game-factory-address=0x" + "11" * 20, "--proposal-interval=60"],
}


@pytest.mark.parametrize("service", SENDERS)
def test_a_key_is_wanted_and_never_shown(service: str, tmp_path: Path) -> None:
    options = [
        "--l1=http://127.0.0.1:1",
        "--rollup-rpc=http://127.0.0.1:1",
        "--rpc-port=0",
        *SENDERS[service],
    ]
    assert "--private-key: give --private-key or --private-key-file" in run(service, *options, code=1).err
    file = tmp_path / "key"
    file.write_text("secret" * 10)
    for option, value in (("--private-key", KEY[:-2]), ("--private-key-file", str(file))):
        error = run(service, *options, f"{option}={value}", code=1).err
        assert f"{option}: expected 32 bytes in hex" in error
        assert "4b4b" not in error and "secret" not in error


@contextmanager
def deaf() -> Iterator[str]:
    """A server that takes connections, and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    for connection in kept:
        connection.close()


def ended(service: str, options: list[str], sign: str) -> int:
    """Start a service, tell it to end once its log says ``sign``; returns the exit code."""
    start = "from pyoprollup.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, service, *options], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if sign in line:
                break
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.slow
def test_a_service_that_waits_ends_when_it_is_told_to(files: Path) -> None:
    """For an L1 that refuses connections, and for a rollup node that takes them and says nothing."""
    assert ended("node", node_options(files), "waiting-for-l1") == 0
    with deaf() as url:
        options = [f"--l1={url}", f"--rollup-rpc={url}", "--network-timeout=1", f"--private-key={KEY}"]
        assert ended("batcher", [*options, *SENDERS["batcher"], "--rpc-port=0"], "waiting-for-rollup") == 0


@pytest.mark.slow
def test_a_start_that_hangs_is_ended(files: Path) -> None:
    """An L1 that takes connections and says nothing: the request is given up within its time."""
    with deaf() as url:
        assert ended("node", node_options(files, l1=url, **{"l1-timeout": "1"}), "waiting-for-l1") in (0, 1)
