"""The instructions of each fork: py-evm's, with what is wrong or missing in them.

Both interpreters take their instructions and prices from here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from eth import constants
from eth.exceptions import OutOfGas
from eth.vm.forks.cancun.computation import CancunComputation
from eth.vm.forks.paris.computation import ParisComputation
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.shanghai.computation import ShanghaiComputation
from eth.vm.opcode import as_opcode

from pyoprollup.evm.intrinsic import MAX_INITCODE_SIZE
from pyoprollup.rollup.evm_rules import BaseEvm

__all__ = ["opcodes"]

_CLZ, _CREATE, _CREATE2 = 0x1E, 0xF0, 0xF5

_PY_EVM: dict[BaseEvm, Any] = {
    BaseEvm.PARIS: ParisComputation.opcodes,
    BaseEvm.SHANGHAI: ShanghaiComputation.opcodes,
    BaseEvm.CANCUN: CancunComputation.opcodes,
    BaseEvm.PRAGUE: PragueComputation.opcodes,
    BaseEvm.OSAKA: PragueComputation.opcodes,
}


class _LimitedInitCode:
    """Goes before py-evm's CREATE and CREATE2, which look at the size of the init code too late.

    Over the limit of EIP-3860 the frame halts, also when the balance, the depth or the nonce would have
    made the creation fail without that.
    """

    def get_gas_cost(self, data: Any) -> int:
        if data.memory_length > MAX_INITCODE_SIZE:
            raise OutOfGas(f"{data.memory_length} bytes of init code, limit {MAX_INITCODE_SIZE}")
        cost: int = super().get_gas_cost(data)  # type: ignore[misc]
        return cost


def _limited(creation: Any) -> Any:
    kind = type(creation)
    return type(kind.__name__, (_LimitedInitCode, kind), {})()


def _clz(computation: Any) -> None:
    """EIP-7939: how many zero bits a word begins with."""
    (word,) = computation.stack_pop_ints(1)
    computation.stack_push_int(256 - word.bit_length())


@cache
def opcodes(base: BaseEvm) -> dict[int, Any]:
    """Instruction to what executes it in a computation of py-evm."""
    table = dict(_PY_EVM[base])
    if base >= BaseEvm.SHANGHAI:
        for op in (_CREATE, _CREATE2):
            table[op] = _limited(table[op])
    if base >= BaseEvm.OSAKA:
        table[_CLZ] = as_opcode(gas_cost=constants.GAS_LOW, logic_fn=_clz, mnemonic="CLZ")
    return table
