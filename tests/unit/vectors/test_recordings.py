"""Recordings of the vectors: the Rust form, and what sets a Go vector apart."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.eth.blobs import BLOB_SIZE
from pyoprollup.eth.types import to_hex
from pyoprollup.replay.recording import PseudoRules, RecordingError, read_json, read_json_lines
from pyoprollup.replay.replay import recorded_cases
from pyoprollup.vectors.recordings import load_vector_recording
from tests.golden import RUST, golden_case


def test_go_vectors_rewind_by_origin() -> None:
    value = golden_case("pipeline_reorg", "reorg-delta")
    assert load_vector_recording(value).rules == PseudoRules(rewind_by_origin=True)
    value.pop("derived")
    assert load_vector_recording(value).rules == PseudoRules()


def test_rust_vectors_have_roots_of_zero() -> None:
    assert load_vector_recording(rust_value()).rules == PseudoRules(zero_roots=True)


@cache
def _rust_file() -> Any:
    return read_json(RUST / "ecotone-span-zlib-blob.json.gz")


def rust_value() -> dict[str, Any]:
    value = dict(_rust_file())
    value["l1"] = value["l1"][:4]
    return value


def test_rust_form() -> None:
    value = rust_value()
    recording = load_vector_recording(value)
    assert len(recording.blocks) == 4
    assert recording.start.number == value["l2_start"]["number"]
    numbers = [block.info.ref.number for block in recording.blocks]
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    assert recording.blocks[1].info.ref.parent_hash == recording.blocks[0].info.ref.hash


@pytest.mark.parametrize(
    ("field", "bad", "said"),
    [
        ("l1", [], "no L1 block"),
        ("l1", [None], "l1: expected objects"),
        ("l1", [{}], "header_rlp"),
        ("l1", [{"header_rlp": "0xc0"}], "header"),
        ("blobs", [], "blobs"),
        ("blobs", {"0x01": "0x"}, "blobs"),
        ("blobs", {"0x" + "01" * 32: "0x" + "00" * (BLOB_SIZE + 1)}, "131073"),
        ("l2_start", {}, "l1origin"),
        ("l2_start", {"l1origin": {}}, r"l2_start\.hash"),
    ],
)
def test_errors_name_the_field_of_the_rust_form(field: str, bad: Any, said: str) -> None:
    with pytest.raises(RecordingError, match=said):
        load_vector_recording(rust_value() | {field: bad})


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to all parts of a value; of long lists only to the first items."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from _places(value[key], (*path, key))
    elif isinstance(value, list):
        for index in range(min(len(value), 2)):
            yield from _places(value[index], (*path, index))


@cache
def _small() -> tuple[dict[str, Any], tuple[tuple[Any, ...], ...]]:
    value = rust_value()
    value["l1"] = [block for block in value["l1"] if block.get("txs")][:1] + value["l1"][:1]
    value["blobs"] = dict(list(value["blobs"].items())[:1])
    return value, tuple(path for path in _places(value) if path)


_JUNK = st.sampled_from(
    [None, True, 0, -1, 1 << 70, 1.5, "", "0x", "0xzz", "0x00", "x" * 9, [], [None], [[]], {}, {"a": 1}]
)


@given(st.integers(0, 1 << 30), _JUNK, st.booleans())
@settings(max_examples=400)
def test_only_recording_errors_come_out(place: int, junk: Any, delete: bool) -> None:
    original, places = _small()
    path = places[place % len(places)]
    value = copy.deepcopy(original)
    part = value
    for key in path[:-1]:
        part = part[key]
    if delete and isinstance(part, dict):
        del part[path[-1]]
    else:
        part[path[-1]] = junk
    try:
        load_vector_recording(value)
    except RecordingError as exc:
        assert "\n" not in str(exc)


def test_rust_recordings_have_their_own_rule_for_hashes() -> None:
    path = RUST / "fjord-single-brotli.json.gz"
    lines = read_json_lines(path.with_name("fjord-single-brotli.expected.jsonl.gz"))
    replay = recorded_cases(read_json(path), load_vector_recording)[0].replay()
    found = [to_hex(step.derived.block.hash) for step in replay]
    assert found == [line["hash"] for line in lines if not line.get("summary")]


@pytest.mark.parametrize("name", ["reorg-bedrock", "reorg-delta", "reorg-granite"])
def test_go_vectors_keep_their_rule_for_reorgs(name: str) -> None:
    value = golden_case("pipeline_reorg", name)
    replay = recorded_cases(value, load_vector_recording)[0].replay()
    found = [to_hex(step.derived.block.hash) for step in replay]
    assert found == [item["block_hash"] for item in value["derived"]]
    assert len(replay.resets) == len(value["events"])
