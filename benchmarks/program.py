"""``python -m benchmarks.program [--blocks N] [--json]``: deciding about blocks beside deriving them.

A devnet lives through as many L2 blocks, with calldata. Then the range is derived and executed from its
databases, and by the program: with a host that fetches pre-images from them, and with the recorded pre-images
alone. Times are CPU seconds, the least of the rounds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from pyoprollup.derive import DerivationPipeline
from pyoprollup.derive.payload_util import payload_to_block_ref, payload_to_system_config
from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.programs import ClaimableDevnet, running_devnet
from pyoprollup.devnet.upgrades import upgrade_bundles
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.block import build_block
from pyoprollup.preimage import Hinter, PreimageOracle
from pyoprollup.program.client.program import run_program
from pyoprollup.program.client.recording import RecordingOracle, no_hints
from pyoprollup.program.host.host import Host
from pyoprollup.program.host.local import Claim, local_preimages
from pyoprollup.program.host.prefetcher import Prefetcher
from pyoprollup.program.host.stores import MemoryStore
from pyoprollup.rollup.system_config import SystemConfig

ROUNDS = 3


class PlainL2:
    """L2 as its database has it, and the blocks that were executed since."""

    def __init__(self, devnet: ClaimableDevnet) -> None:
        self._devnet, self._config = devnet, devnet.config
        self._bundles = upgrade_bundles()
        self.executed: dict[Hash32, ExecutionPayloadEnvelope] = {}
        self.state: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self.state.get(key)
        return self._devnet.l2.state[key] if value is None else value

    def _payload(self, block_hash: Hash32) -> ExecutionPayload:
        envelope = self.executed.get(block_hash) or self._devnet.l2.envelope(block_hash)
        assert envelope is not None
        return envelope.payload

    def l2_block_ref_by_hash(self, block_hash: Hash32) -> L2BlockRef:
        return payload_to_block_ref(self._config, self._payload(block_hash))

    def l2_block_ref_by_number(self, number: int) -> L2BlockRef:
        return self.l2_block_ref_by_hash(self._devnet.block_hash(number))

    def payload_by_number(self, number: int) -> ExecutionPayload:
        return self._payload(self._devnet.block_hash(number))

    def system_config_by_l2_hash(self, block_hash: Hash32) -> SystemConfig:
        return payload_to_system_config(self._config, self._payload(block_hash), self._bundles)


def derive(devnet: ClaimableDevnet, agreed: int, last: int) -> None:
    """Derive and execute the range without an oracle."""
    config, l2 = devnet.config, PlainL2(devnet)
    pipeline = DerivationPipeline(config, devnet.l1, devnet.l1, l2, bundles=upgrade_bundles())
    pipeline.confirm_engine_reset()
    ref = l2.l2_block_ref_by_number(agreed)
    header = devnet.l2.header(ref.hash)
    assert header is not None
    while ref.number < last:
        attributes = pipeline.step(ref)
        if attributes is not None:
            block = build_block(config, header, attributes.attributes, l2)
            l2.state.update(block.writes)
            l2.executed[block.hash] = block.envelope
            header, ref = block.header, l2.l2_block_ref_by_hash(block.hash)
    assert ref.hash == devnet.block_hash(last)


class Recorded:
    """Pre-images that were recorded."""

    def __init__(self, preimages: Mapping[Hash32, bytes]) -> None:
        self._preimages = preimages

    def get(self, key: Hash32) -> bytes:
        return self._preimages[key]


def decide(oracle: PreimageOracle, hinter: Hinter) -> None:
    """Run the program, which has to find the claim valid."""
    assert run_program(oracle, hinter, bundles=upgrade_bundles()).is_valid


def decide_with_host(devnet: ClaimableDevnet, claim: Claim) -> RecordingOracle:
    """The same with a host; what was asked for."""
    store = MemoryStore()
    host = Host(local_preimages(claim), store, Prefetcher(store, devnet.sources, claim.l2_head))
    oracle = RecordingOracle(host)
    decide(oracle, host)
    return oracle


def least(run: Callable[[], object]) -> float:
    """CPU seconds of the quickest round."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def measure(blocks: int) -> dict[str, float]:
    """All three in CPU seconds, and how many pre-images it took."""
    options = DevnetOptions(data_availability=DataAvailability.CALLDATA)
    options = replace(options, l1_blocks=-(-(blocks + 1) * options.block_time // options.l1_block_time))
    devnet = Devnet(options, bundles=upgrade_bundles())
    devnet.run()
    chains = running_devnet(devnet)
    claim = chains.claim(1, 1 + blocks)
    asked = decide_with_host(chains, claim).preimages
    return {
        "blocks": blocks,
        "preimages": len(asked),
        "derived": least(lambda: derive(chains, 1, 1 + blocks)),
        "with host": least(lambda: decide_with_host(chains, claim)),
        "recorded": least(lambda: decide(Recorded(asked), no_hints)),
    }


def main(arguments: list[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.program", description=__doc__)
    parser.add_argument("--blocks", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    found = measure(given.blocks)
    if given.json:
        print(json.dumps(found))
        return 0
    print(f"{found['blocks']} blocks, {found['preimages']} pre-images; CPU seconds, and as multiples")
    for name in ("derived", "with host", "recorded"):
        print(f"  {name:<10} {found[name]:6.2f}  {found[name] / found['derived']:5.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
