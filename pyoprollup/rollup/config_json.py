"""``rollup.json`` in and out.

The field names and omissions are op-node's. kona writes the same file with some fields of its own
and with names for well-known chain ids; those are understood, and refused where they would mean
something that the protocol does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import to_hex
from pyoprollup.rollup.alt_da import AltDAConfig
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config_reader import ConfigReader, parse_json, shown
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.genesis import Genesis

if TYPE_CHECKING:
    from pyoprollup.rollup.config import RollupConfig

__all__ = ["read_fields", "write_fields"]

_SIZES = ("block_time", "max_sequencer_drift", "seq_window_size", "channel_timeout")
_TIMES = (
    "regolith_time",
    "canyon_time",
    "delta_time",
    "ecotone_time",
    "fjord_time",
    "granite_time",
    "holocene_time",
    "pectra_blob_schedule_time",
    "isthmus_time",
    "jovian_time",
    "karst_time",
    "interop_time",
    "lagoon_time",
)
_ADDRESSES = (
    "batch_inbox_address",
    "deposit_contract_address",
    "l1_system_config_address",
    "protocol_versions_address",
)

_GRANITE_CHANNEL_TIMEOUT = 50

CHAIN_NAMES = {
    "optimism": 10,
    "optimism-sepolia": 11155420,
    "base": 8453,
    "base-sepolia": 84532,
    "bob": 60808,
    "boba": 288,
    "celo": 42220,
    "fraxtal": 252,
    "ink": 57073,
    "ink-sepolia": 763373,
    "lisk": 1135,
    "mode": 34443,
    "mode-sepolia": 919,
    "soneium": 1868,
    "soneium-minato-testnet": 1946,
    "unichain": 130,
    "unichain-sepolia": 1301,
    "world": 480,
    "world-sepolia": 4801,
    "zora": 7777777,
    "zora-sepolia": 999999999,
}
"""Chain ids that kona's configurations spell as names."""


def read_fields(value: object) -> dict[str, Any]:
    """Keyword arguments for ``RollupConfig`` from a ``dict`` or JSON text; raises ``ConfigError``."""
    if isinstance(value, str | bytes | bytearray):
        value = parse_json(bytes(value) if isinstance(value, bytearray) else value, "rollup configuration")
    reader = ConfigReader(value)
    fields: dict[str, Any] = {name: reader.uint(name) for name in _SIZES}
    fields |= {name: reader.optional_uint(name) for name in _TIMES}
    fields |= {name: reader.address(name) for name in _ADDRESSES}
    fields["keep_karst_upgrade_gas"] = reader.optional_bool("keep_karst_upgrade_gas") or False
    fields["genesis"] = Genesis.read(reader.section("genesis"))
    for name in ("l1_chain_id", "l2_chain_id"):
        fields[name] = _chain_id(reader, name)
    for name, codec in (("alt_da", AltDAConfig), ("chain_op_config", ChainOpConfig)):
        part = reader.optional_section(name)
        fields[name] = None if part is None else codec.read(part)
    _read_foreign(reader, fields["alt_da"])
    reader.finish()
    return fields


def _chain_id(reader: ConfigReader, name: str) -> int:
    value = reader.take(name)
    if isinstance(value, str):
        if value not in CHAIN_NAMES:
            raise ConfigError(f"{name}: unknown chain name {shown(value)}")
        return CHAIN_NAMES[value]
    return reader.uint(name, 256)


def _read_foreign(reader: ConfigReader, alt_da: AltDAConfig | None) -> None:
    """Fields that only kona writes and that add nothing for derivation."""
    granite = reader.optional_uint("granite_channel_timeout")
    if granite not in (None, _GRANITE_CHANNEL_TIMEOUT):
        raise ConfigError(
            f"granite_channel_timeout: {granite}, but the protocol fixes {_GRANITE_CHANNEL_TIMEOUT}"
        )
    challenge = reader.optional_address("da_challenge_address")
    if challenge and any(challenge) and (alt_da is None or alt_da.da_challenge_contract_address != challenge):
        raise ConfigError(f"da_challenge_address: {to_hex(challenge)} does not match alt_da")
    reader.optional_address("superchain_config_address")
    reader.optional_uint("interop_message_expiry_window")


def write_fields(config: RollupConfig, known_to: Fork) -> dict[str, Any]:
    """The JSON object of ``config``, in op-node's order of fields."""
    fields: dict[str, Any] = {
        "genesis": config.genesis.to_json(known_to),
        "block_time": config.block_time,
        "max_sequencer_drift": config.max_sequencer_drift,
        "seq_window_size": config.seq_window_size,
        "channel_timeout": config.channel_timeout,
        "l1_chain_id": config.l1_chain_id,
        "l2_chain_id": config.l2_chain_id,
    }
    if not config.max_sequencer_drift:
        del fields["max_sequencer_drift"]
    for name in _TIMES:
        if (time := getattr(config, name)) is not None:
            fields[name] = time
    if config.keep_karst_upgrade_gas:
        fields["keep_karst_upgrade_gas"] = True
    fields |= {name: to_hex(getattr(config, name)) for name in _ADDRESSES}
    if config.alt_da is not None:
        fields["alt_da"] = config.alt_da.to_json()
    if config.chain_op_config is not None:
        fields["chain_op_config"] = config.chain_op_config.to_json()
    return fields
