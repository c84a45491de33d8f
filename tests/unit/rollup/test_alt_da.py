from __future__ import annotations

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.rollup.alt_da import GENERIC_COMMITMENT, KECCAK256_COMMITMENT, AltDAConfig
from pyoprollup.rollup.config_reader import ConfigReader

CONTRACT = Address(b"\x08" * 20)


def test_round_trip() -> None:
    config = AltDAConfig(CONTRACT, KECCAK256_COMMITMENT, 160, 161)
    assert AltDAConfig.read(ConfigReader(config.to_json())) == config
    config = AltDAConfig(CONTRACT, KECCAK256_COMMITMENT, 160, 161, 100)
    assert AltDAConfig.read(ConfigReader(config.to_json())) == config


def test_largest_input() -> None:
    """That of the challenge contract, unless the chain has another one."""
    assert AltDAConfig(CONTRACT, KECCAK256_COMMITMENT).max_input_size == 130_672
    config = AltDAConfig(CONTRACT, KECCAK256_COMMITMENT, da_max_input_size=100)
    config.check()
    assert config.max_input_size == 100
    for wrong in (
        AltDAConfig(CONTRACT, KECCAK256_COMMITMENT, da_max_input_size=0),
        AltDAConfig(ZERO_ADDRESS, GENERIC_COMMITMENT, da_max_input_size=100),
    ):
        with pytest.raises(ConfigError, match=r"^alt_da\.da_max_input_size"):
            wrong.check()


def test_kona_spelling_of_the_contract() -> None:
    short = AltDAConfig.read(ConfigReader({"da_challenge_address": "0x" + "08" * 20}))
    assert short.da_challenge_contract_address == CONTRACT


def test_contract_and_commitment_type_belong_together() -> None:
    AltDAConfig(CONTRACT, KECCAK256_COMMITMENT).check()
    AltDAConfig(ZERO_ADDRESS, GENERIC_COMMITMENT).check()
    for config in (
        AltDAConfig(ZERO_ADDRESS, KECCAK256_COMMITMENT),
        AltDAConfig(CONTRACT, GENERIC_COMMITMENT),
        AltDAConfig(CONTRACT, "keccak256"),
    ):
        with pytest.raises(ConfigError, match=r"^alt_da\.da_c"):
            config.check()
