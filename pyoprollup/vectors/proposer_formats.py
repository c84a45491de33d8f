"""The check of ``proposer``: one decision of the proposer's driver, with all that it asks of L1 and the node.

In one thing we are not like the reference: a game of our type whose code does not answer ends its pass, and
ours goes on to the next game. Such a case is compared up to that game.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyoprollup.bindings import DisputeGameFactory, load_contract
from pyoprollup.errors import DecodeError, RollupError, Unavailable
from pyoprollup.eth.abi import encode_arguments
from pyoprollup.eth.refs import BlockID, BlockLabel, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32, bytes_from_hex, to_hex
from pyoprollup.proposer import L2OutputSubmitter, Proposal, ProposalGames, ProposalHead, ProposerConfig
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg, ExecutionReverted
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__ = ["check_decision"]

_CALL_FAILS = "call fails"
_UNREADABLE = "common getters failed"


@register("proposer")
def check_decision(case: Case) -> None:
    """Make the decision of a case and compare what was asked, in which order, and what came of it."""
    given = case["in"]
    l1, node = _L1(given), _Node(given)
    backend: Any = l1
    unreadable: list[int] = []
    games = ProposalGames(
        DisputeGameFactory(_address(given["factory"]), backend),
        ZERO_HASH,
        lambda game, _error: unreadable.append(game.index),
    )
    proposal = error = None
    try:
        proposal = _driver(given, l1, node).fetch_dgf_output(given["now"], games)
    except RollupError as exc:
        error = exc
    if _UNREADABLE in (case["error"] or ""):
        expect("games passed over", True, bool(unreadable))
        expect("calls", case["calls"], l1.asked[: len(case["calls"])])
        return
    expect("calls", case["calls"], l1.asked)
    expect("output_asked", case["output_asked"] or [], node.asked)
    expect("failed", case["error"] is not None, error is not None)
    expect("should_propose", case["should_propose"], proposal is not None)
    if proposal is not None:
        _check_proposal(case, games, proposal)


def _check_proposal(case: Case, games: ProposalGames, proposal: Proposal) -> None:
    expect("root", case["root"], to_hex(proposal.root))
    expect("block", case["block"], proposal.sequence_number)
    expect("extra_data", case["extra_data"], to_hex(proposal.extra_data))
    try:
        candidate = games.proposal_tx(case["in"]["game_type"], proposal)
    except (CallFailed, Unavailable, DecodeError):
        if "candidate" in case:
            raise
        return
    wanted = case.get("candidate")
    if wanted is None:
        raise Mismatch(f"candidate: expected an error, {case['candidate_error']}")
    expect("candidate.to", wanted["to"], to_hex(candidate.to or b""))
    expect("candidate.data", wanted["data"], to_hex(candidate.data))
    expect("candidate.value", int(wanted["value"], 16), candidate.value)
    expect("candidate.gas_limit", wanted["gas_limit"], candidate.gas_limit)


def _driver(given: dict[str, Any], l1: _L1, node: _Node) -> L2OutputSubmitter:
    config = ProposerConfig(
        game_factory_address=_address(given["factory"]),
        proposal_interval=given["proposal_interval"],
        game_type=given["game_type"],
        proposal_source=ProposalHead.of(None, given["allow_non_finalized"]),
    )
    account: Any = _Account(_address(given["proposer"]))
    backend: Any = l1
    return L2OutputSubmitter(config, backend, node, account, lambda: given["now"])


class _Account:
    """As much of a transaction manager as a decision asks for."""

    def __init__(self, address: Address) -> None:
        self.address = address


class _Node:
    """The rollup node of a case."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self.asked: list[int] = []

    def sync_status(self) -> SyncStatus:
        if self._given["sync_status_fails"]:
            raise Unavailable("no status")
        return SyncStatus(
            safe_l2=_l2_ref(self._given["safe_l2"]), finalized_l2=_l2_ref(self._given["finalized_l2"])
        )

    def proposal_at_sequence_number(self, number: int) -> Proposal:
        self.asked.append(number)
        if self._given["output_fails"]:
            raise Unavailable("no output")
        root = Hash32(bytes_from_hex(self._given["output_root"]))
        return Proposal(root, number + self._given["output_block_offset"])


class _L1:
    """The factory and the games of a case; ``asked`` has the names of the functions that were called."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._games = given["games"] or []
        self._factory = load_contract("DisputeGameFactory")
        self._game = load_contract("FaultDisputeGame")
        self.asked: list[str] = []

    def call(self, msg: CallMsg, _block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        """The answer of factory or game; raises as either would."""
        answer = self._answer(msg)
        if isinstance(answer, CallFailed):
            raise answer
        return answer

    def calls(
        self, msgs: Sequence[CallMsg], _block: AtBlock = BlockLabel.UNSAFE
    ) -> Sequence[bytes | CallFailed]:
        """The answers in order."""
        return [self._answer(msg) for msg in msgs]

    def _answer(self, msg: CallMsg) -> bytes | CallFailed:
        assert msg.to is not None
        is_factory = msg.to == _address(self._given["factory"])
        function, arguments = (self._factory if is_factory else self._game).decode_call(msg.data)
        self.asked.append(function.name)
        if function.name == self._given["failing_call"]:
            raise Unavailable(_CALL_FAILS)
        if is_factory:
            return self._of_factory(function.name, arguments)
        return self._of_game(msg.to, function.name)

    def _of_factory(self, name: str, arguments: Sequence[Any]) -> bytes:
        if name == "gameCount":
            return _words(len(self._games))
        if name == "initBonds":
            return _words(int(self._given["init_bond"], 16))
        if name != "gameAtIndex":
            raise Mismatch(f"the factory was asked for {name}")
        game = self._games[arguments[0]]
        return _words(game["game_type"], game["timestamp"], int(game["address"], 16))

    def _of_game(self, proxy: Address, name: str) -> bytes | CallFailed:
        game = next(game for game in self._games if _address(game["address"]) == proxy)
        creator, claim = int(game["creator"], 16), int(game["root_claim"], 16)
        if game["broken"] or (game["legacy"] and name != "claimData"):
            return ExecutionReverted()
        return {
            "gameCreator": _words(creator),
            "rootClaim": _words(claim),
            "claimData": _words(0, 0, creator, 0, claim, 1, 0),
        }[name]


def _words(*values: int) -> bytes:
    return encode_arguments(["uint256"] * len(values), values)


def _address(text: str) -> Address:
    return Address(bytes_from_hex(text))


def _l2_ref(number: int) -> L2BlockRef:
    return L2BlockRef(ZERO_HASH, number, ZERO_HASH, 0, BlockID(ZERO_HASH, 0), 0)
