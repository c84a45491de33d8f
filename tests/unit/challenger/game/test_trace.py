"""What a step reads, as the oracle has it."""

from __future__ import annotations

from pyoprollup.challenger.game.trace import PreimageOracleData, StepUnsupported, TraceError
from pyoprollup.errors import RollupError, Unavailable


def with_length(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


def test_a_local_pre_image_is_known_by_its_key() -> None:
    key = bytes([1]) + bytes(30) + bytes([4])
    data = PreimageOracleData(key, with_length(b"number"), 8)
    assert data.is_local and data.ident == 4 and data.preimage == b"number"


def test_a_number_has_31_bytes() -> None:
    data = PreimageOracleData(bytes([1]) + b"\xff" * 31, with_length(b""), 0)
    assert data.ident == (1 << 248) - 1


def test_other_keys_are_global() -> None:
    for kind in (0, 2, 3, 4, 5, 6, 255):
        assert not PreimageOracleData(bytes([kind]) + bytes(31), with_length(b"x"), 0).is_local
    assert not PreimageOracleData(b"", with_length(b"x"), 0).is_local


def test_the_input_of_a_precompile() -> None:
    address, gas, call = bytes(19) + b"\x08", (50_000).to_bytes(8, "big"), b"input"
    data = PreimageOracleData(bytes([6]) + bytes(31), with_length(address + gas + call), 0)
    assert data.precompile_address == address
    assert data.precompile_required_gas == 50_000
    assert data.precompile_input == call


def test_unknown_for_now_and_unknown_for_good_are_different() -> None:
    assert issubclass(StepUnsupported, TraceError) and issubclass(TraceError, RollupError)
    assert not issubclass(TraceError, Unavailable)
