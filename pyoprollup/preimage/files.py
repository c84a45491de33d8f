"""Pre-images in a folder, one file each, as op-program keeps them.

A file has its pre-image in hex. Its name is the key in hex, ``0x…``; in the form ``directory`` the first four
digits, without ``0x``, are the folder that the rest is in. All end in ``.txt``. The file ``kvformat`` says
which form it is; where it is missing it is the first.
"""

from __future__ import annotations

import os
from binascii import Error as BinasciiError
from binascii import unhexlify
from pathlib import Path
from threading import get_ident

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage.codec import MAX_PREIMAGE_SIZE
from pyoprollup.preimage.errors import PreimageMissing, StoreError

__all__ = ["FORMATS", "PreimageFiles"]

FORMATS = ("file", "directory")
"""The forms of a folder."""

_FORMAT_FILE = "kvformat"
_MAX_FORMAT_SIZE = 64


class PreimageFiles:
    """A folder of pre-images, which others may be reading and writing as well.

    ``limit`` is the size in bytes of the largest one that is read. With ``create`` the folder is made and
    gets that form, if it has none. Raises :class:`StoreError` if it cannot be.
    """

    def __init__(self, folder: Path, *, limit: int = MAX_PREIMAGE_SIZE, create: str = "") -> None:
        self._folder, self._limit = folder, limit
        self._is_split: bool | None = None
        if create:
            self._create(create)

    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key; raises :class:`PreimageMissing` and :class:`StoreError`."""
        try:
            with self._path(key).open("rb") as file:
                text = file.read(2 * self._limit + 1)
        except FileNotFoundError:
            raise PreimageMissing(key) from None
        except OSError as exc:
            raise StoreError(f"pre-image 0x{key.hex()}: {exc}") from exc
        if len(text) > 2 * self._limit:
            raise StoreError(f"pre-image 0x{key.hex()} has more than {self._limit} bytes")
        try:
            return unhexlify(text)
        except BinasciiError as exc:
            raise StoreError(f"pre-image 0x{key.hex()} is not in hex") from exc

    def put(self, key: Hash32, data: bytes) -> None:
        """Keep a pre-image; others see the whole file or none. Raises :class:`StoreError`."""
        path = self._path(key)
        unfinished = self._folder / f"0x{key.hex()}.txt.{os.getpid()}.{get_ident()}"
        try:
            unfinished.write_bytes(data.hex().encode())
            try:
                os.replace(unfinished, path)
            except FileNotFoundError:
                path.parent.mkdir(exist_ok=True)
                os.replace(unfinished, path)
        except OSError as exc:
            raise StoreError(f"pre-image 0x{key.hex()}: {exc}") from exc

    def _path(self, key: Hash32) -> Path:
        name = key.hex()
        return self._folder / (f"{name[:4]}/{name[4:]}.txt" if self._split() else f"0x{name}.txt")

    def _split(self) -> bool:
        if self._is_split is None:
            form = self._form()
            if form is None:
                return False  # a server may be about to begin
            self._is_split = form == b"directory"
        return self._is_split

    def _form(self) -> bytes | None:
        try:
            with (self._folder / _FORMAT_FILE).open("rb") as file:
                form = file.read(_MAX_FORMAT_SIZE)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise StoreError(f"{self._folder}: {exc}") from exc
        if form.decode("latin-1") not in FORMATS:
            raise StoreError(f"{self._folder}: pre-images of the form {form!r} cannot be read")
        return form

    def _create(self, form: str) -> None:
        if form not in FORMATS:
            raise StoreError(f"{form!r} is no form of a folder, but {' or '.join(FORMATS)}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._form() is None:
                (self._folder / _FORMAT_FILE).write_bytes(form.encode())
        except OSError as exc:
            raise StoreError(f"{self._folder}: {exc}") from exc
