"""The sample of the fixtures, judged by op-geth."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyoprollup.engine import ExecutePayloadStatus
from pyoprollup.replay.recording import read_json
from tests.executed_rollup import genesis_json, sample
from tests.interop.evm_chain import TestChain
from tests.interop.op_geth import running_op_geth
from tests.support import ROOT


def test_the_sample_is_what_its_program_makes() -> None:
    assert read_json(ROOT / "fixtures" / "executed.json.gz") == sample().to_json()


@pytest.mark.go
@pytest.mark.slow
def test_op_geth_accepts_every_block_of_the_sample(op_geth: Path) -> None:
    rollup = sample()
    genesis = rollup.node.store.header(rollup.config.genesis.l2.hash)
    assert genesis is not None
    chain = TestChain(rollup.config, genesis_json(rollup.config), genesis, {}, {})
    with running_op_geth(op_geth, chain) as peer:
        for envelope in rollup.blocks:
            status = peer.engine.new_payload(envelope)
            assert status.status is ExecutePayloadStatus.VALID, status
