"""A dispute game's life: from the proposal to the claimed bonds, phases 4 and 5 of the flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from pyoprollup.bindings import DisputeGameFactory, GameMetadata
from pyoprollup.challenger.contracts import FaultDisputeGameContract, fault_dispute_game_contract
from pyoprollup.devnet.devnet import Devnet
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY
from pyoprollup.devnet.life import Life, Step
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.receipts import RECEIPT_SUCCESSFUL
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import Transaction, decode_transaction
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.events import Happening
from pyoprollup.l1.embedded import L1Block

__all__ = ["GAME_PARTICIPANTS", "GAME_PHASES", "GameLife", "GameLifeRecorder", "account_names"]

GAME_PARTICIPANTS: Mapping[str, str] = {
    "node": "Rollup node",
    "proposer": "Proposer",
    "factory": "Factory",
    "game": "Game",
    "challenger": "Challenger",
    "dishonest": "Dishonest ones",
}
"""Who takes part, from left to right, and how they are called."""

GAME_PHASES: Mapping[int, str] = {
    4: "Phase 4: the proposal",
    5: "Phase 5: the dispute, until the bonds are claimed",
}

_ETHER = 10**18
_KEPT = ("proposing", "acting")


@dataclass(frozen=True, slots=True)
class GameLife(Life):
    """All steps of a game."""

    game: str
    l2_block: int
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        return f"game {self.game[:10]}.. about L2 block {self.l2_block}"

    @property
    def participants(self) -> Mapping[str, str]:
        return GAME_PARTICIPANTS

    @property
    def phases(self) -> Mapping[int, str]:
        return GAME_PHASES


def account_names(devnet: Devnet) -> dict[Address, str]:
    """The accounts that play, as people call them."""
    genesis, options = devnet.genesis, devnet.options
    names = {address_of(genesis.challenger): "challenger", address_of(genesis.proposer): "proposer"}
    for key, strategy in zip(genesis.dishonest, options.dishonest, strict=False):
        names[address_of(key)] = strategy
    others = list(genesis.dishonest)
    if options.toy_proposals:
        names[address_of(others.pop())] = "toy proposer"
    if options.bad_proposals:
        names[address_of(others[-1])] = "bad proposer"
    return names


class GameLifeRecorder:
    """A listener of the devnet's watch that keeps what is decided about games. The rest is on L1."""

    def __init__(self) -> None:
        self._kept: list[Happening] = []

    def __call__(self, happening: Happening) -> None:
        if happening.event in _KEPT:
            self._kept.append(happening)

    def life(self, devnet: Devnet, game: GameMetadata) -> GameLife:
        """The life of a game so far."""
        head = devnet.l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
        contract = fault_dispute_game_contract(game.game_type, game.proxy, devnet.l1, head.hash)
        number = contract.metadata(head.hash).l2_sequence_number
        steps = _Steps(devnet, game, contract, number, tuple(self._kept))
        return GameLife(to_hex(game.proxy), number, tuple(steps.all()))


@dataclass(frozen=True, slots=True)
class _Sent:
    """A transaction about the game, on L1."""

    time: float
    source: str
    target: str
    function: str
    arguments: tuple[Any, ...]
    value: int
    succeeded: bool


class _Steps:
    def __init__(
        self,
        devnet: Devnet,
        game: GameMetadata,
        contract: FaultDisputeGameContract,
        number: int,
        kept: tuple[Happening, ...],
    ) -> None:
        self._devnet = devnet
        self._game = game
        self._contract = contract
        self._number = number
        self._kept = kept
        self._factory = DisputeGameFactory(DISPUTE_GAME_FACTORY, devnet.l1)
        names = account_names(devnet)
        self._role = {
            address: name if name in GAME_PARTICIPANTS else "dishonest" for address, name in names.items()
        }

    def all(self) -> Iterator[Step]:
        sent = list(self._transactions())
        created = next(each for each in sent if each.target == "factory")
        yield from self._proposal(created)
        later = [each for each in sent if each is not created]
        # A decision is about what the block of the same time has brought.
        steps = [*self._moves(later), *self._decisions()]
        yield from sorted(steps, key=lambda step: step.time)

    # --- what is on L1

    def _transactions(self) -> Iterator[_Sent]:
        l1 = self._devnet.l1
        for number in range(1, l1.head_block.number + 1):
            yield from self._in_block(l1.block_by_number(number))

    def _in_block(self, block: L1Block) -> Iterator[_Sent]:
        time = block.header.time - self._devnet.config.genesis.l2_time
        for raw, receipt in zip(block.transactions, block.receipts, strict=True):
            tx = decode_transaction(raw)
            if not isinstance(tx, Transaction) or tx.to is None:
                continue
            if tx.to == self._game.proxy:
                target, abi = "game", self._contract.version.abi
            elif tx.to == DISPUTE_GAME_FACTORY and any(
                made.proxy == self._game.proxy for made in self._factory.created(receipt.logs)
            ):
                target, abi = "factory", self._factory.bound.contract
            else:
                continue
            function, arguments = abi.decode_call(tx.data)
            source = self._role.get(sender(tx, self._devnet.l1.config.chain_id), "dishonest")
            succeeded = receipt.status == RECEIPT_SUCCESSFUL
            yield _Sent(time, source, target, function.name, arguments, tx.value, succeeded)

    # --- phase 4

    def _proposal(self, created: _Sent) -> Iterator[Step]:
        root = to_hex(created.arguments[1])
        decided = next(
            (h for h in self._kept if h.event == "proposing" and h.details.get("root") == root), None
        )
        if created.source == "proposer" and decided is not None:
            at = decided.time
            yield Step(4, "4.2", at, "proposer", "node", f"output of L2 block {self._number}?")
            yield Step(4, "4.2", at, "node", "proposer", f"root {root[:10]}..", True)
        elif decided is not None:
            text = f"{decided.details.get('kind', 'a claim')}: root {root[:10]}.."
            yield Step(4, "", decided.time, created.source, created.source, text)
        text = f"create, L2 block {self._number}, bond {_ether(created.value)}"
        yield Step(4, "4.5", created.time, created.source, "factory", text)
        yield Step(4, "4.5", created.time, "factory", "game", "initialize: claim 0, the root claim")

    # --- phase 5

    def _decisions(self) -> Iterator[Step]:
        """What the challenger decides; it asks its node before the first of its moves."""
        source = f"game {to_hex(self._game.proxy)}"
        ours = [h for h in self._kept if h.event == "acting" and h.source == source]
        if ours:
            at = ours[0].time
            yield Step(5, "5.4", at, "challenger", "node", "safe at the game's L1 head? outputs?")
            yield Step(5, "5.4", at, "node", "challenger", "safe head, output roots", True)
        for happening in ours:
            yield Step(5, "5.5", happening.time, "challenger", "challenger", _decision(happening.details))

    def _moves(self, sent: Iterable[_Sent]) -> Iterator[Step]:
        made = 0
        for each in _merged(sent):
            text = _shown(each)
            if each.function in ("attack", "defend") and each.succeeded:
                made += 1
                text = f"{made}: {text}"
            row = "5.9" if each.function in ("claimCredit", "closeGame") else "5.7"
            yield Step(5, row, each.time, each.source, "game", text)
            if each.function == "resolve" and each.succeeded:
                status = str(self._contract.status(self._devnet.l1.head_block.hash)).lower()
                yield Step(5, row, each.time, "game", each.source, status, True)


def _merged(sent: Iterable[_Sent]) -> Iterator[_Sent]:
    """Claims are resolved one by one: of those in a row all but the first are named with it."""
    for (_, function, succeeded), group in groupby(sent, key=lambda s: (s.source, s.function, s.succeeded)):
        first, *others = group
        if function == "resolveClaim" and others and succeeded:
            more = f"{first.arguments[0]}, then {len(others)} more to {others[-1].arguments[0]}"
            yield replace(first, arguments=(more,))
        else:
            yield first
            yield from others


def _decision(details: Mapping[str, Any]) -> str:
    if details.get("action") == "step":
        return f"step against claim {details['claim']}"
    if details.get("action") == "move":
        return f"{'attack' if details['attack'] else 'defend'} claim {details['claim']}"
    return "prove that the block number is wrong"


def _shown(sent: _Sent) -> str:
    arguments, bond = sent.arguments, f", {_ether(sent.value)}"
    match sent.function:
        case "attack" | "defend":
            # The newer contracts are told the value of the claim as well, before its index.
            text = f"{sent.function} {arguments[-2]} with {to_hex(arguments[-1])[:8]}..{bond}"
        case "step":
            text = f"step against claim {arguments[0]}"
        case "resolveClaim":
            text = f"resolveClaim {arguments[0]}"
        case _:
            text = sent.function
    return text if sent.succeeded else f"{text}: reverted"


def _ether(wei: int) -> str:
    return f"{wei / _ETHER:.3g} ETH"
