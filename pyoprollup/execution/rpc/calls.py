"""Executing a message on the state after a block, without a trace.

The rules are those of go-ethereum's calls: the nonce does not matter, nobody pays fees for L1, and without a
price there are no fees at all. Everything happens in an overlay that is thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyoprollup.eth.crypto import checksum_address
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import U64_MAX, Address
from pyoprollup.evm.ancestors import ancestor_hashes
from pyoprollup.evm.gas import MAX_INITCODE_SIZE, floor_gas, has_initcode_limit, intrinsic_gas
from pyoprollup.evm.message import Call
from pyoprollup.evm.state import Checkpoint, State, no_ancestors
from pyoprollup.evm.store import Overlay
from pyoprollup.evm.transaction import CallResult, run_message
from pyoprollup.evm.vm import open_state
from pyoprollup.execution.rpc.bounded_precompiles import bounded
from pyoprollup.execution.rpc.call_args import CallArgs
from pyoprollup.execution.rpc.chain_view import ChainView
from pyoprollup.execution.rpc.overrides import AccountOverride, apply_overrides
from pyoprollup.rollup.rules import Rules
from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError

__all__ = ["CallContext", "CallFault", "IntrinsicGasTooLow"]


class CallFault(JsonRpcError):
    """A message that cannot be executed, whatever the gas."""

    def __init__(self, text: str) -> None:
        super().__init__(SERVER_ERROR, text)


class IntrinsicGasTooLow(CallFault):
    """A message whose gas does not even pay for its existence."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """The state after a block, and the block as a message sees it."""

    view: ChainView
    base: Header
    """The block whose state it is."""
    header: Header
    """The same with the client's changes."""
    overrides: list[AccountOverride]
    blob_base_fee: int | None = None
    """What BLOBBASEFEE gives, in wei; ``None`` for that of ``header``."""
    checkpoint: Checkpoint | None = None
    """Called while messages run."""

    @property
    def rules(self) -> Rules:
        return self.view.rules(self.header)

    def open(self, zero_base_fee: bool = False) -> State:
        """The state, to be used once. Nothing but the overlay is written to."""
        chain = self.view.chain
        header = replace(self.header, base_fee=0) if zero_base_fee else self.header
        parent = chain.header(self.base.parent_hash)
        ancestors = no_ancestors if parent is None else ancestor_hashes(self.base, parent, chain.state)
        state = open_state(
            self.rules.evm,
            Overlay(chain.state),
            self.base.state_root,
            header,
            self.view.config.l2_chain_id,
            ancestors,
        )
        if self.blob_base_fee is not None:
            state.blob_base_fee = self.blob_base_fee
        if self.checkpoint is not None:
            state.checkpoint = self.checkpoint
            state.precompiles = bounded(state.precompiles)
        apply_overrides(state, self.overrides)
        return state

    def balance(self, address: Address) -> int:
        """What an account has, in wei."""
        return self.open().get_balance(address)

    def has_code(self, address: Address) -> bool:
        """Whether an account is a contract."""
        return bool(self.open().get_code(address))

    def execute(self, args: CallArgs, gas: int) -> CallResult:
        """Execute a message with this gas limit.

        Raises :class:`CallFault`, and ``MissingStateError`` if a part of the state is not there.
        """
        price = args.gas_price(self.header.base_fee or 0)
        return self._execute(self.open(zero_base_fee=not price), args, gas, price)

    def _execute(self, state: State, args: CallArgs, gas: int, price: int) -> CallResult:
        rules = self.rules.evm
        _check_fees(args, self.header.base_fee or 0)
        _check_funds(state, args, gas)
        intrinsic = intrinsic_gas(
            rules, args.data, args.to is None, args.access_list, len(args.authorizations or ())
        )
        floor = floor_gas(rules, args.data)
        if gas < intrinsic:
            raise IntrinsicGasTooLow(f"intrinsic gas too low: have {gas}, want {intrinsic}")
        if gas < floor:
            raise IntrinsicGasTooLow(f"insufficient gas for floor data gas cost: have {gas}, want {floor}")
        _check_creation(args, has_initcode_limit(rules))
        nonce = state.get_nonce(args.sender)
        if nonce >= U64_MAX:
            if args.to is None:
                return CallResult(False, b"", intrinsic, intrinsic, fault="nonce uint64 overflow")
            state.set_nonce(args.sender, U64_MAX - 1)  # it stays what it is
        authorizations = args.authorizations if self.rules.set_code_transactions else None
        call = Call(args.sender, args.to, args.value, args.data, gas, nonce, price, args.access_list)
        chain_id = self.view.config.l2_chain_id
        return CallResult.of(run_message(state, rules, chain_id, call, intrinsic, authorizations or ()))


def _check_fees(args: CallArgs, base_fee: int) -> None:
    if not args.fee_cap and not args.tip_cap:
        return
    who = f"address {checksum_address(args.sender)}"
    if args.tip_cap > args.fee_cap:
        text = f"maxPriorityFeePerGas: {args.tip_cap}, maxFeePerGas: {args.fee_cap}"
        raise CallFault(f"max priority fee per gas higher than max fee per gas: {who}, {text}")
    if args.fee_cap < base_fee:
        text = f"maxFeePerGas: {args.fee_cap}, baseFee: {base_fee}"
        raise CallFault(f"max fee per gas less than block base fee: {who}, {text}")


def _check_funds(state: State, args: CallArgs, gas: int) -> None:
    have, want = state.get_balance(args.sender), gas * args.fee_cap + args.value
    if have < want:
        who = f"address {checksum_address(args.sender)}"
        raise CallFault(f"insufficient funds for gas * price + value: {who} have {have} want {want}")


def _check_creation(args: CallArgs, is_limited: bool) -> None:
    if args.to is not None:
        return
    if args.authorizations is not None:
        raise CallFault("EIP-7702 transaction cannot be used to create contract")
    if is_limited and len(args.data) > MAX_INITCODE_SIZE:
        raise CallFault(f"max initcode size exceeded: code size {len(args.data)} limit {MAX_INITCODE_SIZE}")
