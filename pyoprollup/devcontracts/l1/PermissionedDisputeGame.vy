# pragma version 0.4.3
# pragma evm-version paris
"""
@title PermissionedDisputeGame
@license MIT
@notice A game that only its proposer begins, and that only proposer and challenger play: their addresses are
        behind the other arguments (20 bytes each). See modules/fault_game.vy.
"""

from modules import fault_game

initializes: fault_game
exports: fault_game.__interface__

MORE_ARGS: constant(uint256) = 40

struct GameConstructorParams:
    maxGameDepth: uint256
    splitDepth: uint256
    clockExtension: uint64
    maxClockDuration: uint64


@deploy
def __init__(_params: GameConstructorParams):
    fault_game.__init__(
        _params.maxGameDepth,
        _params.splitDepth,
        convert(_params.clockExtension, uint256),
        convert(_params.maxClockDuration, uint256),
    )


@external
@pure
def version() -> String[16]:
    return "2.4.0-pyoprollup"


@external
@view
def proposer() -> address:
    return self._proposer()


@external
@view
def challenger() -> address:
    return self._challenger()


@external
@payable
def initialize():
    fault_game._initialize(MORE_ARGS)
    if tx.origin != self._proposer():
        raw_revert(method_id("BadAuth()"))


@external
@payable
def attack(_disputed: bytes32, _parentIndex: uint256, _claim: bytes32):
    self._only_authorized()
    fault_game._make_move(_disputed, _parentIndex, _claim, True)


@external
@payable
def defend(_disputed: bytes32, _parentIndex: uint256, _claim: bytes32):
    self._only_authorized()
    fault_game._make_move(_disputed, _parentIndex, _claim, False)


@external
@payable
def move(_disputed: bytes32, _challengeIndex: uint256, _claim: bytes32, _isAttack: bool):
    self._only_authorized()
    fault_game._make_move(_disputed, _challengeIndex, _claim, _isAttack)


@external
def step(
    _claimIndex: uint256,
    _isAttack: bool,
    _stateData: Bytes[fault_game.MAX_STATE],
    _proof: Bytes[fault_game.MAX_PROOF],
):
    self._only_authorized()
    fault_game._step(_claimIndex, _isAttack, _stateData, _proof)


@internal
@view
def _only_authorized():
    if msg.sender != self._proposer() and msg.sender != self._challenger():
        raw_revert(method_id("BadAuth()"))


@internal
@view
def _proposer() -> address:
    return fault_game._arg_address(fault_game.ARGS_SIZE)


@internal
@view
def _challenger() -> address:
    return fault_game._arg_address(fault_game.ARGS_SIZE + 20)
