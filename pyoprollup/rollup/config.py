"""The rollup configuration: what makes one chain of the OP Stack differ from another.

This is op-node's ``rollup.json``. All nodes of a chain share it, byte for byte in what it means, so
reading it is strict: unknown fields are refused, as they may be rules that we would not follow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyoprollup.errors import ConfigError, RollupError
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.rollup import config_json
from pyoprollup.rollup.alt_da import AltDAConfig
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config_check import check_config
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.genesis import Genesis
from pyoprollup.rollup.reference import Reference
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.schedule import Schedule
from pyoprollup.rollup.time import L1Time, L2Time

__all__ = ["BeforeGenesisError", "RollupConfig"]


class BeforeGenesisError(RollupError, ValueError):
    """A time or block number lies before the first block of the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupConfig:
    """Configuration of one chain; field names are those of ``rollup.json``.

    Constructing one checks nothing, so that odd chains can be made for tests; :meth:`load` and
    :meth:`check` do. Times are seconds since the Unix epoch, ``None`` for a fork that is not scheduled.
    """

    genesis: Genesis = field(default_factory=Genesis)
    block_time: int = 0
    """Seconds between L2 blocks."""
    max_sequencer_drift: int = 0
    """Seconds an L2 block may run ahead of its L1 origin, before Fjord; then a constant."""
    seq_window_size: int = 0
    """L1 blocks in a sequencing window, the epoch's own included."""
    channel_timeout: int = 0
    """L1 blocks a channel may stay open, before Granite; then a constant."""
    l1_chain_id: int = 0
    l2_chain_id: int = 0
    regolith_time: int | None = None
    canyon_time: int | None = None
    delta_time: int | None = None
    ecotone_time: int | None = None
    fjord_time: int | None = None
    granite_time: int | None = None
    holocene_time: int | None = None
    pectra_blob_schedule_time: int | None = None
    """L1 time from which the blob base fee follows Prague (optional; see ``chain_config``)."""
    isthmus_time: int | None = None
    jovian_time: int | None = None
    karst_time: int | None = None
    keep_karst_upgrade_gas: bool = False
    """The chain activated Karst with nodes that never took the upgrade's gas off the gas limit again."""
    interop_time: int | None = None
    lagoon_time: int | None = None
    """The newer name of ``interop_time``; it wins if both are set."""
    batch_inbox_address: Address = ZERO_ADDRESS
    """L1 address that batcher transactions are sent to."""
    deposit_contract_address: Address = ZERO_ADDRESS
    l1_system_config_address: Address = ZERO_ADDRESS
    protocol_versions_address: Address = ZERO_ADDRESS
    alt_da: AltDAConfig | None = None
    chain_op_config: ChainOpConfig | None = None
    reference: Reference = Reference.V1_19
    """The release of op-node whose rules hold where its releases differ. Not part of ``rollup.json``:
    it is a choice of whoever derives, to compare with an older node."""

    schedule: Schedule = field(init=False, repr=False, compare=False)
    """The fork times, ready to be asked for rules."""

    def __post_init__(self) -> None:
        times = {fork: at for fork in Fork if (at := self.fork_time(fork)) is not None}
        object.__setattr__(self, "schedule", Schedule(times, self.block_time, self.reference))

    @classmethod
    def from_json(cls, value: object) -> RollupConfig:
        """Read a configuration from a ``dict`` or from JSON text, without judging its content.

        Takes op-node's form and kona's. Raises :class:`ConfigError`, naming field and value, for
        anything of the wrong type, out of range or unknown.
        """
        return cls(**config_json.read_fields(value))

    @classmethod
    def load(cls, value: object) -> RollupConfig:
        """Read a configuration with :meth:`from_json` and validate it with :meth:`check`."""
        config = cls.from_json(value)
        config.check()
        return config

    def to_json(self, known_to: Fork = Fork.KARST) -> dict[str, Any]:
        """op-node's form, as ``rollup.json`` and ``optimism_rollupConfig`` have it.

        ``known_to`` names the newest fork that the software which will read it knows.
        """
        return config_json.write_fields(self, known_to)

    def check(self) -> None:
        """Raise :class:`ConfigError` unless the configuration makes sense, as the reference does."""
        check_config(self)

    def fork_time(self, fork: Fork) -> int | None:
        """When ``fork`` activates; 0 for Bedrock, ``None`` when it is not scheduled."""
        if fork is Fork.BEDROCK:
            return 0
        if fork is Fork.INTEROP and self.lagoon_time is not None:
            return self.lagoon_time
        time: int | None = getattr(self, fork.config_key)
        return time

    def is_active(self, fork: Fork, time: L1Time | L2Time) -> bool:
        """Whether ``fork`` is active at ``time``; which clock counts depends on the rule."""
        return self.schedule.is_active(fork, time)

    def rules_at_l1(self, time: L1Time) -> Rules:
        """Rules for data of an L1 block, see :meth:`Schedule.at_l1`."""
        return self.schedule.at_l1(time)

    def rules_at_l2(self, time: L2Time) -> Rules:
        """Rules for an L2 block, see :meth:`Schedule.at_l2`."""
        return self.schedule.at_l2(time)

    def channel_timeout_at(self, time: L1Time) -> int:
        """L1 blocks that a channel may stay open, seen from the L1 block being derived from."""
        timeout = self.schedule.at_l1(time).channel_timeout
        return self.channel_timeout if timeout is None else timeout

    def max_sequencer_drift_at(self, time: L1Time) -> int:
        """Seconds that a block with an L1 origin of this time may run ahead of it."""
        drift = self.schedule.at_l1(time).max_sequencer_drift
        return self.max_sequencer_drift if drift is None else drift

    def target_block_number(self, time: L2Time) -> int:
        """Number of the newest L2 block whose timestamp is not after ``time``.

        Raises :class:`BeforeGenesisError`.
        """
        elapsed = time - self.genesis.l2_time
        if elapsed < 0:
            raise BeforeGenesisError(f"time {time} is before the genesis time {self.genesis.l2_time}")
        if self.block_time == 0:
            raise ConfigError("block_time: must not be 0")
        return self.genesis.l2.number + elapsed // self.block_time

    def time_for_block(self, number: int) -> L2Time:
        """Timestamp of the L2 block with this number; raises :class:`BeforeGenesisError`."""
        height = number - self.genesis.l2.number
        if height < 0:
            raise BeforeGenesisError(f"block {number} is before the genesis block {self.genesis.l2.number}")
        return L2Time(self.genesis.l2_time + height * self.block_time)

    @property
    def sync_lookback(self) -> int:
        """L1 blocks to walk back for an L1 origin that is certainly final in what it means for L2."""
        if self.alt_da is None:
            return self.seq_window_size
        return max(self.seq_window_size, self.alt_da.da_challenge_window + self.alt_da.da_resolve_window)
