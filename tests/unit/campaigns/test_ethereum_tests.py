"""The runner of ethereum's tests, on a fixture made from a block of the embedded L1."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from campaigns.ethereum_tests.__main__ import main, run_path
from campaigns.ethereum_tests.cases import run_file
from campaigns.ethereum_tests.forks import rules_of
from campaigns.ethereum_tests.verdict import Apart, Verdict
from pyoprollup.eth import rlp
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.evm.genesis import Account, genesis_state
from pyoprollup.evm.oracle import INTERPRETERS
from pyoprollup.evm.state import OpenState
from pyoprollup.evm.vm import open_state
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config
from pyoprollup.l1.embedded.genesis import system_contracts
from pyoprollup.rollup.evm_rules import BaseEvm
from tests.unit.evm.support import CHAIN_ID, ETHER, SENDER, transfer

CONTRACT = Address(b"\x66" * 20)


def account_json(account: Account) -> dict[str, Any]:
    storage = {hex(slot): hex(value) for slot, value in (account.storage or {}).items()}
    return {
        "balance": hex(account.balance),
        "nonce": hex(account.nonce),
        "code": to_hex(account.code),
        "storage": {_even(slot): _even(value) for slot, value in storage.items()},
    }


def _even(text: str) -> str:
    return text if len(text) % 2 == 0 else "0x0" + text[2:]


def block_rlp(header: Header, transactions: tuple[bytes, ...]) -> str:
    items = [rlp.encode_bytes(raw) for raw in transactions]
    return to_hex(rlp.encode_list([header.encode(), rlp.encode_list(items), b"\xc0", b"\xc0"]))


@pytest.fixture(scope="module")
def case() -> dict[str, Any]:
    """A blockchain test: a block with a transfer and a call that stores and logs."""
    config = EmbeddedL1Config(chain_id=CHAIN_ID)
    alloc = {SENDER: Account(balance=ETHER), CONTRACT: Account(code=bytes.fromhex("60015f5560205fa000"))}
    l1 = EmbeddedL1(config, alloc)
    genesis = l1.head_block.header
    l1.send(transfer())
    l1.send(transfer(1, to=CONTRACT, value=0))
    block = l1.mine()
    assert [receipt.status for receipt in block.receipts] == [1, 1]
    pre = {**alloc, **system_contracts(config.fork)}
    return {
        "network": "Prague",
        "config": {"chainid": hex(CHAIN_ID)},
        "genesisRLP": block_rlp(genesis, ()),
        "pre": {to_hex(address): account_json(account) for address, account in pre.items()},
        "blocks": [{"rlp": block_rlp(block.header, block.transactions), "blockHeader": {}}],
        "lastblockhash": to_hex(block.hash),
    }


def verdict(case: dict[str, Any], **changes: Any) -> tuple[Verdict, str]:
    (result,) = run_file({"a case": {**case, **changes}}, open_state)
    return result.verdict, result.detail


@pytest.mark.parametrize("interpreter", INTERPRETERS.values(), ids=INTERPRETERS)
def test_a_good_case_passes(case: dict[str, Any], interpreter: OpenState) -> None:
    (result,) = run_file({"a case": case}, interpreter)
    assert (result.verdict, result.detail) == (Verdict.PASSED, "")


def test_a_wrong_expectation_fails(case: dict[str, Any]) -> None:
    pre = copy.deepcopy(case["pre"])
    pre[to_hex(SENDER)]["balance"] = "0x1"
    block = case["blocks"][0]
    for changes, detail in (
        ({"pre": pre}, "the state at genesis has another root"),
        ({"lastblockhash": "0x" + "11" * 32}, "the last block is not among the valid ones"),
        ({"blocks": []}, "the last block is not among the valid ones"),
        ({"blocks": [{**block, "rlp": block["rlp"][:-2]}]}, "block 1: malformed"),
        ({"blocks": [block, {**block, "expectException": "TransactionException.ANY"}]}, "block 2 is valid"),
    ):
        found, text = verdict(case, **changes)
        assert found is Verdict.FAILED
        assert detail in text


@pytest.mark.parametrize(
    "field", ["state_root", "receipts_root", "logs_bloom", "gas_used", "base_fee", "time"]
)
def test_a_header_that_says_something_else_fails(case: dict[str, Any], field: str) -> None:
    raw = bytes.fromhex(case["blocks"][0]["rlp"][2:])
    encoded, transactions, *rest = rlp.split_raw(raw)
    header = Header.decode(encoded)
    value = getattr(header, field)
    values = {name: getattr(header, name) for name in Header.__dataclass_fields__}
    values[field] = bytes(len(value)) if isinstance(value, bytes) else 1
    if field == "logs_bloom":
        values[field] = b"\xff" * 256
    wrong = rlp.encode_list([Header(**values).encode(), transactions, *rest])
    expectation = {"rlp": to_hex(wrong), "expectException": "BlockException.INVALID"}
    assert verdict(case, blocks=[{"rlp": to_hex(wrong), "blockHeader": {}}])[0] is Verdict.FAILED
    assert verdict(case, blocks=[expectation, *case["blocks"]])[0] is Verdict.PASSED


def test_what_only_l1_has_is_counted_apart(case: dict[str, Any]) -> None:
    assert verdict(case, network="London") == (Verdict.APART, "forks before the merge")
    assert verdict(case, network="Atlantis") == (Verdict.APART, "network Atlantis")
    withdrawal = case["blocks"][0]["rlp"]
    items = rlp.split_raw(bytes.fromhex(withdrawal[2:]))
    items[3] = rlp.encode_list([rlp.encode_list([b"\x01", b"\x01", b"\x94" + bytes(20), b"\x01"])])
    block = {"rlp": to_hex(rlp.encode_list(items)), "blockHeader": {}}
    assert verdict(case, blocks=[block]) == (Verdict.APART, "withdrawals")
    (result,) = run_file({"other": {"network": "Prague", "engineNewPayloads": []}}, open_state)
    assert (result.verdict, result.detail) == (Verdict.APART, "other formats")


def test_networks() -> None:
    assert rules_of("Osaka", 0).evm.base is BaseEvm.OSAKA
    assert [rules_of("CancunToPragueAtTime15k", at).evm.base for at in (14_999, 15_000)] == [
        BaseEvm.CANCUN,
        BaseEvm.PRAGUE,
    ]
    assert rules_of("BPO1ToBPO2AtTime15k", 0).evm.tx_gas_cap == 2**24
    for network in ("London", "ArrowGlacierToParisAtDiffC0000", "HomesteadToDaoAt5"):
        with pytest.raises(Apart):
            rules_of(network, 0)


def state_test() -> dict[str, Any]:
    """A state test whose transaction is not valid: its gas limit is too low."""
    return {
        "env": {
            "currentCoinbase": "0x" + "aa" * 20,
            "currentGasLimit": "0x1c9c380",
            "currentNumber": "0x01",
            "currentTimestamp": "0x03e8",
            "currentBaseFee": "0x07",
        },
        "config": {"chainid": hex(CHAIN_ID)},
        "pre": {to_hex(SENDER): account_json(Account(balance=ETHER))},
        "transaction": {},
        "post": {"Prague": [{"txbytes": to_hex(transfer(gas=20_000)), "expectException": "LOW_GAS"}]},
    }


def test_state_tests() -> None:
    case = state_test()
    (post,) = case["post"]["Prague"]
    no_logs = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    untouched = to_hex(genesis_state({SENDER: Account(balance=ETHER)})[0])
    post |= {"logs": no_logs, "hash": untouched}
    (result,) = run_file({"state": case}, open_state)
    assert (result.name, result.verdict) == ("state Prague 0", Verdict.PASSED)
    for change, detail in (
        ({"txbytes": to_hex(transfer())}, "valid, but it should not be"),
        ({"expectException": None}, "invalid: gas limit below"),
        ({"hash": "0x" + "11" * 32}, "state root"),
        ({"logs": "0x" + "11" * 32}, "logs"),
    ):
        case["post"]["Prague"] = [{**post, **change}]
        (result,) = run_file({"state": case}, open_state)
        assert result.verdict is Verdict.FAILED
        assert result.detail.startswith(detail)


def test_the_command(case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "some" / "folder"
    folder.mkdir(parents=True)
    (folder / "good.json").write_text(json.dumps({"good": case, "old": {**case, "network": "London"}}))
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ("1 passed, 0 failed, 1 apart\n  apart: forks before the merge: 1\n")
    (folder / "bad.json.gz").write_bytes(gzip.compress(json.dumps({"bad": {**case, "blocks": []}}).encode()))
    assert main([str(tmp_path), "--interpreter", "reference"]) == 1
    assert capsys.readouterr().out.startswith("FAILED bad: the last block is not among the valid ones\n")
    assert main([str(tmp_path), "--only", "nothing of that name"]) == 2
    (folder / "broken.json").write_text("{")
    assert run_path(folder / "broken.json")[0].verdict is Verdict.FAILED
