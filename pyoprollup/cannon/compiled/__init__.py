"""The machine as machine code: the same definition, compiled by numba, with its memory's tree and hashes.

``loader`` makes one source of the definition in :mod:`pyoprollup.cannon.core`, of ``prelude`` (where words
and threads are kept) and of ``tree`` and ``witnesses`` (how they are hashed), and has it compiled; what was
compiled is kept on disk. ``engine`` is the engine made of it. Nothing here imports numba before an engine is
made.

numba's public options only: pointers are made of addresses by a small intrinsic, so nothing counts
references.
"""

from __future__ import annotations

from pyoprollup.cannon.compiled.engine import CompiledEngine

__all__ = ["CompiledEngine"]
