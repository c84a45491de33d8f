"""Random calls that mean something: players who tell the truth or lie, in time or a second too late.

What comes next is drawn from what the model is in, so that calls succeed often, and fail for every reason.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import rlp

from campaigns.dispute_contracts.setting import (
    ABSOLUTE_STATE,
    ANCHOR,
    BOND,
    OWNER,
    PERMISSIONED_TYPE,
    PLAYERS,
    PROPOSER,
    START,
    TYPE,
)
from campaigns.dispute_contracts.twin import Action, Twin
from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import AnchorStateRegistry, FaultDisputeGame, Revert
from pyoprollup.challenger.model.ancestors import find_outputs
from pyoprollup.challenger.model.vm import with_status
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32

__all__ = ["GameSequence"]

_STEPS_OF_A_BLOCK = 1 << 4
"""Numbers of the machine's first steps are so far apart, from one L2 block to the next."""


@dataclass
class GameSequence:
    """A random sequence of calls about games; the same seed gives the same as long as the model does."""

    twin: Twin
    rng: random.Random
    now: int = START + 100
    states: dict[Hash32, bytes] = field(default_factory=dict)
    """What the claims of lower games are the hashes of."""
    outputs: dict[Hash32, tuple[tuple[bytes, ...], bytes]] = field(default_factory=dict)
    """Output and header of root claims that have them."""

    def play(self, length: int) -> Iterator[Action]:
        """So many calls, and then all that it takes to end the games and to pay out the bonds."""
        while not self.twin.model.games:
            yield self._create(TYPE)
        for _ in range(length):
            yield self._any()
        if self.rng.random() < 0.8:
            yield from self._settle()

    def _any(self) -> Action:
        kinds = {
            self._move: 52,
            self._wait: 9,
            self._step: 12,
            self._local_data: 5,
            self._resolve_claim: 8,
            self._create_any: 4,
            self._resolve: 2,
            self._claim_credit: 3,
            self._challenge_number: 2,
            self._vault: 3,
            self._guardian: 1,
        }
        (kind,) = self.rng.choices(list(kinds), list(kinds.values()))
        return kind()

    # --- time

    def _wait(self) -> Action:
        """Let time go on, often to within a second of what a rule is about."""
        limits, setting = self.twin.deployment.setting.limits, self.twin.deployment.setting
        if self.rng.random() < 0.6:
            self.now += self.rng.choice((0, 1, 60, limits.clock_extension, limits.max_clock_duration // 5))
            return self._move()
        moments = [self.now]
        for game in self.twin.model.games[-2:]:
            if game.status is GameStatus.IN_PROGRESS:
                index = self.rng.randrange(len(game.claims))
                left = limits.max_clock_duration - game.challenger_duration(index, self.now)
                moments += [self.now + left - times * limits.clock_extension for times in range(3)]
            else:
                moments.append(game.resolved_at + setting.finality_delay)
        moments += [
            unlocked.timestamp + setting.weth_delay
            for unlocked in self.twin.model.weth.withdrawals.values()
            if unlocked.timestamp
        ]
        self.now = max(self.now, self.rng.choice(moments) + self.rng.choice((-1, 0, 0, 1)))
        return self._resolve_claim() if self.rng.random() < 0.3 else self._move()

    # --- creation

    def _create_any(self) -> Action:
        return self._create(self.rng.choice((TYPE, TYPE, PERMISSIONED_TYPE, 77)))

    def _create(self, game_type: int) -> Action:
        rng = self.rng
        number = ANCHOR.number + rng.randrange(1, 40)
        root = self._root_claim(number)
        if rng.random() < 0.1:
            number = rng.choice((0, ANCHOR.number, ANCHOR.number - 1, (1 << 64) - 1, 1 << 64, (1 << 256) - 1))
        extra = number.to_bytes(32, "big")
        if rng.random() < 0.1:
            extra = rng.choice((b"", extra[:31], extra + b"\0", extra * 2))
        games = self.twin.model.games
        if games and rng.random() < 0.05:
            root, extra = games[-1].root_claim, games[-1].extra_data
        value = BOND if rng.random() < 0.95 else rng.choice((0, BOND - 1, BOND + 1))
        sender = PROPOSER if game_type == PERMISSIONED_TYPE and rng.random() < 0.7 else self._player()
        return self._action(sender, "factory", "create", game_type, root, extra, value=value)

    def _root_claim(self, number: int) -> Hash32:
        """An output root, whose header is of the block with this number, or of another one."""
        rng = self.rng
        fields: list[bytes] = [rng.randbytes(32) for _ in range(20)]
        truly = number if rng.random() < 0.5 else number + rng.choice((-1, 1, 1 << 70))
        fields[8] = truly.to_bytes((truly.bit_length() + 7) // 8, "big")
        header: bytes = rlp.encode(fields)
        if rng.random() < 0.15:
            header = self._broken(header, fields)
        output = (bytes(32), rng.randbytes(32), rng.randbytes(32), bytes(keccak256(header)))
        root = keccak256(b"".join(output))
        self.outputs[root] = (output, header)
        return root

    def _broken(self, header: bytes, fields: list[bytes]) -> bytes:
        rng = self.rng
        few: bytes = rlp.encode(fields[: rng.randrange(9)])
        many: bytes = rlp.encode([b""] * 33)
        long_number: bytes = rlp.encode([*fields[:8], bytes(33), *fields[9:]])
        nested: bytes = rlp.encode([*fields[:8], [b"x"], *fields[9:]])
        string: bytes = rlp.encode(header)
        short_form = b"\xf8\x14" + bytes([0x80]) * 20
        zero_length = b"\xb9\x00\x40" + bytes(64)
        single = b"\xc9" + bytes(7) + b"\x81\x05"
        cut = b"\xca" + bytes(8) + b"\x85\x01"
        return rng.choice(
            (
                *(b"", header[:-1], header + b"\0", few, many, long_number, nested, string),
                *(short_form, zero_length, single, cut, b"\xc9" + bytes(8) + b"\x82", rng.randbytes(40)),
            )
        )

    # --- moves

    def _move(self) -> Action:
        rng = self.rng
        place, game = self._game()
        index = self._index(game)
        claim = game.claims[min(index, len(game.claims) - 1)]
        is_attack = rng.random() < 0.65
        position = (
            claim.position.attack()
            if is_attack
            else (claim.position if claim.is_root else claim.position.defend())
        )
        limits = game.limits
        value = self._value(game, index, position.depth, is_attack=is_attack)
        bond = required_bond(min(position.depth, limits.max_depth), limits.max_depth)
        if rng.random() < 0.04:
            bond += rng.choice((-1, 1, -bond))
        disputed = claim.value if rng.random() < 0.98 else Hash32(bytes(32))
        sender = self._player(game)
        if rng.random() < 0.1:
            return self._action(sender, place, "move", disputed, index, value, is_attack, value=bond)
        name = "attack" if is_attack else "defend"
        return self._action(sender, place, name, disputed, index, value, value=bond)

    def _value(self, game: FaultDisputeGame, index: int, depth: int, *, is_attack: bool) -> Hash32:
        rng, split = self.rng, game.limits.split_depth
        twice = [claim.value for claim in game.claims if claim.parent_index == index]
        if twice and rng.random() < 0.1:
            return rng.choice(twice)
        if depth <= split:
            return Hash32(rng.randbytes(32))
        if depth == split + 1:
            status = rng.choice((1, 1, 1, 2) if is_attack else (0, 0, 1)) if rng.random() < 0.9 else 3
            return Hash32(bytes([status]) + rng.randbytes(31))
        state = self._machine_state(game, min(index, len(game.claims) - 1), is_attack=is_attack)
        value = with_status(keccak256(state), 1)
        self.states[value] = state
        return value

    def _machine_state(self, game: FaultDisputeGame, index: int, *, is_attack: bool) -> bytes:
        """The state of the machine at the position of an answer, or a lie about its letter."""
        limits = game.limits
        claim = game.claims[index]
        steps = 1 << limits.max_depth - limits.split_depth
        position = claim.position.attack() if is_attack else claim.position.defend()
        below = max(limits.max_depth - position.depth, 0)
        last = (position.index_at_depth << below | (1 << below) - 1) % steps
        try:
            outputs = find_outputs(game.claims, index, limits.split_depth, game.starting_output_root.root)
            first = (game._disputed_number(outputs.disputed_position) - 1) * _STEPS_OF_A_BLOCK
        except Revert:
            first = 0
        step = first + last
        letter = ord("a") + step + (self.rng.random() < 0.5)
        return step.to_bytes(32, "big") + letter.to_bytes(32, "big")

    def _step(self) -> Action:
        rng = self.rng
        place, game = self._game()
        deepest = [claim.index for claim in game.claims if claim.depth == game.limits.max_depth]
        index = rng.choice(deepest) if deepest and rng.random() < 0.9 else self._index(game)
        is_attack = rng.random() < 0.5
        state = ABSOLUTE_STATE
        if index < len(game.claims) and rng.random() < 0.9:
            try:
                before, _ = game._step_claims(game.claims[index], is_attack=is_attack)
                state = self.states.get(before, state)
            except Revert:
                pass
        if rng.random() < 0.05:
            state = rng.choice((b"", state + b"\0", state[:-1], bytes(64)))
        return self._action(self._player(game), place, "step", index, is_attack, state, b"proof")

    def _local_data(self) -> Action:
        place, game = self._game()
        low = [claim.index for claim in game.claims if claim.depth > game.limits.split_depth]
        index = self.rng.choice(low) if low and self.rng.random() < 0.9 else self._index(game)
        ident = self.rng.choice((4, 4, 4, 4, 1, 2, 3, 5, 6, 0))
        offset = self.rng.choice((0, 0, 0, 0, 8, 15, 16, 39, 40, 41, 100))
        return self._action(self._player(), place, "addLocalData", ident, index, offset)

    def _challenge_number(self) -> Action:
        rng = self.rng
        place, game = self._game()
        output, header = self.outputs.get(game.root_claim, ((bytes(32),) * 4, b""))
        if rng.random() < 0.1:
            output = (bytes(32), bytes(32), *output[2:])
        if rng.random() < 0.1:
            header += b"\1"
        return self._action(self._player(), place, "challengeRootL2Block", tuple(output), header)

    # --- the end

    def _resolve_claim(self) -> Action:
        place, game = self._game()
        index = self._index(game)
        return self._action(self._player(), place, "resolveClaim", index, self.rng.choice((0, 0, 1, 2, 512)))

    def _resolve(self) -> Action:
        place, _ = self._game()
        closes = self.twin.model.games[0].rules.closes
        name = self.rng.choice(("resolve", "closeGame")) if closes else "resolve"
        return self._action(self._player(), place, name)

    def _claim_credit(self) -> Action:
        place, _ = self._game()
        return self._action(self._player(), place, "claimCredit", self.rng.choice((*PLAYERS, OWNER)))

    def _settle(self) -> Iterator[Action]:
        """The end of all games: claims from the last to the first, in portions, with some of it too early."""
        rng, setting = self.rng, self.twin.deployment.setting
        games = self.twin.model.games
        self.now += setting.limits.max_clock_duration
        for place, game in enumerate(games):
            for index in reversed(range(len(game.claims))):
                if rng.random() < 0.03:
                    yield self._resolve_claim()
                portion = rng.choice((0, 512, 1))
                for _ in range(8):
                    yield self._action(self._player(), place, "resolveClaim", index, portion)
                    if index in game.resolved_subgames or game.status is not GameStatus.IN_PROGRESS:
                        break
            yield self._action(self._player(), place, "resolve")
        if rng.random() < 0.2:
            yield self._guardian()
        if self.twin.model.config.paused and rng.random() < 0.8:
            yield self._action(OWNER, "registry", "pause", False)
        if rng.random() < 0.15:
            yield self._action(OWNER, "registry", "refuse", PLAYERS[-1])
        for delay in (setting.finality_delay, 1, setting.weth_delay - 1, 1, setting.weth_delay):
            self.now += delay
            for place, game in enumerate(games):
                recipients = [*PLAYERS, OWNER]
                rng.shuffle(recipients)
                if game.rules.closes and rng.random() < 0.3:
                    yield self._action(self._player(), place, "closeGame")
                for recipient in recipients:
                    yield self._action(self._player(), place, "claimCredit", recipient)

    # --- the vault, and whoever rules games out

    def _vault(self) -> Action:
        rng, player = self.rng, self._player()
        wei = rng.choice((0, 1, 5, 10**18))
        guy = self._player()
        calls: tuple[tuple[Any, ...], ...] = (
            ("deposit",),
            ("unlock", guy, wei),
            ("withdraw(address,uint256)", guy, wei),
            ("approve", guy, wei),
            ("transfer", guy, wei),
            ("transferFrom", guy, self._player(), wei),
            ("hold(address,uint256)", guy, wei),
            ("recover", wei),
        )
        name, *arguments = rng.choice(calls)
        owners = name in ("hold(address,uint256)", "recover")
        if owners and rng.random() < 0.7:
            player, arguments = OWNER, [*arguments[:-1], min(wei, 5)]
        value = wei if name == "deposit" else 0
        return self._action(player, "weth", name, *arguments, value=value)

    def _guardian(self) -> Action:
        rng = self.rng
        registry = self.twin.model.registry
        game = rng.choice(self.twin.model.games) if self.twin.model.games else None
        if not isinstance(registry, AnchorStateRegistry) or game is None:
            return self._vault()
        sender = OWNER if rng.random() < 0.7 else self._player()
        calls: tuple[tuple[Any, ...], ...] = (
            ("setRespectedGameType", rng.choice((TYPE, PERMISSIONED_TYPE))),
            ("blacklistDisputeGame", game.address),
            ("updateRetirementTimestamp",),
            ("setAnchorState", game.address),
            ("pause", not self.twin.model.config.paused),
        )
        name, *arguments = rng.choice(calls)
        return self._action(sender, "registry", name, *arguments)

    # --- choices

    def _action(
        self, sender: Address, target: str | int, function: str, *arguments: Any, value: int = 0
    ) -> Action:
        return Action(self.now, sender, target, function, arguments, value)

    def _player(self, game: FaultDisputeGame | None = None) -> Address:
        """Who acts: in a permissioned game mostly one of the two who may."""
        if game is not None and game.parameters.proposer != ZERO_ADDRESS and self.rng.random() < 0.9:
            return self.rng.choice(PLAYERS[:2])
        able = [player for player in PLAYERS if player not in self.twin.model.chain.refusing]
        return self.rng.choice(able)

    def _game(self) -> tuple[int, FaultDisputeGame]:
        games = self.twin.model.games
        if len(games) == 1 or self.rng.random() < 0.8:
            return 0, games[0]
        place = self.rng.randrange(len(games))
        return place, games[place]

    def _index(self, game: FaultDisputeGame) -> int:
        """A claim: the newest more often than others, sometimes one that is not there."""
        count, chance = len(game.claims), self.rng.random()
        if chance < 0.55:
            return count - 1
        return self.rng.randrange(count) if chance < 0.98 else count
