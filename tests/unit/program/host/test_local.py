from __future__ import annotations

import json
from typing import Any

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import local_key
from pyoprollup.program.client.boot import read_boot_info
from pyoprollup.program.host.local import Claim, CustomChain, local_preimages
from pyoprollup.rollup.registry import load_chain
from tests.unit.program.support import DictOracle, recorded

HASHES = [Hash32(bytes([number]) * 32) for number in range(4)]


def claim(chain: Any) -> Claim:
    return Claim(HASHES[0], HASHES[1], HASHES[2], HASHES[3], 77, chain)


def test_a_known_chain() -> None:
    local = local_preimages(claim(10))
    assert sorted(local) == [local_key(number) for number in range(1, 6)]
    boot = read_boot_info(DictOracle(local))
    assert (boot.l1_head, boot.l2_output_root, boot.l2_claim) == (HASHES[0], HASHES[2], HASHES[3])
    assert boot.l2_claim_block_number == 77 and boot.config == load_chain(10)


def test_a_chain_of_ones_own_is_read_back() -> None:
    recorded_boot = read_boot_info(DictOracle(recorded("isthmus")))
    l1 = json.loads(recorded("isthmus")[local_key(9)])
    local = local_preimages(claim(CustomChain(recorded_boot.config, l1)))
    assert sorted(local) == [local_key(number) for number in (1, 2, 3, 4, 5, 6, 7, 9)]
    assert local[local_key(5)] == b"\xff" * 8
    boot = read_boot_info(DictOracle(local))
    assert boot.config == recorded_boot.config and boot.l1_chain == recorded_boot.l1_chain
