"""Settings of the batcher. Times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import ConfigError

__all__ = ["MAX_CHECK_RECENT_TXS_DEPTH", "BatcherConfig"]

MAX_CHECK_RECENT_TXS_DEPTH = 128
"""As far back as ordinary L1 nodes keep state."""


@dataclass(frozen=True, slots=True)
class BatcherConfig:
    """How the batcher works; how channels are made is :class:`ChannelConfig`'s."""

    poll_interval: float = 6.0
    """Between looks at the sequencer."""
    max_pending_txs: int = 1
    """Transactions on their way to L1 at a time; 0: any number."""
    wait_node_sync: bool = False
    """Whether to wait, at the start, until the node has derived all that L1 has."""
    node_sync_poll_interval: float = 12.0
    """Between looks at the node while waiting for it: about a block of L1."""
    check_recent_txs_depth: int = 0
    """L1 blocks to go back for the batcher's own last transaction; waiting ends with its block. 0: do
    not look, and wait for the latest block."""
    prefer_local_safe_l2: bool = True
    """Whether a block counts as safe before those of other chains that it depends on do."""
    use_alt_da: bool = False
    """Whether data goes to a DA server, and only its commitment to L1."""

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the settings make sense."""
        for name in ("poll_interval", "node_sync_poll_interval"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be positive, not {getattr(self, name)}")
        if self.max_pending_txs < 0:
            raise ConfigError(f"max_pending_txs must not be negative, as {self.max_pending_txs} is")
        if not 0 <= self.check_recent_txs_depth <= MAX_CHECK_RECENT_TXS_DEPTH:
            raise ConfigError(
                f"check_recent_txs_depth {self.check_recent_txs_depth} is not in"
                f" 0..{MAX_CHECK_RECENT_TXS_DEPTH}"
            )
