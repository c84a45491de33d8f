"""Challenges wrong uploads of an oracle, all that were found in one batch of transactions."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.challenger.keccak.metrics import KeccakMetrics
from pyoprollup.challenger.keccak.ports import LargePreimageOracle, TxSender
from pyoprollup.challenger.keccak.types import LargePreimageMetaData
from pyoprollup.challenger.keccak.verifier import PreimageVerifier
from pyoprollup.challenger.sender import InFlight
from pyoprollup.errors import RollupError
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import Level, News, Tell, no_news
from pyoprollup.txmgr import TxCandidate

__all__ = ["PreimageChallenger"]


class PreimageChallenger:
    """Verifies uploads and challenges those that are wrong. One that cannot be checked never stops others."""

    def __init__(
        self, verifier: PreimageVerifier, sender: TxSender, metrics: KeccakMetrics, tell: Tell = no_news
    ) -> None:
        self._verifier = verifier
        self._sender = sender
        self._metrics = metrics
        self._news = News("keccak", tell)

    def challenge(
        self, block: Hash32, oracle: LargePreimageOracle, preimages: Sequence[LargePreimageMetaData]
    ) -> None:
        """Look at uploads as they are after an L1 block. Raises what the sender raises."""
        txs = [
            tx for preimage in preimages if (tx := self._challenge_of(block, oracle, preimage)) is not None
        ]
        if not txs:
            return
        try:
            self._sender.send_and_wait("challenge preimages", txs)
        except InFlight:
            self._metrics.preimages_challenged += len(txs)
            raise
        except RollupError:
            self._metrics.preimage_challenge_failed += 1
            raise
        self._metrics.preimages_challenged += len(txs)

    def _challenge_of(
        self, block: Hash32, oracle: LargePreimageOracle, preimage: LargePreimageMetaData
    ) -> TxCandidate | None:
        names = {
            "oracle": to_hex(oracle.address),
            "claimant": to_hex(preimage.ident.claimant),
            "uuid": hex(preimage.ident.uuid),
        }
        try:
            challenge = self._verifier.create_challenge(block, oracle, preimage)
            if challenge is None:
                return None
            self._news("preimage-wrong", Level.WARNING, leaf=challenge.poststate.index, **names)
            return oracle.challenge_tx(preimage.ident, challenge)
        except RollupError as error:
            self._metrics.preimages_unverified += 1
            self._news("preimage-unverified", Level.ERROR, error=error, **names)
            return None
