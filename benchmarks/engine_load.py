"""``python -m benchmarks.engine_load [--seconds S] [--callers N] [--sockets N]``: an engine under load.

``pyoprollup engine`` runs as a process. Sockets are opened on both its ports that send nothing, callers ask
its open port for calls that take seconds (instructions, precompiles, wide ranges of logs, batches), and a
block a second is built and inserted by way of the Engine API. What is printed: how long these calls took.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.slow_blocks import KEY, Case, call
from benchmarks.slow_inputs import PRECOMPILES
from pyoprollup.engine import ForkchoiceState, PayloadInfo
from pyoprollup.engine.client import HttpEngine
from pyoprollup.errors import RollupError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32, to_hex
from pyoprollup.evm.predeploys import L1_BLOCK, MESSAGE_PASSER, SEQUENCER_FEE_VAULT
from pyoprollup.rollup import execution_config
from pyoprollup.rollup.fork import Fork
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.jwt import read_secret

CHAIN_ID = 901
LOOP, PRECOMPILE, LOGGER = (Address(bytes([0xD0 + n]) * 20) for n in range(3))


def genesis() -> dict[str, Any]:
    config: dict[str, Any] = {"chainId": CHAIN_ID}
    config |= {f"{fork.name.lower()}Time": 0 for fork in Fork if Fork.BEDROCK < fork <= Fork.JOVIAN}
    config["optimism"] = {"eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250}
    pairing = next(data for name, _, data in PRECOMPILES() if name == "bn254 pairing, 427 pairs")
    codes = {
        LOOP: Case("", call(4, 0)).code(),
        PRECOMPILE: Case("", call(8, len(pairing)), data=pairing).code(),
        LOGGER: bytes.fromhex("60006000a000"),
    }
    alloc: dict[str, Any] = {
        address.hex(): {"balance": "0x0", "code": to_hex(code)} for address, code in codes.items()
    }
    alloc[address_of(KEY).hex()] = {"balance": hex(10**24)}
    alloc[L1_BLOCK.hex()] = {"balance": "0x1"}
    alloc[MESSAGE_PASSER.hex()] = {"balance": "0x0", "nonce": "0x1"}
    return {
        "config": config,
        "gasLimit": hex(30_000_000),
        "timestamp": hex(int(time.time()) - 5),
        "extraData": "0x01" + "000000fa00000006" + "00" * 8,
        "alloc": alloc,
    }


class Chain:
    """The engine's consensus client: a block a second, and the times of its calls."""

    def __init__(self, engine: HttpEngine) -> None:
        self.engine = engine
        self.head = engine.payload_by_label(BlockLabel.UNSAFE).payload
        self.times: dict[str, list[float]] = {"start": [], "get": [], "insert": [], "head": []}
        self.late: list[float] = []

    def timed(self, name: str, ask: Callable[[], Any]) -> Any:
        start = time.monotonic()
        result = ask()
        self.times[name].append(time.monotonic() - start)
        return result

    def block(self, when: int) -> None:
        source = Hash32(when.to_bytes(32, "big"))
        deposit = DepositTransaction(source, L1_BLOCK, L1_BLOCK, None, 0, 50_000, False, b"")
        attributes = PayloadAttributes(
            timestamp=when,
            prev_randao=ZERO_HASH,
            suggested_fee_recipient=SEQUENCER_FEE_VAULT,
            withdrawals=(),
            parent_beacon_block_root=ZERO_HASH,
            transactions=(deposit.encode(),),
            gas_limit=30_000_000,
            eip1559_params=bytes(8),
            min_base_fee=0,
        )
        state = ForkchoiceState(self.head.block_hash, ZERO_HASH, ZERO_HASH)
        started = self.timed("start", lambda: self.engine.forkchoice_updated(state, attributes))
        time.sleep(max(0.0, when - 0.05 - time.time()))
        info = PayloadInfo(started.payload_id, when)
        envelope = self.timed("get", lambda: self.engine.get_payload(info))
        status = self.timed("insert", lambda: self.engine.new_payload(envelope))
        assert status.status == "VALID", status
        state = ForkchoiceState(envelope.payload.block_hash, ZERO_HASH, ZERO_HASH)
        self.timed("head", lambda: self.engine.forkchoice_updated(state, None))
        self.head = envelope.payload
        self.late.append(time.time() - when)


def callers(url: str, count: int, stopped: threading.Event, answers: list[int]) -> list[threading.Thread]:
    """Threads that ask for much."""
    sender = to_hex(address_of(KEY))
    asks: list[tuple[str, list[Any]]] = [
        ("eth_estimateGas", [{"from": sender, "to": to_hex(LOOP)}]),
        ("eth_call", [{"to": to_hex(PRECOMPILE)}]),
        ("eth_call", [{"to": to_hex(LOOP)}]),
        ("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest"}]),
    ]

    def run(number: int) -> None:
        with JsonRpcClient(url) as rpc:
            turn = number
            while not stopped.is_set():
                method, params = asks[turn % len(asks)]
                turn += 1
                with suppress(RollupError):
                    rpc.batch([(method, params)] * 20) if method == "eth_getLogs" else rpc.call(
                        method, *params
                    )
                answers[number] += 1

    made = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in made:
        thread.start()
    return made


def transfers(url: str, stopped: threading.Event) -> None:
    """Somebody who sends transactions meanwhile."""
    with JsonRpcClient(url) as rpc:
        nonce = 0
        while not stopped.wait(0.3):
            tx = Transaction(
                type=DYNAMIC_FEE_TX_TYPE,
                chain_id=CHAIN_ID,
                nonce=nonce,
                gas_price=10**10,
                gas_tip_cap=10**6,
                gas=50_000,
                to=LOGGER,
                value=0,
                data=b"",
            )
            with suppress(RollupError):
                rpc.call("eth_sendRawTransaction", to_hex(sign_transaction(tx, KEY, CHAIN_ID).encode()))
                nonce += 1


def show(chain: Chain, answers: int, transactions: int) -> None:
    table = Table(title="calls of the consensus client, ms", title_justify="left")
    table.add_column("call")
    for title in ("median", "95 %", "longest"):
        table.add_column(title, justify="right")
    for name, times in (*chain.times.items(), ("block after its time", chain.late)):
        ranked = sorted(times)
        values = statistics.median(ranked), ranked[int(len(ranked) * 0.95)], ranked[-1]
        table.add_row(name, *(f"{1000 * value:,.0f}" for value in values))
    console = Console(width=100)
    console.print(table)
    console.print(
        f"{len(chain.late)} blocks, {transactions} transactions in the last; {answers} heavy calls answered"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine_load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--sockets", type=int, default=128, help="idle ones, at each port")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        value = genesis()
        (folder / "genesis.json").write_text(json.dumps(value))
        command = [sys.executable, "-m", "pyoprollup", "engine", "--genesis", str(folder / "genesis.json")]
        command += ["--datadir", str(folder / "data"), "--auth-port", "0", "--http-port", "0"]
        command += ["--log-level", "warn"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
        )
        stack.callback(process.wait)
        stack.callback(process.send_signal, signal.SIGTERM)
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(4)]
        auth, url = (line.split()[-1] for line in lines[2:])
        for address in (auth, url):
            host, port = address.split("//")[1].split(":")
            for _ in range(arguments.sockets):
                stack.enter_context(socket.create_connection((host, int(port))))
        secret = read_secret(folder / "data" / "jwt.hex")
        engine = stack.enter_context(HttpEngine(execution_config(value["config"]), auth, secret))
        chain = Chain(engine)
        stopped, answers = threading.Event(), [0] * arguments.callers
        callers(url, arguments.callers, stopped, answers)
        threading.Thread(target=transfers, args=(url, stopped), daemon=True).start()
        begin = int(time.time()) + 1
        for second in range(arguments.seconds):
            chain.block(begin + second)
        stopped.set()
        show(chain, sum(answers), len(chain.head.transactions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
