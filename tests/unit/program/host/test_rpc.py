from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.programs import ClaimableDevnet, running_devnet
from pyoprollup.devnet.upgrades import upgrade_bundles
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.predeploys import L1_BLOCK
from pyoprollup.evm.store import Overlay
from pyoprollup.program.client.program import run_program
from pyoprollup.program.host.host import Host
from pyoprollup.program.host.local import local_preimages
from pyoprollup.program.host.prefetcher import Prefetcher
from pyoprollup.program.host.rpc import RpcBlocks, RpcL2
from pyoprollup.program.host.sources import HostSources
from pyoprollup.program.host.stores import MemoryStore
from pyoprollup.rollup import Fork
from pyoprollup.rpc.errors import JsonRpcError
from tests.wire_l1 import WireNode, client
from tests.wire_l2 import WireL2

FORKS = {fork: 0 for fork in Fork if fork <= Fork.HOLOCENE} | {Fork.ISTHMUS: 12, Fork.JOVIAN: 18}
ATTRIBUTES = PayloadAttributes(1, Hash32(bytes(32)), L1_BLOCK, gas_limit=1)


@pytest.fixture(scope="module")
def devnet() -> Iterator[ClaimableDevnet]:
    made = Devnet(
        DevnetOptions(l1_blocks=2, transactions=2, data_availability=DataAvailability.CALLDATA, forks=FORKS),
        bundles=upgrade_bundles(),
    )
    made.run()
    yield running_devnet(made)
    made.close()


def l2_of(devnet: ClaimableDevnet, node: WireL2 | None = None) -> RpcL2:
    return RpcL2(devnet.config, client(node or wire(devnet)))


def wire(devnet: ClaimableDevnet, **fields: Any) -> WireL2:
    return WireL2.of(devnet.config, devnet.l2, **fields)  # type: ignore[arg-type]


def test_a_program_with_nodes(devnet: ClaimableDevnet) -> None:
    nodes = WireNode(devnet.l1), wire(devnet)
    sources = HostSources(RpcBlocks(client(nodes[0])), devnet.l1, l2_of(devnet, nodes[1]))
    claim, store = devnet.claim(1, devnet.safe_number), MemoryStore()
    host = Host(local_preimages(claim), store, Prefetcher(store, sources, claim.l2_head))
    verdict = run_program(host, host, bundles=upgrade_bundles())
    assert verdict.is_valid and verdict.safe.number == devnet.safe_number
    assert nodes[1].calls["debug_dbGet"] > 10


def test_what_nodes_say_is_what_the_database_has(devnet: ClaimableDevnet) -> None:
    there, here = l2_of(devnet), devnet.sources.l2
    for number in (0, 3, devnet.safe_number):
        block = devnet.block_hash(number)
        header = here.header(block)
        assert there.header(block) == header
        assert there.transactions_by_hash(block) == here.transactions_by_hash(block)
        assert there.fetch_receipts(block)[1] == here.fetch_receipts(block)[1]
        assert there.output(block) == here.output(block)
        assert there.state_node(header.state_root) == here.state_node(header.state_root)
        for which in (block, number):
            assert list(there.proof(which, L1_BLOCK, [1])) == list(here.proof(which, L1_BLOCK, [1]))


def test_code_under_either_key(devnet: ClaimableDevnet) -> None:
    root = devnet.sources.l2.header(devnet.block_hash(0)).state_root
    code = FlatAccountDB(Overlay(devnet.l2.state), root).get_code(L1_BLOCK)
    digest = keccak256(code)

    def only_plain(method: str, params: list[Any], truth: Any) -> Any:
        if method == "debug_dbGet" and len(params[0]) > 66:
            raise JsonRpcError(-32000, "not found")
        return truth()

    assert l2_of(devnet).code(digest) == code
    assert l2_of(devnet, wire(devnet, bend=only_plain)).code(digest) == code


def test_lies_and_silence_are_no_answers(devnet: ClaimableDevnet) -> None:
    root = devnet.sources.l2.header(devnet.block_hash(2)).state_root
    for answer in ("0x1234", "nonsense", None, 7):
        node = wire(devnet, bend=lambda _method, _params, _truth, said=answer: said)
        for read in (l2_of(devnet, node).state_node, l2_of(devnet, node).code):
            with pytest.raises(Unavailable):
                read(root)
    with pytest.raises(Unavailable):
        l2_of(devnet).state_node(Hash32(bytes(32)))
    with pytest.raises(NotFound):
        l2_of(devnet).header(Hash32(bytes(32)))


def test_a_message_passer_that_is_a_lie(devnet: ClaimableDevnet) -> None:
    """Before Isthmus its root has to be proven."""

    def bend(method: str, _params: list[Any], truth: Any) -> Any:
        found = truth()
        return found | {"storageHash": to_hex(bytes(32))} if method == "eth_getProof" else found

    with pytest.raises(Unavailable):
        l2_of(devnet, wire(devnet, bend=bend)).output(devnet.block_hash(1))


@pytest.mark.parametrize(
    "answer",
    [
        {"state": {"0x00": "0x01"}, "codes": {"0x00": "0x02"}, "keys": {}},
        {"state": ["0x01"], "codes": ["0x02"]},
        {"state": ["0x01", "0x02"], "codes": None},
    ],
)
def test_witnesses_of_whole_blocks(devnet: ClaimableDevnet, answer: Any) -> None:
    node = wire(devnet, extra={"debug_executePayload": lambda _parent, _attributes: answer})
    assert list(l2_of(devnet, node).witness(devnet.block_hash(0), ATTRIBUTES)) == [b"\1", b"\2"]


@pytest.mark.parametrize("answer", [None, [], {"state": ["nonsense"]}, "text"])
def test_without_a_witness_it_is_done_one_by_one(devnet: ClaimableDevnet, answer: Any) -> None:
    node = wire(devnet, extra={"debug_executePayload": lambda _parent, _attributes: answer})
    assert list(l2_of(devnet, node).witness(devnet.block_hash(0), ATTRIBUTES)) == []
    plain = wire(devnet)
    l2 = l2_of(devnet, plain)
    for _ in range(3):
        assert list(l2.witness(devnet.block_hash(0), ATTRIBUTES)) == []
    assert plain.calls["debug_executePayload"] == 1
