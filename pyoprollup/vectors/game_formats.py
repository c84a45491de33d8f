"""The checks of ``positions``, ``solver``, ``split_games`` and their newer kin: dispute games as trees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Step
from pyoprollup.challenger.game.claims import NO_PARENT, Claim, Game, claim_id
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.resolution import resolve
from pyoprollup.challenger.game.solver import GameSolver
from pyoprollup.challenger.game.trace import PreimageOracleData, TraceAccessor, TraceError
from pyoprollup.challenger.trace.access import Accessor, SimpleTraceAccessor
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.challenger.trace.outputs import L2Headers, OutputRoots, OutputTraceProvider
from pyoprollup.challenger.trace.split import (
    bounding_claims,
    create_local_context,
    local_context_preimage,
    split_provider_selector,
)
from pyoprollup.errors import RollupError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32, address_from_hex, hash_from_hex, to_hex
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__ = ["FailingTrace", "action_json", "play", "read_claim", "read_game"]

_HONEST = Address(b"\xaa" + bytes(19))


def number(value: Any) -> int:
    """An integer, or one in hex."""
    return int(value, 16) if isinstance(value, str) else value


def read_claim(value: Any) -> Claim:
    """A claim in the form of all these files."""
    clock = value.get("clock")
    return Claim(
        value=hash_from_hex(value["value"]),
        position=Position.from_gindex(number(value["gindex"])),
        parent_index=NO_PARENT if value["parent"] is None else value["parent"],
        index=value["index"],
        claimant=address_from_hex(value["claimant"]),
        countered_by=address_from_hex(value["countered_by"]),
        bond=number(value["bond"]),
        clock=Clock(0, 0) if clock is None else Clock(clock["duration"], clock["timestamp"]),
    )


def read_game(claims: Iterable[Any], max_depth: int) -> Game:
    """A tree of such claims."""
    return Game([read_claim(claim) for claim in claims], max_depth)


def oracle_json(data: PreimageOracleData) -> dict[str, Any]:
    """A pre-image in the form of these files."""
    return {
        "data": to_hex(data.data),
        "key": to_hex(data.key),
        "local": data.is_local,
        "offset": data.offset,
    }


def action_json(action: Action) -> dict[str, Any]:
    """An action in the form of these files."""
    if isinstance(action, ChallengeL2BlockNumber):
        return {"type": "challenge-l2-block-number"}
    shown: dict[str, Any] = {"is_attack": action.is_attack, "parent": action.parent.index}
    if not isinstance(action, Step):
        return shown | {"type": "move", "value": to_hex(action.value)}
    shown |= {"type": "step", "prestate": to_hex(action.prestate), "proof": to_hex(action.proof)}
    return shown if action.preimage is None else shown | {"oracle": oracle_json(action.preimage)}


# --- positions


@register("positions")
@register("positions_v2")
def check_position(case: Case) -> None:
    """All arithmetic of one position."""
    position = Position.from_gindex(number(case["gindex"]))
    expect("depth", case["depth"], position.depth)
    expect("index_at_depth", number(case["index_at_depth"]), position.index_at_depth)
    expect("is_root", case["is_root"], position.is_root)
    expect("attack", number(case["attack"]), position.attack().gindex)
    if case["defend"] is not None:
        expect("defend", number(case["defend"]), position.defend().gindex)
    _check_right_of(case, position)
    expect("move_right", number(case["move_right"]), position.move_right().gindex)
    expect("trace_index", number(case["trace_index"]), position.trace_index(case["max_depth"]))
    if str(case.get("relative_error")).startswith("PANIC"):
        return  # The reference computes it in 64 bits, and we do not.
    try:
        relative = position.relative_to_ancestor_at_depth(case["ancestor_depth"]).gindex
    except RollupError:
        relative = None
    wanted = case.get("relative")
    expect("relative", None if wanted is None else number(wanted), relative)


def _check_right_of(case: Case, position: Position) -> None:
    """The older file asks it of the moves on the parent, the newer of those on the position itself."""
    start = Position.from_gindex(number(case["parent"])) if "parent" in case else position
    for name, moved in (("attack_right_of", start.attack()), ("defend_right_of", start.defend())):
        if name in case and not (start.is_root and "parent" in case):
            expect(name, str(case[name]).lower(), str(moved.right_of(start)).lower())


# --- solver


@register("solver", "alphabet")
@register("solver_v2", "alphabet")
def check_alphabet(case: Case) -> None:
    """Values and steps of the alphabet trace."""
    trace = AlphabetTraceProvider(number(case["start_block"]), case["depth"])
    expect("absolute_prestate", case["absolute_prestate"], to_hex(trace.absolute_prestate_commitment()))
    for wanted in case["positions"]:
        position = Position.from_gindex(number(wanted["gindex"]))
        try:
            value = to_hex(trace.get(position))
        except RollupError:
            value = None
        expect(f"value at {position}", wanted.get("value"), value)
        if not wanted.keys() & {"prestate", "step_error"}:
            continue  # The older file asks for some values only.
        try:
            step = trace.get_step_data(position)
        except RollupError:
            expect(f"step at {position}", None, wanted.get("prestate"))
            continue
        expect(f"prestate at {position}", wanted.get("prestate"), to_hex(step.prestate))
        expect(f"proof at {position}", wanted["proof"], to_hex(step.proof))
        assert step.preimage is not None
        expect(f"pre-image at {position}", _newer(wanted["oracle"]), oracle_json(step.preimage))


def _newer(oracle: Any) -> Any:
    """The older file has another name for one field."""
    return {("local" if name == "is_local" else name): value for name, value in oracle.items()}


@dataclass(frozen=True, slots=True)
class FailingTrace(AlphabetTraceProvider):
    """An alphabet that has no answer at some positions."""

    fails_at: frozenset[int]

    def get(self, position: Position) -> Hash32:
        """The value, if it is not at one of these."""
        if position.gindex in self.fails_at:
            raise TraceError("made to fail")
        return AlphabetTraceProvider.get(self, position)


def _check_actions(case: Case, game: Game, trace: TraceAccessor) -> None:
    solver = GameSolver(trace)
    try:
        agree = solver.agree_with_root_claim(game)
    except RollupError:
        expect("failed", True, case["error"] is not None)
        return
    expect("agree_with_root", case["agree_with_root"], agree)
    found = solver.calculate_next_actions(game)
    expect("failed", case["error"] is not None, found.error is not None)
    _expect_actions("actions", case["actions"], found.actions)


def _expect_actions(name: str, wanted: Any, found: Sequence[Action]) -> None:
    shown = [
        action | {"oracle": _newer(action["oracle"])} if "oracle" in action else action
        for action in wanted or ()
    ]
    expect(name, shown, [action_json(action) for action in found])


@register("solver", "games")
@register("solver_v2", "games")
def check_solver_game(case: Case) -> None:
    """The honest actions in one tree."""
    depth = case["max_depth"]
    fails = frozenset(number(gindex) for gindex in case.get("trace_fails_at") or ())
    trace = FailingTrace(number(case["start_block"]), depth, fails)
    _check_actions(case, read_game(case["claims"], depth), SimpleTraceAccessor(trace))


@register("solver", "plays")
@register("solver_v2", "plays")
def check_solver_play(case: Case) -> None:
    """A whole play over one alphabet."""
    trace = AlphabetTraceProvider(number(case.get("start_block", 0)), case["max_depth"])
    play(case, SimpleTraceAccessor(trace))


def play(case: Case, trace: TraceAccessor) -> None:
    """Dishonest claims and honest answers in turn, and the end."""
    claims = [read_claim(case["root"])]
    depth, solver = case["max_depth"], GameSolver(trace)
    for index, turn in enumerate(case["rounds"]):
        claims += [read_claim(claim) for claim in turn["dishonest_claims"] or ()]
        found = solver.calculate_next_actions(Game(claims, depth))
        if found.error is not None:
            raise Mismatch(f"round {index}: {found.error}")
        _expect_actions(f"round {index}", turn["honest_actions"], found.actions)
        for action in found.actions:
            _apply(claims, action)
    expect("claim_count", case["claim_count"], len(claims))
    _check_resolution(case, Game(claims, depth))


def _apply(claims: list[Claim], action: Action) -> None:
    assert not isinstance(action, ChallengeL2BlockNumber)
    parent = claims[action.parent.index]
    if isinstance(action, Step):
        claims[parent.index] = replace(parent, countered_by=_HONEST)
        return
    position = parent.position.attack() if action.is_attack else parent.position.defend()
    claims.append(Claim(action.value, position, parent.index, len(claims), _HONEST))


@register("solver", "resolution")
@register("solver_v2", "resolution")
def check_resolution(case: Case) -> None:
    """The end of one tree."""
    depth = case.get("max_depth")
    if depth is None:
        depth = max(Position.from_gindex(number(claim["gindex"])).depth for claim in case["claims"])
    _check_resolution(case, read_game(case["claims"], depth))


def _check_resolution(case: Case, game: Game) -> None:
    end = resolve(game)
    expect("status", case["status"].lower(), str(end.status).lower())
    expect("countered_by", case["countered_by"], [to_hex(claim.countered_by) for claim in end.claims])


# --- split games


class _KnownOutputs(OutputRoots):
    """A rollup node whose output roots are hashes of what blocks are called."""

    def __init__(self, safe_head: int) -> None:
        self._safe_head = safe_head

    def output_at_block(self, number: int) -> OutputV0:
        return _NamedOutput(ZERO_HASH, ZERO_HASH, Hash32(number.to_bytes(32, "big")))

    def safe_block_at_l1_head(self) -> int:
        return self._safe_head


class _NamedOutput(OutputV0):
    """An output whose root is made by another rule."""

    @property
    def number(self) -> int:
        """Of the block."""
        return int.from_bytes(self.block_hash, "big")

    def root(self) -> Hash32:
        return keccak256(b"output %d" % self.number)


class _AnyHeaders(L2Headers):
    """A node of which it matters only what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def header_by_number(self, number: int) -> Header:
        self.asked.append(number)
        return cast(Header, object())


@register("split_games", "outputs")
def check_output_blocks(case: Case) -> None:
    """Which block a position of the upper game is about."""
    provider = OutputTraceProvider(
        _KnownOutputs(case["safe_head"]),
        _AnyHeaders(),
        case["game_depth"],
        case["prestate_block"],
        case["poststate_block"],
    )
    position = Position.from_gindex(number(case["gindex"]))
    expect("claimed_block", case["claimed_block"], provider.claimed_block_number(position))
    expect("honest_block", case["honest_block"], provider.honest_block_number(position))


def _split_trace(case: Case) -> Accessor:
    """An alphabet above, and below it one that starts from the last byte of the local context."""
    split = case["top_depth"]
    return Accessor(
        split_provider_selector(
            AlphabetTraceProvider(number(case["start_block"]), split),
            split,
            lambda depth, pre, post: AlphabetTraceProvider(create_local_context(pre, post)[-1], depth),
        )
    )


@register("split_games", "split")
@register("split_games_v2", "queries")
def check_split_queries(case: Case) -> None:
    """What bounds the lower game that a position is in, and what the trace says there."""
    game = read_game(case["claims"], case["max_depth"])
    for index, wanted in enumerate(case["queries"]):
        ref = game.claims[wanted["ref"]]
        first, *others = _positions(number(wanted["gindex"]))
        try:
            _check_query(f"query {index}", wanted, case, game, ref, first)
        except Mismatch:
            if not others:
                raise
            _check_query(f"query {index}", wanted, case, game, ref, others[0])


def _positions(gindex: int) -> list[Position]:
    """One past the last position of a depth has the generalized index of the first one."""
    position = Position.from_gindex(gindex)
    return (
        [position] if position.index_at_depth else [position, Position(position.depth, 1 << position.depth)]
    )


def _check_query(name: str, wanted: Any, case: Case, game: Game, ref: Claim, position: Position) -> None:
    _check_bounds(name, wanted, game, case["top_depth"], ref, position)
    if "start_block" in case:
        _check_values(name, wanted, _split_trace(case), game, ref, position)


def _check_bounds(
    name: str, wanted: Any, game: Game, split_depth: int, ref: Claim, position: Position
) -> None:
    bottom = wanted.get("bottom", wanted if "local_context" in wanted else None)  # the older file has it flat
    try:
        pre, post = bounding_claims(game, ref, position, split_depth)
    except RollupError:
        expect(f"{name}: bottom", None, bottom)
        return
    if position.depth <= split_depth:
        expect(f"{name}: bottom", None, bottom)
        return
    if bottom is None:
        raise Mismatch(f"{name}: expected an error, {wanted.get('error')}")
    expect(f"{name}: pre", bottom["pre"], None if pre is None else pre.index)
    expect(f"{name}: post", bottom["post"], post.index)
    expect(f"{name}: local_context", bottom["local_context"], to_hex(create_local_context(pre, post)))
    if "local_context_preimage" in bottom:
        preimage = to_hex(local_context_preimage(pre, post))
        expect(f"{name}: pre-image", bottom["local_context_preimage"], preimage)
    expect(f"{name}: depth", bottom["bottom_depth"], game.max_depth - split_depth - 1)
    if "inner_gindex" in bottom:
        translated = position.relative_to_ancestor_at_depth(split_depth + 1).gindex
        expect(f"{name}: translated", number(bottom["inner_gindex"]), translated)


def _check_values(
    name: str, wanted: Any, trace: Accessor, game: Game, ref: Claim, position: Position
) -> None:
    try:
        value = to_hex(trace.get(game, ref, position))
    except RollupError:
        value = None
    expect(f"{name}: value", wanted.get("value"), value)
    try:
        prestate = to_hex(trace.get_step_data(game, ref, position).prestate)
    except RollupError:
        prestate = None
    expect(f"{name}: prestate", wanted.get("prestate"), prestate)


@register("trace_providers", "outputs")
def check_outputs(case: Case) -> None:
    """Blocks, values, the challenge of the block number, and the proposals of a lower game."""
    headers = _AnyHeaders()
    provider = OutputTraceProvider(
        _KnownOutputs(case["safe_head"]),
        headers,
        case["game_depth"],
        case["prestate_block"],
        case["poststate_block"],
    )
    position = Position.from_gindex(number(case["gindex"]))
    expect("claimed_block", case["claimed_block"], provider.claimed_block_number(position))
    expect("honest_block", case["honest_block"], provider.honest_block_number(position))
    expect("value", case["value"], to_hex(provider.get(position)))
    challenge = provider.get_l2_block_number_challenge()
    shown = (
        None
        if challenge is None
        else {"block": headers.asked[-1], "output_root": to_hex(challenge.output.root())}
    )
    expect("l2_block_challenge", case.get("l2_block_challenge"), shown)
    _check_proposals(case["proposals"], provider)


def _check_proposals(wanted: Any, provider: OutputTraceProvider) -> None:
    post = _bound(wanted["post"])
    assert post is not None
    for name, found in zip(
        ("agreed", "claimed"), provider.fetch_proposals(_bound(wanted["pre"]), post), strict=True
    ):
        shown = {"block": found.l2_block_number, "root": to_hex(found.output_root)}
        expect(name, wanted[name], shown)


@register("split_games_v2", "games")
def check_split_game(case: Case) -> None:
    """The honest actions in one tree."""
    _check_actions(case, read_game(case["claims"], case["max_depth"]), _split_trace(case))


@register("split_games_v2", "plays")
def check_split_play(case: Case) -> None:
    """A whole play of a split game."""
    play(case, _split_trace(case))


@register("split_games_v2", "local_context")
def check_local_context(case: Case) -> None:
    """The context between two claims."""
    pre, post = (_bound(case[name]) for name in ("pre", "post"))
    assert post is not None
    expect("preimage", case["preimage"], to_hex(local_context_preimage(pre, post)))
    expect("local_context", case["local_context"], to_hex(create_local_context(pre, post)))


def _bound(value: Any) -> Claim | None:
    if value is None:
        return None
    return Claim(hash_from_hex(value["value"]), Position.from_gindex(number(value["gindex"])), 0, 0)


@register("split_games_v2", "claim_ids")
def check_claim_id(case: Case) -> None:
    """The reference's identifier of a claim."""
    position = Position.from_gindex(number(case["gindex"]))
    found = claim_id(position, hash_from_hex(case["value"]), case["parent"])
    expect("id", case["id"], to_hex(found))
