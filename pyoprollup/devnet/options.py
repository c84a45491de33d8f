"""What a devnet is like: its size, its forks, how it posts data, and what goes wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from pyoprollup.errors import ConfigError
from pyoprollup.rollup import Fork

__all__ = ["BAD_PROPOSALS", "DISHONEST", "GENESIS_TIME", "BatchType", "DataAvailability", "DevnetOptions"]


BAD_PROPOSALS = ("wrong-root", "wrong-number", "unsafe")
TOY_PROPOSALS = ("right", "wrong")
"""What a bad proposal can be: of a root that is made up, of the last safe root under a later number, or of a
block that is not safe yet."""

DISHONEST = ("random", "deep-liar", "freeloader", "staller", "truthful", "spammer")
"""How people can play who are not honest; see :mod:`pyoprollup.devnet.dishonest`."""

_MAX_DISPUTE_DEPTH = 60

GENESIS_TIME = 1_800_000_000
"""When devnets begin that have no relation to the clock."""


class BatchType(StrEnum):
    """How the batcher groups blocks."""

    SINGULAR = "singular"
    SPAN = "span"


class DataAvailability(StrEnum):
    """Where the batcher puts its data."""

    BLOBS = "blobs"
    CALLDATA = "calldata"
    AUTO = "auto"
    """Whichever is cheaper at the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetOptions:
    """Options of a devnet. The same options give the same hashes."""

    seed: int = 0
    genesis_time: int | None = None
    """Seconds since 1970 at which both chains begin; ``None``: :data:`GENESIS_TIME`."""
    accounts: int = 0
    """Accounts for people, with money on both chains."""
    l1_blocks: int = 12
    """L1 blocks in which users and the sequencer are active."""
    l1_block_time: int = 12
    """Seconds between L1 blocks."""
    l1_finality: int = 8
    """L1 blocks that L1's finality is behind its head."""
    finality_lookback: int | None = None
    """L1 blocks that the nodes remember until they are final; ``None``: enough for Ethereum as L1."""
    finality_delay: int | None = None
    """L1 blocks between attempts to finalize while a node catches up; ``None``: as for Ethereum."""
    block_time: int = 2
    """Seconds between L2 blocks."""
    transactions: int = 5
    """Users' transactions for each L2 block."""
    deposits: int = 1
    """Deposits for each L1 block."""
    system_config_every: int = 5
    """L1 blocks between changes of the system configuration; 0 for none."""
    forks: Mapping[Fork, int] = field(default_factory=lambda: {f: 0 for f in Fork if f <= Fork.JOVIAN})
    """Seconds after genesis at which forks activate; one that is absent does not."""
    batch_type: BatchType = BatchType.SPAN
    data_availability: DataAvailability = DataAvailability.BLOBS
    l1_reorgs: Mapping[int, int] = field(default_factory=dict)
    """Depth of a reorg right after the L1 block of this number."""
    gossip_loss: float = 0.0
    """Share of gossip messages that get lost."""
    sequencer_conf_depth: int = 0
    """L1 blocks that must be on top of one that the sequencer takes for an origin."""
    verifier_conf_depth: int = 0
    """The same for L1 blocks that are derived from."""
    sequencer_restarts: tuple[int, ...] = ()
    """L1 blocks after which the sequencer is killed and begins anew, with nothing but its database."""
    batcher_restarts: tuple[int, ...] = ()
    """The same for the batcher, which has no database."""
    silent_verifier: bool = True
    """Whether there is a second verifier, which takes no part in gossip."""
    proposer: bool = False
    """Whether there is a proposer, with the contracts of its games on L1."""
    dispute_games: bool = False
    """Whether these contracts are there without it, for a proposer from outside."""
    batcher: bool = True
    """Whether the devnet's own batcher posts; without it, one from outside has to."""
    proposal_interval: int = 60
    """Seconds between its proposals."""
    challenger: bool = False
    """Whether there is a challenger, which plays the games of all proposals."""
    bad_proposals: tuple[str, ...] = ()
    """Proposals that must not stand, one after the other: ``wrong-root``, ``wrong-number``, ``unsafe``."""
    toy_games: bool = False
    """Whether L1 has the contracts of games about the toy rollup."""
    toy_proposals: tuple[str, ...] = ()
    """Proposals of the toy, whose games end in the VM: ``right``, ``wrong``."""
    dishonest: tuple[str, ...] = ()
    """Who plays against the challenger: names of :data:`~pyoprollup.devnet.dishonest.STRATEGIES`."""
    dispute_clock: int = 302_400
    """Seconds that each side of a game has."""
    dispute_depth: int = 12
    """Levels of a game about output roots: it is about at most so many blocks as two to this power."""

    @property
    def has_disputes(self) -> bool:
        """Whether the contracts of games are on L1."""
        return bool(
            self.dispute_games
            or self.proposer
            or self.challenger
            or self.bad_proposals
            or self.has_toy
            or self.dishonest
        )

    @property
    def has_toy(self) -> bool:
        """Whether there are games about the toy rollup."""
        return self.toy_games or bool(self.toy_proposals)

    def check(self, after: int = 0) -> None:
        """Raise :class:`ConfigError` unless the options make sense, for a devnet that goes on after an L1
        block.
        """
        for name in (
            *("l1_blocks", "block_time", "l1_block_time", "l1_finality", "finality_lookback"),
            *("proposal_interval", "dispute_clock"),
        ):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name}: must be at least 1, not {value}")
        if self.genesis_time is not None and not 0 < self.genesis_time < 1 << 62:
            raise ConfigError(f"genesis_time: {self.genesis_time} is no time")
        counts = ("accounts", "transactions", "deposits", "system_config_every")
        for name in (*counts, "sequencer_conf_depth", "verifier_conf_depth", "finality_delay"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ConfigError(f"{name}: must not be negative, as {value} is")
        self._check_disputes()
        if not 0 <= self.gossip_loss <= 1:
            raise ConfigError(f"gossip_loss: must be between 0 and 1, not {self.gossip_loss}")
        if self.l1_block_time % self.block_time:
            seconds = f"{self.l1_block_time} seconds of an L1 block"
            raise ConfigError(f"block_time: {self.block_time} does not divide the {seconds}")
        for fork in Fork:
            if Fork.BEDROCK < fork < max(self.forks, default=Fork.BEDROCK) and fork not in self.forks:
                raise ConfigError(f"forks: {fork.name.lower()} is missing, but there are later ones")
        for (earlier, at), (later, then) in pairwise(sorted(self.forks.items())):
            if at > then:
                raise ConfigError(
                    f"forks: {later.name.lower()} at {then} would be before {earlier.name.lower()} at {at}"
                )
        if self.batch_type is BatchType.SPAN and self.forks.get(Fork.DELTA) != 0:
            raise ConfigError("batch_type: span batches need Delta from the start")
        if self.data_availability is not DataAvailability.CALLDATA and self.forks.get(Fork.ECOTONE) != 0:
            raise ConfigError("data_availability: blobs need Ecotone from the start")
        for number, depth in self.l1_reorgs.items():
            if not 0 < depth <= number:
                raise ConfigError(f"l1_reorgs: a reorg of {depth} blocks after block {number}")
            if depth > self.l1_finality:
                raise ConfigError(f"l1_reorgs: after block {number}, {depth} blocks would include final ones")
        for name in ("l1_reorgs", "sequencer_restarts", "batcher_restarts"):
            for number in getattr(self, name):
                if not 0 < number <= after + self.l1_blocks:
                    raise ConfigError(f"{name}: there is no block {number} among {after + self.l1_blocks}")

    def _check_disputes(self) -> None:
        for name, known in (
            ("bad_proposals", BAD_PROPOSALS),
            ("toy_proposals", TOY_PROPOSALS),
            ("dishonest", DISHONEST),
        ):
            for value in getattr(self, name):
                if value not in known:
                    raise ConfigError(f"{name}: {value!r} is none of {', '.join(known)}")
        if not 2 <= self.dispute_depth <= _MAX_DISPUTE_DEPTH:
            depth = self.dispute_depth
            raise ConfigError(f"dispute_depth: must be from 2 to {_MAX_DISPUTE_DEPTH}, not {depth}")
        blocks = self.l1_blocks * self.l1_block_time // self.block_time
        if self.challenger and blocks > 1 << self.dispute_depth:
            reach = f"games of depth {self.dispute_depth} reach over {1 << self.dispute_depth} L2 blocks"
            raise ConfigError(f"dispute_depth: {reach}, and there are {blocks}")
        if self.dispute_clock < 10 * self.l1_block_time:
            least = 10 * self.l1_block_time
            raise ConfigError(f"dispute_clock: must be at least ten L1 blocks, {least} s")
        if self.dishonest and not self.challenger:
            raise ConfigError("dishonest: there is no challenger to play against")
