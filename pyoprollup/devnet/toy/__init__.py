"""A rollup that is a toy, so that a program small enough to read can prove it in the VM.

Its state is a number, and block n, from 1 on, is made of the hash of L1 block n. So whoever knows L1 knows
the toy, and nobody has to sequence or batch it. ``rollup`` is its chain, ``prestate`` the program that
decides about its claims (``programs/toy``, in Go), ``oracle`` what that program may ask, and ``games`` the
dispute games about it: their lower halves are runs of the program in the VM, and end in a step that the VM's
contract executes.

Specification: none for the toy; fault-proof/index.md for what is around it.
"""

from pyoprollup.devnet.toy.games import ToyTraces
from pyoprollup.devnet.toy.oracle import ToyOracle
from pyoprollup.devnet.toy.prestate import TOY_PRESTATE, ToyPrestates, toy_elf, toy_state
from pyoprollup.devnet.toy.rollup import TOY_GENESIS, ToyBlock, ToyRollup

__all__ = [
    "TOY_GENESIS",
    "TOY_PRESTATE",
    "ToyBlock",
    "ToyOracle",
    "ToyPrestates",
    "ToyRollup",
    "ToyTraces",
    "toy_elf",
    "toy_state",
]
