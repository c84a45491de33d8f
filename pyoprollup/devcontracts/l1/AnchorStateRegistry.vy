# pragma version 0.4.3
# pragma evm-version paris
"""
@title AnchorStateRegistry
@license MIT
@notice The newest output root that a game has confirmed: what new games begin from.
        Specification: fault-proof/stage-one/anchor-state-registry.md.
        It moves only forward, only by a game of the factory's that has been won for a while and that nobody
        has ruled out meanwhile.
"""

MAX_EXTRA_DATA: constant(uint256) = 1024

IN_PROGRESS: constant(uint8) = 0
DEFENDER_WINS: constant(uint8) = 2

interface DisputeGame:
    def gameData() -> (uint32, bytes32, Bytes[MAX_EXTRA_DATA]): view
    def rootClaim() -> bytes32: view
    def l2SequenceNumber() -> uint256: view
    def status() -> uint8: view
    def createdAt() -> uint64: view
    def resolvedAt() -> uint64: view
    def wasRespectedGameTypeWhenCreated() -> bool: view

interface DisputeGameFactory:
    def games(
        _gameType: uint32, _rootClaim: bytes32, _extraData: Bytes[MAX_EXTRA_DATA]
    ) -> (address, uint64): view

event AnchorUpdated:
    game: indexed(address)

event DisputeGameBlacklisted:
    disputeGame: indexed(address)

event RespectedGameTypeSet:
    gameType: uint32

event RetirementTimestampSet:
    timestamp: uint256

struct OutputRoot:
    root: bytes32
    l2SequenceNumber: uint256

# Their values at genesis are in the allocation: there is no constructor.
owner: public(address)
disputeGameFactory: public(address)
respectedGameType: public(uint32)
retirementTimestamp: public(uint64)
disputeGameFinalityDelaySeconds: public(uint256)
anchorGame: public(address)
startingAnchorRoot: OutputRoot
disputeGameBlacklist: public(HashMap[address, bool])
paused: public(bool)


@external
@pure
def version() -> String[16]:
    return "3.9.0-pyoprollup"


@external
@view
def getStartingAnchorRoot() -> OutputRoot:
    return self.startingAnchorRoot


@external
@view
def getAnchorRoot() -> (bytes32, uint256):
    return self._anchor()


@external
@view
def anchors(_gameType: uint32) -> (bytes32, uint256):
    """
    @notice The same by its older name: all types have one anchor.
    """
    return self._anchor()


@external
def setAnchorState(_game: address):
    if not self._is_claim_valid(_game) or staticcall DisputeGame(_game).l2SequenceNumber() <= self._anchor()[1]:
        raw_revert(method_id("AnchorStateRegistry_InvalidAnchorGame()"))
    self.anchorGame = _game
    log AnchorUpdated(game=_game)


@external
def setRespectedGameType(_gameType: uint32):
    self._only_owner()
    self.respectedGameType = _gameType
    log RespectedGameTypeSet(gameType=_gameType)


@external
def updateRetirementTimestamp():
    self._only_owner()
    self.retirementTimestamp = convert(block.timestamp, uint64)
    log RetirementTimestampSet(timestamp=block.timestamp)


@external
def blacklistDisputeGame(_disputeGame: address):
    self._only_owner()
    self.disputeGameBlacklist[_disputeGame] = True
    log DisputeGameBlacklisted(disputeGame=_disputeGame)


@external
def setPaused(_paused: bool):
    """
    @notice The registry is its own system configuration: who guards it may stop the payment of bonds.
    """
    self._only_owner()
    self.paused = _paused


@external
@view
def systemConfig() -> address:
    return self


@external
@view
def superchainConfig() -> address:
    return self


@external
@view
def guardian() -> address:
    return self.owner


@external
@view
def isGameBlacklisted(_game: address) -> bool:
    return self.disputeGameBlacklist[_game]


@external
@view
def isGameRegistered(_game: address) -> bool:
    return self._is_registered(_game)


@external
@view
def isGameRespected(_game: address) -> bool:
    return staticcall DisputeGame(_game).wasRespectedGameTypeWhenCreated()


@external
@view
def isGameRetired(_game: address) -> bool:
    return self._is_retired(_game)


@external
@view
def isGameResolved(_game: address) -> bool:
    return self._is_resolved(_game)


@external
@view
def isGameProper(_game: address) -> bool:
    return self._is_proper(_game)


@external
@view
def isGameFinalized(_game: address) -> bool:
    return self._is_finalized(_game)


@external
@view
def isGameClaimValid(_game: address) -> bool:
    return self._is_claim_valid(_game)


@internal
@view
def _only_owner():
    if msg.sender != self.owner:
        raw_revert(method_id("AnchorStateRegistry_Unauthorized()"))


@internal
@view
def _anchor() -> (bytes32, uint256):
    if self.anchorGame == empty(address):
        return self.startingAnchorRoot.root, self.startingAnchorRoot.l2SequenceNumber
    game: DisputeGame = DisputeGame(self.anchorGame)
    return staticcall game.rootClaim(), staticcall game.l2SequenceNumber()


@internal
@view
def _is_registered(_game: address) -> bool:
    gameType: uint32 = 0
    rootClaim: bytes32 = empty(bytes32)
    extraData: Bytes[MAX_EXTRA_DATA] = b""
    gameType, rootClaim, extraData = staticcall DisputeGame(_game).gameData()
    found: address = empty(address)
    timestamp: uint64 = 0
    found, timestamp = staticcall DisputeGameFactory(self.disputeGameFactory).games(gameType, rootClaim, extraData)
    return found == _game


@internal
@view
def _is_retired(_game: address) -> bool:
    return staticcall DisputeGame(_game).createdAt() <= self.retirementTimestamp


@internal
@view
def _is_resolved(_game: address) -> bool:
    game: DisputeGame = DisputeGame(_game)
    return staticcall game.resolvedAt() != 0 and staticcall game.status() != IN_PROGRESS


@internal
@view
def _is_proper(_game: address) -> bool:
    if self.disputeGameBlacklist[_game] or self._is_retired(_game) or self.paused:
        return False
    return self._is_registered(_game)


@internal
@view
def _is_finalized(_game: address) -> bool:
    if not self._is_resolved(_game):
        return False
    age: uint256 = block.timestamp - convert(staticcall DisputeGame(_game).resolvedAt(), uint256)
    return age > self.disputeGameFinalityDelaySeconds


@internal
@view
def _is_claim_valid(_game: address) -> bool:
    if not self._is_proper(_game) or not self._is_finalized(_game):
        return False
    game: DisputeGame = DisputeGame(_game)
    return staticcall game.wasRespectedGameTypeWhenCreated() and staticcall game.status() == DEFENDER_WINS
