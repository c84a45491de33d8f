"""``pyoprollup execute``."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.eth.types import to_hex
from pyoprollup.rollup.fork import Fork
from tests.support import shared_path
from tests.unit.cli.support import run
from tests.unit.evm.support import Chain, transfer


def recording() -> dict[str, Any]:
    """A block with one transfer, recorded with everything its chain has."""
    chain = Chain.start(Fork.JOVIAN)
    attributes = chain.attributes([transfer()])
    block = chain.build(transfer())
    return {
        "rollup_config": chain.config.to_json(),
        "parent_header_rlp": to_hex(chain.head.encode()),
        "executing_payload": attributes.to_json(),
        "preimages": {to_hex(key): to_hex(value) for key, value in chain.store.items()},
        "expected_header_rlp": to_hex(block.header.encode()),
        "expected_receipts": [to_hex(receipt.encode()) for receipt in block.receipts],
    }


def written(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "block.json.gz"
    path.write_bytes(gzip.compress(json.dumps(value).encode()))
    return path


def test_every_field_is_shown_and_the_same(tmp_path: Path) -> None:
    lines = run("execute", written(tmp_path, recording())).lines
    assert lines[0] == "block 1: every field matches"
    assert sum(line.endswith("  same") for line in lines) == len(lines) - 3
    assert "1 transaction, 21,000 gas in " in lines[-1]
    assert max(map(len, lines)) <= 100


def test_json(tmp_path: Path) -> None:
    (result,) = run("execute", written(tmp_path, recording()), "--json").json
    assert (result["number"], result["matches"], result["gas_used"]) == (1, True, 21_000)
    assert all(field["expected"] == field["got"] for field in result["fields"].values())
    assert {"state_root", "blob_gas_used", "requests_hash", "receipts equal", "hash"} <= result[
        "fields"
    ].keys()


def test_a_difference_is_marked(tmp_path: Path) -> None:
    value = recording()
    value["executing_payload"]["suggestedFeeRecipient"] = "0x" + "98" * 20
    lines = run("execute", written(tmp_path, value), code=1).lines
    assert lines[0] == "block 1: DIFFERENT"
    marked = [line.split()[1] for line in lines if line.startswith("!")]
    assert marked == ["coinbase", "state_root", "hash"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preimages": {}}, "is not in the database"),
        ({"preimages": {"0x" + "00" * 32: "0x01"}}, "is not the hash of its value"),
        ({"preimages": []}, "expected an object"),
        ({"parent_header_rlp": "0xc0"}, "header"),
        ({"executing_payload": None}, "missing"),
    ],
)
def test_errors(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    assert message in run("execute", written(tmp_path, {**recording(), **change}), code=1).err


def test_an_invalid_block_is_told(tmp_path: Path) -> None:
    value = recording()
    value["executing_payload"]["transactions"] = [to_hex(transfer(nonce=1))]
    assert "nonce too high" in run("execute", written(tmp_path, value), code=1).err


@pytest.mark.shared
def test_a_real_block() -> None:
    path = shared_path("real", "blocks", "block-120794432.json.gz")
    assert run("execute", path).lines[0] == "block 120794432: every field matches"
