from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.preimage.codec import HintDecoder, encode_hint, encode_preimage
from pyoprollup.preimage.errors import MessageTooLarge


def test_forms() -> None:
    assert encode_hint(b"abc") == b"\0\0\0\3abc"
    assert encode_hint(b"") == bytes(4)
    assert encode_preimage(b"abc") == bytes(7) + b"\3abc"


def test_what_is_too_long_is_not_sent() -> None:
    with pytest.raises(MessageTooLarge, match="4 bytes, at most 3"):
        encode_hint(b"abcd", 3)


@given(st.lists(st.binary(max_size=40), max_size=8), st.data())
def test_hints_are_put_together_from_any_pieces(hints: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(encode_hint, hints))
    decoder, found, start = HintDecoder(), list[bytes](), 0
    while start < len(stream):
        end = data.draw(st.integers(start + 1, len(stream)))
        found += decoder.feed(stream[start:end])
        start = end
    assert found == hints
    assert decoder.pending == b""


@given(st.binary(max_size=200), st.integers(0, 64))
def test_arbitrary_bytes_are_hints_or_too_long(stream: bytes, limit: int) -> None:
    decoder = HintDecoder(limit)
    try:
        found = decoder.feed(stream)
    except MessageTooLarge:
        return
    assert all(len(hint) <= limit for hint in found)
    assert b"".join(map(encode_hint, found)) + decoder.pending == stream


def test_an_endless_hint_takes_no_memory() -> None:
    decoder = HintDecoder()
    with pytest.raises(MessageTooLarge):
        decoder.feed(b"\xff\xff\xff\xff")
