"""Explanations lead back to the bytes on L1, and name the drops and windows on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyoprollup.derive.codec.batch import decode_batch
from pyoprollup.derive.codec.frame import parse_frames
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import derive_span_batch
from pyoprollup.derive.compression.decompress import decompress_channel
from pyoprollup.derive.drops import Dropped, DropReason
from pyoprollup.derive.provenance import BatchSource, ChannelSource, FrameSource
from pyoprollup.eth.blobs import blob_to_data
from pyoprollup.eth.transactions import decode_transaction, tx_hash
from pyoprollup.replay.explain import Explanation, NotDerivedError, block_json, count_deposits, explain
from pyoprollup.replay.provenance_json import channel_of
from pyoprollup.replay.recording import Recording, read_json
from pyoprollup.replay.replay import RecordedCase, recorded_cases
from pyoprollup.vectors.recordings import load_vector_recording
from tests.golden import RUST, golden_case


def _case(name: str, case: str) -> RecordedCase:
    return recorded_cases(golden_case(name, case), load_vector_recording)[0]


def _explain(name: str, case: str, number: int) -> Explanation:
    return explain(_case(name, case).replay(), number)


def _reasons(drops: tuple[Any, ...]) -> list[DropReason]:
    return [drop.reason for drop in drops if isinstance(drop, Dropped)]


# --- From a block to the bytes, by hand


def _batcher_data(recording: Recording, frame: FrameSource) -> bytes:
    origin = frame.data
    assert origin is not None
    block = next(block for block in recording.blocks if block.info.ref.hash == origin.block.hash)
    assert block.info.ref.number == origin.block.number
    raw = block.transactions[origin.tx_index]
    assert tx_hash(raw) == origin.tx_hash
    if origin.blob_hash is None:
        return decode_transaction(raw).data
    return blob_to_data(recording.blobs[origin.blob_hash])


def _channel_data(recording: Recording, channel: ChannelSource) -> bytes:
    parts = []
    for number, frame in enumerate(channel.frames):
        assert frame is not None
        data = _batcher_data(recording, frame)
        (parsed,) = parse_frames(b"\0" + data[frame.start : frame.end])
        assert (parsed.id, parsed.number, parsed.is_last) == (channel.id, number, frame.is_last)
        parts.append(parsed.data)
    joined = b"".join(parts)
    assert len(joined) == channel.size
    return joined


def _sequenced(recording: Recording, source: BatchSource) -> tuple[bytes, ...]:
    """The transactions that a block's provenance leads to."""
    assert source.channel is not None
    stream = decompress_channel(_channel_data(recording, source.channel), 0, True)
    assert stream.algorithm == source.compression
    batch = decode_batch(stream.data[source.start : source.end])
    if isinstance(batch, SingularBatch):
        assert source.span_index is None
        return batch.transactions
    assert isinstance(batch, RawSpanBatch)
    assert source.span_index is not None
    config = recording.config
    span = derive_span_batch(batch, config.block_time, config.genesis.l2_time, config.l2_chain_id)
    return span[source.span_index].transactions


def _follow_all(case: RecordedCase) -> int:
    replay = case.replay()
    followed = 0
    for step in replay:
        attributes = step.derived.attributes
        if attributes.source is None:
            continue
        deposits = count_deposits(step.derived)
        found = _sequenced(replay.recording, attributes.source)
        assert found == attributes.attributes.transactions[deposits:]
        followed += 1
    return followed


@pytest.mark.parametrize("name", ["happy-bedrock", "happy-delta", "happy-fjord"])
def test_every_block_leads_back_to_its_bytes(name: str) -> None:
    value = golden_case("pipeline_happy", name)
    assert _follow_all(recorded_cases(value, load_vector_recording)[0]) == len(value["derived"])


@pytest.mark.parametrize("name", ["isthmus-span-brotli-blob", "holocene-single-brotli-blob"])
def test_every_block_leads_back_to_its_blobs(name: str) -> None:
    value = read_json(RUST / f"{name}.json.gz")
    value["l1"] = value["l1"][:8]
    assert _follow_all(recorded_cases(value, load_vector_recording)[0]) > 20


# --- What an explanation says


def test_a_block_from_a_batch() -> None:
    found = _explain("pipeline_happy", "happy-delta", 7)
    assert found.derived.block.number == 7
    assert found.window is None
    assert found.source is not None
    assert found.source.channel is not None
    assert found.source.inclusion == found.derived.attributes.derived_from.id
    assert found.replaced == ()
    assert found.deposits == 1


def test_a_block_that_fills_in_names_the_window() -> None:
    found = _explain("pipeline_timeouts", "late-frames-timeouts-bedrock", 5)
    assert found.source is None
    window = found.window
    assert window is not None
    assert window.epoch == found.derived.block.l1_origin
    assert window.last == window.epoch.number + window.size <= window.noticed.number
    assert _reasons(found.events) == [
        DropReason.CHANNEL_TIMED_OUT,
        DropReason.BATCH_PARENT_MISMATCH,
        DropReason.BATCH_PARENT_MISMATCH,
    ]


def test_blocks_that_fill_in_after_another_tell_the_same_story() -> None:
    case = "late-frames-timeouts-bedrock"
    first = _explain("pipeline_timeouts", case, 5)
    second = _explain("pipeline_timeouts", case, 6)
    assert second.source is None
    assert second.events[: len(first.events)] == first.events


def test_drops_of_the_same_channel() -> None:
    found = _explain("pipeline_holocene", "holocene-bad-batches-singular", 12)
    assert found.events == ()
    assert found.source is not None
    reasons = _reasons(found.channel_drops)
    assert reasons == [DropReason.BATCH_DEPOSIT_TRANSACTION, DropReason.CHANNEL_FLUSHED]
    assert {channel_of(drop.subject) for drop in found.channel_drops} == {channel_of(found.source)}


def test_a_drop_is_told_once() -> None:
    value = golden_case("pipeline_adversarial", "junk-and-disorder-bedrock")
    case = recorded_cases(value, load_vector_recording)[0]
    for number in range(1, len(value["derived"]) + 1):
        found = explain(case.replay(), number)
        assert not set(map(id, found.events)) & set(map(id, found.channel_drops))


def test_after_a_reorg_the_last_block_of_the_number_counts() -> None:
    value = golden_case("pipeline_reorg", "reorg-bedrock")
    del value["derived"]  # not with the vectors' rule for reorgs, which takes no block back here
    case = recorded_cases(value, load_vector_recording)[0]
    blocks = [step.derived.block for step in case.replay()]
    numbers = [block.number for block in blocks]
    number = next(number for number in numbers if numbers.count(number) == 2)
    found = explain(case.replay(), number)
    first, second = (block for block in blocks if block.number == number)
    assert found.derived.block == second
    assert [other.block for other in found.replaced] == [first]


def test_a_number_that_is_not_derived() -> None:
    for number in (0, 10**30):
        with pytest.raises(NotDerivedError, match=rf"^number: L2 block {number} is not derived, blocks 1 to"):
            _explain("pipeline_happy", "happy-delta", number)


def test_trouble_further_on_does_not_matter() -> None:
    value = golden_case("pipeline_happy", "happy-delta")
    config = dict(value["rollup_config"])
    last = int(value["derived"][-1]["attributes"]["timestamp"], 16)
    for fork in ("ecotone", "fjord", "granite", "holocene", "isthmus", "jovian"):
        config[f"{fork}_time"] = last
    value["rollup_config"] = config
    case = recorded_cases(value, load_vector_recording)[0]
    assert explain(case.replay(), 3).derived.block.number == 3
    with pytest.raises(Exception, match="JOVIAN activates here"):
        explain(case.replay(), len(value["derived"]))


# --- JSON


def test_json_of_an_explanation() -> None:
    found = _explain("pipeline_happy", "happy-delta", 7)
    obj = json.loads(json.dumps(found.to_json()))
    assert obj["number"] == 7
    assert obj["parent"]["number"] == 6
    assert obj["attributes"] == found.derived.attributes.attributes.to_json()
    assert obj["window"] is None
    assert obj["events"] == obj["channel_drops"] == obj["replaced"] == []
    source, frames = obj["source"], obj["source"]["channel"]["frames"]
    assert source["end"] > source["start"]
    assert [frame["frame_number"] for frame in frames] == list(range(len(frames)))
    assert all(len(frame["data"]["transaction_hash"]) == 66 for frame in frames)


def test_json_of_a_block_that_fills_in() -> None:
    obj = _explain("pipeline_timeouts", "late-frames-timeouts-bedrock", 5).to_json()
    assert obj["source"] is None
    assert obj["window"]["last"] == obj["window"]["epoch"]["number"] + obj["window"]["size"]
    assert [event["event"] for event in obj["events"]] == ["drop"] * 3
    assert obj["events"][0]["subject"]["kind"] == "channel"


def test_json_of_every_event_of_the_vectors() -> None:
    for name, case in (
        ("pipeline_holocene", "holocene-bad-batches"),
        ("pipeline_holocene", "holocene-junk-and-disorder"),
        ("pipeline_reorg", "reorg-granite"),
    ):
        replay = _case(name, case).replay()
        last = 0
        for step in replay:
            json.dumps(block_json(step.derived))
            last = step.derived.block.number
        json.dumps(explain(_case(name, case).replay(), last).to_json())
