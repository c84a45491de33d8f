"""The state of L2 for execution: what blocks have written, and behind that the oracle."""

from __future__ import annotations

from collections.abc import Mapping

from pyoprollup.program.client.l2_oracle import L2Oracle

__all__ = ["OracleState"]


class OracleState:
    """Trie nodes and code by hash. What is missing raises what the oracle does, never ``KeyError``."""

    def __init__(self, oracle: L2Oracle) -> None:
        self._oracle = oracle
        self._written: dict[bytes, bytes] = {}

    def __getitem__(self, digest: bytes) -> bytes:
        """A node of a trie."""
        value = self._written.get(digest)
        return self._oracle.state_node(digest) if value is None else value

    def code(self, code_hash: bytes) -> bytes:
        """The code of a contract."""
        value = self._written.get(code_hash)
        return self._oracle.code(code_hash) if value is None else value

    def add(self, writes: Mapping[bytes, bytes]) -> None:
        """Add what a block has written."""
        self._written.update(writes)
