"""What each hard fork changes, one function per fork.

:class:`Rules` is the full set of switches that the rest of the package asks about; nobody outside
``pyoprollup.rollup`` compares forks. A fork's function *is* its delta: it takes the rules before
it and returns them with its own changes. Forks apply independently of each other, so a chain that
schedules them in an unusual order behaves as the reference does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.rollup.evm_rules import BEDROCK_EVM, EVM_DELTAS, EvmRules
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.reference import Reference

__all__ = [
    "BEDROCK",
    "DELTAS",
    "EMPTY_ACTIVATION_BLOCK",
    "SEQUENCED_EMPTY",
    "L1InfoFormat",
    "Rules",
    "rules_for",
]


class L1InfoFormat(Enum):
    """Layout of the calldata of the L1 attributes transaction."""

    BEDROCK = "bedrock"
    ECOTONE = "ecotone"
    ISTHMUS = "isthmus"
    JOVIAN = "jovian"


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule that depends on a fork. Sizes in bytes, times in seconds, timeouts in L1 blocks.

    The comment after each group names the clock it is read with: ``at_l1`` of the L1 block that is
    being derived from ("inclusion"), ``at_l1`` of a batch's L1 origin, or ``at_l2``.
    """

    fork: Fork = Fork.BEDROCK
    """The newest active fork, for display only."""

    # --- L1 inclusion block
    max_channel_bank_size: int = 100_000_000
    max_rlp_bytes_per_channel: int = 10_000_000
    channel_timeout: int | None = None
    """L1 blocks that a channel may stay open; ``None``: the chain's own ``channel_timeout``."""
    read_any_ready_channel: bool = False
    span_batches: bool = False
    """Read span batches (also asked with the time of a span's first L1 origin)."""
    blob_data: bool = False
    ecotone_l1_fee_config: bool = False
    """Scalars of the system configuration are in Ecotone's packed form."""
    brotli_channels: bool = False
    strict_ordering: bool = False
    """Holocene: ordered frames, one channel, strict batch order, fast channel invalidation."""
    span_overlap_checked: bool = False
    """Under strict ordering, too, a span batch must repeat the safe blocks that it overlaps."""
    post_exec_in_spans: bool = True
    """Span batches can hold transactions of type 0x7d; otherwise such a batch is malformed."""

    # --- L1 origin of a batch
    max_sequencer_drift: int | None = None
    """Seconds an L2 block may run ahead of its L1 origin; ``None``: the chain's own value."""

    # --- L2 block
    system_transactions: bool = True
    """The L1 attributes transaction is a system transaction with its own 150M gas."""
    withdrawals: bool = False
    parent_beacon_block_root: bool = False
    l1_info_format: L1InfoFormat = L1InfoFormat.BEDROCK
    eip1559_params: bool = False
    set_code_transactions: bool = False
    post_exec_transactions: bool = False
    """Batches may hold transactions of type 0x7d."""
    withdrawals_root_in_header: bool = False
    requests_hash: bool = False
    beacon_root_call: bool = False
    """Each block begins with the system call that stores the beacon root (EIP-4788)."""
    block_hash_history: bool = False
    """Each block begins with the system call that stores its parent's hash (EIP-2935)."""
    min_base_fee: bool = False
    da_footprint: bool = False

    evm: EvmRules = BEDROCK_EVM
    """What only the execution engine asks about (L2 block)."""

    @property
    def payload_version(self) -> BlockVersion:
        """The version of the block's payload: the one place that decides it.

        The versions of the Engine API's methods and the topics of gossip follow from it. Specification:
        protocol/exec-engine.md, Engine API; protocol/rollup-node-p2p.md, Gossip Topics.
        """
        if self.withdrawals_root_in_header:
            return BlockVersion.V4
        if self.parent_beacon_block_root:
            return BlockVersion.V3
        return BlockVersion.V2 if self.withdrawals else BlockVersion.V1


def _regolith(rules: Rules) -> Rules:
    """Specification: protocol/regolith/overview.md."""
    return replace(rules, system_transactions=False)


def _canyon(rules: Rules) -> Rules:
    """Specification: protocol/canyon/overview.md."""
    return replace(rules, read_any_ready_channel=True, withdrawals=True)


def _delta(rules: Rules) -> Rules:
    """Specification: protocol/delta/overview.md."""
    return replace(rules, span_batches=True)


def _ecotone(rules: Rules) -> Rules:
    """Specification: protocol/ecotone/derivation.md and l1-attributes.md."""
    return replace(
        rules,
        blob_data=True,
        ecotone_l1_fee_config=True,
        parent_beacon_block_root=True,
        beacon_root_call=True,
        l1_info_format=L1InfoFormat.ECOTONE,
    )


def _fjord(rules: Rules) -> Rules:
    """Specification: protocol/fjord/derivation.md."""
    return replace(
        rules,
        max_channel_bank_size=1_000_000_000,
        max_rlp_bytes_per_channel=100_000_000,
        brotli_channels=True,
        max_sequencer_drift=1800,
    )


def _granite(rules: Rules) -> Rules:
    """Specification: protocol/granite/derivation.md."""
    return replace(rules, channel_timeout=50)


def _holocene(rules: Rules) -> Rules:
    """Specification: protocol/holocene/derivation.md and exec-engine.md."""
    return replace(rules, strict_ordering=True, span_overlap_checked=True, eip1559_params=True)


def _isthmus(rules: Rules) -> Rules:
    """Specification: protocol/isthmus/derivation.md; protocol/isthmus/l1-attributes.md and exec-engine.md."""
    return replace(
        rules,
        l1_info_format=L1InfoFormat.ISTHMUS,
        set_code_transactions=True,
        withdrawals_root_in_header=True,
        requests_hash=True,
        block_hash_history=True,
    )


def _jovian(rules: Rules) -> Rules:
    """Specification: protocol/jovian/derivation.md; protocol/jovian/l1-attributes.md and exec-engine.md."""
    return replace(
        rules,
        l1_info_format=L1InfoFormat.JOVIAN,
        min_base_fee=True,
        da_footprint=True,
    )


def _karst(rules: Rules) -> Rules:
    """Specification: protocol/karst/overview.md. Nothing here changes for derivation."""
    return rules


def _interop(rules: Rules) -> Rules:
    """Specification: interop/derivation.md.

    Transactions of type 0x7d are not specified yet: they are as in op-node v1.19.6.
    """
    return replace(rules, post_exec_transactions=True)


def _before_v1_19(rules: Rules) -> Rules:
    """What op-node did up to v1.16.11. A type that it did not know passed as any other, outside of
    span batches."""
    return replace(rules, span_overlap_checked=False, post_exec_in_spans=False, post_exec_transactions=True)


BEDROCK = Rules()

EMPTY_ACTIVATION_BLOCK = frozenset({Fork.JOVIAN, Fork.KARST, Fork.INTEROP})
"""Forks whose activation block must not carry sequenced transactions.

Specification: protocol/jovian/derivation.md, Activation block rules; protocol/karst/overview.md.
"""

SEQUENCED_EMPTY = EMPTY_ACTIVATION_BLOCK | {Fork.ECOTONE, Fork.FJORD, Fork.ISTHMUS}
"""Forks on whose activation block the sequencer leaves users' transactions out, as the contracts that they
use are being replaced. A rule for a batch only where :data:`EMPTY_ACTIVATION_BLOCK` says so."""

DELTAS: dict[Fork, Callable[[Rules], Rules]] = {
    Fork.REGOLITH: _regolith,
    Fork.CANYON: _canyon,
    Fork.DELTA: _delta,
    Fork.ECOTONE: _ecotone,
    Fork.FJORD: _fjord,
    Fork.GRANITE: _granite,
    Fork.HOLOCENE: _holocene,
    Fork.ISTHMUS: _isthmus,
    Fork.JOVIAN: _jovian,
    Fork.KARST: _karst,
    Fork.INTEROP: _interop,
}


def rules_for(active: tuple[Fork, ...], reference: Reference = Reference.V1_19) -> Rules:
    """The rules of ``reference`` when exactly the forks of ``active`` (in fork order) are active."""
    rules = BEDROCK
    for fork in active:
        delta = DELTAS.get(fork)
        if delta is not None:
            rules = replace(delta(rules), fork=fork)
        evm_delta = EVM_DELTAS.get(fork)
        if evm_delta is not None:
            rules = replace(rules, evm=evm_delta(rules.evm))
    return _before_v1_19(rules) if reference is Reference.V1_16 else rules
