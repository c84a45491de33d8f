"""Claims about a devnet, and the sources of a host that serves programs which decide about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyoprollup.devnet.datadir import FILE_NAME, DevnetDir
from pyoprollup.devnet.devnet import Devnet, devnet_genesis
from pyoprollup.devnet.info import l1_chain_config_json
from pyoprollup.devnet.options import DevnetOptions
from pyoprollup.errors import ConfigError, NotFound
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Hash32
from pyoprollup.execution.store import ChainReader
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.program.host.in_process import in_process_sources
from pyoprollup.program.host.local import Claim, CustomChain
from pyoprollup.program.host.sources import HostSources
from pyoprollup.rollup.config import RollupConfig

__all__ = ["ClaimableDevnet", "devnet_in_folder", "running_devnet"]

_NODE = "verifier"


@dataclass(frozen=True, slots=True)
class ClaimableDevnet:
    """The chains of a devnet as a host reads them. They do not grow meanwhile."""

    config: RollupConfig
    l1: EmbeddedL1
    l2: ChainReader

    @property
    def sources(self) -> HostSources:
        """What a host reads."""
        return in_process_sources(self.config, self.l1, self.l2)

    @property
    def chain(self) -> CustomChain:
        """The configurations, which no program knows."""
        return CustomChain(self.config, l1_chain_config_json(self.l1.config))

    @property
    def safe_number(self) -> int:
        """Number of the safe head of L2."""
        header = self.l2.header(self.l2.heads.safe)
        return self.config.genesis.l2.number if header is None else header.number

    def block_hash(self, number: int) -> Hash32:
        """The hash of a canonical block of L2; raises :class:`NotFound`."""
        found = self.l2.canonical_hash(number)
        if found is None:
            raise NotFound(f"the devnet has no L2 block {number}")
        return found

    def claim(
        self, agreed: int, claimed: int, root: Hash32 | None = None, l1_head: Hash32 | None = None
    ) -> Claim:
        """The claim that ``root`` is the output root of a block, by default the right one.

        The block ``agreed`` is agreed on, and L1 ends with ``l1_head``, by default its head. Raises
        :class:`NotFound`.
        """
        l2, head = self.sources.l2, self.block_hash(agreed)
        return Claim(
            l1_head or self.l1.l1_block_ref_by_label(BlockLabel.UNSAFE).hash,
            head,
            l2.output(head).root(),
            root or l2.output(self.block_hash(claimed)).root(),
            claimed,
            self.chain,
        )


def running_devnet(devnet: Devnet) -> ClaimableDevnet:
    """A devnet in this process."""
    node = devnet.nodes[_NODE]
    return ClaimableDevnet(devnet.config, devnet.l1, node.store)


@contextmanager
def devnet_in_folder(folder: Path) -> Iterator[ClaimableDevnet]:
    """The devnet that a folder has, which must not run meanwhile. Raises :class:`ConfigError`."""
    if not (folder / FILE_NAME).is_file():
        raise ConfigError(f"devnet: {folder} is no folder of a devnet")
    files = DevnetDir(folder, DevnetOptions())
    try:
        genesis = devnet_genesis(files.options)
        l1 = EmbeddedL1(genesis.l1_config, genesis.l1_alloc, files.l1_store())
        try:
            yield ClaimableDevnet(genesis.config, l1, files.new_store(_NODE))
        finally:
            l1.close()
    finally:
        files.close()
