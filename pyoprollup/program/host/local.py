"""The local pre-images, out of what the host is told about the claim."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import LocalKey, local_key
from pyoprollup.program.client.boot import CUSTOM_CHAIN_ID
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.execution_config import execution_config_json
from pyoprollup.rollup.fork import Fork

__all__ = ["Claim", "CustomChain", "local_preimages"]


@dataclass(frozen=True, slots=True)
class CustomChain:
    """The configurations of a chain that no program knows. ``l1`` is in go-ethereum's form."""

    config: RollupConfig
    l1: Mapping[str, Any]
    known_to: Fork = Fork.KARST
    """The newest fork that the program knows."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a program is to decide about.

    ``l2_head`` is the agreed block, of which ``l2_output_root`` is the output root. ``chain`` is a chain id,
    or the configurations of a chain that the program does not know.
    """

    l1_head: Hash32
    l2_head: Hash32
    l2_output_root: Hash32
    l2_claim: Hash32
    l2_block_number: int
    chain: int | CustomChain


def local_preimages(claim: Claim) -> dict[Hash32, bytes]:
    """The local pre-images by key."""
    chain = claim.chain
    values = {
        LocalKey.L1_HEAD: claim.l1_head,
        LocalKey.L2_OUTPUT_ROOT: claim.l2_output_root,
        LocalKey.L2_CLAIM: claim.l2_claim,
        LocalKey.L2_CLAIM_BLOCK_NUMBER: claim.l2_block_number.to_bytes(8, "big"),
    }
    if not isinstance(chain, CustomChain):
        values[LocalKey.L2_CHAIN_ID] = chain.to_bytes(8, "big")
    else:
        values |= {
            LocalKey.L2_CHAIN_ID: CUSTOM_CHAIN_ID.to_bytes(8, "big"),
            LocalKey.L2_CHAIN_CONFIG: _json(execution_config_json(chain.config)),
            LocalKey.ROLLUP_CONFIG: _json(chain.config.to_json(chain.known_to)),
            LocalKey.L1_CHAIN_CONFIG: _json(chain.l1),
        }
    return {local_key(number): value for number, value in values.items()}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
