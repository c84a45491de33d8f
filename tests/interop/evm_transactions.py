"""Random transactions of users, most of them such that a block can include them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import SECP256K1_N, keccak256, sign
from pyoprollup.eth.headers import Header
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import AccessTuple, Authorization, Transaction
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32
from pyoprollup.evm.gas import floor_gas, intrinsic_gas
from pyoprollup.evm.predeploys import BEACON_ROOTS, HISTORY_STORAGE, L1_BLOCK, MESSAGE_PASSER
from pyoprollup.rollup.rules import Rules
from tests.interop.evm_asm import CODES, CONTRACTS, deployment
from tests.interop.evm_chain import CHAIN_ID, CONTRACT_SENDER, KEYS, POOR, TIRED, USUAL_SENDERS
from tests.interop.evm_precompile_inputs import PRECOMPILES, SLOW, precompile, precompile_input
from tests.interop.evm_programs import program

__all__ = ["LIMITS", "TransactionMaker", "word"]

TARGETS = (*USUAL_SENDERS[:4], *CONTRACTS.values(), *map(precompile, PRECOMPILES), L1_BLOCK, MESSAGE_PASSER)
_MAX_CODE, _MAX_INITCODE = 24_576, 49_152


def word(value: int | bytes) -> bytes:
    return value.rjust(32, b"\0") if isinstance(value, bytes) else value.to_bytes(32, "big")


@dataclass
class TransactionMaker:
    """Makes the transactions of one block; ``nonces`` is read from the state before it."""

    chance: random.Random
    rules: Rules
    parent: Header
    gas_limit: int
    nonces: dict[Address, int]
    created: list[Address] = field(default_factory=list)

    def make(self) -> bytes:
        """One that is probably fine."""
        tx, sender = self._make()
        self.nonces[sender] += 1
        return sign_transaction(tx, KEYS[sender], CHAIN_ID).encode()

    def make_bad(self) -> bytes:
        """One that no block may include here (if it is what it is meant to be)."""
        return self.chance.choice(_BAD)(self)

    def _make(self) -> tuple[Transaction, Address]:
        sender = self.chance.choice(USUAL_SENDERS)
        to, value, data, gas = self.chance.choices(_KINDS, _WEIGHTS)[0](self)
        return self.transaction(sender, to=to, value=value, data=data, gas=gas), sender

    def transaction(self, sender: Address, **fields: Any) -> Transaction:
        """An unsigned one, with a type, fees, and whatever else the type has."""
        chance = self.chance
        kind = chance.choice([0, 1, 2, 2, 2, 4] if self.rules.set_code_transactions else [0, 1, 2, 2])
        if kind == 4 and fields["to"] is None:
            kind = 2
        base_fee = self.parent.base_fee or 0
        fee_cap = base_fee * chance.choice([3, 4, 10]) + chance.choice([0, 1, 10**6, 10**9])
        tx = Transaction(
            type=kind,
            chain_id=CHAIN_ID if kind else 0,
            nonce=self.nonces[sender],
            gas_price=fee_cap,
            gas_tip_cap=chance.choice([0, 1, 10**6, fee_cap]) if kind >= 2 else 0,
            **fields,
        )
        if tx.gas_tip_cap > fee_cap:
            tx = replace(tx, gas_tip_cap=0)
        if kind:
            tx = replace(tx, access_list=self._access_list())
        if kind == 4:
            made = tuple(self._authorization(sender) for _ in range(chance.choice([1, 1, 2, 3])))
            tx = replace(tx, authorization_list=made)
        gas = min(self._enough_gas(tx), self.gas_limit)
        cap = self.rules.evm.tx_gas_cap
        if cap is not None:
            gas = cap if gas > cap or (chance.random() < 0.02 and cap <= self.gas_limit) else gas
        return replace(tx, gas=gas)

    def _enough_gas(self, tx: Transaction) -> int:
        """``tx.gas`` is meant for the execution alone; with what comes before it, and the floor."""
        evm, lists = self.rules.evm, (tx.access_list, len(tx.authorization_list))
        needed = intrinsic_gas(evm, tx.data, tx.to is None, *lists)
        return max(needed + tx.gas, floor_gas(evm, tx.data))

    def _access_list(self) -> tuple[AccessTuple, ...]:
        chance = self.chance
        if chance.random() < 0.5:
            return ()
        return tuple(
            AccessTuple(chance.choice(TARGETS), tuple(Hash32(word(i)) for i in range(chance.randrange(3))))
            for _ in range(chance.randrange(1, 4))
        )

    def _authorization(self, sender: Address) -> Authorization:
        chance = self.chance
        authority = chance.choice(USUAL_SENDERS[6:])
        # The sender's own nonce has gone up by the time that authorizations are looked at.
        nonce = self.nonces[authority] + (authority == sender)
        kind = chance.random()
        if kind < 0.75:
            self.nonces[authority] += 1
        elif kind < 0.85:
            nonce = max(0, nonce + chance.choice([-1, 1, 5, 2**64 - 1 - nonce]))
        chain_id = chance.choice([CHAIN_ID, CHAIN_ID, 0, 0, 0, CHAIN_ID + 1])
        names = ("store", "revert", "destruct", "create", "delegatecall", "environment", "nothing", "loop")
        targets = [CONTRACTS[name] for name in names]
        targets += [ZERO_ADDRESS, ZERO_ADDRESS, authority, precompile(4), precompile(0x100)]
        target = chance.choice([*targets, chance.choice(USUAL_SENDERS)])
        fields = (rlp.encode_uint(chain_id), b"\x94" + target, rlp.encode_uint(nonce))
        r, s, parity = sign(keccak256(b"\x05" + rlp.encode_list(fields)), KEYS[authority])
        odd = chance.random()
        if odd < 0.04:
            parity = chance.choice([1 - parity, 2, 27])
        elif odd < 0.08:
            s, parity = SECP256K1_N - s, 1 - parity
        elif odd < 0.1:
            r, s = chance.choice([(0, s), (r, 0), (2**256 - 1, s)])
        return Authorization(chain_id, target, nonce, parity, r, s)

    # --- what a transaction does: to, value, data, gas for the execution

    def _transfer(self) -> _Action:
        chance = self.chance
        fresh = Address(chance.randbytes(20))
        to = chance.choice([*USUAL_SENDERS, POOR, fresh, chance.choice(TARGETS)])
        return to, chance.choice([0, 1, 10**9, 10**18]), b"", chance.choice([0, 0, 100, 50_000])

    def _data(self) -> _Action:
        """Compressible and other data to somebody who does not care."""
        chance = self.chance
        size = chance.choice([1, 20, 100, 500, 2000, chance.choice([10_000, 40_000])])
        kind = chance.random()
        if kind < 0.4:
            data = chance.randbytes(size)
        elif kind < 0.7:
            data = (chance.randbytes(chance.randrange(1, 70)) * size)[:size]
        else:
            data = bytes(chance.choice([0, 0, 0, 1, 255, chance.randrange(256)]) for _ in range(size))
        return chance.choice([*USUAL_SENDERS, CONTRACTS["nothing"]]), 0, data, 1000

    def _random_init_code(self) -> _Action:
        return None, self.chance.choice([0, 0, 1]), program(self.chance, TARGETS), self._gas()

    def _deployment(self) -> _Action:
        """Good code, too large, empty, or not allowed."""
        chance = self.chance
        code = chance.choice(
            [
                program(chance, TARGETS),
                CODES["store"],
                b"",
                b"\xef\x00",
                b"\xef\x01\x00" + bytes(20),
                b"\x00" * chance.choice([_MAX_CODE, _MAX_CODE + 1]) if chance.random() < 0.2 else b"\xfe",
            ]
        )
        return None, 0, deployment(code), chance.choice([200 * len(code) + 5000, 200 * len(code), 20_000])

    def _program_call(self) -> _Action:
        """A random program, deployed a moment ago or a while ago, or nothing by now."""
        chance = self.chance
        to = chance.choice([*self.created[-20:], CONTRACTS["store"]])
        return to, chance.choice([0, 0, 1]), chance.randbytes(chance.randrange(100)), self._gas()

    def _contract(self) -> _Action:
        chance = self.chance
        name = chance.choice(list(CONTRACTS))
        data = chance.randbytes(chance.choice([0, 4, 32, 100]))
        if name == "store":
            slots = [(chance.randrange(6), chance.choice([0, 0, 1, 2, 2**255])) for _ in range(12)]
            data = b"".join(word(slot) + word(value) for slot, value in slots[: chance.randrange(1, 13)])
        elif name == "destruct":
            data = word(chance.choice([*USUAL_SENDERS, CONTRACTS["destruct"], Address(chance.randbytes(20))]))
        elif name in ("create", "create2"):
            data = program(chance, TARGETS, chance.randrange(1, 20))
            data = data if chance.random() < 0.5 else deployment(data)
            data = data if name == "create" else word(chance.randrange(4)) + data
        elif name == "environment":
            back = chance.choice([0, 1, 2, 3, 20, 255, 256, 257, 2**64])
            data = word(back) + word(chance.choice(TARGETS))
        elif name.startswith("oversized"):
            data = word(chance.choice([49_152, 49_153])) + word(chance.choice([0, 1, 10**30]))
        elif name == "zeros of words":
            data = b"".join(word(chance.getrandbits(256) >> chance.randrange(257)) for _ in range(5))
        elif name == "ask":
            data = self._question()
        gas = chance.choice([3000, 100_000]) if name == "loop" else self._gas()
        return CONTRACTS[name], chance.choice([0, 0, 0, 1, 10**18]), data, gas

    def _question(self) -> bytes:
        chance = self.chance
        if chance.random() < 0.5:
            number = max(0, self.parent.number - chance.choice([0, 1, 2, 50, 255, 8190, 8191]))
            return word(HISTORY_STORAGE) + word(number)
        return word(BEACON_ROOTS) + word(self.parent.time + 2 - 2 * chance.randrange(4))

    def _nested_call(self) -> _Action:
        """Calls through up to three contracts that call."""
        chance = self.chance
        to: Address = chance.choice(TARGETS)
        data = (
            word(chance.choice(TARGETS)) + word(chance.randrange(4)) + chance.randbytes(chance.randrange(60))
        )
        for _ in range(chance.randrange(1, 4)):
            gas = chance.choice([0, 2300, 50_000, 2**63, 2**256 - 1])
            value = chance.choice([0, 0, 1, 10**6 + 1])
            data = word(gas) + word(to) + word(value) + data
            to = CONTRACTS[chance.choice(["call", "callcode", "delegatecall", "staticcall"])]
        return to, chance.choice([0, 1]), data, self._gas()

    def _precompile(self) -> _Action:
        chance = self.chance
        number = chance.choice(PRECOMPILES)
        if number in SLOW and chance.random() < 0.4:
            number = 4
        data = precompile_input(chance, number)
        gas = chance.choice([300_000, 300_000, 300_000, 20_000, 3450, 6900, 500])
        if chance.random() < 0.3:
            return precompile(number), 0, data, gas
        through = CONTRACTS[chance.choice(["call", "staticcall", "delegatecall"])]
        return through, 0, word(gas) + word(precompile(number)) + word(0) + data, gas + 100_000

    def _limits(self) -> _Action:
        """As many zero bytes as a precompile takes, or one element more or less. Costs millions of gas."""
        chance = self.chance
        number, size, unit = chance.choice(LIMITS)
        size += unit * chance.choice([0, 0, 1, -1])
        if self.gas_limit < 25_000_000:
            size = unit * chance.randrange(20)
        data = word(precompile(number)) + word(24_000_000) + word(size)
        return CONTRACTS["zeros"], 0, data, 25_000_000 if self.gas_limit > 25_100_000 else 800_000

    def _gas(self) -> int:
        return self.chance.choice([50_000, 100_000, 200_000, 500_000, self.chance.randrange(60_000)])

    # --- bad ones

    def _usual(self, sender: Address, **changes: Any) -> Transaction:
        base = self.transaction(sender, to=USUAL_SENDERS[0], value=0, data=b"", gas=10_000)
        return replace(base, **changes)

    def _signed(self, sender: Address | None = None, **changes: Any) -> bytes:
        sender = self.chance.choice(USUAL_SENDERS) if sender is None else sender
        return sign_transaction(self._usual(sender, **changes), KEYS[sender], CHAIN_ID).encode()

    def _wrong_nonce(self) -> bytes:
        sender = self.chance.choice(USUAL_SENDERS)
        nonce = self.nonces[sender] + self.chance.choice([1, 2, 2**40, -1, -2])
        return self._signed(sender, nonce=max(0, nonce) if nonce >= 0 else 7)

    def _wrong_chain(self) -> bytes:
        sender = self.chance.choice(USUAL_SENDERS)
        other = self.chance.choice([1, CHAIN_ID + 1, 10])
        tx = self._usual(sender)
        return sign_transaction(replace(tx, chain_id=other if tx.type else 0), KEYS[sender], other).encode()

    def _low_gas(self) -> bytes:
        sender = self.chance.choice(USUAL_SENDERS)
        tx = self._usual(sender, data=self.chance.choice([b"", b"\1" * 50, bytes(5000), b"\7" * 3000]))
        evm, lists = self.rules.evm, (tx.access_list, len(tx.authorization_list))
        needed = max(intrinsic_gas(evm, tx.data, False, *lists), floor_gas(evm, tx.data))
        gas = needed - self.chance.choice([1, 1, 100, 21_000])
        return sign_transaction(replace(tx, gas=gas), KEYS[sender], CHAIN_ID).encode()

    def _low_fee(self) -> bytes:
        return self._signed(gas_price=(self.parent.base_fee or 0) // 3, gas_tip_cap=0)

    def _tip_above_fee(self) -> bytes:
        sender = self.chance.choice(USUAL_SENDERS)
        tx = self._usual(sender)
        if tx.type < 2:
            tx = replace(tx, type=2, chain_id=CHAIN_ID)
        tx = replace(tx, gas_tip_cap=tx.gas_price + 1)
        return sign_transaction(tx, KEYS[sender], CHAIN_ID).encode()

    def _too_poor(self) -> bytes:
        return self._signed(POOR, gas=100_000, gas_price=10**11 + (self.parent.base_fee or 0) * 3)

    def _value_too_large(self) -> bytes:
        return self._signed(value=self.chance.choice([10**40, 2**256 - 1]))

    def _too_much_gas(self) -> bytes:
        return self._signed(gas=self.gas_limit + self.chance.choice([0, 1]), gas_price=10**20, gas_tip_cap=0)

    def _gas_above_cap(self) -> bytes:
        """Since Karst; before, it is fine if the block has room."""
        return self._signed(gas=min(2**24 + self.chance.choice([1, 2, 10**6]), self.gas_limit + 1))

    def _sender_with_code(self) -> bytes:
        return self._signed(CONTRACT_SENDER)

    def _nonce_used_up(self) -> bytes:
        return self._signed(TIRED)

    def _large_init_code(self) -> bytes:
        sender = self.chance.choice(USUAL_SENDERS)
        size = _MAX_INITCODE + 1
        tx = self._usual(sender, type=2, chain_id=CHAIN_ID, authorization_list=(), to=None, data=bytes(size))
        tx = replace(tx, gas=min(900_000, self.gas_limit))
        return sign_transaction(tx, KEYS[sender], CHAIN_ID).encode()

    def _blob(self) -> bytes:
        hashes = (Hash32(b"\x01" + bytes(31)),)
        fields = {"authorization_list": (), "blob_fee_cap": 10, "blob_versioned_hashes": hashes}
        return self._signed(type=3, chain_id=CHAIN_ID, **fields)

    def _set_code(self) -> bytes:
        """Without authorizations; or of a type that is not there yet."""
        some = () if self.rules.set_code_transactions else (self._authorization(USUAL_SENDERS[0]),)
        return self._signed(type=4, chain_id=CHAIN_ID, authorization_list=some, gas=200_000)

    def _signature(self) -> bytes:
        sender = self.chance.choice(USUAL_SENDERS)
        tx = sign_transaction(self._usual(sender), KEYS[sender], CHAIN_ID)
        kind = self.chance.randrange(3)
        if kind == 0:
            parity = 1 - tx.v if tx.type else tx.v + (1 if tx.v % 2 else -1)
            tx = replace(tx, s=SECP256K1_N - tx.s, v=parity)
        else:
            tx = replace(tx, r=0) if kind == 1 else replace(tx, s=0)
        return tx.encode()

    def _huge_fee(self) -> bytes:
        return self._signed(type=2, chain_id=CHAIN_ID, gas_price=2**256, authorization_list=())

    def _garbage(self) -> bytes:
        sender = self.chance.choice(USUAL_SENDERS)
        raw = bytearray(self._signed(sender))
        kind = self.chance.randrange(4)
        if kind == 0:
            return bytes(raw[:-1])
        if kind == 1:
            return bytes(raw) + b"\0"
        if kind == 2:
            return bytes([self.chance.choice([5, 6, 0x7D, 0x7F])]) + bytes(raw[1:])
        return b""


_Action = tuple[Address | None, int, bytes, int]

LIMITS = [
    (8, 112_687 // 192 * 192, 192),
    (8, 81_984, 192),
    (8, 57_600, 192),
    (0x0C, 513_760, 160),
    (0x0C, 288_960, 160),
    (0x0E, 488_448, 288),
    (0x0E, 278_784, 288),
    (0x0F, 235_008, 384),
    (0x0F, 156_672, 384),
]
"""Precompiles, how much input they take in some fork, and the size of an element of it."""

_M = TransactionMaker
_CHOICES: list[tuple[Callable[[TransactionMaker], _Action], float]] = [
    (_M._transfer, 12),
    (_M._data, 8),
    (_M._random_init_code, 22),
    (_M._deployment, 8),
    (_M._program_call, 15),
    (_M._contract, 26),
    (_M._nested_call, 12),
    (_M._precompile, 16),
    (_M._limits, 1),
]
_KINDS = [kind for kind, _ in _CHOICES]
_WEIGHTS = [weight for _, weight in _CHOICES]
_BAD: list[Callable[[TransactionMaker], bytes]] = [
    _M._wrong_nonce,
    _M._wrong_chain,
    _M._low_gas,
    _M._low_fee,
    _M._tip_above_fee,
    _M._too_poor,
    _M._value_too_large,
    _M._too_much_gas,
    _M._gas_above_cap,
    _M._sender_with_code,
    _M._nonce_used_up,
    _M._large_init_code,
    _M._blob,
    _M._set_code,
    _M._signature,
    _M._huge_fee,
    _M._garbage,
]
