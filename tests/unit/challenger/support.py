"""A game as a player sees it, and what the player wants done: both made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pyoprollup.bindings import ContractTransaction
from pyoprollup.challenger.game.actions import Action
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, PreimageOracleData
from pyoprollup.challenger.pinned_game import GameView
from pyoprollup.challenger.responder import FaultResponder
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.events import Happening, News
from pyoprollup.sources.l1 import CallFailed
from tests.unit.challenger.game.support import DEPTH

TO = Address(b"\x77" * 20)
HEAD = L1BlockRef(Hash32(b"\x01" * 32), 100, ZERO_HASH, 1_000_000)


def head(number: int, fork: int = 0) -> L1BlockRef:
    block_hash = Hash32(bytes([fork]) + number.to_bytes(31, "big"))
    return L1BlockRef(block_hash, number, ZERO_HASH, 1_000_000 + 12 * number)


class Told:
    """News that are kept."""

    def __init__(self) -> None:
        self.happenings: list[Happening] = []
        self.news = News("test", self.happenings.append)

    def events(self) -> list[str]:
        return [happening.event for happening in self.happenings]


class View(GameView):
    """A game. A claim can be resolved once all that answers it is; ``fails`` says which reads fail."""

    def __init__(self, claims: Sequence[Claim], depth: int = DEPTH) -> None:
        self.said = list(claims)
        self.depth = depth
        self.resolved: set[int] = set()
        self.challenged = False
        self.extension = 0
        self.asked: list[str] = []
        self.fails: dict[str, RollupError] = {}
        self.exists = False

    def _ask(self, name: str, *arguments: Any) -> None:
        self.asked.append(" ".join([name, *map(str, arguments)]))
        if name in self.fails:
            raise self.fails[name]

    def claims(self) -> Sequence[Claim]:
        self._ask("claims")
        return self.said

    def game(self, claims: Sequence[Claim]) -> Game:
        return Game(claims, self.depth)

    def is_l2_block_number_challenged(self) -> bool:
        self._ask("challenged")
        return self.challenged

    def clock_extension(self) -> int:
        self._ask("extension")
        return self.extension

    def call_resolve(self) -> GameStatus:
        self._ask("call_resolve")
        if 0 not in self.resolved:
            raise CallFailed("the root is not resolved")
        return GameStatus.DEFENDER_WON

    def call_resolve_claim(self, claim_index: int) -> None:
        self._ask("call_resolve_claim", claim_index)
        answers = {claim.index for claim in self.said if claim.parent_index == claim_index}
        if claim_index in self.resolved or not self.resolved >= answers:
            raise CallFailed(f"claim {claim_index} cannot be resolved")

    def resolve_tx(self) -> ContractTransaction:
        return ContractTransaction(TO, b"resolve", 0)

    def resolve_claim_tx(self, claim_index: int) -> ContractTransaction:
        return ContractTransaction(TO, b"resolve %d" % claim_index, 0)

    def attack_tx(self, parent: Claim, value: Hash32) -> ContractTransaction:
        return ContractTransaction(TO, b"attack %d " % parent.index + parent.value + value, 5)

    def defend_tx(self, parent: Claim, value: Hash32) -> ContractTransaction:
        return ContractTransaction(TO, b"defend %d " % parent.index + parent.value + value, 6)

    def step_tx(self, claim_index: int, is_attack: bool, state: bytes, proof: bytes) -> ContractTransaction:
        return ContractTransaction(TO, b"step %d %d " % (claim_index, is_attack) + state + proof, 0)

    def challenge_l2_block_number_tx(self, challenge: L2BlockNumberChallenge) -> ContractTransaction:
        return ContractTransaction(TO, b"challenge %d" % challenge.header.number, 0)

    def preimage_exists(self, claim: Claim, data: PreimageOracleData) -> bool:
        self._ask("exists", claim.index, data.ident)
        return self.exists


class Responder(FaultResponder):
    """Does at once what it is told, to a :class:`View`; ``fails`` says what fails, and how."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.did: list[Any] = []
        self.fails: Callable[[Any], RollupError | None] = lambda _what: None

    def _do(self, what: Any) -> None:
        self.did.append(what)
        error = self.fails(what)
        if error is not None:
            raise error

    def call_resolve(self) -> GameStatus:
        return self.view.call_resolve()

    def call_resolve_claim(self, claim_index: int) -> None:
        self.view.call_resolve_claim(claim_index)

    def resolve(self) -> None:
        self._do("resolve")

    def resolve_claims(self, claim_indices: Sequence[int]) -> None:
        self._do(list(claim_indices))
        self.view.resolved.update(claim_indices)

    def perform_action(self, action: Action) -> None:
        self._do(action)
