"""Large pre-images on the contract itself: the published one and ours, on the embedded L1.

Uploaded, squeezed, challenged; also in forms that nobody but a liar writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.challenger.contracts import PreimageOracleContract
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import (
    BLOCK_SIZE,
    InputFetcher,
    KeccakMetrics,
    LargePreimageIdent,
    LargePreimageScheduler,
    PreimageChallenger,
    PreimageVerifier,
    StateMatrix,
)
from pyoprollup.challenger.pinned_oracle import PinnedOracle
from pyoprollup.challenger.preimages import (
    ChallengePeriodNotOver,
    DirectPreimageUploader,
    KeyType,
    LargePreimageUploader,
    PreimageLoader,
    new_uuid,
    typed_key,
)
from pyoprollup.challenger.preimages.large import MAX_CHUNK_SIZE
from pyoprollup.challenger.sender import InFlight, Outbox, TransactionReverted, candidate
from pyoprollup.challenger.uploads import GameUploader
from pyoprollup.devcontracts import contract
from pyoprollup.eth.abi import encode_arguments, selector
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction, contract_address
from pyoprollup.eth.types import Address, Hash32, bytes_from_hex
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config
from pyoprollup.txmgr import LocalSigner, TxCandidate
from tests.unit.challenger.preimages.test_loader import Store, blob, blob_store, key_of, prefixed

pytestmark = pytest.mark.slow

HONEST, LIAR = keccak256(b"honest"), keccak256(b"liar")
OURS = Address(b"\x0a" * 20)
MIN_SIZE, PERIOD = 500, 1_200
SIZE = 5 * BLOCK_SIZE + 17


class Sender:
    """An account whose transactions are mined two to a block."""

    def __init__(self, l1: EmbeddedL1, key: bytes) -> None:
        self._l1 = l1
        self._signer = LocalSigner(key, l1.config.chain_id)
        self.address = self._signer.address

    def send_and_wait(self, purpose: str, candidates: Sequence[TxCandidate]) -> None:
        for first in range(0, len(candidates), 2):
            hashes = [self._send(item) for item in candidates[first : first + 2]]
            self._l1.mine()
            for tx_hash in hashes:
                receipt = self._l1.transaction_receipt(tx_hash)
                assert receipt is not None
                if receipt.status != 1:
                    raise TransactionReverted(purpose)

    def _send(self, candidate: TxCandidate) -> Hash32:
        tx = Transaction(
            DYNAMIC_FEE_TX_TYPE,
            self._l1.pending_nonce_at(self.address),
            10**11,
            12_000_000,
            candidate.to,
            candidate.value,
            candidate.data,
            chain_id=self._l1.config.chain_id,
            gas_tip_cap=10**9,
        )
        return self._l1.send(self._signer.sign(tx).encode())


class Chain:
    def __init__(self, code: bytes | None) -> None:
        """With the contract that ``code`` deploys, or else ours."""
        alloc = {address_of(key): Account(balance=10**24) for key in (HONEST, LIAR)}
        if code is None:
            ours = contract("PreimageOracle").deployed_with(
                MIN_PROPOSAL_SIZE=MIN_SIZE, CHALLENGE_PERIOD=PERIOD
            )
            alloc[OURS] = Account(nonce=1, code=ours.runtime)
        self.l1 = EmbeddedL1(EmbeddedL1Config(), alloc)
        self.l1.mine()
        self.honest, self.liar = Sender(self.l1, HONEST), Sender(self.l1, LIAR)
        address = OURS
        if code is not None:
            arguments = encode_arguments(["uint256", "uint256"], [MIN_SIZE, PERIOD])
            address = contract_address(self.honest.address, 0)
            self.honest.send_and_wait("deploy", [TxCandidate(None, code + arguments)])
        self.contract = PreimageOracleContract.detect(address, self.l1, self.head)
        assert self.contract.challenge_period(self.head) == PERIOD
        self.metrics = KeccakMetrics()
        self.verifier = PreimageVerifier(InputFetcher(self.l1))

    @property
    def head(self) -> Hash32:
        return self.l1.head_block.ref.hash

    @property
    def oracle(self) -> PinnedOracle:
        return PinnedOracle(self.contract, self.head)

    def upload(self, data: PreimageOracleData) -> None:
        """As far as that goes in one pass."""
        now = self.l1.head_block.ref.time
        Latest(self).uploader(now).upload_preimage(0, data)

    def look(self) -> None:
        """What the keccak challenger does after a block."""
        scheduler = LargePreimageScheduler(
            lambda: [self.oracle],
            PreimageChallenger(self.verifier, self.honest, self.metrics),
            lambda: self.l1.head_block.ref.time,
            self.metrics,
        )
        assert scheduler.schedule(self.head)
        scheduler.step()

    def wait(self) -> None:
        self.l1.mine(self.l1.head_block.ref.time + PERIOD + self.l1.config.slot_seconds)


class Latest(PinnedOracle):
    """The contract as it is, at each read."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(chain.contract, chain.head)
        self._chain = chain

    def __getattribute__(self, name: str) -> object:
        if name == "_block":
            return self._chain.head
        return super().__getattribute__(name)

    def uploader(self, now: int) -> LargePreimageUploader:
        return LargePreimageUploader(lambda: now, self._chain.honest, self)


@pytest.fixture(params=["ours", pytest.param("published", marks=pytest.mark.npm)])
def chain(request: pytest.FixtureRequest) -> Chain:
    if request.param == "ours":
        return Chain(None)
    folder: Path = request.getfixturevalue("l1_contracts")
    artifact = json.loads((folder / "PreimageOracle.json").read_text())
    return Chain(bytes_from_hex(artifact["bytecode"]["object"]))


def preimage_of(size: int, offset: int) -> PreimageOracleData:
    preimage = bytes(index * 31 % 251 for index in range(size))
    key = typed_key(KeyType.KECCAK256, keccak256(preimage))
    return PreimageOracleData(key, size.to_bytes(8, "big") + preimage, offset)


@pytest.mark.parametrize(
    ("size", "offset"),
    [
        (SIZE, 0),
        (SIZE, 7),
        (SIZE, SIZE + 7),
        (4 * BLOCK_SIZE, 8),
        (2 * MAX_CHUNK_SIZE + 5, MAX_CHUNK_SIZE),
        # The end of the pre-image is the end of a whole transaction: the reference's way is refused here.
        (MAX_CHUNK_SIZE, MAX_CHUNK_SIZE + 7),
        (MAX_CHUNK_SIZE, MAX_CHUNK_SIZE - 24),
    ],
)
def test_uploaded_and_squeezed(chain: Chain, size: int, offset: int) -> None:
    data = preimage_of(size, offset)
    with pytest.raises(ChallengePeriodNotOver):
        chain.upload(data)
    chain.look()
    assert chain.metrics.preimages_challenged == chain.metrics.preimages_unverified == 0
    assert chain.metrics.large_preimage_count == 1
    chain.wait()
    chain.upload(data)
    assert chain.contract.global_data_exists(data, chain.head)
    part = data.data[offset : offset + 32].ljust(32, b"\0")
    assert chain.contract.global_data(data, chain.head) == part


class GameOfOracle:
    """As much of a game as its uploader asks for."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def oracle(self, _block: Hash32) -> PreimageOracleContract:
        return self._chain.contract


def look(chain: Chain, data: PreimageOracleData) -> list[TxCandidate]:
    """One look of a challenger that knows nothing of an earlier one: what it sends."""
    outbox, head = Outbox(chain.honest.address), chain.l1.head_block.ref
    game: Any = GameOfOracle(chain)
    with suppress(InFlight):
        GameUploader(game, head, outbox).upload_preimage(0, data)
    return [tx for outgoing in outbox.collect() for tx in outgoing.candidates]


def test_look_by_look(chain: Chain) -> None:
    """As a game's player does it: each look sees one block, sends, and is forgotten.

    Of the second look only the first transaction is mined: the challenger was ended then.
    """
    data = preimage_of(2 * MAX_CHUNK_SIZE + 5, MAX_CHUNK_SIZE)
    sent = []
    for mined in (None, 1, None):
        txs = look(chain, data)
        sent.append(len(txs))
        chain.honest.send_and_wait("upload", txs[:mined])
    assert sent == [1, 3, 2]
    with pytest.raises(ChallengePeriodNotOver):
        look(chain, data)
    chain.wait()
    (squeeze,) = look(chain, data)
    chain.honest.send_and_wait("squeeze", [squeeze])
    assert chain.contract.global_data_exists(data, chain.head)


def uploaded_by_liar(chain: Chain, wrong: int, form: str = "strict") -> LargePreimageIdent:
    data, uuid = preimage_of(SIZE, 8), 7
    chain.liar.send_and_wait("init", [chain.oracle.init_large_preimage(uuid, 8, SIZE)])
    matrix, stream, start, txs = StateMatrix(), BytesIO(data.preimage), 0, []
    while not matrix.is_final:
        added = matrix.absorb_up_to(stream, 2 * BLOCK_SIZE)
        commitments = list(added.commitments)
        if start <= wrong < start + len(commitments):
            commitments[wrong - start] = keccak256(b"wrong")
        tx = chain.oracle.add_leaves(uuid, start, added.input, commitments, added.finalize)
        txs.append(TxCandidate(tx.to, written(form, uuid, start, added.input, commitments, added.finalize)))
        start += len(commitments)
    chain.liar.send_and_wait("add", txs)
    return LargePreimageIdent(chain.liar.address, uuid)


def written(
    form: str, uuid: int, start: int, data: bytes, commitments: Sequence[Hash32], finalize: bool
) -> bytes:
    """A call that adds leaves, in one of the forms that a contract takes."""
    types = ["uint256", "uint256", "bytes", "bytes32[]", "bool"]
    call = selector(f"addLeavesLPP({','.join(types)})")
    if form == "strict":
        return call + encode_arguments(types, [uuid, start, data, list(commitments), finalize])
    packed = len(commitments).to_bytes(32, "big") + b"".join(commitments)
    gap = b"\xaa" * 7 if form == "gap" else b""
    input_at = 160 + len(gap) + len(packed)
    words = [uuid, start, input_at, 160 + len(gap), int(finalize)]
    behind = b"\xff" * (-len(data) % 32) if form == "dirty" else b""
    head = b"".join([word.to_bytes(32, "big") for word in words])
    return call + head + gap + packed + len(data).to_bytes(32, "big") + data + behind


@pytest.mark.parametrize("wrong", [0, 1, 2, 5])
def test_a_wrong_leaf_is_challenged(chain: Chain, wrong: int) -> None:
    """The first leaf, one in the middle, the first of a transaction, and the last with the padding."""
    ident = uploaded_by_liar(chain, wrong)
    bond = chain.l1.balance_at(chain.honest.address)
    chain.look()
    (found,) = chain.contract.proposal_metadata([ident], chain.head)
    assert found.countered and chain.metrics.preimages_challenged == 1
    assert chain.l1.balance_at(chain.honest.address) > bond
    chain.look()
    assert chain.metrics.preimages_challenged == 1


@pytest.mark.parametrize("form", ["dirty", "short", "gap"])
def test_however_it_is_written(chain: Chain, form: str) -> None:
    ident = uploaded_by_liar(chain, 3, form)
    chain.look()
    (found,) = chain.contract.proposal_metadata([ident], chain.head)
    assert found.countered and chain.metrics.preimages_unverified == 0


def test_a_right_upload_of_a_stranger_is_left_alone(chain: Chain) -> None:
    ident = uploaded_by_liar(chain, -1)
    chain.look()
    chain.look()
    (found,) = chain.contract.proposal_metadata([ident], chain.head)
    assert not found.countered and found.timestamp
    assert chain.metrics.preimages_challenged == chain.metrics.preimages_unverified == 0


def test_our_own_uploads_have_their_number(chain: Chain) -> None:
    data = preimage_of(SIZE, 8)
    with pytest.raises(ChallengePeriodNotOver):
        chain.upload(data)
    (found,) = chain.contract.active_preimages(chain.head)
    assert found.ident == LargePreimageIdent(chain.honest.address, new_uuid(chain.honest.address, data))
    assert (found.part_offset, found.claimed_size, found.blocks_processed) == (8, SIZE, 6)


# --- in one transaction


class Loader:
    """The contract, as a game that leaves everything to it."""

    def __init__(self, contract: PreimageOracleContract) -> None:
        self._contract = contract

    def update_oracle_tx(self, claim_index: int, data: PreimageOracleData) -> TxCandidate:
        return candidate(self._contract.add_global_data_tx(data))


def assert_loads(chain: Chain, data: PreimageOracleData, result: bytes, offsets: Sequence[int]) -> None:
    """Each part that is loaded is that of the pre-image ``result`` behind its length."""
    uploader = DirectPreimageUploader(chain.honest, Loader(chain.contract))
    for offset in offsets:
        part = PreimageOracleData(data.key, data.data, offset, data.blob)
        uploader.upload_preimage(0, part)
        expected = prefixed(result)[offset : offset + 32].ljust(32, b"\0")
        assert chain.contract.global_data(part, chain.head) == expected, offset


@pytest.mark.parametrize("index", [0, 1, 2, 4095])
def test_field_elements(chain: Chain, index: int) -> None:
    """What the loader makes of a read is what the contract proves by L1's own precompile."""
    element = blob()[1][index]
    data = PreimageLoader(blob_store()).load_preimage(key_of(index), prefixed(element), 0)
    assert data is not None
    assert_loads(chain, data, element, (0, 7, 8, 39))


def test_hashes(chain: Chain) -> None:
    preimage = bytes(range(100))
    for kind, digest in (
        (KeyType.KECCAK256, keccak256(preimage)),
        (KeyType.SHA256, sha256(preimage).digest()),
    ):
        data = PreimageOracleData(typed_key(kind, digest), prefixed(preimage), 0)
        assert_loads(chain, data, preimage, (0, 1, 8, 9, 76, 107))


def test_results_of_precompiles() -> None:
    """By the key that has the gas in it, which contracts have since version 1.1."""
    chain = Chain(None)
    call = b"\2".rjust(20, b"\0") + (3_000).to_bytes(8, "big") + b"input"
    digest = keccak256(call)
    store = Store({typed_key(KeyType.KECCAK256, digest): call})
    result = b"\1" + sha256(b"input").digest()
    key = typed_key(KeyType.PRECOMPILE, digest)
    data = PreimageLoader(store).load_preimage(key, prefixed(result), 0)
    assert data is not None
    assert_loads(chain, data, result, (0, 8, 9, 40))
