# pragma version 0.4.3
# pragma evm-version paris
"""
@title FaultDisputeGame
@license MIT
@notice A game about one output root, which anybody may play. See modules/fault_game.vy.
"""

from modules import fault_game

initializes: fault_game
exports: fault_game.__interface__

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
    return "2.4.2-pyoprollup"


@external
@payable
def initialize():
    fault_game._initialize(0)


@external
@payable
def attack(_disputed: bytes32, _parentIndex: uint256, _claim: bytes32):
    fault_game._make_move(_disputed, _parentIndex, _claim, True)


@external
@payable
def defend(_disputed: bytes32, _parentIndex: uint256, _claim: bytes32):
    fault_game._make_move(_disputed, _parentIndex, _claim, False)


@external
@payable
def move(_disputed: bytes32, _challengeIndex: uint256, _claim: bytes32, _isAttack: bool):
    fault_game._make_move(_disputed, _challengeIndex, _claim, _isAttack)


@external
def step(
    _claimIndex: uint256,
    _isAttack: bool,
    _stateData: Bytes[fault_game.MAX_STATE],
    _proof: Bytes[fault_game.MAX_PROOF],
):
    fault_game._step(_claimIndex, _isAttack, _stateData, _proof)
