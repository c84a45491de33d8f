"""Blobs from several servers: what is missing at one is at another, or is said to be missing, clearly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.eth.types import to_hex
from pyoprollup.l1.beacon import BeaconClient, BeaconOptions
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.sources.l1 import BlobSource
from tests.unit.l1.beacon.chains import chain, wanted
from tests.wire_l1 import Bend, HttpAnswer, VirtualTime, WireBeacon


def client(
    *beacons: WireBeacon, mains: int = 1, l1: EmbeddedL1 | None = None, **options: Any
) -> tuple[BeaconClient, VirtualTime]:
    waiting, time = list(beacons), VirtualTime()
    urls = [f"http://beacon-{index}/secret" for index in range(len(beacons))]
    made = BeaconClient(
        urls[:mains],
        urls[mains:],
        BeaconOptions(**options),
        l1=l1,
        transport=lambda url: waiting.pop(0).transport(url),
        clock=time.clock,
        sleep=time.sleep,
        chance=lambda: 0.5,
    )
    return made, time


def blobs_bent(answer: Callable[[Any], Any]) -> Bend:
    def bend(path: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        return answer(truth()) if "/blob" in path else truth()

    return bend


def status(code: int, text: bytes = b"not enough columns") -> Callable[[Any], Any]:
    def answer(_truth: Any) -> Any:
        raise HttpAnswer(code, text)

    return answer


WRONG: dict[str, Callable[[Any], Any]] = {
    "400": status(400),
    "404": status(404),
    "500": status(500),
    "nothing": lambda truth: {"data": []},
    "fewer": lambda truth: {"data": truth["data"][:-1]},
    "no data": lambda truth: {},
    "another shape": lambda truth: {"data": {"blobs": truth["data"]}},
    "another blob": lambda truth: {"data": ["0x" + "00" * 131_072] * len(truth["data"])},
}


def test_blobs() -> None:
    l1 = chain(2)
    ref, hashes = wanted(l1)
    source: BlobSource = client(WireBeacon(l1))[0]
    assert list(source.get_blobs(ref, hashes)) == list(l1.get_blobs(ref, hashes))


@pytest.mark.parametrize("wrong", WRONG)
def test_anything_but_all_that_is_wanted_leads_to_the_next(wrong: str) -> None:
    l1 = chain(2)
    ref, hashes = wanted(l1)
    made, time = client(WireBeacon(l1, blobs_bent(WRONG[wrong])), WireBeacon(l1, has_clock=False))
    assert list(made.get_blobs(ref, hashes)) == list(l1.get_blobs(ref, hashes))
    assert time.now == 1000.0, "at once"


@pytest.mark.parametrize("wrong", WRONG)
def test_a_blob_that_nobody_has_is_said_clearly(wrong: str) -> None:
    """Which slot, which L1 block, which hashes, who was asked, and what each said."""
    l1 = chain(2)
    ref, hashes = wanted(l1)
    made, time = client(
        WireBeacon(l1, blobs_bent(WRONG[wrong])), WireBeacon(l1, blobs_bent(status(404))), l1=l1
    )
    with pytest.raises(Unavailable) as caught:
        made.get_blobs(ref, hashes)
    text = str(caught.value)
    for part in ("slot 1", str(ref), *(to_hex(item.hash) for item in hashes), "beacon-0: ", "beacon-1: "):
        assert part in text, part
    assert "HTTP 404: not enough columns" in text
    assert "secret" not in text
    assert time.now > 1001, "not in a hot loop"


def test_nothing_is_asked_when_nothing_is_wanted() -> None:
    l1 = chain()
    beacon = WireBeacon(l1, blobs_bent(status(404)))
    assert list(client(beacon)[0].get_blobs(l1.head_block.ref, [])) == []
    assert beacon.requests == []


def test_a_block_that_was_orphaned_will_never_have_its_blobs() -> None:
    """As long as it is canonical the answer is "not now"; then it is "never", which is a reset's business."""
    l1 = chain()
    ref, hashes = wanted(l1)
    made, _ = client(WireBeacon(l1, blobs_bent(status(404))), l1=l1)
    with pytest.raises(Unavailable):
        made.get_blobs(ref, hashes)
    l1.reorg(1)
    with pytest.raises(Unavailable):
        made.get_blobs(ref, hashes)
    l1.mine(empty=True)
    with pytest.raises(NotFound, match="not canonical any more"):
        made.get_blobs(ref, hashes)


def test_it_comes_back() -> None:
    l1 = chain()
    ref, hashes = wanted(l1)
    beacon = WireBeacon(l1, blobs_bent(status(404)))
    made, _ = client(beacon, l1=l1)
    for _ in range(20):
        with pytest.raises(Unavailable):
            made.get_blobs(ref, hashes)
    beacon.bend = lambda _path, _params, truth: truth()
    assert list(made.get_blobs(ref, hashes)) == list(l1.get_blobs(ref, hashes))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "neither SECONDS_PER_SLOT"),
        ({"SECONDS_PER_SLOT": "0"}, "no length"),
        ({"SECONDS_PER_SLOT": "12", "SLOT_DURATION_MS": "6000"}, "but SLOT_DURATION_MS is 6000"),
    ],
)
def test_a_slot_length_that_cannot_be(spec: dict[str, str], said: str) -> None:
    l1 = chain()
    beacon = WireBeacon(l1, spec=spec)
    with pytest.raises(Unavailable, match=said):
        client(beacon)[0].check()
    with pytest.raises(Unavailable, match="slot duration are options"):
        client(beacon)[0].get_blobs(*wanted(l1))
    given, _ = client(beacon, slot_duration=12.0)
    assert given.get_blobs(*wanted(l1))


def test_a_server_of_another_chain_has_its_own_clock_and_no_blob() -> None:
    l1 = chain()
    other = WireBeacon(l1, genesis_time=l1.config.genesis_time - 1200)
    made, _ = client(other, WireBeacon(l1))
    assert made.get_blobs(*wanted(l1))


def test_checking_at_the_start() -> None:
    l1 = chain()
    assert client(WireBeacon(l1))[0].check() == {}
    assert list(client(WireBeacon(l1), WireBeacon(l1, has_clock=False))[0].check()) == ["beacon-1"]
    with pytest.raises(Unavailable, match="no beacon endpoint says when slots are"):
        client(WireBeacon(l1, has_clock=False))[0].check()


def test_after_closing_nothing_is_asked() -> None:
    l1 = chain()
    beacon = WireBeacon(l1)
    with client(beacon)[0] as made:
        pass
    with pytest.raises(Unavailable, match="closed"):
        made.get_blobs(*wanted(l1))
    assert beacon.requests == []


def test_without_a_server() -> None:
    with pytest.raises(ConfigError):
        BeaconClient([])


@pytest.mark.parametrize(
    "options", [{"slot_duration": 0.0}, {"timeout": 0}, {"timeout_per_blob": -1}, {"max_answer_size": 0}]
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        BeaconOptions(**options)
