"""The toy's program as the VM begins with it. It comes with the package, built from ``programs/toy``."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from pathlib import Path

from pyoprollup.cannon import State
from pyoprollup.cannon.elf import first_state, parse_elf
from pyoprollup.cannon.state_file import save_state
from pyoprollup.challenger.trace.prestates import PrestateSource
from pyoprollup.challenger.trace.prestates.errors import PrestateUnavailable
from pyoprollup.eth.types import Hash32, to_hex

__all__ = ["TOY_PRESTATE", "ToyPrestates", "toy_elf", "toy_state"]

TOY_PRESTATE = Hash32(bytes.fromhex("03a082d57b1331dd63db571f508b8117e72a890f1cf87b1b9f7384ab845b9998"))
"""The claim value of the program's first state."""


@cache
def toy_elf() -> bytes:
    """The program, an ELF file for MIPS64."""
    return gzip.decompress(files("pyoprollup.devnet.toy").joinpath("toy.mips64.elf.gz").read_bytes())


def toy_state() -> State:
    """The program's first state."""
    return first_state(parse_elf(toy_elf()))


class ToyPrestates(PrestateSource):
    """The program's first state as a file in a folder, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "toy.bin.gz"

    def prestate_path(self, prestate_hash: Hash32) -> Path:
        if prestate_hash != TOY_PRESTATE:
            raise PrestateUnavailable(f"{to_hex(prestate_hash)} is not the toy's program")
        if not self._file.exists():
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                save_state(self._file, toy_state())
            except OSError as exc:
                raise PrestateUnavailable(f"{self._file}: {exc.strerror or exc}") from exc
        return self._file
