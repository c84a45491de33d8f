"""Keccak-256 and secp256k1: the only module that knows which library does the work.

Hashing goes to safe-pysha3 when it is installed (the ``fast`` extra; three to four times faster on
short inputs) and to eth-hash otherwise. Signatures go to coincurve (libsecp256k1) and, where that
library cannot be imported, to the pure-Python backend of eth-keys.

Twin: eth_keys.backends.native; held equal by tests/unit/eth/test_crypto.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Address, Hash32

__all__ = [
    "SECP256K1_HALF_N",
    "SECP256K1_N",
    "SignatureError",
    "address_of",
    "address_of_public_key",
    "checksum_address",
    "keccak256",
    "recover_address",
    "recover_public_key",
    "sign",
]

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of the group: both halves of a signature lie in ``1 .. N-1``."""

SECP256K1_HALF_N = SECP256K1_N // 2
"""Largest ``s`` of a signature in low-s form."""


class SignatureError(DecodeError):
    """A signature is out of range or recovers to no public key."""


def _keccak_function() -> Callable[[bytes], Hash32]:
    try:
        from sha3 import keccak_256
    except ImportError:
        from eth_hash.auto import keccak

        return cast("Callable[[bytes], Hash32]", keccak)

    def digest(data: bytes) -> Hash32:
        return keccak_256(data).digest()  # type: ignore[no-any-return]

    return digest


keccak256 = _keccak_function()
"""Keccak-256 digest of the bytes that are given."""


def checksum_address(address: Address) -> str:
    """An address with capitals that guard against slips (EIP-55), as error texts and metrics have it."""
    digits = address.hex()
    marks = keccak256(digits.encode()).hex()
    pairs = zip(digits, marks, strict=False)
    return "0x" + "".join(digit.upper() if mark >= "8" else digit for digit, mark in pairs)


class _Secp256k1(Protocol):
    """What this module needs of a secp256k1 library. Public keys are the 64 bytes ``x || y``.

    ``ValueError`` stands for "no such key or signature"; nothing else may escape.
    """

    def recover(self, msg_hash: bytes, r: int, s: int, recovery_id: int) -> bytes: ...

    def sign(self, msg_hash: bytes, private_key: bytes) -> tuple[int, int, int]: ...

    def public_key(self, private_key: bytes) -> bytes: ...


class _Coincurve:
    """libsecp256k1 through coincurve: about 45 µs a recovery."""

    def __init__(self) -> None:
        from coincurve import PrivateKey, PublicKey

        self._private = PrivateKey
        self._recover = PublicKey.from_signature_and_message

    def recover(self, msg_hash: bytes, r: int, s: int, recovery_id: int) -> bytes:
        signature = ((r << 264) | (s << 8) | recovery_id).to_bytes(65, "big")
        key: bytes = self._recover(signature, msg_hash, None).format(False)
        return key[1:]

    def sign(self, msg_hash: bytes, private_key: bytes) -> tuple[int, int, int]:
        signature: bytes = self._private(private_key).sign_recoverable(msg_hash, None)
        return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]

    def public_key(self, private_key: bytes) -> bytes:
        key: bytes = self._private(private_key).public_key.format(False)
        return key[1:]


class _EthKeys:
    """The pure-Python backend of eth-keys: some milliseconds a recovery, no compiled code."""

    def __init__(self) -> None:
        from eth_keys.backends.native.main import NativeECCBackend
        from eth_keys.datatypes import PrivateKey, Signature
        from eth_keys.exceptions import BadSignature
        from eth_utils.exceptions import ValidationError

        self._backend = NativeECCBackend()
        self._private, self._signature = PrivateKey, Signature
        self._errors = (BadSignature, ValidationError)

    def recover(self, msg_hash: bytes, r: int, s: int, recovery_id: int) -> bytes:
        if recovery_id > 1:
            raise ValueError("recovery ids 2 and 3 are not supported without coincurve")
        try:
            signature = self._signature(vrs=(recovery_id, r, s), backend=self._backend)
            key: bytes = self._backend.ecdsa_recover(msg_hash, signature).to_bytes()
        except self._errors as exc:
            raise ValueError(str(exc)) from exc
        if not any(key):  # its point at infinity
            raise ValueError("the signature recovers to no key")
        return key

    def sign(self, msg_hash: bytes, private_key: bytes) -> tuple[int, int, int]:
        signature = self._backend.ecdsa_sign(msg_hash, self._private(private_key))
        return signature.r, signature.s, signature.v

    def public_key(self, private_key: bytes) -> bytes:
        key: bytes = self._backend.private_key_to_public_key(self._private(private_key)).to_bytes()
        return key


def _secp256k1() -> _Secp256k1:
    try:
        return _Coincurve()
    except ImportError:
        return _EthKeys()


_curve = _secp256k1()


def recover_public_key(msg_hash: Hash32, r: int, s: int, y_parity: int) -> bytes:
    """The 64 bytes ``x || y`` of the public key that signed ``msg_hash``.

    ``y_parity`` is the recovery id; values 2 and 3 (the point's x exceeds the group order) are
    legal for a bare signature, though no transaction can carry them. High ``s`` is accepted: a
    caller that requires low-s compares with :data:`SECP256K1_HALF_N`.

    Raises :class:`SignatureError` for numbers out of range and signatures that belong to no key.
    """
    if not (0 < r < SECP256K1_N and 0 < s < SECP256K1_N and 0 <= y_parity <= 3 and len(msg_hash) == 32):
        raise SignatureError(f"signature values out of range: r={r:#x} s={s:#x} parity={y_parity}")
    try:
        return _curve.recover(msg_hash, r, s, y_parity)
    except ValueError as exc:
        raise SignatureError(f"no public key matches the signature: {exc}") from exc


def recover_address(msg_hash: Hash32, r: int, s: int, y_parity: int) -> Address:
    """The account whose key signed ``msg_hash``; see :func:`recover_public_key`."""
    return address_of_public_key(recover_public_key(msg_hash, r, s, y_parity))


def address_of_public_key(public_key: bytes) -> Address:
    """The account of a 64-byte public key ``x || y``."""
    return Address(keccak256(public_key)[12:])


def sign(msg_hash: Hash32, private_key: bytes) -> tuple[int, int, int]:
    """Deterministic (RFC 6979) low-s signature ``(r, s, y_parity)`` of ``msg_hash``.

    Raises :class:`SignatureError` when ``private_key`` is not 32 bytes in ``1 .. N-1``.
    """
    _check_private_key(private_key)
    return _curve.sign(msg_hash, private_key)


def address_of(private_key: bytes) -> Address:
    """The account of a private key; raises :class:`SignatureError` like :func:`sign`."""
    _check_private_key(private_key)
    return address_of_public_key(_curve.public_key(private_key))


def _check_private_key(private_key: bytes) -> None:
    # The message must not show the key.
    if len(private_key) != 32 or not 0 < int.from_bytes(private_key, "big") < SECP256K1_N:
        raise SignatureError("a private key is 32 bytes, more than zero and less than the group order")
