from __future__ import annotations

from pyoprollup.rollup.deposit_source import upgrade_deposit_source
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.upgrades import known_transactions, published_bundle


def test_jovian_table() -> None:
    known = known_transactions(Fork.JOVIAN)
    assert known is not None
    assert len(known) == 5
    assert sum(tx.gas_limit for tx in known) == 447_315 + 50_000 + 1_750_714 + 50_000 + 90_000
    for tx in known:
        assert upgrade_deposit_source(tx.intent) == tx.source_hash
        assert (tx.code_hash is not None) == (tx.to is None)


def test_only_jovian_is_known_in_detail() -> None:
    assert [fork for fork in Fork if known_transactions(fork)] == [Fork.JOVIAN]


def test_only_karst_was_published_as_a_file() -> None:
    assert [fork for fork in Fork if published_bundle(fork)] == [Fork.KARST]
    karst = published_bundle(Fork.KARST)
    assert karst is not None
    assert (karst.transactions, karst.gas) == (31, 55_370_657)
    assert karst.hash.startswith("sha256:")
    assert len(karst.hash) == 7 + 64
