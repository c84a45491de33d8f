"""Precompiles for calls of everybody: none of them takes long without looking at the time.

Those that take long in Python call the state's checkpoint themselves. BLAKE2's compression is one call of
compiled code, with as many rounds as gas pays for: as many as nobody needs are refused here, in calls only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyoprollup.eth.types import Address
from pyoprollup.evm.state import Precompile
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["MAX_BLAKE2_ROUNDS", "bounded"]

MAX_BLAKE2_ROUNDS = 2_000_000
"""Some 50 ms; BLAKE2b has 12."""

_BLAKE2F = Address((9).to_bytes(20, "big"))


def bounded(table: Mapping[Address, Precompile]) -> dict[Address, Precompile]:
    """``table`` with what cannot be interrupted bounded."""
    changed = dict(table)
    if (run := table.get(_BLAKE2F)) is not None:
        changed[_BLAKE2F] = _few_rounds(run)
    return changed


def _few_rounds(run: Precompile) -> Precompile:
    def bounded_run(frame: Frame) -> None:
        rounds = int.from_bytes(frame.msg.data[:4], "big")
        if rounds > MAX_BLAKE2_ROUNDS and rounds <= frame.gas:
            raise JsonRpcError(SERVER_ERROR, f"execution aborted ({rounds} rounds of BLAKE2 in one call)")
        run(frame)

    return bounded_run
