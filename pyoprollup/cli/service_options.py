"""Options that rollup node, batcher and proposer share. Second names are the reference's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoprollup.cli.options import option
from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.types import Address, address_from_hex, bytes_from_hex
from pyoprollup.replay.recording import read_json
from pyoprollup.rollup import L1ChainConfig

if TYPE_CHECKING:
    from pyoprollup.services import L1Endpoints, Observability
    from pyoprollup.services.sending import RollupEndpoints
    from pyoprollup.txmgr import TxManagerConfig

__all__ = [
    "BeaconOptions",
    "L1Options",
    "MetricsOptions",
    "RollupRpcOptions",
    "ServerOptions",
    "TxOptions",
    "address",
    "addresses",
    "first",
    "l2_of_games",
    "listed",
    "read_l1_chain",
    "super_roots_of_games",
]

_KEY_SIZE = 32
_MAX_KEY_FILE = 1 << 10
_GWEI = 10**9


def listed(values: Iterable[str]) -> tuple[str, ...]:
    """What several flags, or one with commas, say."""
    return tuple(item.strip() for value in values for item in value.split(",") if item.strip())


def first(name: str, values: Iterable[str]) -> str:
    """The first of them; raises :class:`ConfigError`, naming the option, if there is none."""
    found = listed(values)
    if not found:
        raise ConfigError(f"{name}: is empty")
    return found[0]


def address(text: str) -> Address:
    """An address in hex, for :func:`~pyoprollup.cli.options.option`."""
    try:
        return address_from_hex(text, "address")
    except DecodeError as exc:
        raise ValueError(f"{text!r} is no address: {exc}") from exc


def addresses(name: str, texts: Iterable[str]) -> tuple[Address, ...]:
    """The addresses that an option has; raises :class:`ConfigError`, which names it."""
    try:
        return tuple(map(address, listed(texts)))
    except ValueError as exc:
        raise ConfigError(f"{name}: {exc}") from exc


def read_l1_chain(path: Path | None) -> L1ChainConfig | None:
    """The chain configuration of L1 from a file; ``None`` without one."""
    if path is None:
        return None
    value = read_json(path)
    wrapped = value.get("config") if isinstance(value, dict) else None
    try:
        return L1ChainConfig.from_json(wrapped if isinstance(wrapped, dict) else value)
    except ConfigError as exc:
        raise ConfigError(f"l1_chain_config: {path}: {exc}") from exc


def l2_of_games() -> Any:
    """The option ``--l2-eth-rpc`` of those who look at games."""
    return option(
        "--l2-eth-rpc",
        "JSON-RPC of an execution client of L2; for games about super roots one for each chain, of which the"
        " first is that of the rollup node.",
        metavar="URL",
        alias="--l2",
    )


def super_roots_of_games(help: str) -> Any:
    """The option ``--superroot-rpc`` of those who look at games."""
    return option("--superroot-rpc", help, default=(), metavar="URL", alias="--supernode-rpc")


@dataclass(frozen=True, slots=True, kw_only=True)
class L1Options:
    """How a service reaches its L1."""

    l1: tuple[str, ...] = option(
        "--l1",
        "JSON-RPC of L1. Several, repeated or with commas, are fallen back to in this order.",
        metavar="URL",
        alias="--l1-eth-rpc",
    )
    l1_ws: str = option(
        "--l1-ws",
        "WebSocket of L1, which tells of new heads; without it, they are asked for now and then.",
        default="",
        metavar="URL",
    )
    l1_batch_size: int = option(
        "--l1-rpc-max-batch-size",
        "Calls in one request to L1.",
        default=20,
        metavar="N",
        alias="--l1.rpc-max-batch-size",
    )
    l1_rate_limit: float = option(
        "--l1-rpc-rate-limit",
        "Calls of L1 a second; 0: no limit.",
        default=0.0,
        metavar="N",
        alias="--l1.rpc-rate-limit",
    )
    l1_timeout: float = option(
        "--l1-timeout", "Limit for a request to L1 as a whole.", default=10.0, metavar="SECONDS", unit="s"
    )
    l1_chain_config: Path | None = option(
        "--l1-chain-config",
        "Chain configuration or genesis file of L1, for its blob schedule; for an L1 that is not known.",
        default=None,
        metavar="FILE",
        alias="--rollup.l1-chain-config",
    )

    def endpoints(self, beacon: BeaconOptions | None = None, rounds: int = 3) -> L1Endpoints:
        """What a service is given."""
        from pyoprollup.services import L1Endpoints

        return L1Endpoints(
            urls=listed(self.l1),
            websocket=self.l1_ws,
            beacons=() if beacon is None else listed(beacon.l1_beacon),
            beacon_fallbacks=() if beacon is None else listed(beacon.l1_beacon_fallbacks),
            beacon_headers=() if beacon is None else tuple(map(_header, beacon.l1_beacon_header)),
            slot_duration=None if beacon is None else beacon.l1_slot_duration,
            max_batch_size=self.l1_batch_size,
            rate_limit=self.l1_rate_limit,
            timeout=self.l1_timeout,
            rounds=rounds,
        )


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise ConfigError(f"l1_beacon_header: {text!r} is not NAME: VALUE")
    return name.strip(), value.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconOptions:
    """Where the blobs of L1 are read."""

    l1_beacon: tuple[str, ...] = option(
        "--l1-beacon",
        "Beacon API of L1. Several are fallen back to in this order.",
        default=(),
        metavar="URL",
        alias="--l1.beacon",
    )
    l1_beacon_fallbacks: tuple[str, ...] = option(
        "--l1-beacon-fallbacks",
        "Archives of blobs, asked when no beacon node has one.",
        default=(),
        metavar="URL",
        alias="--l1.beacon-fallbacks",
    )
    l1_beacon_header: tuple[str, ...] = option(
        "--l1-beacon-header",
        "HTTP header for the beacon API, such as a token.",
        default=(),
        metavar="NAME:VALUE",
        alias="--l1.beacon-header",
    )
    l1_beacon_ignore: bool = option(
        "--l1-beacon-ignore/--no-l1-beacon-ignore",
        "Do without blobs, though the chain may have some: derivation ends at the first.",
        default=False,
        alias="--l1.beacon.ignore",
    )
    l1_slot_duration: float | None = option(
        "--l1-slot-duration",
        "Length of L1's slots, for beacon nodes that do not tell.",
        default=None,
        metavar="SECONDS",
        alias="--l1.beacon.slot-duration-override",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupRpcOptions:
    """Which rollup node is asked."""

    rollup_rpc: tuple[str, ...] = option(
        "--rollup-rpc",
        "JSON-RPC of the rollup node. Of several, the one with the active sequencer is asked.",
        metavar="URL",
    )
    active_sequencer_check: float = option(
        "--active-sequencer-check-duration",
        "How long a node that was found active counts as such.",
        default=120.0,
        metavar="SECONDS",
        unit="s",
    )
    network_timeout: float = option(
        "--network-timeout", "Limit for a call of a node.", default=10.0, metavar="SECONDS", unit="s"
    )

    def endpoints(self) -> RollupEndpoints:
        """What a service is given."""
        from pyoprollup.services.sending import RollupEndpoints

        return RollupEndpoints(
            urls=listed(self.rollup_rpc),
            timeout=self.network_timeout,
            check_duration=self.active_sequencer_check,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsOptions:
    """Whether and where there are metrics."""

    metrics_enabled: bool = option(
        "--metrics-enabled/--no-metrics-enabled",
        "Serve metrics for Prometheus.",
        default=False,
        alias="--metrics.enabled",
    )
    metrics_addr: str = option(
        "--metrics-addr",
        "Address to listen on for metrics.",
        default="127.0.0.1",
        metavar="ADDRESS",
        alias="--metrics.addr",
    )
    metrics_port: int = option(
        "--metrics-port", "Port for metrics; 0: any.", default=7300, metavar="PORT", alias="--metrics.port"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Where the service is seen and controlled."""

    rpc_addr: str = option(
        "--rpc-addr",
        "Address to listen on for JSON-RPC, /healthz and /readyz.",
        default="127.0.0.1",
        metavar="ADDRESS",
        alias="--rpc.addr",
    )
    rpc_port: int = option(
        "--rpc-port", "Port for JSON-RPC; 0: any.", default=9545, metavar="PORT", alias="--rpc.port"
    )
    rpc_admin: bool = option(
        "--rpc-enable-admin/--no-rpc-enable-admin",
        "Serve admin_* and txmgr_* to everybody who reaches the port.",
        default=False,
        alias="--rpc.enable-admin",
    )
    vhosts: str = option(
        "--vhosts",
        "Host names that requests may use, with commas; *: any.",
        default="localhost",
        metavar="NAMES",
    )

    def observability(self, metrics: MetricsOptions) -> Observability:
        """What a service is given."""
        from pyoprollup.services import Observability

        return Observability(
            rpc_host=self.rpc_addr,
            rpc_port=self.rpc_port,
            admin=self.rpc_admin,
            hosts=listed([self.vhosts]),
            metrics=metrics.metrics_enabled,
            metrics_host=metrics.metrics_addr,
            metrics_port=metrics.metrics_port,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TxOptions:
    """The account, and how its transactions are brought onto L1."""

    private_key: str | None = option(
        "--private-key",
        "Key of the account, in hex. Better in the environment or in a file: processes show their arguments.",
        default=None,
        metavar="HEX",
    )
    private_key_file: Path | None = option(
        "--private-key-file", "File with the key of the account, in hex.", default=None, metavar="FILE"
    )
    num_confirmations: int = option(
        "--num-confirmations",
        "L1 blocks until a transaction counts as confirmed, its own included.",
        default=10,
        metavar="N",
    )
    resubmission_timeout: float = option(
        "--resubmission-timeout",
        "Time between publications, each with higher fees.",
        default=48.0,
        metavar="SECONDS",
        unit="s",
    )
    send_timeout: float = option(
        "--txmgr-send-timeout",
        "Time until a transaction is given up; 0: never.",
        default=600.0,
        metavar="SECONDS",
        unit="s",
        alias="--txmgr.send-timeout",
    )
    not_in_mempool_timeout: float = option(
        "--txmgr-not-in-mempool-timeout",
        "Time in which a transaction must have got into L1's pool.",
        default=120.0,
        metavar="SECONDS",
        unit="s",
        alias="--txmgr.not-in-mempool-timeout",
    )
    receipt_query_interval: float = option(
        "--txmgr-receipt-query-interval",
        "Time between looks for receipts.",
        default=12.0,
        metavar="SECONDS",
        unit="s",
        alias="--txmgr.receipt-query-interval",
    )
    fee_limit_multiplier: int = option(
        "--fee-limit-multiplier",
        "How many times the suggested fees raised ones may be.",
        default=5,
        metavar="N",
    )
    min_tip_cap: float = option(
        "--txmgr-min-tip-cap",
        "Least tip, in gwei.",
        default=1.0,
        metavar="GWEI",
        unit="gwei",
        alias="--txmgr.min-tip-cap",
    )
    min_base_fee: float = option(
        "--txmgr-min-basefee",
        "Least base fee to count with, in gwei.",
        default=1.0,
        metavar="GWEI",
        unit="gwei",
        alias="--txmgr.min-basefee",
    )
    cell_proofs: bool = option(
        "--txmgr-cell-proofs/--no-txmgr-cell-proofs",
        "Send blobs with cell proofs, as L1 wants them since Osaka.",
        default=False,
        alias="--txmgr.enable-cell-proofs",
    )

    def key(self) -> bytes:
        """The key; raises :class:`ConfigError`, without showing it."""
        if (self.private_key is None) == (self.private_key_file is None):
            raise ConfigError("private_key: give --private-key or --private-key-file")
        if self.private_key is not None:
            return _key(self.private_key, "private_key")
        assert self.private_key_file is not None
        try:
            with self.private_key_file.open(encoding="utf-8") as file:
                text = file.read(_MAX_KEY_FILE)
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"private_key_file: cannot read {self.private_key_file}: {exc}") from exc
        return _key(text, "private_key_file")

    def tx_config(self, chain_id: int) -> TxManagerConfig:
        """The settings of the transaction manager."""
        from pyoprollup.txmgr import TxManagerConfig

        config = TxManagerConfig(
            chain_id,
            num_confirmations=self.num_confirmations,
            resubmission_timeout=self.resubmission_timeout,
            tx_send_timeout=self.send_timeout,
            tx_not_in_mempool_timeout=self.not_in_mempool_timeout,
            receipt_query_interval=self.receipt_query_interval,
            fee_limit_multiplier=self.fee_limit_multiplier,
            min_tip_cap=round(self.min_tip_cap * _GWEI),
            min_base_fee=round(self.min_base_fee * _GWEI),
            cell_proofs=self.cell_proofs,
        )
        config.check()
        return config


def _key(text: str, name: str) -> bytes:
    digits = text.strip()
    digits = digits if digits[:2] in ("0x", "0X") else "0x" + digits
    try:
        key = bytes_from_hex(digits, name)
    except DecodeError:
        key = b""
    if len(key) != _KEY_SIZE:
        raise ConfigError(f"{name}: expected 32 bytes in hex")
    return key
