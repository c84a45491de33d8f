"""The port to py-evm: the only module that imports it.

The state, accounts, call frames and the interpreter are ours. py-evm's is what is named here: the faults that
end a frame, the prices of instructions, creations and self-destructions (they run in our
:class:`~pyoprollup.evm.frame.Frame`, which goes before a fork's computations), and the precompiles that
:mod:`~pyoprollup.evm.precompiles` does not replace. Its own interpreter, state and account database serve as
the oracle, see :mod:`~pyoprollup.evm.oracle`.

py-evm's annotations do not survive strict checking. For a type checker, what we use of it is declared below;
:data:`RELIED_ON` is the same for a test, which fails when another version has taken a name away or changed
its parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyoprollup.eth.types import Address
from pyoprollup.rollup.evm_rules import BaseEvm

if TYPE_CHECKING:
    from typing import Self

    class VMError(Exception):
        """An exceptional halt, or a revert."""

        burns_gas: bool
        erases_return_data: bool

    class Halt(Exception):
        """The frame ends well."""

    class Revert(VMError):
        """REVERT."""

    class OutOfGas(VMError):
        """Not enough gas."""

    class InsufficientStack(VMError):
        """Too few values on the stack."""

    class FullStack(VMError):
        """Too many values on the stack."""

    class StackDepthLimit(VMError):
        """Too many frames."""

    class InsufficientFunds(VMError):
        """Not the balance for a value."""

    class InvalidInstruction(VMError):
        """No such instruction."""

    class InvalidJumpDestination(VMError):
        """A jump to no JUMPDEST."""

    class WriteProtection(VMError):
        """A change in a static call."""

    class OutOfBoundsRead(VMError):
        """More returned data read than there is."""

    class ContractCreationCollision(VMError):
        """The address of a new contract is taken."""

    class ReservedBytesInCode(VMError):
        """Code that begins with 0xef."""

    class Message:
        """A message call, or a creation if ``create_address`` is given."""

        gas: int
        to: Address
        sender: Address
        value: int
        data: bytes
        code: bytes
        depth: int
        create_address: Address | None
        code_address: Address
        storage_address: Address
        should_transfer_value: bool
        is_create: bool
        is_static: bool
        is_delegation: bool
        refund: int

        def __init__(
            self,
            gas: int,
            to: Address,
            sender: Address,
            value: int,
            data: bytes,
            code: bytes,
            *,
            create_address: Address | None = None,
            is_delegation: bool = False,
            refund: int = 0,
        ) -> None: ...

        @property
        def data_as_bytes(self) -> bytes: ...

    class Computation:
        """A call frame."""

        msg: Message
        beneficiaries: list[Address]
        children: list[Self]
        output: bytes
        error: VMError

        @property
        def is_error(self) -> bool: ...
        def get_accounts_for_deletion(self) -> list[Address]: ...
        def get_log_entries(self) -> tuple[tuple[Address, tuple[int, ...], bytes], ...]: ...
        @classmethod
        def apply_create_message(
            cls,
            state: object,
            message: Message,
            transaction_context: object,
            parent_computation: object = None,
        ) -> Self: ...

    class Opcode:
        """An instruction of a fork."""

        gas_cost: int

        def __call__(self, computation: Computation) -> None: ...

    class CreationData:
        """Operands of CREATE and CREATE2."""

        memory_length: int

    class BaseDB:
        """A mapping that py-evm can keep state in."""

    class ExecutionContext:
        """What instructions can read of a block."""

        def __init__(self, **fields: object) -> None: ...

    AtomicDB: Any
    AccountDB: Any
    STATES: Mapping[BaseEvm, type]
    COMPUTATIONS: Mapping[BaseEvm, type[Computation]]
    OPCODES: Mapping[BaseEvm, Mapping[int, Opcode]]
    PRECOMPILES: Mapping[BaseEvm, Mapping[Address, Callable[[Any], object]]]
    MSM_GAS: Mapping[str, tuple[int, tuple[int, ...], int]]
    BLS_GAS: Mapping[str, int]
    MSM_MULTIPLIER: int
    EMPTY_CODE_HASH: bytes
    BEACON_ROOTS_CODE: bytes
    HISTORY_STORAGE_CODE: bytes

    def blake2b_compress(
        rounds: int,
        state: tuple[int, ...],
        message: tuple[int, ...],
        offset: tuple[int, ...],
        is_final: bool,
    ) -> bytes: ...

    def as_opcode(logic_fn: Callable[[Any], None], mnemonic: str, gas_cost: int) -> Opcode: ...
else:
    from eth.constants import EMPTY_SHA3 as EMPTY_CODE_HASH
    from eth.db.account import AccountDB
    from eth.db.atomic import AtomicDB
    from eth.db.backends.base import BaseDB
    from eth.exceptions import (
        ContractCreationCollision,
        FullStack,
        Halt,
        InsufficientFunds,
        InsufficientStack,
        InvalidInstruction,
        InvalidJumpDestination,
        OutOfBoundsRead,
        OutOfGas,
        ReservedBytesInCode,
        Revert,
        StackDepthLimit,
        VMError,
        WriteProtection,
    )
    from eth.precompiles.blake2 import blake2b_compress
    from eth.precompiles.bls12_381 import constants as _bls
    from eth.vm.computation import BaseComputation as Computation
    from eth.vm.execution_context import ExecutionContext
    from eth.vm.forks.cancun import CancunState
    from eth.vm.forks.cancun.computation import CancunComputation
    from eth.vm.forks.cancun.constants import BEACON_ROOTS_CONTRACT_CODE as BEACON_ROOTS_CODE
    from eth.vm.forks.paris import ParisState
    from eth.vm.forks.paris.computation import ParisComputation
    from eth.vm.forks.prague import PragueState
    from eth.vm.forks.prague.computation import PragueComputation
    from eth.vm.forks.prague.constants import HISTORY_STORAGE_CONTRACT_CODE as HISTORY_STORAGE_CODE
    from eth.vm.forks.shanghai import ShanghaiState
    from eth.vm.forks.shanghai.computation import ShanghaiComputation
    from eth.vm.logic.system import CreateOpcodeStackData as CreationData
    from eth.vm.message import Message
    from eth.vm.opcode import OpcodeAPI as Opcode
    from eth.vm.opcode import as_opcode

    STATES = {
        BaseEvm.PARIS: ParisState,
        BaseEvm.SHANGHAI: ShanghaiState,
        BaseEvm.CANCUN: CancunState,
        BaseEvm.PRAGUE: PragueState,
        BaseEvm.OSAKA: PragueState,
    }
    COMPUTATIONS = {
        BaseEvm.PARIS: ParisComputation,
        BaseEvm.SHANGHAI: ShanghaiComputation,
        BaseEvm.CANCUN: CancunComputation,
        BaseEvm.PRAGUE: PragueComputation,
        BaseEvm.OSAKA: PragueComputation,
    }
    OPCODES = {base: computation.opcodes for base, computation in COMPUTATIONS.items()}
    PRECOMPILES = {base: computation.get_precompiles() for base, computation in COMPUTATIONS.items()}
    MSM_MULTIPLIER = _bls.MSM_MULTIPLIER
    MSM_GAS = {
        "g1": (_bls.BLS12_G1_MSM_GAS, _bls.G1_MSM_DISCOUNTS, _bls.G1_MSM_MAX_DISCOUNT),
        "g2": (_bls.BLS12_G2_MSM_GAS, _bls.G2_MSM_DISCOUNTS, _bls.G2_MSM_MAX_DISCOUNT),
    }
    BLS_GAS = {
        "g1_add": _bls.BLS12_G1_ADD_GAS,
        "g2_add": _bls.BLS12_G2_ADD_GAS,
        "map_fp_g1": _bls.BLS12_MAP_FP_G1_GAS,
        "map_fp2_g2": _bls.BLS12_MAP_FP2_G2_GAS,
    }

__all__ = [
    "BEACON_ROOTS_CODE",
    "BLS_GAS",
    "COMPUTATIONS",
    "EMPTY_CODE_HASH",
    "HISTORY_STORAGE_CODE",
    "MSM_GAS",
    "MSM_MULTIPLIER",
    "OPCODES",
    "PRECOMPILES",
    "RELIED_ON",
    "STATES",
    "AccountDB",
    "AtomicDB",
    "BaseDB",
    "Computation",
    "ContractCreationCollision",
    "CreationData",
    "ExecutionContext",
    "FullStack",
    "Halt",
    "InsufficientFunds",
    "InsufficientStack",
    "InvalidInstruction",
    "InvalidJumpDestination",
    "Message",
    "Opcode",
    "OutOfBoundsRead",
    "OutOfGas",
    "ReservedBytesInCode",
    "Revert",
    "StackDepthLimit",
    "VMError",
    "WriteProtection",
    "as_opcode",
    "blake2b_compress",
]

_FRAME = ("state", "message", "transaction_context")

RELIED_ON: Mapping[str, tuple[str, ...] | None] = {
    # What frames inherit, and what runs in them calls.
    "Computation.__init__": _FRAME,
    "Computation.apply_message": (*_FRAME, "parent_computation"),
    "Computation.apply_create_message": (*_FRAME, "parent_computation"),
    "Computation.apply_computation": (*_FRAME, "parent_computation"),
    "Computation.prepare_child_message": ("gas", "to", "value", "data", "code", "kwargs"),
    "Computation.apply_child_computation": ("child_msg",),
    "Computation.generate_child_computation": ("child_msg",),
    "Computation.add_child_computation": ("child_computation",),
    "Computation.register_account_for_deletion": ("beneficiary",),
    "Computation.get_accounts_for_deletion": (),
    "Computation.get_log_entries": (),
    "Computation.get_raw_log_entries": (),
    "Computation.error": None,
    "Computation.output": None,
    "Computation.should_burn_gas": None,
    "Computation.is_success": None,
    "Computation.is_error": None,
    "Computation._error": None,
    "Computation._output": None,
    # What frames have in the place of py-evm's, for its creations, self-destructions and precompiles.
    "Computation.consume_gas": ("amount", "reason"),
    "Computation.return_gas": ("amount",),
    "Computation.refund_gas": ("amount",),
    "Computation.extend_memory": ("start_position", "size"),
    "Computation.memory_read_bytes": ("start_position", "size"),
    "Computation.get_gas_remaining": (),
    "Computation.get_gas_used": (),
    "Computation.get_gas_refund": (),
    "Computation.stack_pop_ints": None,
    "Computation.stack_pop1_bytes": None,
    "Computation.stack_push_int": None,
    "Computation.stack_push_bytes": None,
    "CreationData.memory_length": None,
    "VMError.burns_gas": None,
    "VMError.erases_return_data": None,
    "Message.__init__": (
        *("gas", "to", "sender", "value", "data", "code", "depth", "create_address", "code_address"),
        *("should_transfer_value", "is_static", "is_delegation", "refund"),
    ),
    # What the oracle changes.
    "Computation._precompiles": None,
    "Computation.opcodes": None,
    "Computation.get_precompiles": (),
    "Computation.is_origin_computation": None,
    "Computation.consume_initcode_gas_cost": ("computation",),
    "AccountDB.__init__": ("db", "state_root"),
    "AccountDB._journaldb": None,
    "AccountDB._get_storage_root": ("address",),
    "AccountDB.get_code_hash": ("address",),
    "AccountDB.account_has_code_or_nonce": ("address",),
    "AccountDB.account_is_empty": ("address",),
    "BaseDB.exists": ("key",),
}
"""Names of py-evm that we lean on, private ones included, with the parameters of those that are called or
replaced."""
