from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.signed_payload import compress
from pyoprollup.eth.ssz import SszError
from pyoprollup.p2p.message import decode_body, encode_body, open_message, seal_message
from tests.unit.p2p.support import envelope


@pytest.mark.parametrize("version", BlockVersion)
def test_body(version: BlockVersion) -> None:
    block = envelope(version)
    assert decode_body(version, encode_body(block)) == block
    assert (encode_body(block)[:32] == block.parent_beacon_block_root) == (version >= BlockVersion.V3)


@given(st.binary(min_size=65, max_size=65), st.binary(min_size=1, max_size=300))
def test_round_trip(signature: bytes, body: bytes) -> None:
    assert open_message(seal_message(signature, body)) == (signature, body)


def test_a_message_has_a_body() -> None:
    with pytest.raises(SszError):
        open_message(compress(bytes(65)))


@given(st.binary(max_size=200), st.sampled_from(list(BlockVersion)))
def test_arbitrary_bytes(data: bytes, version: BlockVersion) -> None:
    for read in (open_message, lambda data: decode_body(version, data)):
        with suppress(DecodeError):
            read(data)
