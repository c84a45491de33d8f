"""What the protocol does to the state before the first transaction of a block.

Specification: protocol/ecotone/overview.md (EIP-4788), protocol/isthmus/overview.md (EIP-2935),
protocol/predeploys.md (create2Deployer).
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from pyoprollup.eth.headers import Header
from pyoprollup.evm.message import system_call
from pyoprollup.evm.predeploys import BEACON_ROOTS, CREATE2_DEPLOYER, HISTORY_STORAGE, SYSTEM_ADDRESS
from pyoprollup.evm.state import State
from pyoprollup.rollup.rules import Rules

__all__ = ["create2_deployer_code", "prepare_block"]


@cache
def create2_deployer_code() -> bytes:
    """Code of the create2Deployer contract, as on every chain that has activated Canyon."""
    return resources.files("pyoprollup.evm").joinpath("data", "create2_deployer.bin").read_bytes()


def prepare_block(state: State, rules: Rules, parent_rules: Rules, block: Header) -> None:
    """Run everything that comes before the transactions of ``block``."""
    if rules.withdrawals and not parent_rules.withdrawals:
        # Canyon's activation block: the code is put in place, whatever was there.
        state.set_code(CREATE2_DEPLOYER, create2_deployer_code())
    if rules.beacon_root_call and block.parent_beacon_root is not None:
        system_call(state, rules.evm, SYSTEM_ADDRESS, BEACON_ROOTS, block.parent_beacon_root)
    if rules.block_hash_history:
        system_call(state, rules.evm, SYSTEM_ADDRESS, HISTORY_STORAGE, block.parent_hash)
