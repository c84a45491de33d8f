from __future__ import annotations

from pyoprollup.challenger.keccak.permutation import LANES, keccak_f1600
from pyoprollup.eth.crypto import keccak256


def test_what_it_makes_of_nothing() -> None:
    """The first lanes of the published intermediate values for Keccak-f[1600] on a state of zeros."""
    once = keccak_f1600((0,) * LANES)
    assert once[:3] == (0xF1258F7940E1DDE7, 0x84D5CCF933C0478A, 0xD598261EA65AA9EE)
    assert keccak_f1600(once)[0] == 0x2D5C954DF96ECB3C


def test_a_digest_is_the_permuted_block() -> None:
    block = bytearray(b"abc".ljust(136, b"\0"))
    block[3], block[-1] = 1, 0x80
    lanes = [int.from_bytes(block[at : at + 8], "little") for at in range(0, 136, 8)] + [0] * 8
    after = keccak_f1600(lanes)
    assert b"".join([lane.to_bytes(8, "little") for lane in after[:4]]) == keccak256(b"abc")
    assert len(after) == LANES and all(0 <= lane < 1 << 64 for lane in after)
