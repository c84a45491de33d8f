"""One beacon node, or an archive of blobs that answers like one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyoprollup.errors import ConfigError, DecodeError, Unavailable
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.l1.beacon.answers import genesis_time, matching_blobs, slot_duration_ms
from pyoprollup.l1.beacon.options import BeaconOptions
from pyoprollup.l1.failover import Standing
from pyoprollup.rpc.deadline import DeadlineTransport
from pyoprollup.rpc.http_client import import_httpx
from pyoprollup.rpc.json_text import from_json_text
from pyoprollup.sources.l1 import IndexedBlobHash

__all__ = ["BadBeaconAnswer", "BeaconEndpoint", "BeaconStatus", "SlotClock"]

_SHOWN_TEXT = 200
_NO_SUCH_PATH = frozenset({404, 405, 501})


class BadBeaconAnswer(Unavailable):
    """The answer is not of the form that it must have, or not what was asked for."""


class BeaconStatus(Unavailable):
    """The answer is an HTTP status other than 200."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text}")
        self.status = status


class SlotClock:
    """Which slot an L1 block is of. ``genesis`` in Unix seconds, ``slot_ms`` in milliseconds."""

    def __init__(self, genesis: int, slot_ms: int) -> None:
        self.genesis = genesis
        self.slot_ms = slot_ms

    def slot(self, time: int) -> int:
        """The slot at a time in Unix seconds; raises ``Unavailable`` before the first."""
        if time < self.genesis:
            raise BadBeaconAnswer(f"time {time} is before the beacon chain's genesis at {self.genesis}")
        return (time - self.genesis) * 1000 // self.slot_ms


class BeaconEndpoint:
    """Answers are checked, and nothing is tried twice. For several threads."""

    def __init__(self, name: str, url: str, options: BeaconOptions, transport: Any = None) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"beacon endpoint {name}: the URL must begin with http:// or https://")
        self.name = name
        self.standing = Standing()
        self._url = url.rstrip("/")
        self._options = options
        self._httpx = import_httpx()
        carrier = transport or DeadlineTransport(options.timeout, options.max_answer_size)
        try:
            self._client = self._httpx.Client(
                transport=carrier, trust_env=False, headers=list(options.headers), follow_redirects=False
            )
        except ValueError as exc:
            raise ConfigError(f"beacon endpoint {name}: {exc}") from exc
        self._clock: SlotClock | None = None
        self._has_no_clock = False
        self._form = 0
        """Which of the forms worked last."""

    def close(self) -> None:
        """Close the connections to it."""
        self._client.close()

    # --- which slot

    def clock(self) -> SlotClock:
        """Genesis and slot length of its chain; raises ``Unavailable``."""
        if self._has_no_clock:
            raise BadBeaconAnswer("it does not tell when slots are")
        if self._clock is None:
            genesis, duration = self._options.genesis_time, self._options.slot_duration
            if genesis is None:
                genesis = self._read("/eth/v1/beacon/genesis", genesis_time)
            if duration is None:
                slot_ms = self._read("/eth/v1/config/spec", slot_duration_ms)
            else:
                slot_ms = round(duration * 1000)
            self._clock = SlotClock(genesis, slot_ms)
        return self._clock

    def _read(self, path: str, decode: Any) -> int:
        try:
            value: int = decode(self._get(path, [], self._options.timeout))
        except BeaconStatus as exc:
            self._has_no_clock = exc.status in _NO_SUCH_PATH
            raise
        except DecodeError as exc:
            raise BadBeaconAnswer(f"{path}: {exc}") from exc
        return value

    # --- blobs

    def blobs(self, slot: int, wanted: Sequence[IndexedBlobHash]) -> list[bytes]:
        """The blobs of a slot, in the order of ``wanted``, each with its hash. Raises ``Unavailable``."""
        failures: list[str] = []
        for form in (self._form, 1 - self._form):
            try:
                found = self._blobs_in_form(form, slot, wanted)
            except (BadBeaconAnswer, BeaconStatus) as exc:
                failures.append(f"{_FORMS[form]}: {exc}")
            else:
                self._form = form
                return found
        raise BadBeaconAnswer(f"slot {slot}: {', '.join(failures)}")

    def _blobs_in_form(self, form: int, slot: int, wanted: Sequence[IndexedBlobHash]) -> list[bytes]:
        seconds = self._options.timeout + self._options.timeout_per_blob * len(wanted)
        hashes: list[Hash32] = list(dict.fromkeys(item.hash for item in wanted))
        if form == 0:
            params = [("versioned_hashes", to_hex(item)) for item in hashes]
        else:
            params = [("indices", str(item.index)) for item in wanted]
        answer = self._get(f"/eth/v1/beacon/{_FORMS[form]}/{slot}", params, seconds)
        try:
            found = matching_blobs(answer, hashes)
        except DecodeError as exc:
            raise BadBeaconAnswer(str(exc)) from exc
        missing = [to_hex(item) for item in hashes if item not in found]
        if missing:
            raise BadBeaconAnswer(f"{len(missing)} of {len(hashes)} blobs are missing: {', '.join(missing)}")
        return [found[item.hash] for item in wanted]

    def _get(self, path: str, params: list[tuple[str, str]], seconds: float) -> Any:
        try:
            response = self._client.get(
                self._url + path,
                params=params,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                timeout=seconds,
                extensions={"deadline": seconds},
            )
        except (self._httpx.HTTPError, self._httpx.InvalidURL, self._httpx.StreamError) as exc:
            raise Unavailable(f"{path}: {type(exc).__name__}: {exc}") from exc
        if response.status_code != 200:
            text = response.content[:_SHOWN_TEXT].decode("utf-8", "replace").strip()
            raise BeaconStatus(response.status_code, text)
        try:
            return from_json_text(response.content)
        except DecodeError as exc:
            raise BadBeaconAnswer(f"no JSON: {exc}") from exc


_FORMS = ("blobs", "blob_sidecars")
"""Servers since Fusaka have the first, older ones and archives the second."""
