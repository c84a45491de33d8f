"""All golden vectors pass, and there are as many of them as we know of."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyoprollup.eth.types import bytes_from_hex
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.vectors.core import CHECKS
from pyoprollup.vectors.runner import find_files, run_file
from tests.golden import GOLDEN
from tests.support import shared_json, shared_path
from tests.upgrade_bundles import jovian_bundle

CASES = {
    "batcher": 46,
    "channel_assembly": 226,
    "channel_out": 11,
    "channel_read": 195,
    "check_batch_singular": 114,
    "check_batch_span": 99,
    "frames": 157,
    "headers_blobs": 61,
    "l1_cost": 104,
    "l1_info_deposit": 92,
    "l1_info_rust": 53,
    "misc": 125,
    "output_root": 40,
    "payloads": 85,
    "pipeline_activation": 7,
    "pipeline_adversarial": 3,
    "pipeline_bad_batches": 2,
    "pipeline_blobs": 2,
    "pipeline_happy": 5,
    "pipeline_holocene": 7,
    "pipeline_reorg": 3,
    "pipeline_sys_config": 2,
    "pipeline_timeouts": 6,
    "pipeline_rust/bedrock-single-zlib": 1,
    "pipeline_rust/delta-span-zlib": 1,
    "pipeline_rust/ecotone-span-zlib-blob": 1,
    "pipeline_rust/fjord-single-brotli": 1,
    "pipeline_rust/granite-span-brotli": 1,
    "pipeline_rust/holocene-single-brotli-blob": 1,
    "pipeline_rust/holocene-span-zlib": 1,
    "pipeline_rust/isthmus-span-brotli-blob": 1,
    "singular_batch": 131,
    "span_batch_decode": 159,
    "span_batch_roundtrip": 28,
    "system_config": 172,
    "txmgr_fees": 320,
    "upgrade_txs": 24,
    "upgrade_txs_rust": 21,
    "user_deposits": 82,
    "v2/agent_act": 110,
    "v2/batcher_v2": 24,
    "v2/check_batch_gap": 10,
    "v2/check_batch_newer": 4,
    "v2/check_batch_singular": 239,
    "v2/check_batch_span": 267,
    "v2/l1_info_deposit": 160,
    "v2/l1_info_parse": 160,
    "v2/newer_pipeline": 4,
    "v2/newer_pipeline_v116": 4,
    "v2/positions_v2": 240,
    "v2/preimage_transcript": 1,
    "v2/program_range": 30,
    "v2/proposer": 120,
    "v2/refused_pipeline": 2,
    "v2/solver_v2": 140,
    "v2/split_games_v2": 111,
    "v2/system_config_v2": 480,
    "v2/trace_providers": 60,
    "v2/upgrade_txs_v2": 22,
}
"""Number of cases of each fixture."""


def _assert_passes(path: Path, cases: int = 1) -> None:
    result = run_file(path)
    failure = result.first_failure
    assert failure is None, f"{path.name}, {result.failed} failed, first {failure.name}: {failure.detail}"
    assert result.passed >= cases


@pytest.mark.parametrize("name", CASES)
def test_fixture_passes(name: str) -> None:
    _assert_passes(GOLDEN / f"{name}.json.gz", CASES[name])


def test_every_fixture_is_run() -> None:
    names = [str(path.relative_to(GOLDEN)).removesuffix(".json.gz") for path in find_files([GOLDEN])]
    assert sorted(names) == sorted(CASES)


def test_fixtures_are_compressed_the_same_everywhere() -> None:
    for path in GOLDEN.rglob("*.gz"):
        header = path.read_bytes()[:8]
        assert header[3:8] == bytes(5), f"{path.name} has a name or a time in its gzip header"


@pytest.mark.shared
def test_shared_golden_files_of_a_known_format_pass() -> None:
    known = {name for name, _ in CHECKS}
    newer = shared_path("golden", "v2")
    files = [
        path
        for path in find_files([shared_path("golden")])
        if newer not in path.parents
        if path.name.partition(".")[0] in known
        or path.name.startswith("pipeline_")
        or path.parent.name == "pipeline_rust"
    ]
    assert len(files) >= sum(not name.startswith("v2/") for name in CASES)
    for path in files:
        _assert_passes(path)


@pytest.mark.shared
def test_newer_derivation_vectors_pass() -> None:
    """All of them, with the bundles that are at hand: what needs Karst's is in the tests with Go."""
    raw = [bytes_from_hex(tx["raw"]) for tx in shared_json("real", "upgrades", "jovian.json")["jovian"]]
    bundles = UpgradeBundles([jovian_bundle(raw)])
    skipped: dict[str, int] = {}
    passed = 0
    for path in find_files([shared_path("golden", "v2", "derivation")]):
        result = run_file(path, bundles)
        assert result.first_failure is None, f"{path.name}: {result.first_failure}"
        passed += result.passed
        if result.skipped:
            skipped[path.name.partition(".")[0]] = result.skipped
    # Karst in mid-chain; Karst's and Lagoon's own deposits.
    assert skipped == {"bundled_pipeline": 5, "upgrade_txs_v2": 89}
    assert passed >= 1400


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "opmainnet_batcher_tx_0xe69d9433.expected",
        "opmainnet_channel_143blocks.expected",
        "opsepolia_span_batch_delta.expected",
        "random_span_batch.chain28.expected",
    ],
)
def test_real_channels_pass(name: str) -> None:
    _assert_passes(shared_path("real", "channels", f"{name}.json.gz"))
