from __future__ import annotations

import pytest

from pyoprollup.p2p import ApplicationScorer, PeerID, ReqRespScores
from pyoprollup.p2p.peer_scores import score_decay

ANNA, BERT = PeerID("anna"), PeerID("bert")


def test_weights_and_caps() -> None:
    scorer = ApplicationScorer()
    for _ in range(30):
        scorer.on_valid_response(ANNA)
    assert scorer.application_score(ANNA) == 5
    for _ in range(30):
        scorer.on_response_error(ANNA)
    assert scorer.application_score(ANNA) == 5 - 9
    for _ in range(5):
        scorer.on_rejected_payload(BERT)
    assert scorer.application_score(BERT) == -100
    for _ in range(30):
        scorer.on_rejected_payload(BERT)
    assert scorer.application_score(BERT) == -400
    assert scorer.application_score(PeerID("unknown")) == 0


def test_decay() -> None:
    assert score_decay(60) ** 60 == pytest.approx(0.01)
    scorer = ApplicationScorer()
    scorer.on_valid_response(ANNA)
    scorer.on_rejected_payload(ANNA)
    scorer.on_rejected_payload(BERT)
    for _ in range(30):
        scorer.decay([ANNA, PeerID("unknown")])
    assert scorer.scores(ANNA) == ReqRespScores(pytest.approx(0.1), 0, pytest.approx(0.1))
    for _ in range(31):
        scorer.decay([ANNA])
    assert scorer.scores(ANNA) == ReqRespScores()
    assert scorer.scores(BERT).rejected_payloads == 1
