"""Compares what is said of gossip messages with op-node: verdicts, ids, signatures, frames.

``gogossip`` holds a program on op-node's own functions, with a clock that it is told. It is built when the
tests run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.signed_payload import SnappyError, compress, message_id, sign_payload
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32, to_hex
from pyoprollup.eth.withdrawals import Withdrawal
from pyoprollup.p2p import BlocksValidator, RemoteSigner, RuntimeConfig
from pyoprollup.p2p.hostile import mutate
from pyoprollup.p2p.message import encode_body
from pyoprollup.p2p.rate_limit import TokenBucket
from pyoprollup.p2p.snappy import compress_frames, decompress_frames
from tests.unit.p2p.support import (
    CHAIN_ID,
    KEY,
    NOW,
    OTHER_KEY,
    OTHER_SIGNER,
    SIGNER,
    V4,
    Clock,
    config,
    envelope,
    signed,
    topic,
)

pytestmark = pytest.mark.go

MODULE = Path(__file__).parent / "gogossip"
JOVIAN = NOW + 2
MESSAGES = 1000
LIMIT = 10 << 20


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go toolchain (`go` is not on the path)")
    download = subprocess.run(
        [go, "mod", "download"], cwd=MODULE, capture_output=True, text=True, check=False
    )
    if download.returncode:
        pytest.skip(f"the Go module proxy does not answer: {download.stderr.strip()[-200:]}")
    binary = tmp_path_factory.mktemp("go") / "gogossip"
    subprocess.run(
        [go, "build", "-buildvcs=false", "-trimpath", "-o", str(binary), "."], cwd=MODULE, check=True
    )
    return binary


class OpNode:
    """The program, running."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _send(self, question: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def configure(self, signer: Address, previous: Address = ZERO_ADDRESS) -> None:
        """Forget all messages."""
        self._send(
            {
                "op": "config",
                "chain_id": CHAIN_ID,
                "jovian": JOVIAN,
                "signer": to_hex(signer),
                "previous": to_hex(previous),
            }
        )

    def ask(self, op: str, data: bytes, **more: Any) -> dict[str, Any]:
        self._send({"op": op, "data": to_hex(data), **more})
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def running(program: Path) -> Iterator[OpNode]:
    process = subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        node = OpNode(process)
        node.configure(SIGNER)
        yield node


@pytest.fixture(scope="module")
def op_node(program: Path) -> Iterator[OpNode]:
    with running(program) as node:
        yield node


class Ours:
    """Our validators, one a topic, in the same state as op-node's."""

    def __init__(self, signer: Address, previous: Address = ZERO_ADDRESS) -> None:
        self.clock = Clock()
        runtime = RuntimeConfig(previous, now=self.clock)
        runtime.rotate_signer(signer)
        chain = config("isthmus", jovian_time=JOVIAN)
        self.validators = {
            version: BlocksValidator(chain, runtime, version, now=self.clock) for version in BlockVersion
        }

    def validate(self, version: BlockVersion, message: bytes, now: int) -> tuple[str, str]:
        """Result and reason."""
        self.clock.time = now
        verdict = self.validators[version].validate(message)
        return verdict.result.value, "" if verdict.reason is None else verdict.reason.value


# --- made-up messages


def some_block(random: Random, version: BlockVersion) -> ExecutionPayloadEnvelope:
    """Often faultless, at one of few heights."""
    changes: dict[str, Any] = {
        # From 2**63 on op-node computes no hash: it takes the number for a negative one.
        "block_number": random.choice([1, 2, 3, (1 << 63) - 1]),
        "gas_used": random.randrange(12),
        "timestamp": NOW + random.randrange(5),
        "extra_data": random.randbytes(random.choice([0, 9, 32])),
        "base_fee_per_gas": random.choice([0, 7, (1 << 256) - 1]),
        "transactions": tuple(random.randbytes(random.randrange(40)) for _ in range(random.randrange(4))),
    }
    if random.random() < 0.1 and version > 1:
        changes["withdrawals"] = (Withdrawal(1, 2, ZERO_ADDRESS, 3),)
    if random.random() < 0.15 and version > 2:
        changes[random.choice(["blob_gas_used", "excess_blob_gas"])] = random.choice([1, 1 << 40])
    block = envelope(version, **changes)
    if random.random() < 0.08:
        block = replace(block, payload=replace(block.payload, block_hash=Hash32(random.randbytes(32))))
    return block


def some_message(random: Random, version: BlockVersion) -> bytes:
    body = encode_body(some_block(random, version))
    kind = random.random()
    if kind < 0.1:
        at = random.randrange(len(body))
        body = random.choice(
            [body[:at] or b"x", body + b"x", body[:at] + random.randbytes(4) + body[at + 4 :]]
        )
    if kind > 0.8:
        return mutate(random, signed(body))
    if kind > 0.75:
        signature = bytearray(sign_payload(body, CHAIN_ID, KEY))
        signature[64] = random.choice([0, 1, 2, 3, 4, 27, 28, 255])
        return compress(bytes(signature) + body)
    return signed(body, OTHER_KEY if kind > 0.7 else KEY)


@pytest.mark.parametrize(
    ("signer", "previous"),
    [
        (SIGNER, ZERO_ADDRESS),
        (ZERO_ADDRESS, ZERO_ADDRESS),
        (OTHER_SIGNER, ZERO_ADDRESS),
        (OTHER_SIGNER, SIGNER),
    ],
    ids=["signer", "no signer", "other signer", "new signer"],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_verdicts(op_node: OpNode, seed: int, signer: Address, previous: Address) -> None:
    """With one memory for all messages: heights fill up, blocks come again, the new signer shows up."""
    random, ours = Random(seed), Ours(signer, previous)
    op_node.configure(signer, previous)
    results: Counter[tuple[str, str]] = Counter()
    sent: list[bytes] = []
    for _ in range(MESSAGES):
        version = random.choice(list(BlockVersion))
        again = sent and random.random() < 0.2
        message = random.choice(sent) if again else some_message(random, version)
        version = random.choice(list(BlockVersion)) if random.random() < 0.1 else version
        sent.append(message)
        now = NOW + random.choice([0, 0, 0, 0, 0, 60, 61, 64, 65, -1, -5, -6])
        answer = ours.validate(version, message, now)
        theirs = op_node.ask("validate", message, version=int(version), now=now)
        assert theirs["result"] == answer[0], (answer, message.hex())
        results[answer] += 1
    if (signer, previous) == (SIGNER, ZERO_ADDRESS):
        reasons = {reason for _, reason in results}
        assert reasons >= {"", "already_seen", "too_old", "too_new", "bad_block_hash", "foreign_signer"}
        assert reasons >= {"bad_encoding", "bad_compression", "bad_signature", "withdrawals_not_empty"}
        assert reasons >= {"blob_gas_used_not_zero", "excess_blob_gas_not_zero"}


def test_blocks_at_one_height(op_node: OpNode) -> None:
    ours = Ours(SIGNER)
    op_node.configure(SIGNER)
    results = []
    for salt in (0, 0, 1, 2, 3, 4, 4, 5, 5, 6, 0, 7):
        message = signed(encode_body(envelope(V4, gas_used=salt)))
        results.append(ours.validate(V4, message, NOW))
        assert op_node.ask("validate", message, version=4, now=NOW)["result"] == results[-1][0]
    assert [result for result, _ in results].count("accept") == 6


def test_a_thousand_heights(op_node: OpNode) -> None:
    """Which of them are forgotten, as others come."""
    ours = Ours(SIGNER)
    op_node.configure(SIGNER)
    heights = [*range(1001), 0, 1, 5, *range(1001, 1010), 5, 6, 7, 20]
    for height in heights:
        message = signed(encode_body(envelope(V4, block_number=height)))
        expected = op_node.ask("validate", message, version=4, now=NOW)["result"]
        assert ours.validate(V4, message, NOW)[0] == expected


@pytest.mark.parametrize("age", [-6, -5, 0, 60, 61])
def test_edges_of_time(op_node: OpNode, age: int) -> None:
    ours = Ours(SIGNER)
    op_node.configure(SIGNER)
    for timestamp in (NOW - age, 0, (1 << 64) - 1):
        message = signed(encode_body(envelope(V4, timestamp=timestamp)))
        expected = op_node.ask("validate", message, version=4, now=NOW)["result"]
        assert ours.validate(V4, message, NOW)[0] == expected


# --- ids, signatures, frames


def test_message_ids(op_node: OpNode) -> None:
    random = Random(3)
    fixed = [
        b"",
        b"\0",
        b"\0\0",
        b"\x80\0",
        b"\xff\xff\xff\xff\x0f",
        b"\x80" * 5 + b"\0",
        compress(bytes(LIMIT)),
    ]
    fixed += [compress(bytes(LIMIT + 1))]
    for data in [*fixed, *(mutate(random, some_message(random, V4)) for _ in range(300))]:
        for name in (topic(V4), "", "/ü"):
            assert op_node.ask("message_id", data, topic=name)["data"] == to_hex(message_id(name, data))


def test_signatures(op_node: OpNode) -> None:
    random = Random(4)
    for _ in range(50):
        key, body = random.randbytes(32), random.randbytes(random.randrange(200))
        theirs = op_node.ask("sign", body, key=to_hex(key))["data"]
        assert theirs == to_hex(sign_payload(body, CHAIN_ID, key))


def test_arguments_of_a_remote_signer(op_node: OpNode) -> None:
    sent: list[Any] = []

    class Service:
        def call(self, method: str, *params: Any) -> str:
            sent.append(params[0])
            return "0x" + "00" * 65

        def close(self) -> None:
            pass

    for legacy in (True, False):
        RemoteSigner(Service(), SIGNER, legacy=legacy).sign_block(CHAIN_ID, b"a payload")
    theirs = op_node.ask("arguments", b"a payload", signer=to_hex(SIGNER))
    assert sent == [theirs["v1"], theirs["v2"]]


def test_rate_limits(op_node: OpNode) -> None:
    random = Random(6)
    for rate, burst in ((20, 40), (4, 15), (1, 1)):
        bucket, millis, steps, delays = TokenBucket(rate, burst), 10**9, [], []
        for _ in range(500):
            millis += random.choice([0, 0, 1, 30, 250, 400, 5000])
            count = random.choice([1, 1, 1, 2, burst, burst + 1])
            steps.append({"millis": millis, "count": count})
            wait = bucket.reserve(millis / 1000, count)
            delays.append(-1.0 if wait is None else wait)
        theirs = op_node.ask("delays", b"", rate=rate, burst=burst, steps=steps)["delays"]
        assert theirs == pytest.approx(delays, abs=1e-6)


def test_frames(op_node: OpNode) -> None:
    """What the client of the request-response protocol reads: the same, or an error in both."""
    random = Random(5)
    kinds: Counter[str] = Counter()
    for _ in range(400):
        content = random.randbytes(random.randrange(50)) * random.randrange(1, 4000)
        data = compress_frames(content)
        if random.random() < 0.7:
            at = random.randrange(len(data)) if data else 0
            change = random.randrange(4)
            extra = bytes((random.choice([0, 1, 2, 0x7F, 0x80, 0xFD, 0xFE]), random.randrange(4), 0, 0))
            data = (
                data[:at],
                data + extra + bytes(3),
                data + data[:at],
                data[:at] + random.randbytes(1) + data[at + 1 :],
            )[change]
        theirs = op_node.ask("read_framed", data)
        try:
            ours: bytes | None = decompress_frames(data, LIMIT)
        except SnappyError:
            ours = None
        kinds[theirs["result"]] += 1
        assert (theirs["result"] == "ok") == (ours is not None), data.hex()[:200]
        if ours is not None:
            assert theirs.get("data", "0x") == to_hex(ours)
    assert min(kinds.values()) > 50


def test_frames_of_op_node(op_node: OpNode) -> None:
    random = Random(7)
    for size in (0, 1, 100, 65_535, 65_536, 65_537, 300_000):
        for content in (random.randbytes(size), bytes(size)):
            data = bytes.fromhex(op_node.ask("write_framed", content).get("data", "0x")[2:])
            assert decompress_frames(data, size) == content
