"""A small chain with something of everything, and its methods over JSON-RPC."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyoprollup.engine import ExecutePayloadStatus, ForkchoiceState, PayloadInfo
from pyoprollup.engine.ports import EngineAPI
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.transactions import AccessTuple
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32, to_hex, to_quantity
from pyoprollup.evm.predeploys import L1_BLOCK, MESSAGE_PASSER, SEQUENCER_FEE_VAULT
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.pool import StateHead, TxPool
from pyoprollup.execution.rpc import MethodTables, engine_methods
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rpc.jsonrpc import Dispatcher, Limits
from tests.unit.evm.support import (
    ETHER,
    FEE_SLOTS,
    GENESIS_TIME,
    SENDER,
    genesis_extra_data,
    transfer,
)
from tests.unit.evm.support import config as make_config

LOGGER = Address(b"\x11" * 20)
"""Stores the first word of its input in slot 0, logs it as topic and data, and returns it."""
REVERTER = Address(b"\x22" * 20)
"""Reverts with its input."""
BURNER = Address(b"\x33" * 20)
"""Runs until the gas is used up."""
HASHER = Address(b"\x44" * 20)
"""Returns the hash of the block whose number is the first word of its input."""
CODES = {
    LOGGER: "60003580600055806000526020" + "6000a160206000f3",
    REVERTER: "3660006000373660" + "00fd",
    BURNER: "5b600056",
    HASHER: "60003540600052" + "60206000f3",
}
CREATED = "600b600052" + "600160" + "1ff3"
"""Init code that deploys the single byte 0x0b."""
SELECTORS = {Fork.ECOTONE: "440a5e20", Fork.ISTHMUS: "098999be", Fork.JOVIAN: "3db6be2b"}
WIDE_LIMITS = Limits(1 << 24, 100, 1 << 24)


def genesis_json(config: RollupConfig) -> dict[str, Any]:
    """The ``genesis.json``; the fee parameters are in the state already."""
    rules = config.rules_at_l2(GENESIS_TIME)  # type: ignore[arg-type]
    words = {f"0x{slot:064x}": f"0x{word:064x}" for slot, word in FEE_SLOTS.items()}
    alloc: dict[str, Any] = {
        SENDER.hex(): {"balance": hex(100 * ETHER)},
        L1_BLOCK.hex(): {"balance": "0x1", "storage": words},
        MESSAGE_PASSER.hex(): {"nonce": "0x1", "storage": {f"0x{9:064x}": f"0x{9:064x}"}},
    }
    alloc |= {address.hex(): {"balance": "0x0", "code": "0x" + code} for address, code in CODES.items()}
    alloc[LOGGER.hex()]["storage"] = {f"0x{slot:064x}": f"0x{slot * 3:064x}" for slot in range(1, 40)}
    return {
        "config": {"chainId": config.l2_chain_id},
        "gasLimit": "0x1c9c380",
        "timestamp": hex(GENESIS_TIME),
        "extraData": to_hex(genesis_extra_data(rules)),
        "alloc": alloc,
    }


def l1_attributes(fork: Fork, number: int = 1) -> bytes:
    """The first deposit of a block, with the same parameters as in the state."""
    if fork < Fork.ECOTONE:
        words = (0, 0, FEE_SLOTS[1], 0, 0, 0, FEE_SLOTS[5], FEE_SLOTS[6])
        data = bytes.fromhex("015d8eb9") + b"".join(word.to_bytes(32, "big") for word in words)
    else:
        selector = next(SELECTORS[known] for known in sorted(SELECTORS, reverse=True) if known <= fork)
        scalars = (2000).to_bytes(4, "big") + (900_000).to_bytes(4, "big") + bytes(24)
        fees = (10**9).to_bytes(32, "big") + (10**7).to_bytes(32, "big") + bytes(64)
        operator = (7).to_bytes(4, "big") + (11).to_bytes(8, "big") if fork >= Fork.ISTHMUS else b""
        footprint = (400).to_bytes(2, "big") if fork >= Fork.JOVIAN else b""
        data = bytes.fromhex(selector) + scalars + fees + operator + footprint
    sender = Address(bytes.fromhex("deaddeaddeaddeaddeaddeaddeaddeaddead0001"))
    source = Hash32(word(number))
    return DepositTransaction(source, sender, L1_BLOCK, None, 0, 1_000_000, False, data).encode()


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def scenario() -> list[list[bytes]]:
    """Transactions of the blocks, besides the first deposit."""
    keys = (AccessTuple(LOGGER, (Hash32(word(0)),)),)
    bad_deposit = DepositTransaction(
        Hash32(b"\x05" * 32), SENDER, REVERTER, 10**15, 10**9, 100_000, False, b"bad"
    )
    creating = DepositTransaction(
        Hash32(b"\x06" * 32), Address(b"\x77" * 20), None, 5, 0, 100_000, False, bytes.fromhex(CREATED)
    )
    return [
        [transfer(0), transfer(1, to=LOGGER, data=word(5), value=0)],
        [],
        [
            bad_deposit.encode(),
            creating.encode(),
            transfer(3, type=0, to=LOGGER, data=word(6), value=0, chain_id=0, gas_tip_cap=0),
            transfer(4, type=1, access_list=keys, to=LOGGER, data=word(5), value=0, gas_tip_cap=0),
            transfer(5, to=None, data=bytes.fromhex(CREATED), value=0),
            transfer(6, to=REVERTER, data=b"no", value=0),
        ],
        [transfer(7, to=LOGGER, data=word(7), value=0, gas_tip_cap=10**8)],
    ]


def attributes(config: RollupConfig, timestamp: int, transactions: list[bytes]) -> PayloadAttributes:
    now = config.rules_at_l2(timestamp)  # type: ignore[arg-type]
    return PayloadAttributes(
        timestamp=timestamp,
        prev_randao=Hash32(word(timestamp)),
        suggested_fee_recipient=SEQUENCER_FEE_VAULT,
        withdrawals=() if now.withdrawals else None,
        parent_beacon_block_root=Hash32(word(7)) if now.parent_beacon_block_root else None,
        transactions=tuple(transactions),
        no_tx_pool=True,
        gas_limit=30_000_000,
        eip1559_params=bytes(8) if now.eip1559_params else None,
        min_base_fee=1000 if now.min_base_fee else None,
    )


def advance(
    engine: EngineAPI, config: RollupConfig, parent: ExecutionPayload, transactions: list[bytes]
) -> ExecutionPayloadEnvelope:
    """Have a block built and made the head, with its parent safe, as a rollup node does."""
    wanted = attributes(config, parent.timestamp + 2, transactions)
    state = ForkchoiceState(parent.block_hash, ZERO_HASH, ZERO_HASH)
    started = engine.forkchoice_updated(state, wanted)
    assert started.payload_id is not None
    envelope = engine.get_payload(PayloadInfo(started.payload_id, wanted.timestamp))
    assert engine.new_payload(envelope).status is ExecutePayloadStatus.VALID
    head = ForkchoiceState(envelope.payload.block_hash, parent.block_hash, parent.parent_hash)
    assert engine.forkchoice_updated(head, None).payload_status.status is ExecutePayloadStatus.VALID
    return envelope


@dataclass
class Node:
    """An engine with its pool, and its methods."""

    fork: Fork
    config: RollupConfig
    engine: InProcessEngine
    store: MemoryStore
    pool: TxPool
    tables: MethodTables

    @classmethod
    def start(cls, fork: Fork = Fork.JOVIAN, config: RollupConfig | None = None) -> Node:
        """At genesis."""
        config = config or make_config(fork)
        store = MemoryStore()
        genesis = genesis_json(config)
        engine = InProcessEngine.from_genesis(config, genesis, store)
        head = store.header(store.heads.unsafe)
        assert head is not None
        engine.pool = pool = TxPool(StateHead(config, head, store.state))
        tables = engine_methods(config, engine, store, pool=pool, chain_config=genesis["config"])
        return cls(fork, config, engine, store, pool, tables)

    @classmethod
    def grown(cls, fork: Fork = Fork.JOVIAN) -> Node:
        """After :func:`scenario`."""
        node = cls.start(fork)
        for transactions in scenario():
            node.advance(transactions)
        return node

    def head(self) -> ExecutionPayload:
        envelope = self.store.envelope(self.store.heads.unsafe)
        assert envelope is not None
        return envelope.payload

    def advance(self, transactions: list[bytes]) -> ExecutionPayloadEnvelope:
        head = self.head()
        first = l1_attributes(self.fork, head.block_number + 1)
        return advance(self.engine, self.config, head, [first, *transactions])

    def ask(self, method: str, *params: Any, methods: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a call on the authenticated port."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        dispatcher = Dispatcher(
            self.tables.authenticated if methods is None else methods, WIDE_LIMITS, _raise
        )
        answer: dict[str, Any] = json.loads(dispatcher.answer(json.dumps(request).encode()))
        return answer

    def call(self, method: str, *params: Any) -> Any:
        """The result."""
        answer = self.ask(method, *params)
        assert "error" not in answer, answer
        return answer["result"]

    def fail(self, method: str, *params: Any) -> tuple[int, str, Any]:
        """Code, message and data of the error."""
        error = self.ask(method, *params)["error"]
        return error["code"], error["message"], error.get("data")

    def hash_at(self, number: int) -> str:
        block_hash = self.store.canonical_hash(number)
        assert block_hash is not None
        return to_hex(block_hash)


def _raise(_method: str, exc: Exception) -> None:
    raise exc


def quantity(value: int) -> str:
    return to_quantity(value)
