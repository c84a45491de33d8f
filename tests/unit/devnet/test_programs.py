"""Claims about a devnet: of its blocks as calldata and as blobs, over its folder, and more claims than the
reference's recordings have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyoprollup.devnet import DataAvailability, Devnet, DevnetDir, DevnetOptions
from pyoprollup.devnet.programs import ClaimableDevnet, devnet_in_folder, running_devnet
from pyoprollup.devnet.upgrades import upgrade_bundles
from pyoprollup.errors import ConfigError, NotFound
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import KeyType
from pyoprollup.program.client.boot import read_boot_info
from pyoprollup.program.client.l2_chain import OracleL2
from pyoprollup.program.client.l2_oracle import L2Oracle
from pyoprollup.program.client.program import Verdict, run_program
from pyoprollup.program.client.recording import RecordingHinter, RecordingOracle, no_hints
from pyoprollup.program.host.host import Host
from pyoprollup.program.host.local import Claim, local_preimages
from pyoprollup.program.host.prefetcher import Prefetcher
from pyoprollup.program.host.stores import MemoryStore
from pyoprollup.rollup import Fork
from tests.unit.program.support import DictOracle

FORKS_ON_THE_WAY = {fork: 0 for fork in Fork if fork <= Fork.FJORD} | {
    Fork.GRANITE: 8,
    Fork.HOLOCENE: 16,
    Fork.ISTHMUS: 24,
    Fork.JOVIAN: 32,
}


def lived(**options: object) -> Devnet:
    made = Devnet(
        DevnetOptions(**{"l1_blocks": 4, "transactions": 3, **options}),  # type: ignore[arg-type]
        bundles=upgrade_bundles(),
    )
    made.run()
    return made


@pytest.fixture(scope="module")
def devnet() -> Iterator[ClaimableDevnet]:
    made = lived(data_availability=DataAvailability.CALLDATA, forks=FORKS_ON_THE_WAY)
    yield running_devnet(made)
    made.close()


def decide(devnet: ClaimableDevnet, claim: Claim) -> tuple[Verdict, RecordingOracle, RecordingHinter]:
    store = MemoryStore()
    host = Host(local_preimages(claim), store, Prefetcher(store, devnet.sources, claim.l2_head))
    oracle, hinter = RecordingOracle(host), RecordingHinter(host)
    return run_program(oracle, hinter, bundles=upgrade_bundles()), oracle, hinter


def test_all_blocks_through_all_forks(devnet: ClaimableDevnet) -> None:
    claim = devnet.claim(0, devnet.safe_number)
    verdict, oracle, _ = decide(devnet, claim)
    assert verdict.is_valid and verdict.safe.number == devnet.safe_number >= 24
    assert verdict.safe.hash == devnet.block_hash(devnet.safe_number)
    # The very same is decided by what was asked for, without a host.
    again = run_program(DictOracle(oracle.preimages), no_hints, bundles=upgrade_bundles())
    assert again == verdict


@pytest.mark.parametrize("agreed", [0, 1, 3, 4, 7, 11, 12, 20])
def test_each_agreed_block_will_do(devnet: ClaimableDevnet, agreed: int) -> None:
    verdict, _, _ = decide(devnet, devnet.claim(agreed, agreed + 3))
    assert verdict.is_valid
    assert verdict.safe.number >= agreed + 3


def test_claims_about_other_heights(devnet: ClaimableDevnet) -> None:
    """The agreed root is right for its own block, and for none beside it."""
    agreed = 6
    root = devnet.claim(agreed, agreed).l2_output_root
    for number, right in ((agreed, True), (agreed + 1, False), (agreed - 1, False)):
        assert decide(devnet, devnet.claim(agreed, number, root))[0].is_valid == right
    verdict, _, _ = decide(devnet, devnet.claim(agreed, agreed - 2))
    assert not verdict.is_valid and verdict.output_root is None, "not even the true root of an earlier block"


def test_a_root_that_is_canonical_but_not_for_this_l1_head(devnet: ClaimableDevnet) -> None:
    last = devnet.safe_number
    early = devnet.l1.block_by_number(2).hash
    verdict, _, _ = decide(devnet, devnet.claim(0, last, l1_head=early))
    assert not verdict.is_valid and verdict.safe.number < last
    root = verdict.output_root
    assert root is not None
    # With this head the chain ends earlier, and its last root is right for all later numbers.
    assert decide(devnet, devnet.claim(0, last, root, early))[0].is_valid


def test_hashes_of_old_blocks_are_looked_up_in_the_state(devnet: ClaimableDevnet) -> None:
    agreed = devnet.safe_number
    claim, store = devnet.claim(agreed, agreed), MemoryStore()
    host = Host(local_preimages(claim), store, Prefetcher(store, devnet.sources, claim.l2_head))
    hinter = RecordingHinter(host)
    config = read_boot_info(host).config
    oracle = L2Oracle(host, hinter, config.l2_chain_id)
    l2 = OracleL2(config, oracle, claim.l2_head, lambda *_arguments: None, upgrade_bundles())
    # The state has them since Isthmus; before, it is block by block.
    for number in (agreed - 3, 1, agreed - 1, 5):
        assert l2.l2_block_ref_by_number(number).hash == devnet.block_hash(number)
    assert [hint for hint in hinter.hints if hint.startswith("l2-block-hash-lookup")]


@pytest.mark.slow
def test_blobs(tmp_path: Path) -> None:
    folder = DevnetDir(tmp_path, DevnetOptions(l1_blocks=2, transactions=1))
    made = Devnet(
        folder.options,
        bundles=upgrade_bundles(),
        new_store=folder.new_store,
        reopen=folder.reopen,
        l1_store=folder.l1_store(),
        safe_head_file=folder.safe_head_file,
    )
    made.run()
    made.close()
    folder.close()
    with devnet_in_folder(tmp_path) as devnet:
        verdict, oracle, _ = decide(devnet, devnet.claim(0, devnet.safe_number))
        assert verdict.is_valid and verdict.safe.number == devnet.safe_number == 12
        elements = [key for key in oracle.preimages if key[0] == KeyType.BLOB]
        assert elements and len(elements) % 4096 == 0


def test_what_is_not_there(devnet: ClaimableDevnet, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        devnet.claim(0, 10_000)
    with pytest.raises(NotFound):
        devnet.sources.l2.header(Hash32(bytes(32)))
    with pytest.raises(ConfigError, match="no folder of a devnet"), devnet_in_folder(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_sources_in_process(devnet: ClaimableDevnet) -> None:
    """What is not there is not found; what is there is under its hash."""
    l2, zero = devnet.sources.l2, Hash32(bytes(32))
    for read in (l2.header, l2.transactions_by_hash, l2.fetch_receipts, l2.state_node, l2.code):
        with pytest.raises(NotFound):
            read(zero)
    with pytest.raises(NotFound):
        l2.proof(10_000, devnet.config.batch_inbox_address)
    block = devnet.block_hash(3)
    info, receipts = l2.fetch_receipts(block)
    assert info.number == 3 and len(receipts) == len(l2.transactions_by_hash(block))
    header = l2.header(block)
    assert l2.state_node(header.state_root)
    assert l2.proof(3, devnet.config.batch_inbox_address) == l2.proof(
        block, devnet.config.batch_inbox_address
    )
