from __future__ import annotations

from pyoprollup.p2p.seen import SeenMessages


def test_messages_are_remembered_from_when_they_are_first_seen() -> None:
    seen = SeenMessages()
    assert seen.mark(b"a", 0.0)
    assert not seen.mark(b"a", 64.9)
    assert seen.mark(b"b", 64.9)
    assert seen.mark(b"a", 65.0)
    assert not seen.mark(b"b", 65.0)
    assert seen.mark(b"c", 200.0)
    assert len(seen) == 1


def test_no_flood_fills_the_memory() -> None:
    seen = SeenMessages(capacity=100)
    for number in range(1000):
        seen.mark(number.to_bytes(2, "big"), 0.0)
    assert len(seen) == 100
    assert not seen.mark((999).to_bytes(2, "big"), 0.0)
    assert seen.mark((899).to_bytes(2, "big"), 0.0)
