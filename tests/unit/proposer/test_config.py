from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.proposer import ProposalHead, ProposerConfig

GOOD: dict[str, Any] = {"game_factory_address": Address(b"\1" * 20), "proposal_interval": 3600.0}


def test_defaults_are_the_references() -> None:
    config = ProposerConfig(**GOOD)
    config.check()
    assert (config.poll_interval, config.game_type, config.wait_node_sync) == (12.0, 0, False)
    assert config.proposal_source is ProposalHead.FINALIZED
    assert config.active_sequencer_check_duration == 120.0


@pytest.mark.parametrize(
    ("change", "option"),
    [
        ({"game_factory_address": ZERO_ADDRESS}, "game-factory-address"),
        ({"proposal_interval": 0}, "proposal-interval"),
        ({"proposal_interval": float("nan")}, "proposal-interval"),
        ({"poll_interval": -1}, "poll-interval"),
        ({"network_timeout": 0}, "network-timeout"),
        ({"active_sequencer_check_duration": -1}, "active-sequencer-check-duration"),
        ({"game_type": 1 << 32}, "game-type"),
        ({"game_type": -1}, "game-type"),
    ],
)
def test_a_message_names_the_option(change: dict[str, Any], option: str) -> None:
    with pytest.raises(ConfigError, match=f"^{option}: "):
        ProposerConfig(**{**GOOD, **change}).check()


def test_the_two_options_for_the_head() -> None:
    assert ProposalHead.of(None, False) is ProposalHead.FINALIZED
    assert ProposalHead.of(None, True) is ProposalHead.SAFE
    assert ProposalHead.of("safe", False) is ProposalHead.of("safe", True) is ProposalHead.SAFE
    assert ProposalHead.of("finalized", False) is ProposalHead.FINALIZED
    with pytest.raises(ConfigError, match="allow-non-finalized"):
        ProposalHead.of("finalized", True)
    with pytest.raises(ConfigError, match="proposal-source"):
        ProposalHead.of("unsafe", False)
