"""States with the instructions and precompiles of a fork.

py-evm's block import, headers, transactions and their validity are L1's and not used at all; ours are in
:mod:`~pyoprollup.evm.block` and :mod:`~pyoprollup.evm.transaction`. What py-evm does wrongly inside the parts
that *are* used is mended, each in one place: :mod:`~pyoprollup.evm.opcodes`,
:mod:`~pyoprollup.evm.precompiles`, :mod:`~pyoprollup.evm.frame`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import cast

from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.frame import Frame, program_cache
from pyoprollup.evm.opcodes import opcodes
from pyoprollup.evm.precompiles import precompiles
from pyoprollup.evm.py_evm import COMPUTATIONS
from pyoprollup.evm.state import AncestorHash, Precompile, State
from pyoprollup.evm.store import Overlay
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules

__all__ = ["open_state"]


@cache
def _frame_class(base: BaseEvm) -> type[Frame]:
    """Call frames of a fork: ours, before py-evm's computations."""
    body = {
        "programs": program_cache(opcodes(base)),
        "delegations": base >= BaseEvm.PRAGUE,
        "warm_coinbase": base >= BaseEvm.SHANGHAI,
    }
    return cast("type[Frame]", type(f"{base.name.title()}Frame", (Frame, COMPUTATIONS[base]), body))


@lru_cache(maxsize=64)
def _precompiles(rules: EvmRules) -> Mapping[Address, Precompile]:
    """A table that states share; whoever wants another one makes a new one."""
    return precompiles(rules)


def open_state(
    rules: EvmRules,
    overlay: Overlay,
    state_root: Hash32,
    block: Header,
    chain_id: int,
    ancestor_hash: AncestorHash,
) -> State:
    """The state before ``block``, of which only the fields that instructions can read are used."""
    accounts = FlatAccountDB(overlay, state_root)
    frames, table = _frame_class(rules.base), _precompiles(rules)
    return State(rules, accounts, block, chain_id, ancestor_hash, frames, table)
