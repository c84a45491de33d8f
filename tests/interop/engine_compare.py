"""Calls to the Engine API that go wrong, and some that do not, to our server and to op-geth's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.types import ZERO_HASH, Hash32, to_hex
from pyoprollup.evm.predeploys import SEQUENCER_FEE_VAULT
from pyoprollup.execution.rpc import EngineMethods
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.rpc.jsonrpc import ENGINE_LIMITS, Dispatcher
from tests.interop.evm_blocks import BlockMaker
from tests.interop.evm_chain import TestChain
from tests.interop.op_geth import Peer
from tests.interop.rpc_compare import OurServer, compare

ZERO = to_hex(ZERO_HASH)
UNKNOWN = to_hex(Hash32(b"\x09" * 32))
_ABSENT = object()


class Engines:
    """Both engines at the head of one chain."""

    def __init__(self, chain: TestChain, ours: OurServer, peer: Peer) -> None:
        self.chain = chain
        self.peer = peer
        methods = EngineMethods(chain.config, ours.engine).methods()
        self._dispatcher = Dispatcher(methods, ENGINE_LIMITS, _raise)

    def ask(self, method: str, *params: Any) -> tuple[Any, Any]:
        """Both answers: a result, or the code of an error."""
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        answer = json.loads(self._dispatcher.answer(request.encode()))
        mine = answer["result"] if "result" in answer else answer["error"]["code"]
        try:
            theirs = self.peer.engine.client.call(method, *params)
        except JsonRpcError as exc:
            theirs = exc.code
        return _plain(mine), _plain(theirs)

    def head(self) -> dict[str, str]:
        return {
            "headBlockHash": to_hex(self.chain.head.hash()),
            "safeBlockHash": ZERO,
            "finalizedBlockHash": ZERO,
        }

    def attributes(self, maker: BlockMaker) -> dict[str, Any]:
        """Good ones for the next block."""
        made = maker.plan().attributes
        value = PayloadAttributes(
            made.timestamp,
            made.prev_randao,
            SEQUENCER_FEE_VAULT,
            made.withdrawals,
            made.parent_beacon_block_root,
            made.transactions,
            True,
            made.gas_limit,
            made.eip1559_params,
            made.min_base_fee,
        )
        return value.to_json()


def _raise(_method: str, exc: Exception) -> None:
    raise exc


def _plain(answer: Any) -> Any:
    """An answer without the texts that are each engine's own."""
    if isinstance(answer, dict):
        plain = {key: _plain(item) for key, item in answer.items() if key != "validationError"}
        plain = {key: item for key, item in plain.items() if item is not None}  # null is as good as absent
        if plain.get("payloadId") is not None:
            plain["payloadId"] = plain["payloadId"][4:]  # op-geth tells the versions of its methods apart
        return plain
    return answer


def attribute_changes() -> Iterator[dict[str, Any]]:
    """What to change in good attributes; the sentinel removes a field."""
    yield {}
    for key in (
        "withdrawals",
        "parentBeaconBlockRoot",
        "gasLimit",
        "eip1559Params",
        "minBaseFee",
        "timestamp",
    ):
        yield {key: _ABSENT}
    yield {"withdrawals": []}
    yield {"withdrawals": None}
    yield {"parentBeaconBlockRoot": ZERO}
    yield {"eip1559Params": "0x"}
    yield {"eip1559Params": "0x0000000000000001"}
    yield {"eip1559Params": "0x01"}
    yield {"transactions": ["0x00"]}
    yield {"transactions": ["0x"]}
    yield {"timestamp": "0x1"}
    yield {"prevRandao": "0x01"}
    yield {"suggestedFeeRecipient": None}


def changed(value: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in {**value, **changes}.items() if item is not _ABSENT}


def payload_changes() -> Iterator[dict[str, Any]]:
    """What to change in a good payload."""
    yield {}
    for key in (
        "withdrawals",
        "excessBlobGas",
        "blobGasUsed",
        "withdrawalsRoot",
        "stateRoot",
        "transactions",
    ):
        yield {key: _ABSENT}
    yield {"withdrawals": []}
    yield {"excessBlobGas": "0x0"}
    yield {"blobGasUsed": "0x5"}
    yield {"gasUsed": "0x1"}
    yield {"blockHash": UNKNOWN}
    yield {"parentHash": UNKNOWN}
    yield {"extraData": "0x" + "11" * 33}
    yield {"extraData": "0x11"}
    yield {"blockNumber": "0x05x"}
    yield {"transactions": ["0x00"]}


def new_payload_arguments(rules: Rules) -> Iterator[tuple[int, list[Any]]]:
    """Versions, and arguments besides the payload."""
    root = ZERO if rules.parent_beacon_block_root else None
    yield 1, []
    yield 2, []
    yield 3, []
    yield 3, [[], root]
    yield 3, [None, root]
    yield 4, [[], root]
    yield 4, [[], root, []]
    yield 4, [[], root, ["0x"]]
    yield 4, [[], root, ["0x0102"]]
    yield 4, [[UNKNOWN], root, []]
    yield 2, [[]]


def rules_of_next(chain: TestChain) -> Rules:
    return chain.config.rules_at_l2(L2Time(chain.head.time + 2))


def engine_differences(engines: Engines, maker: BlockMaker) -> list[str]:
    """Which answers at the head of the chain are not the same, with both of them."""
    return [*_forkchoice_differences(engines, maker), *_payload_differences(engines, maker)]


def _forkchoice_differences(engines: Engines, maker: BlockMaker) -> Iterator[str]:
    fork = rules_of_next(engines.chain).fork.name
    attributes = engines.attributes(maker)
    states = [
        engines.head(),
        {**engines.head(), "headBlockHash": UNKNOWN},
        {**engines.head(), "headBlockHash": ZERO},
        {**engines.head(), "safeBlockHash": UNKNOWN},
        {**engines.head(), "finalizedBlockHash": UNKNOWN},
        {"headBlockHash": ZERO},
    ]
    for version in (1, 2, 3):
        method = f"engine_forkchoiceUpdatedV{version}"
        for state in states:
            yield from _difference(engines, f"{fork} {state}", method, state, None)
        for changes in attribute_changes():
            if version == 1 and rules_of_next(engines.chain).withdrawals:
                continue  # op-geth builds blocks that it does not take then
            params = (states[0], changed(attributes, changes))
            yield from _difference(engines, f"{fork} {changes}", method, *params)


def _payload_differences(engines: Engines, maker: BlockMaker) -> Iterator[str]:
    rules = rules_of_next(engines.chain)
    fork, update = rules.fork.name, 3 if rules.parent_beacon_block_root else 2 if rules.withdrawals else 1
    method = f"engine_forkchoiceUpdatedV{update}"
    mine, theirs = engines.ask(method, engines.head(), engines.attributes(maker))
    if mine != theirs:
        yield f"{fork} {method}: {mine}, op-geth {theirs}"
        return
    job = f"0x{update:02x}{theirs['payloadId']}"
    for version in (1, 2, 3, 4, 5):
        for name in (job, "0x0300000000000001", "0x0100000000000001", "0x01"):
            yield from _difference(engines, f"{fork} {name}", f"engine_getPayloadV{version}", name)
    good = 4 if rules.requests_hash else 3 if rules.parent_beacon_block_root else 2
    payload = engines.peer.engine.client.call(f"engine_getPayloadV{good}", job)["executionPayload"]
    for version, arguments in new_payload_arguments(rules):
        for changes in payload_changes():
            if version == good and not changes and len(arguments) == {2: 0, 3: 2, 4: 3}[good]:
                continue  # that would be valid
            params = (changed(payload, changes), *arguments)
            where = f"{fork} {changes} {arguments}"
            yield from _difference(engines, where, f"engine_newPayloadV{version}", *params)


def _difference(engines: Engines, where: str, method: str, *params: Any) -> Iterator[str]:
    mine, theirs = engines.ask(method, *params)
    if isinstance(mine, dict) and isinstance(theirs, dict):
        mine, theirs = (_without_value(answer) for answer in (mine, theirs))
    for line in compare("", mine, theirs):
        yield f"{method} {where[:200]}{line}"


def _without_value(answer: dict[str, Any]) -> dict[str, Any]:
    """What the producer earns by a block is not counted by ours."""
    return {key: item for key, item in answer.items() if key != "blockValue"}
