"""The configuration of an execution client, as a genesis file carries it in its ``config`` object.

It knows less than ``rollup.json``: the chain id, the times of the forks and the parameters of EIP-1559,
which is all that execution depends on.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.json_reader import JsonReader

__all__ = ["execution_config", "execution_config_json"]

_ETHEREUM_FORKS = {Fork.CANYON: "shanghaiTime", Fork.ECOTONE: "cancunTime", Fork.ISTHMUS: "pragueTime"}
"""The hard forks of Ethereum that came to L2 with forks of its own."""

_BLOCK_FORKS = (
    "homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul",
    "muirGlacier", "berlin", "london", "arrowGlacier", "grayGlacier", "mergeNetsplit", "bedrock",
)  # fmt: skip
"""What is active from the first block on."""


def execution_config(value: object) -> RollupConfig:
    """A configuration with what an execution client's ``config`` object says; raises ``ConfigError``.

    Fields that do not concern the OP Stack's rules are not looked at. What derivation needs besides
    (block time, L1 addresses) is zero: such a configuration is for executing blocks only.
    """
    reader = JsonReader(value, "config")
    times: dict[str, Any] = {
        fork.config_key: time
        for fork in Fork
        # Delta and the forks' L1 side mean nothing to execution, so genesis files leave them out.
        if fork is not Fork.BEDROCK and (time := reader.optional_uint(f"{fork.name.lower()}Time")) is not None
    }
    times.setdefault("delta_time", times.get("ecotone_time"))
    optimism = reader.optional_section("optimism")
    return RollupConfig(
        **times,
        l2_chain_id=reader.uint("chainId", 256),
        chain_op_config=None if optimism is None else ChainOpConfig.read(optimism),
    )


def execution_config_json(config: RollupConfig) -> dict[str, Any]:
    """The ``config`` object of a chain that is Bedrock from its first block on, as clients want it."""
    fields: dict[str, Any] = {"chainId": config.l2_chain_id, "terminalTotalDifficulty": 0}
    fields |= {f"{name}Block": 0 for name in _BLOCK_FORKS}
    for fork, at in config.schedule.times.items():
        if fork not in (Fork.BEDROCK, Fork.DELTA):
            fields[f"{fork.name.lower()}Time"] = at
        if fork in _ETHEREUM_FORKS:
            fields[_ETHEREUM_FORKS[fork]] = at
    if config.chain_op_config is not None:
        fields["optimism"] = config.chain_op_config.to_json()
    return fields
