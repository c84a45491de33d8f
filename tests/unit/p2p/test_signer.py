from __future__ import annotations

from base64 import b64encode
from collections import deque
from typing import Any

import pytest

from pyoprollup.eth.crypto import SignatureError, keccak256
from pyoprollup.eth.signed_payload import recover_signer, sign_payload
from pyoprollup.eth.types import to_hex
from pyoprollup.p2p import BlockSigner, LocalSigner, RemoteSigner, SignerError
from pyoprollup.rpc.errors import JsonRpcError, RpcUnavailable
from tests.unit.p2p.support import CHAIN_ID, KEY, SIGNER

BODY = b"a payload"


def test_local_signer() -> None:
    signer = LocalSigner(KEY)
    assert signer.address == SIGNER
    assert recover_signer(signer.sign_block(CHAIN_ID, BODY), BODY, CHAIN_ID) == SIGNER
    with pytest.raises(SignerError):
        signer.sign_block(1 << 256, BODY)
    signer.close()
    signer.close()
    with pytest.raises(SignerError, match="closed"):
        signer.sign_block(CHAIN_ID, BODY)
    with pytest.raises(SignatureError):
        LocalSigner(bytes(32))


class Service:
    """Stands for the client of an op-signer."""

    def __init__(self, *answers: Any) -> None:
        self.answers = deque(answers)
        self.calls: list[tuple[Any, ...]] = []
        self.closed = False

    def call(self, method: str, *params: Any) -> Any:
        self.calls.append((method, *params))
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


def test_remote_signer() -> None:
    signature = sign_payload(BODY, CHAIN_ID, KEY)
    service = Service(to_hex(signature), to_hex(signature))
    signer: BlockSigner = RemoteSigner(service, SIGNER)
    assert signer.sign_block(CHAIN_ID, BODY) == signature
    newer = RemoteSigner(service, SIGNER, legacy=False)
    assert newer.sign_block(CHAIN_ID, BODY) == signature
    digest = keccak256(BODY)
    assert service.calls == [
        (
            "opsigner_signBlockPayload",
            {
                "domain": [0] * 32,
                "chainId": 901,
                "payloadHash": b64encode(digest).decode(),
                "senderAddress": to_hex(SIGNER),
            },
        ),
        (
            "opsigner_signBlockPayloadV2",
            {
                "domain": "0x" + "00" * 32,
                "chainId": "901",
                "payloadHash": to_hex(digest),
                "senderAddress": to_hex(SIGNER),
            },
        ),
    ]
    signer.close()
    signer.close()
    assert service.closed
    with pytest.raises(SignerError, match="closed"):
        signer.sign_block(CHAIN_ID, BODY)


@pytest.mark.parametrize(
    "answer",
    [RpcUnavailable("gone"), JsonRpcError(-32000, "no such key"), None, 5, "0x", "0x" + "11" * 64, "zz"],
)
def test_remote_signer_fails(answer: Any) -> None:
    with pytest.raises(SignerError, match="opsigner_signBlockPayload"):
        RemoteSigner(Service(answer), SIGNER).sign_block(CHAIN_ID, BODY)
