"""Two descriptors as a channel of bytes, with limits to what the other side can do to us.

No read takes more memory than arrived, none waits longer than the time for a whole message.
"""

from __future__ import annotations

import os
import select
from time import monotonic

from pyoprollup.preimage.errors import ChannelClosed, ChannelTimeout

__all__ = [
    "HINT_CLIENT_READ",
    "HINT_CLIENT_WRITE",
    "PREIMAGE_CLIENT_READ",
    "PREIMAGE_CLIENT_WRITE",
    "FileChannel",
    "channel_pair",
    "hint_client_channel",
    "preimage_client_channel",
]

HINT_CLIENT_READ, HINT_CLIENT_WRITE, PREIMAGE_CLIENT_READ, PREIMAGE_CLIENT_WRITE = 3, 4, 5, 6
"""The descriptors of a program, and of a server that is started in its place."""

_PIECE = 1 << 16


class FileChannel:
    """A channel that reads from one descriptor and writes to another. It owns both.

    ``timeout`` is how many seconds a message may take, beginning with the wait for it; ``None`` is for ever.
    """

    def __init__(self, reader: int, writer: int, timeout: float | None = None) -> None:
        self._reader, self._writer = reader, writer
        self._timeout = timeout
        self._closed = False

    @property
    def reader(self) -> int:
        """The descriptor that is read from, to be handed to another process."""
        return self._reader

    @property
    def writer(self) -> int:
        """The descriptor that is written to."""
        return self._writer

    def read(self, size: int, *, at_start: bool = False) -> bytes:
        """Exactly ``size`` bytes.

        At the start of a message the channel may be closed: the result is empty then. Raises
        :class:`ChannelClosed` and :class:`ChannelTimeout`.
        """
        pieces, missing, deadline = [], size, self._deadline()
        while missing:
            self._wait(self._reader, select.POLLIN, deadline)
            try:
                piece = os.read(self._reader, min(missing, _PIECE))
            except BlockingIOError:
                continue
            except OSError as exc:
                raise ChannelClosed(f"the channel cannot be read: {exc}") from exc
            if not piece:
                if at_start and missing == size:
                    return b""
                raise ChannelClosed(f"the channel ends {missing} bytes short of {size}")
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def write(self, data: bytes) -> None:
        """Write everything. Raises :class:`ChannelClosed` and :class:`ChannelTimeout`."""
        view, deadline = memoryview(data), self._deadline()
        while view:
            self._wait(self._writer, select.POLLOUT, deadline)
            try:
                # A pipe that is ready takes so many bytes at once, and does not wait for the reader.
                written = os.write(self._writer, view[: select.PIPE_BUF])
            except BlockingIOError:
                continue
            except OSError as exc:
                raise ChannelClosed(f"the channel cannot be written to: {exc}") from exc
            view = view[written:]

    def close(self) -> None:
        """Close both descriptors; once more does no harm."""
        if not self._closed:
            self._closed = True
            for descriptor in {self._reader, self._writer}:
                os.close(descriptor)

    def _deadline(self) -> float | None:
        return None if self._timeout is None else monotonic() + self._timeout

    def _wait(self, descriptor: int, event: int, deadline: float | None) -> None:
        if self._closed:
            raise ChannelClosed("the channel is closed")
        poll = select.poll()
        poll.register(descriptor, event)
        left = None if deadline is None else max(0.0, deadline - monotonic()) * 1000
        events = poll.poll(left)
        if not events:
            raise ChannelTimeout(f"nothing from the other side for {self._timeout} seconds")
        if events[0][1] & select.POLLNVAL:
            raise ChannelClosed(f"descriptor {descriptor} is not open")


def channel_pair(timeout: float | None = None) -> tuple[FileChannel, FileChannel]:
    """Both ends of a new channel of two pipes."""
    here_read, there_write = os.pipe()
    there_read, here_write = os.pipe()
    return FileChannel(here_read, here_write, timeout), FileChannel(there_read, there_write, timeout)


def hint_client_channel(timeout: float | None = None) -> FileChannel:
    """The hint channel of this process, on descriptors 3 and 4."""
    return FileChannel(HINT_CLIENT_READ, HINT_CLIENT_WRITE, timeout)


def preimage_client_channel(timeout: float | None = None) -> FileChannel:
    """The channel of pre-images of this process, on descriptors 5 and 6."""
    return FileChannel(PREIMAGE_CLIENT_READ, PREIMAGE_CLIENT_WRITE, timeout)
