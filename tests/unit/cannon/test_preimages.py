"""Keys, checks, and both sides of the channels."""

from __future__ import annotations

import contextlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.cannon.preimages import (
    MAX_HINT,
    MAX_PREIMAGE,
    HintReader,
    HintWriter,
    KeyType,
    OracleClient,
    OracleServer,
    check_preimage,
    typed_key,
)
from pyoprollup.eth.crypto import keccak256


class Memory:
    """A stream that reads what it was given, and keeps what is written."""

    def __init__(self, incoming: bytes = b"") -> None:
        self.incoming = incoming
        self.written = b""

    def read(self, count: int) -> bytes:
        if count > len(self.incoming):
            raise PreimageError("closed")
        found, self.incoming = self.incoming[:count], self.incoming[count:]
        return found

    def write(self, data: bytes) -> None:
        self.written += data


@given(st.binary(max_size=100))
def test_hashes_are_checked(data: bytes) -> None:
    for kind, digest in ((KeyType.KECCAK256, keccak256(data)), (KeyType.SHA256, sha256(data).digest())):
        key = typed_key(kind, digest)
        assert check_preimage(key, data) == data
        with pytest.raises(PreimageError, match="no pre-image of"):
            check_preimage(key, data + b"\0")


def test_others_are_believed_and_some_never_asked_for() -> None:
    for kind in (KeyType.LOCAL, KeyType.BLOB, KeyType.PRECOMPILE):
        assert check_preimage(typed_key(kind, bytes(32)), b"anything") == b"anything"
    for key in (bytes(32), typed_key(KeyType.GLOBAL_GENERIC, bytes(32)), b"\x07" + bytes(31), b"\x02", b""):
        with pytest.raises(PreimageError, match="no type"):
            check_preimage(key, b"")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100))
def test_asking_and_answering(key: bytes, data: bytes) -> None:
    client, server = Memory(len(data).to_bytes(8, "big") + data), Memory(key)
    assert OracleClient(client).get(key) == data and client.written == key
    OracleServer(server).serve(lambda asked: data if asked == key else b"?")
    assert server.written == len(data).to_bytes(8, "big") + data


@given(st.binary(max_size=100))
def test_hints(hint: bytes) -> None:
    client, server = Memory(b"\0"), Memory(len(hint).to_bytes(4, "big") + hint)
    HintWriter(client).hint(hint)
    assert client.written == len(hint).to_bytes(4, "big") + hint
    taken: list[bytes] = []
    HintReader(server).next(taken.append)
    assert taken == [hint] and server.written == b"\0"


def test_a_hint_that_fails_does_not_hold_up_the_program() -> None:
    server = Memory(bytes(4))

    def fail(_: bytes) -> None:
        raise PreimageError("no")

    with pytest.raises(PreimageError, match="no"):
        HintReader(server).next(fail)
    assert server.written == b"\0"


@given(st.binary(max_size=40))
def test_whatever_comes_ends_in_data_or_a_typed_error(data: bytes) -> None:
    for act in (
        lambda: OracleClient(Memory(data)).get(bytes(32)),
        lambda: HintWriter(Memory(data)).hint(b"hint"),
        lambda: OracleServer(Memory(data)).serve(lambda key: key),
        lambda: HintReader(Memory(data)).next(lambda hint: None),
    ):
        with contextlib.suppress(PreimageError):
            act()


def test_sizes_are_not_believed() -> None:
    with pytest.raises(PreimageError, match=str(MAX_PREIMAGE + 1)):
        OracleClient(Memory((MAX_PREIMAGE + 1).to_bytes(8, "big"))).get(bytes(32))
    with pytest.raises(PreimageError, match=str(MAX_HINT + 1)):
        HintReader(Memory((MAX_HINT + 1).to_bytes(4, "big"))).next(lambda hint: None)
