"""What a server lets pages in browsers do: names of hosts, and origins.

Specification: Fetch standard, CORS protocol. A ``Host`` header that is checked keeps pages from reaching a
server through DNS rebinding; ``Origin`` is for pages that may reach it.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping

__all__ = ["CrossOrigin", "HostNames"]

Headers = list[tuple[bytes, bytes]]

_ASKED_HEADERS = re.compile(rb"[A-Za-z0-9, _-]{1,500}")
_MAX_AGE = b"600"


class HostNames:
    """Names under which a server may be reached (``*``: any); addresses always are allowed."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower() for name in names)

    def allow(self, header: str) -> bool:
        """Whether a ``Host`` header is of one of them; one that is empty is."""
        host = header.lower()
        host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return not host or "*" in self._names or host in self._names or _is_address(host)


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return True
    return False


class CrossOrigin:
    """Origins, such as ``https://app.example``, whose pages may call (``*``: any); none without."""

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self._origins = frozenset(origin.lower().encode() for origin in origins if origin)

    def headers(self, request: Mapping[bytes, bytes]) -> Headers:
        """What an answer carries for a page to read it."""
        if not self._origins:
            return []
        origin, vary = request.get(b"origin", b""), (b"vary", b"Origin")
        if b"*" in self._origins:
            return [(b"access-control-allow-origin", b"*")] if origin else []
        if origin.lower() not in self._origins:
            return [vary]
        return [(b"access-control-allow-origin", origin), vary]

    def preflight(self, method: str, request: Mapping[bytes, bytes]) -> Headers | None:
        """The answer's headers if this is a browser's question whether a call would be allowed."""
        if not self._origins or method != "OPTIONS" or b"access-control-request-method" not in request:
            return None
        headers = self.headers(request)
        if any(name == b"access-control-allow-origin" for name, _ in headers):
            asked = request.get(b"access-control-request-headers", b"content-type")
            allowed = asked if _ASKED_HEADERS.fullmatch(asked) else b"content-type"
            headers += [
                (b"access-control-allow-methods", b"GET, POST"),
                (b"access-control-allow-headers", allowed),
                (b"access-control-max-age", _MAX_AGE),
            ]
        return headers
