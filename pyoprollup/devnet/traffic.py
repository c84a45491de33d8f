"""The users of a devnet: transactions on L2, deposits and changes of the system configuration on L1."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from pyoprollup.devcontracts import contract
from pyoprollup.devnet.genesis import PORTAL, SYSTEM_CONFIG
from pyoprollup.errors import Unavailable
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction, contract_address, tx_hash
from pyoprollup.eth.types import Address
from pyoprollup.events import NEVER
from pyoprollup.execution.pool import PoolError

if TYPE_CHECKING:
    from pyoprollup.devnet.devnet import Devnet

__all__ = ["Traffic"]

_GWEI = 10**9
_MAX_COUNTERS = 1_000
"""Contracts that are remembered, and called."""
_COUNTER_CODE = bytes.fromhex("60005460010180600055600052600160206000a100")
"""Counts its calls in slot 0 and logs the count."""
_INITCODE = (
    bytes([0x60, len(_COUNTER_CODE), 0x80, 0x60, 0x0A, 0x5F, 0x39, 0x5F, 0xF3]) + b"\x00" + _COUNTER_CODE
)


class Traffic:
    """Sends what the options say, from a seed. Runs once for each L2 block and each L1 block."""

    def __init__(self, devnet: Devnet) -> None:
        self._devnet = devnet
        # Chance that repeats from run to run is the point.
        life = devnet.l1.lives
        seed = devnet.options.seed if life == 1 else f"{devnet.options.seed} {life}"
        self._rng = random.Random(seed)  # noqa: S311
        self.sent: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._next_due: float = devnet.clock.time + 0.5
        self._l1_seen = devnet.l1.head_block.number
        self._counters: deque[Address] = deque(maxlen=_MAX_COUNTERS)

    def stop(self) -> None:
        """Nobody wants anything any more."""
        self._next_due = NEVER

    @property
    def next_due(self) -> float:
        """When the next users come."""
        return self._next_due

    def wake(self) -> None:
        """Nothing: users come when they come."""

    def step(self, now: float) -> None:
        """Send what is due."""
        if now < self._next_due:
            return
        devnet = self._devnet
        self._next_due += devnet.options.block_time
        for _ in range(devnet.options.transactions):
            self._send_l2()
        l1_number = devnet.l1.head_block.number
        if l1_number > self._l1_seen:
            self._l1_seen = l1_number
            for _ in range(devnet.options.deposits):
                self._send_l1("deposit", *self._deposit())
            every = devnet.options.system_config_every
            if every and l1_number % every == 0:
                self._send_l1("system config", *self._system_config_change())

    # --- L2

    def _send_l2(self) -> None:
        pool = self._devnet.sequencer.pool
        if pool is None:
            return
        key = self._rng.choice(self._devnet.genesis.users)
        kind, to, value, data, gas = self._something()
        nonce = pool.next_nonce(address_of(key))
        if to is None:
            self._counters.append(contract_address(address_of(key), nonce))
        tx = Transaction(
            type=DYNAMIC_FEE_TX_TYPE,
            nonce=nonce,
            gas_price=100 * _GWEI,
            gas_tip_cap=self._rng.randrange(1, 1000) * 1000,
            gas=gas,
            to=to,
            value=value,
            data=data,
            chain_id=self._devnet.config.l2_chain_id,
        )
        try:
            raw = sign_transaction(tx, key, self._devnet.config.l2_chain_id).encode()
            pool.add(raw)
        except PoolError as exc:
            self.refused[exc.fault.value] += 1
        else:
            self.sent[kind] += 1
            self._devnet.watch.tell("user", kind, "sequencer", transaction=tx_hash(raw))

    def _something(self) -> tuple[str, Address | None, int, bytes, int]:
        """What a user may want: kind, recipient, value, data and gas."""
        choice = self._rng.random()
        if choice < 0.6:
            return "transfer", self._someone(), self._rng.randrange(10**15), b"", 21_000
        if choice < 0.8 and self._counters:
            return "call", self._rng.choice(self._counters), 0, b"", 60_000
        if choice < 0.95:
            return "message", self._someone(), 0, self._rng.randbytes(self._rng.randrange(1, 200)), 60_000
        return "creation", None, 0, _INITCODE, 200_000

    def _someone(self) -> Address:
        return address_of(self._rng.choice(self._devnet.genesis.users))

    # --- L1

    def _send_l1(self, kind: str, key: bytes, tx: Transaction) -> None:
        l1 = self._devnet.l1
        tx = replace(tx, nonce=l1.pending_nonce_at(address_of(key)), chain_id=l1.config.chain_id)
        try:
            sent = l1.send(sign_transaction(tx, key, l1.config.chain_id).encode())
        except Unavailable as exc:
            self.refused[str(exc)] += 1
        else:
            self.sent[kind] += 1
            self._devnet.watch.tell("user", kind, "l1", transaction=sent)

    def _deposit(self) -> tuple[bytes, Transaction]:
        """A user brings money to L2, or has a message delivered there: the key, and what to sign."""
        rng = self._rng
        key, to, value = rng.choice(self._devnet.genesis.users), self._someone(), rng.randrange(10**18)
        data = rng.randbytes(rng.randrange(60))
        call = contract("OptimismPortal").call("depositTransaction", to, value // 2, 200_000, False, data)
        return key, _l1_transaction(PORTAL, call, value)

    def _system_config_change(self) -> tuple[bytes, Transaction]:
        """The owner sets another gas limit."""
        limit = 30_000_000 + 1_000_000 * self._rng.randrange(1, 10)
        call = contract("SystemConfig").call("setGasLimit", limit)
        return self._devnet.genesis.owner, _l1_transaction(SYSTEM_CONFIG, call)


def _l1_transaction(to: Address, data: bytes, value: int = 0) -> Transaction:
    return Transaction(
        type=DYNAMIC_FEE_TX_TYPE,
        nonce=0,
        gas_price=50 * _GWEI,
        gas_tip_cap=_GWEI,
        gas=400_000,
        to=to,
        value=value,
        data=data,
    )
