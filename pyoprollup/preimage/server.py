"""The host's side of the two channels: it takes hints and answers with pre-images.

Specification: fault-proof/index.md, "Pre-image communication".
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.client import Transport
from pyoprollup.preimage.codec import (
    HINT_ACKNOWLEDGED,
    HINT_PREFIX_SIZE,
    KEY_SIZE,
    LENGTH_SIZE,
    MAX_HINT_SIZE,
)
from pyoprollup.preimage.errors import MessageTooLarge, OracleError
from pyoprollup.preimage.verification import GetPreimage

__all__ = ["HintHandler", "HintReader", "OracleServer"]

HintHandler = Callable[[bytes], None]
"""Takes note of a hint. What it raises ends the conversation."""


class OracleServer:
    """Answers requests for pre-images."""

    def __init__(self, channel: Transport) -> None:
        self._channel = channel

    def serve_next(self, get: GetPreimage) -> bool:
        """Answer a request; ``False`` if the program has closed the channel instead.

        Raises what ``get`` does, without an answer: the program is then to find the channel closed.
        """
        key = self._channel.read(KEY_SIZE, at_start=True)
        if not key:
            return False
        data = get(Hash32(key))
        self._channel.write(len(data).to_bytes(LENGTH_SIZE, "big"))
        if data:
            self._channel.write(data)
        return True


class HintReader:
    """Takes hints and acknowledges them."""

    def __init__(self, channel: Transport, limit: int = MAX_HINT_SIZE) -> None:
        self._channel = channel
        self._limit = limit

    def handle_next(self, handle: HintHandler) -> bool:
        """Take the next hint; ``False`` if the program has closed the channel instead.

        Raises :class:`MessageTooLarge` and what the channel and ``handle`` do; of the latter the program
        learns nothing, so that it can go on.
        """
        prefix = self._channel.read(HINT_PREFIX_SIZE, at_start=True)
        if not prefix:
            return False
        size = int.from_bytes(prefix, "big")
        if size > self._limit:
            raise MessageTooLarge(f"a hint of {size} bytes, at most {self._limit} are read")
        hint = self._channel.read(size)
        try:
            handle(hint)
        except BaseException:
            self._acknowledge_anyway()
            raise
        self._channel.write(HINT_ACKNOWLEDGED)
        return True

    def _acknowledge_anyway(self) -> None:
        try:
            self._channel.write(HINT_ACKNOWLEDGED)
        except OracleError:
            return
