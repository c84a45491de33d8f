"""Creation of games, and in which order a factory looks at what is wrong."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.model import reverts as r
from tests.unit.challenger.model.support import ALICE, BOB, BOND, PERMISSIONED_TYPE, Contracts


@pytest.mark.parametrize(("looks_first", "error"), [(True, r.GameAlreadyExists), (False, r.BadAuth)])
def test_a_game_that_exists(looks_first: bool, error: type[r.Revert]) -> None:
    contracts = Contracts("1.3.0")
    contracts.factory.looks_first = looks_first
    game = contracts.create(sender=ALICE, game_type=PERMISSIONED_TYPE)
    with pytest.raises(r.GameAlreadyExists):
        contracts.create(sender=ALICE, game_type=PERMISSIONED_TYPE)
    before = dict(contracts.chain.balances)
    with pytest.raises(error):
        contracts.create(sender=BOB, game_type=PERMISSIONED_TYPE)
    assert contracts.chain.balances == before
    assert [entry.game for entry in contracts.factory.created] == [game]


def test_what_a_factory_refuses() -> None:
    contracts = Contracts()
    for value in (0, BOND - 1, BOND + 1):
        with pytest.raises(r.IncorrectBondAmount):
            contracts.create(value=value)
    with pytest.raises(r.NoImplementation):
        contracts.create(game_type=77)
    assert contracts.factory.game_count() == 0
    assert contracts.chain.take_events()[-1].name == "InitBondUpdated"
