"""``pyoprollup engine``: a process that a consensus client can drive, and that finds its chain again."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.engine import ForkchoiceState
from pyoprollup.engine.client import HttpEngine
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, to_hex
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store.sqlite import SqliteStore
from pyoprollup.rollup import execution_config
from pyoprollup.rollup.fork import Fork
from pyoprollup.rpc.errors import JsonRpcError, RpcError
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.jwt import read_secret
from tests.support import ROOT
from tests.unit.cli.support import run
from tests.unit.evm.support import CHAIN_ID, SENDER, config, transfer
from tests.unit.execution.rpc.support import BURNER, advance, genesis_json, l1_attributes

CONFIG = config(Fork.JOVIAN)


def write_genesis(folder: Path) -> Path:
    value = genesis_json(CONFIG)
    value["config"] |= {f"{fork.name.lower()}Time": 0 for fork in Fork if Fork.BEDROCK < fork <= Fork.JOVIAN}
    value["config"]["optimism"] = {
        "eip1559Elasticity": 6,
        "eip1559Denominator": 50,
        "eip1559DenominatorCanyon": 250,
    }
    path = folder / "genesis.json"
    path.write_text(json.dumps(value))
    return path


@contextmanager
def running(genesis: Path, datadir: Path, *options: str) -> Iterator[tuple[list[str], str, str]]:
    """What the process prints at its start, and its two addresses. It must end well when it is told to."""
    start = "from pyoprollup.cli.main import main; main()"
    command = [sys.executable, "-c", start, "engine", "--genesis", str(genesis)]
    command += ["--datadir", str(datadir), "--auth-port", "0", "--http-port", "0", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout and process.stderr
    try:
        lines = [process.stdout.readline().strip() for _ in range(4)]
        assert process.poll() is None and lines[-1], process.stderr.read()
        yield lines, lines[2].split()[-1], lines[3].split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert not re.search("defect|Traceback", errors)


@pytest.mark.slow
def test_a_chain_survives_its_process(tmp_path: Path) -> None:
    genesis, datadir = write_genesis(tmp_path), tmp_path / "data" / "engine"
    with running(genesis, datadir) as (lines, engine_url, url):
        secret = read_secret(datadir / "jwt.hex")
        assert lines[0] == f"engine of chain {CHAIN_ID}"
        assert re.fullmatch(r"head +0 0x[0-9a-f]{64}", lines[1])
        with HttpEngine(CONFIG, engine_url, secret) as engine, JsonRpcClient(url) as rpc:
            parent = engine.payload_by_label(BlockLabel.UNSAFE).payload
            sent = rpc.call("eth_sendRawTransaction", to_hex(transfer(1)))
            block = advance(engine, CONFIG, parent, [l1_attributes(Fork.JOVIAN), transfer(0)])
            assert rpc.call("eth_getTransactionCount", to_hex(SENDER), "latest") == "0x1"
            assert rpc.call("eth_getTransactionByHash", sent)["nonce"] == "0x1"
            assert rpc.call("rpc_modules") == dict.fromkeys(("eth", "net", "web3", "rpc"), "1.0")
    assert (datadir / "jwt.hex").stat().st_mode & 0o077 == 0
    other = tmp_path / "secret"
    other.write_text("11" * 32)
    with running(genesis, datadir, "--jwt-secret", str(other)) as (lines, engine_url, _):
        assert lines[1].endswith(to_hex(block.payload.block_hash))
        with HttpEngine(CONFIG, engine_url, b"\x11" * 32) as engine:
            assert engine.payload_by_label(BlockLabel.UNSAFE) == block


@pytest.mark.slow
def test_an_empty_engine_gets_its_chain_from_another(tmp_path: Path) -> None:
    """The consensus client shows it the tip, as with execution-layer sync, and asks until it is there."""
    genesis = write_genesis(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("22" * 32)
    with (
        running(genesis, tmp_path / "first", "--jwt-secret", str(secret)) as (_, first_url, open_url),
        running(genesis, tmp_path / "second", "--jwt-secret", str(secret), "--sync-from", open_url) as (
            _,
            second_url,
            _,
        ),
        HttpEngine(CONFIG, first_url, b"\x22" * 32) as first,
        HttpEngine(CONFIG, second_url, b"\x22" * 32) as second,
    ):
        block = first.payload_by_label(BlockLabel.UNSAFE)
        for number in range(1, 6):
            block = advance(first, CONFIG, block.payload, [l1_attributes(Fork.JOVIAN, number)])
        state = ForkchoiceState(block.payload.block_hash, ZERO_HASH, ZERO_HASH)
        assert second.new_payload(block).status == "SYNCING"
        deadline = time.monotonic() + 30
        while second.forkchoice_updated(state, None).payload_status.status != "VALID":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert second.payload_by_label(BlockLabel.UNSAFE) == block


def failed(*arguments: Any, code: int = 1) -> str:
    return run("engine", *arguments, code=code).err


def test_what_stops_it_at_the_start(tmp_path: Path) -> None:
    genesis, data = write_genesis(tmp_path), tmp_path / "data"
    options = ("--genesis", genesis, "--datadir", data, "--auth-port", "0", "--http-port", "0")
    (tmp_path / "bad").write_text("0x12")
    assert "expected 32 bytes in hex" in failed(*options, "--jwt-secret", tmp_path / "bad")
    assert "cannot read" in failed(*options, "--jwt-secret", tmp_path / "none")
    assert "--chain or --rollup-config" in failed(*options, "--chain", "x", "--rollup-config", "y", code=2)
    assert "cannot listen" in failed(*options, "--http-port", "70000")
    assert "--http-api: 'shh' is none of admin, debug" in failed(*options, "--http-api", "eth,shh")
    assert "'soon' is not a time such as 5s" in failed(*options, "--rpc-evmtimeout", "soon", code=2)
    for url in ("http://[", "localhost:8545", "http://", "ftp://a"):
        assert "is not an address" in failed(*options, "--sync-from", url, code=2)
    assert not data.exists()
    value = json.loads(genesis.read_text())
    config = execution_config(value["config"])
    data.mkdir()
    store = SqliteStore(data / "chain.sqlite")
    InProcessEngine.from_genesis(config, value, store)
    store.close()
    assert "the database is not an archive" in failed(*options, "--archive")
    genesis.write_text(json.dumps(value | {"timestamp": "0x5"}))
    assert "the database is of chain 901" in failed(*options)
    genesis.write_text(json.dumps(value | {"config": None}))
    assert "genesis.config: there is none" in failed(*options)
    genesis.write_text("[]")
    assert "genesis.config: there is none" in failed(*options)
    (tmp_path / "file").write_text("")
    assert "--datadir" in failed("--genesis", write_genesis(tmp_path), "--datadir", tmp_path / "file" / "x")


def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """The port is taken: neither a folder, nor anything in a folder that was there."""
    genesis, there = write_genesis(tmp_path), tmp_path / "there"
    there.mkdir()
    (there / "notes").write_text("mine")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for folder in (tmp_path / "a" / "b", there):
            port = str(taken.getsockname()[1])
            assert "cannot listen" in failed("--genesis", genesis, "--datadir", folder, "--auth-port", port)
    assert not (tmp_path / "a").exists()
    assert [path.name for path in there.iterdir()] == ["notes"]


def start(genesis: Path, datadir: Path, *options: str) -> tuple[subprocess.Popen[str], list[str]]:
    """A process, and what it has printed."""
    command = [sys.executable, "-m", "pyoprollup", "engine", "--genesis", str(genesis)]
    command += ["--datadir", str(datadir), "--auth-port", "0", "--http-port", "0", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    return process, [process.stdout.readline().strip() for _ in range(5)]


@pytest.mark.slow
def test_what_it_says(tmp_path: Path) -> None:
    """Where the secret is, a line for each call if wanted, and good bye."""
    genesis, datadir = write_genesis(tmp_path), tmp_path / "data"
    process, lines = start(
        genesis, datadir, "--log.level", "debug", "--log-format", "json", "--http.api", "eth, miner"
    )
    assert lines[4] == f"JWT secret  {datadir / 'jwt.hex'}"
    with JsonRpcClient(lines[3].split()[-1]) as rpc:
        assert rpc.call("miner_setMaxDASize", "0x1", "0x1") is True
        assert set(rpc.call("rpc_modules")) == {"eth", "miner", "rpc"}
        with pytest.raises(JsonRpcError):
            rpc.call("net_version")
    with HttpEngine(CONFIG, lines[2].split()[-1], read_secret(datadir / "jwt.hex")) as engine:
        parent = engine.payload_by_label(BlockLabel.UNSAFE).payload
        block = advance(engine, CONFIG, parent, [l1_attributes(Fork.JOVIAN)])
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.splitlines() == [f"stopped at block 1 {to_hex(block.payload.block_hash)}"]
    told = [json.loads(line) for line in err.splitlines()]
    assert {(each["msg"], each.get("method")) for each in told} >= {
        ("served", "miner_setMaxDASize"),
        ("served", "net_version"),
        ("served", "engine_newPayloadV4"),
        ("new-head", None),
    }
    assert {each["lvl"] for each in told} == {"debug", "info"}


@pytest.mark.slow
def test_a_call_that_runs_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    process, lines = start(
        write_genesis(tmp_path), tmp_path / "data", "--rpc.evmtimeout", "0", "--rpc-gascap", "0"
    )
    burn = {"to": to_hex(BURNER), "gas": hex(10**12)}
    with ThreadPoolExecutor(1) as clients, JsonRpcClient(lines[3].split()[-1]) as rpc:
        call = clients.submit(rpc.call, "eth_call", burn)
        with pytest.raises(TimeoutError):
            call.result(0.5)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        assert out.startswith("stopped at block 0")
        with pytest.raises(RpcError):
            call.result(30)


def test_the_configuration_of_the_options_counts(tmp_path: Path) -> None:
    genesis = write_genesis(tmp_path)
    wrong = tmp_path / "rollup.json"
    wrong.write_text("{}")
    assert "rollup.json" in failed("--genesis", genesis, "--datadir", tmp_path, "--rollup-config", wrong)


def test_metrics(tmp_path: Path) -> None:
    """Heads, the pool, and calls by method; a method that there is not makes no label of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("--metrics-enabled", f"--metrics-port={port}")
    with running(write_genesis(tmp_path), tmp_path / "data", *options) as (_, _, http):
        with JsonRpcClient(http) as rpc:
            assert rpc.call("eth_blockNumber") == "0x0"
            with pytest.raises(JsonRpcError):
                rpc.call("eth_nonsense")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            text = page.read().decode()
    assert 'pyoprollup_engine_head_number{type="unsafe"} 0.0' in text
    assert 'pyoprollup_engine_txpool{type="pending"} 0.0' in text
    assert 'pyoprollup_engine_rpc_server_requests_total{method="eth_blockNumber"} 1.0' in text
    assert "nonsense" not in text
