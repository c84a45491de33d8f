"""What derivation has to know about the L1 chain: how its blob base fee follows the excess blob gas.

The L1 attributes carry the blob base fee of the L1 origin, which every L2 node computes from the
header's excess blob gas and an *update fraction* that L1 forks change (EIP-4844, EIP-7691, and the
blob-parameter-only forks of EIP-7892).

Specification: protocol/ecotone/l1-attributes.md and protocol/pectra-blob-schedule/derivation.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import ConfigError
from pyoprollup.rollup.config_reader import ConfigReader
from pyoprollup.rollup.time import L1Time

__all__ = [
    "BPO1",
    "BPO2",
    "CANCUN",
    "L1_CHAINS",
    "OSAKA",
    "PRAGUE",
    "BlobParams",
    "L1ChainConfig",
    "blob_update_fraction",
]


@dataclass(frozen=True, slots=True)
class BlobParams:
    """Blobs per L1 block, and how slowly their price moves (larger is slower)."""

    target: int
    max: int
    update_fraction: int


CANCUN = BlobParams(3, 6, 3_338_477)
PRAGUE = BlobParams(6, 9, 5_007_716)
OSAKA = PRAGUE
BPO1 = BlobParams(10, 15, 8_346_193)
BPO2 = BlobParams(14, 21, 11_684_671)

_FORKS = ("cancun", "prague", "osaka", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5", "amsterdam")
_DEFAULTS = {"cancun": CANCUN, "prague": PRAGUE, "osaka": OSAKA, "bpo1": BPO1, "bpo2": BPO2}


@dataclass(frozen=True, slots=True)
class L1ChainConfig:
    """The blob schedule of an L1 chain: activation times (seconds, ascending) and their parameters."""

    chain_id: int
    blob_schedule: tuple[tuple[int, BlobParams], ...]

    def blob_params_at(self, time: L1Time) -> BlobParams:
        """Parameters of the L1 block with this timestamp; Cancun's before the first entry."""
        current = CANCUN
        for since, params in self.blob_schedule:
            if time < since:
                break
            current = params
        return current

    @classmethod
    def from_json(cls, value: object) -> L1ChainConfig:
        """Read the ``config`` object of an L1 genesis file, as geth has it.

        Only the chain id, the fork times and ``blobSchedule`` are read; a fork without an entry
        there keeps the parameters before it, but for those that Ethereum fixed. Raises
        :class:`ConfigError`.
        """
        reader = ConfigReader(value, "L1 chain config")
        schedule = reader.section("blobSchedule")
        entries = []
        for fork in _FORKS:
            since = reader.optional_uint(f"{fork}Time")
            params = _blob_params(schedule.optional_section(fork)) or _DEFAULTS.get(fork)
            if since is not None and params is not None:
                entries.append((since, params))
        times = [since for since, _ in entries]
        if times != sorted(times):
            raise ConfigError(f"L1 chain config: fork times {times} are not in order")
        return cls(reader.uint("chainId", 256), tuple(entries))


def _blob_params(reader: ConfigReader | None) -> BlobParams | None:
    if reader is None:
        return None
    fraction = reader.uint("baseFeeUpdateFraction")
    if fraction == 0:
        raise ConfigError(f"{reader.name('baseFeeUpdateFraction')}: must not be 0")
    return BlobParams(reader.uint("target"), reader.uint("max"), fraction)


def _ethereum(chain_id: int, cancun: int, prague: int, osaka: int, bpo1: int, bpo2: int) -> L1ChainConfig:
    schedule = ((cancun, CANCUN), (prague, PRAGUE), (osaka, OSAKA), (bpo1, BPO1), (bpo2, BPO2))
    return L1ChainConfig(chain_id, schedule)


L1_CHAINS = {
    chain.chain_id: chain
    for chain in (
        _ethereum(1, 1_710_338_135, 1_746_612_311, 1_764_798_551, 1_765_290_071, 1_767_747_671),
        _ethereum(11_155_111, 1_706_655_072, 1_741_159_776, 1_760_427_360, 1_761_017_184, 1_761_607_008),
        _ethereum(17_000, 1_707_305_664, 1_740_434_112, 1_759_308_480, 1_759_800_000, 1_760_389_824),
        _ethereum(560_048, 0, 1_742_999_832, 1_761_677_592, 1_762_365_720, 1_762_955_544),
    )
}
"""Ethereum, Sepolia, Holesky and Hoodi, by chain id."""


def blob_update_fraction(
    l1_chain: int | L1ChainConfig,
    time: L1Time,
    *,
    pectra_blob_schedule_time: int | None = None,
    has_requests_hash: bool = False,
) -> int:
    """The update fraction for the blob base fee of the L1 block with timestamp ``time``.

    ``l1_chain`` is an L1 chain id or a configuration of one's own. Of a chain id that is not in
    :data:`L1_CHAINS` only the header can tell: with a requests hash (``has_requests_hash``) it is
    Prague's, without one Cancun's.

    A chain that sets ``pectra_blob_schedule_time`` keeps Cancun's until that L1 time, whatever L1
    did: its nodes missed Prague, and its history is as it is.
    """
    if pectra_blob_schedule_time is not None and time < pectra_blob_schedule_time:
        return CANCUN.update_fraction
    config = L1_CHAINS.get(l1_chain) if isinstance(l1_chain, int) else l1_chain
    if config is not None:
        return config.blob_params_at(time).update_fraction
    return (PRAGUE if has_requests_hash else CANCUN).update_fraction
