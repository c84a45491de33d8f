"""Small chains made up for a test, and the recorded blocks and chains of the shared data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.headers import Header
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction
from pyoprollup.eth.types import ZERO_HASH, Address, address_from_hex, bytes_from_hex
from pyoprollup.evm.block import ExecutedBlock, Execution, build_block
from pyoprollup.evm.genesis import Account, genesis_block, genesis_state
from pyoprollup.evm.predeploys import L1_BLOCK, SEQUENCER_FEE_VAULT
from pyoprollup.evm.state import OpenState
from pyoprollup.evm.vm import open_state
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.rules import Rules
from tests.support import shared_json

CHAIN_ID = 901
KEY = b"\x01" * 32
SENDER = address_of(KEY)
ETHER = 10**18
GENESIS_TIME = 1000

FEE_SLOTS = {
    1: 10**9,  # L1 base fee
    3: (2000 << 96) | (900_000 << 64),  # scalars
    5: 188,
    6: 684_000,
    7: 10**7,
    8: (400 << 96) | (7 << 64) | 11,  # DA footprint scalar, operator fee scalar and constant
}


def config(fork: Fork) -> RollupConfig:
    """A configuration in which everything up to ``fork`` is active from the start."""
    times = {f.config_key: 0 for f in Fork if Fork.BEDROCK < f <= fork}
    return RollupConfig(
        **times,  # type: ignore[arg-type]
        block_time=2,
        l2_chain_id=CHAIN_ID,
        chain_op_config=ChainOpConfig(6, 50, 250),
    )


def rules(fork: Fork) -> Rules:
    return config(fork).rules_at_l2(GENESIS_TIME)  # type: ignore[arg-type]


def genesis_extra_data(fork_rules: Rules) -> bytes:
    if not fork_rules.eip1559_params:
        return b""
    params = (250).to_bytes(4, "big") + (6).to_bytes(4, "big")
    return b"\x01" + params + bytes(8) if fork_rules.min_base_fee else b"\x00" + params


@dataclass
class Chain:
    """A chain that grows by :meth:`build`."""

    config: RollupConfig
    head: Header
    store: dict[bytes, bytes] = field(default_factory=dict)

    @classmethod
    def start(cls, fork: Fork, alloc: Mapping[Address, Account] | None = None) -> Chain:
        """A genesis block with a rich sender, fee parameters, and ``alloc``."""
        accounts = {
            SENDER: Account(balance=100 * ETHER),
            L1_BLOCK: Account(balance=1, storage=FEE_SLOTS),
            **(alloc or {}),
        }
        root, _, writes = genesis_state(accounts)
        made = config(fork)
        at_genesis = made.rules_at_l2(GENESIS_TIME)  # type: ignore[arg-type]
        obj = {
            "gasLimit": "0x1c9c380",
            "timestamp": hex(GENESIS_TIME),
            "extraData": "0x" + genesis_extra_data(at_genesis).hex(),
            "stateHash": "0x" + root.hex(),
        }
        genesis = genesis_block(obj, at_genesis)
        return cls(made, genesis.header, {**writes, **genesis.writes})

    def attributes(self, transactions: Iterable[bytes] = (), **changes: Any) -> PayloadAttributes:
        time = self.head.time + self.config.block_time
        now = self.config.rules_at_l2(time)  # type: ignore[arg-type]
        made = PayloadAttributes(
            timestamp=time,
            prev_randao=ZERO_HASH,
            suggested_fee_recipient=SEQUENCER_FEE_VAULT,
            withdrawals=() if now.withdrawals else None,
            parent_beacon_block_root=ZERO_HASH if now.parent_beacon_block_root else None,
            transactions=tuple(transactions),
            gas_limit=30_000_000,
            eip1559_params=bytes(8) if now.eip1559_params else None,
            min_base_fee=0 if now.min_base_fee else None,
        )
        return replace(made, **changes)

    def build(
        self,
        *forced: bytes,
        candidates: Iterable[bytes] = (),
        open_state: OpenState = open_state,
        **changes: Any,
    ) -> ExecutedBlock:
        """The next block, without making it the head."""
        attributes = self.attributes(forced, **changes)
        return Execution(self.config, open_state).build(self.head, attributes, self.store, candidates)

    def append(self, block: ExecutedBlock) -> ExecutedBlock:
        """Make ``block`` the head."""
        self.store.update(block.writes)
        self.store[block.hash] = block.header.encode()
        self.head = block.header
        return block

    def extend(self, *forced: bytes, **changes: Any) -> ExecutedBlock:
        """The next block, as the new head."""
        return self.append(self.build(*forced, **changes))


def transfer(nonce: int = 0, key: bytes = KEY, **changes: Any) -> bytes:
    """A signed transaction: a plain transfer of 1 wei, with ``changes``."""
    tx = Transaction(
        type=DYNAMIC_FEE_TX_TYPE,
        chain_id=CHAIN_ID,
        nonce=nonce,
        gas_price=10**10,
        gas_tip_cap=10**6,
        gas=100_000,
        to=Address(b"\x99" * 20),
        value=1,
        data=b"",
    )
    return sign_transaction(replace(tx, **changes), key, CHAIN_ID).encode()


def deposit(**changes: Any) -> bytes:
    """A deposit of 5 wei minted and sent, with ``changes``."""
    tx = DepositTransaction(
        source_hash=ZERO_HASH,
        from_=Address(b"\x77" * 20),
        to=Address(b"\x99" * 20),
        mint=5,
        value=5,
        gas=50_000,
        is_system=False,
        data=b"",
    )
    return replace(tx, **changes).encode()


@dataclass(frozen=True)
class RealBlock:
    """A recorded block with its witness."""

    config: RollupConfig
    parent: Header
    attributes: PayloadAttributes
    store: dict[bytes, bytes]
    header: Header
    receipts: list[str]

    def build(self) -> ExecutedBlock:
        return build_block(self.config, self.parent, self.attributes, self.store)


def real_block(number: int) -> RealBlock:
    value = shared_json("real", "blocks", f"block-{number}.json.gz")
    # The file's configuration leaves Regolith out, which all these chains have had from the start.
    return RealBlock(
        config=RollupConfig.from_json({**value["rollup_config"], "regolith_time": 0}),
        parent=Header.decode(bytes_from_hex(value["parent_header_rlp"])),
        attributes=PayloadAttributes.from_json(value["executing_payload"]),
        store={bytes_from_hex(key): bytes_from_hex(item) for key, item in value["preimages"].items()},
        header=Header.decode(bytes_from_hex(value["expected_header_rlp"])),
        receipts=value["expected_receipts"],
    )


def recorded_chain(name: str) -> tuple[Chain, list[tuple[PayloadAttributes, Any]]]:
    """A chain at its genesis block, and its blocks: attributes and what is expected."""
    value = shared_json("real", "chains", f"{name}.json.gz")
    alloc = {address_from_hex(key): Account.from_json(item) for key, item in value["alloc"].items()}
    root, _, writes = genesis_state(alloc)
    genesis = Header.decode(bytes_from_hex(value["genesis_header_rlp"]))
    assert root == genesis.state_root
    chain = Chain(RollupConfig.from_json(value["config"]), genesis, writes)
    chain.store[genesis.hash()] = genesis.encode()
    blocks = [PayloadAttributes.from_json(item) for item in value["blocks"]]
    return chain, list(zip(blocks, value["expected"], strict=True))
