"""The leaves of an upload, from the logs of the L1 blocks in which they arrived.

For each call that adds leaves the oracle writes a log without topics: the caller's address (20 bytes), then
the whole call data. So it does not matter how the contract was called.

Specification: fault-proof/index.md, "Pre-image Oracle".
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoprollup.challenger.keccak.errors import LeavesUnavailable
from pyoprollup.challenger.keccak.ports import InputSource, LargePreimageOracle
from pyoprollup.challenger.keccak.types import InputData, LargePreimageIdent
from pyoprollup.errors import DecodeError
from pyoprollup.eth.receipts import RECEIPT_SUCCESSFUL, Log
from pyoprollup.eth.types import Hash32

__all__ = ["InputFetcher"]

_ADDRESS_SIZE = 20


class InputFetcher:
    """Reads leaves from L1."""

    def __init__(self, source: InputSource) -> None:
        self._source = source

    def fetch_inputs(
        self, block: Hash32, oracle: LargePreimageOracle, ident: LargePreimageIdent
    ) -> list[InputData]:
        """All that was added to an upload until the L1 block ``block``, in order.

        Raises :class:`LeavesUnavailable` if a block in which leaves arrived has none: L1 was reorganised, or
        one of two nodes does not know yet. Raises what the reads raise.
        """
        inputs: list[InputData] = []
        for number in oracle.get_input_data_blocks(block, ident):
            found = list(self._inputs_of_block(number, oracle, ident))
            if not found:
                raise LeavesUnavailable(f"L1 block {number} has none of the leaves that came in it")
            inputs += found
        return inputs

    def _inputs_of_block(
        self, number: int, oracle: LargePreimageOracle, ident: LargePreimageIdent
    ) -> Iterator[InputData]:
        ref = self._source.l1_block_ref_by_number(number)
        _, receipts = self._source.fetch_receipts(ref.hash)
        for receipt in receipts:
            if receipt.status != RECEIPT_SUCCESSFUL:
                continue
            for log in receipt.logs:
                added = _added(log, oracle, ident)
                if added is not None:
                    yield added


def _added(log: Log, oracle: LargePreimageOracle, ident: LargePreimageIdent) -> InputData | None:
    """What a log says was added to the upload, ``None`` if it is not about that."""
    if log.address != oracle.address or log.topics or len(log.data) < _ADDRESS_SIZE:
        return None
    if log.data[:_ADDRESS_SIZE] != ident.claimant:
        return None
    try:
        decoded = oracle.decode_input_data(log.data[_ADDRESS_SIZE:])
    except DecodeError as exc:
        # The contract has taken it, so we cannot say what its leaves are.
        raise LeavesUnavailable(f"leaves that cannot be read: {exc}") from exc
    if decoded is None or decoded[0] != ident.uuid:
        return None
    return decoded[1]
