"""The block environment of a transaction, with the gas that is left in the block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import Address
from pyoprollup.evm.l1_block import L1FeeParams, read_l1_fee_params
from pyoprollup.evm.predeploys import L1_BLOCK
from pyoprollup.rollup.rules import Rules

__all__ = ["BlockEnvironment"]


@dataclass(slots=True)
class BlockEnvironment:
    """A block while its transactions are executed. Amounts in wei."""

    state: Any
    """py-evm's, see :mod:`~pyoprollup.evm.vm`."""
    rules: Rules
    chain_id: int
    base_fee: int
    gas_limit: int
    coinbase: Address
    gas_used: int = 0
    da_footprint: int = 0
    transactions: list[bytes] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    _l1_fee_params: L1FeeParams | None = None

    @property
    def gas_left(self) -> int:
        """Gas that is left for further transactions."""
        return self.gas_limit - self.gas_used

    def l1_fee_params(self) -> L1FeeParams:
        """The block's fee parameters, read once, by the first transaction that pays fees.

        By then the L1 attributes transaction has written them, and nothing changes them afterwards.
        """
        if self._l1_fee_params is None:
            state, rules = self.state, self.rules.evm
            self._l1_fee_params = read_l1_fee_params(
                lambda slot: int(state.get_storage(L1_BLOCK, slot)),
                rules.l1_cost,
                rules.operator_fee is not None,
            )
        return self._l1_fee_params
