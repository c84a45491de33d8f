"""What is on either chain of a devnet at genesis, and the rollup configuration that belongs to it.

L2's predeploys are proxies, as on real chains: the upgrade transactions of the forks put the reference's own
contracts in the place of ours. For Jovian's and Karst's see :mod:`pyoprollup.devnet.upgrades`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pyoprollup.devcontracts import contract
from pyoprollup.devnet.dispute_contracts import DisputeSettings, dispute_contracts
from pyoprollup.devnet.options import GENESIS_TIME
from pyoprollup.devnet.upgrades import GAS_PRICE_ORACLE, upgrade_bundles
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, to_hex
from pyoprollup.evm.extra_data import encode_extra_data, required_chain_op_config
from pyoprollup.evm.genesis import Account, GenesisBlock, genesis_block
from pyoprollup.evm.predeploys import (
    BASE_FEE_VAULT,
    CREATE2_DEPLOYER,
    L1_BLOCK,
    L1_FEE_VAULT,
    MESSAGE_PASSER,
    OPERATOR_FEE_VAULT,
    SEQUENCER_FEE_VAULT,
)
from pyoprollup.evm.system_calls import create2_deployer_code
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config, L1Fork
from pyoprollup.l1.embedded.genesis import l1_genesis_block, system_contracts
from pyoprollup.rollup import (
    ChainOpConfig,
    Fork,
    Genesis,
    RollupConfig,
    SystemConfig,
    execution_config_json,
)
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = [
    "BATCH_INBOX",
    "L1_MESSENGER",
    "L2_MESSENGER",
    "PORTAL",
    "SYSTEM_CONFIG",
    "DevnetGenesis",
    "GenesisOptions",
    "account_json",
    "devnet_key",
    "l1_contracts",
    "l2_genesis_json",
    "predeploys",
]

PORTAL = Address(bytes.fromhex("de" * 18 + "0001"))
SYSTEM_CONFIG = Address(bytes.fromhex("de" * 18 + "0002"))
L1_MESSENGER = Address(bytes.fromhex("de" * 18 + "0003"))
L2_MESSENGER = Address(b"\x42" + bytes(18) + b"\x07")
BATCH_INBOX = Address(bytes.fromhex("ff" + "00" * 17 + "0901"))
PROXY_ADMIN = Address(b"\x42" + bytes(18) + b"\x18")

_L2_NETWORK = 1
_BOND_BALANCE = 1_000_000 * 10**18
"""Bonds of the lowest claims are of tens of ether."""
_BLOB_RETENTION = 4096
"""L1 blocks: far more than a channel may take, and little enough for a devnet that runs for days."""
_ETHER = 10**18


def devnet_key(seed: int, name: str) -> bytes:
    """The private key of somebody on the devnet with this seed."""
    return keccak256(f"devnet {seed} {name}".encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesisOptions:
    """What a devnet begins as. Times in seconds, sequencing window and timeout in L1 blocks, money in wei."""

    seed: int = 0
    forks: Mapping[Fork, int] = field(
        default_factory=lambda: {fork: 0 for fork in Fork if fork <= Fork.JOVIAN}
    )
    """When forks activate, in seconds after genesis; one that is absent does not."""
    time: int = GENESIS_TIME
    block_time: int = 2
    gas_limit: int = 30_000_000
    max_sequencer_drift: int = 600
    seq_window_size: int = 60
    channel_timeout: int = 40
    l1_chain_id: int = 900
    l2_chain_id: int = 901
    l1_fork: L1Fork = L1Fork.PRAGUE
    l1: Mapping[str, Any] = field(default_factory=dict)
    """Further options of :class:`~pyoprollup.l1.embedded.EmbeddedL1Config`."""
    users: int = 8
    accounts: int = 0
    """Further accounts with money, which nobody here uses."""
    balance: int = 10_000 * _ETHER
    dispute_games: bool = False
    """Whether the contracts of proposals are on L1, and there are accounts that propose and challenge."""
    disputes: DisputeSettings = field(default_factory=DisputeSettings)
    """How games are played there. Permissioned ones are for these two accounts if nobody is named."""
    dishonest: int = 0
    """Further accounts that take part in games."""
    base_fee_scalar: int = 1_368
    blob_base_fee_scalar: int = 810_949


@dataclass(frozen=True, slots=True)
class DevnetGenesis:
    """Both chains at genesis, the configuration that joins them, and who has which key."""

    config: RollupConfig
    l2_genesis: dict[str, Any]
    """A ``genesis.json``, as ``InProcessEngine.from_genesis`` and execution clients take it."""
    l1_config: EmbeddedL1Config
    l1_alloc: dict[Address, Account]
    bundles: UpgradeBundles
    users: tuple[bytes, ...]
    accounts: tuple[bytes, ...]
    """Of people: nothing here uses them."""
    batcher: bytes
    sequencer: bytes
    """Signs gossip: the unsafe block signer of the system configuration."""
    owner: bytes
    """May change the system configuration, and what games there are."""
    proposer: bytes
    """Has money on L1 only with ``dispute_games``, as those after it."""
    challenger: bytes
    dishonest: tuple[bytes, ...]

    @classmethod
    def make(cls, options: GenesisOptions) -> DevnetGenesis:
        """The chains that the options describe. The same options give the same hashes."""
        names = ("batcher", "sequencer", "owner", "proposer", "challenger")
        batcher, sequencer, owner, proposer, challenger = (devnet_key(options.seed, name) for name in names)
        dishonest = tuple(devnet_key(options.seed, f"dishonest {i}") for i in range(options.dishonest))
        users = tuple(devnet_key(options.seed, f"user {number}") for number in range(options.users))
        accounts = tuple(devnet_key(options.seed, f"account {number}") for number in range(options.accounts))
        system = _system_config(options, address_of(batcher))
        config = _rollup_config(options, BlockID(ZERO_HASH, 0), system)
        genesis = l2_genesis_json(config, {address_of(key): options.balance for key in (*users, *accounts)})
        block = genesis_block(genesis, config.rules_at_l2(L2Time(options.time)))
        l1_alloc = _funded((*users, *accounts, batcher, owner), options.balance)
        l1_alloc |= l1_contracts(system, address_of(owner), address_of(sequencer))
        if options.dispute_games:
            l1_alloc |= _funded((proposer,), options.balance)
            l1_alloc |= _funded((challenger, *dishonest), _BOND_BALANCE)
            settings = options.disputes
            if settings.proposer == settings.challenger == ZERO_ADDRESS:
                parties = address_of(proposer), address_of(challenger)
                settings = replace(settings, proposer=parties[0], challenger=parties[1])
            l1_alloc |= _games_from(block, address_of(owner), options.l2_chain_id, settings)
        l1_config = EmbeddedL1Config(
            **{
                "chain_id": options.l1_chain_id,
                "genesis_time": options.time,
                "fork": options.l1_fork,
                "seed": options.seed,
                "blob_retention": _BLOB_RETENTION,
                **options.l1,
            }
        )
        start, _ = l1_genesis_block(l1_config, l1_alloc)
        ends = replace(config.genesis, l1=BlockID(start.hash, 0), l2=BlockID(block.hash, 0))
        bundles, keys = upgrade_bundles(), (batcher, sequencer, owner, proposer, challenger, dishonest)
        config = replace(config, genesis=ends)
        return cls(config, genesis, l1_config, l1_alloc, bundles, users, accounts, *keys)

    def start_l1(self) -> EmbeddedL1:
        """An embedded L1 with this genesis block."""
        return EmbeddedL1(self.l1_config, self.l1_alloc)


def _funded(keys: Iterable[bytes], balance: int) -> dict[Address, Account]:
    return {address_of(key): Account(balance=balance) for key in keys}


def _games_from(
    block: GenesisBlock, owner: Address, l2_chain_id: int, settings: DisputeSettings
) -> dict[Address, Account]:
    output = OutputV0(block.header.state_root, block.message_passer_storage_root, block.hash)
    return dispute_contracts(owner, output, block.header.number, l2_chain_id, settings)


def _system_config(options: GenesisOptions, batcher: Address) -> SystemConfig:
    scalars = EcotoneScalars(options.blob_base_fee_scalar, options.base_fee_scalar).encode()
    if options.forks.get(Fork.ECOTONE) == 0:
        return SystemConfig(batcher, scalar=scalars, gas_limit=options.gas_limit)
    overhead, scalar = (Hash32(value.to_bytes(32, "big")) for value in (188, 684_000))
    return SystemConfig(batcher, overhead, scalar, options.gas_limit)


def _rollup_config(options: GenesisOptions, l1: BlockID, system: SystemConfig) -> RollupConfig:
    times: dict[str, Any] = {
        fork.config_key: options.time + at if at else 0
        for fork, at in options.forks.items()
        if fork not in (Fork.BEDROCK, Fork.INTEROP)
    }
    return RollupConfig(
        **times,
        genesis=Genesis(l1, BlockID(ZERO_HASH, 0), options.time, system),
        block_time=options.block_time,
        max_sequencer_drift=options.max_sequencer_drift,
        seq_window_size=options.seq_window_size,
        channel_timeout=options.channel_timeout,
        l1_chain_id=options.l1_chain_id,
        l2_chain_id=options.l2_chain_id,
        batch_inbox_address=BATCH_INBOX,
        deposit_contract_address=PORTAL,
        l1_system_config_address=SYSTEM_CONFIG,
        chain_op_config=ChainOpConfig(6, 50, 250),
    )


# --- L1


def l1_contracts(
    system: SystemConfig, owner: Address, unsafe_block_signer: Address = ZERO_ADDRESS
) -> dict[Address, Account]:
    """Deposit contract, messenger, and the system configuration, which says what ``system`` does."""
    code, portal = contract("SystemConfig"), contract("OptimismPortal")
    messenger = contract("L1CrossDomainMessenger")
    values: dict[str, bytes | int] = {
        "owner": owner,
        "batcherHash": system.batcher_addr,
        "overhead": system.overhead,
        "scalar": system.scalar,
        "gasLimit": system.gas_limit,
        "unsafeBlockSigner": unsafe_block_signer,
        "operatorFeeScalar": system.operator_fee_scalar,
        "operatorFeeConstant": system.operator_fee_constant,
        "minBaseFee": system.min_base_fee,
        "daFootprintGasScalar": system.da_footprint_gas_scalar,
        "eip1559Denominator": system.eip1559_denominator,
        "eip1559Elasticity": system.eip1559_elasticity,
    }
    if system.scalar[0]:
        values["basefeeScalar"] = system.scalar[28:]
        values["blobbasefeeScalar"] = system.scalar[24:28]
    storage = {code.slots[name]: _word(value) for name, value in values.items()}
    return {
        PORTAL: Account(nonce=1, code=portal.runtime),
        SYSTEM_CONFIG: Account(nonce=1, code=code.runtime, storage=storage),
        L1_MESSENGER: Account(
            nonce=1, code=messenger.runtime, storage={messenger.slots["PORTAL"]: _word(PORTAL)}
        ),
    }


def _word(value: bytes | int) -> int:
    return value if isinstance(value, int) else int.from_bytes(value, "big")


# --- L2


def predeploys(rules: Rules, fee_recipient: Address = PROXY_ADMIN) -> dict[Address, Account]:
    """The predeploys of a chain whose genesis has these rules: proxies, and what is behind them.

    Also the contracts that forks bring along, if they are active. The vaults send their fees to
    ``fee_recipient`` on L2.
    """
    vault = contract("FeeVault").slots
    for_recipient = {vault["RECIPIENT"]: _word(fee_recipient), vault["WITHDRAWAL_NETWORK"]: _L2_NETWORK}
    flags = contract("GasPriceOracle").slots["_forks"]
    other = contract("L2CrossDomainMessenger").slots["OTHER_MESSENGER"]
    behind: dict[Address, tuple[str, dict[int, int]]] = {
        GAS_PRICE_ORACLE: ("GasPriceOracle", {flags: _oracle_flags(rules)}),
        L1_BLOCK: ("L1Block", {}),
        MESSAGE_PASSER: ("L2ToL1MessagePasser", {}),
        L2_MESSENGER: ("L2CrossDomainMessenger", {other: _word(L1_MESSENGER)}),
    }
    for address in (SEQUENCER_FEE_VAULT, BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT):
        behind[address] = ("FeeVault", for_recipient)
    proxy, alloc = contract("Proxy"), {}
    for address, (name, storage) in behind.items():
        implementation = Address(bytes.fromhex("c0d3" * 9) + address[-2:])
        slots = {
            proxy.slots["_implementation"]: _word(implementation),
            proxy.slots["_admin"]: _word(PROXY_ADMIN),
        }
        alloc[address] = Account(nonce=1, code=proxy.runtime, storage={**storage, **slots})
        alloc[implementation] = Account(nonce=1, code=contract(name).runtime)
    if rules.withdrawals:
        alloc[CREATE2_DEPLOYER] = Account(nonce=1, code=create2_deployer_code())
    if rules.parent_beacon_block_root:
        alloc |= system_contracts(L1Fork.PRAGUE if rules.block_hash_history else L1Fork.CANCUN)
    return alloc


def _oracle_flags(rules: Rules) -> int:
    """A byte for each fork that the gas price oracle knows, lowest first."""
    active = (
        rules.parent_beacon_block_root,
        rules.brotli_channels,
        rules.withdrawals_root_in_header,
        rules.min_base_fee,
    )
    return sum(1 << 8 * index for index, flag in enumerate(active) if flag)


def l2_genesis_json(
    config: RollupConfig, balances: Mapping[Address, int], more: Mapping[Address, Account] | None = None
) -> dict[str, Any]:
    """The ``genesis.json`` of the L2 of ``config``, of which time, system configuration and forks are used.

    It has the predeploys, accounts with ``balances`` (wei), and ``more``.
    """
    time = config.genesis.l2_time
    rules = config.rules_at_l2(L2Time(time))
    accounts = {address: Account(balance=wei) for address, wei in balances.items()}
    accounts |= {**predeploys(rules), **(more or {})}
    return {
        "config": execution_config_json(config),
        "difficulty": "0x0",
        "gasLimit": hex(config.genesis.system_config.gas_limit),
        "timestamp": hex(time),
        "extraData": to_hex(_extra_data(config, rules)),
        "baseFeePerGas": hex(10**9),
        "alloc": {address.hex(): account_json(account) for address, account in accounts.items()},
    }


def _extra_data(config: RollupConfig, rules: Rules) -> bytes:
    """What a block has that is built with nothing but the chain's own parameters."""
    return encode_extra_data(
        rules,
        required_chain_op_config(config),
        bytes(8) if rules.eip1559_params else None,
        config.genesis.system_config.min_base_fee if rules.min_base_fee else None,
    )


def account_json(account: Account) -> dict[str, Any]:
    """An account as genesis files have it."""
    fields: dict[str, Any] = {"balance": hex(account.balance)}
    if account.nonce:
        fields["nonce"] = hex(account.nonce)
    if account.code:
        fields["code"] = to_hex(account.code)
    if account.storage:
        words = ((slot, value) for slot, value in account.storage.items() if value)
        fields["storage"] = {
            to_hex(slot.to_bytes(32, "big")): to_hex(value.to_bytes(32, "big")) for slot, value in words
        }
    return fields
