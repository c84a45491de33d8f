"""Hashes of a block's ancestors, found by walking from header to header."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.eth.headers import Header
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.store import KeyValue

__all__ = ["ancestor_hashes"]


def ancestor_hashes(block: Header, parent: Header, store: KeyValue) -> Callable[[int], bytes]:
    """A function from an ancestor's number to its hash.

    Headers come from ``store``, by their hash; one that is missing raises :class:`MissingStateError`.
    The caller keeps the number within the last 256.
    """
    hashes = {parent.number: block.parent_hash}
    oldest = parent

    def find(number: int) -> bytes:
        nonlocal oldest
        while number not in hashes:
            if oldest.number <= number or not oldest.number:
                return b""
            hashes[oldest.number - 1] = oldest.parent_hash
            if oldest.number - 1 == number:
                break
            try:
                oldest = Header.decode(store[oldest.parent_hash])
            except KeyError:
                raise MissingStateError(oldest.parent_hash) from None
        return hashes[number]

    return find
