from __future__ import annotations

import pytest

from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.devnet import devnet_genesis
from pyoprollup.devnet.programs import running_devnet
from pyoprollup.devnet.upgrades import upgrade_bundles
from pyoprollup.errors import ConfigError
from pyoprollup.events import no_news
from pyoprollup.program.client.program import run_program
from pyoprollup.program.host.host import Host
from pyoprollup.program.host.local import local_preimages
from pyoprollup.program.host.prefetcher import Prefetcher
from pyoprollup.program.host.stores import MemoryStore
from pyoprollup.services.endpoints import L1Endpoints
from pyoprollup.services.program_host import open_program_nodes
from tests.wire_l1 import WireNode, serving
from tests.wire_l2 import WireL2


def test_nodes_on_real_sockets() -> None:
    made = Devnet(
        DevnetOptions(l1_blocks=1, transactions=1, data_availability=DataAvailability.CALLDATA),
        bundles=upgrade_bundles(),
    )
    made.run()
    devnet = running_devnet(made)
    claim, store = devnet.claim(0, devnet.safe_number), MemoryStore()
    node = WireL2.of(devnet.config, devnet.l2)  # type: ignore[arg-type]
    with serving(WireNode(devnet.l1)) as l1, serving(node) as l2:
        endpoints = L1Endpoints(urls=(l1,), beacons=())
        with open_program_nodes(devnet.config, endpoints, (l2,), no_news) as nodes:
            host = Host(local_preimages(claim), store, Prefetcher(store, nodes.sources, claim.l2_head))
            assert run_program(host, host, bundles=upgrade_bundles()).is_valid
            assert nodes.l2.chain_id == devnet.config.l2_chain_id
            assert nodes.l1.chain_id == devnet.config.l1_chain_id
    made.close()


def test_urls_that_are_none() -> None:
    config, l1 = devnet_genesis(DevnetOptions()).config, L1Endpoints(urls=("http://127.0.0.1:1",))
    with pytest.raises(ConfigError), open_program_nodes(config, l1, ("ftp://nowhere",), no_news):
        pass
