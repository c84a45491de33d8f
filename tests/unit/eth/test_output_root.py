"""Output roots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.output_root import OutputV0, output_root, unmarshal_output

hashes = st.binary(min_size=32, max_size=32)


@given(st.builds(OutputV0, hashes, hashes, hashes))
def test_round_trip(output: OutputV0) -> None:
    data = output.marshal()
    assert data == bytes(32) + output.state_root + output.message_passer_storage_root + output.block_hash
    assert unmarshal_output(data) == output
    assert output_root(output) == keccak256(data)


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(32), bytes(127), bytes(129), b"\x01" + bytes(127)])
def test_malformed(data: bytes) -> None:
    with pytest.raises(DecodeError):
        unmarshal_output(data)
