"""L1 alone, with the contracts of a rollup: for nodes, batchers and proposers that all come from outside."""

from __future__ import annotations

from pyoprollup.devnet.genesis import DevnetGenesis
from pyoprollup.devnet.rollup_node import RollupNode
from pyoprollup.l1.embedded import EmbeddedL1, L1Block, L1Store

__all__ = ["LoneL1"]


class LoneL1:
    """A stepper that makes a block in each slot; those that were missed stay empty slots.

    ``store`` is where L1 is kept, by default in memory.
    """

    def __init__(self, genesis: DevnetGenesis, store: L1Store | None = None) -> None:
        self.genesis = genesis
        self.config = genesis.config
        self.l1 = EmbeddedL1(genesis.l1_config, genesis.l1_alloc, store)
        self.nodes: dict[str, RollupNode] = {}
        """None: they are elsewhere."""

    @property
    def next_due(self) -> float:
        """When the slot after the head's begins."""
        return self.l1.head_block.header.time + self.l1.config.slot_seconds

    def step(self, now: float) -> None:
        """Make the block of the slot that is now."""
        slot, begun = self.l1.config.slot_seconds, self.l1.config.genesis_time
        time = int(now) - (int(now) - begun) % slot
        if time > self.l1.head_block.header.time:
            self.l1.mine(time)

    def wake(self) -> None:
        """Nothing: slots have their time."""

    def reorg_l1(self, depth: int) -> L1Block:
        """Other blocks take the place of the newest ones, at the same times; returns the new head.

        Raises ``EmbeddedL1Error`` for more blocks than there are, or for final ones.
        """
        head = self.l1.head_block
        for gone in reversed(self.l1.reorg(depth).removed):
            head = self.l1.mine(gone.header.time)
        return head

    def restart(self, what: str) -> None:
        """There is nothing to restart: raises ``KeyError``."""
        raise KeyError(what)
