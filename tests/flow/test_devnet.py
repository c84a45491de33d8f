"""Phases 1 to 3 in one process: every node ends on the sequencer's chain, whatever happens on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyoprollup.devnet import BatchType, DataAvailability, Devnet, DevnetOptions
from pyoprollup.errors import ConfigError
from pyoprollup.execution.store import ChainStore, SqliteStore
from pyoprollup.rollup import Fork

EARLY = {
    "forks": {},
    "batch_type": BatchType.SINGULAR,
    "data_availability": DataAvailability.CALLDATA,
}
LIVES: dict[str, dict[str, Any]] = {
    "usual": {},
    "bedrock": EARLY,
    "singular batches in calldata": {
        "batch_type": BatchType.SINGULAR,
        "data_availability": DataAvailability.CALLDATA,
    },
    "whichever is cheaper": {"data_availability": DataAvailability.AUTO},
    "every fork on the way": {
        **EARLY,
        "forks": {fork: 12 * int(fork) for fork in Fork if fork <= Fork.JOVIAN},
        "l1_blocks": 11,
    },
    "reorgs of L1": {"l1_reorgs": {3: 2, 5: 4}},
    "L1 blocks that count late": {"sequencer_conf_depth": 2, "verifier_conf_depth": 3, "l1_reorgs": {4: 2}},
    "another L1": {
        "l1_block_time": 4,
        "l1_blocks": 15,
        "l1_finality": 40,
        "finality_lookback": 60,
        "finality_delay": 2,
    },
    "gossip that gets lost": {"gossip_loss": 0.4},
    "processes that die": {"sequencer_restarts": (3,), "batcher_restarts": (2, 5)},
    "all at once": {
        "l1_reorgs": {3: 2, 5: 3},
        "gossip_loss": 0.3,
        "sequencer_restarts": (4,),
        "batcher_restarts": (2,),
    },
}


def lived(**options: Any) -> Devnet:
    devnet = Devnet(DevnetOptions(**{"l1_blocks": 6, "transactions": 2, **options}))
    devnet.run()
    return devnet


@pytest.mark.slow
@pytest.mark.parametrize("name", LIVES)
def test_every_node_ends_on_the_same_chain(name: str) -> None:
    options = LIVES[name]
    devnet = lived(**options)
    blocks = options.get("l1_block_time", 12) // 2 * options.get("l1_blocks", 6)
    tip = devnet.sequencer.driver.heads.unsafe
    assert tip.number >= blocks - 1
    for node in devnet.nodes.values():
        assert node.driver.heads.safe == tip, node.name
        assert node.store.heads.unsafe == tip.hash, node.name
    included = [raw for number in range(1, tip.number + 1) for raw in users_transactions(devnet, number)]
    assert len(included) > blocks
    assert devnet.traffic.sent["deposit"] >= 5


def users_transactions(devnet: Devnet, number: int) -> list[bytes]:
    payload = devnet.verifiers[0].payload_by_number(number)
    return [raw for raw in payload.transactions if raw[0] != 0x7E]


def test_a_sequencer_that_dies_goes_on_from_its_database(tmp_path: Path) -> None:
    """Nothing of the old process is left but the file; no block is lost, and none is made twice."""

    def reopen(name: str, store: ChainStore) -> ChainStore:
        store.close()
        return SqliteStore(tmp_path / name)

    options = DevnetOptions(l1_blocks=4, sequencer_restarts=(1, 3), silent_verifier=False)
    devnet = Devnet(options, new_store=lambda name: SqliteStore(tmp_path / name), reopen=reopen)
    devnet.run()
    tip = devnet.sequencer.driver.heads.unsafe
    assert tip.number >= 23
    assert devnet.verifiers[0].driver.heads.safe == tip
    assert devnet.verifiers[0].drops == {}
    for node in devnet.nodes.values():
        node.store.close()


def test_the_same_options_give_the_same_hashes() -> None:
    first, again, other = (lived(seed=seed, l1_blocks=2, silent_verifier=False) for seed in (1, 1, 2))
    tips = [devnet.sequencer.driver.heads.unsafe.hash for devnet in (first, again, other)]
    assert tips[0] == tips[1] != tips[2]
    assert first.l1.head_block.hash == again.l1.head_block.hash


@pytest.mark.parametrize(
    "options",
    [
        {"l1_blocks": 0},
        {"block_time": 5},
        {"block_time": 0},
        {"transactions": -1},
        {"gossip_loss": 1.5},
        {"l1_reorgs": {3: 4}},
        {"sequencer_restarts": (13,)},
        {"verifier_conf_depth": -1},
        {"forks": {}},
        {"forks": {fork: 0 for fork in Fork if fork <= Fork.DELTA}},
        {**EARLY, "forks": {Fork.REGOLITH: 0, Fork.ECOTONE: 0}},
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Devnet(DevnetOptions(**options))
