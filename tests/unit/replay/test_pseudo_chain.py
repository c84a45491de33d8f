"""The L2 chain that nobody executes: its blocks, its answers, and going back after a reorg."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.derive.attributes_queue import AttributesWithParent
from pyoprollup.derive.errors import CriticalError, ResetError
from pyoprollup.derive.pipeline import DerivationPipeline
from pyoprollup.errors import NotFound
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_HASH, Hash32, bytes_from_hex
from pyoprollup.replay.pseudo_chain import DerivedBlock, PseudoChain, derive_chain, pseudo_state_root
from pyoprollup.replay.recording import RecordedL1, Recording, load_recording
from pyoprollup.rollup import ChainOpConfig
from tests.golden import golden_case

NOBODY = Hash32(b"\x77" * 32)


class Case:
    """A golden derivation, to be put on a chain block by block."""

    def __init__(self, name: str, case: str) -> None:
        self.value: dict[str, Any] = golden_case(name, case)
        self.recording: Recording = load_recording(self.value)
        self.l1: RecordedL1 = self.recording.l1()

    def chain(self, **options: Any) -> PseudoChain:
        return PseudoChain(self.recording.config, self.recording.start, **options)

    def attributes(self, index: int) -> PayloadAttributes:
        return PayloadAttributes.from_json(self.value["derived"][index]["attributes"])

    def extend(self, chain: PseudoChain, count: int) -> list[L2BlockRef]:
        refs = []
        for index in range(count):
            number = self.value["derived"][index]["derived_from"]
            derived_from = self.l1.l1_block_ref_by_number(number)
            attributes = self.attributes(index)
            refs.append(chain.apply(AttributesWithParent(attributes, chain.safe_head, True, derived_from)))
        return refs


def happy(fork: str = "delta") -> Case:
    return Case("pipeline_happy", f"happy-{fork}")


def test_state_root_is_made_from_parent_and_number() -> None:
    assert pseudo_state_root(NOBODY, 5) == keccak256(b"state" + NOBODY + bytes(7) + b"\5")


def test_blocks_have_the_hashes_of_the_vectors() -> None:
    case = happy()
    chain = case.chain()
    refs = case.extend(chain, 5)
    expected = [bytes_from_hex(item["block_hash"]) for item in case.value["derived"][:5]]
    assert [ref.hash for ref in refs] == expected
    assert chain.safe_head == refs[-1]
    assert [ref.number for ref in refs] == [1, 2, 3, 4, 5]
    assert refs[1].parent_hash == refs[0].hash


def test_payloads_are_what_nobody_executed() -> None:
    case = happy()
    chain = case.chain()
    case.extend(chain, 2)
    payload = chain.payload_by_number(2)
    assert payload.state_root == pseudo_state_root(payload.parent_hash, 2)
    assert payload.receipts_root == EMPTY_TRIE_ROOT
    assert payload.gas_used == 0
    assert payload.base_fee_per_gas == 10**9
    assert payload.transactions == case.attributes(1).transactions


def test_answers_by_number_and_hash() -> None:
    case = happy()
    chain = case.chain()
    start = case.recording.start
    refs = case.extend(chain, 3)
    for ref in (start, *refs):
        assert chain.l2_block_ref_by_number(ref.number) == ref
        assert chain.l2_block_ref_by_hash(ref.hash) == ref
    assert chain.system_config_by_l2_hash(start.hash) == case.recording.config.genesis.system_config
    config = chain.system_config_by_l2_hash(refs[-1].hash)
    assert config.gas_limit == case.attributes(2).gas_limit
    assert chain.system_config_by_l2_hash(refs[-1].hash) is config


def test_says_what_it_does_not_have() -> None:
    chain = happy().chain()
    for ask, what in (
        (chain.l2_block_ref_by_number, 9),
        (chain.payload_by_number, 9),
        (chain.payload_by_number, 0),
        (chain.l2_block_ref_by_hash, NOBODY),
        (chain.system_config_by_l2_hash, NOBODY),
    ):
        with pytest.raises(NotFound, match="is not known"):
            ask(what)  # type: ignore[arg-type]


def test_zero_roots() -> None:
    case = happy()
    chain = case.chain(zero_roots=True)
    (first,) = case.extend(chain, 1)
    payload = chain.payload_by_number(1)
    assert (payload.state_root, payload.receipts_root) == (ZERO_HASH, ZERO_HASH)
    assert payload.header().hash() == first.hash


@pytest.mark.parametrize(
    ("options", "params", "min_base_fee", "extra_data"),
    [
        (None, None, None, b""),
        (None, bytes(8), None, bytes.fromhex("00000000fa00000006")),
        (ChainOpConfig(2, 50, 250), bytes(8), None, bytes.fromhex("00000000fa00000002")),
        (ChainOpConfig(2, 50, None), bytes(8), None, bytes.fromhex("000000003200000002")),
        (None, bytes.fromhex("0000000a0000000b"), None, bytes.fromhex("000000000a0000000b")),
        (None, bytes.fromhex("0000000a0000000b"), 7, bytes.fromhex("010000000a0000000b0000000000000007")),
    ],
)
def test_extra_data_of_each_fork(
    options: ChainOpConfig | None, params: bytes | None, min_base_fee: int | None, extra_data: bytes
) -> None:
    case = happy("ecotone")
    config = replace(case.recording.config, chain_op_config=options)
    chain = PseudoChain(config, case.recording.start)
    attributes = replace(case.attributes(0), eip1559_params=params, min_base_fee=min_base_fee)
    origin = case.l1.l1_block_ref_by_hash(case.recording.start.l1_origin.hash)
    chain.apply(AttributesWithParent(attributes, chain.safe_head, True, origin))
    assert chain.payload_by_number(1).extra_data == extra_data


def test_rewind_keeps_what_l1_still_supports() -> None:
    case = Case("pipeline_reorg", "reorg-delta")
    chain = case.chain()
    recording, l1 = case.recording, case.l1
    before = list(derive_chain(_pipeline(case, chain), chain, l1))
    assert chain.rewind(l1) == before[-1].block
    l1.reorg(recording.reorg)
    head = chain.rewind(l1)
    kept = [step for step in before if step.block.number <= head.number]
    gone = [step for step in before if step.block.number > head.number]
    assert kept and gone
    assert all(_is_on(l1, step) for step in kept)
    assert not _is_on(l1, gone[0])
    assert chain.safe_head == head == kept[-1].block
    with pytest.raises(NotFound):
        chain.l2_block_ref_by_number(gone[0].block.number)
    assert chain.l2_block_ref_by_hash(gone[0].block.hash) == gone[0].block


def _is_on(l1: RecordedL1, step: DerivedBlock) -> bool:
    """Whether the L1 block that a block was derived from is canonical."""
    wanted = step.attributes.derived_from
    try:
        return l1.l1_block_ref_by_number(wanted.number) == wanted
    except NotFound:
        return False


def test_rewind_gives_up_when_the_first_origin_is_gone() -> None:
    case = Case("pipeline_reorg", "reorg-delta")
    chain = case.chain()
    case.extend(chain, 2)
    empty = RecordedL1((), {})
    with pytest.raises(CriticalError, match="first block"):
        chain.rewind(empty)


def _pipeline(case: Case, chain: PseudoChain) -> DerivationPipeline:
    return DerivationPipeline(case.recording.config, case.l1, case.l1, chain)


def test_derive_chain_follows_a_reorg_to_the_chain_of_the_new_l1() -> None:
    case = Case("pipeline_reorg", "reorg-granite")
    chain = case.chain()
    pipeline = _pipeline(case, chain)
    resets: list[tuple[ResetError, L2BlockRef]] = []
    first = list(derive_chain(pipeline, chain, case.l1, lambda *reset: resets.append(reset)))
    assert first and not resets
    case.l1.reorg(case.recording.reorg)
    second = list(derive_chain(pipeline, chain, case.l1, lambda *reset: resets.append(reset)))
    assert resets[0][1].number < first[-1].block.number
    assert second[-1].block == chain.safe_head
    fresh = case.chain()
    alone = list(derive_chain(_pipeline(case, fresh), fresh, case.l1))
    assert fresh.safe_head == chain.safe_head
    assert alone[-1].attributes.attributes == second[-1].attributes.attributes


def test_derive_chain_can_be_called_again_when_l1_has_grown() -> None:
    case = happy()
    blocks = case.recording.blocks
    chain = case.chain()
    l1 = RecordedL1(blocks[:6], case.recording.blobs)
    pipeline = DerivationPipeline(case.recording.config, l1, l1, chain)
    found = list(derive_chain(pipeline, chain, l1))
    assert 0 < len(found) < len(case.value["derived"])
    assert list(derive_chain(pipeline, chain, l1)) == []
    l1.reorg(blocks[6:])
    found += derive_chain(pipeline, chain, l1)
    hashes = [bytes_from_hex(item["block_hash"]) for item in case.value["derived"]]
    assert [step.block.hash for step in found] == hashes
