# pragma version 0.4.3
# pragma evm-version paris
"""
@title DisputeGameFactory
@license MIT
@notice Creates dispute games and lists them. Specification: fault-proof/stage-one/dispute-game-interface.md.
        A game is a proxy of the implementation of its type, with what it is about in its code. Its address
        depends on that as well: after a reorganization of L1 another game has another address.
"""

from modules import clone

MAX_EXTRA_DATA: constant(uint256) = 1024
MAX_GAME_ARGS: constant(uint256) = 256
MAX_FOUND: constant(uint256) = 32
MAX_GAMES: constant(uint256) = 2**32

interface DisputeGame:
    def initialize(): payable
    def rootClaim() -> bytes32: view
    def extraData() -> Bytes[MAX_EXTRA_DATA]: view

struct GameSearchResult:
    index: uint256
    metadata: bytes32
    timestamp: uint64
    rootClaim: bytes32
    extraData: Bytes[MAX_EXTRA_DATA]

event DisputeGameCreated:
    disputeProxy: indexed(address)
    gameType: indexed(uint32)
    rootClaim: indexed(bytes32)

event ImplementationSet:
    impl: indexed(address)
    gameType: indexed(uint32)

event ImplementationArgsSet:
    gameType: indexed(uint32)
    args: Bytes[MAX_GAME_ARGS]

event InitBondUpdated:
    gameType: indexed(uint32)
    newBond: indexed(uint256)

event OwnershipTransferred:
    previousOwner: indexed(address)
    newOwner: indexed(address)

# Their values at genesis are in the allocation: there is no constructor.
owner: public(address)
gameImpls: public(HashMap[uint32, address])
initBonds: public(HashMap[uint32, uint256])
gameArgs: public(HashMap[uint32, Bytes[MAX_GAME_ARGS]])
gameCount: public(uint256)
_games: HashMap[bytes32, uint256]
_list: HashMap[uint256, uint256]
# Both hold a type (4 bytes), a timestamp (8) and an address (20), in one word.


@external
@pure
def version() -> String[16]:
    return "1.6.1-pyoprollup"


@external
@payable
def create(_gameType: uint32, _rootClaim: bytes32, _extraData: Bytes[MAX_EXTRA_DATA]) -> address:
    impl: address = self.gameImpls[_gameType]
    if impl == empty(address):
        raw_revert(abi_encode(_gameType, method_id=method_id("NoImplementation(uint32)")))
    if msg.value != self.initBonds[_gameType]:
        raw_revert(method_id("IncorrectBondAmount()"))
    uuid: bytes32 = self._uuid(_gameType, _rootClaim, _extraData)
    if self._games[uuid] != 0:
        raw_revert(abi_encode(uuid, method_id=method_id("GameAlreadyExists(bytes32)")))
    args: Bytes[1368] = concat(
        convert(msg.sender, bytes20),
        _rootClaim,
        blockhash(block.number - 1),
        convert(_gameType, bytes4),
        _extraData,
        self.gameArgs[_gameType],
    )
    proxy: address = raw_create(clone._init_code(impl, args), salt=uuid)
    packed: uint256 = (
        convert(_gameType, uint256) << 224 | block.timestamp << 160 | convert(convert(proxy, uint160), uint256)
    )
    self._games[uuid] = packed
    self._list[self.gameCount] = packed
    self.gameCount += 1
    extcall DisputeGame(proxy).initialize(value=msg.value)
    log DisputeGameCreated(disputeProxy=proxy, gameType=_gameType, rootClaim=_rootClaim)
    return proxy


@external
@view
def games(_gameType: uint32, _rootClaim: bytes32, _extraData: Bytes[MAX_EXTRA_DATA]) -> (address, uint64):
    packed: uint256 = self._games[self._uuid(_gameType, _rootClaim, _extraData)]
    return self._proxy(packed), self._timestamp(packed)


@external
@pure
def getGameUUID(_gameType: uint32, _rootClaim: bytes32, _extraData: Bytes[MAX_EXTRA_DATA]) -> bytes32:
    return self._uuid(_gameType, _rootClaim, _extraData)


@external
@view
def gameAtIndex(_index: uint256) -> (uint32, uint64, address):
    if _index >= self.gameCount:
        raw_revert(abi_encode(convert(50, uint256), method_id=method_id("Panic(uint256)")))
    packed: uint256 = self._list[_index]
    return convert(packed >> 224, uint32), self._timestamp(packed), self._proxy(packed)


@external
@view
def findLatestGames(_gameType: uint32, _start: uint256, _n: uint256) -> DynArray[GameSearchResult, MAX_FOUND]:
    """
    @notice Up to _n games of a type, from index _start backwards.
    """
    found: DynArray[GameSearchResult, MAX_FOUND] = []
    if _start >= self.gameCount:
        return found
    for back: uint256 in range(_start + 1, bound=MAX_GAMES):
        if len(found) >= min(_n, MAX_FOUND):
            break
        index: uint256 = _start - back
        packed: uint256 = self._list[index]
        if packed >> 224 == convert(_gameType, uint256):
            game: DisputeGame = DisputeGame(self._proxy(packed))
            found.append(
                GameSearchResult(
                    index=index,
                    metadata=convert(packed, bytes32),
                    timestamp=self._timestamp(packed),
                    rootClaim=staticcall game.rootClaim(),
                    extraData=staticcall game.extraData(),
                )
            )
    return found


@external
def setImplementation(_gameType: uint32, _impl: address, _args: Bytes[MAX_GAME_ARGS] = b""):
    self._only_owner()
    self.gameImpls[_gameType] = _impl
    log ImplementationSet(impl=_impl, gameType=_gameType)
    # Without arguments, those that there are stay.
    if len(msg.data) > 68:
        self.gameArgs[_gameType] = _args
        log ImplementationArgsSet(gameType=_gameType, args=_args)


@external
def setInitBond(_gameType: uint32, _initBond: uint256):
    self._only_owner()
    self.initBonds[_gameType] = _initBond
    log InitBondUpdated(gameType=_gameType, newBond=_initBond)


@external
def transferOwnership(_newOwner: address):
    self._only_owner()
    assert _newOwner != empty(address), "Ownable: new owner is the zero address"
    log OwnershipTransferred(previousOwner=self.owner, newOwner=_newOwner)
    self.owner = _newOwner


@internal
@view
def _only_owner():
    assert msg.sender == self.owner, "Ownable: caller is not the owner"


@internal
@pure
def _uuid(_gameType: uint32, _rootClaim: bytes32, _extraData: Bytes[MAX_EXTRA_DATA]) -> bytes32:
    return keccak256(abi_encode(_gameType, _rootClaim, _extraData))


@internal
@pure
def _proxy(_packed: uint256) -> address:
    return convert(convert(_packed & convert(max_value(uint160), uint256), uint160), address)


@internal
@pure
def _timestamp(_packed: uint256) -> uint64:
    return convert(_packed >> 160 & convert(max_value(uint64), uint256), uint64)
