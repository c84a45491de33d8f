"""The state of an L1 block while it is executed: the engine's, with blobs.

On L2 there are no blobs, so the engine's interpreter answers BLOBHASH with zero. Here the instruction is put
back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.program import ProgramCache, Step
from pyoprollup.evm.store import KeyValue, Overlay
from pyoprollup.evm.vm import AncestorHash, open_state, state_class
from pyoprollup.l1.embedded.config import EmbeddedL1Config
from pyoprollup.rollup.evm_rules import EvmRules

__all__ = ["L1Environment", "no_ancestors", "open_l1_state", "transaction_blobs"]

_BLOBHASH, _BLOBHASH_GAS = 0x49, 3


@dataclass(slots=True)
class L1Environment:
    """A block while its transactions are executed, and what it has room for. Fees in wei."""

    block: BlockEnvironment
    blob_base_fee: int
    max_blob_gas: int
    blob_gas_used: int = 0


def no_ancestors(_number: int) -> bytes:
    """BLOCKHASH of a call outside of any block."""
    return b""


def open_l1_state(
    config: EmbeddedL1Config,
    store: KeyValue | Overlay,
    state_root: Hash32,
    block: Header,
    ancestor_hash: AncestorHash = no_ancestors,
) -> Any:
    """The state before ``block``. What changes is only in memory, or in the overlay once it is persisted."""
    overlay = store if isinstance(store, Overlay) else Overlay(store)
    rules = config.rules.evm
    state = open_state(rules, overlay, state_root, block, config.chain_id, ancestor_hash)
    state.computation_class = _computation_class(rules)
    # py-evm's own answer has the update fraction of Cancun in it, whatever the L1's schedule says.
    state.blob_base_fee = blob_base_fee(block.excess_blob_gas or 0, config.blob_params.update_fraction)
    transaction_blobs(state, ())
    return state


def transaction_blobs(state: Any, hashes: Sequence[Hash32]) -> None:
    """The next transaction on ``state`` carries blobs with these hashes."""
    state.get_transaction_context_class = lambda: _context_maker(state.transaction_context_class, hashes)


def _context_maker(context_class: Any, hashes: Sequence[Hash32]) -> Callable[..., Any]:
    def make(**fields: Any) -> Any:
        context = context_class(**fields)
        context._blob_versioned_hashes = hashes
        return context

    return make


@cache
def _computation_class(rules: EvmRules) -> Any:
    base = state_class(rules).computation_class
    instructions = copy(base.programs.instructions)
    instructions.entries = list(instructions.entries)
    instructions.entries[_BLOBHASH] = (_BLOBHASH_GAS, 1, 1, (Step.OTHER, _blobhash))
    return type(f"L1{base.__name__}", (base,), {"programs": ProgramCache(instructions)})


def _blobhash(frame: Any, gas: int) -> int:
    hashes = frame.transaction_context.blob_versioned_hashes
    index = frame.stack[-1]
    frame.stack[-1] = int.from_bytes(hashes[index], "big") if index < len(hashes) else 0
    return gas
