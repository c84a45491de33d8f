from __future__ import annotations

import zlib

import pytest

from pyoprollup.derive.compression.unbrotli.bits import FaultError
from pyoprollup.derive.compression.unbrotli.dictionary import dictionary_word

INDEX_BITS = {4: 10, 5: 10, 6: 11, 7: 11, 8: 10, 9: 10, 10: 10, 11: 10, 12: 10, 13: 9, 14: 9, 15: 8}
INDEX_BITS |= {16: 7, 17: 7, 18: 8, 19: 7, 20: 7, 21: 6, 22: 6, 23: 5, 24: 5}


def test_all_words() -> None:
    """Those of RFC 7932, appendix A; the checksum is that of the reference's copy."""
    words = [
        dictionary_word(length, index) for length, bits in INDEX_BITS.items() for index in range(1 << bits)
    ]
    data = b"".join(words)
    assert len(data) == 122_784
    assert zlib.crc32(data) == 0x5136CB04


def test_transforms() -> None:
    def word(transform: int) -> bytes:
        return dictionary_word(4, transform << 10)

    assert [word(i) for i in (0, 1, 2, 3, 4, 9, 12, 34, 120)] == [
        *(b"time", b"time ", b" time ", b"ime", b"Time ", b"Time", b"tim", b"", b" Time='"),
    ]


@pytest.mark.parametrize("length", [2, 3, 25, 100])
def test_lengths_without_words(length: int) -> None:
    with pytest.raises(FaultError):
        dictionary_word(length, 0)


@pytest.mark.parametrize(("length", "bits"), INDEX_BITS.items())
def test_there_are_121_transforms(length: int, bits: int) -> None:
    assert len(dictionary_word(length, (121 << bits) - 1)) <= length + 13
    for address in (121 << bits, 1 << 18, 1 << 25, 0x7FFFFFFC):
        with pytest.raises(FaultError):
            dictionary_word(length, address)
