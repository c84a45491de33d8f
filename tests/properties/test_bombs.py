"""Small inputs that grow large: peak memory stays within 2.5 times the limit.

Each case runs in a process of its own, whose peak resident size is compared with that of the same
process before the channel is read.
"""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

LIMIT = 100_000_000

PRELUDE = """
import brotli, resource, sys, zlib
from pyoprollup.derive import BatchReader, RawSpanBatch, derive_span_batch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.errors import DecodeError
from pyoprollup.eth.rlp import encode_bytes, string_header

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def compress(algorithm, pieces):
    if algorithm == "zlib":
        stream = zlib.compressobj(9)
        return b"".join([*map(stream.compress, pieces), stream.flush()])
    stream = brotli.Compressor(quality=5, lgwin=22)
    return b"".join([b"\\x01", *map(stream.process, pieces), stream.finish()])

def read(channel):
    before = peak()
    count = 0
    try:
        for batch, _ in BatchReader(channel, LIMIT, brotli_allowed=True):
            count += 1
            if isinstance(batch, RawSpanBatch):
                derive_span_batch(batch, 2, 0, 901)
    except DecodeError as error:
        print(type(error).__name__, str(error)[:100])
    print(count, peak() - before)
"""

CASES = {
    "one item far beyond the limit": """
        read(compress(sys.argv[1], [string_header(1 << 29), *[bytes(1 << 20)] * 512]))
    """,
    "zeros just within the limit": """
        read(compress(sys.argv[1], [string_header(LIMIT - 5), *[bytes(100_000)] * 1000]))
    """,
    "a span batch of ten million empty blocks": """
        body = b"\\x01" + b"\\x00\\x01" + bytes(40) + b"\\x80\\xad\\xe2\\x04" + bytes(11_250_000)
        read(compress(sys.argv[1], [encode_bytes(body)]))
    """,
    "a span batch of a few huge transactions": """
        data = bytes(9_900_000)
        inner = b"\\x01\\x01" + encode_bytes(data)
        tx = b"\\x02" + b"\\xfa" + (len(inner) + 2).to_bytes(3, "big") + b"\\x01" + inner + b"\\xc0"
        count = 9
        head = b"\\x01" + b"\\x00\\x01" + bytes(40) + b"\\x01" + b"\\x00" + bytes([count])
        head += bytes(2) * 2 + b"\\x11" * 64 * count + bytes(20) * count
        size = len(head) + len(tx) * count + 2 * count
        read(compress(sys.argv[1], [string_header(size), head, *[tx] * count, b"\\x01" * 2 * count]))
    """,
    "a singular batch of a few huge transactions": """
        tx = encode_bytes(bytes(9_900_000))
        txs = len(tx) * 9
        body = b"\\xa0" + bytes(32) + b"\\x01" + b"\\xa0" + bytes(32) + b"\\x01"
        fields = len(body) + 5 + txs
        size = 1 + 5 + fields
        head = string_header(size) + b"\\x00" + b"\\xfb" + fields.to_bytes(4, "big") + body
        head += b"\\xfb" + txs.to_bytes(4, "big")
        read(compress(sys.argv[1], [head, *[tx] * 9]))
    """,
}


@pytest.mark.parametrize(
    ("case", "algorithm"),
    [*((case, "zlib") for case in CASES), *((case, "brotli") for case in list(CASES)[:2])],
)
def test_peak_memory(case: str, algorithm: str) -> None:
    script = f"LIMIT = {LIMIT}\n{PRELUDE}\n{dedent(CASES[case])}"
    done = subprocess.run(
        [sys.executable, "-c", script, algorithm], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    count, used = map(int, done.stdout.split("\n")[-2].split())
    assert used <= 2.5 * LIMIT, done.stdout
    assert count == (0 if "far beyond" in case or "zeros" in case else 1), done.stdout
