"""Protocols of the batcher's other dependencies.

Implement these over a node in the same process or over JSON-RPC. Methods return at once; a source that
cannot answer raises :class:`~pyoprollup.errors.Unavailable`, and the batcher asks again later.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["AltDAClient", "ThrottlingEndpoint"]


class AltDAClient(Protocol):
    """A data-availability server that stands in for L1 (alt-DA)."""

    def set_input(self, data: bytes) -> bytes:
        """Store ``data`` and return its commitment in encoded form: type byte, then the rest.

        Raises :class:`~pyoprollup.errors.Unavailable`.
        """
        ...


class ThrottlingEndpoint(Protocol):
    """An engine whose blocks the batcher may limit (``miner_setMaxDASize``)."""

    def set_max_da_size(self, max_tx_size: int, max_block_size: int) -> bool:
        """Limit what a transaction and a block may take on L1, in bytes; 0 means no limit.

        Returns whether the engine took it. Raises :class:`~pyoprollup.errors.Unavailable` when
        it cannot be reached, and :class:`~pyoprollup.batcher.errors.ThrottlingUnsupported` when it does
        not know the method.
        """
        ...
