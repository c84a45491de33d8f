from __future__ import annotations

import pytest

import pyoprollup.vectors.rollup_formats  # noqa: F401 - registers its checks
from pyoprollup.vectors.core import CHECKS, Mismatch
from tests.support import shared_json

SECTIONS = [
    ("system_config", "events", 112),
    ("system_config", "receipts", 20),
    ("system_config", "scalars", 40),
    ("misc", "config_check", 21),
    ("misc", "chain_spec", 30),
    ("misc", "target_block", 30),
    ("upgrade_txs", "ecotone", 6),
    ("upgrade_txs", "fjord", 3),
    ("upgrade_txs", "source_hashes", 15),
    ("upgrade_txs_rust", "ecotone", 6),
    ("upgrade_txs_rust", "fjord", 3),
    ("upgrade_txs_rust", "isthmus", 8),
    ("upgrade_txs_rust", "interop", 4),
]


@pytest.mark.shared
@pytest.mark.parametrize(("file", "section", "count"), SECTIONS)
def test_golden_sections(file: str, section: str, count: int) -> None:
    content = shared_json("golden", f"{file}.json")
    cases = content.get("cases", content)[section]
    assert len(cases) == count
    for case in cases:
        CHECKS[file, section](case)


def test_checks_see_differences() -> None:
    case = {
        "scalar": "0x" + "00" * 31 + "05",
        "check_error": None,
        "ecotone_scalars_error": None,
        "base_fee_scalar": 6,
        "blob_base_fee_scalar": 0,
    }
    with pytest.raises(Mismatch, match="base_fee_scalar: expected 6, got 5"):
        CHECKS["system_config", "scalars"](case)


@pytest.mark.shared
def test_upgrade_transactions_are_in_the_vectors_order() -> None:
    from pyoprollup.rollup.fork import Fork
    from pyoprollup.rollup.upgrades import upgrade_transactions

    vectors = shared_json("golden", "upgrade_txs_rust.json")
    for fork in (Fork.ECOTONE, Fork.FJORD, Fork.ISTHMUS, Fork.INTEROP):
        expected = [tx["raw"] for tx in vectors[fork.name.lower()]]
        assert ["0x" + raw.hex() for raw in upgrade_transactions(fork)] == expected
