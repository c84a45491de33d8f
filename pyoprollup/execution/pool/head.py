"""What the pool has to know of the head: accounts, and what a transaction costs there."""

from __future__ import annotations

from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Address
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.base_fee import base_fee_at
from pyoprollup.evm.fees import L1FeeParams, l1_cost, operator_fee, read_l1_fee_params
from pyoprollup.evm.predeploys import L1_BLOCK
from pyoprollup.evm.store import KeyValue, Overlay
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["StateHead"]


_KEPT_ACCOUNTS = 10_000
"""Accounts that one view of the state may remember. Whoever floods the pool has a new one each time."""


class StateHead:
    """The block that the pool's next transactions come after, with its state in a store. Amounts in wei.

    ``base_fee`` is that expected of the next block. Reads raise :class:`MissingStateError`.
    """

    def __init__(self, config: RollupConfig, header: Header, store: KeyValue) -> None:
        self.rules = config.rules_at_l2(L2Time(header.time))
        self.chain_id = config.l2_chain_id
        self.gas_limit = header.gas_limit
        self.base_fee = base_fee_at(config, header, header.time + 1)
        self._state_root = header.state_root
        self._store = store
        self._accounts: FlatAccountDB | None = None
        self._seen: set[Address] = set()
        self._params: L1FeeParams | None = None

    def _open(self, account: Address) -> FlatAccountDB:
        """The state, which remembers every account that was read."""
        if self._accounts is None or len(self._seen) >= _KEPT_ACCOUNTS:
            self._accounts = FlatAccountDB(Overlay(self._store), self._state_root)
            self._seen.clear()
        self._seen.add(account)
        return self._accounts

    def nonce(self, account: Address) -> int:
        return self._open(account).get_nonce(account)

    def balance(self, account: Address) -> int:
        return self._open(account).get_balance(account)

    def code(self, account: Address) -> bytes:
        return self._open(account).get_code(account)

    def rollup_fees(self, raw: bytes, gas: int) -> int:
        """What a transaction pays at worst besides gas: the data fee and the operator fee."""
        evm = self.rules.evm
        if self._params is None:
            accounts = self._open(L1_BLOCK)
            self._params = read_l1_fee_params(
                lambda slot: accounts.get_storage(L1_BLOCK, slot), evm.l1_cost, evm.operator_fee is not None
            )
        data_fee = l1_cost(evm.l1_cost, self._params, raw, evm.deposit_gas_reported)
        return data_fee + operator_fee(evm.operator_fee, self._params, gas)
