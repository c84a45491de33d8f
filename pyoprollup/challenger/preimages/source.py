"""The pre-images of a trace, as the program's server leaves them on disk.

A folder has one file for each pre-image, its content in hex. Its name is the key in hex, ``0x…``; in the form
``directory`` its first four digits, without ``0x``, are the folder that the rest is in. All end in ``.txt``.
The file ``kvformat`` says which form it is.
"""

from __future__ import annotations

from abc import abstractmethod
from binascii import Error as BinasciiError
from binascii import unhexlify
from pathlib import Path
from typing import Protocol

from pyoprollup.challenger.preimages.errors import PreimagesUnreadable
from pyoprollup.errors import NotFound
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.codec import MAX_PREIMAGE_SIZE

__all__ = ["DirectoryPreimageSource", "PreimageSource"]

_FORMAT_FILE = "kvformat"
_MAX_FORMAT_SIZE = 64


class PreimageSource(Protocol):
    """Pre-images by their 32-byte key."""

    @abstractmethod
    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key.

        Raises :class:`~pyoprollup.errors.NotFound`, and :class:`PreimagesUnreadable` if that cannot be told.
        """


class DirectoryPreimageSource:
    """A folder of pre-images, which a program's server may be writing to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key; see :class:`PreimageSource`."""
        name = key.hex()
        path = f"0x{name}.txt"
        if self._is_split():
            path = f"{name[:4]}/{name[4:]}.txt"
        try:
            with (self._folder / path).open("rb") as file:
                text = file.read(2 * MAX_PREIMAGE_SIZE + 1)
        except FileNotFoundError as exc:
            raise NotFound(f"no pre-image of 0x{name}") from exc
        except OSError as exc:
            raise PreimagesUnreadable(f"pre-image 0x{name}: {exc}") from exc
        if len(text) > 2 * MAX_PREIMAGE_SIZE:
            raise PreimagesUnreadable(f"pre-image 0x{name} has more than {MAX_PREIMAGE_SIZE} bytes")
        try:
            return unhexlify(text)
        except BinasciiError as exc:
            raise PreimagesUnreadable(f"pre-image 0x{name} is not in hex") from exc

    def _is_split(self) -> bool:
        try:
            with (self._folder / _FORMAT_FILE).open("rb") as file:
                form = file.read(_MAX_FORMAT_SIZE)
        except FileNotFoundError:
            return False
        except OSError as exc:
            raise PreimagesUnreadable(f"{self._folder}: {exc}") from exc
        if form not in (b"file", b"directory"):
            raise PreimagesUnreadable(f"{self._folder}: pre-images of the form {form!r} cannot be read")
        return form == b"directory"
