from __future__ import annotations

import pytest

from pyoprollup.engine.errors import BlockNotFound, EngineUnavailable
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.p2p import PeerID, RateLimited, ReqRespServer
from pyoprollup.p2p.req_resp import decode_response, encode_request
from tests.unit.p2p.support import GENESIS_TIME, Clock, chain, config

BLOCKS = chain(20)
ANNA, BERT = PeerID("anna"), PeerID("bert")


class Chain:
    """Blocks 1 to 20; number 13 cannot be read."""

    def envelope_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        if number == 13:
            raise EngineUnavailable("busy")
        if not 0 < number <= len(BLOCKS):
            raise BlockNotFound(f"no block {number}")
        return BLOCKS[number - 1]


def served(clock: Clock) -> ReqRespServer:
    return ReqRespServer(config(), Chain(), now=clock)


def test_respond() -> None:
    clock = Clock(GENESIS_TIME + 2 * 25 + 1.5)
    server = served(clock)
    assert decode_response(server.respond(encode_request(5)), 5, config()) == BLOCKS[4]
    answers = {
        number: server.respond(encode_request(number)) for number in (0, 13, 21, 25, 26, (1 << 64) - 1)
    }
    assert answers == {0: b"\1", 13: b"\3", 21: b"\1", 25: b"\1", 26: b"\2", (1 << 64) - 1: b"\2"}
    assert server.respond(b"") == server.respond(bytes(7)) == b"\3"
    clock.time = GENESIS_TIME - 1
    assert server.respond(encode_request(0)) == b"\2"


def test_rate_of_a_peer() -> None:
    clock = Clock()
    server = served(clock)
    assert [server.admit(ANNA) for _ in range(15)] == [0.0] * 15
    assert [server.admit(ANNA) for _ in range(2)] == [0.25, 0.5]
    assert server.admit(BERT) == 0.0
    clock.time += 0.75
    assert server.admit(ANNA) == 0.0


def test_rate_of_all() -> None:
    """Whose waits come first is before those of single peers."""
    server = served(Clock())
    waits = [server.admit(PeerID(f"peer {i}")) for i in range(50)]
    assert waits == pytest.approx([0.0] * 40 + [0.05 * i for i in range(1, 11)])


def test_too_many_requests() -> None:
    clock = Clock()
    server = served(clock)
    waits: list[float] = []
    with pytest.raises(RateLimited, match="peer anna"):
        waits.extend(server.admit(ANNA) for _ in range(1000))
    assert len(waits) == 15 + 4 * 20
    assert max(waits) == pytest.approx(20.0)
    # The limit of one peer does not stand in the way of the others.
    assert server.admit(BERT) < 20
    assert server.handle(ANNA, encode_request(5)) == (0.0, b"\3")
    clock.time += 100
    wait, response = server.handle(ANNA, encode_request(5))
    assert wait == 0.0
    assert decode_response(response, 5, config()) == BLOCKS[4]


def test_a_flood_from_everywhere_ends() -> None:
    server = served(Clock())
    with pytest.raises(RateLimited, match=r"too many requests$"):
        for i in range(1000):
            server.admit(PeerID(f"peer {i}"))
