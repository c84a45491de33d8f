"""The check of ``preimage_transcript``: both channels between program and host, byte by byte."""

from __future__ import annotations

from typing import Any

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.cannon.preimages import (
    HintReader,
    HintWriter,
    KeyType,
    OracleClient,
    OracleServer,
    check_preimage,
)
from pyoprollup.eth.types import bytes_from_hex, to_hex
from pyoprollup.vectors.core import Case, expect, register

__all__ = ["RecordedStream"]


class RecordedStream:
    """Reads what the other side had written, and keeps what this one writes."""

    def __init__(self, incoming: bytes) -> None:
        self._incoming = incoming
        self.written = b""

    def read(self, count: int) -> bytes:
        """The next bytes; there have to be so many."""
        if count > len(self._incoming):
            raise PreimageError("the record has come to its end")
        found, self._incoming = self._incoming[:count], self._incoming[count:]
        return found

    def write(self, data: bytes) -> None:
        """Keep what is written."""
        self.written += data

    def at_end(self) -> bool:
        """Whether everything was read."""
        return not self._incoming


def _joined(events: list[Any], channel: str, side: str) -> bytes:
    return b"".join(
        bytes_from_hex(each["data"]) for each in events if (each["channel"], each["from"]) == (channel, side)
    )


@register("preimage_transcript")
def check_transcript(case: Case) -> None:
    """Client and host of ours in the place of the reference's; keys by type; the check of data."""
    events = case["events"]
    preimages = {bytes_from_hex(each["key"]): bytes_from_hex(each["data"]) for each in case["keys"]}
    for each in case["keys"]:
        kind = KeyType(bytes_from_hex(each["key"])[0])
        expect("type of key", each["type"], kind.name.lower().replace("_", "-"))
    _check_preimages(events, preimages)
    _check_hints(events, case["hints"])
    for each in case["verify"]:
        try:
            check_preimage(bytes_from_hex(each["key"]), bytes_from_hex(each["data"]))
            error = False
        except PreimageError:
            error = True
        expect(f"verify {each['key']}", bool(each["error"]), error)


def _check_preimages(events: list[Any], preimages: dict[bytes, bytes]) -> None:
    asked, answered = _joined(events, "preimage", "client"), _joined(events, "preimage", "host")
    client, server = RecordedStream(answered), RecordedStream(asked)
    for start in range(0, len(asked), 32):
        key = asked[start : start + 32]
        expect(to_hex(key), preimages[key], OracleClient(client).get(key))
        OracleServer(server).serve(preimages.__getitem__)
    expect("what the client wrote", asked, client.written)
    expect("what the host wrote", answered, server.written)
    expect("all is read", True, client.at_end() and server.at_end())


def _check_hints(events: list[Any], hints: list[str]) -> None:
    given, taken = _joined(events, "hint", "client"), _joined(events, "hint", "host")
    client, server = RecordedStream(taken), RecordedStream(given)
    seen: list[bytes] = []
    for hint in hints:
        HintWriter(client).hint(bytes_from_hex(hint))
        HintReader(server).next(seen.append)
    expect("hints", hints, [to_hex(each) for each in seen])
    expect("hints written", given, client.written)
    expect("answers written", taken, server.written)
    expect("all hints are read", True, client.at_end() and server.at_end())
