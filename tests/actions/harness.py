"""A stage for whole-system scenarios: L1, its users, and virtual time.

The actors are a :class:`Miner` and :class:`User`\\ s, and the verifiers, sequencers and batchers of the
modules beside this one. Nothing happens by itself: each method that begins with ``act_`` is one action, so
that a test reads as a story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eth_abi import encode

from pyoprollup.devnet.genesis import PORTAL, SYSTEM_CONFIG, DevnetGenesis, GenesisOptions
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction, tx_hash
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.events import VirtualClock
from pyoprollup.execution.pool import TxPool
from pyoprollup.l1.embedded import L1Block
from pyoprollup.p2p import InMemoryNetwork, RuntimeConfig
from pyoprollup.rollup import Fork
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = ["SLOT", "Miner", "User", "World", "up_to"]

SLOT = 12
"""Seconds between L1 blocks, unless a scenario leaves slots out."""

GWEI = 10**9


def up_to(fork: Fork, later: Mapping[Fork, int] | None = None) -> dict[Fork, int]:
    """Forks up to ``fork`` are active from the start, ``later`` ones so many seconds after genesis."""
    return {each: 0 for each in Fork if each <= fork} | dict(later or {})


class World:
    """What all actors share. ``l1`` are options of L1, ``changes`` fields of the rollup configuration."""

    def __init__(
        self,
        forks: Mapping[Fork, int] | None = None,
        *,
        seed: int = 0,
        bundles: UpgradeBundles | None = None,
        l1: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        options = GenesisOptions(seed=seed, forks=forks or up_to(Fork.ISTHMUS), l1=l1 or {})
        chain = DevnetGenesis.make(options)
        self.config = replace(chain.config, **changes)
        self.genesis = chain.l2_genesis
        self.keys = chain
        self.bundles = bundles or chain.bundles
        self.l1 = chain.start_l1()
        self.clock = VirtualClock(self.config.genesis.l2_time)
        self.network = InMemoryNetwork(self.clock)
        self.runtime = RuntimeConfig(address_of(self.keys.sequencer), now=self.clock)
        self.miner = Miner(self)
        self.alice, self.bob = User(self, self.keys.users[0]), User(self, self.keys.users[1])
        self.owner = User(self, self.keys.owner)
        self._channels = 0

    def new_channel_id(self) -> bytes:
        """An id that no other channel has."""
        self._channels += 1
        return keccak256(b"channel %d" % self._channels)[:16]

    @property
    def genesis_time(self) -> int:
        return self.config.genesis.l2_time

    def fork_time(self, fork: Fork) -> int:
        """When a fork activates; it must be scheduled."""
        time = self.config.schedule.times[fork]
        assert time is not None
        return time


class Miner:
    """Makes L1 blocks, orphans them, and says which of them are safe and finalized."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._l1 = world.l1
        self.safe = self.finalized = self.head

    @property
    def head(self) -> L1BlockRef:
        return self._l1.head_block.ref

    def block(self, number: int) -> L1Block:
        return self._l1.block_by_number(number)

    def act_l1_block(self, gap: int = SLOT, with_failures: bool = False) -> L1BlockRef:
        """A block with all that waits, ``gap`` seconds after the last. No transaction may fail, unless
        ``with_failures``."""
        ref = self._mine(gap, empty=False)
        failed = [index for index, receipt in enumerate(self._l1.head_block.receipts) if not receipt.status]
        assert with_failures or not failed, f"transactions {failed} of L1 block {ref.number} failed"
        return ref

    def act_l1_empty_block(self, gap: int = SLOT) -> L1BlockRef:
        """A block that leaves everything waiting."""
        return self._mine(gap, empty=True)

    def act_l1_empty_blocks(self, count: int) -> L1BlockRef:
        for _ in range(count):
            self.act_l1_empty_block()
        return self.head

    def _mine(self, gap: int, empty: bool) -> L1BlockRef:
        block = self._l1.mine(self.head.time + gap, empty=empty)
        self._world.clock.advance(block.header.time)
        return block.ref

    def act_l1_rewind(self, depth: int = 1, *, requeue: bool = False) -> None:
        """Take blocks away. With ``requeue`` their transactions wait again, without they are forgotten."""
        self._l1.reorg(depth, requeue=requeue, past_finalized=True)

    def act_l1_switch(self, head: L1BlockRef) -> None:
        """Make another known block the head."""
        self._l1.set_head(head.hash, requeue=False, past_finalized=True)

    def act_l1_safe(self, number: int | None = None) -> None:
        """Call a block (the head, by default) safe."""
        self.safe = self.head if number is None else self.block(number).ref

    def act_l1_finalize(self, number: int | None = None) -> None:
        """Call a block (the head, by default) finalized."""
        self.finalized = self.head if number is None else self.block(number).ref


class User:
    """Has a key and money on both layers."""

    def __init__(self, world: World, key: bytes) -> None:
        self._world = world
        self.key = key
        self.address = address_of(key)

    # --- L2

    def sign_l2(self, nonce: int, **fields: Any) -> bytes:
        """A signed L2 transaction, by default a transfer; nothing happens to it."""
        chain_id = self._world.config.l2_chain_id
        values: dict[str, Any] = {
            "type": DYNAMIC_FEE_TX_TYPE,
            "nonce": nonce,
            "gas_price": 100 * GWEI,
            "gas_tip_cap": GWEI,
            "gas": 100_000,
            "to": address_of(self._world.keys.users[2]),
            "value": 2,
            "data": b"",
            "chain_id": chain_id,
        }
        return sign_transaction(Transaction(**{**values, **fields}), self.key, chain_id).encode()

    def act_send_l2(self, pool: TxPool | None, **fields: Any) -> Hash32:
        """Send a transaction to a sequencer's pool."""
        assert pool is not None
        return pool.add(self.sign_l2(pool.next_nonce(self.address), **fields))

    # --- L1

    def act_send_l1(self, to: Address | None, data: bytes, value: int = 0, **fields: Any) -> Hash32:
        """Send an L1 transaction; it waits for the miner."""
        l1 = self._world.l1
        tx = Transaction(
            type=DYNAMIC_FEE_TX_TYPE,
            nonce=l1.mempool.next_nonce(self.address),
            gas_price=50 * GWEI,
            gas_tip_cap=GWEI,
            gas=1_000_000,
            to=to,
            value=value,
            data=data,
            chain_id=l1.config.chain_id,
        )
        raw = sign_transaction(replace(tx, **fields), self.key, l1.config.chain_id).encode()
        l1.send(raw)
        return tx_hash(raw)

    def act_deposit(self, to: Address, value: int = 10**18, data: bytes = b"") -> Hash32:
        """Bring money to L2."""
        types = ["address", "uint256", "uint64", "bool", "bytes"]
        return self._call(
            PORTAL,
            "depositTransaction(address,uint256,uint64,bool,bytes)",
            types,
            to,
            value,
            200_000,
            False,
            data,
        )

    def act_set_system_config(self, signature: str, *arguments: Any) -> Hash32:
        """Call a setter of the system configuration."""
        types = signature[signature.index("(") + 1 : -1].split(",")
        return self._call(SYSTEM_CONFIG, signature, types, *arguments)

    def _call(self, to: Address, signature: str, types: list[str], *arguments: Any) -> Hash32:
        data = keccak256(signature.encode())[:4] + encode(types, list(arguments))
        value = arguments[1] if to == PORTAL else 0
        return self.act_send_l1(to, data, value)
