# pragma version 0.4.3
# pragma evm-version paris
"""
@title FaultDisputeGame
@license MIT
@notice A game about one output root: its proposal, and its end when nobody has objected.
        Specification: fault-proof/stage-one/fault-dispute-game.md.
        It has no moves yet: the root claim stands uncontested until its clock has run out.
"""

MAX_EXTRA_DATA: constant(uint256) = 1024
MAX_GAME_ARGS: constant(uint256) = 256
GAME_ARGS: constant(uint256) = 132
# Prestate (32), VM (20), anchor registry (20), bond vault (20), L2 chain id (32), clock (8).

IN_PROGRESS: constant(uint8) = 0
DEFENDER_WINS: constant(uint8) = 2

interface AnchorStateRegistry:
    def getAnchorRoot() -> (bytes32, uint256): view
    def respectedGameType() -> uint32: view
    def isGameFinalized(_game: address) -> bool: view
    def setAnchorState(_game: address): nonpayable

struct ClaimData:
    parentIndex: uint32
    counteredBy: address
    claimant: address
    bond: uint128
    claim: bytes32
    position: uint128
    clock: uint128

struct OutputRoot:
    root: bytes32
    l2SequenceNumber: uint256

event Resolved:
    status: indexed(uint8)

event GameClosed:
    bondDistributionMode: uint8

# A clone has all of it in its own storage; that of the implementation stays empty.
factory: address
gameType: public(uint32)
gameCreator: public(address)
rootClaim: public(bytes32)
l1Head: public(bytes32)
extraData: public(Bytes[MAX_EXTRA_DATA])
absolutePrestate: public(bytes32)
vm: public(address)
anchorStateRegistry: public(address)
weth: public(address)
l2ChainId: public(uint256)
maxClockDuration: public(uint64)
startingOutputRoot: public(OutputRoot)
createdAt: public(uint64)
resolvedAt: public(uint64)
status: public(uint8)
wasRespectedGameTypeWhenCreated: public(bool)
bondDistributionMode: public(uint8)
claimData: public(HashMap[uint256, ClaimData])
claimDataLen: public(uint256)
credit: public(HashMap[address, uint256])


@external
@pure
def version() -> String[16]:
    return "1.4.0-pyoprollup"


@external
@payable
def initialize(
    _gameType: uint32,
    _creator: address,
    _rootClaim: bytes32,
    _l1Head: bytes32,
    _extraData: Bytes[MAX_EXTRA_DATA],
    _args: Bytes[MAX_GAME_ARGS],
):
    """
    @notice Begins the game. The factory calls it in the call that creates the game, so nobody is before it.
    """
    if self.createdAt != 0:
        raw_revert(method_id("AlreadyInitialized()"))
    if len(_extraData) != 32:
        raw_revert(method_id("BadExtraData()"))
    assert len(_args) == GAME_ARGS, "FaultDisputeGame: bad game arguments"
    self.factory = msg.sender
    self._keep_arguments(_args)
    registry: AnchorStateRegistry = AnchorStateRegistry(self.anchorStateRegistry)
    anchor: OutputRoot = empty(OutputRoot)
    anchor.root, anchor.l2SequenceNumber = staticcall registry.getAnchorRoot()
    if anchor.root == empty(bytes32):
        raw_revert(method_id("AnchorRootNotFound()"))
    number: uint256 = extract32(_extraData, 0, output_type=uint256)
    if number > convert(max_value(uint64), uint256):
        # Clients count blocks in 64 bits.
        raw_revert(method_id("BadExtraData()"))
    if number <= anchor.l2SequenceNumber:
        raw_revert(abi_encode(_rootClaim, method_id=method_id("UnexpectedRootClaim(bytes32)")))
    self.startingOutputRoot = anchor
    self.gameType = _gameType
    self.gameCreator = _creator
    self.rootClaim = _rootClaim
    self.l1Head = _l1Head
    self.extraData = _extraData
    self.createdAt = convert(block.timestamp, uint64)
    self.wasRespectedGameTypeWhenCreated = staticcall registry.respectedGameType() == _gameType
    self.claimData[0] = ClaimData(
        parentIndex=max_value(uint32),
        counteredBy=empty(address),
        claimant=_creator,
        bond=convert(msg.value, uint128),
        claim=_rootClaim,
        position=1,
        clock=convert(block.timestamp, uint128),
    )
    self.claimDataLen = 1


@internal
def _keep_arguments(_args: Bytes[MAX_GAME_ARGS]):
    self.absolutePrestate = extract32(_args, 0)
    self.vm = convert(slice(_args, 32, 20), address)
    self.anchorStateRegistry = convert(slice(_args, 52, 20), address)
    self.weth = convert(slice(_args, 72, 20), address)
    self.l2ChainId = extract32(_args, 92, output_type=uint256)
    self.maxClockDuration = convert(convert(slice(_args, 124, 8), bytes8), uint64)


@external
@view
def gameData() -> (uint32, bytes32, Bytes[MAX_EXTRA_DATA]):
    return self.gameType, self.rootClaim, self.extraData


@external
@view
def l2BlockNumber() -> uint256:
    return self._number()


@external
@view
def l2SequenceNumber() -> uint256:
    return self._number()


@external
@view
def startingBlockNumber() -> uint256:
    return self.startingOutputRoot.l2SequenceNumber


@external
@view
def startingRootHash() -> bytes32:
    return self.startingOutputRoot.root


@external
def resolve() -> uint8:
    """
    @notice Ends the game, once nobody can object any more.
    """
    if self.status != IN_PROGRESS or self.createdAt == 0:
        raw_revert(method_id("GameNotInProgress()"))
    if block.timestamp - convert(self.createdAt, uint256) < convert(self.maxClockDuration, uint256):
        raw_revert(method_id("ClockNotExpired()"))
    self.status = DEFENDER_WINS
    self.resolvedAt = convert(block.timestamp, uint64)
    self.credit[self.gameCreator] = convert(self.claimData[0].bond, uint256)
    log Resolved(status=DEFENDER_WINS)
    return DEFENDER_WINS


@external
def closeGame():
    """
    @notice Offers the result to the anchor registry, once it is final there. A registry that does not take it
            stops nobody.
    """
    self._close()


@external
def claimCredit(_recipient: address):
    self._close()
    amount: uint256 = self.credit[_recipient]
    if amount == 0:
        raw_revert(method_id("NoCreditToClaim()"))
    self.credit[_recipient] = 0
    if not raw_call(_recipient, b"", value=amount, revert_on_failure=False):
        raw_revert(method_id("BondTransferFailed()"))


@internal
def _close():
    if self.bondDistributionMode != 0:
        return
    if self.resolvedAt == 0:
        raw_revert(method_id("GameNotResolved()"))
    if not staticcall AnchorStateRegistry(self.anchorStateRegistry).isGameFinalized(self):
        raw_revert(method_id("GameNotFinalized()"))
    self.bondDistributionMode = 1
    offered: bool = raw_call(
        self.anchorStateRegistry,
        abi_encode(self, method_id=method_id("setAnchorState(address)")),
        revert_on_failure=False,
    )
    log GameClosed(bondDistributionMode=1)


@internal
@view
def _number() -> uint256:
    if self.createdAt == 0:
        return 0
    return extract32(self.extraData, 0, output_type=uint256)
