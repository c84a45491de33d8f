"""Prestates by their hash, from a folder of files or a web server.

A file's name is the hash, ``0x…``, and one of three suffixes, which are tried in this order. Whatever is
found is only used if it is the state with that hash: web servers like to send a page that says "not found"
as if it were the file.
"""

from __future__ import annotations

import gzip
import os
import threading
import zlib
from pathlib import Path

from pyoprollup.challenger.trace.prestates.errors import PrestateUnavailable
from pyoprollup.challenger.trace.prestates.fetch import FileFetcher, NotThere, join_url
from pyoprollup.challenger.trace.vm import StateConverter, VmError, VmStopped
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import News, Tell, no_news

__all__ = ["DOWNLOAD_LIMIT", "MAX_PRESTATE_SIZE", "SUFFIXES", "MultiPrestateProvider"]

SUFFIXES = (".bin.gz", ".json.gz", ".json")
DOWNLOAD_LIMIT = 60.0
"""Seconds for one file."""
MAX_PRESTATE_SIZE = 1 << 30
"""Bytes of a file at most; unpacked it may have four times as many."""

_UNPACKED = 4
_PIECE = 1 << 20


class MultiPrestateProvider:
    """A :class:`~pyoprollup.challenger.trace.prestates.source.PrestateSource` below a URL.

    Files are kept in ``data_dir``. ``converter`` reads states. May be used by several threads, of which one
    at a time is served.
    """

    def __init__(
        self,
        base_url: str,
        data_dir: Path,
        converter: StateConverter,
        fetcher: FileFetcher,
        tell: Tell = no_news,
    ) -> None:
        self._base_url = base_url
        self._data_dir = data_dir
        self._converter = converter
        self._fetcher = fetcher
        self._news = News("prestates", tell)
        self._verified: set[Path] = set()
        self._lock = threading.Lock()

    def prestate_path(self, prestate_hash: Hash32) -> Path:
        """The file with this state: one that is there already, or one that is fetched.

        Raises :class:`PrestateUnavailable`, with what was wrong with each name, and ``VmStopped`` if that
        service stops.
        """
        with self._lock:
            return self._kept(prestate_hash) or self._fetched(prestate_hash)

    def _path(self, prestate_hash: Hash32, suffix: str) -> Path:
        return self._data_dir / f"{to_hex(prestate_hash)}{suffix}"

    def _kept(self, prestate_hash: Hash32) -> Path | None:
        for suffix in SUFFIXES:
            path = self._path(prestate_hash, suffix)
            if path in self._verified and path.exists():
                return path
            if not path.exists():
                continue
            try:
                self._verify(path, prestate_hash)
            except PrestateUnavailable as error:
                # It was right when it was put there: it is damaged, or the VM cannot be asked now.
                self._news.failed("prestate-damaged", error, file=str(path))
                continue
            return path
        return None

    def _fetched(self, prestate_hash: Hash32) -> Path:
        missing = []
        for suffix in SUFFIXES:
            try:
                return self._fetch(prestate_hash, suffix)
            except NotThere as error:
                missing.append(str(error))
        raise PrestateUnavailable(f"no prestate {to_hex(prestate_hash)}: {'; '.join(missing)}")

    def _fetch(self, prestate_hash: Hash32, suffix: str) -> Path:
        path = self._path(prestate_hash, suffix)
        # The suffix stays at the end: the VM tells the form of a file by it.
        new = path.with_name(f".{to_hex(prestate_hash)}.tmp{suffix}")
        url = join_url(self._base_url, path.name)
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            try:
                with new.open("wb") as file:
                    self._fetcher.fetch(url, file, MAX_PRESTATE_SIZE)
                    file.flush()
                    os.fsync(file.fileno())
                self._verify(new, prestate_hash)
                new.replace(path)
            finally:
                new.unlink(missing_ok=True)
        except OSError as exc:
            raise PrestateUnavailable(f"{path}: {exc}") from exc
        self._verified.discard(new)
        self._verified.add(path)
        self._news("prestate-fetched", url=url, file=str(path))
        return path

    def _verify(self, path: Path, prestate_hash: Hash32) -> None:
        """Raise :class:`NotThere` unless the file has the state with this hash."""
        try:
            _check_size(path)
            found = self._converter.convert_state_to_proof(path).proof.claim_value
        except VmStopped:
            raise
        except VmError as exc:
            raise NotThere(f"{path.name} is no state: {exc}") from exc
        if found != prestate_hash:
            raise NotThere(f"{path.name} has the state {to_hex(found)}")
        self._verified.add(path)


def _check_size(path: Path) -> None:
    """Unpack a file once and keep nothing: the VM would keep all of it."""
    if path.suffix != ".gz":
        return
    limit = _UNPACKED * MAX_PRESTATE_SIZE
    size = 0
    try:
        with gzip.open(path, "rb") as file:
            while piece := file.read(_PIECE):
                size += len(piece)
                if size > limit:
                    raise NotThere(f"{path.name} unpacks to more than {limit} bytes")
    except (OSError, EOFError, zlib.error) as exc:
        raise NotThere(f"{path.name} cannot be unpacked: {exc}") from exc
