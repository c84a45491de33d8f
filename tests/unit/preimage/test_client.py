from __future__ import annotations

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import (
    ChannelClosed,
    ChannelTimeout,
    HintWriter,
    MessageTooLarge,
    OracleClient,
    UnsupportedKey,
    WrongPreimage,
    channel_pair,
    encode_preimage,
    keccak256_key,
)

DATA = b"pre-image"
KEY = keccak256_key(keccak256(DATA))


def answered(answer: bytes, *, close: bool = False, checked: bool = True, limit: int = 1000) -> OracleClient:
    """A client whose server says this, whatever it is asked, and then closes the channel or is silent."""
    here, there = channel_pair(0.1)
    there.write(answer)
    client = OracleClient(here, limit, checked=checked)
    if close:
        there.close()
    else:
        CHANNELS.append(there)
    return client


CHANNELS: list[object] = []
"""Channels that are to stay open."""


def test_the_pre_image_is_what_the_server_sends() -> None:
    assert answered(encode_preimage(DATA)).get(KEY) == DATA


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("cut", [0, 5, 8, 12])
def test_an_answer_that_breaks_off(cut: int, close: bool) -> None:
    client = answered(encode_preimage(DATA)[:cut], close=close)
    with pytest.raises(ChannelClosed if close else ChannelTimeout):
        client.get(KEY)


def test_wrong_data() -> None:
    with pytest.raises(WrongPreimage):
        answered(encode_preimage(b"pre-imago")).get(KEY)
    assert answered(encode_preimage(b"pre-imago"), checked=False).get(KEY) == b"pre-imago"


@pytest.mark.parametrize("size", [1001, 1 << 40, (1 << 64) - 1])
def test_an_endless_answer(size: int) -> None:
    with pytest.raises(MessageTooLarge, match="at most 1000"):
        answered(size.to_bytes(8, "big")).get(KEY)


def test_no_key() -> None:
    with pytest.raises(UnsupportedKey):
        answered(b"").get(Hash32(b"short"))


def test_a_hint_waits_to_be_acknowledged() -> None:
    here, there = channel_pair(0.1)
    there.write(b"\0")
    HintWriter(here).hint("hint é")
    assert there.read(11) == b"\0\0\0\x07hint \xc3\xa9"
    with pytest.raises(ChannelTimeout):
        HintWriter(here).hint("")
    with pytest.raises(MessageTooLarge):
        HintWriter(here, limit=3).hint("hint")
