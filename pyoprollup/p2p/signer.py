"""Signers of gossiped blocks: a key in this process, or a remote op-signer.

Specification: protocol/rollup-node-p2p.md, Block signatures.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Protocol

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.signed_payload import SIGNATURE_SIZE, SIGNING_DOMAIN_BLOCKS_V1, sign_payload
from pyoprollup.eth.types import Address, bytes_from_hex, to_hex
from pyoprollup.p2p.errors import SignerError
from pyoprollup.rpc.errors import RpcError
from pyoprollup.rpc.ports import RpcCaller

__all__ = ["BlockSigner", "LocalSigner", "RemoteSigner"]


class BlockSigner(Protocol):
    """Signs the payloads that this node gossips."""

    def sign_block(self, chain_id: int, body: bytes) -> bytes:
        """The 65-byte signature of a message's body; raises :class:`SignerError`."""
        ...

    def close(self) -> None:
        """Forget the key, or hang up. There are no signatures after that."""
        ...


class LocalSigner:
    """Signs with a private key; raises :class:`SignatureError` if it is none."""

    def __init__(self, private_key: bytes) -> None:
        self.address = address_of(private_key)
        self._key: bytes | None = private_key

    def sign_block(self, chain_id: int, body: bytes) -> bytes:
        if self._key is None:
            raise SignerError("the signer is closed")
        try:
            return sign_payload(body, chain_id, self._key)
        except DecodeError as exc:
            raise SignerError(str(exc)) from exc

    def close(self) -> None:
        self._key = None


class RemoteSigner:
    """Signs through an op-signer, which receives the body's hash only. ``address`` selects the key.

    The first version of the method (``legacy``) has arguments in Go's forms: an array of numbers for the
    domain, base64 for the hash.
    """

    def __init__(self, client: RpcCaller, address: Address, *, legacy: bool = True) -> None:
        self.address = address
        self._client: RpcCaller | None = client
        self._legacy = legacy

    def sign_block(self, chain_id: int, body: bytes) -> bytes:
        if self._client is None:
            raise SignerError("the signer is closed")
        method = "opsigner_signBlockPayload" if self._legacy else "opsigner_signBlockPayloadV2"
        try:
            result = self._client.call(method, self._arguments(chain_id, keccak256(body)))
            signature = bytes_from_hex(result, "signature")
        except (RpcError, DecodeError) as exc:
            raise SignerError(f"{method}: {exc}") from exc
        if len(signature) != SIGNATURE_SIZE:
            raise SignerError(f"{method}: a signature has {SIGNATURE_SIZE} bytes, not {len(signature)}")
        return signature

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _arguments(self, chain_id: int, payload_hash: bytes) -> dict[str, Any]:
        sender = to_hex(self.address)
        domain = SIGNING_DOMAIN_BLOCKS_V1
        if self._legacy:
            return {
                "domain": list(domain),
                "chainId": chain_id,
                "payloadHash": b64encode(payload_hash).decode(),
                "senderAddress": sender,
            }
        return {
            "domain": to_hex(domain),
            "chainId": str(chain_id),
            "payloadHash": to_hex(payload_hash),
            "senderAddress": sender,
        }
