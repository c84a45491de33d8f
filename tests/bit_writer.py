"""Writes DEFLATE and brotli streams bit by bit, for tests that need streams no compressor makes."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["BitWriter", "BrotliWriter", "code_words"]


def code_words(lengths: dict[int, int]) -> dict[int, tuple[int, int]]:
    """Canonical prefix code: symbol → ``(bits, value with its first bit lowest)``."""
    words, code, previous = {}, 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in lengths.items()):
        code <<= length - previous
        previous = length
        words[symbol] = (length, int(f"{code:0{length}b}"[::-1], 2) if length else 0)
        code += 1
    return words


class BitWriter:
    """Collects fields; the first bit of each is its lowest."""

    def __init__(self) -> None:
        self._done = bytearray()
        self._rest = 0
        self._width = 0

    def put(self, width: int, value: int) -> None:
        assert 0 <= value < 1 << width or width == value == 0
        self._rest |= value << self._width
        self._width += width
        whole = self._width // 8
        self._done += (self._rest & (1 << 8 * whole) - 1).to_bytes(whole, "little")
        self._rest >>= 8 * whole
        self._width -= 8 * whole

    def align(self, padding: int = 0) -> None:
        if self._width:
            self.put(8 - self._width, padding)

    def raw(self, data: bytes) -> None:
        assert not self._width
        self._done += data

    def append(self, other: BitWriter) -> None:
        for byte in other._done:
            self.put(8, byte)
        self.put(other._width, other._rest)

    def __len__(self) -> int:
        """In bytes, an incomplete one included."""
        return len(self._done) + (self._width > 0)

    def getvalue(self) -> bytes:
        return bytes(self._done) + (bytes((self._rest,)) if self._width else b"")


class BrotliWriter(BitWriter):
    """Parts of a brotli stream. Prefix codes are of the simple kind, with one to four symbols.

    Without ``window_bits`` there is no stream header: for a part to be appended to a stream.
    """

    def __init__(self, window_bits: int | None = 22) -> None:
        super().__init__()
        if window_bits is None:
            return
        if window_bits == 16:
            self.put(1, 0)
        elif window_bits > 17:
            self.put(4, 1 | window_bits - 17 << 1)
        else:
            self.put(7, 1 | (0 if window_bits == 17 else window_bits - 8) << 4)

    def extent(self, length: int, *, last: bool = False) -> None:
        """The start of a metablock's header, up to its length."""
        self.put(2 if last else 1, 1 if last else 0)
        nibbles = max(4, ((length - 1).bit_length() + 3) // 4)
        self.put(2, nibbles - 4)
        self.put(4 * nibbles, length - 1)

    def uncompressed(self, data: bytes) -> None:
        self.extent(len(data))
        self.put(1, 1)
        self.align()
        self.raw(data)

    def metadata(self, data: bytes) -> None:
        """At least 257 bytes, or none."""
        self.put(4, 0b0110)
        self.put(2, 2 if data else 0)
        if data:
            self.put(16, len(data) - 1)
        self.align()
        self.raw(data)

    def compressed(self, length: int, *, last: bool = False) -> None:
        """A header for one block type each, no postfix bits, no direct distances, one context."""
        self.extent(length, last=last)
        self.put(0 if last else 1, 0)
        self.put(3 + 6 + 2 + 2, 0)

    def simple_code(self, alphabet: int, symbols: Sequence[int]) -> dict[int, tuple[int, int]]:
        width = (alphabet - 1).bit_length()
        self.put(2, 1)
        self.put(2, len(symbols) - 1)
        for symbol in symbols:
            self.put(width, symbol)
        if len(symbols) == 4:
            self.put(1, 0)
        shape = ((0,), (1, 1), (1, 2, 2), (2, 2, 2, 2))[len(symbols) - 1]
        return code_words(dict(zip(symbols, shape, strict=True)))

    def finish(self) -> bytes:
        """An empty last metablock."""
        self.put(2, 3)
        self.align()
        return self.getvalue()
