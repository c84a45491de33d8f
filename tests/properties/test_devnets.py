"""Devnets of all kinds end in agreement: forks at any time, reorgs, losses, restarts, batches of either type.

``PYOPROLLUP_DEVNETS`` in the environment sets how many are tried.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from pyoprollup.devnet import BatchType, DataAvailability, Devnet, DevnetOptions
from pyoprollup.rollup import Fork

DEVNETS = int(os.environ.get("PYOPROLLUP_DEVNETS", "16"))
GROUPS = 4


def options_of(seed: int) -> DevnetOptions:
    rng = random.Random(seed)
    blocks = rng.randint(4, 10)
    options: dict[str, Any] = {
        "seed": seed,
        "l1_blocks": blocks,
        "transactions": rng.randint(0, 4),
        "deposits": rng.randint(0, 3),
        "block_time": rng.choice([1, 2, 2, 3]),
        "gossip_loss": rng.choice([0, 0, 0.2, 0.6]),
        "system_config_every": rng.choice([0, 2, 5]),
        "batch_type": rng.choice(list(BatchType)),
        # Proofs for blobs take the most time of all, so there are few of them.
        "data_availability": rng.choice([DataAvailability.CALLDATA] * 3 + list(DataAvailability)),
    }
    if rng.random() < 0.5:
        at, forks = 0, {}
        for fork in (fork for fork in Fork if Fork.BEDROCK < fork <= Fork.JOVIAN):
            at += rng.choice([0, 0, 6, 12, 20])
            forks[fork] = at
        options["forks"] = forks
        if forks[Fork.DELTA]:
            options["batch_type"] = BatchType.SINGULAR
        if forks[Fork.ECOTONE]:
            options["data_availability"] = DataAvailability.CALLDATA
    if rng.random() < 0.5:
        numbers = rng.sample(range(2, blocks + 1), 2)
        options["l1_reorgs"] = {number: rng.randint(1, min(number, 7)) for number in numbers}
    for part in ("sequencer_restarts", "batcher_restarts"):
        if rng.random() < 0.4:
            options[part] = (rng.randint(1, blocks),)
    return DevnetOptions(**options)


@pytest.mark.slow
@pytest.mark.parametrize("group", range(GROUPS))
def test_all_nodes_agree_in_the_end(group: int) -> None:
    for seed in range(group, DEVNETS, GROUPS):
        options = options_of(seed)
        devnet = Devnet(options)
        devnet.run()
        tip = devnet.sequencer.driver.heads.unsafe
        assert tip.number >= options.l1_blocks * 12 // options.block_time - 2, options
        assert all(node.driver.heads.safe == tip for node in devnet.nodes.values()), options
