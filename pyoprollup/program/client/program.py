"""The program: is the claimed output root that of the claimed block?

Specification: fault-proof/index.md, Fault Proof Program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyoprollup.derive.drops import DropSink, ignore_drops
from pyoprollup.errors import DecodeError
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.errors import ExecutionError
from pyoprollup.preimage import Hinter, PreimageOracle
from pyoprollup.program.client.boot import BootInfo, read_boot_info
from pyoprollup.program.client.driver import ProgramDriver
from pyoprollup.program.client.l1_oracle import L1Oracle
from pyoprollup.program.client.l1_source import OracleL1
from pyoprollup.program.client.l2_chain import OracleL2
from pyoprollup.program.client.l2_oracle import L2Oracle
from pyoprollup.program.errors import DerivationFailed
from pyoprollup.rollup.reference import Reference
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = ["Verdict", "run_program"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claim."""

    boot: BootInfo
    safe: L2BlockRef
    """The last block that follows from L1, as far as it had to be looked for."""
    output_root: Hash32 | None
    """What should have been claimed; ``None`` if nothing can be, as the block is before the agreed one."""

    @property
    def is_valid(self) -> bool:
        return self.output_root == self.boot.l2_claim


def run_program(
    oracle: PreimageOracle,
    hinter: Hinter,
    *,
    bundles: UpgradeBundles | None = None,
    reference: Reference | None = None,
    drops: DropSink = ignore_drops,
    on_block: Callable[[L2BlockRef], None] | None = None,
) -> Verdict:
    """Read the claim from the local pre-images and decide about it.

    The right claim is the output root of the claimed block or, where L1 does not lead so far, of the last
    safe block. Of a block before the agreed one no claim is right. ``reference`` is the release of the
    reference to follow, if not the newest.

    Raises an ``OracleError`` or a :class:`~pyoprollup.program.errors.ProgramError` if it cannot be told: for
    a pre-image that is missing or wrong above all.
    """
    boot = read_boot_info(oracle)
    config = boot.config if reference is None else replace(boot.config, reference=reference)
    try:
        l1_oracle = L1Oracle(oracle, hinter)
        l1 = OracleL1(l1_oracle, boot.l1_head)
        l2_oracle = L2Oracle(oracle, hinter, config.l2_chain_id)
        agreed = l2_oracle.output(boot.l2_output_root)
        l2 = OracleL2(config, l2_oracle, agreed.block_hash, l1_oracle.precompile, bundles)
        driver = ProgramDriver(
            config, l1, l2, l1_chain=boot.l1_chain, bundles=bundles, drops=drops, on_block=on_block
        )
        if boot.l2_claim_block_number < l2.agreed.number:
            return Verdict(boot, l2.agreed, None)
        safe = driver.run(boot.l2_claim_block_number)
        output = l2.output_at(min(boot.l2_claim_block_number, safe.number))
    except (DecodeError, ExecutionError) as exc:
        raise DerivationFailed(f"the pre-images are not those of a chain: {exc}") from exc
    return Verdict(boot, safe, output.root())
