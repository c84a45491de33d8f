"""Alt-DA: batcher data that is kept elsewhere, with only a commitment to it on L1.

Batcher data of version 1 is ``0x01 ++ commitment``; everything else passes through unchanged.

Specification: experimental/alt-da.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from pyoprollup.derive.altda.commitment import (
    Commitment,
    CommitmentError,
    CommitmentType,
    decode_commitment,
)
from pyoprollup.derive.data_source import BatcherData, DataIterator
from pyoprollup.derive.drops import Dropped, DropReason, DropSink, ignore_drops
from pyoprollup.derive.errors import CriticalError, NotEnoughData, PipelineError, ResetError
from pyoprollup.derive.l1_retrieval import DataAvailabilitySource
from pyoprollup.derive.params import DERIVATION_VERSION_ALT_DA
from pyoprollup.derive.provenance import DataSource
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.types import Address

__all__ = [
    "AltDA",
    "AltDADataSourceFactory",
    "CommitmentTypeMismatch",
    "ExpiredChallenge",
    "MissingPastWindow",
    "PendingChallenge",
    "ReorgRequired",
]


class ReorgRequired(PipelineError):
    """What was derived or read ahead no longer holds: the challenge of a commitment that was used
    expired without an answer, or L1 changed."""


class CommitmentTypeMismatch(PipelineError):
    """The commitment is not of the chain's type: it counts as empty."""


class ExpiredChallenge(PipelineError):
    """The commitment was challenged and not resolved in time: its input counts as empty."""


class PendingChallenge(PipelineError):
    """The input is missing and the outcome is open: wait for further L1 blocks."""


class MissingPastWindow(PipelineError):
    """The input is missing, and L1 cannot provide it any more."""


class AltDA(Protocol):
    """Fetches inputs and follows the challenges of commitments on L1."""

    def get_input(self, commitment: Commitment, block: L1BlockRef) -> bytes:
        """The input of a commitment found in L1 block ``block``.

        Raises one of the exceptions above, or
        :class:`~pyoprollup.errors.Unavailable` when the DA server or L1 does not answer.
        """
        ...

    def advance_l1_origin(self, block: BlockID) -> None:
        """Take in the challenge events up to L1 block ``block``; nothing if that is done already.

        Raises :class:`ReorgRequired`, or :class:`~pyoprollup.errors.Unavailable` when L1
        does not answer.
        """
        ...

    def reset(self, base: L1BlockRef) -> None:
        """Start over from L1 block ``base``. Part of every reset of the pipeline."""
        ...


class AltDADataSourceFactory:
    """Puts the inputs in the place of their commitments. ``max_input_size``: that of Keccak commitments."""

    def __init__(
        self,
        source: DataAvailabilitySource,
        alt_da: AltDA,
        max_input_size: int,
        drops: DropSink = ignore_drops,
    ) -> None:
        self._source = source
        self._alt_da = alt_da
        self._max_input_size = max_input_size
        self._drops = drops

    def open_data(self, ref: L1BlockRef, batcher: Address) -> DataIterator:
        pieces = self._source.open_data(ref, batcher)
        return _AltDAData(pieces, self._alt_da, ref, self._max_input_size, self._drops)


class _AltDAData:
    """The pieces of one L1 block. Each call first takes in the challenge events of that block, also
    when the block holds no commitment: windows pass with every L1 block."""

    def __init__(
        self, pieces: DataIterator, alt_da: AltDA, block: L1BlockRef, max_input_size: int, drops: DropSink
    ) -> None:
        self._pieces = pieces
        self._alt_da = alt_da
        self._block = block
        self._max_input_size = max_input_size
        self._drops = drops
        # The commitment whose input is still to be fetched.
        self._waiting: tuple[Commitment, DataSource | None] | None = None

    def next(self) -> BatcherData:
        while True:
            try:
                self._alt_da.advance_l1_origin(self._block.id)
            except ReorgRequired as exc:
                raise ResetError(f"alt-DA at L1 block {self._block}: {exc}") from exc
            if self._waiting is None:
                data, source = self._pieces.next()
                if not data:
                    raise NotEnoughData("empty batcher data")
                if data[0] != DERIVATION_VERSION_ALT_DA:
                    return data, source
                try:
                    self._waiting = (decode_commitment(data[1:]), source)
                except CommitmentError as exc:
                    self._drop(DropReason.ALT_DA_COMMITMENT_INVALID, source, str(exc))
                    raise NotEnoughData("invalid commitment") from exc
            commitment, source = self._waiting
            found = self._fetch(commitment, source)
            self._waiting = None
            if found is not None:
                return found, _with_commitment(source, commitment)

    def _fetch(self, commitment: Commitment, source: DataSource | None) -> bytes | None:
        try:
            data = self._alt_da.get_input(commitment, self._block)
        except ReorgRequired as exc:
            raise ResetError(f"alt-DA commitment {commitment}: {exc}") from exc
        except CommitmentTypeMismatch as exc:
            self._drop(DropReason.ALT_DA_COMMITMENT_TYPE, source, str(exc))
            return None
        except ExpiredChallenge as exc:
            self._drop(DropReason.ALT_DA_CHALLENGE_EXPIRED, source, str(exc))
            return None
        except MissingPastWindow as exc:
            raise CriticalError(f"alt-DA input of {commitment} is lost: {exc}") from exc
        except PendingChallenge as exc:
            raise NotEnoughData(f"alt-DA input of {commitment} is pending: {exc}") from exc
        if commitment.type is CommitmentType.KECCAK256 and len(data) > self._max_input_size:
            detail = f"{len(data)} bytes, limit {self._max_input_size}"
            self._drop(DropReason.ALT_DA_INPUT_TOO_LARGE, source, detail)
            return None
        return data

    def _drop(self, reason: DropReason, source: DataSource | None, detail: str) -> None:
        self._drops(Dropped(reason, source, self._block.id, detail))


def _with_commitment(source: DataSource | None, commitment: Commitment) -> DataSource | None:
    return None if source is None else replace(source, alt_da_commitment=commitment.encode())
