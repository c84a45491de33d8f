"""What a watch tells its listeners."""

from __future__ import annotations

import json

from pyoprollup.devnet.watch import Watch
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import Hash32
from pyoprollup.events import EventRecorder, Happening, Recorded, ResetEvent
from pyoprollup.telemetry.trace import happening_json
from tests.unit.devnet.support import NUMBER, lived


def test_every_happening_is_a_line_of_json() -> None:
    lines = [json.dumps(happening_json(each)) for each in lived().happened]
    assert all(set(json.loads(line)) >= {"time", "node", "from", "event", "to"} for line in lines)
    nodes = {json.loads(line)["node"] for line in lines}
    assert nodes == {None, "sequencer", "verifier", "silent"}


def test_time_does_not_go_back() -> None:
    times = [each.time for each in lived().happened]
    assert times == sorted(times) and times[0] == 0.0


def test_a_block_is_committed_before_it_is_published_and_published_before_it_is_inserted() -> None:
    steps = [
        each.event
        for each in lived().happened
        if each.event in ("commit-unsafe-payload", "publish", "payload-success")
        and each.node in ("", "sequencer")
        and each.details.get("block", each.details.get("envelope", {}))["number"] == NUMBER
    ]
    assert steps == ["commit-unsafe-payload", "publish", "payload-success"]


def test_derived_attributes_tell_their_channel() -> None:
    derived = [h for h in lived().happened if h.event == "derived-attributes" and h.node == "silent"]
    sources = [h.details["attributes"]["source"] for h in derived]
    assert len(derived) == lived().devnet.sequencer.driver.heads.unsafe.number
    sent = [h.details["transaction"] for h in lived().happened if h.event == "send-transaction"]
    assert {tx for source in sources for tx in source["transactions"]} == set(sent)
    assert {source["compression"] for source in sources} == {"zlib"}


def test_resets_are_counted_and_events_passed_on() -> None:
    watch, kept = Watch(), EventRecorder()
    recorded = Recorded("pipeline", ResetEvent(ValueError("x")), ("engine",))
    watch.recorder("verifier", kept).record(recorded)
    assert watch.resets == {"verifier": 1} and list(kept.records) == [recorded]


def test_values_are_told_in_json_types() -> None:
    told: list[Happening] = []
    watch = Watch(told.append)
    watch.start(lambda: 3.5)
    watch.tell(
        "l1", "x", "a", "b", hash=b"\x01", block=BlockID(Hash32(bytes(32)), 7), none=None, error=KeyError(1)
    )
    assert happening_json(told[0]) == {
        "time": 3.5,
        "node": None,
        "from": "l1",
        "event": "x",
        "to": ["a", "b"],
        "details": {
            "hash": "0x01",
            "block": {"number": 7, "hash": "0x" + "00" * 32},
            "none": None,
            "error": "1",
        },
    }
