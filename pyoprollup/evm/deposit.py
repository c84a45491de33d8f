"""Executing a deposit transaction.

Specification: protocol/deposits.md, Execution and Deposit Receipt; protocol/regolith/overview.md.

A deposit cannot be refused, as it is on L1 already. If it does not meet the conditions of
execution, its mint stays, its sender's nonce goes up, and all of its gas counts as used.
"""

from __future__ import annotations

from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE, DepositTransaction
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import U64_MAX, number_text
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.gas import MAX_INITCODE_SIZE, floor_gas, gas_used_after, has_initcode_limit, intrinsic_gas
from pyoprollup.evm.message import Call, Outcome, finish, run
from pyoprollup.evm.receipts import logs_bloom
from pyoprollup.evm.state import State

__all__ = ["execute_deposit"]

_RECEIPT_VERSION = 1


def execute_deposit(env: BlockEnvironment, tx: DepositTransaction) -> Receipt:
    """Run ``tx`` and return its receipt.

    Raises :class:`InvalidTransaction` if the block has no gas left for it, if it is a system transaction
    where there are none, and for numbers that no L1 comes to.
    """
    state, rules = env.state, env.rules.evm
    unmetered = tx.is_system
    if unmetered and not env.rules.system_transactions:
        raise InvalidTransaction(TxFault.SYSTEM_TRANSACTION)
    if not unmetered and tx.gas > env.gas_left:
        raise InvalidTransaction(TxFault.BLOCK_GAS_LIMIT, f"deposit of {tx.gas}, {env.gas_left} left")
    nonce = state.get_nonce(tx.from_)
    if nonce >= U64_MAX:
        raise InvalidTransaction(TxFault.NONCE_MAX, "of a deposit's sender")
    if tx.mint:
        if tx.mint >> 256:
            raise InvalidTransaction(TxFault.MINT_TOO_LARGE, f"{number_text(tx.mint)} wei")
        state.set_balance(tx.from_, state.get_balance(tx.from_) + tx.mint)
    executable = _is_executable(env, tx)
    state.increment_nonce(tx.from_)
    outcome = _run(state, env, tx, nonce) if executable else None
    if unmetered:
        gas_used = 0
    elif outcome is None or not rules.deposit_gas_reported:
        gas_used = tx.gas
    else:
        gas_used = gas_used_after(tx.gas, outcome.gas_left, outcome.refund, floor_gas(rules, tx.data))
    env.gas_used += gas_used
    logs = outcome.logs if outcome is not None else ()
    return Receipt(
        type=DEPOSIT_TX_TYPE,
        status=int(outcome is not None and outcome.success),
        cumulative_gas_used=env.gas_used,
        bloom=logs_bloom(logs),
        logs=logs,
        deposit_nonce=nonce if rules.deposit_gas_reported else None,
        deposit_receipt_version=_RECEIPT_VERSION if rules.deposit_receipt_version else None,
    )


def _is_executable(env: BlockEnvironment, tx: DepositTransaction) -> bool:
    """Whether the conditions hold without which a deposit counts as failed before it runs."""
    rules = env.rules.evm
    is_create = tx.to is None
    if tx.gas < max(intrinsic_gas(rules, tx.data, is_create), floor_gas(rules, tx.data)):
        return False
    if is_create and has_initcode_limit(rules) and len(tx.data) > MAX_INITCODE_SIZE:
        return False
    return not tx.value or tx.value <= env.state.get_balance(tx.from_)


def _run(state: State, env: BlockEnvironment, tx: DepositTransaction, nonce: int) -> Outcome:
    gas = tx.gas - intrinsic_gas(env.rules.evm, tx.data, tx.to is None)
    outcome = run(state, env.rules.evm, Call(tx.from_, tx.to, tx.value, tx.data, gas, nonce))
    finish(state, outcome)
    return outcome
