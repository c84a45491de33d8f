"""The sources of a program's host that are nodes elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pyoprollup.events import Tell
from pyoprollup.l1.failover import Patience
from pyoprollup.l1.rpc import L1Client, L1ClientOptions
from pyoprollup.program.host.rpc import RpcBlocks, RpcL2
from pyoprollup.program.host.sources import HostSources
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.services.endpoints import L1Endpoints

__all__ = ["ProgramNodes", "open_program_nodes"]


@dataclass(frozen=True, slots=True)
class ProgramNodes:
    """Clients of L1 and L2, and what a host reads of both."""

    l1: L1Client
    l2: L1Client
    sources: HostSources


@contextmanager
def open_program_nodes(
    rollup: RollupConfig, l1: L1Endpoints, l2_urls: tuple[str, ...], tell: Tell
) -> Iterator[ProgramNodes]:
    """The nodes of a rollup; ``l2_urls`` are execution clients that have the state of the blocks in question.

    Raises ``ConfigError``.
    """
    with ExitStack() as stack:
        l1_client = stack.enter_context(l1.client(rollup, None, tell))
        options = L1ClientOptions(
            chain_id=rollup.l2_chain_id,
            max_batch_size=l1.max_batch_size,
            timeout=l1.timeout,
            patience=Patience(rounds=l1.rounds),
        )
        l2_client = stack.enter_context(L1Client(l2_urls, options, tell=tell))
        blobs = l1.blobs(l1_client, tell)
        stack.callback(blobs.close)
        sources = HostSources(RpcBlocks(l1_client), blobs, RpcL2(rollup, l2_client))
        yield ProgramNodes(l1_client, l2_client, sources)
