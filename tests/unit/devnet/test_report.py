"""The summary of a run: what it says is what is on the chains."""

from __future__ import annotations

import json
from dataclasses import replace

from pyoprollup.devnet import Devnet, DevnetOptions
from pyoprollup.devnet.report import DevnetReport, NodeHeads
from pyoprollup.engine.heads import EngineHeads
from tests.unit.devnet.support import lived


def report() -> DevnetReport:
    return DevnetReport.of(lived().devnet, 2.0)


def test_all_that_was_sent_is_accounted_for() -> None:
    devnet, made = lived().devnet, report()
    on_l2 = sum(
        count for kind, count in made.transactions.items() if kind not in ("deposit", "system config")
    )
    assert made.l2_blocks == devnet.sequencer.driver.heads.unsafe.number > 10
    assert 0 < made.included <= on_l2 == made.l2_blocks * 2
    assert made.l2_blocks <= made.deposits <= made.l2_blocks + made.transactions["deposit"]
    assert made.refused == {} and not any(made.drops.values())
    assert made.l1_blocks == devnet.l1.head_block.number and made.seconds == 12 * made.l1_blocks


def test_data_on_l1_is_counted_as_it_is_there() -> None:
    made = report()
    assert made.batcher.transactions == made.channels > 0
    assert made.batcher.blobs == made.batcher.blob_transactions == made.batcher.blob_bytes == 0
    # A version byte for each transaction.
    assert made.batcher.calldata_bytes == made.channel_output_bytes + made.batcher.transactions
    assert made.bytes_per_transaction == made.batcher.size / made.included
    assert 0 < made.compression_ratio < 1


def test_gossip() -> None:
    assert report().gossip_received == {"accepted": report().gossip_published} and report().gossip_lost == 0
    deaf = DevnetReport.of(lived(1.0).devnet, 1.0)
    assert deaf.gossip_received == {} and deaf.gossip_lost == deaf.gossip_published > 0
    assert deaf.agrees and deaf.heads == report().heads


def test_heads_agree_only_if_all_are_the_same() -> None:
    made = report()
    assert made.agrees and set(made.heads) == {"sequencer", "verifier", "silent"}
    behind = replace(made, heads={**made.heads, "silent": NodeHeads.of(EngineHeads())})
    assert not behind.agrees and behind.to_json()["agrees"] is False


def test_json_holds_everything() -> None:
    value = json.loads(json.dumps(report().to_json()))
    assert value["l2_blocks_per_second"] == round(report().l2_blocks / 2.0, 2)
    assert value["heads"]["verifier"]["safe"] == value["heads"]["sequencer"]["finalized"]
    assert value["resets"] == {"sequencer": 1, "verifier": 1, "silent": 1}
    assert value["batcher"]["size"] == report().batcher.size


def test_before_anything_has_happened() -> None:
    made = DevnetReport.of(Devnet(DevnetOptions()), 0.0)
    assert made.l2_blocks == made.included == made.batcher.size == 0
    assert made.bytes_per_transaction == made.compression_ratio == made.l2_blocks_per_second == 0.0
