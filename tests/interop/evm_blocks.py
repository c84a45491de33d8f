"""Random blocks: attributes with an L1 attributes transaction, upgrades, deposits; and transactions."""

from __future__ import annotations

import random
from dataclasses import dataclass

from pyoprollup.derive.l1_info import (
    L1_BLOCK_ADDRESS,
    L1_INFO_DEPOSITER_ADDRESS,
    REGOLITH_SYSTEM_TX_GAS,
    SYSTEM_TX_GAS,
    L1BlockInfo,
)
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.evm.predeploys import SEQUENCER_FEE_VAULT
from pyoprollup.evm.store import Overlay
from pyoprollup.evm.vm import open_state
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time
from tests.interop.evm_asm import CONTRACTS, deployment
from tests.interop.evm_chain import BLOCK_TIME, CHAIN_ID, CONTRACT_SENDER, SENDERS, TestChain
from tests.interop.evm_precompile_inputs import PRECOMPILES, precompile
from tests.interop.evm_programs import program
from tests.interop.evm_transactions import TARGETS, TransactionMaker, word

_U32, _U64 = 2**32 - 1, 2**64 - 1


@dataclass(frozen=True)
class Plan:
    """Inputs of one block; the candidates are for a pool, and not all of them are good."""

    attributes: PayloadAttributes
    candidates: tuple[bytes, ...]


def sender_nonces(chain: TestChain) -> dict[Address, int]:
    """Nonces of all senders in the state of the head."""
    rules = chain.config.rules_at_l2(L2Time(chain.head.time))
    overlay, root = Overlay(chain.store), chain.head.state_root
    state = open_state(rules.evm, overlay, root, chain.head, CHAIN_ID, lambda _: b"")
    return {sender: state.get_nonce(sender) for sender in SENDERS}


class BlockMaker:
    """Plans the next block of ``chain``, from its head."""

    def __init__(self, chain: TestChain, seed: object) -> None:
        self.chain = chain
        self.chance = random.Random(repr(seed))
        self.created: list[Address] = []
        self.gas_limit = 30_000_000
        self.fee_params = bytes(8)
        self.min_base_fee = 0
        self.footprint_scalar = 400
        self.crowded = False
        self.tame = False
        """No fees of L1 that nobody can pay. op-geth's pool crashes at them, and stays locked."""

    def plan(self) -> Plan:
        chance, config, parent = self.chance, self.chain.config, self.chain.head
        time = L2Time(parent.time + BLOCK_TIME)
        rules = config.rules_at_l2(time)
        self._vary(rules)
        activations = config.schedule.activations(time)
        forced = [self._l1_attributes(rules, time)]
        deposits = chance.choice([0, 0, 0, 1, 2, 3])
        if activations:
            self.gas_limit = max(self.gas_limit, 20_000_000)
        forced += [self._deposit(rules) for _ in range(deposits)]
        for fork in activations:
            forced += self.chain.upgrades[fork]
        attributes = PayloadAttributes(
            timestamp=time,
            prev_randao=Hash32(chance.randbytes(32)),
            suggested_fee_recipient=chance.choice(
                [SEQUENCER_FEE_VAULT] * 3 + [SENDERS[0], Address(bytes(20))]
            ),
            withdrawals=() if rules.withdrawals else None,
            parent_beacon_block_root=Hash32(chance.randbytes(32)) if rules.parent_beacon_block_root else None,
            transactions=tuple(forced),
            no_tx_pool=False,
            gas_limit=self.gas_limit,
            eip1559_params=self.fee_params if rules.eip1559_params else None,
            min_base_fee=self.min_base_fee if rules.min_base_fee else None,
        )
        empty = config.schedule.forces_empty_block(time) or chance.random() < 0.1
        return Plan(attributes, () if empty else self._candidates(rules))

    def learn(self, block: ExecutedBlock) -> None:
        """Take note of the contracts that the block created."""
        for receipt in block.receipts:
            self.created += [log.address for log in receipt.logs if log.address not in CONTRACTS.values()][:1]
        del self.created[:-50]

    def _vary(self, rules: Rules) -> None:
        """Parameters of the chain change now and then, and not by little."""
        chance = self.chance
        if chance.random() < 0.1:
            self.gas_limit = chance.choice([2_000_000, 3_000_000, 5_000_000, 30_000_000, 60_000_000])
            self.crowded = self.gas_limit < 4_000_000 and chance.random() < 0.5
        if chance.random() < 0.1:
            denominator, elasticity = chance.choice([1, 8, 50, 250, _U32]), chance.choice([1, 2, 6, 10])
            both = denominator.to_bytes(4, "big") + elasticity.to_bytes(4, "big")
            self.fee_params = chance.choice([bytes(8), both])
        if chance.random() < 0.1:
            self.min_base_fee = chance.choice([0, 0, 1, 10**6, 10**9, 10**11])
        if (self.chain.head.base_fee or 0) > 10**15:
            self.fee_params, self.min_base_fee = (1).to_bytes(4, "big") + (1).to_bytes(4, "big"), 0
            self.gas_limit = 60_000_000

    def _l1_attributes(self, rules: Rules, time: L2Time) -> bytes:
        chance = self.chance
        if chance.random() < 0.1:
            self.footprint_scalar = chance.choice([0, 1, 100, 400, 4000, 65_535])
        wild = chance.random() < 0.02 and not self.tame
        info = L1BlockInfo(
            number=chance.randrange(2**40),
            time=chance.randrange(2**40),
            base_fee=2**256 - 1 if wild else chance.choice([0, 1, 7 * 10**9, 10**12]),
            block_hash=keccak256(b"%d" % time),
            sequence_number=chance.randrange(5),
            batcher_addr=Address(chance.randbytes(20)),
            l1_fee_overhead=Hash32(word(chance.choice([0, 188, 2100]))),
            l1_fee_scalar=Hash32(word(chance.choice([0, 684_000, 10**6]))),
            blob_base_fee=chance.choice([0, 1, 10**9, 10**12]),
            base_fee_scalar=chance.choice([0, 1, 1368, 5_000_000, _U32 if wild else 0]),
            blob_base_fee_scalar=chance.choice([0, 1, 810_949, _U32 if wild else 0]),
            operator_fee_scalar=chance.choice([0, 0, 1, 10**6, _U32]),
            operator_fee_constant=chance.choice([0, 0, 5, 10**9, 2**63 if wild else 0]),
            da_footprint_gas_scalar=self.footprint_scalar,
        )
        system = rules.system_transactions
        return DepositTransaction(
            source_hash=keccak256(b"l1 %d" % time),
            from_=L1_INFO_DEPOSITER_ADDRESS,
            to=L1_BLOCK_ADDRESS,
            mint=None,
            value=0,
            gas=SYSTEM_TX_GAS if system else REGOLITH_SYSTEM_TX_GAS,
            is_system=system,
            data=info.encode(self.chain.config.schedule.l1_info_format(time)),
        ).encode()

    def _deposit(self, rules: Rules) -> bytes:
        """Of anybody to anything; much of it fails, but it is in the block."""
        chance = self.chance
        known = [*SENDERS[:6], CONTRACT_SENDER, CONTRACTS["nothing"], Address(chance.randbytes(20))]
        sender = chance.choice(known)
        data, to = (
            b"",
            chance.choice([*known, chance.choice(TARGETS), precompile(chance.choice(PRECOMPILES))]),
        )
        kind = chance.random()
        mint = chance.choice([None, 1, 10**18, 2**128 - 1])
        value = chance.choice([0, 1, mint or 0, (mint or 0) + 1, 10**18, 10**40])
        created = None
        if kind < 0.25:
            made = program(chance, TARGETS)
            data, created = chance.choice([made, deployment(made), b"", bytes(49_153)]), True
        elif kind < 0.5:
            data = chance.randbytes(chance.choice([1, 40, 200]))
        elif kind < 0.6:
            to, data = CONTRACTS["revert"], b"no"
        elif kind < 0.7 and self.created:
            to = chance.choice(self.created)
        gas = chance.choice([0, 20_000, 21_000, 22_000, 60_000, 100_000, 300_000])
        return DepositTransaction(
            source_hash=Hash32(chance.randbytes(32)),
            from_=sender,
            to=None if created else to,
            mint=mint,
            value=value,
            gas=gas,
            is_system=rules.system_transactions and chance.random() < 0.2,
            data=data,
        ).encode()

    def _candidates(self, rules: Rules) -> tuple[bytes, ...]:
        chance, chain = self.chance, self.chain
        nonces = sender_nonces(chain)
        maker = TransactionMaker(chance, rules, chain.head, self.gas_limit, nonces, self.created)
        count = chance.choice([1, 2, 3, 4, 6, 8]) + (20 if self.crowded else 0)
        return tuple(maker.make_bad() if chance.random() < 0.06 else maker.make() for _ in range(count))
