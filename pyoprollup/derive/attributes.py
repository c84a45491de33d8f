"""Payload attributes: everything of an L2 block but the sequenced transactions.

Specification: protocol/derivation.md, Deriving payload attributes; the forks' derivation.md
(network upgrade transactions) and exec-engine.md (extended payload attributes).

<https://specs.optimism.io/protocol/derivation.html#deriving-payload-attributes>
"""

from __future__ import annotations

from typing import Protocol

from pyoprollup.derive.deposits import user_deposits
from pyoprollup.derive.errors import CriticalError, ResetError
from pyoprollup.derive.l1_info import L1Header, l1_info_deposit
from pyoprollup.errors import NotFound, RollupError, Unavailable
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.types import ZERO_HASH, Address
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.l1_chain_config import L1ChainConfig, blob_update_fraction
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.system_config_updates import update_with_l1_receipts
from pyoprollup.rollup.time import L1Time, L2Time
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.sources.l1 import BlockInfo, L1Source
from pyoprollup.sources.l2 import L2Source

__all__ = [
    "SEQUENCER_FEE_VAULT_ADDRESS",
    "AttributesBuilder",
    "FetchingAttributesBuilder",
    "l1_blob_base_fee",
]

SEQUENCER_FEE_VAULT_ADDRESS = Address(bytes.fromhex("4200000000000000000000000000000000000011"))


class AttributesBuilder(Protocol):
    """Builds the attributes of the block after ``parent`` with L1 origin ``epoch``."""

    def prepare_payload_attributes(self, parent: L2BlockRef, epoch: BlockID) -> PayloadAttributes: ...


class FetchingAttributesBuilder:
    """Builds attributes from an L1 and an L2 source; used by derivation and by the sequencer."""

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Source,
        l2: L2Source,
        bundles: UpgradeBundles | None = None,
        l1_chain: L1ChainConfig | None = None,
    ) -> None:
        self._config = config
        self._l1 = l1
        self._l2 = l2
        self._bundles = UpgradeBundles() if bundles is None else bundles
        self._l1_chain = l1_chain

    def prepare_payload_attributes(self, parent: L2BlockRef, epoch: BlockID) -> PayloadAttributes:
        """The attributes, without sequenced transactions; ``no_tx_pool`` is set.

        Raises :class:`ResetError` when ``epoch`` cannot follow the parent's L1 origin,
        :class:`CriticalError` when deposit events are malformed or an upgrade bundle is missing, and
        :class:`Unavailable` when a source does not answer.
        """
        system_config, info, deposits, sequence_number = self._read(parent, epoch)
        time = L2Time(parent.time + self._config.block_time)
        if time < info.ref.time:
            raise ResetError(
                f"L2 block after {parent} at {time} is before its L1 origin {epoch} at {info.ref.time}"
            )
        rules = self._config.schedule.at_l2(time)
        try:
            forced = self._forced_transactions(system_config, info, deposits, sequence_number, time)
            gas_limit = system_config.gas_limit + self._upgrade_gas(time)
        except RollupError as exc:
            raise CriticalError(f"L2 block at {time}: {exc}") from exc
        return PayloadAttributes(
            timestamp=time,
            prev_randao=info.mix_digest,
            suggested_fee_recipient=SEQUENCER_FEE_VAULT_ADDRESS,
            withdrawals=() if rules.withdrawals else None,
            parent_beacon_block_root=(
                (info.parent_beacon_root or ZERO_HASH) if rules.parent_beacon_block_root else None
            ),
            transactions=forced,
            no_tx_pool=True,
            gas_limit=gas_limit,
            eip1559_params=system_config.eip1559_params if rules.eip1559_params else None,
            min_base_fee=system_config.min_base_fee if rules.min_base_fee else None,
        )

    def _read(self, parent: L2BlockRef, epoch: BlockID) -> tuple[SystemConfig, BlockInfo, list[bytes], int]:
        """All that is read from outside: configuration, L1 block, deposits, sequence number."""
        try:
            system_config = self._l2.system_config_by_l2_hash(parent.hash)
            if parent.l1_origin.number == epoch.number:
                if parent.l1_origin.hash != epoch.hash:
                    raise ResetError(f"L1 origin {epoch} conflicts with {parent.l1_origin} of {parent}")
                return system_config, self._l1.info_by_hash(epoch.hash), [], parent.sequence_number + 1
            info, receipts = self._l1.fetch_receipts(epoch.hash)
        except NotFound as exc:
            raise Unavailable(f"block after {parent} with L1 origin {epoch}: {exc}") from exc
        if info.ref.parent_hash != parent.l1_origin.hash:
            raise ResetError(
                f"L1 origin {epoch} (parent 0x{info.ref.parent_hash.hex()}) "
                f"does not follow {parent.l1_origin} of {parent}"
            )
        deposits = user_deposits(epoch.hash, receipts, self._config.deposit_contract_address)
        if deposits.errors:
            raise CriticalError(f"deposits of L1 block {epoch}: {deposits.errors[0]}")
        updated = update_with_l1_receipts(system_config, receipts, self._config, L1Time(info.ref.time))
        # Malformed updates are skipped; L1 traversal has recorded them.
        return updated.config, info, deposits, 0

    def _forced_transactions(
        self,
        system_config: SystemConfig,
        info: BlockInfo,
        deposits: list[bytes],
        sequence_number: int,
        time: L2Time,
    ) -> tuple[bytes, ...]:
        blob_fee = l1_blob_base_fee(self._config, info, self._l1_chain)
        header = L1Header(info.ref.hash, info.ref.number, info.ref.time, info.base_fee, blob_fee)
        l1_info = l1_info_deposit(self._config, system_config, sequence_number, header, time)
        forced = [l1_info.encode(), *deposits]
        forced.extend(self._bundles.for_block(self._config, time))
        return tuple(forced)

    def _upgrade_gas(self, time: L2Time) -> int:
        return sum(map(self._bundles.gas, self._config.schedule.activations(time)))


def l1_blob_base_fee(
    config: RollupConfig, info: BlockInfo, l1_chain: L1ChainConfig | None = None
) -> int | None:
    """Blob base fee of an L1 block in wei for the L1 attributes; ``None`` for blocks without blobs.

    ``l1_chain`` gives the blob schedule of an L1 that the package does not know.
    Specification: protocol/pectra-blob-schedule/derivation.md.
    """
    if info.blob_base_fee is not None or info.excess_blob_gas is None:
        return info.blob_base_fee
    fraction = blob_update_fraction(
        l1_chain or config.l1_chain_id,
        L1Time(info.ref.time),
        pectra_blob_schedule_time=config.pectra_blob_schedule_time,
        has_requests_hash=info.has_requests_hash,
    )
    return blob_base_fee(info.excess_blob_gas, fraction)
