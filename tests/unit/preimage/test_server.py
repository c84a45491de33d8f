from __future__ import annotations

from threading import Thread

import pytest

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import (
    ChannelClosed,
    HintReader,
    HintWriter,
    MessageTooLarge,
    OracleClient,
    OracleServer,
    PreimageMissing,
    channel_pair,
    keccak256_key,
    local_key,
)

PREIMAGES = {local_key(1): b"one", local_key(2): b"", local_key(3): bytes(300_000)}


def get(key: Hash32) -> bytes:
    try:
        return PREIMAGES[key]
    except KeyError:
        raise PreimageMissing(key) from None


def test_a_conversation() -> None:
    here, there = channel_pair(20)
    served = []

    def serve() -> None:
        while OracleServer(there).serve_next(get):
            served.append(1)

    server = Thread(target=serve)
    server.start()
    client = OracleClient(here)
    assert {key: client.get(key) for key in PREIMAGES} == PREIMAGES
    here.close()
    server.join()
    assert len(served) == 3


def test_what_is_not_there_gets_no_answer() -> None:
    here, there = channel_pair(5)
    key = keccak256_key(bytes(32))
    here.write(key)
    with pytest.raises(PreimageMissing, match="no pre-image of 0x02") as caught:
        OracleServer(there).serve_next(get)
    assert caught.value.key == key
    there.close()
    with pytest.raises(ChannelClosed):
        here.read(8)


def test_half_a_key_is_an_error() -> None:
    here, there = channel_pair(5)
    here.write(b"half a key")
    here.close()
    with pytest.raises(ChannelClosed):
        OracleServer(there).serve_next(get)


def test_hints_are_taken_until_the_channel_is_closed() -> None:
    here, there = channel_pair(5)
    taken: list[bytes] = []

    def take() -> None:
        while HintReader(there).handle_next(taken.append):
            pass

    host = Thread(target=take)
    host.start()
    for text in ("", "a hint", "x" * 200_000):
        HintWriter(here).hint(text)
    here.close()
    host.join()
    assert taken == [b"", b"a hint", b"x" * 200_000]


def test_a_hint_that_fails_is_acknowledged() -> None:
    here, there = channel_pair(5)
    here.write(b"\0\0\0\1a")

    def refuse(hint: bytes) -> None:
        raise PreimageMissing(bytes(32), hint.decode())

    with pytest.raises(PreimageMissing):
        HintReader(there).handle_next(refuse)
    assert here.read(1) == b"\0"


def test_an_endless_hint() -> None:
    here, there = channel_pair(5)
    here.write(b"\xff\xff\xff\xff")
    with pytest.raises(MessageTooLarge):
        HintReader(there).handle_next(print)
