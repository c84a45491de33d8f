from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.rollup.fee_scalars import (
    EcotoneScalars,
    ScalarError,
    check_ecotone_scalar,
    decode_scalar,
    ecotone_scalars,
)

u32 = st.integers(0, (1 << 32) - 1)


@given(u32, u32)
def test_round_trip(blob: int, base: int) -> None:
    scalars = EcotoneScalars(blob, base)
    word = scalars.encode()
    check_ecotone_scalar(word)
    assert ecotone_scalars(word) == decode_scalar(word) == scalars


@given(u32)
def test_bedrock_scalar_is_the_base_fee_scalar(scalar: int) -> None:
    assert ecotone_scalars(scalar.to_bytes(32, "big")) == EcotoneScalars(0, scalar)


def test_a_bedrock_scalar_that_is_too_large_counts_as_the_largest() -> None:
    word = (1 << 32).to_bytes(32, "big")
    with pytest.raises(ScalarError, match="more than 32 bits"):
        check_ecotone_scalar(word)
    assert ecotone_scalars(word) == EcotoneScalars(0, 0xFFFFFFFF)


@given(st.binary(min_size=32, max_size=32))
def test_any_word_is_decoded_or_refused(word: bytes) -> None:
    try:
        check_ecotone_scalar(word)
    except ScalarError:
        assert word[0] > 1 or any(word[1:28])
    else:
        assert ecotone_scalars(word).base_fee_scalar == int.from_bytes(word[28:], "big")


def test_unknown_version_and_dirty_padding() -> None:
    with pytest.raises(ScalarError, match="unknown version 2"):
        ecotone_scalars(b"\x02" + bytes(31))
    with pytest.raises(ScalarError, match="unknown version 2"):
        decode_scalar(b"\x02" + bytes(31))
    with pytest.raises(ScalarError, match="non-zero padding"):
        ecotone_scalars(b"\x01\x01" + bytes(30))
