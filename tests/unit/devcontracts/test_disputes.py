"""Disputes on our own contracts, each call on the model as well: what went wrong elsewhere must not here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from campaigns.dispute_contracts.deployment import deploy_ours
from campaigns.dispute_contracts.evm import OwnEvm
from campaigns.dispute_contracts.oracle_sequences import Upload, leaf_proof
from campaigns.dispute_contracts.setting import (
    ABSOLUTE_STATE,
    BOND,
    OWNER,
    PERMISSIONED_TYPE,
    PLAYERS,
    START,
    TYPE,
    Setting,
)
from campaigns.dispute_contracts.twin import Action, Twin
from campaigns.dispute_contracts.views import check_all
from pyoprollup.bindings import load_contract
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH, required_bond
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import GameLimits
from pyoprollup.challenger.model.large_preimages import MIN_BOND_SIZE
from pyoprollup.challenger.model.vm import with_status
from pyoprollup.devcontracts import contract
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.genesis import Account

ALICE, BOB, CAROL, DAVE = PLAYERS
ROOT = Hash32(b"\xaa" * 32)
SETTING = Setting()
CLOCK, EXTENSION = SETTING.limits.max_clock_duration, SETTING.limits.clock_extension


class Dispute:
    """Our contracts and their model, with a game."""

    def __init__(self, setting: Setting = SETTING, number: int = 110) -> None:
        self.twin = Twin(deploy_ours(OwnEvm(), setting))
        self.now = START + 100
        self.setting = setting
        self.create(number)

    @property
    def game(self) -> Any:
        return self.twin.model.games[-1]

    def send(self, target: str | int, name: str, *arguments: Any, by: Address = ALICE, value: int = 0) -> str:
        """What both sides say: ``ok``, or the name of the error."""
        before = dict(self.twin.done)
        self.twin.send(Action(self.now, by, target, name, arguments, value))
        ((_, result),) = (key for key, count in self.twin.done.items() if count != before.get(key, 0))
        return result

    def create(self, number: int, root: Hash32 = ROOT, by: Address = ALICE, game_type: int = TYPE) -> str:
        extra = number.to_bytes(32, "big")
        return self.send("factory", "create", game_type, root, extra, by=by, value=BOND)

    def move(self, index: int, value: bytes, by: Address = BOB, *, is_attack: bool = True) -> str:
        claim = self.game.claims[index]
        depth = min(claim.depth + 1, self.setting.limits.max_depth)
        bond = required_bond(depth, self.setting.limits.max_depth)
        name = "attack" if is_attack else "defend"
        return self.send(0, name, claim.value, index, Hash32(value), by=by, value=bond)

    def resolve(self, index: int, count: int = 0) -> str:
        return self.send(0, "resolveClaim", index, count, by=DAVE)

    def attacks_to(self, depth: int) -> None:
        for index in range(depth):
            assert self.move(index, value(index), (ALICE, BOB)[(index + 1) % 2]) == "ok"

    def check(self) -> None:
        assert check_all(self.twin, self.now) > 100


def value(number: int, status: int = 1) -> bytes:
    return bytes([status]) + number.to_bytes(31, "big")


def letter(step: int, number: int) -> Hash32:
    return with_status(keccak256(step.to_bytes(32, "big") + number.to_bytes(32, "big")), 1)


def test_bonds_of_all_depths() -> None:
    getter = load_contract("FaultDisputeGame").function("getRequiredBond")
    for max_depth in (4, 8, 73, MAX_GAME_DEPTH):
        evm, at = OwnEvm(), Address(b"\x01" * 20)
        game = contract("FaultDisputeGame").deployed_with(
            MAX_GAME_DEPTH=max_depth, SPLIT_DEPTH=2, CLOCK_EXTENSION=1, MAX_CLOCK_DURATION=9
        )
        evm.allocate({at: Account(nonce=1, code=game.runtime)})
        for depth in range(max_depth + 1):
            done = evm.call(OWNER, at, getter.encode(Position(depth, (1 << depth) - 1).gindex))
            assert done.success
            assert getter.decode_result(done.output) == required_bond(depth, max_depth), (depth, max_depth)
        assert not evm.call(OWNER, at, getter.encode(1 << (max_depth + 1))).success


# --- a game from its creation to the last withdrawal


def test_a_lie_is_attacked_stepped_on_and_paid_for() -> None:
    dispute = Dispute()
    dispute.attacks_to(7)
    assert dispute.move(7, letter(1600, 7), ALICE) == "ok"
    assert dispute.send(0, "step", 8, True, ABSOLUTE_STATE, b"", by=BOB) == "ErrorString"
    assert dispute.send(0, "addLocalData", 4, 8, 0, by=CAROL) == "ok"
    assert dispute.send(0, "step", 8, True, ABSOLUTE_STATE, b"", by=BOB) == "ok"
    assert dispute.send(0, "step", 8, True, ABSOLUTE_STATE, b"", by=CAROL) == "DuplicateStep"
    dispute.now += CLOCK
    for index in reversed(range(9)):
        assert dispute.resolve(index) == "ok"
    assert dispute.send(0, "resolve") == "ok"
    assert dispute.game.status is GameStatus.CHALLENGER_WON
    assert dispute.send(0, "claimCredit", BOB) == "GameNotFinalized"
    dispute.now += SETTING.finality_delay + 1
    assert dispute.send(0, "claimCredit", BOB) == "ok"
    assert dispute.send(0, "claimCredit", ALICE) == "ok"
    dispute.now += SETTING.weth_delay
    assert dispute.send(0, "claimCredit", ALICE) == "NoCreditToClaim"
    before = dispute.twin.deployment.evm.balance(BOB)
    assert dispute.send(0, "claimCredit", BOB) == "ok"
    paid = sum(claim.bond for claim in dispute.game.claims)
    assert dispute.twin.deployment.evm.balance(BOB) == before + paid
    dispute.check()


def test_a_true_last_claim_stands() -> None:
    dispute = Dispute()
    dispute.attacks_to(7)
    assert dispute.move(7, letter(1600, 1600 + 0x61), ALICE) == "ok"
    assert dispute.send(0, "addLocalData", 4, 8, 0, by=CAROL) == "ok"
    assert dispute.send(0, "step", 8, True, ABSOLUTE_STATE, b"", by=BOB) == "ValidStep"
    dispute.check()


def test_a_game_of_two() -> None:
    dispute = Dispute()
    assert dispute.create(120, by=BOB, game_type=PERMISSIONED_TYPE) == "BadAuth"
    assert dispute.create(120, by=ALICE, game_type=PERMISSIONED_TYPE) == "ok"
    bond = required_bond(1, SETTING.limits.max_depth)
    attack = (1, "attack", ROOT, 0, value(1))
    assert dispute.send(*attack, by=CAROL, value=bond) == "BadAuth"
    assert dispute.send(*attack, by=BOB, value=bond) == "ok"
    assert dispute.send(1, "step", 1, True, b"", b"", by=CAROL) == "BadAuth"
    assert dispute.send(1, "step", 1, True, b"", b"", by=BOB) == "InvalidParent"
    dispute.now += CLOCK
    for index in (1, 0):
        assert dispute.send(1, "resolveClaim", index, 0, by=CAROL) == "ok"
    assert dispute.send(1, "resolve", by=CAROL) == "ok"
    dispute.check()


# --- public failures of other contracts


def test_a_move_names_what_it_disputes() -> None:
    """After a reorganization of L1 an index can be of another claim."""
    dispute = Dispute()
    assert dispute.move(0, value(1)) == "ok"
    bond = required_bond(2, SETTING.limits.max_depth)
    assert dispute.send(0, "attack", ROOT, 1, value(2), value=bond) == "InvalidDisputedClaimIndex"
    assert dispute.send(0, "attack", Hash32(value(1)), 1, value(2), value=bond) == "ok"


def test_the_address_of_a_game_is_of_this_game_only() -> None:
    """It depends on creator, root, L1 block and number: after a reorganization there is another one."""
    addresses = set()
    for by, root, number, l1 in (
        (ALICE, ROOT, 110, 5),
        (BOB, ROOT, 110, 5),
        (ALICE, Hash32(b"\xbb" * 32), 110, 5),
        (ALICE, ROOT, 111, 5),
        (ALICE, ROOT, 110, 0),
    ):
        deployment = deploy_ours(OwnEvm(), SETTING)
        deployment.evm.set_time(START + 100, l1 + 1)
        create = load_contract("DisputeGameFactory").function("create")
        data = create.encode(TYPE, root, number.to_bytes(32, "big"))
        done = deployment.evm.call(by, deployment.addresses["factory"], data, BOND)
        assert done.success
        addresses.add(done.output)
    # Block 5 has no hash there, block 0 has one.
    assert len(addresses) == 5


def test_a_move_in_the_last_second_leaves_the_other_side_time() -> None:
    dispute = Dispute()
    assert dispute.move(0, value(1)) == "ok"
    dispute.now += CLOCK - 1
    assert dispute.move(1, value(2), ALICE) == "ok"
    # Bob's clock stood at 0 when Alice's had run almost down; he inherits nothing of it.
    assert dispute.move(2, value(3), CAROL) == "ok"
    dispute.now += 1
    assert dispute.move(1, value(9), ALICE) == "ClockTimeExceeded"
    assert dispute.move(3, value(4), ALICE) == "ok"
    assert CLOCK - dispute.game.claims[4].clock.duration == EXTENSION
    dispute.check()


@pytest.mark.parametrize(("depth", "left"), [(2, EXTENSION), (3, 2 * EXTENSION), (7, EXTENSION + 700)])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_threshold_is_what_is_granted(depth: int, left: int, more: int) -> None:
    """Also for sides that have between one and two extensions left, and before the last depth."""
    dispute = Dispute()
    dispute.attacks_to(depth - 1)
    dispute.now += CLOCK - (left + more)
    assert dispute.move(depth - 1, value(99)) == "ok"
    assert CLOCK - dispute.game.claims[-1].clock.duration == max(left, left + more)


def test_no_move_on_a_resolved_claim() -> None:
    dispute = Dispute()
    assert dispute.move(0, value(1)) == "ok"
    dispute.now += CLOCK
    assert dispute.resolve(1) == "ok"
    assert dispute.move(1, value(2), ALICE) == "ClockTimeExceeded"
    assert dispute.resolve(1) == "ClaimAlreadyResolved"


def test_no_branch_is_left_behind() -> None:
    dispute = Dispute()
    assert dispute.move(0, value(1)) == "ok"
    assert dispute.move(0, value(2)) == "ok"
    dispute.now += CLOCK
    assert dispute.resolve(1) == "ok"
    assert dispute.resolve(0) == "OutOfOrderResolution"
    assert dispute.send(0, "resolve") == "OutOfOrderResolution"
    assert dispute.resolve(2) == "ok"
    assert dispute.resolve(0) == "ok"
    assert dispute.send(0, "resolve") == "ok"
    dispute.check()


@pytest.mark.parametrize("children", [1, 511, 512, 513])
def test_many_children_are_resolved_in_portions(children: int) -> None:
    dispute = Dispute()
    for number in range(children):
        assert dispute.move(0, value(number)) == "ok"
    dispute.now += CLOCK
    for index in range(1, children + 1):
        assert dispute.resolve(index) == "ok"
    while 0 not in dispute.game.resolved_subgames:
        left = dispute.game.get_num_to_resolve(0)
        assert dispute.resolve(0, 512) == "ok"
        assert dispute.game.get_num_to_resolve(0) == max(0, left - 512)
    assert dispute.send(0, "resolve") == "ok"
    assert dispute.game.claims[0].countered_by == BOB


@pytest.mark.parametrize("number", [100, 1 << 64, (1 << 256) - 1])
def test_absurd_numbers_of_blocks(number: int) -> None:
    dispute = Dispute()
    assert dispute.create(number) == "UnexpectedRootClaim"


@pytest.mark.parametrize("number", [111, 1 << 63, (1 << 64) - 1])
def test_numbers_that_clients_can_count(number: int) -> None:
    dispute = Dispute()
    assert dispute.create(number) == "ok"
    dispute.check()


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_extra_data_is_one_word(size: int) -> None:
    dispute = Dispute()
    sent = dispute.send("factory", "create", TYPE, ROOT, bytes(size), value=BOND)
    assert sent == "BadExtraData"


def test_behind_the_claimed_block_there_is_no_later_one() -> None:
    """The disputed block of a dispute right of the claimed one is the claimed one: contract and program."""
    dispute = Dispute(number=102)  # the trace has 16 blocks
    for index in range(4):
        assert dispute.move(index, value(index), is_attack=index != 1) == "ok"
    assert dispute.move(4, value(4)) == "ok"
    assert dispute.send(0, "addLocalData", 4, 5, 0) == "ok"
    ((_, part),) = dispute.twin.model.oracle.parts.items()
    assert part[8:16] == (102).to_bytes(8, "big")
    dispute.check()


@pytest.mark.parametrize(("max_depth", "split"), [(68, 64), (73, 30), (125, 121), (125, 64)])
def test_games_as_deep_as_they_can_be(max_depth: int, split: int) -> None:
    setting = replace(SETTING, limits=GameLimits(max_depth, split, EXTENSION, CLOCK))
    dispute = Dispute(setting)
    for index in range(max_depth):
        is_attack = index in (0, split, split + 1) or index % 3 > 0
        status = 1 if index != split or is_attack else 0
        assert dispute.move(index, value(index, status), is_attack=is_attack) == "ok", index
    assert dispute.move(max_depth, value(0)) == "GameDepthExceeded"
    assert dispute.send(0, "addLocalData", 4, max_depth, 0) == "ok"
    assert dispute.send(0, "step", max_depth, False, b"", b"") == "InvalidPrestate"
    dispute.check()


def test_deeper_games_cannot_be() -> None:
    """Positions would not fit. The constructor of a deployed contract says so as the model does."""
    from pyoprollup.challenger.model import GAME_RULES
    from pyoprollup.challenger.model.reverts import MaxDepthTooLarge

    for depth in (126, 127):
        with pytest.raises(MaxDepthTooLarge):
            GameLimits(depth, 30, EXTENSION, CLOCK).check(GAME_RULES["2.4.2"])


def test_the_anchor_moves_when_a_game_is_closed() -> None:
    """Not when it is resolved, so that the guardian can object; and never back."""
    dispute = Dispute(number=120)
    assert dispute.create(115) == "ok"
    assert dispute.create(130) == "ok"
    dispute.now += CLOCK
    for place in range(3):
        assert dispute.send(place, "resolveClaim", 0, 0) == "ok"
        assert dispute.send(place, "resolve") == "ok"
    registry: Any = dispute.twin.model.registry
    assert registry.anchor_game is None
    wrong = dispute.twin.model.games[2].address
    assert (
        dispute.send("registry", "blacklistDisputeGame", wrong, by=BOB) == "AnchorStateRegistry_Unauthorized"
    )
    assert dispute.send("registry", "blacklistDisputeGame", wrong, by=OWNER) == "ok"
    dispute.now += SETTING.finality_delay + 1
    for place, anchor in ((2, 100), (0, 120), (1, 120)):
        assert dispute.send(place, "closeGame") == "ok"
        assert registry.anchor_root().number == anchor
    anchor_game = registry.anchor_game.address
    assert dispute.send("registry", "blacklistDisputeGame", anchor_game, by=OWNER) == "ok"
    assert dispute.create(140) == "ok", "an anchor that is ruled out later stops nobody"
    dispute.check()


def test_a_game_that_was_ruled_out_gives_everybody_his_own() -> None:
    dispute = Dispute()
    assert dispute.move(0, value(1)) == "ok"
    dispute.now += CLOCK
    for index in (1, 0):
        assert dispute.resolve(index) == "ok"
    assert dispute.send(0, "resolve") == "ok"
    assert dispute.send("registry", "blacklistDisputeGame", dispute.game.address, by=OWNER) == "ok"
    dispute.now += SETTING.finality_delay + 1
    for player in (ALICE, BOB):
        assert dispute.send(0, "claimCredit", player) == "ok"
        assert dispute.game.credit(player) == dispute.game.refund_mode_credit[player] > 0
    dispute.now += SETTING.weth_delay
    for player in (ALICE, BOB):
        assert dispute.send(0, "claimCredit", player) == "ok"
        assert dispute.send(0, "claimCredit", player) == "NoCreditToClaim"
    dispute.check()


def test_games_without_bonds_are_closed() -> None:
    dispute = Dispute()
    assert dispute.send("factory", "setInitBond", TYPE, 0, by=OWNER) == "ok"
    extra = (130).to_bytes(32, "big")
    assert dispute.send("factory", "create", TYPE, ROOT, extra) == "ok"
    dispute.now += CLOCK
    assert dispute.send(1, "resolveClaim", 0, 0) == "ok"
    assert dispute.send(1, "resolve") == "ok"
    dispute.now += SETTING.finality_delay + 1
    assert dispute.send(1, "closeGame") == "ok"
    assert dispute.twin.model.registry.anchor_root(TYPE).number == 130
    dispute.check()


# --- large pre-images


def upload(dispute: Dispute, size: int = 600, wrong: int = -1, offset: int = 8) -> Upload:
    made = Upload(ALICE, 7, offset, bytes(range(200)) * (size // 200), wrong)
    assert dispute.send("oracle", "initLPP", 7, offset, size, value=MIN_BOND_SIZE) == "ok"
    return made


def add(dispute: Dispute, made: Upload, first: int, last: int, *, finalize: bool) -> str:
    data = made.data[136 * first : len(made.data) if finalize else 136 * last]
    commitments = [leaf.state_commitment for leaf in made.leaves[first:last]]
    return dispute.send("oracle", "addLeavesLPP", 7, first, data, commitments, finalize)


def pair(made: Upload, index: int) -> tuple[Any, ...]:
    """Arguments about a leaf and the one before it."""
    proofs = [leaf_proof(made.leaves, at) for at in (index - 1, index)]
    leaves = [(leaf.input, leaf.index, leaf.state_commitment) for leaf in made.leaves[index - 1 : index + 1]]
    return ALICE, 7, (made.states[index - 1],), leaves[0], proofs[0], leaves[1], proofs[1]


def test_a_large_preimage_is_squeezed_after_the_period() -> None:
    dispute = Dispute()
    made = upload(dispute)
    last = len(made.leaves) - 1
    assert add(dispute, made, 0, 2, finalize=False) == "ok"
    # A proposal without its last leaf is not one that has waited since 1970.
    assert dispute.send("oracle", "squeezeLPP", *pair(made, last)) == "ActiveProposal"
    again = ("initLPP", 7, 40, 600)
    assert dispute.send("oracle", *again, value=MIN_BOND_SIZE) == "AlreadyInitialized"
    assert add(dispute, made, 2, last + 1, finalize=True) == "ok"
    assert add(dispute, made, last + 1, last + 2, finalize=True) == "AlreadyFinalized"
    dispute.now += SETTING.challenge_period
    assert dispute.send("oracle", "squeezeLPP", *pair(made, last)) == "ActiveProposal"
    assert dispute.send("oracle", *again, value=MIN_BOND_SIZE) == "AlreadyInitialized"
    dispute.now += 1
    assert dispute.send("oracle", "squeezeLPP", *pair(made, last - 1)) == "StatesNotContiguous"
    assert dispute.send("oracle", "squeezeLPP", *pair(made, last)) == "ok"
    key = bytes([2]) + keccak256(made.data)[1:]
    assert dispute.twin.model.oracle.read_preimage(Hash32(key), 8) == (made.data[:32], 32)
    dispute.check()


@pytest.mark.parametrize("wrong", [0, 1, 2, 4])
def test_whoever_finds_a_wrong_leaf_gets_the_bond(wrong: int) -> None:
    """The first, one in the middle, the last."""
    dispute = Dispute()
    made = upload(dispute, wrong=wrong)
    assert len(made.leaves) == 5
    assert add(dispute, made, 0, 5, finalize=True) == "ok"
    before = dispute.twin.deployment.evm.balance(BOB)
    if wrong == 0:
        leaf = made.leaves[0]
        first = (leaf.input, 0, leaf.state_commitment)
        arguments: tuple[Any, ...] = (ALICE, 7, first, leaf_proof(made.leaves, 0))
        assert dispute.send("oracle", "challengeFirstLPP", *arguments, by=BOB) == "ok"
    else:
        assert dispute.send("oracle", "challengeLPP", *pair(made, wrong), by=BOB) == "ok"
    assert dispute.twin.deployment.evm.balance(BOB) == before + MIN_BOND_SIZE
    dispute.now += SETTING.challenge_period + 1
    assert dispute.send("oracle", "squeezeLPP", *pair(made, 4)) == "BadProposal"
    dispute.check()


def test_a_right_leaf_cannot_be_challenged() -> None:
    dispute = Dispute()
    made = upload(dispute)
    assert add(dispute, made, 0, 5, finalize=True) == "ok"
    for index in range(1, 5):
        assert dispute.send("oracle", "challengeLPP", *pair(made, index), by=BOB) == "PostStateMatches"


@pytest.mark.parametrize(("gas", "result"), [(3_000, "ok"), (1 << 40, "NotEnoughGas")])
def test_too_little_gas_is_not_taken_for_an_answer(gas: int, result: str) -> None:
    dispute = Dispute()
    call = ("loadPrecompilePreimagePart", 0, Address(bytes(19) + b"\2"), gas, b"data")
    assert dispute.send("oracle", *call) == result
    dispute.check()


def test_gas_just_above_and_below_the_need() -> None:
    """The 64th that stays and the reserve are checked before the call; below that there is no answer."""
    deployment = deploy_ours(OwnEvm(), SETTING)
    oracle = load_contract("PreimageOracle").function("loadPrecompilePreimagePart")
    evm: Any = deployment.evm
    need = 1_000_000
    limit = need * 64 // 63 + 100_000
    for more, expected in ((60_000, True), (-10_000, False)):
        data = oracle.encode(0, Address(bytes(19) + b"\4"), need, b"data")
        done = evm.call(ALICE, deployment.addresses["oracle"], data, gas=limit + more)
        assert done.success is expected
        if not expected:
            assert done.output == keccak256(b"NotEnoughGas()")[:4]


@pytest.mark.parametrize("offset", [0, 7, 8, 39, 40])
def test_a_field_element_of_a_blob(offset: int) -> None:
    """The polynomial without terms is 0 everywhere; commitment and proofs are the point at infinity."""
    dispute = Dispute()
    point = b"\xc0" + bytes(47)
    call = ("loadBlobPreimagePart", 12345, 0, point, point, offset)
    assert dispute.send("oracle", *call) == ("ok" if offset < 40 else "PartOffsetOOB")
    assert dispute.send("oracle", "loadBlobPreimagePart", 12345, 1, point, point, 0) == "InvalidProof"
    dispute.check()


def test_what_was_added_can_be_read_from_the_log() -> None:
    """Behind the caller's address is the calldata."""
    dispute = Dispute()
    made = upload(dispute)
    deployment = dispute.twin.deployment
    add_leaves = load_contract("PreimageOracle").function("addLeavesLPP")
    commitments = [leaf.state_commitment for leaf in made.leaves]
    data = add_leaves.encode(7, 0, made.data, commitments, True)
    done = deployment.evm.call(ALICE, deployment.addresses["oracle"], data)
    assert done.success
    (log,) = done.logs
    assert (log.topics, log.data) == ((), ALICE + data)


# --- the vault


def test_the_other_withdrawal_is_there_too() -> None:
    """``withdraw(uint256)`` has a namesake, so the fallback answers for it."""
    dispute = Dispute()
    deployment, weth = dispute.twin.deployment, load_contract("DelayedWETH")
    at = deployment.addresses["weth"]
    evm = deployment.evm
    withdraw = weth.function("withdraw(uint256)").encode(5)
    assert evm.call(ALICE, at, b"", 9).success, "it takes money without a call"
    assert evm.call(ALICE, at, weth.function("unlock").encode(ALICE, 5)).success
    assert not evm.call(ALICE, at, withdraw).success
    evm.set_time(dispute.now + SETTING.weth_delay, 99)
    assert not evm.call(ALICE, at, withdraw, 1).success
    before = evm.balance(ALICE)
    assert evm.call(ALICE, at, withdraw).success
    assert evm.balance(ALICE) == before + 5
    held = weth.function("hold(address)").encode(ALICE)
    assert not evm.call(ALICE, at, held).success
    assert evm.call(OWNER, at, held).success
    balance = weth.function("balanceOf")
    assert balance.decode_result(evm.call(OWNER, at, balance.encode(OWNER)).output) == 4
    assert balance.decode_result(evm.call(OWNER, at, balance.encode(ALICE)).output) == 0


def test_a_game_takes_money_and_nothing_happens() -> None:
    """Calldata without a selector must not be read together with what is behind it."""
    dispute = Dispute()
    evm = dispute.twin.deployment.evm
    done = evm.call(ALICE, dispute.game.address, b"", 5)
    assert (done.success, done.logs, evm.balance(dispute.game.address)) == (True, (), 5)
