"""The host: answers a program's requests, local ones from the claim, others from what hints lead to.

Specification: fault-proof/index.md, Pre-image Oracle.
"""

from __future__ import annotations

from collections.abc import Mapping
from select import POLLHUP, POLLIN, poll

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import (
    FileChannel,
    HintReader,
    KeyType,
    OracleServer,
    PreimageMissing,
    check_preimage,
)
from pyoprollup.program.host.prefetcher import Prefetcher
from pyoprollup.program.host.stores import PreimageStore

__all__ = ["Host", "serve"]


class Host:
    """An oracle for one program. Without a ``prefetcher`` everything has to be in ``store`` already.

    Implements ``PreimageOracle`` and ``Hinter``, for a program in this process; :func:`serve` is for one in
    another. All answers are checked.
    """

    def __init__(
        self, local: Mapping[Hash32, bytes], store: PreimageStore, prefetcher: Prefetcher | None = None
    ) -> None:
        self._local, self._store, self._prefetcher = local, store, prefetcher

    def hint(self, text: str) -> None:
        """Take note of a hint; see :class:`Prefetcher`."""
        self.take_hint(text.encode())

    def take_hint(self, hint: bytes) -> None:
        """Take note of a hint as it was sent."""
        if self._prefetcher is not None:
            self._prefetcher.hint(hint)

    def get(self, key: Hash32) -> bytes:
        """A pre-image. Raises an ``OracleError``, ``HintError``, and what sources do."""
        if key[:1] == bytes((KeyType.LOCAL,)):
            try:
                return self._local[key]
            except KeyError:
                raise PreimageMissing(key) from None
        data = self._store.get(key) if self._prefetcher is None else self._prefetcher.get(key)
        check_preimage(key, data)
        return data


def serve(host: Host, hints: FileChannel, preimages: FileChannel) -> None:
    """Serve a program over two channels until it closes that of pre-images; both are closed then.

    Raises what the host and the channels do, after which the program finds them closed.
    """
    hint_reader, server = HintReader(hints), OracleServer(preimages)
    waiting = poll()
    for channel in (hints, preimages):
        waiting.register(channel.reader, POLLIN | POLLHUP)
    try:
        while True:
            for descriptor, _ in waiting.poll():
                if descriptor == preimages.reader:
                    if not server.serve_next(host.get):
                        return
                elif not hint_reader.handle_next(host.take_hint):
                    waiting.unregister(descriptor)
    finally:
        hints.close()
        preimages.close()
