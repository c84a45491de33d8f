"""The inlined interpreter on flat accounts against py-evm as it is: whole blocks of random transactions.

``PYOPROLLUP_FUZZ=1000`` compares so many chains instead of a few.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.transactions import SET_CODE_TX_TYPE, AccessTuple
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.oracle import INTERPRETERS, OracleAccountDB
from pyoprollup.evm.store import Overlay
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.programs import Writer, push
from tests.unit.evm.support import ETHER, Chain, deposit, transfer
from tests.unit.evm.test_vm import authorize

pytestmark = pytest.mark.filterwarnings("ignore:SELFDESTRUCT")

CHAINS = int(os.environ.get("PYOPROLLUP_FUZZ", "12"))
FORKS = (Fork.BEDROCK, Fork.CANYON, Fork.HOLOCENE, Fork.JOVIAN, Fork.KARST)
LEVELS = {Fork.BEDROCK: 0, Fork.CANYON: 1, Fork.KARST: 3}

CONTRACTS = [Address(bytes([0x60 + number]) * 20) for number in range(5)]
FUSE = Address(b"\x70" * 20)
"""Destroys itself, for its caller; it has storage that goes with it."""
OUTSIDERS = [Address(b"\x99" * 20), Address(b"\x98" * 20)]
KEYS = [bytes([number]) * 32 for number in (1, 5, 6)]
DELEGATING = address_of(b"\x03" * 32)


class World:
    """A chain with random contracts, and transactions to them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.fork = FORKS[seed % len(FORKS)]
        self.level = LEVELS.get(self.fork, 2)
        self.nonces = dict.fromkeys(KEYS, 0)
        alloc = {address_of(key): Account(balance=ETHER) for key in KEYS}
        for index, address in enumerate(CONTRACTS):
            targets = [*CONTRACTS[index + 1 :], FUSE, *OUTSIDERS, DELEGATING]
            writer = Writer(self.rng, targets, self.level)
            storage = {slot: self.rng.randrange(3) for slot in range(6)}
            code = writer.code(self.rng.randrange(3, 12))
            alloc[address] = Account(balance=self.rng.randrange(50), code=code, storage=storage)
        alloc[FUSE] = Account(balance=7, code=b"\x33\xff", storage={1: 1})
        alloc[OUTSIDERS[0]] = Account(balance=1)
        self.chain = Chain.start(self.fork, alloc)

    def transactions(self) -> list[bytes]:
        made = [deposit(to=self.rng.choice(CONTRACTS), gas=400_000, data=self.rng.randbytes(40))]
        return made + [self.transaction() for _ in range(4)]

    def transaction(self) -> bytes:
        rng = self.rng
        key = rng.choice(KEYS)
        nonce = self.nonces[key]
        self.nonces[key] += 1
        gas = rng.choice((600_000, 600_000, 600_000, rng.randrange(90_000, 200_000)))
        data = rng.randbytes(rng.randrange(100))
        kind = rng.randrange(8)
        target: Address | None = rng.choice((*CONTRACTS, DELEGATING, OUTSIDERS[1]))
        if kind == 0:
            target, data = None, Writer(rng, CONTRACTS, self.level).code(4, push(20) + push(3) + b"\xf3")
        fields = {"key": key, "gas": gas, "to": target, "data": data, "value": rng.randrange(4)}
        if kind == 1 and self.fork >= Fork.ISTHMUS:
            choices = (authorize(rng.choice(CONTRACTS), nonce=rng.randrange(3)), authorize(CONTRACTS[0]))
            fields |= {"type": SET_CODE_TX_TYPE, "authorization_list": rng.choices(choices, k=2)}
        if kind == 2:
            keys = tuple(Hash32(slot.to_bytes(32, "big")) for slot in range(3))
            fields["access_list"] = (AccessTuple(rng.choice(CONTRACTS), keys),)
        return transfer(nonce, **fields)  # type: ignore[arg-type]


def compare(world: World, seed: int) -> list[int]:
    """Execute a block by both interpreters; returns the statuses of its transactions."""
    transactions = world.transactions()
    chain = world.chain
    ours, reference = (chain.build(*transactions, open_state=which) for which in INTERPRETERS.values())
    for index, (got, expected) in enumerate(zip(ours.receipts, reference.receipts, strict=True)):
        assert got == expected, f"seed {seed}, transaction {index}"
    assert ours.header == reference.header, f"seed {seed}"
    assert reachable(ours, reference, chain)
    chain.append(ours)
    return [receipt.status for receipt in ours.receipts]


def reachable(ours: ExecutedBlock, reference: ExecutedBlock, chain: Chain) -> bool:
    """Whether we write all that is new in the state; py-evm's also has nodes of in between."""
    new = {key: value for key, value in ours.writes.items() if key not in chain.store}
    return all(reference.writes.get(key, value) == value for key, value in new.items()) and all(
        walk(Overlay({**chain.store, **ours.writes}), ours.header.state_root)
    )


def walk(overlay: Overlay, root: Hash32) -> list[bool]:
    """Look at everything that may have changed; raises if a node is missing."""
    flat, reference = FlatAccountDB(overlay, root), OracleAccountDB(overlay, root)
    seen = []
    for address in (*CONTRACTS, FUSE, *OUTSIDERS, DELEGATING, *map(address_of, KEYS)):
        seen.append(flat.get_code(address) == reference.get_code(address))
        seen += [flat.get_storage(address, n) == reference.get_storage(address, n) for n in range(6)]
    return seen


def test_blocks_are_equal() -> None:
    statuses: list[int] = []
    for seed in range(CHAINS):
        world = World(seed)
        for _ in range(3):
            statuses += compare(world, seed)
    print(f"{sum(statuses)} of {len(statuses)} transactions succeeded")
    assert sum(statuses) * 2 >= len(statuses), f"{sum(statuses)} of {len(statuses)} succeeded"


@pytest.mark.parametrize(("left", "status"), [(2300, 0), (2301, 1)])
def test_sstore_needs_more_than_the_stipend(left: int, status: int) -> None:
    chain = Chain.start(Fork.JOVIAN, {CONTRACTS[0]: Account(code=bytes.fromhex("5f5f55"))})
    raw = transfer(to=CONTRACTS[0], value=0, gas=21_004 + left)
    ours, reference = (chain.build(raw, open_state=which) for which in INTERPRETERS.values())
    assert ours.header == reference.header
    assert ours.receipts[0].status == status


def test_a_revert_undoes_transient_storage() -> None:
    """The contract calls itself; inside, it sets transient storage and reverts. It stores what is left."""
    code = bytes.fromhex("36601657 5f5f60015f5f305af150 5f5c6001015f5500 5b60075f5d5f5ffd")
    chain = Chain.start(Fork.JOVIAN, {CONTRACTS[0]: Account(code=code)})
    raw = transfer(to=CONTRACTS[0], value=0)
    ours, reference = (chain.build(raw, open_state=which) for which in INTERPRETERS.values())
    assert ours.header == reference.header
    chain.append(ours)
    assert FlatAccountDB(Overlay(chain.store), chain.head.state_root).get_storage(CONTRACTS[0], 0) == 1


def test_missing_state_is_named() -> None:
    """Without one entry of the store, the block is either the same or that entry is named."""
    world = World(3)
    chain, transactions = world.chain, world.transactions()
    whole = chain.build(*transactions)
    missed = 0
    for key in list(chain.store):
        store = {other: value for other, value in chain.store.items() if other != key}
        try:
            assert replace(chain, store=store).build(*transactions).hash == whole.hash
        except MissingStateError as exc:
            assert exc.key == key
            missed += 1
    assert missed > 10
