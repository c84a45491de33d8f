"""The configuration of an execution client, as a genesis file carries it in its ``config`` object.

It knows less than ``rollup.json``: the chain id, the times of the forks and the parameters of EIP-1559,
which is all that execution depends on. It names the forks of L1 too, each with one of the OP Stack's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import ConfigError
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.config_reader import ConfigReader
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.rules import Rules

__all__ = ["GenesisForks", "check_execution_config", "execution_config", "execution_config_json"]

_ETHEREUM_FORKS = {
    Fork.CANYON: "shanghaiTime",
    Fork.ECOTONE: "cancunTime",
    Fork.ISTHMUS: "pragueTime",
    Fork.KARST: "osakaTime",
}
"""The hard forks of Ethereum that came to L2 with forks of its own."""

_BLOCK_FORKS = (
    "homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul",
    "muirGlacier", "berlin", "london", "arrowGlacier", "grayGlacier", "mergeNetsplit", "bedrock",
)  # fmt: skip
"""What is active from the first block on."""


def _time_key(fork: Fork) -> str:
    return f"{fork.name.lower()}Time"


def execution_config(value: object) -> RollupConfig:
    """A configuration with what an execution client's ``config`` object says; raises ``ConfigError``.

    Fields that do not concern the OP Stack's rules are not looked at. What derivation needs besides
    (block time, L1 addresses) is zero: such a configuration is for executing blocks only, and only once it
    has passed :func:`check_execution_config`.
    """
    reader = ConfigReader(value, "config")
    times: dict[str, Any] = {
        fork.config_key: time
        for fork in Fork
        # Delta and the forks' L1 side mean nothing to execution, so genesis files leave them out.
        if fork is not Fork.BEDROCK and (time := reader.optional_uint(_time_key(fork))) is not None
    }
    times.setdefault("delta_time", times.get("ecotone_time"))
    optimism = reader.optional_section("optimism")
    return RollupConfig(
        **times,
        lagoon_time=reader.optional_uint("lagoonTime"),
        l2_chain_id=reader.uint("chainId", 256),
        chain_op_config=None if optimism is None else ChainOpConfig.read_known(optimism),
    )


def check_execution_config(value: object) -> None:
    """Raise ``ConfigError`` if the object names a fork of L1 for another time than the fork that brings it.

    So does op-geth, for all but Osaka. A fork of L1 that is not named goes with the OP Stack's.
    """
    reader = ConfigReader(value, "config")
    for fork, key in _ETHEREUM_FORKS.items():
        named, time = reader.optional_uint(key), reader.optional_uint(_time_key(fork))
        if named is not None and named != time:
            raise ConfigError(f"config.{key}: {named}, but {_time_key(fork)} is {time}")


@dataclass(frozen=True, slots=True)
class GenesisForks:
    """The forks that added fields to headers, whether they are active in the genesis block."""

    london: bool = True
    """There is a base fee, also if the file gives none."""
    shanghai: bool = False
    cancun: bool = False
    prague: bool = False
    isthmus: bool = False
    """The withdrawals root is the message passer's storage root."""

    @classmethod
    def of_rules(cls, rules: Rules, *, london: bool = True) -> GenesisForks:
        """What the rules of a chain say of its genesis block."""
        return cls(
            london,
            london and rules.withdrawals,
            london and rules.parent_beacon_block_root,
            london and rules.requests_hash,
            london and rules.withdrawals_root_in_header,
        )

    @classmethod
    def read(cls, value: object, rules: Rules, time: int, number: int) -> GenesisForks:
        """By the ``config`` object of a genesis file whose block has this ``time`` and ``number``.

        It is what op-geth makes of it: the default of the base fee hangs on London in block 0.

        ``rules`` count for the forks that it does not name. Raises ``ConfigError``.
        """
        if value is None:
            return cls.of_rules(rules)
        reader = ConfigReader(value, "config")
        blocks = {name: reader.optional_uint(f"{name}Block", 256) for name in _BLOCK_FORKS}
        # A file that names no block at all leaves out what is long past on every chain.
        since = blocks["london"] if any(block is not None for block in blocks.values()) else 0

        def active(fork: Fork, default: bool) -> bool:
            if since is None or number < since:
                return False
            named = reader.optional_uint(_ETHEREUM_FORKS[fork])
            return default if named is None else named <= time

        forks = cls(
            since == 0,
            active(Fork.CANYON, rules.withdrawals),
            active(Fork.ECOTONE, rules.parent_beacon_block_root),
            active(Fork.ISTHMUS, rules.requests_hash),
            rules.withdrawals_root_in_header and reader.take("optimism") is not None,
        )
        if forks.isthmus and not forks.shanghai:
            raise ConfigError("config.isthmusTime: Isthmus is active at genesis, but Shanghai is not")
        return forks


def execution_config_json(config: RollupConfig) -> dict[str, Any]:
    """The ``config`` object of a chain that is Bedrock from its first block on, as clients want it."""
    fields: dict[str, Any] = {"chainId": config.l2_chain_id, "terminalTotalDifficulty": 0}
    fields |= {f"{name}Block": 0 for name in _BLOCK_FORKS}
    for fork, at in config.schedule.times.items():
        if fork not in (Fork.BEDROCK, Fork.DELTA):
            fields[_time_key(fork)] = at
        if fork in _ETHEREUM_FORKS:
            fields[_ETHEREUM_FORKS[fork]] = at
    if config.lagoon_time is not None:
        fields["lagoonTime"] = config.lagoon_time
    if config.chain_op_config is not None:
        fields["optimism"] = config.chain_op_config.to_json()
    return fields
