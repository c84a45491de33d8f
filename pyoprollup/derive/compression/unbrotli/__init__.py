"""A brotli decoder that stops at a fault exactly where the reference's stops.

Needed only for streams that do not end cleanly. Then the output that a reader has received depends
on when the decoder passed it on: when its ring buffer was full, at the end of every portion of
input, and in the few steps with which it finishes a symbol that straddles two portions. This
package keeps book of all that; the C library cannot be asked for it.

``bits`` reads bits and knows how far the reference has read ahead, ``tables`` has the constants,
``codes`` and ``header`` read a metablock's header, ``commands`` decodes its data, ``sink`` passes the
output on, and ``stream`` puts them together.

Twin: brotli; held equal by tests/unit/derive/compression/unbrotli/test_stream.py.

Specification: RFC 7932.
"""

from pyoprollup.derive.compression.unbrotli.stream import (
    FIRST_PORTION,
    PORTION,
    Unbrotlied,
    unbrotli,
    window_size,
)

__all__ = ["FIRST_PORTION", "PORTION", "Unbrotlied", "unbrotli", "window_size"]
