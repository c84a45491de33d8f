"""The pre-images of a trace, as the program's server leaves them on disk."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Protocol

from pyoprollup.challenger.preimages.errors import PreimagesUnreadable
from pyoprollup.errors import NotFound
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.codec import MAX_PREIMAGE_SIZE
from pyoprollup.preimage.errors import PreimageMissing, StoreError
from pyoprollup.preimage.files import PreimageFiles

__all__ = ["DirectoryPreimageSource", "PreimageSource"]


class PreimageSource(Protocol):
    """Pre-images by their 32-byte key."""

    @abstractmethod
    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key.

        Raises :class:`~pyoprollup.errors.NotFound`, and :class:`PreimagesUnreadable` if that cannot be told.
        """


class DirectoryPreimageSource:
    """A folder of pre-images (:mod:`pyoprollup.preimage.files`), which a program's server may be writing."""

    def __init__(self, folder: Path, limit: int = MAX_PREIMAGE_SIZE) -> None:
        self._files = PreimageFiles(folder, limit=limit)

    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key; see :class:`PreimageSource`."""
        try:
            return self._files.get(key)
        except PreimageMissing as exc:
            raise NotFound(str(exc)) from exc
        except StoreError as exc:
            raise PreimagesUnreadable(str(exc)) from exc
