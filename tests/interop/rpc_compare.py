"""The same calls to our server and to op-geth's, over the same chain."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from pyoprollup.engine.ports import ExecutePayloadStatus, ForkchoiceState
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_HASH, Hash32, to_hex, to_quantity
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.evm.predeploys import L1_BLOCK, MESSAGE_PASSER
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.rpc import engine_methods
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rpc.errors import METHOD_NOT_FOUND
from pyoprollup.rpc.jsonrpc import Dispatcher, Limits
from tests.interop.evm_asm import CONTRACTS
from tests.interop.evm_chain import SENDERS, TestChain
from tests.interop.op_geth import Peer

Call = tuple[str, tuple[Any, ...]]
_NOWHERE = "0x00000000000000000000000000000000000000fe"
_UNKNOWN = "0x" + "ab" * 32


class OurServer:
    """Our engine on the same chain, block by block."""

    def __init__(self, chain: TestChain) -> None:
        self.store = MemoryStore()
        self.engine = InProcessEngine.from_genesis(chain.config, chain.genesis_json, self.store)
        tables = engine_methods(
            chain.config, self.engine, self.store, chain_config=chain.genesis_json["config"]
        )
        self._dispatcher = Dispatcher(tables.authenticated, Limits(1 << 26, 10, 1 << 26), _raise)

    def extend(self, block: ExecutedBlock) -> None:
        """Make a block the head, as a rollup node does."""
        assert self.engine.new_payload(block.envelope).status is ExecutePayloadStatus.VALID
        self.engine.forkchoice_updated(ForkchoiceState(block.hash, ZERO_HASH, ZERO_HASH), None)

    def answer(self, method: str, *params: Any) -> Any:
        """The result, or the error as ``{"code", "message", "data"}`` in an ``error``."""
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        answer = json.loads(self._dispatcher.answer(request.encode()))
        return answer.get("result") if "error" not in answer else {"error": answer["error"]}


def _raise(_method: str, exc: Exception) -> None:
    raise exc


def block_calls(block: ExecutedBlock, chance: random.Random) -> Iterator[Call]:
    """Everything there is to ask about a block."""
    number, block_hash = to_quantity(block.header.number), to_hex(block.hash)
    for full in (False, True):
        yield "eth_getBlockByNumber", (number, full)
        yield "eth_getBlockByHash", (block_hash, full)
    yield "eth_getHeaderByNumber", (number,)
    yield "eth_getBlockReceipts", (number,)
    yield "eth_getBlockReceipts", ({"blockHash": block_hash, "requireCanonical": True},)
    yield "eth_getBlockTransactionCountByNumber", (number,)
    yield "eth_getUncleCountByBlockHash", (block_hash,)
    yield "debug_getRawBlock", (number,)
    yield "debug_getRawHeader", (block_hash,)
    yield "debug_getRawReceipts", (number,)
    yield "eth_getLogs", ({"blockHash": block_hash},)
    indices = range(len(block.transactions))
    for index in chance.sample(indices, min(3, len(indices))):
        tx_hash = to_hex(keccak256(block.transactions[index]))
        yield "eth_getTransactionByHash", (tx_hash,)
        yield "eth_getTransactionReceipt", (tx_hash,)
        yield "debug_getRawTransaction", (tx_hash,)
        yield "eth_getRawTransactionByHash", (tx_hash,)
        yield "eth_getTransactionByBlockNumberAndIndex", (number, to_quantity(index))
        yield "eth_getRawTransactionByBlockHashAndIndex", (block_hash, to_quantity(index))
    yield "eth_getTransactionByBlockNumberAndIndex", (number, to_quantity(len(indices)))
    yield from _state_calls(number, chance)


def _state_calls(number: str, chance: random.Random) -> Iterator[Call]:
    known = [*SENDERS, *CONTRACTS.values(), L1_BLOCK, MESSAGE_PASSER]
    for address in [*map(to_hex, chance.sample(known, 5)), _NOWHERE]:
        yield "eth_getBalance", (address, number)
        yield "eth_getTransactionCount", (address, number)
        yield "eth_getCode", (address, number)
        slot = to_hex(chance.choice([0, 1, 2, 2**200, chance.getrandbits(256)]).to_bytes(32, "big"))
        yield "eth_getStorageAt", (address, chance.choice([slot, "0x0", "0x1"]), number)
        yield "eth_getProof", (address, chance.sample(["0x0", "0x01", slot, "0x7"], 2), number)


def call_calls(number: str, chance: random.Random) -> Iterator[Call]:
    """Messages to contracts, sensible and not."""
    targets = [*map(to_hex, CONTRACTS.values()), *map(to_hex, SENDERS[:2]), _NOWHERE, None]
    for _ in range(8):
        message: dict[str, Any] = {
            "from": to_hex(chance.choice(SENDERS)),
            "input": to_hex(chance.randbytes(chance.choice([0, 4, 32, 64]))),
            "value": to_quantity(chance.choice([0, 0, 0, 1, 10**40])),
        }
        target = chance.choice(targets)
        if target is not None:
            message["to"] = target
        if chance.random() < 0.3:
            message["gas"] = to_quantity(chance.choice([20_000, 21_000, 60_000, 1_000_000]))
        if chance.random() < 0.3:
            message["maxFeePerGas"] = to_quantity(chance.choice([1, 10**15]))
        if chance.random() < 0.2:
            changes = {"balance": "0xffffffffff", "stateDiff": {"0x" + "00" * 32: "0x" + "00" * 31 + "09"}}
            yield "eth_call", (message, number, {to_hex(CONTRACTS["store"]): changes})
        yield "eth_call", (message, number)
        yield "eth_estimateGas", (message, number)


def chain_calls(head: int, chance: random.Random) -> Iterator[Call]:
    """About the chain as a whole, at its head; and what does not exist."""
    yield from ((name, ()) for name in ("eth_accounts", "eth_chainId", "eth_blockNumber", "eth_syncing"))
    yield from ((name, ()) for name in ("eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_blobBaseFee"))
    for count, newest, points in (
        ("0x5", "latest", [0, 25.5, 100]),
        (3, to_quantity(head), []),
        (9, "0x1", [50]),
    ):
        yield "eth_feeHistory", (to_quantity(count) if isinstance(count, int) else count, newest, points)
    yield "eth_feeHistory", ("0x0", "latest", [])
    yield "eth_feeHistory", ("0x1", to_quantity(head + 5), [])
    for tag in ("latest", "pending", "earliest"):
        yield "eth_getBlockByNumber", (tag, True)
    yield "eth_getBlockByNumber", (to_quantity(head + 1), True)
    yield "eth_getBlockByHash", (_UNKNOWN, True)
    yield "eth_getTransactionByHash", (_UNKNOWN,)
    yield "eth_getTransactionReceipt", (_UNKNOWN,)
    yield "eth_getBlockReceipts", (to_quantity(head + 1),)
    yield "debug_getRawTransaction", (_UNKNOWN,)
    yield "eth_getLogs", ({"fromBlock": "0x0", "toBlock": "latest"},)
    for address in chance.sample(list(CONTRACTS.values()), 3):
        yield "eth_getLogs", ({"fromBlock": "earliest", "address": to_hex(address)},)
        topic = to_hex(Hash32(chance.choice([0, 1, 7]).to_bytes(32, "big")))
        yield "eth_getLogs", ({"fromBlock": "0x1", "address": [to_hex(address)], "topics": [None, [topic]]},)


REFUSED: list[Call] = [
    ("eth_getBlockByNumber", ("safe", False)),
    ("eth_getBlockByNumber", ("finalized", False)),
    ("eth_getBalance", (_NOWHERE, "0xffffff")),
    ("eth_getBalance", (_NOWHERE, _UNKNOWN)),
    ("eth_getBalance", ("0x12", "latest")),
    ("eth_getBalance", ()),
    ("eth_getBalance", (_NOWHERE, "latest", 1)),
    ("eth_getStorageAt", (_NOWHERE, "0x" + "1" * 65, "latest")),
    ("eth_getLogs", ({"fromBlock": "0x5", "toBlock": "0x2"},)),
    ("eth_getLogs", ({"blockHash": _UNKNOWN},)),
    ("eth_getLogs", ({"fromBlock": "pending"},)),
    ("eth_getLogs", ({"blockHash": _UNKNOWN, "fromBlock": "0x1"},)),
    ("eth_nothing", ()),
    ("eth_call", ({"to": _NOWHERE, "gasPrice": "0x1", "maxFeePerGas": "0x1"}, "latest")),
    ("eth_call", ({"to": _NOWHERE, "chainId": "0x1"}, "latest")),
    ("debug_dbGet", (_UNKNOWN,)),
    ("debug_getRawHeader", (_UNKNOWN,)),
]
"""Where the code of the error is compared, not its text."""


def differences(ours: OurServer, peer: Peer, calls: Iterator[Call]) -> list[str]:
    """Which answers are not the same, with both of them."""
    listed = list(calls)
    found = []
    for (method, params), theirs in zip(listed, _ask(peer, listed), strict=True):
        if method == "eth_getLogs" and _is_missing(theirs):
            continue  # op-geth has it in a part of its own, which need not be there
        mine = ours.answer(method, *params)
        lines = list(compare("", mine, theirs))
        if lines and method == "eth_feeHistory":
            lines = _fee_history_again(peer, params, mine)
        found += [f"{method}{params}{line}" for line in lines]
    return found


def _fee_history_again(peer: Peer, params: tuple[Any, ...], mine: Any) -> list[str]:
    """op-geth fills in base fees from several threads: what a block predicts for the next one, under rules
    that end with it, may come after what the next one really has. So it is asked several times."""
    lines: list[str] = []
    for _ in range(30):
        (theirs,) = _ask(peer, [("eth_feeHistory", params)])
        lines = list(compare("", mine, theirs))
        if not lines:
            break
    return lines


def _is_missing(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.get("error", {}).get("code") == METHOD_NOT_FOUND


def _ask(peer: Peer, calls: list[Call]) -> Iterator[Any]:
    for start in range(0, len(calls), 100):
        for result in peer.rpc.batch(calls[start : start + 100]):
            yield {"error": result.to_json()} if isinstance(result, Exception) else result


def compare(where: str, mine: Any, theirs: Any) -> Iterator[str]:
    if isinstance(mine, dict) and isinstance(theirs, dict) and set(mine) == set(theirs) == {"error"}:
        if mine["error"]["code"] != theirs["error"]["code"] or (
            mine["error"].get("data") != theirs["error"].get("data")
        ):
            yield f"{where}: {mine}, op-geth {theirs}"
        return
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in sorted({*mine, *theirs}):
            yield from compare(f"{where}.{key}", mine.get(key, "missing"), theirs.get(key, "missing"))
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for index, (first, second) in enumerate(zip(mine, theirs, strict=True)):
            yield from compare(f"{where}[{index}]", first, second)
    elif mine != theirs:
        yield f"{where}: {str(mine)[:300]}, op-geth {str(theirs)[:300]}"
