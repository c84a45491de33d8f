"""The ``config`` object of a genesis file, as execution clients want it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyoprollup.rollup import ChainOpConfig, Fork

_ETHEREUM_FORKS = {Fork.CANYON: "shanghaiTime", Fork.ECOTONE: "cancunTime", Fork.ISTHMUS: "pragueTime"}
_BLOCK_FORKS = (
    "homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul",
    "muirGlacier", "berlin", "london", "arrowGlacier", "grayGlacier", "mergeNetsplit", "bedrock",
)  # fmt: skip


def geth_config(chain_id: int, times: Mapping[Fork, int], fees: ChainOpConfig) -> dict[str, Any]:
    """A chain that is Bedrock from the start and has the other forks at these times."""
    config: dict[str, Any] = {"chainId": chain_id, "terminalTotalDifficulty": 0}
    config |= {f"{name}Block": 0 for name in _BLOCK_FORKS}
    for fork, at in times.items():
        if fork not in (Fork.BEDROCK, Fork.DELTA):
            config[f"{fork.name.lower()}Time"] = at
        if fork in _ETHEREUM_FORKS:
            config[_ETHEREUM_FORKS[fork]] = at
    return {**config, "optimism": fees.to_json()}
