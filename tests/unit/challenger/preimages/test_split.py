"""Which way pre-images go, and which of them go no way at all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.preimages import (
    DirectPreimageUploader,
    KeyType,
    PreimageUnsupported,
    SplitPreimageUploader,
    check_part,
    key_type,
)
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.txmgr import TxCandidate

LARGE = 1000


class Parts:
    """An account, a game, and a large uploader, which write down what reaches them."""

    def __init__(self) -> None:
        self.address: Address = ZERO_ADDRESS
        self.seen: list[tuple[str, object]] = []
        direct = DirectPreimageUploader(self, self)
        self.split = SplitPreimageUploader(direct, self, LARGE)

    def update_oracle_tx(self, claim_index: int, data: PreimageOracleData) -> TxCandidate:
        self.seen.append(("game", (claim_index, data)))
        return TxCandidate(ZERO_ADDRESS, b"tx")

    def send_and_wait(self, purpose: str, candidates: Sequence[TxCandidate]) -> None:
        self.seen.append((purpose, [candidate.data for candidate in candidates]))

    def upload_preimage(self, claim_index: int, data: PreimageOracleData) -> None:
        self.seen.append(("large", (claim_index, data)))


def preimage(kind: int, size: int, offset: int = 0) -> PreimageOracleData:
    return PreimageOracleData(bytes([kind]) + bytes(31), size.to_bytes(8, "big") + bytes(size), offset)


@pytest.mark.parametrize(
    ("kind", "size", "is_large"),
    [
        (KeyType.KECCAK256, LARGE - 1, False),
        (KeyType.KECCAK256, LARGE, True),
        (KeyType.LOCAL, LARGE, False),
        (KeyType.SHA256, LARGE, False),
        (KeyType.BLOB, 32, False),
        (KeyType.PRECOMPILE, 100 * LARGE, False),
    ],
)
def test_the_large_way_is_for_keccak_only(kind: KeyType, size: int, is_large: bool) -> None:
    parts, data = Parts(), preimage(kind, size)
    parts.split.upload_preimage(7, data)
    if is_large:
        assert parts.seen == [("large", (7, data))]
    else:
        assert parts.seen == [("game", (7, data)), ("populate pre-image oracle", [b"tx"])]


def test_what_is_local_the_game_knows() -> None:
    """The alphabet of the reference has no length before the number, and the contract does not see it."""
    check_part(PreimageOracleData(b"\1" + bytes(30) + b"\4", b"\2", 0))


@pytest.mark.parametrize("kind", [KeyType.KECCAK256, KeyType.SHA256, KeyType.BLOB])
@pytest.mark.parametrize("size", [0, 1, 32, LARGE])
def test_every_part_up_to_the_end(kind: KeyType, size: int) -> None:
    """The length before the pre-image is a part of it; the place after the end is not."""
    for offset in (0, 7, size + 7):
        assert check_part(preimage(kind, size, offset)) is kind
    for offset in (size + 8, size + 9, -1):
        parts = Parts()
        for uploader in (parts.split, DirectPreimageUploader(parts, parts)):
            with pytest.raises(PreimageUnsupported):
                uploader.upload_preimage(0, preimage(kind, size, offset))
        assert not parts.seen


def test_the_parts_of_a_result_that_only_the_contract_knows() -> None:
    check_part(preimage(KeyType.PRECOMPILE, 28, 500))


@pytest.mark.parametrize("key", [b"", b"\2", b"\2" * 31, b"\2" * 33, bytes(32), b"\7" + bytes(31)])
def test_no_such_key(key: bytes) -> None:
    with pytest.raises(PreimageUnsupported):
        key_type(key)
    parts = Parts()
    with pytest.raises(PreimageUnsupported):
        parts.split.upload_preimage(0, PreimageOracleData(key, bytes(8), 0))
    assert not parts.seen


def test_what_the_contract_has_no_function_for() -> None:
    for data in (preimage(KeyType.GLOBAL_GENERIC, 4), PreimageOracleData(b"\2" * 32, b"short", 0)):
        with pytest.raises(PreimageUnsupported):
            check_part(data)
