"""What a run asked for and said: all that another run of the same program on the same claim needs."""

from __future__ import annotations

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import Hinter, PreimageOracle

__all__ = ["RecordingHinter", "RecordingOracle", "no_hints"]


class RecordingOracle:
    """Passes requests on; ``preimages`` has those that were answered, in the order of the first request."""

    def __init__(self, oracle: PreimageOracle) -> None:
        self._oracle = oracle
        self.preimages: dict[Hash32, bytes] = {}

    def get(self, key: Hash32) -> bytes:
        """The pre-image of a key; see :class:`~pyoprollup.preimage.PreimageOracle`."""
        data = self._oracle.get(key)
        self.preimages.setdefault(key, data)
        return data


class RecordingHinter:
    """Passes hints on, if there is somebody to take them; ``hints`` has all of them in order."""

    def __init__(self, hinter: Hinter | None = None) -> None:
        self._hinter = hinter
        self.hints: list[str] = []

    def hint(self, text: str) -> None:
        """Take note of a hint, and pass it on."""
        self.hints.append(text)
        if self._hinter is not None:
            self._hinter.hint(text)


class _NoHints:
    def hint(self, text: str) -> None:
        """Nobody has to prepare anything."""


no_hints: Hinter = _NoHints()
"""For an oracle that has everything already."""
