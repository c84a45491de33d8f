"""What a program is told before everything else: its local pre-images.

Specification: fault-proof/index.md, Bootstrapping and Prologue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import U64_MAX, Hash32
from pyoprollup.preimage import LocalKey, PreimageOracle, local_key
from pyoprollup.program.errors import BootError
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.config_reader import parse_json
from pyoprollup.rollup.execution_config import check_execution_config, execution_config
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.l1_chain_config import L1_CHAINS, L1ChainConfig
from pyoprollup.rollup.registry import load_chain

__all__ = ["CUSTOM_CHAIN_ID", "BootInfo", "read_boot_info"]

CUSTOM_CHAIN_ID = U64_MAX
"""The chain id that stands for: the configurations are local pre-images too."""


@dataclass(frozen=True, slots=True)
class BootInfo:
    """The claim, and what it is a claim about.

    ``l2_output_root`` is agreed on; ``l2_claim`` is claimed to be the output root of the block
    ``l2_claim_block_number``, or of the last block that follows from L1 up to ``l1_head``.
    """

    l1_head: Hash32
    l2_output_root: Hash32
    l2_claim: Hash32
    l2_claim_block_number: int
    config: RollupConfig
    l1_chain: L1ChainConfig | None = None
    """``None`` for an L1 of which only the headers can tell."""


def read_boot_info(oracle: PreimageOracle) -> BootInfo:
    """Read the local pre-images, in the order of their numbers.

    Raises :class:`BootError`, and what the oracle does.
    """
    l1_head = _hash(oracle, LocalKey.L1_HEAD)
    output_root = _hash(oracle, LocalKey.L2_OUTPUT_ROOT)
    claim = _hash(oracle, LocalKey.L2_CLAIM)
    number = _number(oracle, LocalKey.L2_CLAIM_BLOCK_NUMBER)
    chain_id = _number(oracle, LocalKey.L2_CHAIN_ID)
    try:
        config, l1_chain = _custom(oracle) if chain_id == CUSTOM_CHAIN_ID else _known(chain_id)
    except ConfigError as exc:
        raise BootError(f"chain configuration: {exc}") from exc
    return BootInfo(l1_head, output_root, claim, number, config, l1_chain)


def _get(oracle: PreimageOracle, key: LocalKey, size: int) -> bytes:
    data = oracle.get(local_key(key))
    if len(data) != size:
        raise BootError(f"local pre-image {key.name} has {len(data)} bytes, not {size}")
    return data


def _hash(oracle: PreimageOracle, key: LocalKey) -> Hash32:
    return Hash32(_get(oracle, key, 32))


def _number(oracle: PreimageOracle, key: LocalKey) -> int:
    return int.from_bytes(_get(oracle, key, 8), "big")


def _known(chain_id: int) -> tuple[RollupConfig, L1ChainConfig | None]:
    config = load_chain(chain_id)
    return config, L1_CHAINS.get(config.l1_chain_id)


def _custom(oracle: PreimageOracle) -> tuple[RollupConfig, L1ChainConfig | None]:
    l2_value = _json(oracle, LocalKey.L2_CHAIN_CONFIG)
    config = RollupConfig.load(_json(oracle, LocalKey.ROLLUP_CONFIG))
    l1_chain = L1ChainConfig.from_json(_json(oracle, LocalKey.L1_CHAIN_CONFIG))
    if l1_chain.chain_id != config.l1_chain_id:
        raise BootError(f"L1 chain {l1_chain.chain_id}, but the rollup's L1 is {config.l1_chain_id}")
    check_execution_config(l2_value)
    execution = execution_config(l2_value)
    if execution.l2_chain_id != config.l2_chain_id:
        raise BootError(f"L2 chain {execution.l2_chain_id}, but the rollup is {config.l2_chain_id}")
    for fork in Fork:
        times = execution.fork_time(fork), config.fork_time(fork)
        # Delta is no fork of execution, so that its configuration does not have it.
        if fork is not Fork.DELTA and times[0] != times[1]:
            raise BootError(f"{fork.name}: execution has it at {times[0]}, the rollup at {times[1]}")
    if execution.chain_op_config is not None:
        config = replace(config, chain_op_config=execution.chain_op_config)
    return config, l1_chain


def _json(oracle: PreimageOracle, key: LocalKey) -> object:
    return parse_json(oracle.get(local_key(key)), key.name.lower())
