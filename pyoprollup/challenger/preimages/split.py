"""Chooses how a pre-image is brought to the oracle contract."""

from __future__ import annotations

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.preimages.key_types import check_part
from pyoprollup.challenger.preimages.ports import PreimageUploader
from pyoprollup.preimage.keys import KeyType

__all__ = ["SplitPreimageUploader"]


class SplitPreimageUploader:
    """A :class:`~pyoprollup.challenger.preimages.ports.PreimageUploader` that leaves it to one of two.

    The contract makes keccak keys only of large pre-images, so all others go in one transaction however large
    they are: where that does not fit, the step cannot be done at all.
    ``min_large_preimage_size`` is the contract's, in bytes.
    """

    def __init__(
        self, direct: PreimageUploader, large: PreimageUploader, min_large_preimage_size: int
    ) -> None:
        self._direct = direct
        self._large = large
        self._min_large_preimage_size = min_large_preimage_size

    def upload_preimage(self, claim_index: int, data: PreimageOracleData) -> None:
        """Load the part; raises ``PreimageUnsupported`` before anything is sent if that is impossible."""
        kind = check_part(data)
        is_large = kind is KeyType.KECCAK256 and len(data.preimage) >= self._min_large_preimage_size
        (self._large if is_large else self._direct).upload_preimage(claim_index, data)
