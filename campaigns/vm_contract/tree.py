"""Memory as a tree of hashes, from the words that are not zero: roots and proofs, plainly.

Specification: fault-proof/cannon-fault-proof-vm.md, "Memory"."""

from __future__ import annotations

from pyoprollup.eth.crypto import keccak256

__all__ = ["PROOF_SIZE", "Memory"]

LEVELS = 59
PROOF_SIZE = 32 * (LEVELS + 1)
"""Bytes: a leaf, and what is beside its way up, from below."""


def _zeros() -> list[bytes]:
    found = [bytes(32)]
    for _ in range(LEVELS):
        found.append(keccak256(found[-1] + found[-1]))
    return found


ZEROS = _zeros()


class Memory:
    """Leaves of 32 bytes by their number, and the nodes above them."""

    def __init__(self) -> None:
        self._nodes: list[dict[int, bytes]] = [{} for _ in range(LEVELS + 1)]

    def write(self, address: int, data: bytes) -> None:
        """Write bytes; they go on at 0 behind the last address."""
        while data:
            leaf, begin = divmod(address % (1 << 64), 32)
            part = data[: 32 - begin]
            old = self._node(0, leaf)
            self._set(leaf, old[:begin] + part + old[begin + len(part) :])
            address, data = address + len(part), data[len(part) :]

    def word(self, address: int) -> int:
        """The word of 8 bytes at a multiple of 8."""
        return int.from_bytes(self._node(0, address // 32)[address % 32 :][:8], "big")

    def root(self) -> bytes:
        """The root."""
        return self._node(LEVELS, 0)

    def proof(self, address: int) -> bytes:
        """The proof of what is at an address."""
        index = address // 32
        beside = [self._node(level, (index >> level) ^ 1) for level in range(LEVELS)]
        return self._node(0, index) + b"".join(beside)

    def _node(self, level: int, index: int) -> bytes:
        return self._nodes[level].get(index, ZEROS[level])

    def _set(self, index: int, leaf: bytes) -> None:
        self._nodes[0][index] = leaf
        for level in range(LEVELS):
            index >>= 1
            pair = self._node(level, 2 * index) + self._node(level, 2 * index + 1)
            self._nodes[level + 1][index] = keccak256(pair)
