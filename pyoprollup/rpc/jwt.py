"""Authentication of the Engine API: a secret of 32 bytes that both ends know, and tokens made with it.

Specification: execution-apis, engine/authentication.md. Tokens are JWTs with HS256 whose claim ``iat`` (time
of issue, seconds) is within a minute of the server's clock. The time is always an argument here.
"""

from __future__ import annotations

import math
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import Any

from pyoprollup.errors import ConfigError
from pyoprollup.rpc.errors import MissingExtra, TokenError

__all__ = ["MAX_TOKEN_AGE", "bearer", "check_authorization", "read_secret", "secret_from_hex"]

MAX_TOKEN_AGE = 60
"""Seconds that a token's time may differ from the server's, either way."""

_SECRET_SIZE = 32
# Its JSON is decoded, with no limit on nesting, before anything is known of its sender.
_MAX_TOKEN_SIZE = 2048
_MAX_SECRET_FILE_SIZE = 1024
_SCHEME = "Bearer "


def secret_from_hex(text: str) -> bytes:
    """The secret from its hex form, with or without ``0x``; raises :class:`ConfigError`."""
    digits = text.strip()
    digits = digits[2:] if digits[:2] in ("0x", "0X") else digits
    try:
        # fromhex would skip spaces in between.
        secret = bytes.fromhex(digits) if digits.isalnum() else b""
    except ValueError:
        secret = b""
    if len(secret) != _SECRET_SIZE:
        raise ConfigError("jwt secret: expected 32 bytes in hex")
    return secret


def read_secret(path: str | PathLike[str]) -> bytes:
    """The secret from a file with its hex form; raises :class:`ConfigError`."""
    try:
        with Path(path).open("rb") as file:
            text = file.read(_MAX_SECRET_FILE_SIZE)
    except OSError as exc:
        raise ConfigError(f"jwt secret: cannot read {path}: {exc.strerror or exc}") from exc
    return secret_from_hex(text.decode("latin-1"))


def bearer(secret: bytes, now: float) -> str:
    """Value of the ``Authorization`` header of a request at this time."""
    token: str = _pyjwt().encode({"iat": int(now)}, secret, algorithm="HS256")
    return _SCHEME + token


def check_authorization(secret: bytes, header: str | None, now: float) -> None:
    """Check the ``Authorization`` header of a request; raises :class:`TokenError`.

    The texts are those of go-ethereum, which people look for in logs.
    """
    token = header[len(_SCHEME) :] if header is not None and header.startswith(_SCHEME) else ""
    if not token:
        raise TokenError("missing token")
    if len(token) > _MAX_TOKEN_SIZE:
        raise TokenError("token is malformed: too long")
    claims = _verified_claims(secret, token)
    expiry = _time(claims, "exp")
    if expiry is not None and now >= expiry:
        raise TokenError("token is expired")
    issued = _time(claims, "iat")
    if issued is None:
        raise TokenError("missing issued-at")
    if now - issued > MAX_TOKEN_AGE:
        raise TokenError("stale token")
    if issued - now > MAX_TOKEN_AGE:
        raise TokenError("future token")


def _verified_claims(secret: bytes, token: str) -> dict[str, Any]:
    jwt = _pyjwt()
    checks = dict.fromkeys(
        ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub", "verify_jti"),
        False,
    )
    try:
        claims: dict[str, Any] = jwt.decode(token, secret, algorithms=["HS256"], options=checks)
    except jwt.InvalidSignatureError:
        raise TokenError("signature is invalid") from None
    except jwt.InvalidAlgorithmError:
        raise TokenError("signing method is invalid") from None
    except (jwt.PyJWTError, ValueError, RecursionError) as exc:
        raise TokenError(f"token is malformed: {str(exc)[:100]}") from None
    return claims


def _time(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenError(f"token is malformed: {name} is not a number")
    if (isinstance(value, int) and value.bit_length() > 63) or not math.isfinite(value):
        raise TokenError(f"token is malformed: {name} is out of range")
    return value


def _pyjwt() -> ModuleType:
    try:
        import jwt
    except ImportError as exc:
        raise MissingExtra("PyJWT") from exc
    return jwt
