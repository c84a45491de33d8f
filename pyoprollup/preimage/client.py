"""The program's side of the two channels: it gives hints and gets pre-images.

Specification: fault-proof/index.md, "Pre-image communication".
"""

from __future__ import annotations

from typing import Protocol

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.codec import (
    KEY_SIZE,
    LENGTH_SIZE,
    MAX_HINT_SIZE,
    MAX_PREIMAGE_SIZE,
    encode_hint,
)
from pyoprollup.preimage.errors import MessageTooLarge, UnsupportedKey
from pyoprollup.preimage.verification import check_preimage

__all__ = ["HintWriter", "Hinter", "OracleClient", "PreimageOracle", "Transport"]


class Transport(Protocol):
    """A channel of bytes, as :class:`~pyoprollup.preimage.channel.FileChannel` is one."""

    def read(self, size: int, *, at_start: bool = False) -> bytes:
        """Exactly ``size`` bytes, or none at the start of a message if the channel is closed."""
        ...

    def write(self, data: bytes) -> None:
        """Write all of the bytes."""
        ...


class PreimageOracle(Protocol):
    """Where a program gets its pre-images from."""

    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key; raises an :class:`~pyoprollup.preimage.errors.OracleError`."""
        ...


class Hinter(Protocol):
    """Whom a program tells what pre-images it is about to ask for."""

    def hint(self, text: str) -> None:
        """Give a hint, and wait until it is taken note of."""
        ...


class OracleClient:
    """Gets pre-images over a channel, and checks what can be checked of them, unless ``checked`` is false:
    within a VM the oracle has done that."""

    def __init__(self, channel: Transport, limit: int = MAX_PREIMAGE_SIZE, *, checked: bool = True) -> None:
        self._channel = channel
        self._limit = limit
        self._checked = checked

    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key.

        Raises :class:`~pyoprollup.preimage.errors.WrongPreimage`, :class:`MessageTooLarge`,
        :class:`UnsupportedKey`, and what the channel does: ``ChannelClosed`` is also how a server says that
        it does not have a pre-image.
        """
        if len(key) != KEY_SIZE:
            raise UnsupportedKey(f"a key has {KEY_SIZE} bytes, not {len(key)}")
        self._channel.write(key)
        size = int.from_bytes(self._channel.read(LENGTH_SIZE), "big")
        if size > self._limit:
            raise MessageTooLarge(f"a pre-image of {size} bytes, at most {self._limit} are read")
        data = self._channel.read(size)
        if self._checked:
            check_preimage(key, data)
        return data


class HintWriter:
    """Gives hints over a channel."""

    def __init__(self, channel: Transport, limit: int = MAX_HINT_SIZE) -> None:
        self._channel = channel
        self._limit = limit

    def hint(self, text: str) -> None:
        """Give a hint. Raises :class:`MessageTooLarge`, and what the channel does."""
        self.send(text.encode())

    def send(self, hint: bytes) -> None:
        """Give a hint of any bytes; see :meth:`hint`."""
        self._channel.write(encode_hint(hint, self._limit))
        self._channel.read(1)
