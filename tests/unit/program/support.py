"""Programs on the chains that the reference has recorded, and pre-images out of a dictionary."""

from __future__ import annotations

from functools import cache
from typing import Any

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import ordered_trie_nodes, ordered_trie_root
from pyoprollup.eth.types import Hash32, bytes_from_hex
from pyoprollup.preimage import LocalKey, PreimageMissing, keccak256_key, local_key
from pyoprollup.program.client.program import Verdict, run_program
from pyoprollup.program.client.recording import RecordingHinter, RecordingOracle
from pyoprollup.replay.recording import read_json
from pyoprollup.vectors.program_formats import with_preimages
from tests.golden import golden_path


class DictOracle:
    """Has what is in a dictionary."""

    def __init__(self, preimages: dict[Hash32, bytes] | None = None) -> None:
        self.preimages = {} if preimages is None else preimages

    def add(self, *values: bytes) -> None:
        """Add keccak pre-images."""
        self.preimages |= {keccak256_key(keccak256(value)): value for value in values}

    def add_list(self, items: list[bytes]) -> Hash32:
        """Add the nodes of a list; returns its root."""
        self.add(*ordered_trie_nodes(items))
        return ordered_trie_root(items)

    def get(self, key: Hash32) -> bytes:
        try:
            return self.preimages[key]
        except KeyError:
            raise PreimageMissing(key) from None


@cache
def _cases() -> tuple[dict[str, Any], ...]:
    return tuple(with_preimages(read_json(golden_path("v2/program_range"))["cases"]))


def recorded(fork: str, claim: str = "valid", *, clash: bool = False) -> dict[Hash32, bytes]:
    """The pre-images of a recorded run; a copy."""
    for case in _cases():
        if (case["fork"], case["clash"]) == (fork, clash) and case["name"].endswith(f": {claim}"):
            return {
                Hash32(bytes_from_hex(key)): bytes_from_hex(value) for key, value in case["preimages"].items()
            }
    raise KeyError(fork, claim)


def claiming(preimages: dict[Hash32, bytes], root: bytes, number: int) -> dict[Hash32, bytes]:
    """The same chain with another claim."""
    return preimages | {
        local_key(LocalKey.L2_CLAIM): root,
        local_key(LocalKey.L2_CLAIM_BLOCK_NUMBER): number.to_bytes(8, "big"),
    }


def run(preimages: dict[Hash32, bytes]) -> tuple[Verdict, RecordingOracle, RecordingHinter]:
    """Run the program on some pre-images."""
    oracle, hinter = RecordingOracle(DictOracle(preimages)), RecordingHinter()
    return run_program(oracle, hinter), oracle, hinter
