"""The chains of a devnet: keys, both layers at genesis, and how users reach the contracts of L1."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from eth_abi.abi import encode

from pyoprollup.contracts import contract
from pyoprollup.devnet.options import DevnetOptions
from pyoprollup.engine.evm.genesis import Account, genesis_block
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32, to_hex
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config
from pyoprollup.rollup import ChainOpConfig, Fork, Genesis, RollupConfig, SystemConfig
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.time import L2Time

__all__ = ["DevnetChain", "Keys"]

ETHER = 10**18
_CHAIN_ID, _L1_CHAIN_ID = 901, 900
_GENESIS_TIME = 1_800_000_000
_SEQUENCING_WINDOW, _CHANNEL_TIMEOUT, _DRIFT = 60, 40, 600
_GAS_LIMIT = 30_000_000

PORTAL = Address(bytes.fromhex("de" * 18 + "0001"))
SYSTEM_CONFIG = Address(bytes.fromhex("de" * 18 + "0002"))
BATCH_INBOX = Address(bytes.fromhex("ff" + "00" * 17 + "0901"))
_L1_BLOCK = "4200000000000000000000000000000000000015"
_MESSAGE_PASSER = "4200000000000000000000000000000000000016"


@dataclass(frozen=True, slots=True)
class Keys:
    """Private keys, made from the seed."""

    users: tuple[bytes, ...]
    batcher: bytes
    sequencer: bytes
    """Signs gossip."""
    owner: bytes
    """May change the system configuration."""

    @classmethod
    def from_seed(cls, seed: int) -> Keys:
        def key(name: str) -> bytes:
            return keccak256(f"devnet {seed} {name}".encode())

        users = tuple(key(f"user {number}") for number in range(8))
        return cls(users, key("batcher"), key("sequencer"), key("owner"))


@dataclass(frozen=True, slots=True)
class DevnetChain:
    """Both layers at genesis."""

    config: RollupConfig
    l2_genesis: dict[str, Any]
    l1: EmbeddedL1
    keys: Keys

    @classmethod
    def make(cls, options: DevnetOptions) -> DevnetChain:
        """The chains that the options describe."""
        keys = Keys.from_seed(options.seed)
        l1 = EmbeddedL1(
            EmbeddedL1Config(chain_id=_L1_CHAIN_ID, genesis_time=_GENESIS_TIME, seed=options.seed),
            _l1_alloc(keys),
        )
        start = l1.head_block
        system = SystemConfig(address_of(keys.batcher), gas_limit=_GAS_LIMIT, **_fee_scalars(options))
        genesis = Genesis(BlockID(start.hash, 0), BlockID(ZERO_HASH, 0), _GENESIS_TIME, system)
        times: dict[str, Any] = {
            fork.config_key: _GENESIS_TIME + at for fork, at in options.forks.items() if fork
        }
        config = RollupConfig(
            **times,
            genesis=genesis,
            block_time=options.block_time,
            max_sequencer_drift=_DRIFT,
            seq_window_size=_SEQUENCING_WINDOW,
            channel_timeout=_CHANNEL_TIMEOUT,
            l1_chain_id=_L1_CHAIN_ID,
            l2_chain_id=_CHAIN_ID,
            batch_inbox_address=BATCH_INBOX,
            deposit_contract_address=PORTAL,
            l1_system_config_address=SYSTEM_CONFIG,
            chain_op_config=ChainOpConfig(6, 50, 250),
        )
        l2_genesis = _l2_genesis(config, keys)
        block = genesis_block(l2_genesis, config.rules_at_l2(L2Time(_GENESIS_TIME)))
        config = replace(config, genesis=replace(genesis, l2=BlockID(block.hash, 0)))
        return cls(config, l2_genesis, l1, keys)

    # --- what users do on L1

    def deposit(self, rng: random.Random) -> tuple[bytes, Transaction]:
        """A user brings money to L2, or has a message delivered there: the key, and what to sign."""
        key = rng.choice(self.keys.users)
        to = address_of(rng.choice(self.keys.users))
        value = rng.randrange(ETHER)
        data = rng.randbytes(rng.randrange(60))
        arguments = encode(
            ["address", "uint256", "uint64", "bool", "bytes"], [to, value // 2, 200_000, False, data]
        )
        return key, _l1_transaction(
            PORTAL, _selector("depositTransaction(address,uint256,uint64,bool,bytes)") + arguments, value
        )

    def system_config_change(self, rng: random.Random) -> tuple[bytes, Transaction]:
        """The owner sets another gas limit."""
        limit = _GAS_LIMIT + 1_000_000 * rng.randrange(1, 10)
        return self.keys.owner, _l1_transaction(
            SYSTEM_CONFIG, _selector("setGasLimit(uint64)") + encode(["uint64"], [limit])
        )


def _fee_scalars(options: DevnetOptions) -> dict[str, Any]:
    """What data on L1 costs, in the form of the first fork."""
    if options.forks.get(Fork.ECOTONE) == 0:
        return {"scalar": EcotoneScalars(1368, 810_949).encode()}
    overhead, scalar = (Hash32(number.to_bytes(32, "big")) for number in (188, 684_000))
    return {"overhead": overhead, "scalar": scalar}


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def _l1_transaction(to: Address, data: bytes, value: int = 0) -> Transaction:
    return Transaction(
        type=DYNAMIC_FEE_TX_TYPE,
        nonce=0,
        gas_price=50 * 10**9,
        gas_tip_cap=10**9,
        gas=400_000,
        to=to,
        value=value,
        data=data,
    )


def _l1_alloc(keys: Keys) -> dict[Address, Account]:
    rich = (*keys.users, keys.batcher, keys.owner)
    alloc = {address_of(key): Account(balance=10_000 * ETHER) for key in rich}
    system_config = contract("SystemConfig")
    alloc[PORTAL] = Account(nonce=1, code=contract("OptimismPortal").runtime)
    owner = int.from_bytes(address_of(keys.owner), "big")
    alloc[SYSTEM_CONFIG] = Account(
        nonce=1, code=system_config.runtime, storage={system_config.slots["owner"]: owner}
    )
    return alloc


def _l2_genesis(config: RollupConfig, keys: Keys) -> dict[str, Any]:
    rules = config.rules_at_l2(L2Time(_GENESIS_TIME))
    extra = b""
    if rules.eip1559_params:
        extra = bytes([rules.min_base_fee]) + (250).to_bytes(4, "big") + (6).to_bytes(4, "big")
        extra += bytes(8) if rules.min_base_fee else b""
    alloc: dict[str, Any] = {address_of(key).hex(): {"balance": hex(10_000 * ETHER)} for key in keys.users}
    one = to_hex(Hash32((1).to_bytes(32, "big")))
    alloc[_MESSAGE_PASSER] = {"balance": "0x0", "code": "0x00", "storage": {one: one}}
    alloc[_L1_BLOCK] = {"balance": "0x0", "code": to_hex(contract("L1Block").runtime)}
    return {
        "gasLimit": hex(_GAS_LIMIT),
        "timestamp": hex(_GENESIS_TIME),
        "extraData": to_hex(extra),
        "baseFeePerGas": hex(10**9),
        "alloc": alloc,
    }
