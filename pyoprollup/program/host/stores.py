"""Where a host keeps pre-images: in memory, or in a folder in op-program's form."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import PreimageFiles, PreimageMissing

__all__ = ["MemoryStore", "PreimageStore", "open_store"]


class PreimageStore(Protocol):
    """Pre-images by key. What was put is there until the store is gone."""

    def get(self, key: Hash32) -> bytes:
        """The pre-image; raises :class:`~pyoprollup.preimage.PreimageMissing`."""
        ...

    def put(self, key: Hash32, data: bytes) -> None:
        """Keep a pre-image, in the place of one that is there."""
        ...


class MemoryStore:
    """Pre-images for as long as the process lives. ``preimages`` has all of them."""

    def __init__(self) -> None:
        self.preimages: dict[Hash32, bytes] = {}

    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key; see :class:`PreimageStore`."""
        try:
            return self.preimages[key]
        except KeyError:
            raise PreimageMissing(key) from None

    def put(self, key: Hash32, data: bytes) -> None:
        """Keep a pre-image in memory."""
        self.preimages[key] = data


def open_store(folder: Path | None, form: str = "directory") -> PreimageStore:
    """The store in a folder, which is made in this form if it is not there; in memory without one.

    Raises ``StoreError``.
    """
    return MemoryStore() if folder is None else PreimageFiles(folder, create=form)
