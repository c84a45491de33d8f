"""L1 nodes and beacon nodes on a wire that tests hold in their hands.

A :class:`WireNode` answers JSON-RPC from an embedded L1, a :class:`WireBeacon` serves its blobs. Everything
that they say can be bent: ``bend`` is asked for each call and may answer in their place, lie, or raise.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import httpx

from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.eth import rlp
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import Transaction, decode_transaction, tx_hash
from pyoprollup.eth.types import Address, Hash32, to_hex, to_quantity
from pyoprollup.execution.rpc.block_json import pending_json
from pyoprollup.l1.embedded import EmbeddedL1, L1Block
from pyoprollup.l1.failover import Patience
from pyoprollup.l1.rpc import L1Client, L1ClientOptions
from pyoprollup.rpc.errors import METHOD_NOT_FOUND, JsonRpcError
from pyoprollup.sources.l1 import CallFailed, CallMsg, ExecutionReverted, LogFilter
from pyoprollup.txmgr.errors import TxPoolError

SLOT = 12


class VirtualTime:
    """A clock that only sleepers move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class HttpAnswer(Exception):
    """What a proxy in front of the node says."""

    status: int
    body: bytes = b"<html>Bad Gateway</html>"


Bend = Callable[[str, list[Any], Callable[[], Any]], Any]
"""Takes a method, its parameters, and the true answer; gives the answer, or raises."""


def straight(_method: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
    return truth()


@dataclass
class WireNode:
    """A node. ``requests`` has the methods of each request, ``calls`` counts them."""

    l1: Any
    bend: Bend = straight
    max_batch: int = 1000
    refuse_batch: Callable[[int], bytes | HttpAnswer] | None = None
    without: set[str] = field(default_factory=set)
    requests: list[list[str]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def transport(self, _url: str = "") -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        batch = body if isinstance(body, list) else [body]
        self.requests.append([call["method"] for call in batch])
        try:
            if len(batch) > self.max_batch:
                refused = HttpAnswer(413) if self.refuse_batch is None else self.refuse_batch(len(batch))
                if isinstance(refused, HttpAnswer):
                    raise refused
                return httpx.Response(200, content=refused)
            answers = [self._answer(call) for call in batch]
        except HttpAnswer as exc:
            return httpx.Response(exc.status, content=exc.body)
        return httpx.Response(200, json=answers if isinstance(body, list) else answers[0])

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        method, params = call["method"], call["params"]
        self.calls[method] += 1
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            if method in self.without:
                raise JsonRpcError(METHOD_NOT_FOUND, f"the method {method} does not exist/is not available")
            return answer | {"result": self.bend(method, params, lambda: self.truth(method, params))}
        except JsonRpcError as exc:
            return answer | {"error": exc.to_json()}

    # --- the truth

    def truth(self, method: str, params: list[Any]) -> Any:
        if method not in _METHODS:
            raise JsonRpcError(METHOD_NOT_FOUND, f"the method {method} does not exist/is not available")
        try:
            return _METHODS[method](self.l1, *params)
        except NotFound:
            return None
        except ExecutionReverted as exc:
            raise JsonRpcError(3, "execution reverted", to_hex(exc.data)) from exc
        except (CallFailed, TxPoolError) as exc:
            raise JsonRpcError(-32000, str(exc)) from exc


def _at(value: Any) -> Any:
    if isinstance(value, dict):
        return Hash32(bytes.fromhex(value["blockHash"][2:]))
    if value in ("latest", "safe", "finalized"):
        return BlockLabel(value)
    return int(value, 16) if len(value) < 66 else Hash32(bytes.fromhex(value[2:]))


def block_shown(block: L1Block, full: bool) -> dict[str, Any]:
    txs = [tx_json(raw) if full else to_hex(tx_hash(raw)) for raw in block.transactions]
    return {**block.header.to_json(), "hash": to_hex(block.hash), "transactions": txs, "uncles": []}


def tx_json(raw: bytes) -> dict[str, Any]:
    try:
        tx = decode_transaction(raw)
    except DecodeError:  # of a fork that is not known here
        return {"type": to_quantity(raw[0]), "hash": to_hex(tx_hash(raw)), "news": "0x1"}
    assert isinstance(tx, Transaction)
    return pending_json(tx, raw, sender(tx, 900))


def receipts_shown(block: L1Block) -> list[dict[str, Any]]:
    return [
        {
            **receipt.to_json(),
            "blockHash": to_hex(block.hash),
            "blockNumber": to_quantity(block.number),
            "transactionHash": to_hex(tx_hash(raw)),
            "transactionIndex": to_quantity(index),
        }
        for index, (raw, receipt) in enumerate(zip(block.transactions, block.receipts, strict=True))
    ]


def raw_block(block: L1Block) -> bytes:
    txs = [raw if raw[0] >= 0xC0 else rlp.encode_bytes(raw) for raw in block.transactions]
    return rlp.encode_list([block.header.encode(), rlp.encode_list(txs), rlp.EMPTY_LIST, rlp.EMPTY_LIST])


def _receipt_of(l1: EmbeddedL1, tx: str) -> Any:
    place = l1.place(Hash32(bytes.fromhex(tx[2:])))
    return None if place is None else receipts_shown(place.block)[place.index]


def _call(l1: EmbeddedL1, call: dict[str, Any], block: Any = "latest") -> str:
    return to_hex(l1.call(_msg(call), _at(block)))


def _msg(call: dict[str, Any]) -> CallMsg:
    to = call.get("to")
    return CallMsg(
        Address(bytes.fromhex(call["from"][2:])),
        None if to is None else Address(bytes.fromhex(to[2:])),
        bytes.fromhex(call.get("input", "0x")[2:]),
        int(call.get("value", "0x0"), 16),
        int(call.get("gas", "0x0"), 16),
    )


def _logs(l1: EmbeddedL1, query: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = LogFilter(
        int(query["fromBlock"], 16),
        int(query["toBlock"], 16),
        tuple(Address(bytes.fromhex(item[2:])) for item in query["address"]),
        tuple(tuple(Hash32(bytes.fromhex(t[2:])) for t in any_of or ()) for any_of in query["topics"]),
    )
    return [
        {**log, "blockNumber": to_quantity(number), "removed": False}
        for number in range(wanted.first, wanted.last + 1)
        for receipt, shown in zip(
            l1.block_by_number(number).receipts, receipts_shown(l1.block_by_number(number)), strict=True
        )
        for plain, log in zip(receipt.logs, shown["logs"], strict=True)
        if wanted.matches(plain)
    ]


def _account(account: str) -> Address:
    return Address(bytes.fromhex(account[2:]))


def _nonce(l1: EmbeddedL1, account: str, at: Any) -> str:
    if at == "pending":
        return to_quantity(l1.pending_nonce_at(_account(account)))
    return to_quantity(l1.nonce_at(_account(account), _at(at)))


_METHODS: dict[str, Callable[..., Any]] = {
    "eth_chainId": lambda l1: to_quantity(l1.config.chain_id),
    "eth_getBlockByHash": lambda l1, at, full: block_shown(l1.block(_at(at)), full),
    "eth_getBlockByNumber": lambda l1, at, full: block_shown(l1.block_at(_at(at)), full),
    "eth_getBlockReceipts": lambda l1, at: receipts_shown(l1.block(_at(at))),
    "debug_getRawReceipts": lambda l1, at: [to_hex(item.encode()) for item in l1.block(_at(at)).receipts],
    "debug_getRawBlock": lambda l1, at: to_hex(raw_block(l1.block(_at(at)))),
    "eth_getRawTransactionByBlockHashAndIndex": lambda l1, at, index: to_hex(
        l1.block(_at(at)).transactions[int(index, 16)]
    ),
    "eth_getTransactionReceipt": _receipt_of,
    "eth_getTransactionCount": _nonce,
    "eth_getBalance": lambda l1, account, at: to_quantity(l1.balance_at(_account(account), _at(at))),
    "eth_getCode": lambda l1, account, at: to_hex(l1.code_at(_account(account), _at(at))),
    "eth_getStorageAt": lambda l1, account, slot, at: to_hex(
        l1.storage_at(_account(account), int(slot, 16), _at(at))
    ),
    "eth_call": _call,
    "eth_estimateGas": lambda l1, call: to_quantity(l1.estimate_gas(_msg(call))),
    "eth_getLogs": _logs,
    "eth_maxPriorityFeePerGas": lambda l1: to_quantity(l1.suggest_gas_tip_cap()),
    "eth_sendRawTransaction": lambda l1, raw: to_hex(l1.send_transaction(bytes.fromhex(raw[2:]))),
    "eth_feeHistory": lambda l1, _count, number, _percentiles: {
        "baseFeePerBlobGas": [to_quantity(l1.block_by_number(int(number, 16)).blob_base_fee), "0x1"]
    },
}


# --- beacon


@dataclass
class WireBeacon:
    """A beacon node. ``bend`` gets the path; ``forms`` says which forms of blobs it has."""

    l1: Any
    bend: Bend = straight
    forms: tuple[str, ...] = ("blobs", "blob_sidecars")
    has_clock: bool = True
    spec: dict[str, str] = field(default_factory=lambda: {"SECONDS_PER_SLOT": str(SLOT)})
    genesis_time: int = 0
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.genesis_time = self.genesis_time or self.l1.config.genesis_time

    def transport(self, _url: str = "") -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path[request.url.path.index("/eth/") :]
        self.requests.append(path)
        params = parse_qsl(request.url.query.decode())
        try:
            answer = self.bend(path, params, lambda: self.truth(path, params))
        except HttpAnswer as exc:
            return httpx.Response(exc.status, content=exc.body)
        return httpx.Response(200, json=answer)

    def truth(self, path: str, params: list[tuple[str, str]]) -> Any:
        if self.has_clock and path == "/eth/v1/beacon/genesis":
            return {"data": {"genesis_time": str(self.genesis_time)}}
        if self.has_clock and path == "/eth/v1/config/spec":
            return {"data": self.spec}
        form, _, slot = path.removeprefix("/eth/v1/beacon/").partition("/")
        if form not in self.forms:
            raise HttpAnswer(404, b'{"code":404,"message":"no such path"}')
        block = self.block_of(int(slot))
        blobs = self.blobs_of(block)
        if form == "blobs":
            wanted = [value for key, value in params if key == "versioned_hashes"]
            return {"data": [to_hex(blobs[item]) for item in block.blob_hashes if to_hex(item) in wanted]}
        indices = [int(value) for key, value in params if key == "indices"]
        indices = [index for index in indices if index < len(block.blob_hashes)]
        return {"data": [self.sidecar(index, blobs[block.blob_hashes[index]]) for index in indices]}

    def block_of(self, slot: int) -> L1Block:
        time = self.genesis_time + slot * SLOT
        for number in range(self.l1.head_block.number, -1, -1):
            block: L1Block = self.l1.block_by_number(number)
            if block.header.time == time:
                return block
        raise HttpAnswer(404, b'{"code":404,"message":"block not found"}')

    def blobs_of(self, block: L1Block) -> dict[Hash32, bytes]:
        from pyoprollup.sources.l1 import IndexedBlobHash

        wanted = [IndexedBlobHash(index, item) for index, item in enumerate(block.blob_hashes)]
        return dict(zip(block.blob_hashes, self.l1.get_blobs(block.ref, wanted), strict=True))

    def sidecar(self, index: int, blob: bytes) -> dict[str, Any]:
        """Since Fusaka the proof is that of nothing."""
        from pyoprollup.eth.kzg import blob_commitment

        return {
            "index": str(index),
            "blob": to_hex(blob),
            "kzg_commitment": to_hex(blob_commitment(blob)),
            "kzg_proof": "0xc0" + "00" * 47,
        }


# --- clients


def client(
    *nodes: WireNode, time: VirtualTime | None = None, tell: Any = None, seed: int = 1, **options: Any
) -> L1Client:
    """A client of these nodes, in virtual time."""
    time = time or VirtualTime()
    waiting = list(nodes)
    extra = {} if tell is None else {"tell": tell}
    options.setdefault("patience", Patience(3, 0.5, 8.0))
    return L1Client(
        [f"http://node-{index}:8545/key-is-secret" for index in range(len(nodes))],
        L1ClientOptions(**options),
        transport=lambda url: waiting.pop(0).transport(url),
        clock=time.clock,
        sleep=time.sleep,
        chance=random.Random(seed).random,
        **extra,
    )


# --- on a real socket


@contextmanager
def serving(server: WireNode | WireBeacon) -> Iterator[str]:
    """A node on a port of this machine; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made = httpx.Request(self.command, f"http://here{self.path}", content=body)
            answer = server.handle(made)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()
