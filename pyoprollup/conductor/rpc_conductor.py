"""The conductor of a node that runs beside an op-conductor: its client, as a sequencer uses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pyoprollup.conductor.client import ConductorApi
from pyoprollup.conductor.errors import ConductorError, ConductorUnavailable
from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.ports import RpcCaller

__all__ = ["DEFAULT_RPC_TIMEOUT", "RpcConductor"]

T = TypeVar("T")

DEFAULT_RPC_TIMEOUT = 1.0
"""Seconds for one question, the second attempt included."""

_ATTEMPTS = 2
_GAP = 0.05


class RpcConductor:
    """Implements :class:`~pyoprollup.conductor.conductor.Conductor`.

    ``address`` is a URL, or a function that tells it when the first question is to be asked; if that raises
    a :class:`RollupError`, it is asked again next time. ``dial`` makes a client of URL and timeout. What
    fails is tried once more after 50 ms, unless ``timeout`` (seconds) is over by ``clock``.
    """

    def __init__(
        self,
        address: str | Callable[[], str],
        *,
        timeout: float = DEFAULT_RPC_TIMEOUT,
        dial: Callable[[str, float], RpcCaller] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._timeout = timeout
        self._dial = _dial if dial is None else dial
        self._sleep = sleep
        self._clock = clock
        self._api: ConductorApi | None = None
        self._overridden = False

    @property
    def enabled(self) -> bool:
        return True

    @property
    def overridden(self) -> bool:
        """Whether :meth:`override_leader` holds: then the conductor is not asked any more."""
        return self._overridden

    def leader(self) -> bool:
        return self._overridden or self._ask(ConductorApi.leader)

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        if not self._overridden:
            self._ask(lambda api: api.commit_unsafe_payload(envelope))

    def override_leader(self) -> None:
        """The conductor itself is not called, as it may be down."""
        self._overridden = True

    def close(self) -> None:
        """Close the connection; the next question would open one again."""
        if self._api is not None:
            self._api.close()
            self._api = None

    def _ask(self, question: Callable[[ConductorApi], T]) -> T:
        api = self._connected()
        deadline = self._clock() + self._timeout
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return question(api)
            except ConductorError as exc:
                if attempt == _ATTEMPTS:
                    raise
                self._sleep(_GAP)
                if self._clock() >= deadline:
                    raise ConductorUnavailable(f"no success within {self._timeout} s: {exc}") from exc
        raise AssertionError("unreachable")

    def _connected(self) -> ConductorApi:
        if self._api is None:
            try:
                url = self._address if isinstance(self._address, str) else self._address()
                self._api = ConductorApi(self._dial(url, self._timeout))
            except RollupError as exc:
                raise ConductorUnavailable(f"cannot reach the conductor: {exc}") from exc
        return self._api


def _dial(url: str, timeout: float) -> RpcCaller:
    return JsonRpcClient(url, timeout=timeout, max_answer_size=1 << 20)
