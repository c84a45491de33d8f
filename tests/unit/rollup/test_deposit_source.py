from __future__ import annotations

from pyoprollup.eth.crypto import keccak256
from pyoprollup.rollup.deposit_source import (
    l1_info_deposit_source,
    upgrade_deposit_source,
    user_deposit_source,
)

BLOCK = b"\xbe\xef" * 16


def test_domains() -> None:
    number = (1 << 64) - 1
    inner = keccak256(BLOCK + number.to_bytes(32, "big"))
    for domain, source in enumerate((user_deposit_source, l1_info_deposit_source)):
        assert source(BLOCK, number) == keccak256(domain.to_bytes(32, "big") + inner)


def test_upgrade_intent_of_the_specification() -> None:
    expected = "877a6077205782ea15a6dc8699fa5ebcec5e0f4389f09cb8eda09488231346f8"
    assert upgrade_deposit_source("Ecotone: L1 Block Deployment").hex() == expected
