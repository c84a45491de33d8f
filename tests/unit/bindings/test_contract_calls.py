"""What the reference's bindings call and send, by contract and version, against ours: byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pyoprollup.bindings import (
    BoundContract,
    Contract,
    ContractTransaction,
    DisputeGameFactory,
    GameMetadata,
    NotSupported,
    load_contract,
)
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Address, Hash32, address_from_hex, bytes_from_hex, hash_from_hex
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg
from tests.support import shared_json
from tests.unit.bindings.support import FakeL1

pytestmark = pytest.mark.shared

PARTNERS = ("DelayedWETH", "MIPS64", "FaultDisputeGame")
"""Contracts that a binding asks besides its own."""


def cases(*contracts: str) -> Iterator[dict[str, Any]]:
    for case in shared_json("golden", "v2", "contract_calls.json.gz")["cases"]:
        if case["contract"] in contracts:
            yield case


def contract_of(case: dict[str, Any]) -> Contract:
    names = {"game": "FaultDisputeGame", "oracle": "PreimageOracle", "factory": "DisputeGameFactory"}
    name = "SuperFaultDisputeGame" if "Super" in case.get("binding", "") else names[case["contract"]]
    return load_contract(name, case["version"])


def number(text: str | int) -> int:
    return text if isinstance(text, int) else int(text, 0)


# --- every call and transaction can be read, and written again


def test_calls_and_their_results_there_and_back() -> None:
    checked = 0
    for case in cases("game", "oracle", "factory"):
        ours = contract_of(case)
        for call in (call for op in case["ops"] for call in op.get("calls", ())):
            if call["method"] == "eth_getBalance":
                continue
            data, result = bytes_from_hex(call["data"]), bytes_from_hex(call["return"])
            known = [ours, *map(load_contract, PARTNERS)]
            contract = next(each for each in known if call["method"] in each.functions)
            function, arguments = contract.decode_call(data)
            assert function.signature == call["method"]
            assert function.encode(*arguments) == data
            decoded = function.decode_result(result)
            values = (decoded,) if len(function.outputs) == 1 else decoded or ()
            assert function.encode_result(*values) == result
            checked += 1
    assert checked > 550


def test_transactions_there_and_back() -> None:
    checked = 0
    for case in cases("game", "oracle", "factory"):
        contract = contract_of(case)
        for sent in (op["result"] for op in case["ops"] if isinstance(op.get("result"), dict)):
            if "selector" not in sent:
                continue
            data, value = bytes_from_hex(sent["data"]), number(sent["value"])
            function, arguments = contract.decode_call(data)
            bound = contract.at(address_from_hex(sent["to"]), FakeL1({}))
            ours = bound.transaction(function.signature, *arguments, value=value)
            assert (ours.to, ours.data, ours.value) == (address_from_hex(sent["to"]), data, value)
            checked += 1
    assert checked > 100


# --- transactions from the arguments of the operation

GameTx = Callable[[BoundContract, dict[str, Any], int], ContractTransaction]


def move(kind: str) -> GameTx:
    def build(game: BoundContract, args: dict[str, Any], bond: int) -> ContractTransaction:
        disputed, claim = hash_from_hex(args["parent"]["value"]), hash_from_hex(args["value"])
        named = [disputed] if len(game.contract.function(kind).inputs) == 3 else []
        return game.transaction(kind, *named, args["parent"]["index"], claim, value=bond)

    return build


def step(game: BoundContract, args: dict[str, Any], _: int) -> ContractTransaction:
    state, proof = bytes_from_hex(args["state"]), bytes_from_hex(args["proof"])
    return game.transaction("step", args["claim"], args["is_attack"], state, proof)


BUILD: dict[str, GameTx] = {
    "attack": move("attack"),
    "defend": move("defend"),
    "step": step,
    "resolve": lambda game, args, _: game.transaction("resolve"),
    "close_game": lambda game, args, _: game.transaction("closeGame"),
}


def test_moves_steps_and_resolutions_of_each_version() -> None:
    checked = 0
    for case in cases("game"):
        contract = contract_of(case)
        for op in (op for op in case["ops"] if op["op"] in BUILD):
            sent = op.get("result")
            game = contract.at(Address(b"\x11" * 20), FakeL1({}))
            bond = number(op["calls"][0]["return"]) if op["op"] in ("attack", "defend") else 0
            if not isinstance(sent, dict):
                with pytest.raises(NotSupported):
                    BUILD[op["op"]](game, op["args"], bond)
                continue
            ours = BUILD[op["op"]](game, op["args"], bond)
            assert (ours.data, ours.value) == (bytes_from_hex(sent["data"]), number(sent["value"]))
            checked += 1
    assert checked > 45


# --- the factory


@dataclass
class Replay(FakeL1):
    """Answers with what the reference was answered, if it is asked the same things in the same order."""

    left: list[dict[str, Any]] = field(default_factory=list)

    def call(self, msg: CallMsg, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        call = self.left.pop(0)
        assert msg.to == address_from_hex(call["to"])
        assert msg.data == bytes_from_hex(call["data"])
        assert (block == BlockLabel.UNSAFE) == (call["block"] == "latest")
        assert not isinstance(block, bytes) or block.hex() in call["block"]
        return bytes_from_hex(call["return"])

    def calls(self, msgs: Any, block: AtBlock = BlockLabel.UNSAFE) -> list[bytes | CallFailed]:
        return [self.call(msg, block) for msg in msgs]


def created(factory: DisputeGameFactory, args: dict[str, Any], sent: bytes) -> ContractTransaction:
    """With the root and the extra data of the call, which the proposer makes."""
    _, (game_type, root, extra) = factory.bound.contract.decode_call(sent)
    assert game_type == args["game_type"]
    if game_type not in (5, 9):
        assert (root, extra) == (hash_from_hex(args["root"]), args["number"].to_bytes(32, "big"))
    return factory.create(game_type, root, extra, factory.init_bonds(game_type))


def as_printed(game: GameMetadata) -> str:
    values = f"Index:{game.index} GameType:{game.game_type} Timestamp:{game.timestamp}"
    return f"{{{values} Proxy:0x{game.proxy.hex()}}}"


def outcome(factory: DisputeGameFactory, op: dict[str, Any]) -> Any:
    args, sent = op["args"], op["result"]
    block = Hash32(bytes_from_hex(args["block"])) if "block" in args else BlockLabel.UNSAFE
    match op["op"]:
        case "create":
            ours = created(factory, args, bytes_from_hex(sent["data"]))
            assert (ours.data, ours.value) == (bytes_from_hex(sent["data"]), number(sent["value"]))
            return sent
        case "all_games":
            return " ".join(map(as_printed, factory.all_games(block, batch_size=2)))
        case "games_at_or_after":
            games = factory.games_at_or_after(args["earliest"], block, batch_size=2)
            return " ".join(map(as_printed, games))
        case "game_from_parameters":
            found = factory.games(
                args["game_type"], hash_from_hex(args["root"]), args["number"].to_bytes(32, "big")
            )
            return found and f"0x{found[0].hex()}"
        case "has_impl":
            return str(factory.game_impls(args["game_type"]) is not None).lower()
    raise NotImplementedError(op["op"])


OURS = ("create", "all_games", "games_at_or_after", "game_from_parameters", "has_impl")


def test_the_factory_asks_answers_and_sends_as_the_reference_does() -> None:
    checked = []
    for case in cases("factory"):
        for op in (op for op in case["ops"] if op["op"] in OURS):
            l1 = Replay({}, left=list(op["calls"]))
            factory = DisputeGameFactory(Address(b"\x33" * 20), l1, case["version"])
            expected = op["result"]
            ours = outcome(factory, op)
            if isinstance(expected, str):
                assert ours.lower() == expected.strip("[]").lower()
            assert l1.left == []
            checked.append(op["op"])
    assert len(checked) == 36 and set(checked) == set(OURS)
