"""An L1 whose contracts are the reference's, on the engine's EVM, with the model beside them.

Each transaction is executed by both, and they must do the same; what is read is read of the contracts.
"""

from __future__ import annotations

from typing import Any

from campaigns.dispute_contracts.evm import OwnEvm
from campaigns.dispute_contracts.run import Packages
from campaigns.dispute_contracts.setting import PLAYERS, START, TYPE, Setting
from campaigns.dispute_contracts.twin import Action, Twin
from pyoprollup.challenger.build import ChallengerParts, make_challenger
from pyoprollup.challenger.challenger import Challenger
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.game.actions import Step
from pyoprollup.challenger.game.claims import Game
from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.model import Call, OutputRoot, Revert
from pyoprollup.challenger.trace.access import Accessor
from pyoprollup.challenger.trace.alphabet import alphabet_prestate_commitment
from pyoprollup.challenger.trace.alphabet_games import AlphabetTraces
from pyoprollup.challenger.trace.outputs import OutputTraceProvider, output_root_split_adapter
from pyoprollup.challenger.trace.split import split_provider_selector
from pyoprollup.challenger.workers import InlineWorkers
from pyoprollup.devnet.dishonest import Seat, Strategy
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.events import Happening
from pyoprollup.sources.l1 import AtBlock, CallFailed, CallMsg, ExecutionReverted
from pyoprollup.txmgr import TxCandidate
from tests.disputes import chain as l2
from tests.disputes.many_games import GameOnL1, Node, _mix
from tests.disputes.model_l1 import ANCHOR, BOND, L1_BLOCK, Manager, ModelL1, Pending
from tests.disputes.world import Setup

__all__ = ["HONEST", "PROPOSER", "RealGames", "RealL1", "alphabet_setting"]

PROPOSER, HONEST = PLAYERS[0], PLAYERS[1]
STRANGERS = PLAYERS[2:]


def alphabet_setting() -> Setting:
    """Games that begin from a block of :mod:`tests.disputes.chain`, and from the alphabet."""
    return Setting(prestate=alphabet_prestate_commitment(), anchor=OutputRoot(l2.root(ANCHOR), ANCHOR))


class _Twin(Twin):
    """Keeps what the last call was refused with."""

    refusal: Revert | None = None

    def _compare(self, action: Action, real: Any, result: Any, refusal: Revert | None) -> None:
        super()._compare(action, real, result, refusal)
        self.refusal = refusal


class RealL1(ModelL1):
    """The L1. Only the state after the newest block can be read."""

    def __init__(self, version: str, packages: Packages, setting: Setting, seed: int) -> None:
        super().__init__(setting.limits, ANCHOR, seed=seed)
        self.twin = _Twin(packages.deployment(version, "own", setting))
        evm = self.twin.deployment.evm
        assert isinstance(evm, OwnEvm)
        self._evm = evm
        self.state: Any = self.twin.model
        self.refs = []
        self._l1_heads: dict[Hash32, L1BlockRef] = {}
        for number in range(3):
            self._append(START + 100 + L1_BLOCK * number)

    def _target(self, to: Address) -> str | int:
        for role, address in self.twin.deployment.addresses.items():
            if address == to:
                return role
        return next(index for index, game in enumerate(self.state.games) if game.address == to)

    def transact(self, call: Call, to: Address | None, data: bytes) -> None:
        assert to is not None
        target = self._target(to)
        function, arguments = self.twin.contract(target).decode_call(data)
        games = len(self.state.games)
        self.twin.send(Action(call.time, call.sender, target, function.name, arguments, call.value))
        if self.twin.refusal is not None:
            raise self.twin.refusal
        for game in self.state.games[games:]:
            # The EVM has hashes of blocks of its own.
            self._l1_heads[self.twin.read(game.address, "l1Head")] = self.refs[-1]

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        return self._l1_heads.get(block_hash) or super().l1_block_ref_by_hash(block_hash)

    def _call(self, msg: CallMsg, block: AtBlock) -> bytes | CallFailed:
        assert msg.to is not None
        ref = self.head_ref
        assert not isinstance(block, bytes) or block == ref.hash, "an old state is asked for"
        self._evm.set_time(ref.time, 1000 + ref.number)
        done = self._evm.peek(msg.from_, msg.to, msg.data, msg.value)
        return done.output if done.success else ExecutionReverted("reverted", done.output)


class _Player:
    """A stranger in one game."""

    def __init__(self, game: GameOnL1, trace: Accessor, account: Address, kind: type[Strategy]) -> None:
        limits = game.setup.limits
        self.game, self.account = game, account
        seat = Seat(account, HONEST, trace, limits.split_depth, limits.max_clock_duration)
        self.strategy = kind(seat, game.random)

    def act(self) -> None:
        game, depth = self.game, self.game.setup.limits.max_depth
        if not game.exists or game.is_over or len(game.game.claims) > 40:
            return
        for action in self.strategy.actions(Game(game.game.claims, depth), game.time):
            if isinstance(action, Step):
                state, preimage = action.prestate, action.preimage
                game.step(self.account, action.parent.index, action.is_attack, state, preimage)
            else:
                game.move(self.account, action.parent, action.is_attack, action.value)


class RealGames:
    """Games on such an L1, strangers in them, and our challenger, which can be begun anew."""

    def __init__(self, l1: RealL1, safe: int, datadir: Any) -> None:
        self.l1, self.safe, self._datadir = l1, safe, datadir
        self.node = Node(l1, safe)
        self.games: list[GameOnL1] = []
        self.traces: list[Accessor] = []
        self.players: list[_Player] = []
        self.told: list[Happening] = []
        self.restart()

    def restart(self) -> None:
        """Another life of the challenger."""
        self.challenger = self._challenger(Manager(self.l1, HONEST))

    def _challenger(self, manager: Manager) -> Challenger:
        l1: Any = self.l1
        managed: Any = manager
        return make_challenger(
            ChallengerParts(
                config=ChallengerConfig(
                    game_factory_address=l1.state.factory.address,
                    game_types=(GameType.ALPHABET,),
                    poll_interval=float(L1_BLOCK),
                    max_pending_tx=0,
                ),
                l1=l1,
                inputs=None,
                manager=managed,
                nodes=[self.node],
                headers=l2.Chain(self.safe),
                seq_window_size=10**6,
                l2_chain_id=901,
                traces={TYPE: AlphabetTraces()},
                workers=InlineWorkers(),
                datadir=self._datadir,
                now=lambda: float(l1.time),
                tell=self.told.append,
            )
        )

    def create(self, root: Hash32, claimed: int, *kinds: type[Strategy]) -> None:
        """Create a game, and let strangers play in it."""
        limits = self.l1.twin.deployment.setting.limits
        setup = Setup(limits, root, claimed, self.safe)
        data = (
            self.l1.twin.contract("factory")
            .function("create")
            .encode(TYPE, root, claimed.to_bytes(32, "big"))
        )
        address = self.l1.state.factory.address
        self.l1.pool.append(Pending(PROPOSER, TxCandidate(address, data, value=BOND)))
        game = GameOnL1(self.l1, len(self.games), setup)
        known = l2.Chain(self.safe)
        top = OutputTraceProvider(known, known, limits.split_depth, ANCHOR, claimed)
        below: Any = AlphabetTraces().creator(None)  # type: ignore[arg-type]
        trace = Accessor(
            split_provider_selector(top, limits.split_depth, output_root_split_adapter(top, below))
        )
        self.games.append(game)
        self.traces.append(trace)
        for account, kind in zip(STRANGERS, kinds, strict=False):
            self.players.append(_Player(game, trace, account, kind))

    def step(self) -> None:
        """Let the challenger do all that is due now."""
        for _ in range(10_000):
            if self.challenger.next_due > self.l1.time:
                return
            self.challenger.step(self.l1.time)
        raise AssertionError("the challenger is always due")

    def play(self, restarts: float = 0.05) -> int:
        """Play to the end of all games; how many blocks that took."""
        random, limits = self.l1.random, self.l1.twin.deployment.setting.limits
        seen: set[tuple[Address | None, bytes]] = set()
        for blocks in range(600):
            if blocks and all(game.is_over for game in self.games):
                return blocks
            if random.random() < restarts:
                self.restart()
            self.step()
            for player in random.sample(self.players, len(self.players)):
                player.act()
            # What the machine does not let an honest player do is tried again and again.
            sent = {(pending.candidate.to, pending.candidate.data) for pending in self.l1.pool}
            busy, seen = not sent <= seen, seen | sent
            late = random.choice((L1_BLOCK, limits.clock_extension, limits.max_clock_duration // 3))
            self.l1.mine(L1_BLOCK if busy else late, order=lambda pool: _mix(random, pool))
        raise AssertionError("the games do not end")

    def pay_out(self) -> None:
        """Let the vault's delay pass, and let the challenger claim its bonds."""
        self.l1.mine(self.l1.twin.deployment.setting.weth_delay + 1)
        for _ in range(6):
            self.step()
            self.l1.mine()
