"""The mempool: transactions that wait for a block, with the rules by which they replace each other.

An account has ordinary transactions or blob transactions in it, never both. A replacement pays 10 % more, a
blob transaction's 100 %. Ordinary transactions may wait behind a gap in the nonces, blob transactions not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pyoprollup.eth.types import Address, Hash32
from pyoprollup.execution.pool.admission import check_account, underpriced
from pyoprollup.execution.pool.errors import PoolError, PoolFault
from pyoprollup.execution.pool.selection import Selection
from pyoprollup.l1.embedded.accounts import AccountsAt
from pyoprollup.l1.embedded.admission import PooledTransaction, admit
from pyoprollup.l1.embedded.config import EmbeddedL1Config

__all__ = ["Mempool"]

_PRICE_BUMP, _BLOB_PRICE_BUMP = 10, 100


class Mempool:
    """Transactions on top of a head, which :meth:`reset` moves."""

    def __init__(self, config: EmbeddedL1Config, head: AccountsAt) -> None:
        self._config = config
        self._head = head
        self._accounts: dict[Address, dict[int, PooledTransaction]] = {}
        self._by_hash: dict[Hash32, PooledTransaction] = {}
        self._sequence = 0

    # --- looking

    def __len__(self) -> int:
        return len(self._by_hash)

    def __iter__(self) -> Iterator[PooledTransaction]:
        return iter(self._by_hash.values())

    @property
    def by_hash(self) -> Mapping[Hash32, PooledTransaction]:
        """All transactions, in the order in which they came."""
        return self._by_hash

    def __contains__(self, hash_: Hash32) -> bool:
        return hash_ in self._by_hash

    def get(self, hash_: Hash32) -> PooledTransaction | None:
        return self._by_hash.get(hash_)

    def next_nonce(self, account: Address) -> int:
        """The first nonce that no executable transaction of the account has."""
        nonce = self._head.nonce(account)
        known = self._accounts.get(account, {})
        while nonce in known:
            nonce += 1
        return nonce

    def executable(self, account: Address) -> list[PooledTransaction]:
        """The account's transactions up to the first gap, in order."""
        known, first = self._accounts.get(account, {}), self._head.nonce(account)
        return [known[nonce] for nonce in range(first, self.next_nonce(account))]

    def select(self, base_fee: int, blob_base_fee: int) -> Selection[PooledTransaction]:
        """Candidates for a block with these fees."""
        runs = [self.executable(account) for account in self._accounts]
        return Selection(
            runs,
            base_fee,
            is_welcome=lambda each: (
                each.tip(base_fee) >= 0 and (not each.is_blob or each.tx.blob_fee_cap >= blob_base_fee)
            ),
        )

    # --- adding

    def add(self, raw: bytes) -> Hash32:
        """Take a transaction, with its blobs if it has some. Raises :class:`PoolError`."""
        return self._add(raw, None)

    def restore(self, kept: Iterable[tuple[bytes, tuple[bytes, ...]]]) -> None:
        """Take what was in the pool before, in its order, but for what is worthless by now.

        After a reorg a blob transaction may have come before the one that it follows. So what is refused is
        tried again once others are there.
        """
        left = list(enumerate(kept, self._sequence))
        end = self._sequence + len(left)
        while refused := [each for each in left if not self._take_back(*each)]:
            if len(refused) == len(left):
                break
            left = refused
        self._sequence = end

    def _take_back(self, sequence: int, kept: tuple[bytes, tuple[bytes, ...]]) -> bool:
        self._sequence = sequence
        try:
            self._add(*kept)
        except PoolError:
            return False
        return True

    def _add(self, raw: bytes, blobs: tuple[bytes, ...] | None) -> Hash32:
        # Blobs are checked only for what is otherwise welcome: that takes milliseconds for each.
        quick = admit(self._config, raw, self._sequence, () if blobs is None else blobs)
        if quick.hash in self._by_hash:
            raise PoolError(PoolFault.ALREADY_KNOWN)
        old = self._accounts.get(quick.sender, {}).get(quick.nonce)
        self._check_account(quick, old)
        if old is not None:
            _check_replacement(quick, old)
        elif len(self._by_hash) >= self._config.max_pool_transactions:
            raise PoolError(PoolFault.POOL_FULL, PoolFault.UNDERPRICED.value)
        pooled = quick
        if quick.is_blob and blobs is None:
            pooled = admit(self._config, raw, self._sequence)
        if old is not None:
            self._remove(old)
        self._sequence += 1
        self._accounts.setdefault(pooled.sender, {})[pooled.nonce] = pooled
        self._by_hash[pooled.hash] = pooled
        return pooled.hash

    def _check_account(self, pooled: PooledTransaction, old: PooledTransaction | None) -> None:
        account, nonce = pooled.sender, self._head.nonce(pooled.sender)
        known = self._accounts.get(account, {})
        if any(each.is_blob != pooled.is_blob for each in known.values()):
            raise PoolError(PoolFault.ADDRESS_RESERVED)
        following = self.next_nonce(account)
        if pooled.is_blob and pooled.nonce > following:
            raise PoolError(PoolFault.NONCE_TOO_HIGH, f"tx nonce {pooled.nonce}, gapped nonce {following}")
        spent = sum(each.cost for each in self.executable(account) if each is not old)
        check_account(nonce, self._head.balance(account), pooled, spent)
        if old is not None:
            return
        limit, count = self._config.account_queue, len(known)
        if pooled.is_blob:
            limit = self._config.account_blob_transactions
        elif pooled.nonce == following:
            return
        else:
            count -= following - nonce
        if count >= limit:
            raise PoolError(PoolFault.ACCOUNT_LIMIT, f"pooled {count} txs")

    # --- removing

    def drop(self, hash_: Hash32) -> bool:
        """Forget a transaction, as a node that is short of memory does; false if it is not there."""
        pooled = self._by_hash.get(hash_)
        if pooled is None:
            return False
        self._remove(pooled)
        return True

    def clear(self) -> None:
        """Drop all transactions from the pool."""
        self._accounts.clear()
        self._by_hash.clear()

    def _remove(self, pooled: PooledTransaction) -> None:
        del self._by_hash[pooled.hash]
        known = self._accounts[pooled.sender]
        del known[pooled.nonce]
        if not known:
            del self._accounts[pooled.sender]

    def reset(
        self,
        head: AccountsAt,
        orphaned: Iterable[bytes] = (),
        blob: Callable[[Hash32], bytes] | None = None,
    ) -> None:
        """Go on from ``head``. What it has executed goes, and what its sender can no longer pay.

        ``orphaned`` are transactions of blocks that are no longer canonical. They come back if they are
        still valid, their blobs from ``blob``.
        """
        self._head = head
        for raw in orphaned:
            self._add_again(raw, blob)
        for account, known in list(self._accounts.items()):
            nonce, balance = head.nonce(account), head.balance(account)
            for pooled in list(known.values()):
                if pooled.nonce < nonce or pooled.cost > balance:
                    self._remove(pooled)
            self._close_blob_gaps(account)

    def _close_blob_gaps(self, account: Address) -> None:
        """Blob transactions behind a gap go, as they could not have come."""
        following = self.next_nonce(account)
        for pooled in list(self._accounts.get(account, {}).values()):
            if pooled.is_blob and pooled.nonce > following:
                self._remove(pooled)

    def _add_again(self, raw: bytes, blob: Callable[[Hash32], bytes] | None) -> None:
        try:
            known = admit(self._config, raw, 0, ())
            if known.is_blob and blob is None:
                return
            blobs = tuple(blob(item) for item in known.tx.blob_versioned_hashes) if blob else ()
            self._add(raw, blobs)
        except (PoolError, KeyError):
            return  # in the new chain too, worthless by now, or its blobs are gone


def _check_replacement(pooled: PooledTransaction, old: PooledTransaction) -> None:
    bump = _BLOB_PRICE_BUMP if pooled.is_blob else _PRICE_BUMP
    fees = [
        ("gas fee cap", pooled.fee_cap, old.fee_cap),
        ("gas tip cap", pooled.tip_cap, old.tip_cap),
        ("blob gas fee cap", pooled.tx.blob_fee_cap, old.tx.blob_fee_cap),
    ]
    if (found := underpriced(fees if pooled.is_blob else fees[:2], bump)) is not None:
        name, new_fee, old_fee = found
        detail = f"new tx {name} {new_fee} < {old_fee} queued + {bump}% replacement penalty"
        raise PoolError(PoolFault.REPLACEMENT_UNDERPRICED, detail)
