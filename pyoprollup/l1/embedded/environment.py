"""The state of an L1 block while it is executed, with what it has room for."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.state import AncestorHash, State, no_ancestors
from pyoprollup.evm.store import KeyValue, Overlay
from pyoprollup.evm.vm import open_state
from pyoprollup.l1.embedded.config import EmbeddedL1Config

__all__ = ["L1Environment", "open_l1_state"]


@dataclass(slots=True)
class L1Environment:
    """A block while its transactions are executed, and what it has room for. Fees in wei."""

    block: BlockEnvironment
    blob_base_fee: int
    max_blob_gas: int
    blob_gas_used: int = 0


def open_l1_state(
    config: EmbeddedL1Config,
    store: KeyValue | Overlay,
    state_root: Hash32,
    block: Header,
    ancestor_hash: AncestorHash = no_ancestors,
) -> State:
    """The state before ``block``. What changes is only in memory, or in the overlay once it is persisted."""
    overlay = store if isinstance(store, Overlay) else Overlay(store)
    state = open_state(config.rules.evm, overlay, state_root, block, config.chain_id, ancestor_hash)
    # By the schedule of this L1, whatever the fork's usual update fraction is.
    state.blob_base_fee = blob_base_fee(block.excess_blob_gas or 0, config.blob_params.update_fraction)
    return state
