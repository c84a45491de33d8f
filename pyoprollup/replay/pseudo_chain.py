"""An L2 chain without execution, sufficient for derivation.

Derivation needs the hash of every block that it builds on. Without an engine the header fields
that only execution knows are made up by a fixed rule, so that hashes are deterministic and differ
between different blocks: state root ``keccak256("state" ++ parent hash ++ number as uint64)``,
empty receipts, no gas used, a base fee of 1 gwei. The block hash then is the real hash of that
header. The reference's vectors use the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pyoprollup.derive.attributes_queue import AttributesWithParent
from pyoprollup.derive.errors import CriticalError, EndOfData, ResetError
from pyoprollup.derive.payload_util import read_payload
from pyoprollup.derive.pipeline import DerivationPipeline
from pyoprollup.errors import NotFound
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH, ExecutionPayload
from pyoprollup.eth.payload_fields import payload_of_header
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig, encode_eip1559_params
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.sources.l1 import L1Source

__all__ = ["DerivedBlock", "PseudoChain", "derive_chain", "pseudo_state_root"]

_NO_BLOOM, _NO_NONCE = bytes(256), bytes(8)
_BASE_FEE = 1_000_000_000
_MAX_RESETS_IN_A_ROW = 8
"""Resets without a block between them. A source that lacks something that L1 refers to, as a
recording may, would have the pipeline reset for ever."""

_DEFAULT_EIP1559 = (250, 6)
"""Denominator and elasticity of chains whose configuration does not say."""


def pseudo_state_root(parent_hash: Hash32, number: int) -> Hash32:
    """The made-up state root of a block."""
    return keccak256(b"state" + parent_hash + number.to_bytes(8, "big"))


@dataclass(frozen=True, slots=True)
class DerivedBlock:
    """Attributes and the block that they became."""

    attributes: AttributesWithParent
    block: L2BlockRef


class PseudoChain:
    """A chain of blocks that starts at ``start`` and grows by attributes; an L2 source.

    ``zero_roots`` sets state and receipts root to zero. ``rewind_by_origin`` makes :meth:`rewind` keep every
    block whose L1 origin is canonical, even those of a span batch that the new L1 does not have.
    """

    def __init__(
        self,
        config: RollupConfig,
        start: L2BlockRef,
        bundles: UpgradeBundles | None = None,
        zero_roots: bool = False,
        rewind_by_origin: bool = False,
    ) -> None:
        self._config = config
        self._bundles = UpgradeBundles() if bundles is None else bundles
        self._zero_roots = zero_roots
        self._rewind_by_origin = rewind_by_origin
        self._derived_from: dict[Hash32, BlockID] = {}
        self._refs: dict[Hash32, L2BlockRef] = {start.hash: start}
        self._canonical: dict[int, Hash32] = {start.number: start.hash}
        self._payloads: dict[Hash32, ExecutionPayload] = {}
        self._configs: dict[Hash32, SystemConfig] = {start.hash: config.genesis.system_config}
        self.safe_head = start

    def apply(self, derived: AttributesWithParent) -> L2BlockRef:
        """Build the block of these attributes and make it the safe head."""
        payload = self._payload(derived.attributes, derived.parent)
        ref, system_config = read_payload(self._config, payload, self._bundles)
        self._refs[ref.hash] = ref
        self._canonical[ref.number] = ref.hash
        self._payloads[ref.hash] = payload
        self._configs[ref.hash] = system_config
        self._derived_from[ref.hash] = derived.derived_from.id
        self.safe_head = ref
        return ref

    def _payload(self, attributes: PayloadAttributes, parent: L2BlockRef) -> ExecutionPayload:
        rules = self._config.schedule.at_l2(L2Time(attributes.timestamp))
        number = parent.number + 1
        blob_gas = 0 if rules.parent_beacon_block_root else None
        header = Header(
            parent_hash=parent.hash,
            uncle_hash=EMPTY_UNCLE_HASH,
            coinbase=attributes.suggested_fee_recipient,
            state_root=ZERO_HASH if self._zero_roots else pseudo_state_root(parent.hash, number),
            transactions_root=ordered_trie_root(attributes.transactions),
            receipts_root=ZERO_HASH if self._zero_roots else EMPTY_TRIE_ROOT,
            logs_bloom=_NO_BLOOM,
            difficulty=0,
            number=number,
            gas_limit=attributes.gas_limit or 0,
            gas_used=0,
            time=attributes.timestamp,
            extra_data=self._extra_data(attributes),
            mix_digest=attributes.prev_randao,
            nonce=_NO_NONCE,
            base_fee=_BASE_FEE,
            withdrawals_root=None if attributes.withdrawals is None else EMPTY_TRIE_ROOT,
            blob_gas_used=blob_gas,
            excess_blob_gas=blob_gas,
            parent_beacon_root=attributes.parent_beacon_block_root,
            requests_hash=EMPTY_REQUESTS_HASH if rules.requests_hash else None,
        )
        return payload_of_header(header, attributes.transactions)

    def _extra_data(self, attributes: PayloadAttributes) -> bytes:
        params = attributes.eip1559_params
        if params is None:
            return b""
        if not any(params):
            options = self._config.chain_op_config
            denominator, elasticity = _DEFAULT_EIP1559
            if options is not None:
                denominator = options.eip1559_denominator_canyon or options.eip1559_denominator
                elasticity = options.eip1559_elasticity
            params = encode_eip1559_params(denominator, elasticity)
        if attributes.min_base_fee is None:
            return b"\0" + params
        return b"\x01" + params + attributes.min_base_fee.to_bytes(8, "big")

    def rewind(self, l1: L1Source) -> L2BlockRef:
        """Go back to the last block that was derived from L1 blocks that are all still canonical.

        Raises :class:`CriticalError` when L1 does not have the first block's origin any more.
        """
        head = self.safe_head
        while not _is_canonical(l1, self._anchor(head)):
            if head.parent_hash not in self._refs:
                raise CriticalError(f"L1 origin {head.l1_origin} of the first block {head} is not on L1")
            head = self.l2_block_ref_by_hash(head.parent_hash)
        self.go_back_to(head)
        return head

    def go_back_to(self, block: L2BlockRef) -> None:
        """Make ``block``, which the chain has, the safe head again."""
        for number in range(block.number + 1, self.safe_head.number + 1):
            del self._canonical[number]
        self.safe_head = block

    def _anchor(self, block: L2BlockRef) -> BlockID:
        """The L1 block that ``block`` depends on."""
        if self._rewind_by_origin:
            return block.l1_origin
        return self._derived_from.get(block.hash, block.l1_origin)

    def l2_block_ref_by_number(self, number: int) -> L2BlockRef:
        try:
            return self._refs[self._canonical[number]]
        except KeyError:
            raise NotFound(f"L2 block {number} is not known") from None

    def l2_block_ref_by_hash(self, block_hash: Hash32) -> L2BlockRef:
        try:
            return self._refs[block_hash]
        except KeyError:
            raise NotFound(f"L2 block 0x{block_hash.hex()} is not known") from None

    def payload_by_number(self, number: int) -> ExecutionPayload:
        try:
            return self._payloads[self._canonical[number]]
        except KeyError:
            raise NotFound(f"L2 payload {number} is not known") from None

    def system_config_by_l2_hash(self, block_hash: Hash32) -> SystemConfig:
        try:
            return self._configs[block_hash]
        except KeyError:
            raise NotFound(f"L2 block 0x{block_hash.hex()} is not known") from None


def _is_canonical(l1: L1Source, block: BlockID) -> bool:
    try:
        return l1.l1_block_ref_by_number(block.number).hash == block.hash
    except NotFound:
        return False


def derive_chain(
    pipeline: DerivationPipeline,
    chain: PseudoChain,
    l1: L1Source,
    on_reset: Callable[[ResetError, L2BlockRef], None] = lambda _error, _head: None,
) -> Iterator[DerivedBlock]:
    """Derive all that L1 has, applying each block to ``chain``; resets are followed through.

    ``on_reset`` is called with each reset and the safe head after it. Can be called again when L1 has
    grown. Temporary and critical errors pass through to the caller; resets that lead nowhere end in
    :class:`CriticalError`.
    """
    pipeline.confirm_engine_reset()
    resets = 0
    while True:
        try:
            derived = pipeline.step(chain.safe_head)
        except EndOfData:
            return
        except ResetError as error:
            resets += 1
            head = chain.rewind(l1)
            if resets > _MAX_RESETS_IN_A_ROW:
                raise CriticalError(f"reset again and again at L2 block {head.number}: {error}") from error
            on_reset(error, head)
            pipeline.reset()
            pipeline.confirm_engine_reset()
            continue
        if derived is not None:
            resets = 0
            yield DerivedBlock(derived, chain.apply(derived))
