"""Recordings: from a client, from files; what is in one hangs together."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest

from pyoprollup.errors import RollupError
from pyoprollup.eth.types import to_hex
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.replay.record import (
    RecordError,
    block_entry,
    dumped_blocks,
    inbox_blobs,
    recorded_blocks,
    write_recording,
)
from pyoprollup.replay.recording import load_recording
from pyoprollup.rollup import RollupConfig
from tests.unit.derive.support import config
from tests.unit.l1.embedded.support import NOBODY, blob_raw, make_l1, raw
from tests.unit.l1.rpc.chains import ALLOC, LOGS
from tests.wire_l1 import WireBeacon, WireNode, block_shown, client, receipts_shown

CONFIG: RollupConfig = config("granite", batch_inbox_address=NOBODY)


def inbox(number: int) -> tuple[bytes, ...]:
    return (b"one %d" % number, b"two %d" % number)


def chain() -> EmbeddedL1:
    l1 = make_l1(ALLOC)
    for number in range(2):
        l1.send_transaction(raw(2 * number, to=LOGS, gas=60_000))
        l1.send_transaction(blob_raw(2 * number, contents=(b"another's",), to=LOGS))
        l1.send_transaction(blob_raw(2 * number + 1, contents=inbox(number)))
        l1.mine()
    return l1


def entries(l1: EmbeddedL1, last: int = 2) -> list[dict[str, Any]]:
    return list(recorded_blocks(CONFIG, client(WireNode(l1)), l1, 0, last))


def test_everything_that_derivation_reads_is_there() -> None:
    l1 = chain()
    file = io.BytesIO()
    seen: list[int] = []
    assert write_recording(file, CONFIG, entries(l1), {"alloc": {}}, on_block=seen.append) == 3
    value = json.loads(file.getvalue())
    recording = load_recording(value)
    assert (seen, value["genesis"]) == ([1, 2, 3], {"alloc": {}})
    source = recording.l1()
    for number in range(3):
        block = l1.block_by_number(number)
        assert source.l1_block_ref_by_number(number) == block.ref
        assert source.info_by_hash(block.hash).base_fee == block.info.base_fee
        assert source.fetch_receipts(block.hash)[1] == block.receipts
        assert source.transactions_by_hash(block.hash) == block.transactions
        wanted = inbox_blobs(CONFIG, block.transactions)
        assert source.get_blobs(block.ref, wanted) == l1.get_blobs(block.ref, wanted)
    assert [item.index for item in wanted] in ([0, 1], [1, 2]), "counted over all blobs of the block"
    assert len(recording.blobs) == 4, "others' blobs are left out"


def test_packed() -> None:
    plain, packed = io.BytesIO(), io.BytesIO()
    write_recording(plain, CONFIG, entries(chain()))
    write_recording(packed, CONFIG, entries(chain()), packed=True)
    assert gzip.decompress(packed.getvalue()) == plain.getvalue()


def test_an_empty_recording_is_json() -> None:
    file = io.BytesIO()
    assert write_recording(file, CONFIG, []) == 0
    assert json.loads(file.getvalue())["l1_blocks"] == []


def test_a_reorg_meanwhile() -> None:
    l1 = chain()
    blocks = recorded_blocks(CONFIG, client(WireNode(l1)), l1, 0, 2)
    next(blocks), next(blocks)
    l1.reorg(2)
    l1.mine()
    l1.mine()
    with pytest.raises(RecordError, match="reorged at block 2"):
        next(blocks)


def test_blobs_without_a_source_for_them() -> None:
    with pytest.raises(RecordError, match="a beacon endpoint is needed"):
        list(recorded_blocks(CONFIG, client(WireNode(chain())), None, 0, 2))


# --- from files


def dumps(l1: EmbeddedL1) -> dict[str, Any]:
    """All kinds, with and without envelopes."""
    found: dict[str, Any] = {}
    beacon = WireBeacon(l1)
    for number in range(3):
        block = l1.block_by_number(number)
        found[f"block-{number}"] = block_shown(block, True)
        if number:
            found[f"receipts-{number}"] = {"jsonrpc": "2.0", "id": 1, "result": receipts_shown(block)}
            hashes = [("versioned_hashes", to_hex(item)) for item in block.blob_hashes]
            found[f"blobs-{number}"] = beacon.truth(f"/eth/v1/beacon/blobs/{number}", hashes)
    return found


def test_dumps_give_the_same() -> None:
    l1 = chain()
    shuffled = sorted(dumps(l1).items(), reverse=True)
    assert dumped_blocks(CONFIG, shuffled) == entries(l1)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("receipts-1", None, "the receipts of L1 block 1 are missing"),
        ("blobs-2", None, "blobs of L1 block 2 are missing"),
        ("block-1", None, "L1 block 2 does not follow block 0"),
        (
            "block-1",
            lambda block: block | {"transactions": block["transactions"][::-1]},
            "root of its header",
        ),
        ("block-1", lambda block: block | {"timestamp": "0x1"}, "does not have the hash"),
        ("block-1", lambda block: block | {"transactions": ["0x" + "11" * 32]}, "full ones are needed"),
        ("block-1", lambda block: block | {"transactions": None}, "no list of transactions"),
        ("receipts-1", lambda answer: {"result": answer["result"][:1]}, "the receipts of L1 block 1"),
        ("receipts-1", lambda answer: 5, "receipts-1: it is neither"),
        ("blobs-1", lambda answer: {"data": ["0x00"]}, "blobs-1: a blob has 131072 bytes"),
        ("blobs-1", lambda answer: {"data": ["0x" + "ff" * 131_072]}, "blobs-1: blob: "),
        ("blobs-1", lambda answer: {"data": {}}, "blobs-1: data: expected a list"),
    ],
)
def test_what_does_not_hang_together(name: str, change: Any, said: str) -> None:
    found = dumps(chain())
    if change is None:
        del found[name]
    else:
        found[name] = change(found[name])
    with pytest.raises(RecordError, match=said):
        dumped_blocks(CONFIG, found.items())


def test_no_dumps() -> None:
    with pytest.raises(RecordError, match="no block"):
        dumped_blocks(CONFIG, [])


@pytest.mark.parametrize(
    "value", [None, 5, "x", [None], [[]], {}, {"result": None}, {"hash": 1}, {"data": [None]}]
)
def test_dumps_may_be_anything(value: Any) -> None:
    with pytest.raises(RollupError):
        dumped_blocks(CONFIG, [("a", value)])


def test_zeros_at_the_end_of_a_blob_are_left_out() -> None:
    header = chain().head_block.header
    entry = block_entry(header, [], [], {header.state_root: b"\x01" + bytes(131_071)})
    assert list(entry["blobs"].values()) == ["0x01"]
