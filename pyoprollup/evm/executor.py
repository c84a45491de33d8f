"""Executing the transactions of an L2 block, one after another."""

from __future__ import annotations

from functools import partial

from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.receipts import Receipt
from pyoprollup.evm.deposit import execute_deposit
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.fees import da_footprint, l1_cost, operator_fee
from pyoprollup.evm.predeploys import BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT
from pyoprollup.evm.transaction import Fees, execute
from pyoprollup.evm.validity import decode

__all__ = ["execute_transaction"]


def execute_transaction(env: BlockEnvironment, raw: bytes) -> Receipt:
    """Run the transaction with these EIP-2718 bytes and count it into the block.

    Raises :class:`InvalidTransaction`, before anything in the state has changed, if it must not be in
    the block here. (A deposit whose mint or gas does not fit makes the whole block invalid.)
    """
    tx = decode(env, raw)
    env.state.lock_changes()
    if isinstance(tx, DepositTransaction):
        receipt = execute_deposit(env, tx)
    else:
        receipt, _ = execute(env, tx, partial(_fees, raw))
    env.include(raw, receipt)
    return receipt


def _fees(raw: bytes, env: BlockEnvironment) -> Fees:
    """What the transaction with these bytes pays besides its gas."""
    rules, params = env.rules.evm, env.l1_fee_params()
    return Fees(
        flat=l1_cost(rules.l1_cost, params, raw, rules.deposit_gas_reported),
        flat_to=L1_FEE_VAULT,
        by_gas=partial(operator_fee, rules.operator_fee, params),
        by_gas_to=None if rules.operator_fee is None else OPERATOR_FEE_VAULT,
        base_fee_to=BASE_FEE_VAULT,
        da_footprint=da_footprint(params, raw) if env.rules.da_footprint else 0,
    )
