"""One chain for two engines: its configuration and genesis block in both their forms.

Two kinds of it: with predeploys made for the tests, in any order of forks, and with the real predeploys
of the shared data, from Bedrock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Address, address_from_hex, bytes_from_hex, to_hex
from pyoprollup.evm.block import ExecutedBlock
from pyoprollup.evm.extra_data import chain_fee_params, encode_extra_data
from pyoprollup.evm.genesis import Account, genesis_block
from pyoprollup.evm.predeploys import BEACON_ROOTS, HISTORY_STORAGE, L1_BLOCK, MESSAGE_PASSER
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.execution_config import execution_config_json
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import upgrade_transactions
from tests.interop.evm_asm import CODES, CONTRACTS, L1_BLOCK_CODE
from tests.support import shared_json

CHAIN_ID = 902
BLOCK_TIME = 2
GENESIS_TIME = 1_700_000_000
GAS_LIMIT = 30_000_000
FEES = ChainOpConfig(6, 50, 250)

KEYS = {address_of(key): key for key in (keccak256(b"key %d" % i) for i in range(16))}
SENDERS = list(KEYS)
POOR, TIRED, CONTRACT_SENDER = SENDERS[-3:]
"""An account with little money, one whose nonce is used up, and one that has code."""
USUAL_SENDERS = SENDERS[:-3]


@dataclass
class TestChain:
    """A chain in memory: every block of it, and a store for our engine."""

    __test__ = False

    config: RollupConfig
    genesis_json: dict[str, Any]
    genesis: Header
    store: dict[bytes, bytes]
    upgrades: dict[Fork, tuple[bytes, ...]]
    head: Header = field(init=False)

    def __post_init__(self) -> None:
        self.head = self.genesis

    def append(self, block: ExecutedBlock) -> None:
        self.keep(block)
        self.head = block.header

    def keep(self, block: ExecutedBlock) -> None:
        self.store.update(block.writes)
        self.store[block.hash] = block.header.encode()


def schedule(first: Fork, blocks_per_fork: int, last: Fork = Fork.JOVIAN) -> dict[Fork, int]:
    """``first`` at genesis, then a fork after as many blocks each, to ``last``."""
    times = {fork: 0 for fork in Fork if Fork.BEDROCK < fork <= first}
    later = [fork for fork in Fork if first < fork <= last and fork is not Fork.DELTA]
    for i, fork in enumerate(later, 1):
        times[fork] = GENESIS_TIME + BLOCK_TIME * blocks_per_fork * i
    return times


def make_chain(
    times: Mapping[Fork, int],
    *,
    real_predeploys: bool = False,
    accounts: Mapping[Address, Account] | None = None,
) -> TestChain:
    """The chain at its genesis block, with ``accounts`` besides the usual ones.

    Tests with ``real_predeploys`` carry ``@pytest.mark.shared``.
    """
    named: dict[str, Any] = {fork.config_key: at for fork, at in times.items()}
    config = RollupConfig(block_time=BLOCK_TIME, l2_chain_id=CHAIN_ID, chain_op_config=FEES, **named)
    rules = config.rules_at_l2(L2Time(GENESIS_TIME))
    alloc = (
        _test_accounts()
        | dict(accounts or {})
        | (_real_predeploys() if real_predeploys else _own_predeploys(times))
    )
    assert config.chain_op_config is not None
    params = chain_fee_params(config.chain_op_config, rules)
    packed = params.denominator.to_bytes(4, "big") + params.elasticity.to_bytes(4, "big")
    extra = encode_extra_data(
        rules,
        config.chain_op_config,
        packed if rules.eip1559_params else None,
        0 if rules.min_base_fee else None,
    )
    genesis_json = {
        "config": execution_config_json(config),
        "nonce": "0x0",
        "timestamp": hex(GENESIS_TIME),
        "extraData": to_hex(extra),
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x0",
        "coinbase": "0x4200000000000000000000000000000000000011",
        "baseFeePerGas": hex(10**9),
        "alloc": {to_hex(address): _account_json(account) for address, account in alloc.items()},
    }
    genesis = genesis_block(genesis_json, rules)
    upgrades = {fork: upgrade_transactions(fork) for fork in Fork if fork < Fork.JOVIAN}
    upgrades[Fork.JOVIAN] = _jovian_upgrade() if real_predeploys else ()
    upgrades[Fork.KARST] = ()  # it is not in the package, and tests of execution do without
    return TestChain(config, genesis_json, genesis.header, dict(genesis.writes), upgrades)


def _account_json(account: Account) -> dict[str, Any]:
    storage = {to_hex(k.to_bytes(32, "big")): to_hex(v.to_bytes(32, "big"))
               for k, v in (account.storage or {}).items()}  # fmt: skip
    obj: dict[str, Any] = {"balance": hex(account.balance), "nonce": hex(account.nonce)}
    if account.code:
        obj["code"] = to_hex(account.code)
    if storage:
        obj["storage"] = storage
    return obj


def _test_accounts() -> dict[Address, Account]:
    accounts = {sender: Account(balance=10**33) for sender in USUAL_SENDERS}
    accounts[POOR] = Account(balance=10**15)
    accounts[TIRED] = Account(balance=10**33, nonce=2**64 - 1)
    accounts[CONTRACT_SENDER] = Account(balance=10**33, nonce=1, code=CODES["nothing"])
    for name, code in CODES.items():
        accounts[CONTRACTS[name]] = Account(balance=10**6, nonce=1, code=code, storage={0: 7, 1: 1})
    return accounts


def _own_predeploys(times: Mapping[Fork, int]) -> dict[Address, Account]:
    passer = Account(nonce=1, code=CODES["store"], storage={2**200: 1})
    accounts = {L1_BLOCK: Account(nonce=1, code=L1_BLOCK_CODE), MESSAGE_PASSER: passer}
    # What upgrade transactions would have deployed, had the chain gone through the forks.
    for fork, address in ((Fork.ECOTONE, BEACON_ROOTS), (Fork.ISTHMUS, HISTORY_STORAGE)):
        if times.get(fork) == 0:
            accounts[address] = Account(nonce=1, code=_system_contract(fork))
    return accounts


def _system_contract(fork: Fork) -> bytes:
    """Code of the system contract that a fork's upgrade transactions deploy."""
    for raw in upgrade_transactions(fork):
        tx = DepositTransaction.decode(raw)
        if tx.to is None and tx.data[2:9] == bytes.fromhex("8060095f395ff3"):
            return tx.data[9:]
    raise LookupError(fork)


def _real_predeploys() -> dict[Address, Account]:
    alloc = shared_json("real", "chains", "forks-1.json.gz")["alloc"]
    return {address_from_hex(key): Account.from_json(item) for key, item in alloc.items()}


def _jovian_upgrade() -> tuple[bytes, ...]:
    value = shared_json("real", "upgrades", "jovian.json")
    return tuple(bytes_from_hex(item["raw"]) for item in value["jovian"])
