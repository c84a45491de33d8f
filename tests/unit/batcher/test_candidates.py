from __future__ import annotations

import pytest

from pyoprollup.batcher.candidates import (
    alt_da_tx_candidate,
    blob_tx_candidate,
    calldata_tx_candidate,
    cancel_candidate,
    intrinsic_gas,
)
from pyoprollup.batcher.tx_data import FrameData, FrameID, TxData
from pyoprollup.eth.blobs import blob_to_data
from tests.unit.derive.support import INBOX


@pytest.mark.parametrize(
    ("data", "gas"),
    [
        (b"", 21_000),
        (b"\x00" * 10, 21_000 + 100),
        (b"\x01" * 10, 21_000 + 400),
        (b"\x00\x01", 21_000 + 50),
    ],
)
def test_gas_is_the_floor_of_the_data(data: bytes, gas: int) -> None:
    """The floor of EIP-7623 is above the usual cost for any data without execution."""
    assert intrinsic_gas(data) == gas


def test_candidates_go_to_the_inbox() -> None:
    data = TxData((FrameData(FrameID(bytes(16), 0), b"frame"),), as_blob=True)
    calldata = calldata_tx_candidate(INBOX, data.call_data())
    assert (calldata.to, calldata.data, calldata.blobs) == (INBOX, b"\0frame", ())
    blob = blob_tx_candidate(INBOX, data)
    assert (blob.to, blob.data, blob.gas_limit) == (INBOX, b"", 21_000)
    assert blob_to_data(blob.blobs[0]) == b"\0frame"
    assert alt_da_tx_candidate(INBOX, b"\x00hash").data == b"\x01\x00hash"


def test_a_cancellation_is_of_the_kind_that_is_stuck() -> None:
    assert cancel_candidate(INBOX, blob_refused=True).blobs == ()
    assert cancel_candidate(INBOX, blob_refused=True).data == b""
    (blob,) = cancel_candidate(INBOX, blob_refused=False).blobs
    assert blob_to_data(blob) == b"\0"
