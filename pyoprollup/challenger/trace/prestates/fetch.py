"""Fetches a file by its URL, within bounds of time and size."""

from __future__ import annotations

import shutil
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from pyoprollup.challenger.trace.prestates.errors import PrestateUnavailable
from pyoprollup.rpc.http_client import import_httpx

__all__ = ["FileFetcher", "NotThere", "UrlFetcher", "join_url"]

_PIECE = 1 << 20
_MAX_REDIRECTS = 10
_CONNECT_TIMEOUT = 10.0


class NotThere(PrestateUnavailable):
    """The definite answer is that there is no such file: another name may have it."""


class FileFetcher(Protocol):
    """Fetches files from elsewhere."""

    @abstractmethod
    def fetch(self, url: str, into: BinaryIO, max_size: int) -> None:
        """Write what is at ``url`` to a file; at most ``max_size`` bytes.

        Raises :class:`NotThere`, and :class:`PrestateUnavailable` if there is no answer or too much of one.
        """


class UrlFetcher:
    """A :class:`FileFetcher` for ``http``, ``https`` and ``file``. ``limit`` is in seconds, for a whole file.

    ``transport`` replaces the network (an ``httpx`` transport), ``clock`` tells the time.
    """

    def __init__(
        self, limit: float, clock: Callable[[], float] = time.monotonic, transport: Any = None
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._transport = transport

    def fetch(self, url: str, into: BinaryIO, max_size: int) -> None:
        """Write what is at ``url`` to a file; see :class:`FileFetcher`."""
        parts = _split(url)
        if parts.scheme == "file":
            _copy(Path(unquote(parts.path)), into, max_size)
        elif parts.scheme in ("http", "https"):
            self._download(url, into, max_size)
        else:
            raise PrestateUnavailable(f"{url}: only http, https and file are fetched")

    def _download(self, url: str, into: BinaryIO, max_size: int) -> None:
        httpx = import_httpx()
        deadline = self._clock() + self._limit
        timeout = httpx.Timeout(self._limit, connect=min(self._limit, _CONNECT_TIMEOUT))
        try:
            with (
                httpx.Client(
                    timeout=timeout,
                    transport=self._transport,
                    follow_redirects=True,
                    max_redirects=_MAX_REDIRECTS,
                ) as client,
                client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise NotThere(f"{url}: HTTP {response.status_code}")
                self._write(url, response.iter_bytes(_PIECE), into, max_size, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as exc:
            raise PrestateUnavailable(f"{url}: {type(exc).__name__}: {exc}") from exc

    def _write(
        self, url: str, pieces: Iterator[bytes], into: BinaryIO, max_size: int, deadline: float
    ) -> None:
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > max_size:
                raise PrestateUnavailable(f"{url}: more than {max_size} bytes")
            if self._clock() > deadline:
                raise PrestateUnavailable(f"{url}: takes longer than {self._limit:g} s")
            into.write(piece)


def join_url(base: str, name: str) -> str:
    """The URL of a file below another; a query stays. Raises :class:`PrestateUnavailable` if it is none."""
    parts = _split(base)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl()


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as exc:
        raise PrestateUnavailable(f"{url}: {exc}") from exc


def _copy(path: Path, into: BinaryIO, max_size: int) -> None:
    try:
        with path.open("rb") as file:
            if path.stat().st_size > max_size:
                raise PrestateUnavailable(f"{path}: more than {max_size} bytes")
            shutil.copyfileobj(file, into, _PIECE)
    except (FileNotFoundError, IsADirectoryError) as exc:
        raise NotThere(f"{path}: no such file") from exc
    except (OSError, ValueError) as exc:
        raise PrestateUnavailable(f"{path}: {exc}") from exc
