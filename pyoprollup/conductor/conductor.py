"""What a sequencer needs of a conductor, and the conductor of a sequencer that is alone."""

from __future__ import annotations

from typing import Protocol

from pyoprollup.eth.payload import ExecutionPayloadEnvelope

__all__ = ["Conductor", "NoOpConductor"]


class Conductor(Protocol):
    """Decides whether this node may sequence. The methods raise :class:`ConductorError`."""

    @property
    def enabled(self) -> bool:
        """Whether there are other sequencers to agree with."""
        ...

    def leader(self) -> bool:
        """Whether this node is the one to sequence now."""
        ...

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Have the others agree on a block. If this raises, the block must not leave the node."""
        ...

    def override_leader(self) -> None:
        """Take this node for the leader from now on: a disaster has left no majority to ask."""
        ...

    def close(self) -> None:
        """Close the connections to the conductor."""
        ...


class NoOpConductor:
    """For a single sequencer: always the leader, without consensus."""

    @property
    def enabled(self) -> bool:
        return False

    def leader(self) -> bool:
        return True

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Return at once: no other sequencer has to agree."""

    def override_leader(self) -> None:
        """Return at once: this node is always the leader."""

    def close(self) -> None:
        """Return at once: there are no connections."""
