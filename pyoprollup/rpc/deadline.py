"""An HTTP transport that gives up on a request as a whole when its time is over.

The limits that an HTTP client has are for each read by itself: a peer that sends a byte a minute keeps to
them for ever. Here a request runs in an event loop of its own thread, and connection, request and answer
together have one limit. What is late is cut off with its connection, so the next attempt gets a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import CancelledError
from typing import Any

from pyoprollup.rpc.http_client import import_httpx
from pyoprollup.rpc.worker import start_thread

__all__ = ["DeadlineTransport"]


class DeadlineTransport:
    """A transport for a synchronous ``httpx`` client; several threads may use it.

    ``seconds`` is the limit, unless a request brings another in its extension ``deadline``. An answer with
    more than ``max_answer_size`` bytes, or one that is compressed, is an error. ``transport`` is the
    asynchronous one that does the work.
    """

    def __init__(self, seconds: float, max_answer_size: int, transport: Any = None) -> None:
        self._httpx = import_httpx()
        self._seconds = seconds
        self._max_answer_size = max_answer_size
        # A proxy of the environment must not see the traffic: `trust_env`.
        self._transport = transport or self._httpx.AsyncHTTPTransport(trust_env=False)
        self._lock = threading.Lock()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = start_thread(self._loop.run_forever, "http")

    def handle_request(self, request: Any) -> Any:
        """The answer, all of it; raises the errors of ``httpx``."""
        seconds = request.extensions.get("deadline", self._seconds)
        with self._lock:  # what is handed over to a loop that has ended would never be done
            if self._closed:
                raise self._httpx.ConnectError("the transport is closed", request=request)
            future = asyncio.run_coroutine_threadsafe(self._fetch(request, seconds), self._loop)
        try:
            return future.result()
        except (TimeoutError, CancelledError) as exc:
            raise self._httpx.ReadTimeout(f"no whole answer in {seconds:g} s", request=request) from exc

    async def _fetch(self, request: Any, seconds: float) -> Any:
        async with asyncio.timeout(seconds):
            response = await self._transport.handle_async_request(request)
            try:
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    # Unpacked it may have any size, and nobody has asked for it.
                    raise self._httpx.DecodingError("the answer is compressed, unasked", request=request)
                parts, size = [], 0
                async for part in response.stream:
                    size += len(part)
                    if size > self._max_answer_size:
                        text = f"the answer has more than {self._max_answer_size} bytes"
                        raise self._httpx.ReadError(text, request=request)
                    parts.append(part)
            finally:
                await response.aclose()
        return self._httpx.Response(
            response.status_code, headers=response.headers, content=b"".join(parts), request=request
        )

    def close(self) -> None:
        """Cut off what is under way, and end the thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        if not self._thread.is_alive():
            self._loop.close()

    async def _end(self) -> None:
        current = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._transport.aclose()

    def __enter__(self) -> DeadlineTransport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
