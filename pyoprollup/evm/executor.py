"""Executing the transactions of a block, one after another.

Specification: protocol/exec-engine.md, Fees and Fee Vaults; protocol/isthmus/exec-engine.md, Operator Fee;
protocol/jovian/exec-engine.md, DA Footprint Block Limit.
"""

from __future__ import annotations

from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address
from pyoprollup.evm.da_footprint import da_footprint
from pyoprollup.evm.deposit import execute_deposit
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.intrinsic import floor_gas
from pyoprollup.evm.l1_cost import l1_cost
from pyoprollup.evm.message import Call, Outcome, finish, run
from pyoprollup.evm.operator_fee import operator_fee
from pyoprollup.evm.predeploys import BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT
from pyoprollup.evm.receipts import logs_bloom
from pyoprollup.evm.refund import gas_used_after
from pyoprollup.evm.set_code import apply_authorizations
from pyoprollup.evm.validity import (
    check_executable,
    check_funds,
    decode,
    effective_gas_price,
    sender_of,
)
from pyoprollup.rollup.evm_rules import BaseEvm

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
        receipt = _execute(env, tx, raw)
    if env.rules.evm.base >= BaseEvm.CANCUN:
        env.state.clear_transient_storage()
    env.transactions.append(raw)
    env.receipts.append(receipt)
    return receipt


def _execute(env: BlockEnvironment, tx: Transaction, raw: bytes) -> Receipt:
    state, rules = env.state, env.rules.evm
    account = sender_of(env, tx)
    check_executable(env, tx, account)
    params = env.l1_fee_params()
    data_fee = l1_cost(rules.l1_cost, params, raw, rules.deposit_gas_reported)
    bought_fee = operator_fee(rules.operator_fee, params, tx.gas)
    intrinsic = check_funds(env, tx, account, data_fee + bought_fee)
    footprint = da_footprint(params, raw) if env.rules.da_footprint else 0
    if env.da_footprint + footprint > env.gas_limit:
        raise InvalidTransaction(TxFault.BLOCK_DA_LIMIT, f"{footprint} more than {env.da_footprint}")

    price = effective_gas_price(env, tx)
    state.delta_balance(account, -(tx.gas * price + data_fee + bought_fee))
    outcome = _run(env, tx, account, tx.gas - intrinsic, price)
    gas_used = gas_used_after(tx.gas, outcome, floor_gas(rules, tx.data))
    spent_fee = operator_fee(rules.operator_fee, params, gas_used)
    _pay(env, account, (tx.gas - gas_used) * price + bought_fee - spent_fee)
    _pay(env, env.coinbase, gas_used * (price - env.base_fee))
    _pay(env, BASE_FEE_VAULT, gas_used * env.base_fee)
    _pay(env, L1_FEE_VAULT, data_fee)
    _pay(env, OPERATOR_FEE_VAULT, spent_fee)
    finish(state, outcome)
    env.gas_used += gas_used
    env.da_footprint += footprint
    return Receipt(
        type=tx.type,
        status=int(outcome.success),
        cumulative_gas_used=env.gas_used,
        bloom=logs_bloom(outcome.logs),
        logs=outcome.logs,
    )


def _run(env: BlockEnvironment, tx: Transaction, account: Address, gas: int, price: int) -> Outcome:
    env.state.increment_nonce(account)
    refund = apply_authorizations(env.state, env.chain_id, tx.authorization_list)
    call = Call(account, tx.to, tx.value, tx.data, gas, tx.nonce, price, tx.access_list, refund)
    return run(env.state, env.rules.evm, call)


def _pay(env: BlockEnvironment, account: Address, amount: int) -> None:
    # Paying nothing would still bring an empty account into being.
    if amount:
        env.state.delta_balance(account, amount)
