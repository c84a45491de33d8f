"""Looks for wrong leaves in uploads that are complete."""

from __future__ import annotations

from collections import OrderedDict
from io import BytesIO

from pyoprollup.challenger.keccak.errors import IncorrectCommitmentCount, LeavesUnavailable, TreeFull
from pyoprollup.challenger.keccak.fetcher import InputFetcher
from pyoprollup.challenger.keccak.matrix import challenge
from pyoprollup.challenger.keccak.ports import LargePreimageOracle
from pyoprollup.challenger.keccak.types import Challenge, LargePreimageMetaData
from pyoprollup.eth.types import Hash32

__all__ = ["VALID_PREIMAGE_CACHE_SIZE", "PreimageVerifier"]

VALID_PREIMAGE_CACHE_SIZE = 500
"""Roots of right uploads that are remembered."""


class PreimageVerifier:
    """Checks uploads; of those that are right it remembers the root, by which any other like it is right too.

    Wrong ones are not remembered: once they are challenged, the contract says so.
    """

    def __init__(self, fetcher: InputFetcher) -> None:
        self._fetcher = fetcher
        self._known_valid: OrderedDict[Hash32, None] = OrderedDict()

    def create_challenge(
        self, block: Hash32, oracle: LargePreimageOracle, preimage: LargePreimageMetaData
    ) -> Challenge | None:
        """The challenge to an upload as it is after an L1 block, ``None`` if it is right.

        Raises :class:`LeavesUnavailable` if what was found on L1 is not what the contract has: then nothing
        is known. Raises what the reads raise.
        """
        root = oracle.get_proposal_tree_root(block, preimage.ident)
        if root in self._known_valid:
            self._known_valid.move_to_end(root)
            return None
        inputs = self._fetcher.fetch_inputs(block, oracle, preimage.ident)
        data = b"".join([item.input for item in inputs])
        if len(data) != preimage.bytes_processed:
            raise LeavesUnavailable(f"found {len(data)} bytes of {preimage.bytes_processed}")
        try:
            found, found_root = challenge(BytesIO(data), [c for item in inputs for c in item.commitments])
        except (IncorrectCommitmentCount, TreeFull) as exc:
            raise LeavesUnavailable(f"found leaves that the contract cannot have taken: {exc}") from exc
        if found_root != root:
            raise LeavesUnavailable(f"found leaves with the root 0x{found_root.hex()}, not 0x{root.hex()}")
        if found is None:
            self._known_valid[root] = None
            if len(self._known_valid) > VALID_PREIMAGE_CACHE_SIZE:
                self._known_valid.popitem(last=False)
        return found
