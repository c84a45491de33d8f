"""op-geth as a process of its own, to compare our engine with: see ``opgeth/main.go``."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyoprollup.engine.client import HttpEngine
from pyoprollup.rpc.http_client import JsonRpcClient
from tests.interop.evm_chain import TestChain

SECRET = bytes(range(32))


class Peer:
    """A running op-geth with one chain."""

    def __init__(self, program: Path, chain: TestChain) -> None:
        self.process = subprocess.Popen(
            [str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "GOMAXPROCS": "2"},
        )
        assert self.process.stdin and self.process.stdout
        setup = {"genesis": chain.genesis_json, "jwt": SECRET.hex()}
        self.process.stdin.write(json.dumps(setup).encode() + b"\n")
        self.process.stdin.flush()
        ready = json.loads(self.process.stdout.readline())
        self.genesis_hash = bytes.fromhex(ready["genesis"][2:])
        self.engine = HttpEngine(chain.config, ready["engine"], SECRET)
        self.rpc = JsonRpcClient(ready["http"])

    def receipts(self, block_hash: bytes) -> list[bytes]:
        """Receipts of a block as they count for its receipts root."""
        raw: list[Any] = self.rpc.call("debug_getRawReceipts", "0x" + block_hash.hex())
        return [bytes.fromhex(item[2:]) for item in raw]

    def close(self) -> None:
        self.engine.close()
        self.rpc.close()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


@contextmanager
def running_op_geth(program: Path, chain: TestChain) -> Iterator[Peer]:
    """op-geth at the genesis block of ``chain``."""
    peer = Peer(program, chain)
    try:
        assert peer.genesis_hash == chain.genesis.hash()
        yield peer
    finally:
        peer.close()
