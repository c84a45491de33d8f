"""The beacon API of the embedded L1."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.kzg import verify_blob_proof, versioned_hash
from pyoprollup.eth.types import bytes_from_hex, to_hex
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.l1.server import BeaconMethods
from pyoprollup.l1.server.beacon import BeaconError
from tests.unit.l1.embedded.support import blob_raw, make_l1

FIRST, SECOND = blob_from_data(b"first"), blob_from_data(b"second")


@pytest.fixture
def l1() -> EmbeddedL1:
    """Blobs are in slot 3; slot 2 was missed."""
    l1 = make_l1()
    l1.mine()
    l1.send(blob_raw(contents=(b"first", b"second")))
    l1.mine(l1.config.genesis_time + 3 * l1.config.slot_seconds)
    return l1


def get(l1: EmbeddedL1, path: str, query: str = "") -> Any:
    return BeaconMethods(l1).answer(path, query)["data"]


def test_genesis_and_slots(l1: EmbeddedL1) -> None:
    assert get(l1, "/eth/v1/beacon/genesis")["genesis_time"] == str(l1.config.genesis_time)
    assert get(l1, "/eth/v1/config/spec")["SECONDS_PER_SLOT"] == "12"
    assert get(l1, "/eth/v1/node/syncing")["head_slot"] == "3"


def test_blobs_by_versioned_hash(l1: EmbeddedL1) -> None:
    hashes = [to_hex(item) for item in l1.head_block.blob_hashes]
    assert get(l1, "/eth/v1/beacon/blobs/3") == [to_hex(FIRST), to_hex(SECOND)]
    assert get(l1, "/eth/v1/beacon/blobs/3", f"versioned_hashes={hashes[1]}") == [to_hex(SECOND)]
    for both in (
        f"versioned_hashes={hashes[1]},{hashes[0]}",
        "&".join(f"versioned_hashes={h}" for h in hashes),
    ):
        assert len(get(l1, "/eth/v1/beacon/blobs/head", both)) == 2


def test_sidecars_prove_themselves(l1: EmbeddedL1) -> None:
    sidecars = get(l1, "/eth/v1/beacon/blob_sidecars/3", "indices=1")
    assert [each["index"] for each in sidecars] == ["1"]
    blob, commitment, proof = (
        bytes_from_hex(sidecars[0][name], name) for name in ("blob", "kzg_commitment", "kzg_proof")
    )
    assert blob == SECOND and versioned_hash(commitment) == l1.head_block.blob_hashes[1]
    verify_blob_proof(blob, commitment, proof)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/eth/v1/beacon/blobs/2", "", 404),  # missed
        ("/eth/v1/beacon/blobs/9", "", 404),  # not yet
        ("/eth/v1/beacon/blobs/x", "", 400),
        ("/eth/v1/beacon/blobs/3", "versioned_hashes=0x12", 400),
        ("/eth/v1/beacon/blob_sidecars/3", "indices=a", 400),
        ("/eth/v2/beacon/blocks/3", "", 404),
    ],
)
def test_refusals(l1: EmbeddedL1, path: str, query: str, status: int) -> None:
    with pytest.raises(BeaconError) as caught:
        get(l1, path, query)
    assert caught.value.status == status


def test_blobs_that_are_kept_no_more(l1: EmbeddedL1) -> None:
    short = make_l1(blob_retention=1)
    short.send(blob_raw())
    short.mine()
    short.mine()
    short.mine()
    with pytest.raises(BeaconError) as caught:
        get(short, "/eth/v1/beacon/blobs/1")
    assert caught.value.status == 404
