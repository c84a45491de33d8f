"""Networks of processes, ours and the reference's in any mixture, on the loopback interface.

Each process writes a log into the test's folder; the ends of the logs are in the message of a test that
waited in vain.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pyoprollup.devcontracts import contract
from pyoprollup.errors import RollupError
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.rpc.http_client import JsonRpcClient

T = TypeVar("T")
PATIENCE = 180.0
"""Seconds after which a test gives up: far more than anything takes on a machine that is not busy."""
_SHOWN_LINES = 25


def free_port() -> int:
    """A port that nobody listens on, now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_ports(count: int) -> int:
    """The first of some ports in a row that nobody listens on, now."""
    while True:
        first = free_port()
        try:
            with ExitStack() as stack:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            continue
        return first


class Running:
    """A process. It can be killed, and begun anew with the same arguments."""

    def __init__(
        self, name: str, command: list[str], log: Path, stdin: bytes, env: Mapping[str, str]
    ) -> None:
        self.name, self.log = name, log
        self._command, self._stdin, self._env = command, stdin, env
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, "GOMAXPROCS": "1", **self._env},
            )
        if self._stdin:
            assert process.stdin
            process.stdin.write(self._stdin)
            process.stdin.flush()
        return process

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """As a power failure would."""
        self.process.kill()
        self._gone()

    def stop(self) -> int:
        """In good order; returns the exit code."""
        if self.runs:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self._gone()
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self._gone()

    def _gone(self) -> int:
        if self.process.stdin:
            self.process.stdin.close()
        return self.process.wait(20)

    def start_again(self) -> None:
        assert not self.runs
        self.process = self._start()

    def tail(self, lines: int = _SHOWN_LINES) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Network:
    """All processes of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: dict[str, Running] = {}
        self.clients: dict[str, JsonRpcClient] = {}
        self.jwt = folder / "jwt.hex"
        self.jwt.write_text(secrets.token_hex(32))

    def run(
        self, name: str, *command: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> Running:
        """Start a process."""
        made = Running(name, [str(part) for part in command], self.folder / f"{name}.log", stdin, env or {})
        self.parts[name] = made
        return made

    def ours(self, name: str, *arguments: str | Path) -> Running:
        """Start a command of ours."""
        return self.run(name, sys.executable, "-m", "pyoprollup", *arguments)

    def rpc(self, url: str) -> JsonRpcClient:
        """A client, the same for the same URL."""
        if url not in self.clients:
            self.clients[url] = JsonRpcClient(url, timeout=20)
        return self.clients[url]

    def ask(self, url: str, method: str, *params: Any) -> Any:
        """The result of a call; ``None`` while there is none."""
        try:
            return self.rpc(url).call(method, *params)
        except RollupError:
            return None

    def wait(self, what: str, look: Callable[[], T | None], patience: float = PATIENCE) -> T:
        """Wait until there is something to be seen."""
        end = time.monotonic() + patience
        while True:
            if found := look():
                return found
            dead = [part.name for part in self.parts.values() if not part.runs]
            if time.monotonic() > end or dead:
                raise AssertionError(self._report(f"waited for {what}; dead: {dead or 'none'}"))
            time.sleep(0.25)

    def _report(self, text: str) -> str:
        tails = (f"--- {name}\n{part.tail()}" for name, part in self.parts.items())
        return "\n".join([text, *tails])

    def close(self) -> None:
        for client in self.clients.values():
            client.close()
        for part in reversed(self.parts.values()):
            part.stop()

    # --- what is asked of everybody

    def head(self, url: str, label: str = "latest") -> int:
        """Number of a block by label; -1 if there is no answer."""
        block = self.ask(url, "eth_getBlockByNumber", label, False)
        return -1 if block is None else int(block["number"], 16)

    def status(self, url: str) -> dict[str, Any]:
        """``optimism_syncStatus``, empty without an answer."""
        return self.ask(url, "optimism_syncStatus") or {}

    def safe(self, url: str) -> int:
        """Number of the safe head by a rollup node."""
        number: int = self.status(url).get("safe_l2", {}).get("number", -1)
        return number

    def hashes(self, url: str, last: int, first: int = 0) -> list[str]:
        """Hashes of L2 blocks by an execution client."""
        return [
            self.rpc(url).call("eth_getBlockByNumber", hex(number), False)["hash"]
            for number in range(first, last + 1)
        ]


@contextmanager
def network(folder: Path) -> Iterator[Network]:
    made = Network(folder)
    try:
        yield made
    finally:
        made.close()


# --- the parts


class Devnet:
    """``pyoprollup devnet --serve`` and its files. With ``kept`` it can be killed and begun anew."""

    def __init__(self, net: Network, *options: str, kept: bool = False) -> None:
        self.files = net.folder / "files"
        self.datadir = net.folder / "devnet.data"
        names = ("l1", "beacon", "l2", "rollup")
        ports = [f"--{name}-port={free_ports(3) if kept else 0}" for name in names]
        keeps = ["--datadir", str(self.datadir)] if kept else []
        self.part = net.ours(
            "devnet", "devnet", "--serve", "--json", "--export", self.files, *ports, *keeps, *options
        )
        self.info: dict[str, Any] = net.wait("the devnet", self._info)

    def _info(self) -> dict[str, Any] | None:
        lines = self.part.log.read_text().splitlines()
        return json.loads(lines[0]) if lines and lines[0].endswith("}") else None

    def url(self, name: str) -> str:
        url: str = self.info["endpoints"][name]
        return url


class OpGeth:
    """op-geth as a process, see ``opgeth/main.go``. Its state is in memory."""

    def __init__(self, net: Network, program: Path, genesis: Path, name: str = "op-geth") -> None:
        setup = {"genesis": json.loads(genesis.read_text()), "jwt": net.jwt.read_text()}
        self.part = net.run(name, program, stdin=json.dumps(setup).encode() + b"\n")
        ready = net.wait(name, self._ready)
        self.engine, self.http = ready["engine"], ready["http"]

    def _ready(self) -> dict[str, str] | None:
        lines = [line for line in self.part.log.read_text().splitlines() if line.startswith('{"http"')]
        return json.loads(lines[-1]) if lines else None


class OurEngine:
    """``pyoprollup engine``."""

    def __init__(self, net: Network, genesis: Path, *options: str, name: str = "engine") -> None:
        auth, http = free_port(), free_port()
        self.engine, self.http = f"http://127.0.0.1:{auth}", f"http://127.0.0.1:{http}"
        self.part = net.ours(
            *(name, "engine", "--genesis", genesis, "--datadir", net.folder / name, "--jwt-secret", net.jwt),
            *(f"--auth-port={auth}", f"--http-port={http}", *options),
        )
        net.wait(name, lambda: net.ask(self.http, "eth_chainId"))


class OpNode:
    """op-node, without gossip."""

    def __init__(
        self,
        net: Network,
        program: Path,
        files: Path,
        l1: str,
        engine: str,
        *options: str,
        beacon: str = "",
        name: str = "op-node",
    ) -> None:
        port = free_port()
        self.rollup = f"http://127.0.0.1:{port}"
        blobs = f"--l1.beacon={beacon}" if beacon else "--l1.beacon.ignore"
        self.part = net.run(
            *(name, program, f"--l1={l1}", blobs, "--l1.rpckind=standard", "--l1.http-poll-interval=1s"),
            *("--l1.epoch-poll-interval=2s", f"--l2={engine}", f"--l2.jwt-secret={net.jwt}"),
            *(f"--rollup.config={files / 'rollup.json'}", "--verifier.l1-confs=0", "--p2p.disable"),
            *(f"--rollup.l1-chain-config={files / 'l1_chain_config.json'}", "--rpc.addr=127.0.0.1"),
            *(f"--rpc.port={port}", "--rpc.enable-admin", "--ignore-missing-pectra-blob-schedule", *options),
        )
        net.wait(name, lambda: net.status(self.rollup))


class OurNode:
    """``pyoprollup node``."""

    def __init__(
        self,
        net: Network,
        files: Path,
        l1: str,
        engine: str,
        *options: str,
        beacon: str = "",
        name: str = "node",
    ) -> None:
        port = free_port()
        self.rollup = f"http://127.0.0.1:{port}"
        blobs = f"--l1-beacon={beacon}" if beacon else "--l1-beacon-ignore"
        self.part = net.ours(
            *(name, "node", f"--l1={l1}", blobs, f"--l2={engine}", f"--l2-jwt-secret={net.jwt}"),
            *(f"--rollup-config={files / 'rollup.json'}", "--l1-http-poll-interval=1"),
            *(f"--l1-chain-config={files / 'l1_chain_config.json'}", "--l1-epoch-poll-interval=2"),
            *(f"--safedb-path={net.folder / (name + '.safe')}", f"--rpc-port={port}", "--rpc-enable-admin"),
            *options,
        )
        net.wait(name, lambda: net.status(self.rollup))


class OpBatcher:
    """op-batcher for one node and its engine."""

    def __init__(
        self,
        net: Network,
        program: Path,
        l1: str,
        engine: str,
        rollup: str,
        key: str,
        *options: str,
        name: str = "op-batcher",
    ) -> None:
        port = free_port()
        self.rpc = f"http://127.0.0.1:{port}"
        self.part = net.run(
            *(name, program, f"--l1-eth-rpc={l1}", f"--l2-eth-rpc={engine}", f"--rollup-rpc={rollup}"),
            *(f"--private-key={key}", "--poll-interval=500ms", "--max-channel-duration=2"),
            *("--sub-safety-margin=4", "--num-confirmations=1", "--txmgr.receipt-query-interval=500ms"),
            *("--rpc.addr=127.0.0.1", f"--rpc.port={port}", "--rpc.enable-admin", *options),
        )


def _proposing(l1: str, rollup: str, factory: str, key: str, port: int) -> tuple[str, ...]:
    return (
        *(f"--l1-eth-rpc={l1}", f"--rollup-rpc={rollup}", f"--game-factory-address={factory}"),
        *(f"--private-key={key}", "--num-confirmations=1", f"--rpc.port={port}"),
    )


class OpProposer:
    """op-proposer, which proposes every five seconds."""

    def __init__(
        self, net: Network, program: Path, l1: str, rollup: str, factory: str, key: str, *options: str
    ) -> None:
        port = free_port()
        self.rpc = f"http://127.0.0.1:{port}"
        self.part = net.run(
            *("op-proposer", program, *_proposing(l1, rollup, factory, key, port), "--proposal-interval=5s"),
            *("--poll-interval=1s", "--txmgr.receipt-query-interval=1s", "--rpc.addr=127.0.0.1", *options),
        )


class OurProposer:
    """``pyoprollup proposer``, which proposes every five seconds."""

    def __init__(
        self, net: Network, files: Path, l1: str, rollup: str, factory: str, key: str, *options: str
    ) -> None:
        port = free_port()
        self.rpc = f"http://127.0.0.1:{port}"
        self.part = net.ours(
            *("proposer", "proposer", *_proposing(l1, rollup, factory, key, port), "--proposal-interval=5"),
            *("--rpc-enable-admin", "--poll-interval=1", "--txmgr.receipt-query-interval=1", *options),
            f"--l1-chain-config={files / 'l1_chain_config.json'}",
        )


class OurBatcher:
    """``pyoprollup batcher`` for one node and its engine."""

    def __init__(
        self, net: Network, files: Path, l1: str, engine: str, rollup: str, key: str, *options: str
    ) -> None:
        port = free_port()
        self.rpc = f"http://127.0.0.1:{port}"
        self.part = net.ours(
            *("batcher", "batcher", f"--l1-eth-rpc={l1}", f"--l2-eth-rpc={engine}", f"--rollup-rpc={rollup}"),
            *(f"--private-key={key}", "--poll-interval=1", "--max-channel-duration=2", f"--rpc-port={port}"),
            *("--sub-safety-margin=4", "--num-confirmations=1", "--txmgr-receipt-query-interval=1"),
            *(f"--l1-chain-config={files / 'l1_chain_config.json'}", "--rpc-enable-admin", *options),
        )


class Users:
    """Send a transfer on L2 and now and then a deposit on L1, from accounts that nobody else uses."""

    def __init__(self, net: Network, devnet: Devnet, l2: str) -> None:
        self._net, self._devnet, self._l2 = net, devnet, l2
        self._accounts = [
            (bytes.fromhex(each["key"][2:]), each["address"]) for each in devnet.info["accounts"]
        ]
        self.sent = 0

    def come(self) -> None:
        """One transaction on L2, and one in five times a deposit."""
        key, address = self._accounts[self.sent % 4]
        self._send(self._l2, self._devnet.info["l2_chain_id"], key, address, NOBODY, b"")
        if self.sent % 5 == 0:
            key, address = self._accounts[4]
            data = contract("OptimismPortal").call("depositTransaction", NOBODY, 7, 200_000, False, b"hello")
            portal = Address(bytes.fromhex(self._devnet.info["contracts"]["OptimismPortal"][2:]))
            self._send(self._devnet.url("l1"), self._devnet.info["l1_chain_id"], key, address, portal, data)
        self.sent += 1

    def _send(self, url: str, chain_id: int, key: bytes, address: str, to: Address, data: bytes) -> None:
        nonce = self._net.ask(url, "eth_getTransactionCount", address, "pending")
        if nonce is None:
            return
        tx = Transaction(
            type=2,
            nonce=int(nonce, 16),
            gas_price=100 * 10**9,
            gas_tip_cap=10**9,
            gas=400_000 if data else 21_000,
            to=to,
            value=7,
            data=data,
            chain_id=chain_id,
        )
        self._net.ask(url, "eth_sendRawTransaction", to_hex(sign_transaction(tx, key, chain_id).encode()))


NOBODY = Address(b"\x77" * 20)
