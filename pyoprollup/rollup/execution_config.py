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

__all__ = ["execution_config"]


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
