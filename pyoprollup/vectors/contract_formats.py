"""The check of ``contract_calls``: what the contracts of disputes are asked, and what comes of it.

A case is a contract in one version, with operations. Each names the calls in their order, with data, block
and what a pretended L1 answers, and then the transaction, the result or that there is an error.

In one thing we are not like the reference: numbers that are not of 64 bits stay what they are, where it takes
the largest one that is. Such results are compared as it has them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyoprollup.bindings import ContractTransaction
from pyoprollup.challenger.contracts import (
    AnchorStateRegistryContract,
    FaultDisputeGameContract,
    GameArgs,
    GameFactoryContract,
    PreimageOracleContract,
    ZKDisputeGameContract,
    ZKGameArgs,
    fault_game_version,
)
from pyoprollup.challenger.contracts.versions import SUPER_FAULT_GAME
from pyoprollup.challenger.game_types import game_type_info
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32, bytes_from_hex, to_hex
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg
from pyoprollup.vectors.contract_factory import FACTORY_OPERATIONS
from pyoprollup.vectors.contract_games import GAME_OPERATIONS, REGISTRY_OPERATIONS, ZK_OPERATIONS
from pyoprollup.vectors.contract_oracle import ORACLE_OPERATIONS
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__ = ["RecordedL1", "check_contract"]

_BATCH_SIZE = 2
"""That of the recordings."""

_ADDRESSES = {"game": b"\x11", "oracle": b"\x22", "factory": b"\x33", "zk_and_registry": b"\x33"}

Operation = Callable[[Any, Mapping[str, Any], AtBlock], Any]
"""Does an operation with a contract, its arguments and a block."""


@register("contract_calls")
def check_contract(case: Case) -> None:
    """Do all operations of a case."""
    if case["contract"] == "game_args":
        for each in case["cases"]:
            check_game_args(each)
        return
    for operation in case["ops"]:
        l1 = RecordedL1(operation.get("calls") or [], operation.get("result"))
        try:
            _check_operation(case, operation, l1)
        except Mismatch as exc:
            raise Mismatch(f"{operation['op']}: {exc}") from exc


def _check_operation(case: Case, operation: Case, l1: RecordedL1) -> None:
    contract, perform = _contract(case, operation, l1)
    failed, result = False, None
    try:
        result = perform(contract, {**operation["args"], "first_call": l1.first_call}, l1.block)
    except Mismatch:
        raise
    except RollupError:
        failed = True
    expect("failed", operation.get("error") is not None, failed)
    l1.check_all_made()
    if not failed:
        expect("result", _wanted(operation["result"]), _shown(result))


def _contract(case: Case, operation: Case, l1: RecordedL1) -> tuple[Any, Operation]:
    """The contract that an operation is of, and how it is done."""
    kind, name, backend = case["contract"], operation["op"], _any(l1)
    address = Address(_ADDRESSES[kind] * 20)
    if kind == "oracle":
        return PreimageOracleContract(address, backend, case["version"], _BATCH_SIZE), ORACLE_OPERATIONS[name]
    if kind == "factory":
        return GameFactoryContract(address, backend, case["version"]), FACTORY_OPERATIONS[name]
    if kind == "zk_and_registry":
        if name in REGISTRY_OPERATIONS:
            return AnchorStateRegistryContract(address, backend), REGISTRY_OPERATIONS[name]
        return ZKDisputeGameContract(address, backend, _BATCH_SIZE), ZK_OPERATIONS[name]
    info = game_type_info(case["game_type"])
    is_super = info is not None and info.super_roots
    version = SUPER_FAULT_GAME if is_super else fault_game_version(case["version"])
    return FaultDisputeGameContract(address, backend, version, _BATCH_SIZE), GAME_OPERATIONS[name]


def _any(l1: RecordedL1) -> Any:
    return l1


def _wanted(result: Any) -> Any:
    if isinstance(result, dict) and "selector" in result:
        return {key: result[key] for key in ("data", "to", "value")}
    return result.lower() if isinstance(result, str) else result


def _shown(result: Any) -> Any:
    """A result as the recordings write it."""
    if isinstance(result, ContractTransaction):
        return {"data": to_hex(result.data), "to": to_hex(result.to), "value": hex(result.value)}
    return result


class RecordedL1:
    """Answers the calls of a recording, in their order, and is content with no others."""

    def __init__(self, calls: Sequence[Case], result: Any) -> None:
        self._calls = calls
        self._result = result
        self._made = 0

    @property
    def block(self) -> AtBlock:
        """The block that the operation is done at."""
        return _block(self._calls[0]["block"]) if self._calls else BlockLabel.UNSAFE

    @property
    def first_call(self) -> str:
        """The data of the first call; some operations say only there what they are about."""
        return str(self._calls[0].get("data")) if self._calls else "0x"

    def check_all_made(self) -> None:
        """Raise :class:`Mismatch` if calls are left over."""
        expect("calls", len(self._calls), self._made)

    def _next(self) -> Case:
        if self._made == len(self._calls):
            raise Mismatch(f"calls: more than {len(self._calls)}")
        self._made += 1
        return self._calls[self._made - 1]

    def call(self, msg: CallMsg, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        """The recorded answer; raises :class:`Mismatch` for another call than the recorded one."""
        call = self._next()
        expect(f"{call['method']} to", call.get("to"), to_hex(msg.to or b""))
        expect(f"{call['method']} data", call.get("data"), to_hex(msg.data))
        expect(f"{call['method']} block", _block(call["block"]), block)
        return bytes_from_hex(call["return"])

    def calls(
        self, msgs: Sequence[CallMsg], block: AtBlock = BlockLabel.UNSAFE
    ) -> Sequence[bytes | CallFailed]:
        """The same for a batch, which may not be larger than those of the recording."""
        if len(msgs) > _BATCH_SIZE:
            raise Mismatch(f"calls: a batch of {len(msgs)}")
        return [self.call(msg, block) for msg in msgs]

    def balance_at(self, account: Address, _block: AtBlock = BlockLabel.UNSAFE) -> int:
        """The balance that the recorded result begins with."""
        call = self._next()
        expect("method", call["method"], "eth_getBalance")
        expect("balance of", call["to"], to_hex(account))
        return int(self._result.split()[0])


def _block(text: str) -> AtBlock:
    if text == "latest":
        return BlockLabel.UNSAFE
    return Hash32(bytes_from_hex(json.loads(text)["blockHash"]))


# --- arguments of games


def check_game_args(case: Case) -> None:
    """Take the packed arguments of a case apart and put them together again, or refuse their length."""
    kind = "zk" if case.get("kind") == "zk" else "fault"
    packed = bytes(case["length"]) if "length" in case else bytes_from_hex(case["packed"])
    if "error" in case:
        _expect_refused(packed)
        return
    fields = {
        name: value if name.startswith("max_") else _field(name, value)
        for name, value in case.items()
        if name not in ("packed", "kind")
    }
    if kind == "zk":
        zk = ZKGameArgs(**fields)
        expect("parsed", zk, ZKGameArgs.parse(packed))
        expect("packed", packed, zk.pack())
        return
    args = GameArgs(**fields)
    expect("parsed", args, GameArgs.parse(packed))
    expect("packed", packed, args.pack_permissioned() if "proposer" in case else args.pack_permissionless())


def _field(name: str, value: str) -> Any:
    if name in ("l2_chain_id", "challenger_bond"):
        return int(value, 0)
    data = bytes_from_hex(value)
    return Hash32(data) if len(data) == len(ZERO_HASH) else Address(data)


def _expect_refused(packed: bytes) -> None:
    try:
        GameArgs.parse(packed)
    except RollupError:
        return
    raise Mismatch(f"{len(packed)} bytes of arguments were taken")
