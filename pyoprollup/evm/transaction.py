"""One transaction: checked, paid for, run, and settled, by the same steps on L2 and on L1.

What differs is :class:`Fees`: on L2 there are the data fee and the operator fee, and vaults that receive
them and the base fee; on L1 the blob fee, and both are burned. A call on top of a block takes the first steps
only, :func:`run_message`: nothing is settled, as its state is thrown away.

Specification: protocol/exec-engine.md, Fees and Fee Vaults; protocol/isthmus/exec-engine.md, Operator Fee;
protocol/jovian/exec-engine.md, DA Footprint Block Limit; EIP-1559, EIP-4844, EIP-7623, EIP-7702.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.transactions import Authorization, Transaction
from pyoprollup.eth.types import Address
from pyoprollup.evm.call_faults import fault_text, is_out_of_gas, is_revert
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.gas import floor_gas, gas_used_after
from pyoprollup.evm.message import Call, Outcome, finish, run
from pyoprollup.evm.receipts import logs_bloom
from pyoprollup.evm.set_code import apply_authorizations
from pyoprollup.evm.state import State
from pyoprollup.evm.validity import check_executable, check_funds, effective_gas_price, sender_of
from pyoprollup.rollup.evm_rules import EvmRules

__all__ = ["NO_FEES", "CallResult", "Fees", "Ran", "execute", "run_message"]


def _nothing(_gas: int) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction pays besides the price of its gas, and who receives what. Amounts in wei.

    What nobody receives is burned.
    """

    flat: int = 0
    """Paid whatever it does: the data fee of L2, the blob fee of L1."""
    flat_at_most: int | None = None
    """What its sender must have for that; ``None`` for just as much."""
    flat_to: Address | None = None
    by_gas: Callable[[int], int] = _nothing
    """For an amount of gas: the operator fee. It is paid for the gas limit, and given back for unused gas."""
    by_gas_to: Address | None = None
    base_fee_to: Address | None = None
    da_footprint: int = 0
    """What it takes of the block's room for L1 data."""

    def at_most(self, gas: int) -> int:
        """What the sender must have besides the price of ``gas``, its limit."""
        return (self.flat if self.flat_at_most is None else self.flat_at_most) + self.by_gas(gas)


NO_FEES = Fees()


@dataclass(frozen=True, slots=True)
class Ran:
    """A message that was run, before anything is given back or paid out."""

    outcome: Outcome
    gas_used: int
    most_gas: int
    """Used before refunds, but for the floor."""


def run_message(
    state: State,
    rules: EvmRules,
    chain_id: int,
    call: Call,
    intrinsic: int,
    authorizations: Sequence[Authorization] = (),
    fees: Fees = NO_FEES,
) -> Ran:
    """Take the price of all gas and the fees from the sender, then run ``call``, whose gas is the gas limit.

    The sender can pay, the limit is enough for ``intrinsic`` and the floor, and the nonce is not the last.
    """
    price, limit = call.gas_price, call.gas
    state.delta_balance(call.sender, -(limit * price + fees.flat + fees.by_gas(limit)))
    state.increment_nonce(call.sender)
    refund = apply_authorizations(state, chain_id, authorizations)
    outcome = run(state, rules, replace(call, gas=limit - intrinsic, refund=refund))
    floor = floor_gas(rules, call.data)
    gas_used = gas_used_after(limit, outcome.gas_left, outcome.refund, floor)
    return Ran(outcome, gas_used, max(limit - outcome.gas_left, floor))


def execute(
    env: BlockEnvironment, tx: Transaction, fees_of: Callable[[BlockEnvironment], Fees]
) -> tuple[Receipt, Address]:
    """Run ``tx`` and count its gas into the block; its receipt and its sender.

    ``fees_of`` is asked once the transaction is otherwise valid, and may have reasons of its own against it.
    Raises :class:`InvalidTransaction`, before anything in the state has changed.
    """
    state, rules = env.state, env.rules.evm
    account = sender_of(env, tx)
    check_executable(env, tx, account)
    fees = fees_of(env)
    intrinsic = check_funds(env, tx, account, fees.at_most(tx.gas))
    if env.da_footprint + fees.da_footprint > env.gas_limit:
        raise InvalidTransaction(TxFault.BLOCK_DA_LIMIT, f"{fees.da_footprint} more than {env.da_footprint}")
    price = effective_gas_price(env, tx)
    call = Call(
        account,
        tx.to,
        tx.value,
        tx.data,
        tx.gas,
        tx.nonce,
        price,
        tx.access_list,
        blob_hashes=tx.blob_versioned_hashes,
    )
    ran = run_message(state, rules, env.chain_id, call, intrinsic, tx.authorization_list, fees)
    _settle(env, call, ran.gas_used, fees)
    finish(state, ran.outcome)
    env.gas_used += ran.gas_used
    env.da_footprint += fees.da_footprint
    receipt = Receipt(
        type=tx.type,
        status=int(ran.outcome.success),
        cumulative_gas_used=env.gas_used,
        bloom=logs_bloom(ran.outcome.logs),
        logs=ran.outcome.logs,
    )
    return receipt, account


def _settle(env: BlockEnvironment, call: Call, gas_used: int, fees: Fees) -> None:
    """Give back what was paid for unused gas, and pay out the rest."""
    price, unused, spent = call.gas_price, call.gas - gas_used, fees.by_gas(gas_used)
    for receiver, amount in (
        (call.sender, unused * price + fees.by_gas(call.gas) - spent),
        (env.coinbase, gas_used * (price - env.base_fee)),
        (fees.base_fee_to, gas_used * env.base_fee),
        (fees.flat_to, fees.flat),
        (fees.by_gas_to, spent),
    ):
        if receiver is None:
            continue
        if amount:
            env.state.delta_balance(receiver, amount)
        else:
            # Paying nothing would bring an empty account into being. The reference reads it all the same, and
            # so do we: what a block reads is to be the same everywhere.
            env.state.get_balance(receiver)


@dataclass(frozen=True, slots=True)
class CallResult:
    """What came of a message on top of a block. ``output`` is what it returned, or reverted with."""

    success: bool
    output: bytes
    gas_used: int
    max_gas_used: int
    """Before refunds."""
    reverted: bool = False
    out_of_gas: bool = False
    fault: str = ""

    @classmethod
    def of(cls, ran: Ran) -> CallResult:
        """The result of a message that was run."""
        outcome, error = ran.outcome, ran.outcome.error
        return cls(
            success=outcome.success,
            output=bytes(outcome.output),
            gas_used=ran.gas_used,
            max_gas_used=ran.most_gas,
            reverted=is_revert(error),
            out_of_gas=is_out_of_gas(error),
            fault=fault_text(error),
        )
