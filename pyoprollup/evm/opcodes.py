"""The instructions of each fork: py-evm's, with what is wrong or missing in them.

Our interpreter and the oracle take their instructions and prices from here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from pyoprollup.evm.gas import MAX_INITCODE_SIZE
from pyoprollup.evm.py_evm import OPCODES, CreationData, Opcode, OutOfGas, as_opcode
from pyoprollup.rollup.evm_rules import BaseEvm

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["opcodes"]

_CLZ, _CREATE, _CREATE2 = 0x1E, 0xF0, 0xF5

_CLZ_GAS = 5


class _LimitedInitCode:
    """Goes before py-evm's CREATE and CREATE2, which look at the size of the init code too late.

    Over the limit of EIP-3860 the frame halts, also when the balance, the depth or the nonce would have
    made the creation fail without that.
    """

    def get_gas_cost(self, data: CreationData) -> int:
        if data.memory_length > MAX_INITCODE_SIZE:
            raise OutOfGas(f"{data.memory_length} bytes of init code, limit {MAX_INITCODE_SIZE}")
        cost: int = super().get_gas_cost(data)  # type: ignore[misc]
        return cost


def _limited(creation: Opcode) -> Opcode:
    kind = type(creation)
    return cast(Opcode, type(kind.__name__, (_LimitedInitCode, kind), {})())


def _clz(computation: Frame) -> None:
    """EIP-7939: how many zero bits a word begins with."""
    (word,) = computation.stack_pop_ints(1)
    computation.stack_push_int(256 - word.bit_length())


@cache
def opcodes(base: BaseEvm) -> dict[int, Opcode]:
    """Instruction to what executes it in a computation of py-evm."""
    table = dict(OPCODES[base])
    if base >= BaseEvm.SHANGHAI:
        for op in (_CREATE, _CREATE2):
            table[op] = _limited(table[op])
    if base >= BaseEvm.OSAKA:
        table[_CLZ] = as_opcode(gas_cost=_CLZ_GAS, logic_fn=_clz, mnemonic="CLZ")
    return table
