from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import ConfigError
from pyoprollup.rpc.errors import MissingExtra, TokenError
from pyoprollup.rpc.jwt import bearer, check_authorization, read_secret, secret_from_hex

SECRET, NOW = bytes(range(32)), 1_700_000_000.5


def token(claims: dict[str, Any], secret: bytes = SECRET, algorithm: str = "HS256") -> str:
    return "Bearer " + jwt.encode(claims, secret, algorithm=algorithm)


def unsigned(header: Any, claims: Any) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    return "Bearer " + b".".join([*parts, b""]).decode()


def refusal(header: str | None) -> str:
    with pytest.raises(TokenError) as caught:
        check_authorization(SECRET, header, NOW)
    return str(caught.value)


def test_our_own_tokens() -> None:
    header = bearer(SECRET, NOW)
    check_authorization(SECRET, header, NOW)
    assert jwt.decode(header[7:], SECRET, algorithms=["HS256"], options={"verify_iat": False}) == {
        "iat": int(NOW)
    }


@pytest.mark.parametrize("age", [-60, -59.5, 0, 60])
def test_accepted_times(age: float) -> None:
    check_authorization(SECRET, token({"iat": NOW - age, "id": "node", "clv": "v1"}), NOW)


def test_refusals() -> None:
    assert refusal(None) == "missing token"
    assert refusal("") == "missing token"
    assert refusal("Basic abc") == "missing token"
    assert refusal("bearer abc") == "missing token"
    assert refusal("Bearer ") == "missing token"
    assert refusal(token({"iat": NOW}, secret=bytes(32))) == "signature is invalid"
    assert refusal(token({"iat": NOW - 60.5})) == "stale token"
    assert refusal(token({"iat": NOW + 60.5})) == "future token"
    assert refusal(token({})) == "missing issued-at"
    assert refusal(token({"iat": NOW, "exp": NOW - 1})) == "token is expired"
    assert refusal(unsigned({"alg": "none"}, {"iat": NOW})) == "signing method is invalid"
    assert refusal(token({"iat": NOW}, secret=SECRET * 2, algorithm="HS512")) == "signing method is invalid"
    assert refusal(unsigned({"alg": "HS256"}, {"iat": NOW})) == "signature is invalid"


@pytest.mark.parametrize("issued", ["now", True, [], 10**30, float("inf"), float("nan")])
def test_times_that_are_none(issued: Any) -> None:
    signed = jwt.encode({"x": 1}, SECRET, algorithm="HS256").split(".")[0]
    payload = base64.urlsafe_b64encode(json.dumps({"iat": issued}).encode()).rstrip(b"=").decode()
    key = jwt.get_algorithm_by_name("HS256")
    signature = key.sign(f"{signed}.{payload}".encode(), SECRET)
    text = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    assert refusal(f"Bearer {signed}.{payload}.{text}").startswith("token is malformed")


def test_long_tokens() -> None:
    assert refusal("Bearer " + "a" * 10_000) == "token is malformed: too long"


@given(st.text(max_size=60) | st.text(alphabet="eyJ0.-_=A", max_size=60))
def test_any_text(text: str) -> None:
    with pytest.raises(TokenError):
        check_authorization(SECRET, "Bearer " + text, NOW)


def test_secrets(tmp_path: Path) -> None:
    path = tmp_path / "jwt.hex"
    for text in (SECRET.hex(), f"0x{SECRET.hex()}\n", f"  0X{SECRET.hex().upper()} "):
        path.write_text(text)
        assert read_secret(path) == SECRET


@pytest.mark.parametrize(
    "text", ["", "0x", "zz" * 32, "00" * 31, "00" * 33, "0 0" * 32, "00 " * 32, "0x0x" + "00" * 31]
)
def test_bad_secrets(text: str) -> None:
    with pytest.raises(ConfigError, match="expected 32 bytes in hex"):
        secret_from_hex(text)


def test_bad_secret_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read_secret(tmp_path / "none")
    with pytest.raises(ConfigError, match="cannot read"):
        read_secret(tmp_path)
    (tmp_path / "long").write_bytes(b"\xff" * 5000)
    with pytest.raises(ConfigError, match="32 bytes"):
        read_secret(tmp_path / "long")


def test_without_pyjwt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jwt", None)
    with pytest.raises(MissingExtra, match="PyJWT is not installed"):
        bearer(SECRET, NOW)
