"""The transaction pool: what users want executed, until a block has it.

Everything is bounded: the slots in all, the transactions of one account behind a gap in its nonces, and
the time that those wait. When the pool is full, the transaction that pays least makes room.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.execution.pool.account import PoolAccount
from pyoprollup.execution.pool.admission import PooledTransaction, admit, check_account, underpriced
from pyoprollup.execution.pool.config import PoolConfig
from pyoprollup.execution.pool.errors import PoolError, PoolFault
from pyoprollup.execution.pool.head import StateHead
from pyoprollup.execution.pool.selection import Selection

__all__ = ["TxPool"]

_Price = tuple[int, int, int]


class TxPool:
    """Transactions on top of a head, which :meth:`reset` moves. ``now`` gives seconds on a clock."""

    def __init__(
        self, head: StateHead, config: PoolConfig | None = None, now: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.config = config or PoolConfig()
        self._head = head
        self._now = now
        self._accounts: dict[Address, PoolAccount] = {}
        self._by_hash: dict[Hash32, PooledTransaction] = {}
        self._authorities: Counter[Address] = Counter()
        self._slots = 0
        self._sequence = 0
        self._cheapest: list[tuple[_Price, int, Hash32]] | None = None

    # --- looking

    def __len__(self) -> int:
        return len(self._by_hash)

    def __iter__(self) -> Iterator[PooledTransaction]:
        return iter(self._by_hash.values())

    @property
    def slots(self) -> int:
        """How much of :attr:`PoolConfig.capacity` is taken."""
        return self._slots

    def get(self, tx_hash: Hash32) -> PooledTransaction | None:
        return self._by_hash.get(tx_hash)

    def next_nonce(self, account: Address) -> int:
        """The nonce that the account's next transaction should have."""
        known = self._accounts.get(account)
        return self._head.nonce(account) if known is None else known.next_nonce()

    def pending(self) -> dict[Address, list[PooledTransaction]]:
        """Transactions that can be executed, by sender."""
        return {account: run for account, known in self._accounts.items() if (run := known.pending())}

    def queued(self) -> dict[Address, list[PooledTransaction]]:
        """Transactions that wait behind a gap, by sender."""
        return {account: run for account, known in self._accounts.items() if (run := known.queued())}

    def select(self, base_fee: int, taken: int = 0) -> Selection[PooledTransaction]:
        """Candidates for a block with this base fee, which has some of this size already."""
        runs = (known.pending() for known in self._accounts.values())
        largest, least_tip = self.config.max_da_tx_size, self.config.min_inclusion_tip
        return Selection(
            runs,
            base_fee,
            is_welcome=lambda each: (not 0 < largest < each.da_size) and each.tip(base_fee) >= least_tip,
            size=lambda each: each.da_size,
            max_size=self.config.max_da_block_size,
            taken=taken,
        )

    def drop(self, tx_hash: Hash32) -> None:
        """Forget a transaction; those of its sender behind it wait from then on."""
        if (pooled := self._by_hash.get(tx_hash)) is not None:
            self._remove(pooled)

    # --- adding

    def add(self, raw: bytes) -> Hash32:
        """Take a transaction; returns its hash. Raises :class:`PoolError`.

        If the head's state is missing, ``MissingStateError``.
        """
        if keccak256(raw) in self._by_hash:
            raise PoolError(PoolFault.ALREADY_KNOWN)
        pooled = admit(self.config, self._head, raw, self._now(), self._sequence)
        account = self._accounts.get(pooled.sender) or PoolAccount(self._head.nonce(pooled.sender))
        old = account.by_nonce.get(pooled.nonce)
        spent = sum(each.cost for each in account.pending() if each is not old)
        nonce, balance = self._head.nonce(pooled.sender), self._head.balance(pooled.sender)
        check_account(nonce, balance, pooled, spent)
        self._check_delegation(pooled, account)
        if old is not None:
            self._check_replacement(pooled, old)
        leaving = old or self._crowded_out(pooled, account)
        self._make_room(pooled, account, leaving)
        if leaving is not None:
            self._remove(leaving)
        self._insert(pooled, account)
        return pooled.hash

    def _check_delegation(self, pooled: PooledTransaction, account: PoolAccount) -> None:
        """One transaction at a time for accounts whose funds others can move (EIP-7702)."""
        if pooled.sender in self._authorities or self._head.code(pooled.sender):
            if account.is_gapped(pooled.nonce):
                raise PoolError(PoolFault.DELEGATED_OUT_OF_ORDER)
            if account.pending() and pooled.nonce >= account.next_nonce():
                raise PoolError(PoolFault.DELEGATED_IN_FLIGHT)
        for authority in pooled.authorities:
            known = self._accounts.get(authority)
            if known is not None and len(known.by_nonce) > 1:
                raise PoolError(PoolFault.AUTHORITY_RESERVED, f"0x{authority.hex()}")

    def _check_replacement(self, pooled: PooledTransaction, old: PooledTransaction) -> None:
        fees = ("fee", pooled.fee_cap, old.fee_cap), ("tip", pooled.tip_cap, old.tip_cap)
        if (found := underpriced(fees, self.config.price_bump)) is not None:
            _, new_fee, old_fee = found
            raise PoolError(PoolFault.REPLACEMENT_UNDERPRICED, f"{new_fee} wei after {old_fee}")

    def _crowded_out(self, pooled: PooledTransaction, account: PoolAccount) -> PooledTransaction | None:
        """What has to go because the account's queue is full: the highest nonce.

        Raises :class:`PoolError` if that is the new transaction's.
        """
        if not account.is_gapped(pooled.nonce):
            return None
        queued, limit = account.queued(), self.config.account_queue
        if len(queued) < limit:
            return None
        if not queued or queued[-1].nonce < pooled.nonce:
            raise PoolError(PoolFault.ACCOUNT_LIMIT, f"{limit} transactions are queued")
        return queued[-1]

    def _make_room(
        self, pooled: PooledTransaction, account: PoolAccount, leaving: PooledTransaction | None
    ) -> None:
        """Throw out what pays less than ``pooled`` if the pool is full; ``leaving`` goes in any case.

        Raises :class:`PoolError`, with nothing thrown out.
        """
        needed = self._slots + pooled.slots - (leaving.slots if leaving else 0) - self.config.capacity
        victims: list[PooledTransaction] = []
        try:
            while needed > 0:
                victim = self._pop_cheapest()
                if victim is None:
                    raise PoolError(PoolFault.POOL_FULL)
                victims.append(victim)
                if self._price(victim) >= self._price(pooled):
                    raise PoolError(PoolFault.UNDERPRICED, f"gas tip cap {pooled.tip_cap}")
                if account.is_gapped(pooled.nonce) and self._is_pending(victim):
                    raise PoolError(PoolFault.FUTURE_REPLACES_PENDING)
                needed -= victim.slots
        except PoolError:
            for victim in victims:
                self._push_cheapest(victim)
            raise
        for victim in victims:
            if victim is not leaving:
                self._remove(victim)

    def _is_pending(self, pooled: PooledTransaction) -> bool:
        return not self._accounts[pooled.sender].is_gapped(pooled.nonce)

    def _insert(self, pooled: PooledTransaction, account: PoolAccount) -> None:
        self._sequence += 1
        account.by_nonce[pooled.nonce] = pooled
        account.last_change = pooled.time
        self._accounts[pooled.sender] = account
        self._by_hash[pooled.hash] = pooled
        self._authorities.update(pooled.authorities)
        self._slots += pooled.slots
        self._push_cheapest(pooled)

    def _remove(self, pooled: PooledTransaction) -> None:
        del self._by_hash[pooled.hash]
        self._slots -= pooled.slots
        self._authorities.subtract(pooled.authorities)
        for authority in pooled.authorities:
            if not self._authorities[authority]:
                del self._authorities[authority]
        account = self._accounts[pooled.sender]
        del account.by_nonce[pooled.nonce]
        if not account.by_nonce:
            del self._accounts[pooled.sender]

    # --- the cheapest transaction

    def _price(self, pooled: PooledTransaction) -> _Price:
        return pooled.tip(self._head.base_fee), pooled.fee_cap, pooled.tip_cap

    def _push_cheapest(self, pooled: PooledTransaction) -> None:
        if self._cheapest is not None:
            # Of equal ones the newest goes first.
            heapq.heappush(self._cheapest, (self._price(pooled), -pooled.sequence, pooled.hash))

    def _pop_cheapest(self) -> PooledTransaction | None:
        """The transaction that pays least. Whoever takes it removes it or pushes it back."""
        if self._cheapest is None:
            self._cheapest = [(self._price(each), -each.sequence, each.hash) for each in self]
            heapq.heapify(self._cheapest)
        while self._cheapest:
            pooled = self._by_hash.get(heapq.heappop(self._cheapest)[2])
            if pooled is not None:
                return pooled
        return None

    # --- a new head

    def reset(self, head: StateHead, dropped: Iterable[bytes] = ()) -> None:
        """Go on from ``head``.

        What it has executed goes, and what can no longer be executed. ``dropped`` are transactions
        of blocks that are no longer canonical: they come back if they are still valid.
        """
        self._head = head
        self._cheapest = None
        most_gas = head.gas_limit
        if head.rules.evm.tx_gas_cap is not None:
            most_gas = min(most_gas, head.rules.evm.tx_gas_cap)
        for sender, account in list(self._accounts.items()):
            account.nonce = head.nonce(sender)
            balance = head.balance(sender)
            for pooled in list(account.by_nonce.values()):
                if pooled.nonce < account.nonce or pooled.cost > balance or pooled.tx.gas > most_gas:
                    self._remove(pooled)
        for raw in dropped:
            if raw[:1] != b"\x7e":
                self._add_again(raw)
        self._expire()

    def _add_again(self, raw: bytes) -> None:
        try:
            self.add(raw)
        except PoolError:
            return  # in the new chain too, or worthless by now

    def _expire(self) -> None:
        """Drop what has waited behind a gap for too long, and queues beyond their share of the pool."""
        oldest = self._now() - self.config.lifetime
        queued = [(self._accounts[sender].last_change, run) for sender, run in self.queued().items()]
        excess = sum(each.slots for _, run in queued for each in run) - self.config.global_queue
        # The accounts that were active most recently lose theirs first.
        for last_change, run in sorted(queued, key=lambda entry: -entry[0]):
            if excess > 0:
                excess -= sum(each.slots for each in run)
            elif last_change >= oldest:
                continue
            for pooled in run:
                self._remove(pooled)
