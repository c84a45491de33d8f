"""A devnet that one can talk to: over HTTP, in the time of a clock that the tests have in hand."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pyoprollup.devnet import Devnet, DevnetOptions
from pyoprollup.devnet.serve import DevnetServer, Ports
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address, bytes_from_hex, to_hex
from pyoprollup.rollupapi import RollupClient
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.rpc.http_client import JsonRpcClient

NOBODY = Address(b"\x77" * 20)
PATIENCE = 60.0
"""Seconds after which a test gives up."""


class Clock:
    """Time that goes on as fast as the devnet can follow."""

    def __init__(self, time: float) -> None:
        self.time = time
        self.lock = threading.Lock()

    def __call__(self) -> float:
        with self.lock:
            return self.time

    def advance(self, seconds: float) -> None:
        with self.lock:
            self.time += seconds


class Served:
    """A devnet with clients of its ports."""

    def __init__(self, server: DevnetServer, clock: Clock) -> None:
        self.server, self.clock = server, clock
        self.info = server.info()
        self.clients: list[JsonRpcClient] = []

    def rpc(self, name: str) -> JsonRpcClient:
        self.clients.append(JsonRpcClient(self.server.endpoints[name]))
        return self.clients[-1]

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and wait until the devnet has come to it."""
        self.clock.advance(seconds)
        end = time.monotonic() + PATIENCE
        while (
            self.server.service.executor.submit(lambda: self.server.devnet.next_due).result() <= self.clock()
        ):
            assert time.monotonic() < end, "the devnet does not follow"


@contextmanager
def served(**options: Any) -> Iterator[Served]:
    chosen = {"genesis_time": 1_750_000_000, "accounts": 2, "transactions": 1, "l1_block_time": 4, **options}
    devnet = Devnet(DevnetOptions(**chosen))
    clock = Clock(1_750_000_000)
    with DevnetServer(devnet, Ports(l1=0, beacon=0, l2=0, rollup=0), clock) as server:
        running = Served(server, clock)
        try:
            yield running
        finally:
            for client in running.clients:
                client.close()


def transfer(account: dict[str, str], chain_id: int, nonce: int, value: int = 7) -> str:
    tx = Transaction(
        type=2,
        nonce=nonce,
        gas_price=100 * 10**9,
        gas_tip_cap=10**9,
        gas=21_000,
        to=NOBODY,
        value=value,
        data=b"",
        chain_id=chain_id,
    )
    return to_hex(sign_transaction(tx, bytes_from_hex(account["key"], "key"), chain_id).encode())


def test_both_chains_take_transactions() -> None:
    with served() as net:
        account = net.info["accounts"][0]
        assert address_of(bytes_from_hex(account["key"], "key")) == bytes_from_hex(
            account["address"], "address"
        )
        hashes = {}
        for name, chain in (("l1", "l1_chain_id"), ("verifier", "l2_chain_id")):
            rpc = net.rpc(name)
            assert int(rpc.call("eth_chainId"), 16) == net.info[chain]
            hashes[name] = rpc.call("eth_sendRawTransaction", transfer(account, net.info[chain], 0))
        net.pass_time(8)
        for name, tx in hashes.items():
            receipt = net.rpc(name).call("eth_getTransactionReceipt", tx)
            assert receipt["status"] == "0x1", name
            assert net.rpc(name).call("eth_getBalance", to_hex(NOBODY), "latest") == "0x7"


def test_verifiers_know_what_waits_at_the_sequencer() -> None:
    """So that one can send several transactions through them."""
    with served() as net:
        account, chain, rpc = net.info["accounts"][0], net.info["l2_chain_id"], net.rpc("verifier")
        sent = []
        for expected in range(3):
            nonce = rpc.call("eth_getTransactionCount", account["address"], "pending")
            assert int(nonce, 16) == expected
            sent.append(rpc.call("eth_sendRawTransaction", transfer(account, chain, expected)))
        assert int(rpc.call("eth_getTransactionCount", account["address"], "latest"), 16) == 0
        assert rpc.call("eth_getTransactionByHash", sent[2])["blockHash"] is None
        assert rpc.call("eth_getTransactionByHash", to_hex(bytes(32))) is None
        net.pass_time(8)
        assert rpc.call("eth_getTransactionByHash", sent[2])["blockHash"] is not None
        assert int(rpc.call("eth_getTransactionCount", account["address"], "latest"), 16) == 3


def test_the_rollup_nodes_tell_their_heads() -> None:
    with served() as net:
        net.pass_time(60)
        with (
            RollupClient.dial(net.server.endpoints["sequencer rollup"]) as sequencer,
            RollupClient.dial(net.server.endpoints["silent rollup"]) as silent,
        ):
            status = silent.sync_status()
            assert status.safe_l2 is not None and status.current_l1 is not None
            number = status.safe_l2.number
            assert number > 0
            assert sequencer.output_at_block(number).output_root == silent.output_at_block(number).output_root
            assert sequencer.sequencer_active() and not silent.sequencer_active()
            found = silent.safe_head_at_l1_block(status.current_l1.number)
            assert found.safe_head == status.safe_l2.id
            assert silent.rollup_config() == net.server.devnet.config


def test_blobs_come_over_the_beacon_api() -> None:
    with served() as net:
        net.pass_time(40)
        url = net.server.endpoints["beacon"]
        chain = net.server.devnet.l1
        block = next(
            block for block in map(chain.block_by_number, range(chain.head_block.number)) if block.blob_hashes
        )
        slot = (block.header.time - chain.config.genesis_time) // 4
        with urllib.request.urlopen(f"{url}/eth/v1/beacon/blobs/{slot}") as response:
            assert len(json.load(response)["data"]) == len(block.blob_hashes)


def test_l1_can_be_reorganised_and_parts_killed() -> None:
    with served() as net:
        net.pass_time(24)
        l1 = net.rpc("l1")
        before = l1.call("eth_getBlockByNumber", "latest", False)
        assert l1.call("devnet_reorgL1", 2) == int(before["number"], 16)
        assert l1.call("eth_getBlockByNumber", "latest", False)["hash"] != before["hash"]
        head = net.rpc("sequencer").call("eth_blockNumber")
        l1.call("devnet_restart", "sequencer")
        assert int(net.rpc("sequencer").call("eth_blockNumber"), 16) >= int(head, 16) - 6
        net.pass_time(24)
        assert net.server.devnet.watch.restarts["sequencer"] == 1
        for name in ("sequencer", "verifier"):
            assert int(net.rpc(name).call("eth_blockNumber"), 16) > int(head, 16)


@pytest.mark.parametrize(
    ("method", "param", "text"),
    [
        ("devnet_reorgL1", "2", "whole number"),
        ("devnet_reorgL1", 1000, "a reorg of 1000 blocks"),
        ("devnet_restart", "l1", "sequencer or batcher"),
    ],
)
def test_refusals(method: str, param: Any, text: str) -> None:
    with served() as net, pytest.raises(JsonRpcError, match=text):
        net.rpc("l1").call(method, param)
