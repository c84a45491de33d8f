"""An L1 whose contracts are the model: calls and transactions by ABI, blocks, reorgs, nodes that lag."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pyoprollup.bindings import Contract, load_contract
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.model import (
    GAME_RULES,
    AnchorStateRegistry,
    BondMode,
    Call,
    Chain,
    DelayedWETH,
    DisputeGameFactory,
    FaultDisputeGame,
    GameImplementation,
    GameLimits,
    GameParameters,
    OutputRoot,
    PreimageOracle,
    Revert,
    SystemConfig,
)
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.events import NEVER
from pyoprollup.sources.l1 import (
    AtBlock,
    BlockInfo,
    CallFailed,
    CallMsg,
    ExecutionReverted,
    L1Receipt,
    LogFilter,
)
from pyoprollup.txmgr import TxCandidate
from pyoprollup.txmgr.errors import SendCancelled, SendError
from tests.disputes import chain as l2
from tests.disputes.program import PRESTATE, Program, ProgramVM

OWNER = Address(b"\x0f" * 20)
GAME_TYPE, BOND, ANCHOR = 0, 80_000_000_000_000_000, 100
BEGIN, DELAY, FINALITY, PERIOD = 1_000_000, 7 * 24 * 3600, 3 * 24 * 3600, 24 * 3600
L1_BLOCK = 12
VERSION = "2.4.2"


class Deployed:
    """The contracts, as they are after a block."""

    def __init__(
        self,
        limits: GameLimits,
        program: Program,
        game_type: int,
        anchor_root: Hash32,
        kind: type[GameImplementation],
    ) -> None:
        self.chain = Chain()
        config = SystemConfig(OWNER)
        self.oracle = PreimageOracle(self.chain, 126_000, PERIOD)
        self.vm = ProgramVM(self.chain, self.oracle, program)
        self.weth = DelayedWETH(self.chain, DELAY, OWNER, config)
        self.factory = DisputeGameFactory(self.chain, OWNER)
        anchor = OutputRoot(anchor_root, ANCHOR)
        self.registry = AnchorStateRegistry(self.chain, config, self.factory, anchor, game_type, FINALITY)
        parameters = GameParameters(PRESTATE, self.vm, self.registry, self.weth, 901)
        implementation = kind(self.chain, GAME_RULES[VERSION], limits, game_type=game_type)
        owner = Call(OWNER, BEGIN)
        self.factory.set_implementation(owner, game_type, implementation, parameters.pack())
        self.factory.set_init_bond(owner, game_type, BOND)

    @property
    def games(self) -> list[FaultDisputeGame]:
        return [entry.game for entry in self.factory.created]


@dataclass(eq=False)
class Pending:
    """A transaction on its way: as much of a ``PendingSend`` as anybody asks for."""

    sender: Address
    candidate: TxCandidate
    receipt: L1Receipt | None = None
    error: SendError | None = None
    skipped: bool = False
    """Whether a block has left it out."""

    @property
    def done(self) -> bool:
        return self.receipt is not None or self.error is not None

    def cancel_unless_mined(self, error: SendError | None = None) -> None:
        if not self.done:
            self.error = error or SendCancelled("cancelled")


@dataclass
class Manager:
    """A transaction manager of an account on such an L1. What is cancelled stays in the pool."""

    l1: ModelL1
    address: Address
    sent: list[Pending] = field(default_factory=list)
    is_closed = False
    next_due = NEVER

    def send_async(self, candidate: TxCandidate) -> Pending:
        pending = Pending(self.address, candidate)
        self.sent.append(pending)
        self.l1.pool.append(pending)
        return pending

    def step(self, _now: float) -> None: ...

    def wake(self) -> None: ...

    def block_number(self) -> int:
        return self.l1.head_ref.number

    def suggest_gas_price_caps(self) -> Any:
        raise NotImplementedError


class ModelL1:
    """The L1. With ``keep`` the state after each of that many blocks is kept, for reorgs and old reads."""

    game_type: int = GAME_TYPE
    implementation: type[GameImplementation] = GameImplementation
    program: Callable[[int], Program] = Program
    anchor_root: Callable[[], Hash32] = staticmethod(lambda: l2.root(ANCHOR))

    def __init__(self, limits: GameLimits, safe: int, *, keep: int = 1, seed: int = 0) -> None:
        self.random = Random(seed)
        self.pool: list[Pending] = []
        self.state = Deployed(
            limits, self.program(safe), self.game_type, self.anchor_root(), self.implementation
        )
        self._keep = keep
        self._states: dict[Hash32, Deployed] = {}
        self.refs: list[L1BlockRef] = []
        self._salt = 0
        self.fails: Callable[[], bool] = lambda: False
        """Whether the next read gets no answer."""
        self.lag: Callable[[], int] = lambda: 0
        """How many blocks the node that answers is behind."""
        self.leaves_out: Callable[[], bool] = lambda: False
        """Whether the next transaction is left for the block after; each is left out once."""
        self.calls_made = 0
        self._mined: dict[int, list[Pending]] = {}
        for number in range(3):
            self._append(BEGIN + L1_BLOCK * number)

    # --- blocks

    @property
    def head_ref(self) -> L1BlockRef:
        return self.refs[-1]

    @property
    def time(self) -> int:
        return self.head_ref.time

    def _append(self, time: int) -> L1BlockRef:
        number = len(self.refs)
        parent = self.refs[-1].hash if self.refs else ZERO_HASH
        self._salt += 1
        ref = L1BlockRef(keccak256(b"L1 %d %d" % (number, self._salt)), number, parent, time)
        self.refs.append(ref)
        if self._keep > 1:
            self._states[ref.hash] = copy.deepcopy(self.state)
            kept = {block.hash for block in self.refs[-self._keep :]}
            self._states = {block: state for block, state in self._states.items() if block in kept}
        return ref

    def mine(self, seconds: int = L1_BLOCK, *, order: Callable[[list[Pending]], None] | None = None) -> None:
        """The next block, with all that is in the pool."""
        time = self.time + seconds
        pool, self.pool = self._chosen()
        if order is not None:
            order(pool)
        done = [(pending, self._execute(pending, time)) for pending in pool]
        ref = self._append(time)
        self._mined[ref.number] = pool
        for index, (pending, succeeded) in enumerate(done):
            if pending.error is None:
                tx_hash = keccak256(b"%d %d %d" % (self._salt, ref.number, index))
                pending.receipt = L1Receipt(tx_hash, ref.hash, ref.number, int(succeeded))

    def _chosen(self) -> tuple[list[Pending], list[Pending]]:
        """What goes into the next block, and what is left."""
        chosen, left = [], []
        waiting: set[Address] = set()
        for pending in self.pool:
            if pending.sender in waiting or (not pending.skipped and self.leaves_out()):
                pending.skipped = True
                waiting.add(pending.sender)  # Nonces go in order.
                left.append(pending)
            else:
                chosen.append(pending)
        return chosen, left

    def reorg(self, depth: int) -> None:
        """The newest blocks are no more. What they had is lost, except for what is sent again."""
        gone = self.refs[-depth:]
        del self.refs[-depth:]
        self.state = copy.deepcopy(self._states[self.head_ref.hash])
        for ref in gone:
            self.pool.extend(self._mined.pop(ref.number, ()))

    def _execute(self, pending: Pending, time: int) -> bool:
        candidate = pending.candidate
        parent = self.refs[-1].hash
        call = Call(pending.sender, time, candidate.value, number=len(self.refs), parent_hash=parent)
        try:
            self.transact(call, candidate.to, candidate.data)
        except Revert:
            return False
        return True

    def transact(self, call: Call, to: Address | None, data: bytes) -> None:
        """Execute a transaction; raises :class:`Revert`."""
        assert to is not None
        target = self.state.chain.at(to)
        function, arguments = _abi(target).decode_call(data)
        _transaction(target, function.name, call, arguments)

    # --- as an L1 node

    def _check(self) -> None:
        self.calls_made += 1
        if self.fails():
            raise Unavailable("made to fail")

    def head(self) -> BlockInfo:
        self._check()
        return BlockInfo(self.refs[max(0, len(self.refs) - 1 - self.lag())], ZERO_HASH, 7)

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        self._check()
        if not 0 <= number < len(self.refs):
            raise NotFound(f"L1 block {number}")
        return self.refs[number]

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        self._check()
        for ref in reversed(self.refs):
            if ref.hash == block_hash:
                return ref
        raise NotFound("L1 block")

    def nonce_at(self, account: Address, _block: AtBlock = BlockLabel.UNSAFE) -> int:
        return sum(1 for mined in self._mined.values() for pending in mined if pending.sender == account)

    def pending_nonce_at(self, account: Address) -> int:
        return self.nonce_at(account) + sum(pending.sender == account for pending in self.pool)

    def balance_at(self, account: Address, _block: AtBlock = BlockLabel.UNSAFE) -> int:
        return self.state.chain.balances[account]

    def code_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        raise NotImplementedError

    def storage_at(self, account: Address, slot: int, block: AtBlock = BlockLabel.UNSAFE) -> Hash32:
        raise NotImplementedError

    def logs(self, wanted: LogFilter) -> Sequence[Log]:
        raise NotImplementedError

    def block_number(self) -> int:
        return self.head_ref.number

    def suggest_gas_tip_cap(self) -> int:
        raise NotImplementedError

    def estimate_gas(self, msg: CallMsg) -> int:
        raise NotImplementedError

    def send_transaction(self, raw: bytes) -> Hash32:
        raise NotImplementedError

    def transaction_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        raise NotImplementedError

    def call(self, msg: CallMsg, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        self._check()
        answer = self._call(msg, block)
        if isinstance(answer, CallFailed):
            raise answer
        return answer

    def calls(
        self, msgs: Sequence[CallMsg], block: AtBlock = BlockLabel.UNSAFE
    ) -> Sequence[bytes | CallFailed]:
        self._check()
        return [self._call(msg, block) for msg in msgs]

    def _call(self, msg: CallMsg, block: AtBlock) -> bytes | CallFailed:
        state, ref = self._state_at(block)
        assert msg.to is not None
        target = state.chain.at(msg.to)
        if target is None:
            return b""
        function, arguments = _abi(target).decode_call(msg.data)
        call = Call(msg.from_, ref.time, msg.value, number=ref.number, parent_hash=ref.parent_hash)
        try:
            result = _view(target, function.name, call, arguments)
        except Revert as revert:
            return ExecutionReverted(str(revert), revert.data)
        several = len(function.outputs) > 1
        return function.encode_result(*(result if several else () if result is None else (result,)))

    def _state_at(self, block: AtBlock) -> tuple[Deployed, L1BlockRef]:
        head = self.head_ref
        if block in (BlockLabel.UNSAFE, head.hash):
            return self.state, head
        if isinstance(block, bytes) and Hash32(block) in self._states:
            return self._states[Hash32(block)], self.l1_block_ref_by_hash(Hash32(block))
        raise Unavailable(f"the state after {block!r} is not known")


_ABIS = {
    FaultDisputeGame: "FaultDisputeGame",
    DisputeGameFactory: "DisputeGameFactory",
    AnchorStateRegistry: "AnchorStateRegistry",
    DelayedWETH: "DelayedWETH",
    PreimageOracle: "PreimageOracle",
    ProgramVM: "MIPS",
}


def _abi(target: Any) -> Contract:
    return load_contract(getattr(target, "abi_name", "") or _ABIS[type(target)])


# --- what the contracts do


def _transaction(target: Any, name: str, call: Call, arguments: tuple[Any, ...]) -> None:
    match target, name:
        case FaultDisputeGame(), "attack" | "defend":
            disputed, index, value = arguments
            target.move(call, disputed, index, value, is_attack=name == "attack")
        case FaultDisputeGame(), "step":
            index, is_attack, state, proof = arguments
            target.step(call, index, state, proof, is_attack=is_attack)
        case FaultDisputeGame(), "resolveClaim":
            target.resolve_claim(call, *arguments)
        case FaultDisputeGame(), "resolve":
            target.resolve(call)
        case FaultDisputeGame(), "addLocalData":
            target.add_local_data(call, *arguments)
        case FaultDisputeGame(), "challengeRootL2Block":
            target.challenge_root_l2_block(call, *arguments)
        case FaultDisputeGame(), "closeGame":
            target.close_game(call)
        case FaultDisputeGame(), "claimCredit":
            target.claim_credit(call, *arguments)
        case DisputeGameFactory(), "create":
            target.create(call, *arguments)
        case _:
            raise AssertionError(name)


def _view(target: Any, name: str, call: Call, arguments: tuple[Any, ...]) -> Any:
    match target:
        case FaultDisputeGame():
            return _game_view(target, name, call, arguments)
        case DisputeGameFactory():
            return _factory_view(target, name, arguments)
        case PreimageOracle():
            return _oracle_view(target, name, arguments)
        case ProgramVM():
            return {"oracle": target.oracle.address}[name]
    raise AssertionError(name)


def _factory_view(factory: DisputeGameFactory, name: str, arguments: tuple[Any, ...]) -> Any:
    match name:
        case "version":
            return "1.3.0"
        case "gameCount":
            return factory.game_count()
        case "gameAtIndex":
            if arguments[0] >= factory.game_count():
                raise Revert
            entry = factory.created[arguments[0]]
            return entry.game_type, entry.timestamp, entry.game.address
        case "gameImpls":
            found = factory.game_impls.get(arguments[0])
            return bytes(20) if found is None else found.address
        case "initBonds":
            return factory.init_bonds.get(arguments[0], 0)
        case "gameArgs":
            return factory.game_args.get(arguments[0], b"")
    raise AssertionError(name)


def _oracle_view(oracle: PreimageOracle, name: str, arguments: tuple[Any, ...]) -> Any:
    if name == "preimagePartOk":
        return arguments in oracle.parts
    return {
        "version": "1.1.5",
        "minProposalSize": oracle.min_proposal_size,
        "challengePeriod": oracle.challenge_period,
        "proposalCount": 0,
    }[name]


def _game_view(game: FaultDisputeGame, name: str, call: Call, arguments: tuple[Any, ...]) -> Any:
    match name:
        case "claimData":
            claim = game.claims[arguments[0]]
            return (
                *(claim.parent_index, claim.countered_by, claim.claimant, claim.bond, claim.value),
                *(claim.position.gindex, claim.clock.pack()),
            )
        case "getRequiredBond":
            return game.required_bond(Position.from_gindex(arguments[0]))
        case "credit":
            return game.credit(arguments[0])
        case "resolvedSubgames":
            return arguments[0] in game.resolved_subgames
        case "resolveClaim":
            _can_resolve(game, call, *arguments)
            return None
        case "resolve":
            game._in_progress()
            if 0 not in game.resolved_subgames:
                raise Revert
            return 1 if game.claims[0].is_countered else 2
        case "closeGame":
            _can_close(game, call)
            return None
        case "claimCredit":
            _can_claim(game, call, arguments[0])
            return None
    return _game_value(game, name)


def _can_resolve(game: FaultDisputeGame, call: Call, index: int, _count: int) -> None:
    """Raise what resolving a claim would, without doing it."""
    game._in_progress()
    if game.challenger_duration(index, call.time) < game.limits.max_clock_duration:
        raise Revert
    children = game.subgames.get(index, ())
    if index in game.resolved_subgames or not game.resolved_subgames.issuperset(children):
        raise Revert


def _can_close(game: FaultDisputeGame, call: Call) -> BondMode:
    """The mode that closing the game gives it; raises what closing would, without doing it."""
    if game.bond_distribution_mode is not BondMode.UNDECIDED:
        return game.bond_distribution_mode
    registry = game.parameters.anchor_state_registry
    assert isinstance(registry, AnchorStateRegistry)
    if not game.resolved_at or not registry.is_finalized(game, call.time):
        raise Revert
    return BondMode.NORMAL if registry.is_proper(game) else BondMode.REFUND


def _can_claim(game: FaultDisputeGame, call: Call, recipient: Address) -> None:
    """Raise what claiming would, without doing it."""
    _can_close(game, call)
    if recipient in game.has_unlocked_credit:
        credit = game.credit(recipient)
        if not credit:
            raise Revert
        game.parameters.weth.check_withdrawal(call.by(game.address), recipient, credit)


def _game_value(game: FaultDisputeGame, name: str) -> Any:
    parameters, start = game.parameters, game.starting_output_root
    values: dict[str, Callable[[], Any]] = {
        "version": lambda: VERSION,
        "status": lambda: int(game.status),
        "l1Head": lambda: game.l1_head,
        "claimDataLen": lambda: len(game.claims),
        "maxGameDepth": lambda: game.limits.max_depth,
        "splitDepth": lambda: game.limits.split_depth,
        "maxClockDuration": lambda: game.limits.max_clock_duration,
        "clockExtension": lambda: game.limits.clock_extension,
        "absolutePrestate": lambda: parameters.absolute_prestate,
        "startingBlockNumber": lambda: start.number,
        "startingSequenceNumber": lambda: start.number,
        "startingRootHash": lambda: start.root,
        "l2BlockNumber": lambda: game.l2_block_number,
        "l2SequenceNumber": lambda: game.l2_block_number,
        "rootClaim": lambda: game.root_claim,
        "vm": lambda: parameters.vm.address,
        "weth": lambda: parameters.weth.address,
        "anchorStateRegistry": lambda: parameters.anchor_state_registry.address,
        "l2BlockNumberChallenged": lambda: game.l2_block_number_challenged,
        "l2BlockNumberChallenger": lambda: game.l2_block_number_challenger,
        "bondDistributionMode": lambda: int(game.bond_distribution_mode),
        "resolvedAt": lambda: game.resolved_at,
        "createdAt": lambda: game.created_at,
    }
    return values[name]()
