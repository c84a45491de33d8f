"""The client of L1: every source and sink of :mod:`pyoprollup.sources.l1` but blobs, over JSON-RPC."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from pyoprollup.errors import ConfigError
from pyoprollup.events import News, Tell, no_news
from pyoprollup.l1.failover import Clockwork, EndpointPool
from pyoprollup.l1.rpc.account_reader import AccountReader
from pyoprollup.l1.rpc.chain_reader import ChainReader
from pyoprollup.l1.rpc.endpoint import ChainCheck, Endpoint, endpoint_name
from pyoprollup.l1.rpc.errors import ForeignChain
from pyoprollup.l1.rpc.options import L1ClientOptions
from pyoprollup.l1.rpc.pace import Pace
from pyoprollup.l1.rpc.sender import TransactionSender
from pyoprollup.rpc.deadline import DeadlineTransport
from pyoprollup.rpc.http_client import JsonRpcClient

__all__ = ["L1Client"]


class L1Client(ChainReader, AccountReader, TransactionSender):
    """Implements ``L1Heads``, ``L1Source`` and ``L1Sender`` with one or more L1 nodes. For several threads.

    ``urls`` are in the order of preference. A call ends after a limited time, with an answer or with
    ``Unavailable``, whose text says what every endpoint answered. Headers, transactions and receipts are
    verified; an endpoint that lies about them is as one that is down. URLs may have secrets in them: messages
    only name host and port.

    ``clock``, ``sleep`` and ``chance`` (a number below 1) take the place of time and randomness, and
    ``transport`` that of the network: it makes an ``httpx`` transport for a URL. ``tell`` hears which
    endpoints fail. To be closed after use: that ends calls that wait. Raises :class:`ConfigError` without a
    usable URL.
    """

    def __init__(
        self,
        urls: Sequence[str],
        options: L1ClientOptions | None = None,
        *,
        transport: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        chance: Callable[[], float] = random.random,
        tell: Tell = no_news,
    ) -> None:
        options = options or L1ClientOptions()
        if not urls:
            raise ConfigError("L1: no endpoint is given")
        self.options = options
        works = Clockwork(clock, sleep, chance)
        check = ChainCheck(options.chain_id, options.genesis, options.recheck)
        endpoints: list[Endpoint] = []
        for url in urls:
            name = endpoint_name(url, [endpoint.name for endpoint in endpoints])
            endpoints.append(_endpoint(name, url, options, check, works, transport))
        news = News("l1-client", tell)
        pool = EndpointPool(endpoints, options.patience, works, news)
        ChainReader.__init__(self, pool, options.cache_size, news)
        AccountReader.__init__(self, pool, self)
        TransactionSender.__init__(self, pool, self, check, options.l1_chain)

    @property
    def chain_id(self) -> int:
        """The id of the chain; asked for if it is not known yet. Raises ``Unavailable``."""
        if self._check.chain_id is None:
            self.pool.ask("eth_chainId", lambda endpoint: endpoint.check())
        assert self._check.chain_id is not None
        return self._check.chain_id

    def check(self) -> dict[str, str]:
        """Look at every endpoint; returns why each that cannot be used cannot, by its name.

        Raises :class:`ConfigError` for an endpoint of another chain, and ``Unavailable`` if none answers.
        Whoever starts a service calls this first, so that a wrong URL is found while somebody looks.
        """
        return self.pool.check(_check, "no L1 endpoint answers")

    def close(self) -> None:
        """End calls that wait, and all connections."""
        self.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check(endpoint: Endpoint) -> None:
    try:
        endpoint.check()
    except ForeignChain as exc:
        raise ConfigError(f"L1 endpoint {endpoint.name}: {exc}") from exc


def _endpoint(
    name: str,
    url: str,
    options: L1ClientOptions,
    check: ChainCheck,
    works: Clockwork,
    transport: Callable[[str], Any] | None,
) -> Endpoint:
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"L1 endpoint {name}: the URL must begin with http:// or https://")
    carrier = (
        DeadlineTransport(options.timeout, options.max_answer_size) if transport is None else transport(url)
    )
    client = JsonRpcClient(
        url, timeout=options.timeout, max_answer_size=options.max_answer_size, transport=carrier
    )
    pace = Pace(options.rate_limit, works.clock, works.sleep)
    return Endpoint(name, client, check, pace, options.max_batch_size, works.clock)
