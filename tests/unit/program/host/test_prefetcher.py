from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.blob_sidecar import without_sidecar
from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.kzg import blob_commitment, roots_of_unity, versioned_hash
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.predeploys import HISTORY_STORAGE
from pyoprollup.evm.remote_precompiles import run_precompile
from pyoprollup.preimage import (
    PreimageMissing,
    blob_element_key,
    keccak256_key,
    precompile_input,
    precompile_key,
    sha256_key,
)
from pyoprollup.program.client.tries import read_list
from pyoprollup.program.errors import HintError
from pyoprollup.program.hints import (
    HintWord,
    account_proof_hint,
    blob_hint,
    block_hash_lookup_hint,
    hash_hint,
    payload_witness_hint,
    precompile_hint,
)
from pyoprollup.program.host.prefetcher import Prefetcher
from pyoprollup.program.host.stores import MemoryStore
from tests.unit.l1.embedded.support import blob_raw
from tests.unit.program.client.test_l1_oracle import some_header
from tests.unit.program.host.sources import FakeSources

HEAD, OTHER = Hash32(b"\x11" * 32), Hash32(b"\x22" * 32)
ADDRESS = Address(b"\x42" * 20)
TRANSACTIONS = [b"\x02" + bytes([index]) * 50 for index in range(5)]
RECEIPTS = [Receipt(2, 1, 100 * index) for index in range(5)]


class Made:
    """A prefetcher with its store and its sources."""

    def __init__(self) -> None:
        self.fake, self.store = FakeSources(), MemoryStore()
        self.followed: list[HintWord] = []
        self.prefetcher = Prefetcher(
            self.store, self.fake.sources, HEAD, lambda hint: self.followed.append(hint.word)
        )

    def hint(self, text: str) -> None:
        self.prefetcher.hint(text.encode())

    def keccak(self, data: bytes) -> bytes:
        return self.prefetcher.get(keccak256_key(keccak256(data)))

    def block(self, chain: str = "l1", transactions: list[bytes] | None = None) -> tuple[Hash32, Header]:
        listed = TRANSACTIONS if transactions is None else transactions
        header = replace(
            some_header(),
            transactions_root=ordered_trie_root(listed),
            receipts_root=ordered_trie_root([each.encode() for each in RECEIPTS]),
        )
        block_hash, source = header.hash(), getattr(self.fake, chain)
        source.headers[block_hash] = header
        source.transactions[block_hash], source.receipts[block_hash] = listed, RECEIPTS
        return block_hash, header


@pytest.mark.parametrize("chain", ["l1", "l2"])
def test_blocks_with_their_lists(chain: str) -> None:
    made = Made()
    block_hash, header = made.block(chain)

    def node(digest: Hash32) -> bytes:
        return made.prefetcher.get(keccak256_key(digest))

    for word, root, items in (
        ("transactions", header.transactions_root, TRANSACTIONS),
        ("receipts", header.receipts_root, [each.encode() for each in RECEIPTS]),
    ):
        made.hint(f"{chain}-block-header 0x{block_hash.hex()}")
        assert made.keccak(header.encode()) == header.encode()
        made.hint(f"{chain}-{word} 0x{block_hash.hex()}")
        assert read_list(root, node) == items
    assert getattr(made.fake, chain).asked["receipts"] == 1


def test_nothing_is_fetched_for_what_is_there() -> None:
    made = Made()
    block_hash, header = made.block()
    made.hint(hash_hint(HintWord.L1_BLOCK_HEADER, block_hash))
    made.keccak(header.encode())
    made.hint(hash_hint(HintWord.L1_BLOCK_HEADER, block_hash))
    made.keccak(header.encode())
    made.hint(hash_hint(HintWord.L1_RECEIPTS, OTHER))
    made.keccak(header.encode())
    assert made.followed == [HintWord.L1_BLOCK_HEADER]


def test_a_hint_that_is_none_matters_only_if_something_is_missing() -> None:
    made = Made()
    made.store.put(keccak256_key(keccak256(b"data")), b"data")
    for text in ("l2-block-data 0x00", "agreed-pre-state 0x00", "nonsense"):
        made.hint(text)
        assert made.keccak(b"data") == b"data"
        with pytest.raises(HintError):
            made.keccak(b"another")
    block_hash, header = made.block()
    made.hint(hash_hint(HintWord.L1_BLOCK_HEADER, block_hash))
    assert made.keccak(header.encode()) == header.encode()


def test_what_no_hint_leads_to() -> None:
    made = Made()
    with pytest.raises(PreimageMissing, match="no hint"):
        made.keccak(b"data")
    block_hash, _ = made.block()
    made.hint(hash_hint(HintWord.L1_BLOCK_HEADER, block_hash))
    with pytest.raises(PreimageMissing, match="l1-block-header"):
        made.keccak(b"data")
    made.hint(hash_hint(HintWord.L1_BLOCK_HEADER, OTHER))
    with pytest.raises(PreimageMissing, match="no header"):
        made.keccak(b"data")


# --- blobs and precompiles


def test_a_blob_with_all_its_elements() -> None:
    made = Made()
    blob = blob_from_data(b"some data" * 1000)
    commitment = blob_commitment(blob)
    wanted = versioned_hash(commitment)
    raw = blob_raw(0, contents=(b"another", b"some data" * 1000))
    block_hash, header = made.block(transactions=[TRANSACTIONS[0], without_sidecar(raw)])
    made.fake.blobs[wanted] = blob
    made.hint(hash_hint(HintWord.L1_TRANSACTIONS, block_hash))
    made.hint(blob_hint(wanted, header.time))
    assert made.prefetcher.get(sha256_key(wanted)) == commitment
    elements = [made.prefetcher.get(blob_element_key(commitment, root)) for root in roots_of_unity()]
    assert b"".join(elements) == blob
    made_of = commitment + roots_of_unity()[7]
    assert made.keccak(made_of) == made_of
    ((ref, (place,)),) = made.fake.wanted
    assert (ref.hash, place.index, place.hash) == (block_hash, 1, wanted)


def test_a_blob_that_is_another() -> None:
    made = Made()
    wanted = versioned_hash(blob_commitment(blob_from_data(b"one")))
    made.fake.blobs[wanted] = blob_from_data(b"two")
    made.hint(f"l1-blob {wanted.hex()}{3:016x}{77:016x}")
    with pytest.raises(Unavailable):
        made.prefetcher.get(sha256_key(wanted))
    ((ref, (place,)),) = made.fake.wanted
    assert (ref.time, place.index) == (77, 3), "what only the hint says"


def test_calls_of_precompiles_in_all_forms() -> None:
    address = Address(bytes(19) + b"\x08")
    result = run_precompile(address, bytes(192))
    assert result is not None
    made = Made()
    made.hint(precompile_hint(address, 79_000, bytes(192)))
    key = precompile_key(address, 79_000, bytes(192))
    assert made.prefetcher.get(key) == b"\1" + result
    made_of = precompile_input(address, 79_000, bytes(192))
    assert made.keccak(made_of) == made_of
    made.hint(precompile_hint(address, 79_000, bytes(191)))
    assert made.prefetcher.get(precompile_key(address, 79_000, bytes(191))) == b"\0"
    kona = Made()
    kona.hint(f"l1-precompile {made_of.hex()}")
    assert kona.prefetcher.get(key) == b"\1" + result
    old = address + bytes(192)
    kona.hint(f"l1-precompile 0x{old.hex()}")
    assert kona.prefetcher.get(Hash32(b"\6" + keccak256(old)[1:])) == b"\1" + result


@pytest.mark.parametrize("number", [2, 5, 9, 0x100])
def test_other_precompiles_are_not_run(number: int) -> None:
    made, address = Made(), Address(number.to_bytes(20, "big"))
    made.hint(precompile_hint(address, 1, b""))
    with pytest.raises(HintError, match="left to the host"):
        made.prefetcher.get(precompile_key(address, 1, b""))


# --- the state of L2


def test_nodes_code_and_outputs() -> None:
    made = Made()
    for word, chain_id in ((HintWord.L2_STATE_NODE, ""), (HintWord.L2_CODE, "0000000000000385")):
        data = word.value.encode()
        made.fake.l2.preimages[keccak256(data)] = data
        made.hint(f"{word.value} 0x{keccak256(data).hex()}{chain_id}")
        assert made.keccak(data) == data
    output = OutputV0(OTHER, OTHER, HEAD)
    made.fake.l2.outputs[HEAD] = output
    for word in (HintWord.L2_OUTPUT, HintWord.STARTING_L2_OUTPUT):
        fresh = Made()
        fresh.fake.l2.outputs[HEAD] = output
        fresh.hint(hash_hint(word, output.root()))
        assert fresh.keccak(output.marshal()) == output.marshal()
    made.hint(hash_hint(HintWord.L2_OUTPUT, OTHER))
    with pytest.raises(HintError, match="agreed block"):
        made.keccak(b"what it should be the root of")


def bulk_cases() -> list[tuple[str, object]]:
    attributes = PayloadAttributes(12, OTHER, ADDRESS, gas_limit=1)
    slot = (9).to_bytes(32, "big")
    kona = HEAD + b'{"timestamp":"0xc","prevRandao":"0x' + OTHER.hex().encode() + b'",'
    kona += b'"suggestedFeeRecipient":"0x' + ADDRESS.hex().encode() + b'"}'
    number = (7).to_bytes(8, "big")
    return [
        (account_proof_hint(HEAD, ADDRESS, 901), (HEAD, ADDRESS, (0,))),
        (f"l2-account-proof {(number + ADDRESS).hex()}", (7, ADDRESS, (0,))),
        (f"l2-account-storage-proof {(number + ADDRESS + slot).hex()}", (7, ADDRESS, (9,))),
        (block_hash_lookup_hint(8200, HEAD, 901), (HEAD, HISTORY_STORAGE, (9,))),
        (payload_witness_hint(HEAD, attributes, 901), None),
        (f"l2-payload-witness {kona.hex()}", None),
    ]


@pytest.mark.parametrize(("text", "proof"), bulk_cases())
def test_many_at_once_before_single_ones(text: str, proof: object) -> None:
    """What a hint of many brings is not asked for one by one; what it does not bring is."""
    nodes = [b"node %d" % index for index in range(3)]
    made = Made()
    l2 = made.fake.l2
    if proof is None:
        l2.witnesses[HEAD] = nodes[:2]
    else:
        l2.proofs[proof] = nodes[:2]  # type: ignore[index]
    l2.preimages = {keccak256(node): node for node in nodes}
    made.hint(text)
    for node in nodes:
        made.hint(hash_hint(HintWord.L2_STATE_NODE, keccak256(node)))
        assert made.keccak(node) == node
    assert l2.asked["proof"] + l2.asked["witness"] == 1
    assert l2.asked["node"] == 1


def test_single_ones_where_many_cannot_be_had() -> None:
    made = Made()
    made.fake.l2.preimages[keccak256(b"node")] = b"node"
    made.hint(account_proof_hint(HEAD, ADDRESS, 901))
    made.hint(hash_hint(HintWord.L2_STATE_NODE, keccak256(b"node")))
    assert made.keccak(b"node") == b"node"


@pytest.mark.parametrize("word", HintWord)
def test_hints_of_wrong_lengths(word: HintWord) -> None:
    is_bulk = word.value.startswith(("l2-account", "l2-payload", "l2-block-hash"))
    for prefix in ("0x", ""):
        made = Made()
        made.hint(f"{word.value} {prefix}{'11' * 3}") if is_bulk else None
        with pytest.raises(HintError):
            made.hint(f"{word.value} {prefix}{'11' * 3}" if not is_bulk else "l2-code 0x" + "22" * 32)
            made.keccak(b"data")
