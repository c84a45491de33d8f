"""The compression function of BLAKE2b as a precompile (EIP-152): one unit of gas for each round.

py-evm takes the input apart so slowly that a block of such calls would take eleven seconds. Input: rounds
(4 bytes, big-endian), state, message and offset (8, 16 and 2 words of 8 bytes, little-endian), and 0 or 1.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from pyoprollup.evm.py_evm import VMError, blake2b_compress

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["blake2f"]

_WORDS = Struct("<26Q")
_SIZE = 213


def blake2f(computation: Frame) -> None:
    """Run the precompile in a frame. Input of another form is an exceptional halt."""
    data = computation.msg.data_as_bytes
    if len(data) != _SIZE or data[-1] > 1:
        raise VMError("BLAKE2: 213 bytes are needed, the last of them 0 or 1")
    rounds = int.from_bytes(data[:4], "big")
    computation.consume_gas(rounds, reason="BLAKE2")
    words = _WORDS.unpack_from(data, 4)
    computation.output = blake2b_compress(rounds, words[:8], words[8:24], words[24:], data[-1] == 1)
