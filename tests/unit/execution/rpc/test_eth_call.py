"""Calls and estimates."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from pyoprollup.eth.crypto import checksum_address
from pyoprollup.eth.types import address_from_hex, to_hex, to_quantity
from pyoprollup.evm.call_faults import revert_reason
from pyoprollup.execution.rpc import CallLimits, engine_methods
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import SENDER, transfer
from tests.unit.execution.rpc.support import BURNER, CODES, CREATED, HASHER, LOGGER, REVERTER, Node, word

NOBODY = b"\xee" * 20
SHA256 = bytes(19) + b"\x02"
ANSWER_42 = "0x602a60005260206000f3"
RICH = {"from": to_hex(SENDER)}


def error(text: bytes) -> str:
    """Data of a revert with a text."""
    return "0x08c379a0" + (word(32) + word(len(text)) + text.ljust(32, b"\0")).hex()


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.grown()


def test_results(node: Node) -> None:
    assert node.call("eth_call", {"to": to_hex(LOGGER), "input": to_hex(word(9))}, "latest") == to_hex(
        word(9)
    )
    assert node.call("eth_call", {"to": to_hex(LOGGER), "data": to_hex(word(9))}) == to_hex(word(9))
    both = {"to": to_hex(LOGGER), "data": "0x01", "input": to_hex(word(9))}
    assert node.call("eth_call", both) == to_hex(word(9))
    assert node.call("eth_call", {"to": to_hex(NOBODY)}) == "0x"
    assert node.call("eth_call", {"data": "0x" + CREATED}) == "0x0b"
    assert node.call("eth_call", {**RICH, "to": to_hex(NOBODY), "value": "0x1"}) == "0x"


def test_nothing_is_written(node: Node) -> None:
    head = node.head()
    before = node.call("eth_getStorageAt", to_hex(LOGGER), "0x0", "latest")
    for _ in range(2):
        node.call("eth_call", {"to": to_hex(LOGGER), "input": to_hex(word(99))})
        node.call("eth_estimateGas", {**RICH, "to": to_hex(LOGGER), "input": to_hex(word(99))})
    assert node.call("eth_getStorageAt", to_hex(LOGGER), "0x0", "latest") == before
    assert node.head() == head


def test_blocks_as_calls_see_them(node: Node) -> None:
    for number in range(4):
        seen = node.call("eth_call", {"to": to_hex(HASHER), "input": to_hex(word(number))}, "0x4")
        assert seen == node.hash_at(number)
    assert node.call("eth_call", {"to": to_hex(HASHER), "input": to_hex(word(4))}, "0x4") == to_hex(word(0))
    assert node.call("eth_call", {"to": to_hex(HASHER), "input": to_hex(word(1))}, "0x1") == to_hex(word(0))
    assert node.call("eth_call", {"to": to_hex(HASHER)}, "0x0") == to_hex(word(0))


def test_reverts(node: Node) -> None:
    for data, text in (
        ("0x", "execution reverted"),
        ("0x1234", "execution reverted"),
        (error(b"no luck"), "execution reverted: no luck"),
        ("0x4e487b71" + word(0x11).hex(), "execution reverted: arithmetic underflow or overflow"),
        ("0x4e487b71" + word(0x99).hex(), "execution reverted: unknown panic code: 0x99"),
    ):
        for method in ("eth_call", "eth_estimateGas"):
            assert node.fail(method, {"to": to_hex(REVERTER), "input": data}) == (3, text, data)


@pytest.mark.parametrize(
    "data", ["08c379a0", error(b"x" * 9)[2:-66], "08c379a0" + "ff" * 64, "4e487b71" + "00" * 31]
)
def test_reasons_that_are_none(data: str) -> None:
    assert revert_reason(bytes.fromhex(data)) is None


def test_other_failures(node: Node) -> None:
    burn = {"to": to_hex(BURNER), "gas": "0x10000"}
    assert node.fail("eth_call", burn) == (-32000, "out of gas", None)
    assert node.fail("eth_estimateGas", burn) == (-32000, "gas required exceeds allowance (65536)", None)
    code, text, _ = node.fail("eth_call", {"data": "0xfe"})
    assert (code, "invalid opcode" in text) == (-32000, True)


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        ({"gasPrice": "0x1", "maxFeePerGas": "0x1"}, -32000, "both gasPrice and"),
        ({"chainId": "0x5"}, -32000, "chainId does not match node's (have=5, want=901)"),
        (
            {"gas": "0x5000"},
            -32000,
            "err: intrinsic gas too low: have 20480, want 21000 (supplied gas 20480)",
        ),
        ({"value": "0x1"}, -32000, "insufficient funds for gas * price + value: address 0x0000"),
        ({**RICH, "maxFeePerGas": "0x1"}, -32000, "max fee per gas less than block base fee"),
        (
            {**RICH, "maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x2"},
            -32000,
            "max priority fee per gas higher",
        ),
        ({**RICH, "gasPrice": "0x174876e800000"}, -32000, "insufficient funds for gas * price + value"),
        ({"to": None, "authorizationList": []}, -32000, "EIP-7702"),
        ({"to": None, "input": "0x" + "00" * 49_153}, -32000, "max initcode size exceeded"),
        ({"to": "0x01"}, -32602, "expected 20 bytes"),
        ({"gas": "0x1" + "0" * 16}, -32602, "does not fit"),
        ({"accessList": [{}]}, -32602, "accessList"),
        ({"authorizationList": [{}]}, -32602, "authorizationList"),
        ({"maxFeePerGass": "0x1"}, -32602, "unknown field 'maxFeePerGass'"),
        (
            {"accessList": [{"address": to_hex(NOBODY), "storageKeys": [], "x": 1}]},
            -32602,
            "unknown field 'x'",
        ),
        ({"blobVersionedHashes": []}, -32000, "transaction type not supported"),
        ({"type": "0x3"}, -32000, "transaction type not supported"),
        ([], -32602, "expected a JSON object"),
    ],
)
def test_refusals(node: Node, message: Any, code: int, text: str) -> None:
    if isinstance(message, dict):
        message = {"to": to_hex(NOBODY), **message}
    got, said, _ = node.fail("eth_call", message)
    assert (got, text in said) == (code, True), said


def test_names_in_refusals() -> None:
    text = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert checksum_address(address_from_hex(text.lower())) == text


def test_what_wallets_send_along(node: Node) -> None:
    """The nonce and the type of the transaction-to-be do not matter to a call."""
    assert node.call("eth_call", {"to": to_hex(NOBODY), "nonce": "0x77", "type": "0x2"}) == "0x"


def test_overrides_of_accounts(node: Node) -> None:
    code = {"code": "0x" + CODES[HASHER]}
    message = {"to": to_hex(NOBODY), "input": to_hex(word(2))}
    assert node.call("eth_call", message, "latest", {to_hex(NOBODY): code}) == node.hash_at(2)
    # Returns the word in the slot that the input names.
    reader = {"code": "0x60003554600052" + "60206000f3", "stateDiff": {to_hex(word(3)): to_hex(word(77))}}
    for slot, whole, expected in ((3, False, 77), (2, False, 6), (3, True, 77), (2, True, 0)):
        changed = {"code": reader["code"], "state" if whole else "stateDiff": reader["stateDiff"]}
        message = {"to": to_hex(LOGGER), "input": to_hex(word(slot))}
        assert node.call("eth_call", message, "latest", {to_hex(LOGGER): changed}) == to_hex(word(expected))
    paid = {"from": to_hex(NOBODY), "to": to_hex(SENDER), "value": "0x5"}
    assert node.call("eth_call", paid, "latest", {to_hex(NOBODY): {"balance": "0x5", "nonce": "0x9"}}) == "0x"
    assert node.call("eth_estimateGas", paid, "latest", {to_hex(NOBODY): {"balance": "0x5"}}) == "0x5208"


def test_overrides_of_the_block(node: Node) -> None:
    # Returns number and time.
    code = {to_hex(NOBODY): {"code": "0x4360005242602052" + "60406000f3"}}
    changes = {"number": "0x99", "time": to_quantity(node.head().timestamp + 5)}
    seen = node.call("eth_call", {"to": to_hex(NOBODY)}, "latest", code, changes)
    assert seen == to_hex(word(0x99) + word(node.head().timestamp + 5))


@pytest.mark.parametrize(
    ("overrides", "block", "code"),
    [
        ([], None, -32602),
        ({"0x01": {}}, None, -32602),
        ({to_hex(NOBODY): []}, None, -32602),
        ({to_hex(NOBODY): {"state": []}}, None, -32602),
        ({to_hex(NOBODY): {"state": {"0x1": "0x2"}}}, None, -32602),
        ({to_hex(NOBODY): {"state": {}, "stateDiff": {}}}, None, -32000),
        ({to_hex(NOBODY): {"movePrecompileToAddress": to_hex(SENDER)}}, None, -32000),
        ({to_hex(SHA256): {"movePrecompileToAddress": to_hex(SHA256)}}, None, -32000),
        ({to_hex(NOBODY): {"stateDif": {}}}, None, -32602),
        (None, {"difficulty": "0x1"}, -32602),
        (None, {"blobBaseFee": "-0x1"}, -32602),
        (None, [], -32602),
        (None, {"number": -1}, -32602),
    ],
)
def test_refused_overrides(node: Node, overrides: Any, block: Any, code: int) -> None:
    assert node.fail("eth_call", {"to": to_hex(NOBODY)}, "latest", overrides, block)[0] == code


@pytest.mark.parametrize("fork", [Fork.BEDROCK, Fork.ECOTONE, Fork.JOVIAN])
@pytest.mark.parametrize(
    "changes",
    [
        {"to": to_hex(NOBODY), "value": "0x1"},
        {"to": to_hex(NOBODY), "input": "0x" + "11" * 100},
        {"to": to_hex(LOGGER), "input": to_hex(word(1234))},
        {"to": None, "input": "0x" + CREATED},
        {"to": to_hex(HASHER), "gasPrice": "0x12a05f2000"},
    ],
)
def test_estimates_are_enough(fork: Fork, changes: dict[str, Any]) -> None:
    node = Node.start(fork)
    message = {**RICH, **changes}
    gas = int(node.call("eth_estimateGas", message), 16)
    to = None if changes["to"] is None else address_from_hex(changes["to"])
    data = bytes.fromhex(changes.get("input", "0x")[2:])
    value = int(changes.get("value", "0x0"), 16)
    node.advance([transfer(0, to=to, data=data, value=value, gas=gas, gas_price=8 * 10**10)])
    receipt = node.call("eth_getBlockReceipts", "latest")[-1]
    assert receipt["status"] == "0x1"
    assert int(receipt["gasUsed"], 16) <= gas <= int(receipt["gasUsed"], 16) * 1.2


def test_estimates_stay_below_the_cap_of_karst() -> None:
    """EIP-7825: no transaction can have more than 2**24 gas. A call can."""
    burn = {"to": to_hex(BURNER)}
    for fork, limit in ((Fork.JOVIAN, 30_000_000), (Fork.KARST, 2**24)):
        node = Node.start(fork)
        text = f"gas required exceeds allowance ({limit})"
        assert node.fail("eth_estimateGas", burn) == (-32000, text, None)
    plenty = {"to": to_hex(NOBODY), "gas": hex(2**24 + 1)}
    assert node.call("eth_estimateGas", plenty) == "0x5208"
    assert node.call("eth_call", plenty) == "0x"


def test_estimates_within_what_the_sender_has(node: Node) -> None:
    message = {"from": to_hex(NOBODY), "to": to_hex(LOGGER), "maxFeePerGas": "0x3b9aca00"}
    funds = {to_hex(NOBODY): {"balance": to_quantity(20_000 * 10**9)}}
    text = "gas required exceeds allowance (20000)"
    assert node.fail("eth_estimateGas", message, "latest", funds)[:2] == (-32000, text)
    paid = {**message, "value": "0x5"}
    assert node.fail("eth_estimateGas", paid)[:2] == (-32000, "insufficient funds for transfer")


def test_the_cap_on_gas(node: Node) -> None:
    tables = engine_methods(node.config, node.engine, node.store, call_limits=CallLimits(gas=30_000))
    burn = {"to": to_hex(BURNER), "gas": "0xffffff"}
    for method, text in (
        ("eth_call", "out of gas"),
        ("eth_estimateGas", "gas required exceeds allowance (30000)"),
    ):
        assert node.ask(method, burn, methods=tables.public)["error"]["message"] == text


@pytest.mark.parametrize("number", [0x02, 0x05, 0x0B, 0x100])
def test_code_in_the_place_of_a_precompile(node: Node, number: int) -> None:
    address = f"0x{number:040x}"
    changed = {address: {"code": ANSWER_42}}
    assert node.call("eth_call", {"to": address}, "latest", changed) == to_hex(word(42))
    assert node.call("eth_call", {"to": address}, "latest", {address: {"balance": "0x1"}}) == "0x"
    plain = node.ask("eth_call", {"to": address}, "latest")
    assert plain.get("result") != to_hex(word(42)), "the override ended with its call"


def test_a_precompile_that_is_moved(node: Node) -> None:
    digest = "0x" + sha256(b"abc").hexdigest()
    moved = {to_hex(SHA256): {"movePrecompileToAddress": to_hex(NOBODY), "code": ANSWER_42}}
    data = {"input": to_hex(b"abc")}
    assert node.call("eth_call", {"to": to_hex(NOBODY), **data}, "latest", moved) == digest
    assert node.call("eth_call", {"to": to_hex(SHA256), **data}, "latest", moved) == to_hex(word(42))
    assert node.call("eth_call", {"to": to_hex(SHA256), **data}, "latest") == digest


def test_the_blob_base_fee_that_a_call_wants(node: Node) -> None:
    teller = {to_hex(NOBODY): {"code": "0x4a60005260206000f3"}}
    message = {"to": to_hex(NOBODY)}
    assert node.call("eth_call", message, "latest", teller) == to_hex(word(1))
    answer = node.call("eth_call", message, "latest", teller, {"blobBaseFee": "0x64"})
    assert answer == to_hex(word(100))
