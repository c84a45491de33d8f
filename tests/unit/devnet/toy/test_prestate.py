"""The toy's program, as it comes with the package."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pyoprollup.cannon import Machine
from pyoprollup.cannon.state_file import load_state
from pyoprollup.challenger.trace.prestates import PrestateUnavailable
from pyoprollup.devnet.toy import TOY_PRESTATE, ToyPrestates, toy_elf, toy_state
from pyoprollup.eth.types import ZERO_HASH
from tests.support import ROOT


def test_it_is_what_its_sources_make() -> None:
    """The interop tests build it again; here are the hash that stands beside the sources, and the file."""
    digest, name = (ROOT / "programs" / "toy" / "sha256").read_text().split()
    assert (hashlib.sha256(toy_elf()).hexdigest(), name) == (digest, "toy.mips64.elf")


def test_games_name_its_first_state() -> None:
    assert Machine(toy_state(), proofs=False).state_hash() == TOY_PRESTATE


def test_its_file_is_made_once(tmp_path: Path) -> None:
    prestates = ToyPrestates(tmp_path / "states")
    path = prestates.prestate_path(TOY_PRESTATE)
    assert Machine(load_state(path), proofs=False).state_hash() == TOY_PRESTATE
    made = path.stat().st_mtime_ns
    assert prestates.prestate_path(TOY_PRESTATE) == path and path.stat().st_mtime_ns == made


def test_other_programs_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(PrestateUnavailable, match="not the toy's program"):
        ToyPrestates(tmp_path).prestate_path(ZERO_HASH)
    (tmp_path / "file").touch()
    with pytest.raises(PrestateUnavailable):
        ToyPrestates(tmp_path / "file").prestate_path(TOY_PRESTATE)
