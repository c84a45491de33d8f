"""Recorded L1 ranges: their form, the source that they make, and files that are out to hurt."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import NotFound
from pyoprollup.eth.blobs import BLOB_SIZE
from pyoprollup.eth.types import Hash32, bytes_from_hex
from pyoprollup.replay.recording import (
    Recording,
    RecordingError,
    load_recording,
    read_json,
    read_json_lines,
)
from pyoprollup.sources.l1 import IndexedBlobHash
from tests.golden import RUST, golden_case


def recorded(name: str = "pipeline_blobs", case: str = "blobs-ecotone") -> dict[str, Any]:
    value = golden_case(name, case)
    for expectation in ("derived", "events"):
        value.pop(expectation, None)
    return value


def blob_recording() -> Recording:
    return load_recording(recorded(*_blob_case()))


@cache
def _blob_case() -> tuple[str, str]:
    cases = read_json(RUST.parent / "pipeline_blobs.json.gz")["cases"]
    return "pipeline_blobs", cases[0]["name"]


def test_form() -> None:
    value = recorded(*_blob_case())
    recording = load_recording(value)
    assert len(recording.blocks) == len(value["l1_blocks"])
    first, header = recording.blocks[0], value["l1_blocks"][0]["header"]
    assert first.info.ref.hash == bytes_from_hex(header["hash"])
    assert first.info.base_fee == int(header["baseFeePerGas"], 16)
    assert recording.start.hash == recording.config.genesis.l2.hash
    assert recording.start.l1_origin == recording.config.genesis.l1
    assert recording.reorg == ()
    assert recording.blobs
    assert {len(blob) for blob in recording.blobs.values()} == {BLOB_SIZE}


def test_reorg_form() -> None:
    value = recorded("pipeline_reorg", "reorg-delta")
    recording = load_recording(value)
    assert len(recording.blocks) == len(value["l1_blocks_a"])
    fork = value["l1_blocks_a"][value["fork_at_index"]]["header"]
    assert recording.reorg[0].info.ref.number == int(fork["number"], 16)


def test_source_answers_by_number_and_hash() -> None:
    recording = blob_recording()
    l1, block = recording.l1(), recording.blocks[2]
    ref = block.info.ref
    assert l1.l1_block_ref_by_number(ref.number) == ref
    assert l1.l1_block_ref_by_hash(ref.hash) == ref
    assert l1.info_by_hash(ref.hash) == block.info
    assert l1.fetch_receipts(ref.hash) == (block.info, block.receipts)
    assert l1.transactions_by_hash(ref.hash) == block.transactions


def test_source_says_what_it_does_not_have() -> None:
    recording = blob_recording()
    l1, ref = recording.l1(), recording.blocks[0].info.ref
    nobody = Hash32(bytes(32))
    with pytest.raises(NotFound, match="not recorded"):
        l1.l1_block_ref_by_number(1 << 40)
    for ask in (l1.l1_block_ref_by_hash, l1.info_by_hash, l1.fetch_receipts, l1.transactions_by_hash):
        with pytest.raises(NotFound, match="not recorded"):
            ask(nobody)
    with pytest.raises(NotFound, match="a blob of L1 block"):
        l1.get_blobs(ref, [IndexedBlobHash(0, nobody)])


def test_blobs_come_in_the_order_asked_for() -> None:
    recording = blob_recording()
    l1, ref = recording.l1(), recording.blocks[0].info.ref
    hashes = list(recording.blobs)[::-1]
    asked = [IndexedBlobHash(index, blob_hash) for index, blob_hash in enumerate(hashes)]
    assert l1.get_blobs(ref, asked) == [recording.blobs[blob_hash] for blob_hash in hashes]
    assert l1.get_blobs(ref, []) == []


def test_a_reorg_replaces_the_tail_and_keeps_old_blocks_by_hash() -> None:
    recording = load_recording(recorded("pipeline_reorg", "reorg-delta"))
    l1, fork = recording.l1(), recording.reorg[0].info.ref
    old = l1.l1_block_ref_by_number(fork.number)
    last = recording.blocks[-1].info.ref.number
    l1.reorg(recording.reorg[:1])
    assert l1.l1_block_ref_by_number(fork.number) == fork != old
    assert l1.l1_block_ref_by_hash(old.hash) == old
    with pytest.raises(NotFound):
        l1.l1_block_ref_by_number(last)


# --- Files


def test_reads_json_gzipped_or_not(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b'{"a": 1}')
    assert read_json(path) == {"a": 1}
    path.write_bytes(gzip.compress(b'{"a": 1}'))
    assert read_json(path) == {"a": 1}
    path.write_bytes(gzip.compress(b'{"a": 1}\n\n2\n'))
    assert read_json_lines(path) == [{"a": 1}, 2]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b"[" * 10_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        gzip.compress(b"1", mtime=0)[:-1],
        gzip.compress(b"1", mtime=0)[:-6] + b"\0" * 6,
        b"\x1f\x8b",
        b"\x1f\x8b" + bytes(30),
    ],
)
def test_broken_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    for read in (read_json, read_json_lines):
        if content or read is read_json:
            with pytest.raises(RecordingError, match=r"a\.json"):
                read(path)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(RecordingError):
            read_json(path)


# --- Hostile values


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, {"rollup_config": {}}, {"l1": []}])
def test_not_a_recording(value: Any) -> None:
    with pytest.raises(RecordingError):
        load_recording(value)


@pytest.mark.parametrize(
    ("field", "bad", "said"),
    [
        ("rollup_config", {"block_time": "2"}, "block_time"),
        ("rollup_config", {"surprise": 1}, "surprise"),
        ("l1_blocks", [], "no L1 block"),
        ("l1_blocks", {}, "l1_blocks"),
        ("l1_blocks", [5], "header"),
        ("l1_blocks", [{"header": []}], "header"),
        ("l1_blocks", [{"header": {}}], "header.hash"),
    ],
)
def test_errors_name_the_field(field: str, bad: Any, said: str) -> None:
    with pytest.raises(RecordingError, match=said):
        load_recording(recorded(*_blob_case()) | {field: bad})


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
    value = recorded(*_blob_case())
    key = "l1_blocks"
    value[key] = [block for block in value[key] if block.get("txs")][:1] + value[key][:1]
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
        load_recording(value)
    except RecordingError as exc:
        assert "\n" not in str(exc)


@pytest.mark.parametrize("junk", [5, "text", [1], True])
def test_blobs_of_a_block_that_are_no_object(junk: Any) -> None:
    value = recorded(*_blob_case())
    value["l1_blocks"] = [{**value["l1_blocks"][0], "blobs": junk}]
    with pytest.raises(RecordingError, match="blobs"):
        load_recording(value)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["l1", "blobs", "l1_blocks", "rollup_config", "header"]), inner)
        ),
        max_leaves=8,
    )
)
@settings(max_examples=100)
def test_made_up_json_is_no_recording(value: Any) -> None:
    with pytest.raises(RecordingError):
        load_recording(json.loads(json.dumps(value)))
