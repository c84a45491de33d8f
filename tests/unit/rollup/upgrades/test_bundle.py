from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import bytes_from_hex
from pyoprollup.rollup.deposit_source import upgrade_deposit_source
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.upgrades import Bundle, UpgradeBundleError, known_transactions
from tests.support import shared_json
from tests.unit.rollup.upgrades.evm import deployed_code

TRANSACTION: dict[str, Any] = {
    "data": "0xabcd",
    "from": "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001",
    "gasLimit": 1000000,
    "intent": "Deploy Example Implementation",
    "to": "0x" + "12" * 20,
}


def bundle_file(*transactions: object, **metadata: object) -> bytes:
    return json.dumps(
        {"metadata": {"version": "1.0.0"} | metadata, "transactions": list(transactions)}
    ).encode()


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


KARST = bundle_file(TRANSACTION, TRANSACTION | {"gasLimit": 5, "intent": "Second", "to": None})


def test_karst_bundle() -> None:
    bundle = Bundle.load(Fork.KARST, KARST, digest(KARST).upper().replace("SHA", "sha"))
    assert bundle.total_gas == 1_000_005
    first, second = map(DepositTransaction.decode, bundle.deposits())
    assert first.source_hash == upgrade_deposit_source("Karst 0: Deploy Example Implementation")
    assert second.source_hash == upgrade_deposit_source("Karst 1: Second")
    assert (first.data, first.to, first.gas) == (b"\xab\xcd", b"\x12" * 20, 1_000_000)
    assert first.from_ == bytes_from_hex(TRANSACTION["from"])
    assert (second.to, second.gas) == (None, 5)


def test_load_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "karst.json"
    path.write_bytes(KARST)
    expected = Bundle.load(Fork.KARST, KARST, digest(KARST))
    assert Bundle.load(Fork.KARST, path, digest(KARST)) == expected
    assert Bundle.load(Fork.KARST, str(path), digest(KARST)) == expected
    for missing in (tmp_path / "none.json", tmp_path, "nul\0byte"):
        with pytest.raises(UpgradeBundleError, match="cannot read"):
            Bundle.load(Fork.KARST, missing, digest(KARST))


def test_the_hash_is_always_checked() -> None:
    with pytest.raises(
        UpgradeBundleError, match=r"KARST upgrade bundle: hash is sha256:.*, expected sha256:00"
    ):
        Bundle.load(Fork.KARST, KARST, "sha256:" + "00" * 32)
    with pytest.raises(UpgradeBundleError, match="expected sha256:08f5df36"):
        Bundle.load(Fork.KARST, KARST)
    with pytest.raises(UpgradeBundleError, match="INTEROP upgrade bundle: no hash given"):
        Bundle.load(Fork.INTEROP, KARST)
    assert Bundle.load(Fork.INTEROP, KARST, digest(KARST)).transactions[1].intent == "Interop 1: Second"


@pytest.mark.parametrize("fork", [Fork.BEDROCK, Fork.ECOTONE, Fork.ISTHMUS])
def test_other_forks_take_no_bundle(fork: Fork) -> None:
    with pytest.raises(UpgradeBundleError, match="come from no bundle"):
        Bundle.load(fork, KARST, digest(KARST))


def test_extra_gas() -> None:
    bundle = Bundle.parse(Fork.KARST, bundle_file(TRANSACTION, version="1.1.0", extraGas=7))
    assert bundle.total_gas == 1_000_007


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in TRANSACTION.items() if name != key}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file: malformed JSON"),
        (b"[" * 100_000, "file: malformed JSON"),
        (b"[]", "expected an object, got []"),
        (b"{}", "metadata.version: None is not supported"),
        (bundle_file(TRANSACTION, version="2.0.0"), "metadata.version: '2.0.0' is not supported"),
        (bundle_file(TRANSACTION, extraGas=1), "metadata.extraGas: 1, but version 1.0.0 has none"),
        (bundle_file(TRANSACTION, author="x"), "metadata.author: unknown field"),
        (bundle_file(), "transactions: expected a list of them, got []"),
        (bundle_file(TRANSACTION, 5), "transactions[1]: expected an object, got 5"),
        (bundle_file(TRANSACTION | {"value": "0x1"}), "transactions[0].value: unknown field"),
        (bundle_file(TRANSACTION | {"gasLimit": 1 << 64}), "transactions[0].gasLimit: "),
        (bundle_file(TRANSACTION | {"to": "0x12"}), "transactions[0].to: expected 20 bytes"),
        (bundle_file(TRANSACTION | {"data": "0xabc"}), "transactions[0].data: malformed hex"),
        (bundle_file(TRANSACTION | {"intent": ""}), "transactions[0].intent: empty"),
        (bundle_file(TRANSACTION | {"intent": "\ud800"}), "transactions[0].intent: not valid text"),
        (bundle_file(without("intent")), "transactions[0].intent: missing"),
        (bundle_file(without("from")), "transactions[0].from: missing"),
        (bundle_file(without("data")), "transactions[0].data: missing"),
        (bundle_file(without("gasLimit")), "transactions[0].gasLimit: missing"),
    ],
)
def test_malformed_bundles(content: bytes, message: str) -> None:
    with pytest.raises(UpgradeBundleError) as error:
        Bundle.load(Fork.KARST, content, digest(content))
    assert message in str(error.value)


@given(st.binary(max_size=80), st.integers(0, len(KARST) - 1), st.integers(0, 20))
def test_mutated_files_raise_only_the_declared_error(patch: bytes, at: int, cut: int) -> None:
    content = KARST[:at] + patch + KARST[at + cut :]
    with contextlib.suppress(UpgradeBundleError):
        Bundle.load(Fork.KARST, content, digest(content)).deposits()


def jovian_transactions() -> list[dict[str, Any]]:
    """The transactions of the deployed clients, turned into those of a bundle file."""
    return [
        {
            "intent": tx["intent"],
            "from": tx["from"],
            "to": tx["to"],
            "gasLimit": tx["gas"],
            "data": "0x" + DepositTransaction.decode(bytes_from_hex(tx["raw"])).data.hex(),
        }
        for tx in shared_json("real", "upgrades", "jovian.json")["jovian"]
    ]


@pytest.mark.shared
def test_jovian_bundle_gives_the_deployed_clients_transactions() -> None:
    bundle = Bundle.load(Fork.JOVIAN, bundle_file(*jovian_transactions()))
    expected = shared_json("real", "upgrades", "jovian.json")["jovian"]
    assert ["0x" + raw.hex() for raw in bundle.deposits()] == [tx["raw"] for tx in expected]
    assert [keccak256(raw).hex() for raw in bundle.deposits()] == [tx["hash"][2:] for tx in expected]


@pytest.mark.shared
def test_jovian_bundle_deploys_code_with_the_specified_hashes() -> None:
    bundle = Bundle.load(Fork.JOVIAN, bundle_file(*jovian_transactions()))
    known = known_transactions(Fork.JOVIAN)
    assert known is not None
    for transaction, expected in zip(bundle.transactions, known, strict=True):
        if expected.code_hash is not None:
            code = deployed_code(transaction.data, transaction.gas_limit, transaction.from_)
            assert keccak256(code) == expected.code_hash


@pytest.mark.shared
@pytest.mark.parametrize(
    ("index", "field", "value", "message"),
    [
        (0, "intent", "Jovian: L1Block Deployment", "transactions[0].intent: 'Jovian: L1Block Deployment'"),
        (1, "gasLimit", 50_001, "transactions[1].gas_limit: 50001, expected 50000"),
        (2, "data", "0x00", "transactions[2].data: not the known bytes"),
        (3, "to", None, "transactions[3].to: None"),
        (4, "from", "0x" + "00" * 20, "transactions[4].from_: "),
    ],
)
def test_a_jovian_bundle_must_match_the_known_table(
    index: int, field: str, value: object, message: str
) -> None:
    transactions = jovian_transactions()
    transactions[index][field] = value
    content = bundle_file(*transactions)
    for expected_hash in (None, digest(content)):
        with pytest.raises(UpgradeBundleError) as error:
            Bundle.load(Fork.JOVIAN, content, expected_hash)
        assert message in str(error.value)
    with pytest.raises(UpgradeBundleError, match="4 transactions, expected 5"):
        Bundle.load(Fork.JOVIAN, bundle_file(*transactions[:4]))
