"""What happens before the first transaction of a block."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth.vm.forks.cancun.constants import BEACON_ROOTS_CONTRACT_CODE
from eth.vm.forks.prague.constants import HISTORY_STORAGE_CONTRACT_CODE

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32
from pyoprollup.eth.withdrawals import Withdrawal
from pyoprollup.evm.errors import BlockFault, InvalidBlock
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.predeploys import (
    BEACON_ROOTS,
    CREATE2_DEPLOYER,
    HISTORY_STORAGE,
    MESSAGE_PASSER,
    SYSTEM_ADDRESS,
)
from pyoprollup.evm.system_calls import create2_deployer_code
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import SENDER, Chain, config, transfer
from tests.unit.evm.test_transactions import state_of

ALLOC = {
    BEACON_ROOTS: Account(nonce=1, code=BEACON_ROOTS_CONTRACT_CODE),
    HISTORY_STORAGE: Account(nonce=1, code=HISTORY_STORAGE_CONTRACT_CODE),
    MESSAGE_PASSER: Account(nonce=1, code=b"\x00", storage={1: 2}),
}
ROOT = Hash32(b"\x21" * 32)


def test_beacon_root_and_parent_hash_are_kept() -> None:
    chain = Chain.start(Fork.ISTHMUS, ALLOC)
    parent = chain.head
    block = chain.extend(parent_beacon_block_root=ROOT)
    state, time = state_of(chain), block.header.time
    assert state.get_storage(BEACON_ROOTS, time % 8191) == time
    assert state.get_storage(BEACON_ROOTS, time % 8191 + 8191) == int.from_bytes(ROOT, "big")
    assert state.get_storage(HISTORY_STORAGE, 0) == int.from_bytes(parent.hash(), "big")
    assert not state.account_exists(SYSTEM_ADDRESS)


def test_no_contract_no_call() -> None:
    chain = Chain.start(Fork.ISTHMUS)
    assert chain.extend(parent_beacon_block_root=ROOT).header.state_root == chain.head.state_root


def test_parent_hash_only_from_isthmus() -> None:
    chain = Chain.start(Fork.HOLOCENE, ALLOC)
    chain.extend(parent_beacon_block_root=ROOT)
    assert state_of(chain).get_storage(HISTORY_STORAGE, 0) == 0


def test_create2_deployer_appears_with_canyon() -> None:
    chain = Chain.start(Fork.REGOLITH)
    chain.config = replace(config(Fork.REGOLITH), canyon_time=chain.head.time + 3)
    chain.extend()
    assert state_of(chain).get_code(CREATE2_DEPLOYER) == b""
    chain.extend()
    assert state_of(chain).get_code(CREATE2_DEPLOYER) == create2_deployer_code()
    code_hash = "b0550b5b431e30d38000efb7107aaa0ade03d48a7198a140edda9d27134468b2"
    assert keccak256(create2_deployer_code()).hex() == code_hash


def test_create2_deployer_is_not_forced_on_a_chain_born_with_canyon() -> None:
    chain = Chain.start(Fork.CANYON)
    chain.extend()
    assert state_of(chain).get_code(CREATE2_DEPLOYER) == b""


@pytest.mark.parametrize(
    "fork", [Fork.REGOLITH, Fork.CANYON, Fork.ECOTONE, Fork.HOLOCENE, Fork.ISTHMUS, Fork.JOVIAN]
)
def test_header_fields_of_each_fork(fork: Fork) -> None:
    chain = Chain.start(fork, ALLOC)
    header = chain.build(transfer()).header
    rules = chain.config.rules_at_l2(header.time)  # type: ignore[arg-type]
    state = state_of(chain)
    isthmus = fork >= Fork.ISTHMUS
    expected_root = state.storage_root(MESSAGE_PASSER) if isthmus else EMPTY_TRIE_ROOT
    assert header.withdrawals_root == (expected_root if fork >= Fork.CANYON else None)
    assert header.withdrawals_root != EMPTY_TRIE_ROOT or not isthmus
    assert header.requests_hash == (EMPTY_REQUESTS_HASH if isthmus else None)
    assert header.excess_blob_gas == (0 if fork >= Fork.ECOTONE else None)
    assert (header.parent_beacon_root is not None) == rules.parent_beacon_block_root
    assert len(header.extra_data) == {Fork.HOLOCENE: 9, Fork.ISTHMUS: 9, Fork.JOVIAN: 17}.get(fork, 0)


@pytest.mark.parametrize(
    ("fork", "changes", "fault"),
    [
        (Fork.ISTHMUS, {"gas_limit": None}, BlockFault.GAS_LIMIT),
        (Fork.ISTHMUS, {"gas_limit": 2**63}, BlockFault.GAS_LIMIT),
        (Fork.ISTHMUS, {"timestamp": 1000}, BlockFault.TIMESTAMP),
        (Fork.ISTHMUS, {"parent_beacon_block_root": None}, BlockFault.BEACON_ROOT),
        (Fork.CANYON, {"parent_beacon_block_root": ROOT}, BlockFault.BEACON_ROOT),
        (Fork.CANYON, {"withdrawals": (Withdrawal(0, 0, SENDER, 1),)}, BlockFault.WITHDRAWALS),
    ],
)
def test_attributes_that_no_block_has(fork: Fork, changes: dict[str, object], fault: BlockFault) -> None:
    with pytest.raises(InvalidBlock) as caught:
        Chain.start(fork).build(**changes)
    assert caught.value.fault is fault
