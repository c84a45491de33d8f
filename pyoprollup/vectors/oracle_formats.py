"""The check of ``preimage_transcript``: a whole conversation of a program and its host, message by message.

Both sides are played: ours as the program is given what the reference's host said, and ours as the host what
its program said. What either writes has to be what the reference wrote, byte for byte and in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pyoprollup.eth.types import Hash32, bytes_from_hex, to_hex
from pyoprollup.preimage import (
    HintReader,
    HintWriter,
    KeyType,
    OracleClient,
    OracleError,
    OracleServer,
    check_preimage,
)
from pyoprollup.preimage.codec import HINT_PREFIX_SIZE
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__ = ["check_transcript"]

_TYPES = {
    "local": KeyType.LOCAL,
    "keccak256": KeyType.KECCAK256,
    "global-generic": KeyType.GLOBAL_GENERIC,
    "sha256": KeyType.SHA256,
    "blob": KeyType.BLOB,
    "precompile": KeyType.PRECOMPILE,
}


class _Exchange(NamedTuple):
    """A message of the program on one of the channels, and the host's answer."""

    channel: str
    request: bytes
    answer: bytes


class _Played:
    """A channel of which one side is given, and what the other writes is kept."""

    def __init__(self, given: bytes) -> None:
        self._given = given
        self.written = b""

    def read(self, size: int, *, at_start: bool = False) -> bytes:
        data, self._given = self._given[:size], self._given[size:]
        if len(data) < size and not (at_start and not data):
            raise Mismatch(f"{size} bytes are read, {len(data)} are there")
        return data

    def write(self, data: bytes) -> None:
        self.written += data


@register("preimage_transcript")
def check_transcript(case: Case) -> None:
    """Play both sides of the conversation, and check every pre-image as the host does."""
    data = {bytes_from_hex(item["key"]): bytes_from_hex(item["data"]) for item in case["keys"]}
    for item in case["keys"]:
        expect("type", _TYPES[item["type"]], KeyType(bytes_from_hex(item["key"])[0]))
    hints = []
    for exchange in _exchanges(case["events"]):
        if exchange.channel == "hint":
            hints.append(to_hex(_check_hint(exchange)))
        else:
            _check_request(exchange, data)
    expect("hints", case["hints"], hints)
    for item in case["verify"]:
        _check_verification(item)


def _exchanges(events: Sequence[dict[str, Any]]) -> list[_Exchange]:
    """The conversation, of which one message may be several events."""

    def sender(event: dict[str, Any]) -> tuple[str, str]:
        return event["channel"], event["from"]

    def joined(events: Sequence[dict[str, Any]]) -> bytes:
        return b"".join(bytes_from_hex(event["data"]) for event in events)

    messages = [(key, joined(list(items))) for key, items in groupby(events, sender)]
    exchanges = []
    for (asked, request), (answered, answer) in zip(messages[::2], messages[1::2], strict=True):
        expect("senders", ((asked[0], "client"), (asked[0], "host")), (asked, answered))
        exchanges.append(_Exchange(asked[0], request, answer))
    return exchanges


def _check_hint(exchange: _Exchange) -> bytes:
    hint = exchange.request[HINT_PREFIX_SIZE:]
    program = _Played(exchange.answer)
    HintWriter(program).send(hint)
    expect("hint", exchange.request, program.written)
    host, taken = _Played(exchange.request), list[bytes]()
    HintReader(host).handle_next(taken.append)
    expect("hint that the host takes", [hint], taken)
    expect("acknowledgement", exchange.answer, host.written)
    return hint


def _check_request(exchange: _Exchange, data: dict[bytes, bytes]) -> None:
    program = _Played(exchange.answer)
    got = OracleClient(program, checked=False).get(Hash32(exchange.request))
    expect("pre-image", data[exchange.request], got)
    expect("request", exchange.request, program.written)
    host = _Played(exchange.request)
    OracleServer(host).serve_next(data.__getitem__)
    expect("answer", exchange.answer, host.written)


def _check_verification(item: dict[str, str]) -> None:
    try:
        check_preimage(bytes_from_hex(item["key"]), bytes_from_hex(item["data"]))
    except OracleError:
        expect("refused", True, bool(item["error"]))
    else:
        expect("refused", False, bool(item["error"]))
