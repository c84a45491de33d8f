"""``pyoprollup decode``."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from pyoprollup.derive.codec.batch import encode_batch
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.data_source import batcher_transaction
from pyoprollup.eth.transactions import Transaction, tx_hash
from pyoprollup.replay.recording import load_recording, read_json
from pyoprollup.rollup import Fork, load_chain
from tests.golden import golden_case
from tests.support import ROOT, shared_path
from tests.unit.cli.support import run

GENESIS = load_chain("op-mainnet").genesis.l2_time
TX = Transaction(2, 5, 10**9, 21_000, b"\3" * 20, 1, b"", 1, 7, 8, chain_id=10).encode()
ID, OTHER = b"\xab" * 16, b"\xcd" * 16


def _batch(number: int, *txs: bytes) -> SingularBatch:
    return SingularBatch(b"\5" * 32, 100, b"\6" * 32, GENESIS + 2 * number, txs)


def _span(blocks: int = 4) -> bytes:
    builder = SpanBatchBuilder(GENESIS, 10)
    for number in range(blocks):
        builder.add_singular_batch(_batch(number, TX), number)
    return encode_batch(builder.raw_span_batch())


def _batcher_data(*frames: Frame) -> bytes:
    return b"\0" + b"".join(frame.encode() for frame in frames)


BATCHES = encode_batch(_batch(0, TX)) + _span()
CHANNEL = zlib.compress(BATCHES)
FIRST, SECOND = Frame(ID, 0, CHANNEL[:50], False), Frame(ID, 1, CHANNEL[50:], True)


def _hex(*frames: Frame) -> str:
    return "0x" + _batcher_data(*frames).hex()


def test_a_channel_from_its_frames() -> None:
    lines = run("decode", _hex(FIRST, SECOND)).lines
    assert lines[:7] == [
        f"channel {ID.hex()}, complete",
        f"  frames         2, {len(CHANNEL)} bytes, from 1 input",
        f"  compression    zlib, {len(CHANNEL)} to {len(BATCHES)} bytes",
        "  stream         ends cleanly",
        "  batches        1 singular batch, 1 span batch",
        "  blocks         5, 2023-06-06 16:28:23 UTC to 2023-06-06 16:28:29 UTC (chain id 10)",
        "  transactions   5",
    ]
    number = 105235063
    singular, span = (line.split("  ") for line in lines[-3:-1])
    assert [cell.strip() for cell in singular if cell][1:] == [
        "singular", f"2 to {len(BATCHES) - len(_span())}", "1", "1", f"{number}", "100"
    ]  # fmt: skip
    assert [cell.strip() for cell in span if cell][3:] == ["4", "4", f"{number} to {number + 3}", "100"]


def test_json_of_a_channel() -> None:
    (channel,) = run("decode", _hex(FIRST, SECOND), "--json").json
    assert channel["id"] == ID.hex()
    assert channel["is_ready"] is True
    assert channel["invalid_frames"] is channel["invalid_batches"] is False
    assert [frame["frame"]["frame_number"] for frame in channel["frames"]] == [0, 1]
    assert channel["compr_algos"] == ["zlib", "zlib"]
    assert channel["batch_types"] == [0, 1] == [batch["batch_type"] for batch in channel["batches"]]
    assert (channel["block_count"], channel["tx_count"]) == (5, 5)
    assert (channel["stream_end"], channel["fault"]) == ("clean", None)
    singular, span = channel["batches"]
    assert singular["parent_hash"] == "0x" + "05" * 32
    assert span["parent_check"] == "0x" + "05" * 20
    for block in (*singular["blocks"], *span["blocks"]):
        assert block["transactions"] == ["0x" + TX.hex()]
        assert block["transaction_hashes"] == ["0x" + tx_hash(TX).hex()]
    assert [block["number"] for block in span["blocks"]] == [105235063 + index for index in range(4)]


def test_frames_of_several_inputs_are_put_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(_batcher_data(SECOND))
    (tmp_path / "b").write_text(_hex(FIRST, Frame(OTHER, 3, b"x", False)))
    first, second = run("decode", tmp_path, _hex(SECOND), "--json").json
    assert first["is_ready"] and first["invalid_frames"]
    assert [frame["input"] for frame in first["frames"]][:2] == ["a", "b"]
    assert [frame["rejected"] for frame in first["frames"]] == [None, None, "frame_second_last"]
    assert (second["id"], second["is_ready"], second["batches"]) == (OTHER.hex(), False, [])
    out = run("decode", tmp_path, _hex(SECOND)).out
    assert "1 not taken" in out
    assert "frame_second_last: channel is already closed by frame 1" in out
    assert "missing: 0, 1, 2, the last" in out


def test_transactions_are_named_by_their_hash() -> None:
    tx = Transaction(
        2, 0, 1, 21_000, b"\1" * 20, 0, _batcher_data(FIRST, SECOND), 0, 1, 1, chain_id=1
    ).encode()
    (channel,) = run("decode", tx.hex(), "--as", "tx", "--json").json
    assert {frame["transaction_hash"] for frame in channel["frames"]} == {"0x" + tx_hash(tx).hex()}
    assert f"transaction 0x{tx_hash(tx)[:4].hex()}.." in run("decode", tx.hex()).out


def test_standard_input() -> None:
    out = run("decode", "-", stdin=CHANNEL).out
    assert out.startswith(f"channel in stdin, {len(CHANNEL)} bytes\n")


@pytest.mark.parametrize("kind", ["channel", None])
def test_a_channel_alone(kind: str | None) -> None:
    options = ["--as", kind] if kind else []
    (channel,) = run("decode", CHANNEL.hex(), *options, "--json").json
    assert channel["id"] is None
    assert channel["frames"] == []
    assert channel["block_count"] == 5


def test_a_batch_alone() -> None:
    out = run("decode", _span().hex()).out
    assert "1 span batch" in out
    (found,) = run("decode", _batch(3, TX).encode().hex(), "--as", "batch", "--json").json
    assert "compression" not in found
    assert found["batches"][0]["blocks"][0]["number"] == 105235066


def test_blocks_and_transactions() -> None:
    plain = run("decode", CHANNEL.hex(), "--blocks").lines
    assert plain.count("  blocks of batch 1") == 1
    assert sum(line.startswith("  10523506") for line in plain) == 5
    with_txs = run("decode", CHANNEL.hex(), "--txs").lines
    assert with_txs.count("    0x" + tx_hash(TX).hex()) == 5


def test_the_chain_matters() -> None:
    (found,) = run("decode", _span().hex(), "--chain", "base-mainnet", "--json").json
    blocks = found["batches"][0]["blocks"]
    assert blocks[0]["timestamp"] == load_chain("base-mainnet").genesis.l2_time
    assert blocks[0]["transactions"] != ["0x" + TX.hex()]


def test_a_chain_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "rollup.json"
    path.write_text(json.dumps(load_chain("op-mainnet").to_json(Fork.KARST)))
    named = run("decode", _span().hex(), "--chain", "10").out
    assert run("decode", _span().hex(), "--rollup-config", path).out == named


def test_limits_of_a_time() -> None:
    brotli = "0x010b00805801"
    assert (
        "cannot be opened: brotli channel before Fjord"
        in run("decode", brotli, "--as", "channel", "--l1-time", "1700000000").out
    )
    assert "cannot be opened" not in run("decode", brotli, "--as", "channel").out
    late = ["--l1-time", "1750000000"]
    (found,) = run("decode", _hex(SECOND, FIRST), *late, "--json").json
    assert not found["is_ready"]
    assert run("decode", _hex(FIRST, SECOND), *late, "--json").json[0]["is_ready"]


def test_broken_channels() -> None:
    out = run("decode", CHANNEL[:-30].hex(), "--as", "channel").out
    assert "  stream         breaks off: " in out
    assert "  batches end    batch at byte" in out
    (found,) = run("decode", CHANNEL[:-30].hex(), "--as", "channel", "--json").json
    assert found["stream_end"] == "truncated"
    assert found["invalid_batches"] is True
    (found,) = run("decode", "ff", "--as", "channel", "--json").json
    assert (found["compression"], found["stream_end"]) == (None, None)
    assert "zlib header" in found["fault"]


def test_transactions_that_are_none_do_not_matter() -> None:
    odd = _batch(0, b"\3", b"", b"\3\xc1", b"\x7e")
    (found,) = run("decode", odd.encode().hex(), "--as", "batch", "--json").json
    hashes = found["batches"][0]["blocks"][0]["transaction_hashes"]
    assert len(hashes) == 4
    assert None in hashes
    assert "malformed" in run("decode", odd.encode().hex(), "--as", "batch", "--txs").out


def test_inputs_that_fail_do_not_hide_the_others() -> None:
    outcome = run("decode", _hex(FIRST, SECOND), "0xff", code=1)
    assert outcome.lines[0] == f"channel {ID.hex()}, complete"
    assert outcome.err.splitlines()[1:] == [
        "error: 0xff: --as: 1 bytes of no kind that is known; name it to see what is wrong"
    ]


def test_data_that_may_be_of_another_chain_is_told() -> None:
    """Its origins lie before the genesis of any chain of the registry, and what is printed is all wrong."""
    sample = ROOT / "fixtures" / "batcher_data.bin"
    assumed = run("decode", sample)
    assert "note: L1 origins (101) lie before the genesis of op-mainnet, which is assumed" in assumed.err
    named = run("decode", sample, "--chain", "base-mainnet")
    assert "the genesis of base-mainnet at L1 block 17481768" in named.err
    assert run("decode", sample, "--json", "--chain", "base-mainnet").json


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nothing"], "input: 'nothing' is neither a file nor hex"),
        (["0x01", "--as", "batcher-data"], "0x01: batcher data version: expected 0, got 1"),
        (["0x0102", "--as", "frames"], "0x0102: frame at byte 1: 2 bytes are too few for a frame"),
        (["0x05", "--as", "batch"], "0x05: "),
        (["0x05", "--as", "tx"], "0x05: transaction type 0x05 is not supported"),
        (["0x05", "--as", "blob"], "0x05: "),
        (["0x00", "--chain", "nowhere"], "the registry has no chain 'nowhere'"),
        (["0x00", "--rollup-config", "missing"], "--rollup-config: cannot read missing"),
    ],
)
def test_errors(args: list[str], said: str) -> None:
    outcome = run("decode", *args, code=1)
    assert outcome.err.startswith(f"error: {said}")
    assert outcome.err.count("\n") == 1
    assert outcome.out == ""


def test_millions_of_blocks_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("decode_result", "decode_view"):
        monkeypatch.setattr(f"pyoprollup.cli.{module}.MAX_LISTED_BLOCKS", 2)
    (found,) = run("decode", _span().hex(), "--json").json
    assert found["block_count"] == 4
    assert len(found["batches"][0]["blocks"]) == 2
    assert "... and 2 more" in run("decode", _span().hex(), "--blocks").out


def test_all_batcher_transactions_of_a_derivation(tmp_path: Path) -> None:
    recording = load_recording(golden_case("pipeline_happy", "happy-fjord"))
    config = recording.config
    (tmp_path / "rollup.json").write_text(json.dumps(config.to_json(Fork.HOLOCENE)))
    folder = tmp_path / "txs"
    folder.mkdir()
    for block in recording.blocks:
        for index, raw in enumerate(block.transactions):
            if batcher_transaction(config, raw, config.genesis.system_config.batcher_addr):
                (folder / f"{block.info.ref.number}-{index}").write_bytes(raw)
    args = ("decode", folder, "--rollup-config", tmp_path / "rollup.json", "--as", "tx")
    channels = run(*args, "--json").json
    assert [channel["block_count"] for channel in channels] == [2, 6, 4, 0]
    assert {channel["compression"] for channel in channels if channel["is_ready"]} == {"zlib", "brotli"}
    assert max(map(len, run(*args).lines)) <= 100


# --- Real data


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "options", "blocks", "txs", "end"),
    [
        ("opmainnet_batcher_tx_0xe69d9433.bin", ["--as", "tx"], 27, 209, "truncated"),
        ("opmainnet_batcher_tx_0xe69d9433.bin", [], 27, 209, "truncated"),
        ("opmainnet_channel_143blocks.zlib", [], 143, 1766, "clean"),
        ("opsepolia_span_batch_delta.bin", ["--as", "batch", "--chain", "op-sepolia"], 84, 9, None),
    ],
)
def test_real_data(name: str, options: list[str], blocks: int, txs: int, end: str | None) -> None:
    path = shared_path("real", "channels", name)
    (found,) = run("decode", path, *options, "--json").json
    assert (found["block_count"], found["tx_count"], found.get("stream_end")) == (blocks, txs, end)
    expected = read_json(next(path.parent.glob(f"{path.stem}.expected.json.gz")))
    batches = expected.get("batches") or [expected["batch"]]
    for batch, wanted in zip(found["batches"], batches, strict=True):
        assert [
            (block["epoch_num"], block["timestamp"], block["transaction_hashes"]) for block in batch["blocks"]
        ] == [(block["epoch_num"], block["timestamp"], block["transactions"]) for block in wanted["blocks"]]
    out = run("decode", path, *options).out
    assert f"  transactions   {txs:,}\n" in out
