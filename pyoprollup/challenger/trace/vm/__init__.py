"""Traces of a program in a fault-proof VM.

``provider`` is the trace: it asks a VM of ``ports`` for steps and keeps them in the files of ``folder``, in
the form of ``proof_data``. ``executor`` is such a VM, an executable with cannon's command line; it runs in a
``process`` of its own with the server of ``servers``, and ``converter`` reads its states.
"""

from pyoprollup.challenger.trace.vm.config import VmConfig
from pyoprollup.challenger.trace.vm.converter import CannonStateConverter, VmPrestateProvider
from pyoprollup.challenger.trace.vm.errors import (
    FileDamaged,
    VmError,
    VmFailed,
    VmPanicked,
    VmStopped,
    VmTimedOut,
)
from pyoprollup.challenger.trace.vm.executor import Executor
from pyoprollup.challenger.trace.vm.folder import TraceFolder
from pyoprollup.challenger.trace.vm.metrics import DebugInfo, VmMetrics
from pyoprollup.challenger.trace.vm.ports import VM, PrestateProvider, StateConverter, StateProof
from pyoprollup.challenger.trace.vm.process import CommandRunner, SubprocessRunner
from pyoprollup.challenger.trace.vm.proof_data import ProofData
from pyoprollup.challenger.trace.vm.provider import VmTraceProvider
from pyoprollup.challenger.trace.vm.servers import (
    KonaExecutor,
    KonaSuperExecutor,
    OpProgramServerExecutor,
    OracleServerExecutor,
)
from pyoprollup.challenger.trace.vm.status import VmStatus, vm_status

__all__ = [
    "VM",
    "CannonStateConverter",
    "CommandRunner",
    "DebugInfo",
    "Executor",
    "FileDamaged",
    "KonaExecutor",
    "KonaSuperExecutor",
    "OpProgramServerExecutor",
    "OracleServerExecutor",
    "PrestateProvider",
    "ProofData",
    "StateConverter",
    "StateProof",
    "SubprocessRunner",
    "TraceFolder",
    "VmConfig",
    "VmError",
    "VmFailed",
    "VmMetrics",
    "VmPanicked",
    "VmPrestateProvider",
    "VmStatus",
    "VmStopped",
    "VmTimedOut",
    "VmTraceProvider",
    "vm_status",
]
