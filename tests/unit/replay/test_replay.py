"""Deriving recordings from end to end: cases of a file, events on the way, and running in circles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.derive.drops import Dropped
from pyoprollup.derive.errors import CriticalError
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.replay.recording import (
    RecordedBlock,
    RecordingError,
    load_recording,
    read_json,
)
from pyoprollup.replay.replay import Replay, Reset, recorded_cases, select_cases
from tests.golden import golden_case, golden_path


def _value(name: str, case: str) -> dict[str, Any]:
    """A case without the outcome that it expects."""
    value = golden_case(name, case)
    del value["derived"]
    return value


# --- Cases of a file


def test_a_recording_alone_is_one_case() -> None:
    value = _value("pipeline_happy", "happy-delta")
    (case,) = recorded_cases(value)
    assert (case.index, case.name, case.value) == (0, "happy-delta", value)
    del value["name"]
    assert recorded_cases(value)[0].name is None


def test_a_golden_file_holds_several() -> None:
    cases = recorded_cases(read_json(golden_path("pipeline_happy")))
    assert [case.index for case in cases] == list(range(len(cases)))
    assert select_cases(cases, None) == cases
    assert select_cases(cases, "happy-delta") == [cases[1]] == select_cases(cases, "1")


@pytest.mark.parametrize("wanted", ["9", "nobody", "-1", "", "1.0", "²", "9" * 5000])
def test_no_such_case(wanted: str) -> None:
    cases = recorded_cases(read_json(golden_path("pipeline_happy")))
    with pytest.raises(RecordingError, match=r"^case: no .* among the 5 recordings .*happy-delta"):
        select_cases(cases, wanted)


@pytest.mark.parametrize("value", [None, 5, [], {"cases": {}}, {"cases": []}, {"cases": 5}])
def test_no_recordings(value: Any) -> None:
    with pytest.raises(RecordingError):
        recorded_cases(value)


@pytest.mark.parametrize("value", [5, None, [], {"name": 5}])
def test_a_broken_case_is_only_told_when_it_is_replayed(value: Any) -> None:
    (case,) = recorded_cases({"cases": [value]})
    assert case.name is None
    with pytest.raises(RecordingError):
        case.replay()


# --- Deriving


def test_other_reorgs_end_on_the_chain_of_the_new_l1() -> None:
    value = _value("pipeline_reorg", "reorg-bedrock")
    blocks = {
        step.derived.block.number: step.derived.block.hash for step in recorded_cases(value)[0].replay()
    }
    fork = value["fork_at_index"]
    value["l1_blocks"] = value.pop("l1_blocks_a")[:fork] + value.pop("l1_blocks_b_from_fork")
    alone = {step.derived.block.number: step.derived.block.hash for step in recorded_cases(value)[0].replay()}
    assert alone == blocks


def test_counts_l1_blocks_and_keeps_events_in_their_order() -> None:
    value = _value("pipeline_adversarial", "junk-and-disorder-bedrock")
    replay = recorded_cases(value)[0].replay()
    assert replay.l1_blocks == 1
    assert replay.origin is None
    steps = list(replay)
    assert replay.l1_blocks == len(value["l1_blocks"])
    assert replay.origin == replay.recording.blocks[-1].info.ref
    events = [event for step in steps for event in step.events]
    assert events
    assert [*events, *replay.pending] == replay.drops
    assert not replay.resets
    for step in steps:
        for event in step.events:
            assert isinstance(event, Dropped)
            assert event.origin is not None
            assert event.origin.number <= step.derived.attributes.derived_from.number


def test_resets_are_events_too() -> None:
    replay = recorded_cases(_value("pipeline_reorg", "reorg-delta"))[0].replay()
    resets = [event for step in replay for event in step.events if isinstance(event, Reset)]
    assert resets == replay.resets
    assert "reorg" in resets[0].reason


def test_both_sides_of_a_reorg_count() -> None:
    value = _value("pipeline_reorg", "reorg-delta")
    replay = recorded_cases(value)[0].replay()
    list(replay)
    assert replay.l1_blocks == len(value["l1_blocks_a"]) + len(value["l1_blocks_b_from_fork"])


# --- Trouble


def test_a_blob_that_is_not_recorded_does_not_reset_for_ever() -> None:
    case = read_json(golden_path("pipeline_blobs"))["cases"][0]["name"]
    value = _value("pipeline_blobs", case)
    value["l1_blocks"] = [{**block, "blobs": None} for block in value["l1_blocks"]]
    replay = recorded_cases(value)[0].replay()
    with pytest.raises(CriticalError, match=r"again and again .* a blob of L1 block"):
        list(replay)
    assert 1 < len(replay.resets) < 20


def test_no_block_time_is_refused() -> None:
    recording = load_recording(_value("pipeline_happy", "happy-delta"))
    with pytest.raises(ConfigError, match="block_time"):
        Replay(replace(recording, config=replace(recording.config, block_time=0)))


def test_l1_that_does_not_start_at_the_origin() -> None:
    recording = load_recording(_value("pipeline_happy", "happy-delta"))
    with pytest.raises(Unavailable, match="not recorded"):
        list(Replay(replace(recording, blocks=recording.blocks[1:])))


def test_a_gap_in_l1_ends_derivation() -> None:
    recording = load_recording(_value("pipeline_happy", "happy-delta"))
    blocks: tuple[RecordedBlock, ...] = recording.blocks[:3] + recording.blocks[5:]
    replay = Replay(replace(recording, blocks=blocks))
    list(replay)
    assert replay.l1_blocks == 3
