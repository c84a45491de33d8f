"""Games for the monitor, made of few numbers; and an L1 with contracts of such games."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pyoprollup.bindings import GameMetadata, load_contract
from pyoprollup.challenger.contracts import BondDistributionMode, ProposalStatus, WithdrawalRequest
from pyoprollup.challenger.game.claims import NO_PARENT, Claim
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.trace.super_node import SuperRootAtTimestamp, SuperRootData
from pyoprollup.dispute_mon import (
    Agreement,
    BondData,
    Bonds,
    CommonGame,
    EnrichedClaim,
    FaultGame,
    SuperPermissionedGame,
    ZKGame,
    fault_bonds,
    zk_bonds,
)
from pyoprollup.errors import NotFound
from pyoprollup.eth.refs import BlockID, BlockLabel, L1BlockRef
from pyoprollup.eth.super_root import ChainIDAndOutput, SuperV1, super_root
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32
from tests.unit.challenger.contracts.support import FakeContracts, claim_data

HONEST = Address(b"\xaa" * 20)
LIAR = Address(b"\xdd" * 20)
WETH = Address(b"\x44" * 20)
REGISTRY = Address(b"\x55" * 20)
FACTORY = Address(b"\x33" * 20)
CREATED = 1_000_000
CLOCK = 1_000
DELAY = 500
OTHER_ROOT = Hash32(b"\x0d" * 32)
SUPER = SuperV1.of(50, ChainIDAndOutput(10, OTHER_ROOT))
ROOT = super_root(SUPER)
"""What is true about all games, whatever they are about."""


def proxy(index: int = 0) -> Address:
    return Address((0x1000 + index).to_bytes(20, "big"))


def claim(index: int, parent: int, gindex: int, who: Address = LIAR, **fields: Any) -> Claim:
    values = {
        "value": Hash32(index.to_bytes(32, "big")),
        "position": Position.from_gindex(gindex),
        "parent_index": parent,
        "index": index,
        "claimant": who,
        "bond": 100 * (index + 1),
        "clock": Clock(0, CREATED),
    }
    return Claim(**{**values, **fields})


def root(**fields: Any) -> Claim:
    return claim(0, NO_PARENT, 1, **fields)


def common(index: int = 0, game_type: int = 0, **fields: Any) -> CommonGame:
    values = {
        "metadata": GameMetadata(index, game_type, CREATED, proxy(index)),
        "l1_head": ZERO_HASH,
        "l1_head_number": 10,
        "l2_sequence_number": 50,
        "root_claim": ROOT,
        "status": GameStatus.IN_PROGRESS,
        "agreement": Agreement(True, ROOT),
    }
    return CommonGame(**{**values, **fields})


NO_BONDS = Bonds((), frozenset(), {})


def bond_data(bonds: Bonds = NO_BONDS, **fields: Any) -> BondData:
    values = {
        "bonds": bonds,
        "mode": BondDistributionMode.NORMAL,
        "credits": {},
        "withdrawals": {},
        "weth": WETH,
        "weth_delay": DELAY,
        "collateral": 10**6,
        "withdrawable_at": CREATED + CLOCK + DELAY,
    }
    return BondData(**{**values, **fields})


def fault(
    *claims: Claim,
    resolved: Sequence[int] = (),
    challenger: Address = ZERO_ADDRESS,
    bonds: Mapping[str, Any] | None = None,
    **fields: Any,
) -> FaultGame:
    """A game with claims, of which some are resolved; ``bonds`` are fields of its :class:`BondData`."""
    enriched = tuple(EnrichedClaim(each, each.index in resolved) for each in claims)
    given = dict(bonds or {})
    mode = given.get("mode", BondDistributionMode.NORMAL)
    return FaultGame(
        common=common(**fields),
        bond_data=bond_data(fault_bonds(enriched, mode, challenger), **given),
        max_clock_duration=CLOCK,
        claims=enriched,
        block_number_challenged=challenger != ZERO_ADDRESS,
        block_number_challenger=challenger,
    )


def zk(
    proposal: ProposalStatus = ProposalStatus.UNCHALLENGED,
    *,
    parent: GameStatus | None = None,
    challenger: Address = ZERO_ADDRESS,
    prover: Address = ZERO_ADDRESS,
    until: int = CREATED + CLOCK,
    bonds: Mapping[str, Any] | None = None,
    **fields: Any,
) -> ZKGame:
    """A ZK game of the liar's with 300 wei, 100 of which are the challenger's if there is one."""
    found = common(game_type=10, **fields)
    given = {"mode": BondDistributionMode.UNDECIDED, **(bonds or {})}
    records = zk_bonds(
        mode=given["mode"],
        status=found.status,
        parent_status=parent,
        creator=LIAR,
        challenger=challenger,
        prover=prover,
        total=300,
        challenger_bond=100,
    )
    parent_index = 2**32 - 1 if parent is None else 7
    data = bond_data(records, **given)
    return ZKGame(found, data, parent_index, parent, proposal, until, LIAR, challenger, prover, 300, 100)


def permissioned(**fields: Any) -> SuperPermissionedGame:
    return SuperPermissionedGame(common(game_type=5, **fields))


def request(amount: int, timestamp: int = 0) -> WithdrawalRequest:
    return WithdrawalRequest(amount, timestamp)


# --- an L1 with games


@dataclass
class FakeL1(FakeContracts):
    """Contracts, and blocks: all that have a hash of one byte, repeated, which is their number."""

    head: int = 20

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        if len(set(block_hash)) != 1:
            raise NotFound(f"there is no block {block_hash.hex()}")
        return l1_ref(block_hash[0])

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        return l1_ref(number)

    def l1_block_ref_by_label(self, label: BlockLabel) -> L1BlockRef:
        assert label is BlockLabel.UNSAFE
        return l1_ref(self.head)


def l1_hash(number: int) -> Hash32:
    return Hash32(bytes([number]) * 32)


def l1_ref(number: int) -> L1BlockRef:
    return L1BlockRef(l1_hash(number), number, l1_hash(number - 1), CREATED + 12 * number)


class SuperSource:
    """A source of super roots with one answer: where it is on L1, and which block the super root takes."""

    def __init__(self, current: int, required: int | None) -> None:
        data = None if required is None else SuperRootData(BlockID(ZERO_HASH, required), SUPER)
        self.answer = SuperRootAtTimestamp(BlockID(ZERO_HASH, current), (10,), {}, data)
        self.asked: list[int] = []

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        self.asked.append(timestamp)
        return self.answer


@dataclass
class FakeGame:
    """A game contract; ``broken`` and ``lies`` are answers that replace the right ones."""

    claims: Sequence[Claim] = field(default_factory=lambda: [root()])
    resolved: Sequence[int] = ()
    game_type: int = 0
    version: str = "1.4.1"
    timestamp: int = CREATED
    number: int = 50
    root_claim: Hash32 = ROOT
    status: int = 0
    mode: int = 0
    credit: int = 0
    l1_head: Hash32 = field(default_factory=lambda: l1_hash(10))
    lies: Mapping[str, Any] = field(default_factory=dict)

    @property
    def abi(self) -> Any:
        name = {5: "SuperPermissionedDisputeGame", 9: "SuperFaultDisputeGame", 10: "ZKDisputeGame"}
        return load_contract(name.get(self.game_type, "FaultDisputeGame"), self.version)

    def answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if name in self.lies:
            return self.lies[name]
        if name == "claimData" and arguments:
            return claim_data(self.claims[arguments[0]])
        if name == "resolvedSubgames":
            return arguments[0] in self.resolved
        return {
            "version": self.version,
            "l1Head": self.l1_head,
            "l2BlockNumber": self.number,
            "l2SequenceNumber": self.number,
            "rootClaim": self.root_claim,
            "status": self.status,
            "maxClockDuration": CLOCK,
            "l2BlockNumberChallenged": False,
            "l2BlockNumberChallenger": ZERO_ADDRESS,
            "claimDataLen": len(self.claims),
            "bondDistributionMode": self.mode,
            "credit": self.credit,
            "weth": WETH,
            "anchorStateRegistry": REGISTRY,
        }[name]


def l1_with(games: Sequence[FakeGame], **fields: Any) -> FakeL1:
    """An L1 with a factory of these games, DelayedWETH and a registry."""
    l1 = FakeL1(**fields)
    l1.balances = {WETH: 10**6}

    def listed(name: str, arguments: tuple[Any, ...]) -> Any:
        if name == "gameCount":
            return len(games)
        assert name == "gameAtIndex"
        game = games[arguments[0]]
        return game.game_type, game.timestamp, proxy(arguments[0])

    l1.add(FACTORY, load_contract("DisputeGameFactory"), listed)
    l1.add(WETH, load_contract("DelayedWETH"), {"delay": DELAY, "withdrawals": (0, 0)})
    l1.add(REGISTRY, load_contract("AnchorStateRegistry"), {"getAnchorRoot": (ROOT, 44)})
    for index, game in enumerate(games):
        l1.add(proxy(index), game.abi, game.answer)
    return l1


def countered(claim: Claim, by: Address = HONEST) -> Claim:
    return replace(claim, countered_by=by)
