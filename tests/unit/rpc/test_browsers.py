"""Host names and origins: headers in, headers out."""

from __future__ import annotations

import pytest

from pyoprollup.rpc.browsers import CrossOrigin, HostNames

PAGE = b"https://app.example"
ASK = {b"origin": PAGE, b"access-control-request-method": b"POST"}


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("localhost:8545", True),
        ("LOCALHOST", True),
        ("10.0.0.1:1", True),
        ("[::1]:1", True),
        ("", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("[evil", False),
    ],
)
def test_hosts(header: str, allowed: bool) -> None:
    assert HostNames(["localhost"]).allow(header) is allowed
    assert HostNames(["*"]).allow(header)


def test_no_origins() -> None:
    none = CrossOrigin()
    assert none.headers(ASK) == []
    assert none.preflight("OPTIONS", ASK) is None


def test_one_origin() -> None:
    one = CrossOrigin(["https://app.example"])
    assert one.headers({b"origin": PAGE}) == [(b"access-control-allow-origin", PAGE), (b"vary", b"Origin")]
    assert one.headers({b"origin": b"https://evil.example"}) == [(b"vary", b"Origin")]
    assert one.headers({}) == [(b"vary", b"Origin")]
    assert one.preflight("OPTIONS", {**ASK, b"origin": b"https://evil.example"}) == [(b"vary", b"Origin")]


def test_any_origin() -> None:
    anyone = CrossOrigin(["*"])
    assert anyone.headers({b"origin": PAGE}) == [(b"access-control-allow-origin", b"*")]
    assert anyone.headers({}) == []


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (None, b"content-type"),
        (b"content-type, x-custom", b"content-type, x-custom"),
        (b"a\r\nset-cookie: b", b"content-type"),
        (b"a" * 1000, b"content-type"),
    ],
)
def test_a_preflight(asked: bytes | None, allowed: bytes) -> None:
    request = ASK if asked is None else {**ASK, b"access-control-request-headers": asked}
    headers = CrossOrigin(["*"]).preflight("OPTIONS", request)
    assert headers is not None
    assert dict(headers) == {
        b"access-control-allow-origin": b"*",
        b"access-control-allow-methods": b"GET, POST",
        b"access-control-allow-headers": allowed,
        b"access-control-max-age": b"600",
    }


def test_what_is_no_preflight() -> None:
    anyone = CrossOrigin(["*"])
    assert anyone.preflight("POST", ASK) is None
    assert anyone.preflight("OPTIONS", {b"origin": PAGE}) is None
