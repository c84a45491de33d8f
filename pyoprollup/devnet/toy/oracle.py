"""Answers the toy's program: what it is told, and the pre-images of hashes that it hints at.

Hints are ``output HASH``, ``toy-header HASH`` and ``l1-header HASH``. What cannot be found is an error, and
never a wrong answer.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.challenger.trace.local_inputs import LocalGameInputs, local_preimages
from pyoprollup.devnet.toy.rollup import ToyBlock, ToyRollup
from pyoprollup.errors import RollupError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32, hash_from_hex
from pyoprollup.preimage import keccak256_key

__all__ = ["ToyOracle"]


class ToyOracle:
    """A :class:`~pyoprollup.cannon.machine.Oracle` for one run about ``inputs``.

    ``l1_header`` gives the RLP of an L1 block's header by its hash, and raises any ``RollupError``.
    """

    def __init__(
        self, inputs: LocalGameInputs, rollup: ToyRollup, l1_header: Callable[[Hash32], bytes]
    ) -> None:
        self._rollup = rollup
        self._l1_header = l1_header
        self._known = local_preimages(inputs, None)
        self._agreed = inputs.l2_head

    def hint(self, hint: bytes) -> None:
        """Find what is hinted at; what is not known here is not there when it is asked for."""
        kind, _, digest = hint.decode("utf-8", "replace").partition(" ")
        find: dict[str, Callable[[Hash32], bytes]] = {
            "output": lambda _digest: self._agreed_block().output.marshal(),
            "toy-header": lambda _digest: self._agreed_block().header.encode(),
            "l1-header": self._l1_header,
        }
        try:
            data = find[kind](hash_from_hex(digest, "hint"))
        except KeyError:
            raise PreimageError(f"{kind[:40]!r} is no hint of the toy's program") from None
        except RollupError as exc:
            raise PreimageError(f"{kind} {digest[:66]}: {exc}") from exc
        self._known[keccak256_key(keccak256(data))] = data

    def get(self, key: bytes) -> bytes:
        """A pre-image; raises :class:`PreimageError` for one that is not known."""
        try:
            return self._known[Hash32(key)]
        except KeyError:
            raise PreimageError(f"no pre-image of 0x{key.hex()} is known") from None

    def _agreed_block(self) -> ToyBlock:
        """The block that is agreed on, of which only the hash is given."""
        number = 0
        while (block := self._rollup.block(number)).hash != self._agreed:
            number += 1
        return block
