"""Pointers out of addresses, in compiled code. The only module that builds instructions of LLVM."""

from __future__ import annotations

from typing import Any

from numba.core import types
from numba.extending import intrinsic

__all__ = ["bytes_at", "words_at"]


def _pointer(kind: Any) -> Any:
    make_pointer: Any = types.CPointer
    pointer = make_pointer(kind)

    def build(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(pointer))

    return pointer(types.uint64), build


def _words(typing_context: Any, address: Any) -> Any:  # noqa: ARG001 - the names are numba's to ask for
    return _pointer(types.uint64)


def _bytes(typing_context: Any, address: Any) -> Any:  # noqa: ARG001
    return _pointer(types.uint8)


words_at: Any = intrinsic(_words)
"""Words of 64 bits from an address on."""
bytes_at: Any = intrinsic(_bytes)
"""Bytes from an address on."""
