"""Random games to their end, and what must be so then."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import Call, GameLimits
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS
from tests.disputes import chain as l2
from tests.disputes.dishonest import KINDS, Dishonest
from tests.disputes.world import ANCHOR, DELAY, FINALITY, HONEST, L1_BLOCK, Honest, Setup, World

DEPTHS = ((8, 4), (9, 4), (10, 5), (12, 6), (16, 8), (30, 14), (73, 30))
MAX_LOOKS = 3_000


@dataclass(frozen=True, slots=True)
class Played:
    """A game that is over."""

    world: World
    looks: int
    restarts: int
    actors: tuple[str, ...]


def random_setup(random: Random) -> Setup:
    """Depths, clocks, and a proposal: right, wrong, not safe yet, or of another block than it says."""
    max_depth, split_depth = random.choices(DEPTHS, (6, 6, 6, 4, 3, 2, 1))[0]
    extension = random.choice((600, 3_600, 10_800))
    clock = random.choice((2 * extension + 90_000, 302_400))
    limits = GameLimits(max_depth, split_depth, extension, max(clock, extension + 90_000))
    claimed = ANCHOR + random.randrange(1, 1 << min(split_depth, 10))
    safe = claimed + random.randrange(0, 20)
    kind = random.randrange(4)
    if kind == 0:
        return Setup(limits, l2.root(claimed), claimed, safe)
    if kind == 1:
        return Setup(limits, keccak256(random.randbytes(8)), claimed, safe)
    safe = max(ANCHOR, claimed - random.randrange(1, 6))
    # The root of the claimed block, which is not safe yet, or of the last safe one with a wrong number.
    root = l2.root(claimed if kind == 2 else safe)
    return Setup(limits, root, claimed, safe)


def play(seed: int, setup: Setup | None = None) -> Played:
    """Play one game to its end, by a seed."""
    random = Random(seed)
    setup = setup or random_setup(random)
    world = World(setup, random)
    honest = Honest(world, delay=random.choice((0, 0, 0, 120)))
    kinds = random.choices(KINDS, k=random.randrange(1, 6))
    dishonest = [Dishonest(world, number, kind) for number, kind in enumerate(kinds)]
    restarts = 0
    looks = 0
    while not world.is_over:
        looks += 1
        assert looks < MAX_LOOKS, f"seed {seed}: the game does not end"
        if random.random() < 0.1:
            honest.begin()
            restarts += 1
        busy = honest.act()
        for actor in random.sample(dishonest, len(dishonest)):
            busy |= actor.act()
        _shuffle(world)
        if busy or honest.delays.next_due < float("inf"):
            world.mine(random.choice((1, L1_BLOCK, L1_BLOCK, 5 * L1_BLOCK)))
        else:
            world.mine(_until_something(world))
    played = Played(world, looks, restarts, tuple(kind.__name__ for kind in kinds))
    check(seed, played)
    return played


def _shuffle(world: World) -> None:
    """Transactions of several accounts are mined in any order, those of one in theirs."""
    honest = [entry for entry in world.pool if "d0" not in entry[0][:12]]
    world.random.shuffle(world.pool)
    ours = iter(honest)
    world.pool = [next(ours) if entry in honest else entry for entry in world.pool]


def _until_something(world: World) -> int:
    """Seconds until a clock is about to run out, give or take one: a moment that somebody may wait for."""
    limits = world.setup.limits
    waits = []
    for claim in world.game.claims:
        if claim.index in world.game.resolved_subgames:
            continue
        edge = world.seconds_until(claim, limits.max_clock_duration)
        waits += [edge + around for around in (-25, -1, 0, 1, 2) if edge + around > 0]
    waits.sort()
    if not waits:
        return L1_BLOCK
    return world.random.choice(waits[:3])


def check(seed: int, played: Played) -> None:
    """The right side has won, and no honest bond is lost."""
    world = played.world
    game, setup = world.game, world.setup
    told = f"seed {seed}: {setup}, {played.actors}"
    expected = GameStatus.DEFENDER_WON if setup.is_right else GameStatus.CHALLENGER_WON
    assert game.status is expected, f"{told}: {game.status!r}"
    for claim in game.claims:
        if claim.claimant == HONEST:
            assert claim.countered_by == ZERO_ADDRESS, f"{told}: claim {claim.index} of ours was countered"
            parent = game.claims[claim.parent_index]
            assert parent.claimant != HONEST, f"{told}: claim {claim.index} counters our own"
    _check_freeloaders(world, told)
    _check_bonds(world, told)


def _check_freeloaders(world: World, told: str) -> None:
    """Nobody stands beside us and takes a bond that is due to us."""
    claims = world.game.claims
    for ours in claims:
        if ours.claimant != HONEST or ours.is_root:
            continue
        for other in claims:
            beside = other.parent_index == ours.parent_index and other.claimant != HONEST
            if beside and other.position.gindex <= ours.position.gindex:
                assert other.is_countered, f"{told}: claim {other.index} stands beside ours, {ours.index}"


def _check_bonds(world: World, told: str) -> None:
    """Everybody gets what is theirs, and nothing is left over."""
    game = world.game
    posted = sum(claim.bond for claim in game.claims if claim.claimant == HONEST)
    assert game.credit(HONEST) >= posted, told
    accounts = {claim.claimant for claim in game.claims} | {claim.countered_by for claim in game.claims}
    accounts.discard(ZERO_ADDRESS)
    assert len(game.resolved_subgames) == len(game.claims), told
    world.now += FINALITY + 1
    for account in accounts:
        world.game.claim_credit(Call(account, world.now), account)
    assert game.bond_distribution_mode == 1, told
    world.now += DELAY + 1
    for account in accounts:
        if game.credit(account):
            world.game.claim_credit(Call(account, world.now), account)
    assert world.chain.balances[world.weth.address] == 0, told
    assert world.chain.balances[HONEST] >= 0, told
