"""One beacon node: which slot, which form, and how long it may take."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.l1.beacon.endpoint import BadBeaconAnswer, BeaconEndpoint, SlotClock
from pyoprollup.l1.beacon.options import BeaconOptions
from pyoprollup.sources.l1 import IndexedBlobHash
from tests.unit.l1.beacon.chains import chain, wanted
from tests.wire_l1 import WireBeacon


def endpoint(beacon: WireBeacon, **options: Any) -> BeaconEndpoint:
    return BeaconEndpoint("b", "http://b/", BeaconOptions(**options), beacon.transport())


def test_slots() -> None:
    clock = SlotClock(1000, 12_000)
    assert [clock.slot(time) for time in (1000, 1011, 1012, 1012 + 12 * 10**6)] == [0, 0, 1, 10**6 + 1]
    assert SlotClock(1000, 6500).slot(1013) == 2
    with pytest.raises(BadBeaconAnswer, match="before the beacon chain's genesis"):
        clock.slot(999)


def test_the_clock_is_asked_for_once() -> None:
    beacon = WireBeacon(chain())
    one = endpoint(beacon)
    assert one.clock() is one.clock()
    assert beacon.requests == ["/eth/v1/beacon/genesis", "/eth/v1/config/spec"]


def test_an_archive_without_a_clock_is_not_asked_again() -> None:
    beacon = WireBeacon(chain(), has_clock=False)
    one = endpoint(beacon)
    for _ in range(2):
        with pytest.raises(Unavailable):
            one.clock()
    assert len(beacon.requests) == 1


def test_options_take_the_place_of_a_clock() -> None:
    beacon = WireBeacon(chain(), has_clock=False)
    clock = endpoint(beacon, genesis_time=5, slot_duration=2.0).clock()
    assert (clock.genesis, clock.slot_ms) == (5, 2000)
    assert beacon.requests == []


@pytest.mark.parametrize("forms", [("blobs",), ("blob_sidecars",), ("blobs", "blob_sidecars")])
def test_the_form_that_works_is_remembered(forms: tuple[str, ...]) -> None:
    l1 = chain()
    beacon = WireBeacon(l1, forms=forms)
    one = endpoint(beacon)
    ref, hashes = wanted(l1)
    for _ in range(3):
        assert one.blobs(1, hashes) == list(l1.get_blobs(ref, hashes))
    tried = [path.split("/")[4] for path in beacon.requests]
    assert tried == (["blobs"] * 3 if "blobs" in forms else ["blobs", *["blob_sidecars"] * 3])


def test_the_order_is_that_of_the_question() -> None:
    l1 = chain(2)
    ref, hashes = wanted(l1)
    one = endpoint(WireBeacon(l1))
    assert one.blobs(1, hashes[::-1]) == list(l1.get_blobs(ref, hashes))[::-1]


def test_the_same_blob_twice() -> None:
    l1 = chain()
    ref, hashes = wanted(l1)
    twice = [*hashes, IndexedBlobHash(1, hashes[0].hash)]
    assert endpoint(WireBeacon(l1, forms=("blobs",))).blobs(1, twice) == [*l1.get_blobs(ref, hashes)] * 2


def test_the_limit_grows_with_what_is_asked_for() -> None:
    seconds = []

    def handle(request: httpx.Request) -> httpx.Response:
        seconds.append(request.extensions["deadline"])
        return httpx.Response(200, json={"data": []})

    one = BeaconEndpoint(
        "b", "http://b", BeaconOptions(timeout=5.0, timeout_per_blob=2.0), httpx.MockTransport(handle)
    )
    _, hashes = wanted(chain())
    for count in (1, 20):
        with pytest.raises(Unavailable):
            one.blobs(1, hashes * count)
    assert seconds == [7.0, 7.0, 45.0, 45.0]


def test_headers() -> None:
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(404)

    options = BeaconOptions(headers=(("Authorization", "Bearer token"),))
    with pytest.raises(Unavailable, match="HTTP 404"):
        BeaconEndpoint("b", "http://b", options, httpx.MockTransport(handle)).clock()
    assert seen == ["Bearer token"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b""),
        httpx.Response(302, headers={"Location": "http://elsewhere"}),
        httpx.Response(500, content=b"oops"),
    ],
)
def test_answers_that_are_none(answer: httpx.Response) -> None:
    one = BeaconEndpoint("b", "http://b", BeaconOptions(), httpx.MockTransport(lambda _request: answer))
    with pytest.raises(Unavailable):
        one.clock()
    with pytest.raises(Unavailable):
        one.blobs(1, wanted(chain())[1])


def test_an_url_that_cannot_be() -> None:
    with pytest.raises(ConfigError):
        BeaconEndpoint("b", "b:5052", BeaconOptions())
