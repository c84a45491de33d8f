"""The first states of programs: where they come from, and that they are what they should be.

``source`` is a single file, ``multi`` any number of them by hash below a URL, which ``fetch`` gets. ``cache``
remembers the latest.
"""

from pyoprollup.challenger.trace.prestates.cache import PrestateProviderCache
from pyoprollup.challenger.trace.prestates.errors import PrestateError, PrestateUnavailable
from pyoprollup.challenger.trace.prestates.fetch import FileFetcher, NotThere, UrlFetcher
from pyoprollup.challenger.trace.prestates.multi import DOWNLOAD_LIMIT, MultiPrestateProvider
from pyoprollup.challenger.trace.prestates.source import PrestateSource, SinglePrestateSource

__all__ = [
    "DOWNLOAD_LIMIT",
    "FileFetcher",
    "MultiPrestateProvider",
    "NotThere",
    "PrestateError",
    "PrestateProviderCache",
    "PrestateSource",
    "PrestateUnavailable",
    "SinglePrestateSource",
    "UrlFetcher",
]
