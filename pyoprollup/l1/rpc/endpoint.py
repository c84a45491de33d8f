"""One L1 node behind JSON-RPC: what it can do, how much it takes at once, and which chain it is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from pyoprollup.errors import DecodeError, Unavailable
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import quantity_from_hex, to_hex, to_quantity
from pyoprollup.l1.failover import Standing
from pyoprollup.l1.rpc.errors import ForeignChain, LimitExceeded, MethodMissing, Unverified
from pyoprollup.l1.rpc.pace import BatchSize, Pace
from pyoprollup.rpc.errors import (
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    RESPONSE_TOO_LARGE,
    JsonRpcError,
    RpcBadAnswer,
    RpcHttpStatus,
    RpcUnauthorized,
)
from pyoprollup.rpc.http_client import JsonRpcClient

__all__ = ["Call", "ChainCheck", "Endpoint", "endpoint_name"]

Call = tuple[str, Sequence[Any]]
"""A method and its parameters."""

_TOO_MANY = frozenset({-32005, -32029, -32097, 429})
"""Codes with which providers say that there were too many calls, or that one asks for too much."""
_TOO_MANY_STATUS = 429
_WRITING = frozenset({"eth_sendRawTransaction"})
"""What must not go to the node of another chain."""
_TOO_LARGE_STATUS = frozenset({400, 413, 414, 431})


class ChainCheck:
    """Which chain all endpoints must be of: the one that was asked for, or that of the first to answer."""

    def __init__(self, chain_id: int | None, genesis: BlockID | None, recheck: float) -> None:
        self.chain_id = chain_id
        self.genesis = genesis
        self.recheck = recheck


class Endpoint:
    """Calls go out at its pace and in batches of its size. For several threads.

    Nothing is tried twice, but for batches: one that is too large is split, and what worked is remembered.
    """

    def __init__(
        self,
        name: str,
        client: JsonRpcClient,
        check: ChainCheck,
        pace: Pace,
        max_batch_size: int,
        clock: Callable[[], float],
    ) -> None:
        self.name = name
        self.standing = Standing()
        self.batch_size = BatchSize(max_batch_size)
        self._client = client
        self._check = check
        self._pace = pace
        self._clock = clock
        self._missing: set[str] = set()
        self._was_right = False
        self._foreign_until = 0.0
        self._foreign = ""

    def has(self, method: str) -> bool:
        """Whether the endpoint may have a method: false once it has said that it does not."""
        return method not in self._missing

    def close(self) -> None:
        """Close the connections to it."""
        self._client.close()

    # --- calls

    def call(self, method: str, *params: Any) -> Any:
        """The result of a call.

        Raises :class:`JsonRpcError` for what the method says, and :class:`Unavailable` for all that
        concerns the endpoint and not the question.
        """
        if self.standing.must_check and self._was_right and method not in _WRITING:
            return self._call_with_check((method, params))
        self.check()
        return self._call(method, *params)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results of calls, in their order; an error of a method is its result. Raises
        ``Unavailable``.
        """
        self.check()
        results: list[Any] = []
        while len(results) < len(calls):
            results += self._part(calls[len(results) : len(results) + self.batch_size.now])
        return results

    def _call(self, method: str, *params: Any) -> Any:
        self._pace.take(1)
        try:
            return self._client.call(method, *params)
        except JsonRpcError as exc:
            self._raise_if_its_own(exc, method)
            raise
        except Unavailable:
            self.standing.must_check = True
            raise

    def _part(self, calls: Sequence[Call]) -> list[Any]:
        """The results of some of the calls: all of them, or the first ones."""
        if len(calls) == 1:
            try:
                return [self._call(calls[0][0], *calls[0][1])]
            except JsonRpcError as exc:
                return [exc]
        size = len(calls)
        self._pace.take(size)
        try:
            results = self._client.batch(calls)
        except (RpcHttpStatus, RpcBadAnswer) as exc:
            if isinstance(exc, RpcHttpStatus) and exc.status == _TOO_MANY_STATUS:
                raise
            return self._smaller(calls, isinstance(exc, RpcHttpStatus) and exc.status in _TOO_LARGE_STATUS)
        except RpcUnauthorized:
            raise
        except Unavailable:
            self.standing.must_check = True
            raise
        refused = next((i for i, result in enumerate(results) if _is_about_size(result)), size)
        if refused == 0:
            return self._smaller(calls, True)
        if refused < size:
            self.batch_size.refused(size)
        results = results[:refused]
        for result, (method, _) in zip(results, calls, strict=False):
            if isinstance(result, JsonRpcError):
                self._raise_if_its_own(result, method)
        self.batch_size.worked()
        return results

    def _smaller(self, calls: Sequence[Call], refused: bool) -> list[Any]:
        """Ask for half of them. Only an answer shows that it was the size."""
        results = self._part(calls[: len(calls) // 2])
        if refused:
            self.batch_size.refused(len(calls))
        else:
            self.batch_size.failed(len(calls))
        return results

    def _raise_if_its_own(self, error: JsonRpcError, method: str) -> None:
        """Raise what is about the endpoint rather than about the question."""
        if error.code == METHOD_NOT_FOUND:
            self._missing.add(method)
            raise MethodMissing(f"{method}: {error}") from error
        if error.code in _TOO_MANY:
            raise LimitExceeded(f"{method}: {error}") from error

    # --- which chain it is of

    def check(self) -> None:
        """See to it that the endpoint is of the right chain, if it is new or was away.

        Raises :class:`ForeignChain`, and ``Unavailable`` if it does not say.
        """
        if self._foreign_until > self._clock():
            raise ForeignChain(self._foreign)
        if not self.standing.must_check:
            return
        self._missing.clear()  # it may be another server, or a newer one
        self.standing.must_check = False
        try:
            chain_id = self._check_id(self._call("eth_chainId"))
            if self._check.genesis is not None:
                number = to_quantity(self._check.genesis.number)
                self._check_genesis(self._call("eth_getBlockByNumber", number, False))
            self._is_right(chain_id)
        except (DecodeError, JsonRpcError) as exc:
            self.standing.must_check = True
            raise Unverified(f"which chain it serves: {exc}") from exc
        except Unavailable:
            self.standing.must_check = True
            raise

    def _call_with_check(self, call: Call) -> Any:
        """A call to one that was away, and whether it is of the right chain still, in one request.

        On a bad line two requests in a row hardly ever get through.
        """
        if self._foreign_until > self._clock():
            raise ForeignChain(self._foreign)
        questions: list[Call] = [("eth_chainId", ())]
        if self._check.genesis is not None:
            questions.append(("eth_getBlockByNumber", (to_quantity(self._check.genesis.number), False)))
        results: list[Any] = []
        if self.batch_size.now > len(questions):
            self._pace.take(len(questions) + 1)
            try:
                results = self._client.batch([*questions, call])
            except RpcHttpStatus as exc:
                if exc.status not in _TOO_LARGE_STATUS:
                    raise
            except RpcBadAnswer:
                results = []
        if not results or any(isinstance(item, JsonRpcError) for item in results[:-1]):
            self.check()  # it may not take batches
            return self._call(call[0], *call[1])
        try:
            chain_id = self._check_id(results[0])
            self._check_genesis(*results[1:-1])
        except DecodeError as exc:
            raise Unverified(f"which chain it serves: {exc}") from exc
        self._is_right(chain_id)
        self._missing.clear()
        self.standing.must_check = False
        if isinstance(results[-1], JsonRpcError):
            self._raise_if_its_own(results[-1], call[0])
            raise results[-1]
        return results[-1]

    def _check_id(self, answer: Any) -> int:
        chain_id = quantity_from_hex(answer, "eth_chainId")
        if self._check.chain_id not in (None, chain_id):
            self._refuse(f"it serves chain {chain_id}, not chain {self._check.chain_id}")
        return chain_id

    def _is_right(self, chain_id: int) -> None:
        self._check.chain_id = chain_id
        self._was_right = True

    def _check_genesis(self, block: Any = None) -> None:
        wanted = self._check.genesis
        if wanted is None or block is None:  # it has not come so far, or has thrown it away
            return
        found = QuantityReader(block, "block").hash("hash")
        if found != wanted.hash:
            self._refuse(f"its block {wanted.number} is {to_hex(found)}, not {to_hex(wanted.hash)}")

    def _refuse(self, why: str) -> None:
        self._foreign, self._foreign_until = why, self._clock() + self._check.recheck
        raise ForeignChain(why)


def _is_about_size(result: Any) -> bool:
    if not isinstance(result, JsonRpcError):
        return False
    return result.code in (INVALID_REQUEST, RESPONSE_TOO_LARGE) or "batch" in result.message.lower()


def endpoint_name(url: str, others: Sequence[str] = ()) -> str:
    """What an endpoint is called in messages: its host and port, as paths and users may be secrets."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "?", parts.port
    except ValueError:
        host, port = "?", None
    name = host if port is None else f"{host}:{port}"
    same = sum(other == name or other.startswith(f"{name} #") for other in others)
    return name if not same else f"{name} #{same + 1}"
