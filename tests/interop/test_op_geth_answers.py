"""Asks op-geth and our engine the same, above all what they have to refuse, and compares the answers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.engine.errors import BlockNotFound, EngineRpcError
from pyoprollup.engine.ports import (
    EngineAPI,
    ExecutePayloadStatus,
    ForkchoiceState,
    PayloadInfo,
    PayloadStatus,
)
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.eth.withdrawals import Withdrawal
from pyoprollup.evm.block import build_block
from pyoprollup.evm.genesis import Account
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store.memory import MemoryStore
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time
from tests.interop.evm_asm import deployment
from tests.interop.evm_blocks import BlockMaker, sender_nonces
from tests.interop.evm_chain import SENDERS, TestChain, make_chain, schedule
from tests.interop.evm_mutations import mutations
from tests.interop.evm_transactions import TransactionMaker
from tests.interop.op_geth import running_op_geth

pytestmark = [pytest.mark.go, pytest.mark.slow]

FORKS = [fork for fork in Fork if fork <= Fork.JOVIAN and fork not in (Fork.REGOLITH, Fork.DELTA, Fork.FJORD)]
NO_ACCOUNTS: Mapping[Address, Account] = {}
NOWHERE = Hash32(b"\x05" * 32)


@dataclass
class Both:
    """The two engines, on one chain."""

    chain: TestChain
    theirs: EngineAPI
    ours: EngineAPI

    def extend(self, maker: BlockMaker) -> ExecutionPayloadEnvelope:
        """A new head for both."""
        envelope = self.next_block(maker)
        for engine in (self.theirs, self.ours):
            assert engine.new_payload(envelope).status is ExecutePayloadStatus.VALID
            forkchoice = ForkchoiceState(envelope.payload.block_hash, ZERO_HASH, ZERO_HASH)
            assert (
                engine.forkchoice_updated(forkchoice, None).payload_status.status
                is ExecutePayloadStatus.VALID
            )
        self.chain.head = envelope.payload.header(envelope.parent_beacon_block_root)
        return envelope

    def next_block(self, maker: BlockMaker) -> ExecutionPayloadEnvelope:
        plan, chain = maker.plan(), self.chain
        block = build_block(chain.config, chain.head, plan.attributes, chain.store, plan.candidates)
        chain.keep(block)
        return block.envelope


@contextmanager
def both(program: Path, first: Fork, accounts: Mapping[Address, Account] = NO_ACCOUNTS) -> Iterator[Both]:
    """With ``first`` active from the start, no other fork to come, and more accounts than usual."""
    times = {fork: at for fork, at in schedule(first, 1).items() if fork <= first}
    chain = make_chain(times, accounts=accounts)
    with running_op_geth(program, chain) as peer:
        ours = InProcessEngine.from_genesis(chain.config, chain.genesis_json, MemoryStore())
        yield Both(chain, peer.engine, ours)


def transaction_maker(chain: TestChain, seed: object) -> TransactionMaker:
    rules = chain.config.rules_at_l2(L2Time(chain.head.time))
    return TransactionMaker(random.Random(repr(seed)), rules, chain.head, 30_000_000, sender_nonces(chain))


def new_payload(engine: EngineAPI, envelope: ExecutionPayloadEnvelope) -> PayloadStatus | int:
    """The answer, or an error's code."""
    try:
        return engine.new_payload(envelope)
    except EngineRpcError as exc:
        return exc.code


def same(theirs: PayloadStatus | int, ours: PayloadStatus | int) -> bool:
    """op-geth leaves the last valid hash out of its answer if it has not come to ask for the parent."""
    if isinstance(theirs, int) or isinstance(ours, int):
        return theirs == ours
    same_hash = theirs.latest_valid_hash in (None, ours.latest_valid_hash)
    return theirs.status is ours.status and same_hash


def lenient(name: str, theirs: PayloadStatus | int, rules: Rules) -> bool:
    """op-geth takes any blob gas used before Jovian; the specification knows only 0."""
    valid = isinstance(theirs, PayloadStatus) and theirs.status is ExecutePayloadStatus.VALID
    return name == "blob gas used" and not rules.da_footprint and valid


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_changed_blocks(op_geth: Path, fork: Fork) -> None:
    """Each is wrong in one place, and its hash right; a few happen to be as good as the original."""
    verdicts: Counter[str] = Counter()
    differences = []
    with both(op_geth, fork) as engines:
        maker = BlockMaker(engines.chain, ("changed", fork))
        for number in range(4):
            parent = engines.chain.head
            envelope = engines.next_block(maker)
            rules = engines.chain.config.rules_at_l2(L2Time(parent.time))
            seen = mutations(envelope, parent, rules, transaction_maker(engines.chain, (fork, number)))
            for name, changed in seen:
                theirs, ours = new_payload(engines.theirs, changed), new_payload(engines.ours, changed)
                if not same(theirs, ours) and not lenient(name, theirs, rules):
                    differences.append(f"block {number + 1}, {name}: op-geth {theirs}, ours {ours}")
                verdicts["error" if isinstance(ours, int) else ours.status.value] += 1
            engines.extend(maker)
    assert not differences, "\n".join(differences)
    assert verdicts["INVALID"] >= 150


# --- blocks that no rollup node asks for


def plain_attributes(chain: TestChain) -> PayloadAttributes:
    """Attributes whose only transaction is the L1 attributes transaction."""
    attributes = BlockMaker(chain, "plain").plan().attributes
    first = attributes.transactions[:1]
    return replace(attributes, transactions=first, no_tx_pool=True, gas_limit=30_000_000)


def unusual_transactions(chain: TestChain, l1_attributes: bytes) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    info = DepositTransaction.decode(l1_attributes)
    plain = replace(info, from_=FROM, to=Address(b"\x99" * 20), gas=100_000, is_system=False, data=b"")
    user = transaction_maker(chain, "unusual").make()
    create = {"to": None, "data": deployment(b"\0")}

    def deposit(**changes: Any) -> bytes:
        return replace(plain, **changes).encode()

    yield "without anything else", (l1_attributes,)
    yield "a user's transaction before a deposit", (l1_attributes, user, deposit())
    yield "no L1 attributes: nothing", ()
    yield "no L1 attributes: a user's transaction", (user,)
    yield "no L1 attributes: not the first", (user, l1_attributes)
    yield "no L1 attributes: a deposit", (deposit(), user)
    yield "no L1 attributes: other selector", (replace(info, data=bytes(4) + info.data[4:]).encode(), user)
    yield "no L1 attributes: too short", (replace(info, data=info.data[:-1]).encode(), user)
    yield "system deposit", (l1_attributes, deposit(is_system=True))
    yield "system deposit without bounds", (l1_attributes, deposit(is_system=True, gas=2**63))
    for gas in (30_000_000, 30_000_001, 29_500_000, 2**64 - 1, 0, 21_000):
        yield f"deposit with {gas} gas", (l1_attributes, deposit(gas=gas), user)
    for mint in (2**128, 2**256 - 1, 2**256):
        yield f"mint of {mint}", (l1_attributes, deposit(mint=mint))
    most = 2**256 - 1
    yield "mint beyond all bounds", (l1_attributes, deposit(mint=most), deposit(mint=5), user)
    yield "balance beyond all bounds", (l1_attributes, deposit(mint=most, value=most, to=SENDERS[1]))
    yield "value of 2**256", (l1_attributes, deposit(value=2**256, mint=7), user)
    # EIP-7610: a creation where there is nothing but storage.
    yield "creation where there is storage", (l1_attributes, deposit(**create), user)


FROM = Address(b"\x77" * 20)
CREATED = Address(keccak256(b"\xd6\x94" + FROM + b"\x80")[12:])


def block_of(
    engine: EngineAPI, head: Hash32, attributes: PayloadAttributes
) -> ExecutionPayloadEnvelope | int:
    """The block that the engine builds, or an error's code."""
    try:
        answer = engine.forkchoice_updated(ForkchoiceState(head, ZERO_HASH, ZERO_HASH), attributes)
    except EngineRpcError as exc:
        return exc.code
    assert answer.payload_id is not None
    return engine.get_payload(PayloadInfo(answer.payload_id, attributes.timestamp))


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_unusual_blocks(op_geth: Path, fork: Fork) -> None:
    with both(op_geth, fork, {CREATED: Account(storage={1: 2})}) as engines:
        base = plain_attributes(engines.chain)
        head = engines.chain.head.hash()
        for name, transactions in unusual_transactions(engines.chain, base.transactions[0]):
            attributes = replace(base, transactions=transactions)
            theirs = block_of(engines.theirs, head, attributes)
            ours = block_of(engines.ours, head, attributes)
            if fork is Fork.JOVIAN and name.startswith("no L1 attributes"):
                # op-geth reads the gas scalar of the DA footprint from them, ours (as the specification
                # also allows) from the contract. The rollup node takes no block without them.
                assert (theirs, type(ours)) == (-38003, ExecutionPayloadEnvelope), name
                continue
            assert theirs == ours, name
            if isinstance(ours, ExecutionPayloadEnvelope):
                answers = [engine.new_payload(ours).status for engine in (engines.theirs, engines.ours)]
                assert answers == [ExecutePayloadStatus.VALID] * 2, name


# --- forkchoice


def answer_to(
    engine: EngineAPI, state: ForkchoiceState, attributes: PayloadAttributes | None = None
) -> tuple[object, ...]:
    """A forkchoice update, in short, and where the labels are after it."""
    answer: tuple[object, ...]
    try:
        result = engine.forkchoice_updated(state, attributes)
        status = result.payload_status
        answer = status.status, status.latest_valid_hash, result.payload_id is not None
    except EngineRpcError as exc:
        answer = (exc.code,)
    return *answer, *(number_of(engine, label) for label in BlockLabel)


def number_of(engine: EngineAPI, label: BlockLabel) -> int | None:
    try:
        return engine.payload_by_label(label).payload.block_number
    except BlockNotFound:
        return None


def wrong_attributes(good: PayloadAttributes) -> Iterator[dict[str, Any]]:
    """Changes to attributes; which of them are wrong depends on the fork."""
    yield {}
    parent_time = good.timestamp - 2
    yield from ({"timestamp": time} for time in (0, parent_time, parent_time + 1))
    yield from ({"gas_limit": gas} for gas in (None, 0, 5000, 100_000, 2**63 - 1))
    withdrawal = Withdrawal(0, 0, Address(bytes(20)), 1)
    if good.withdrawals is not None:  # before Canyon, op-geth has no method for them
        yield from ({"withdrawals": withdrawals} for withdrawals in (None, (), (withdrawal,)))
        yield from ({"parent_beacon_block_root": root} for root in (None, ZERO_HASH))
    one = b"\0\0\0\1"
    for params in (None, b"", bytes(7), bytes(8), bytes(9), bytes(4) + one, one + bytes(4), one + one):
        yield {"eip1559_params": params}
    if good.min_base_fee is not None:  # op-geth does not mind one that comes too early
        yield from ({"min_base_fee": fee} for fee in (None, 0, 2**64 - 1))
    for raw in (b"", b"\5\6", b"\x7e", b"\xc0", b"\2\xc0", good.transactions[0][:-1]):
        yield {"transactions": (*good.transactions, raw)}


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_forkchoice(op_geth: Path, fork: Fork) -> None:
    with both(op_geth, fork) as engines:
        maker = BlockMaker(engines.chain, ("forkchoice", fork))
        hashes = [engines.chain.head.hash(), *(engines.extend(maker).payload.block_hash for _ in range(5))]
        good = plain_attributes(engines.chain)
        cases: list[tuple[ForkchoiceState, PayloadAttributes | None]]
        cases = [(ForkchoiceState(*labels), None) for labels in _labels(hashes)]
        newest = ForkchoiceState(hashes[5], ZERO_HASH, ZERO_HASH)
        cases += [(newest, replace(good, **changes)) for changes in wrong_attributes(good)]
        cases += [(ForkchoiceState(NOWHERE, ZERO_HASH, ZERO_HASH), good)]
        cases += [(ForkchoiceState(hashes[3], hashes[2], ZERO_HASH), good)]
        for state, attributes in cases:
            assert answer_to(engines.theirs, state, attributes) == answer_to(
                engines.ours, state, attributes
            ), (state, attributes)


def _labels(hashes: list[Hash32]) -> Iterator[tuple[Hash32, Hash32, Hash32]]:
    """Head, safe and finalized block.

    A safe block above a head that is an ancestor is left out: op-geth only asks that it is on the
    canonical chain, ours and the specification that it is on the chain of the head.
    """
    yield ZERO_HASH, ZERO_HASH, ZERO_HASH
    yield NOWHERE, hashes[1], hashes[1]
    yield hashes[5], ZERO_HASH, ZERO_HASH
    yield hashes[5], NOWHERE, ZERO_HASH
    yield hashes[5], ZERO_HASH, NOWHERE
    yield hashes[5], hashes[3], hashes[2]
    yield hashes[2], ZERO_HASH, ZERO_HASH
    yield hashes[4], hashes[4], hashes[3]
    yield hashes[5], hashes[2], hashes[1]
    yield hashes[5], hashes[1], hashes[4]
    yield hashes[0], hashes[0], hashes[0]
    yield hashes[5], ZERO_HASH, ZERO_HASH


@pytest.mark.parametrize("fork", [Fork.BEDROCK, Fork.JOVIAN], ids=lambda fork: fork.name)
def test_reorgs(op_geth: Path, fork: Fork) -> None:
    """Branches of three blocks, of which one after the other becomes the chain."""
    with both(op_geth, fork) as engines:
        chain, maker = engines.chain, BlockMaker(engines.chain, ("reorgs", fork))
        chance = random.Random(fork)
        heads = [chain.head]
        for _ in range(12):
            chain.head = chance.choice(heads[-4:])
            for _ in range(3):
                engines.extend(maker)
                heads.append(chain.head)
            state = ForkchoiceState(chance.choice(heads).hash(), ZERO_HASH, ZERO_HASH)
            assert answer_to(engines.theirs, state) == answer_to(engines.ours, state)
