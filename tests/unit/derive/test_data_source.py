"""Finding batcher data in an L1 block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.data_source import DataSourceFactory, batcher_blobs, batcher_transaction
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import CriticalError, EndOfData, ResetError
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.crypto import SECP256K1_N, keccak256, sign
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.signer import sign_transaction, signing_hash
from pyoprollup.eth.transactions import Authorization, Transaction, decode_transaction, tx_hash
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.sources.l1 import IndexedBlobHash
from tests.unit.derive.support import (
    BATCHER,
    BATCHER_KEY,
    INBOX,
    L1_CHAIN_ID,
    ORIGIN,
    Drops,
    FakeL1,
    batcher_tx,
    config,
    name_hash,
    outcomes,
)

OTHER_KEY = keccak256(b"somebody")


def transaction(kind: int, data: bytes = b"data", key: bytes = BATCHER_KEY, **changes: Any) -> bytes:
    """A signed transaction of any type, to the batch inbox."""
    values: dict[str, Any] = {"chain_id": L1_CHAIN_ID if kind else 0, **changes}
    if kind == 3:
        values.setdefault("blob_versioned_hashes", (blob_hash("blob"),))
    if kind == 4:
        values["authorization_list"] = (Authorization(1, INBOX, 0, 0, 1, 1),)
    tx = Transaction(kind, 0, 30, 100_000, values.pop("to", INBOX), 0, data, **values)
    return sign_transaction(tx, key, L1_CHAIN_ID).encode()


def blob_hash(name: object) -> Hash32:
    return Hash32(b"\x01" + name_hash(name)[1:])


class Blobs:
    """A blob source; ``asked`` has the indices and hashes of all requests."""

    def __init__(self, **blobs: bytes) -> None:
        self.blobs = {blob_hash(name): blob for name, blob in blobs.items()}
        self.asked: list[tuple[int, Hash32]] = []
        self.error: Exception | None = None

    def get_blobs(self, _ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> list[bytes]:
        self.asked += [(wanted.index, wanted.hash) for wanted in hashes]
        if self.error is not None:
            raise self.error
        return [self.blobs[wanted.hash] for wanted in hashes if wanted.hash in self.blobs]


class Scene:
    def __init__(self, *transactions: bytes, forks: str = "ecotone", blobs: Blobs | None = None) -> None:
        self.l1 = FakeL1()
        self.l1.add(ORIGIN, transactions)
        self.blobs = blobs or Blobs()
        self.drops = Drops()
        self.factory = DataSourceFactory(config(forks), self.l1, self.blobs, self.drops)

    def read(self) -> list[bytes]:
        data = self.factory.open_data(ORIGIN, BATCHER)
        return [piece for piece, _ in outcomes(data.next)]


# --- Which transactions count


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("forks", ["bedrock", "ecotone"])
def test_calldata(kind: int, forks: str) -> None:
    assert Scene(transaction(kind, b"one"), transaction(2, b"two"), forks=forks).read() == [b"one", b"two"]


def test_unprotected_legacy_transaction() -> None:
    """A signature for any chain counts as well."""
    tx = Transaction(0, 0, 30, 100_000, INBOX, 0, b"data")
    r, s, parity = sign(signing_hash(tx, None), BATCHER_KEY)
    assert Scene(replace(tx, v=27 + parity, r=r, s=s).encode()).read() == [b"data"]


@pytest.mark.parametrize(
    "raw",
    [
        transaction(2, key=OTHER_KEY),
        transaction(2, to=BATCHER),
        transaction(2, to=None),
        transaction(0, to=None),
        transaction(4),  # never carries data, whoever signs it
        b"\x05" + transaction(2)[1:],  # of an unknown type
        b"",
        b"\x02",
        b"\xc0",
        transaction(2)[:-1],
    ],
)
@pytest.mark.parametrize("forks", ["bedrock", "ecotone"])
def test_other_transactions(raw: bytes, forks: str) -> None:
    assert Scene(transaction(2, b"one"), raw, transaction(2, b"two"), forks=forks).read() == [b"one", b"two"]


def test_signature_of_nobody() -> None:
    tx = decode_transaction(transaction(2))
    assert isinstance(tx, Transaction)
    for changes in (
        {"r": 0},
        {"s": 0},
        {"r": 2**256 - 1},
        {"s": SECP256K1_N - tx.s},
        {"v": 2},
        {"chain_id": 1},
    ):
        assert Scene(replace(tx, **changes).encode()).read() == []  # type: ignore[arg-type]


def test_deposit_from_the_batcher() -> None:
    """On an L1 that is a rollup itself, batcher data may be forced in by a deposit."""
    deposit = DepositTransaction(ZERO_HASH, BATCHER, INBOX, None, 0, 1, False, b"forced")
    stranger = replace(deposit, from_=INBOX)
    assert Scene(deposit.encode(), stranger.encode()).read() == [b"forced"]


def test_batcher_is_an_argument() -> None:
    scene = Scene(batcher_tx(b"data"))
    data = scene.factory.open_data(ORIGIN, INBOX)
    with pytest.raises(EndOfData):
        data.next()


def test_provenance() -> None:
    raw = transaction(2, b"two")
    data = Scene(transaction(2, key=OTHER_KEY), raw).factory.open_data(ORIGIN, BATCHER)
    _, source = data.next()
    assert source is not None
    assert (source.block, source.tx_hash, source.tx_index) == (ORIGIN.id, tx_hash(raw), 1)
    assert (source.blob_index, source.blob_hash) == (None, None)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"\x02" + tail))
def test_arbitrary_transactions(raw: bytes) -> None:
    assert batcher_transaction(config(), raw, BATCHER) is None


# --- Blobs


def test_blobs_and_calldata_in_order() -> None:
    blobs = Blobs(a=blob_from_data(b"A"), b=blob_from_data(b"B"), c=blob_from_data(b"C"))
    scene = Scene(
        transaction(2, b"first"),
        transaction(3, b"", blob_versioned_hashes=(blob_hash("a"), blob_hash("b"))),
        transaction(2, b"last"),
        transaction(3, b"", blob_versioned_hashes=(blob_hash("c"),)),
        blobs=blobs,
    )
    assert scene.read() == [b"first", b"A", b"B", b"last", b"C"]


def test_blob_index_counts_all_blobs_of_the_block() -> None:
    """Those of others, and of the batcher to other places, are counted but not asked for."""
    blobs = Blobs(mine=blob_from_data(b"mine"), other=blob_from_data(b"other"))
    scene = Scene(
        transaction(3, b"", OTHER_KEY, blob_versioned_hashes=(blob_hash("x"), blob_hash("y"))),
        transaction(2, b"calldata"),
        transaction(3, b"", to=BATCHER, blob_versioned_hashes=(blob_hash("z"),)),
        transaction(3, b"", blob_versioned_hashes=(blob_hash("mine"), blob_hash("other"))),
        transaction(3, b"", OTHER_KEY, blob_versioned_hashes=(blob_hash("w"),)),
        transaction(3, b"", blob_versioned_hashes=(blob_hash("mine"),)),
        blobs=blobs,
    )
    assert scene.read() == [b"calldata", b"mine", b"other", b"mine"]
    assert scene.blobs.asked == [(3, blob_hash("mine")), (4, blob_hash("other")), (6, blob_hash("mine"))]


def test_calldata_of_blob_transactions_is_ignored() -> None:
    scene = Scene(transaction(3, b"calldata"), blobs=Blobs(blob=blob_from_data(b"blob")))
    assert scene.read() == [b"blob"]
    assert scene.drops.reasons == [DropReason.BLOB_TX_CALLDATA]


def test_undecodable_blob_is_passed_over() -> None:
    hashes = (blob_hash("bad"), blob_hash("good"))
    blobs = Blobs(bad=b"\xff" * 131072, good=blob_from_data(b"good"))
    scene = Scene(transaction(3, b"", blob_versioned_hashes=hashes), blobs=blobs)
    assert scene.read() == [b"good"]
    assert scene.drops.reasons == [DropReason.BLOB_UNDECODABLE]
    subject = scene.drops[0].subject
    assert subject is not None and getattr(subject, "blob_hash", None) == blob_hash("bad")


def test_blob_provenance() -> None:
    scene = Scene(transaction(2, b"x"), transaction(3, b""), blobs=Blobs(blob=blob_from_data(b"blob")))
    data = scene.factory.open_data(ORIGIN, BATCHER)
    data.next()
    _, source = data.next()
    assert source is not None
    assert (source.tx_index, source.blob_index, source.blob_hash) == (1, 0, blob_hash("blob"))


def test_blobs_before_ecotone() -> None:
    """L1 has them already, L2 does not look: a blob transaction's calldata counts."""
    scene = Scene(transaction(3, b"calldata"), forks="delta")
    assert scene.read() == [b"calldata"]
    assert scene.blobs.asked == []


def test_ecotone_goes_by_the_l1_block() -> None:
    for time, expected in ((ORIGIN.time, b"blob"), (ORIGIN.time + 1, b"calldata")):
        scene = Scene(transaction(3, b"calldata"))
        cfg = config("delta", ecotone_time=time)
        factory = DataSourceFactory(cfg, scene.l1, Blobs(blob=blob_from_data(b"blob")))
        assert factory.open_data(ORIGIN, BATCHER).next()[0] == expected


def test_no_blob_source() -> None:
    scene = Scene(transaction(2))
    with pytest.raises(CriticalError):
        DataSourceFactory(config("ecotone"), scene.l1, None).open_data(ORIGIN, BATCHER)
    data = DataSourceFactory(config("delta"), scene.l1, None).open_data(ORIGIN, BATCHER)
    assert data.next()[0] == b"data"


def test_blocks_without_blobs_ask_for_none() -> None:
    scene = Scene(transaction(2), transaction(3, b"", OTHER_KEY))
    scene.read()
    assert scene.blobs.asked == []


# --- Failures


@pytest.mark.parametrize(
    ("error", "expected"), [(Unavailable("later"), Unavailable), (NotFound("gone"), ResetError)]
)
def test_blob_source_fails(error: Exception, expected: type[Exception]) -> None:
    scene = Scene(transaction(3, b"calldata"), blobs=Blobs(blob=blob_from_data(b"blob")))
    scene.blobs.error = error
    with pytest.raises(expected):
        scene.read()
    assert scene.drops == []
    scene.blobs.error = None
    assert scene.read() == [b"blob"]


def test_too_few_blobs() -> None:
    scene = Scene(transaction(3, b"", blob_versioned_hashes=(blob_hash("blob"), blob_hash("missing"))))
    scene.blobs.blobs[blob_hash("blob")] = blob_from_data(b"blob")
    with pytest.raises(ResetError):
        scene.read()


def test_l1_fails() -> None:
    scene = Scene(transaction(2))
    scene.l1.failing = 0
    with pytest.raises(Unavailable):
        scene.read()
    assert scene.read() == [b"data"]
    with pytest.raises(ResetError):
        scene.factory.open_data(replace(ORIGIN, hash=name_hash("unknown")), BATCHER)


@pytest.mark.parametrize("raw", [b"\x03", b"\x03\xc0", b"\x03\x80", b"\x03\xf8", transaction(3)[:-1]])
def test_malformed_blob_transaction(raw: bytes) -> None:
    """Its blobs cannot be counted, so nothing of the block can be trusted."""
    with pytest.raises(Unavailable):
        Scene(raw).read()
    assert Scene(raw, forks="bedrock").read() == []


# --- types that came later, and what is fetched ahead


@pytest.mark.parametrize("forks", ["bedrock", "ecotone"])
def test_types_that_are_not_known_are_passed_over(forks: str) -> None:
    """Whatever is in them; they take no blob's index either."""
    news = [b"\x05" + transaction(2)[1:], b"\x64\xc0", b"\x7f", b"\x7d\xc0"]
    scene = Scene(*news, transaction(2, b"first"), *news, transaction(2, b"second"), forks=forks)
    assert scene.read() == [b"first", b"second"]


def test_blobs_that_are_fetched_ahead_are_those_that_are_read() -> None:
    blobs = Blobs(a=blob_from_data(b"a"), b=blob_from_data(b"b"), c=blob_from_data(b"c"))
    ours = transaction(3, blob_versioned_hashes=(blob_hash("a"), blob_hash("b")))
    others = transaction(3, key=OTHER_KEY, blob_versioned_hashes=(blob_hash("x"),))
    elsewhere = transaction(3, to=BATCHER, blob_versioned_hashes=(blob_hash("y"),))
    last = transaction(3, blob_versioned_hashes=(blob_hash("c"),))
    block = (b"\x64\xc0", others, ours, transaction(2), elsewhere, last)
    scene = Scene(*block, blobs=blobs)
    scene.read()
    ahead = batcher_blobs(config("ecotone"), block, BATCHER)
    assert [(item.index, item.hash) for item in ahead] == blobs.asked
    assert [item.index for item in ahead] == [1, 2, 4]
