"""The block environment of a transaction, with the gas that is left in the block."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import Address
from pyoprollup.evm.fees import L1FeeParams, read_l1_fee_params
from pyoprollup.evm.predeploys import L1_BLOCK
from pyoprollup.evm.state import State
from pyoprollup.rollup.rules import Rules

__all__ = ["BlockEnvironment"]


@dataclass(slots=True)
class BlockEnvironment:
    """A block while its transactions are executed. Amounts in wei."""

    state: State
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

    def include(self, raw: bytes, receipt: Receipt) -> None:
        """A transaction was executed: its EIP-2718 bytes and its receipt."""
        self.state.clear_transient_storage()
        self.transactions.append(raw)
        self.receipts.append(receipt)

    def l1_fee_params(self) -> L1FeeParams:
        """The block's fee parameters, read once, by the first transaction that pays fees.

        By then the L1 attributes transaction has written them, and nothing changes them afterwards.
        """
        if self._l1_fee_params is None:
            state, rules = self.state, self.rules.evm
            self._l1_fee_params = read_l1_fee_params(
                lambda slot: state.get_storage(L1_BLOCK, slot),
                rules.l1_cost,
                rules.operator_fee is not None,
            )
        return self._l1_fee_params
