"""Cannon: the machine whose single steps the chain can check.

``core`` is its definition, ``machine`` a program at work on it, ``state`` and ``memory`` what a state is and
how it is hashed, ``elf`` and ``state_file`` where states come from and go to. The version is
``multithreaded64-5``.

Specification: fault-proof/cannon-fault-proof-vm.md.
"""

from __future__ import annotations

from pyoprollup.cannon.errors import CannonError, StepError
from pyoprollup.cannon.machine import Machine, NoOracle, Oracle, PreimageRead, StepWitness
from pyoprollup.cannon.state import State, Thread, VmStatus

__all__ = [
    "CannonError",
    "Machine",
    "NoOracle",
    "Oracle",
    "PreimageRead",
    "State",
    "StepError",
    "StepWitness",
    "Thread",
    "VmStatus",
]
