"""How a VM's state says how its program ended: the first byte of its hash.

Specification: fault-proof/cannon-fault-proof-vm.md, "State Hash".
"""

from __future__ import annotations

from pyoprollup.cannon.state import VmStatus
from pyoprollup.challenger.trace.vm.errors import FileDamaged
from pyoprollup.eth.types import Hash32, to_hex

__all__ = ["VmStatus", "vm_status"]


def vm_status(value: Hash32) -> VmStatus:
    """The status in the hash of a state; raises :class:`FileDamaged` if it has none, or is of no state."""
    if len(value) != 32 or not any(value) or value[0] > VmStatus.UNFINISHED:
        raise FileDamaged(f"{to_hex(value[:33])} is not the hash of a VM's state")
    return VmStatus(value[0])
