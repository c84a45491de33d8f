# pragma version 0.4.3
# pragma evm-version paris
"""
@title Fault dispute game
@license MIT
@notice What the two kinds of games have in common: claims and their clocks, steps, resolution, and credit.
        Specification: fault-proof/stage-one/fault-dispute-game.md and bond-incentives.md.
        What a game is about comes with the calldata: creator (20), root claim (32), L1 head (32), type (4),
        L2 block number (32), prestate (32), VM (20), anchor registry (20), bond vault (20), L2 chain id (32).
"""

from . import bonds
from . import positions
from . import rlp

MAX_STATE: constant(uint256) = 1024
MAX_PROOF: constant(uint256) = 16384
MAX_CHILDREN: constant(uint256) = 2**32
NO_PARENT: constant(uint256) = 2**32 - 1
ARGS_SIZE: constant(uint256) = 244

IN_PROGRESS: constant(uint8) = 0
CHALLENGER_WINS: constant(uint8) = 1
DEFENDER_WINS: constant(uint8) = 2

UNDECIDED: constant(uint8) = 0
NORMAL: constant(uint8) = 1
REFUND: constant(uint8) = 2

interface AnchorStateRegistry:
    def getAnchorRoot() -> (bytes32, uint256): view
    def respectedGameType() -> uint32: view
    def paused() -> bool: view
    def isGameFinalized(_game: address) -> bool: view
    def isGameProper(_game: address) -> bool: view

interface DelayedWETH:
    def deposit(): payable
    def unlock(_guy: address, _wad: uint256): nonpayable
    def withdraw(_guy: address, _wad: uint256): nonpayable

interface VM:
    def oracle() -> address: view
    def step(_stateData: Bytes[MAX_STATE], _proof: Bytes[MAX_PROOF], _localContext: bytes32) -> bytes32: nonpayable

interface PreimageOracle:
    def challengePeriod() -> uint256: view
    def loadLocalData(
        _ident: uint256, _localContext: bytes32, _word: bytes32, _size: uint256, _partOffset: uint256
    ) -> bytes32: nonpayable

struct Claim:
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

struct OutputRootProof:
    version: bytes32
    stateRoot: bytes32
    messagePasserStorageRoot: bytes32
    latestBlockhash: bytes32

struct Checkpoint:
    initialCheckpointComplete: bool
    subgameIndex: uint32
    leftmostPosition: uint128
    counteredBy: address

struct Outputs:
    starting: bytes32
    startingPosition: uint256
    disputed: bytes32
    disputedPosition: uint256

event Move:
    parentIndex: indexed(uint256)
    claim: indexed(bytes32)
    claimant: indexed(address)

event Resolved:
    status: indexed(uint8)

event GameClosed:
    bondDistributionMode: uint8

MAX_GAME_DEPTH: immutable(uint256)
SPLIT_DEPTH: immutable(uint256)
CLOCK_EXTENSION: immutable(uint256)
MAX_CLOCK_DURATION: immutable(uint256)

# A clone has all of it in its own storage; that of the implementation stays empty.
createdAt: public(uint64)
resolvedAt: public(uint64)
status: public(uint8)
l2BlockNumberChallenged: public(bool)
l2BlockNumberChallenger: public(address)
startingOutputRoot: public(OutputRoot)
wasRespectedGameTypeWhenCreated: public(bool)
bondDistributionMode: public(uint8)
claimDataLen: public(uint256)
_claims: HashMap[uint256, Claim]
claims: public(HashMap[bytes32, bool])
_subgames: HashMap[uint256, HashMap[uint256, uint256]]
_subgameLengths: HashMap[uint256, uint256]
resolvedSubgames: public(HashMap[uint256, bool])
resolutionCheckpoints: public(HashMap[uint256, Checkpoint])
normalModeCredit: public(HashMap[address, uint256])
refundModeCredit: public(HashMap[address, uint256])
hasUnlockedCredit: public(HashMap[address, bool])


@deploy
def __init__(_maxGameDepth: uint256, _splitDepth: uint256, _clockExtension: uint256, _maxClockDuration: uint256):
    if _maxGameDepth > 125:
        raw_revert(method_id("MaxDepthTooLarge()"))
    if _splitDepth < 2 or _splitDepth >= _maxGameDepth - min(_maxGameDepth, 1):
        raw_revert(method_id("InvalidSplitDepth()"))
    if _clockExtension * 2 > _maxClockDuration or _maxClockDuration >= 2**64:
        raw_revert(method_id("InvalidClockExtension()"))
    MAX_GAME_DEPTH = _maxGameDepth
    SPLIT_DEPTH = _splitDepth
    CLOCK_EXTENSION = _clockExtension
    MAX_CLOCK_DURATION = _maxClockDuration


# --- what the game is about


@internal
@view
def _args_offset() -> uint256:
    size: uint256 = len(msg.data)
    return size - convert(slice(msg.data, size - 2, 2), uint256)


@internal
@view
def _arg_word(_at: uint256) -> bytes32:
    return convert(slice(msg.data, self._args_offset() + _at, 32), bytes32)


@internal
@view
def _arg_address(_at: uint256) -> address:
    return convert(convert(slice(msg.data, self._args_offset() + _at, 20), bytes20), address)


@external
@view
def gameCreator() -> address:
    return self._arg_address(0)


@external
@view
def rootClaim() -> bytes32:
    return self._arg_word(20)


@external
@view
def rootClaimByChainId(_chainId: uint256) -> bytes32:
    if _chainId != convert(self._arg_word(212), uint256):
        raw_revert(method_id("UnknownChainId()"))
    return self._arg_word(20)


@external
@view
def l1Head() -> bytes32:
    return self._arg_word(52)


@external
@view
def gameType() -> uint32:
    return self._game_type()


@internal
@view
def _game_type() -> uint32:
    return convert(convert(slice(msg.data, self._args_offset() + 84, 4), bytes4), uint32)


@external
@view
def extraData() -> Bytes[32]:
    return slice(msg.data, self._args_offset() + 88, 32)


@external
@view
def gameData() -> (uint32, bytes32, Bytes[32]):
    return self._game_type(), self._arg_word(20), slice(msg.data, self._args_offset() + 88, 32)


@external
@view
def l2BlockNumber() -> uint256:
    return self._number()


@external
@view
def l2SequenceNumber() -> uint256:
    return self._number()


@internal
@view
def _number() -> uint256:
    return convert(self._arg_word(88), uint256)


@external
@view
def absolutePrestate() -> bytes32:
    return self._arg_word(120)


@external
@view
def vm() -> address:
    return self._arg_address(152)


@external
@view
def anchorStateRegistry() -> address:
    return self._arg_address(172)


@external
@view
def weth() -> address:
    return self._arg_address(192)


@external
@view
def l2ChainId() -> uint256:
    return convert(self._arg_word(212), uint256)


@external
@view
def maxGameDepth() -> uint256:
    return MAX_GAME_DEPTH


@external
@view
def splitDepth() -> uint256:
    return SPLIT_DEPTH


@external
@view
def clockExtension() -> uint64:
    return convert(CLOCK_EXTENSION, uint64)


@external
@view
def maxClockDuration() -> uint64:
    return convert(MAX_CLOCK_DURATION, uint64)


@external
@view
def startingBlockNumber() -> uint256:
    return self.startingOutputRoot.l2SequenceNumber


@external
@view
def startingRootHash() -> bytes32:
    return self.startingOutputRoot.root


# --- creation


@internal
@payable
def _initialize(_moreArgs: uint256):
    """
    @notice Begins the game. The factory calls it in the call that creates the game, so nobody is before it.
    """
    if self.claimDataLen != 0:
        raw_revert(method_id("AlreadyInitialized()"))
    # The extra data must be one word, or there could be two games about the same.
    if len(msg.data) != 6 + ARGS_SIZE + _moreArgs:
        raw_revert(method_id("BadExtraData()"))
    registry: AnchorStateRegistry = AnchorStateRegistry(self._arg_address(172))
    anchor: OutputRoot = empty(OutputRoot)
    anchor.root, anchor.l2SequenceNumber = staticcall registry.getAnchorRoot()
    if anchor.root == empty(bytes32):
        raw_revert(method_id("AnchorRootNotFound()"))
    root: bytes32 = self._arg_word(20)
    number: uint256 = self._number()
    # Clients count blocks in 64 bits.
    if number <= anchor.l2SequenceNumber or number >= 2**64:
        raw_revert(abi_encode(root, method_id=method_id("UnexpectedRootClaim(bytes32)")))
    period: uint256 = self._challenge_period()
    if period >= 2**64:
        raw_revert(method_id("InvalidChallengePeriod()"))
    if CLOCK_EXTENSION + max(CLOCK_EXTENSION, period) > MAX_CLOCK_DURATION:
        raw_revert(method_id("InvalidClockExtension()"))
    creator: address = self._arg_address(0)
    self.startingOutputRoot = anchor
    self._claims[0] = Claim(
        parentIndex=max_value(uint32),
        counteredBy=empty(address),
        claimant=creator,
        bond=convert(msg.value, uint128),
        claim=root,
        position=1,
        clock=convert(block.timestamp, uint128),
    )
    self.claimDataLen = 1
    self.createdAt = convert(block.timestamp, uint64)
    self.wasRespectedGameTypeWhenCreated = staticcall registry.respectedGameType() == self._game_type()
    self._deposit(creator)


@internal
@payable
def _deposit(_depositor: address):
    self.refundModeCredit[_depositor] += msg.value
    extcall DelayedWETH(self._arg_address(192)).deposit(value=msg.value)


@internal
@view
def _challenge_period() -> uint256:
    oracle: address = staticcall VM(self._arg_address(152)).oracle()
    return staticcall PreimageOracle(oracle).challengePeriod()


# --- claims


@external
@view
def claimData(_index: uint256) -> Claim:
    assert _index < self.claimDataLen
    return self._claims[_index]


@external
@view
def subgames(_index: uint256, _place: uint256) -> uint256:
    assert _place < self._subgameLengths[_index]
    return self._subgames[_index][_place]


@external
@view
def getRequiredBond(_position: uint128) -> uint256:
    depth: uint256 = positions._depth(convert(_position, uint256))
    if depth > MAX_GAME_DEPTH:
        raw_revert(method_id("GameDepthExceeded()"))
    return bonds._required_bond(depth, MAX_GAME_DEPTH)


@external
@view
def getChallengerDuration(_claimIndex: uint256) -> uint64:
    self._in_progress()
    return convert(self._challenger_duration(self._claim(_claimIndex)), uint64)


@internal
@view
def _in_progress():
    if self.status != IN_PROGRESS:
        raw_revert(method_id("GameNotInProgress()"))


@internal
@view
def _claim(_index: uint256) -> Claim:
    if _index >= self.claimDataLen:
        self._panic(50)
    return self._claims[_index]


@internal
@pure
def _panic(_code: uint256):
    raw_revert(abi_encode(_code, method_id=method_id("Panic(uint256)")))


@internal
@view
def _challenger_duration(_claim: Claim) -> uint256:
    """
    @notice Seconds on the clock of the side that would answer a claim, at most the whole clock.
    """
    used: uint256 = block.timestamp - convert(_claim.clock, uint256) % 2**64
    if convert(_claim.parentIndex, uint256) != NO_PARENT:
        used += convert(self._claims[convert(_claim.parentIndex, uint256)].clock, uint256) >> 64
    return min(used, MAX_CLOCK_DURATION)


@internal
@view
def _find(_position: uint256, _start: uint256) -> Claim:
    """
    @notice The claim at a position, from another upwards.
    """
    claim: Claim = self._claim(_start)
    for i: uint256 in range(128):
        if convert(claim.position, uint256) == _position:
            break
        claim = self._claim(convert(claim.parentIndex, uint256))
    return claim


@internal
@payable
def _make_move(_disputed: bytes32, _challengeIndex: uint256, _claim: bytes32, _isAttack: bool):
    self._in_progress()
    parent: Claim = self._claim(_challengeIndex)
    # An index alone could be another claim after a reorganization of L1.
    if parent.claim != _disputed:
        raw_revert(method_id("InvalidDisputedClaimIndex()"))
    position: uint256 = positions._move(convert(parent.position, uint256), _isAttack)
    depth: uint256 = positions._depth(position)
    # A root commits to everything there is.
    if not _isAttack and (_challengeIndex == 0 or depth == SPLIT_DEPTH + 2):
        raw_revert(method_id("CannotDefendRootClaim()"))
    if self.l2BlockNumberChallenged and _challengeIndex == 0:
        raw_revert(method_id("L2BlockNumberChallenged()"))
    if depth > MAX_GAME_DEPTH:
        raw_revert(method_id("GameDepthExceeded()"))
    if depth == SPLIT_DEPTH + 1:
        self._check_lower_root(_claim, _challengeIndex, convert(parent.position, uint256), _isAttack)
    if bonds._required_bond(depth, MAX_GAME_DEPTH) != msg.value:
        raw_revert(method_id("IncorrectBondAmount()"))
    used: uint256 = self._challenger_duration(parent)
    if used == MAX_CLOCK_DURATION:
        raw_revert(method_id("ClockTimeExceeded()"))
    extension: uint256 = CLOCK_EXTENSION
    if depth == MAX_GAME_DEPTH - 1:
        extension += self._challenge_period()
    elif depth == SPLIT_DEPTH - 1:
        extension += CLOCK_EXTENSION
    used = min(used, MAX_CLOCK_DURATION - extension)
    uuid: bytes32 = keccak256(concat(_claim, convert(position << 128 | _challengeIndex, bytes32)))
    if self.claims[uuid]:
        raw_revert(method_id("ClaimAlreadyExists()"))
    self.claims[uuid] = True
    index: uint256 = self.claimDataLen
    self._claims[index] = Claim(
        parentIndex=convert(_challengeIndex, uint32),
        counteredBy=empty(address),
        claimant=msg.sender,
        bond=convert(msg.value, uint128),
        claim=_claim,
        position=convert(position, uint128),
        clock=convert(used << 64 | block.timestamp, uint128),
    )
    self.claimDataLen = index + 1
    place: uint256 = self._subgameLengths[_challengeIndex]
    self._subgames[_challengeIndex][place] = index
    self._subgameLengths[_challengeIndex] = place + 1
    self._deposit(msg.sender)
    log Move(parentIndex=_challengeIndex, claim=_claim, claimant=msg.sender)


@internal
@view
def _check_lower_root(_claim: bytes32, _parentIndex: uint256, _parentPosition: uint256, _isAttack: bool):
    """
    @notice The root of a lower game says how the machine ends, in its first byte: not well (1, 2) if who
            begins that game disagrees with the output root that comes out of it, else well (0).
    """
    disputed: Claim = self._find(positions._trace_ancestor(_parentPosition + 1), _parentIndex)
    depth: uint256 = positions._depth(convert(disputed.position, uint256))
    machineStatus: uint256 = convert(_claim, uint256) >> 248
    allowed: bool = machineStatus == 0
    if _isAttack or depth % 2 == SPLIT_DEPTH % 2:
        allowed = machineStatus == 1 or machineStatus == 2
    if not allowed:
        raw_revert(abi_encode(_claim, method_id=method_id("UnexpectedRootClaim(bytes32)")))


# --- steps


@internal
def _step(_claimIndex: uint256, _isAttack: bool, _stateData: Bytes[MAX_STATE], _proof: Bytes[MAX_PROOF]):
    self._in_progress()
    parent: Claim = self._claim(_claimIndex)
    position: uint256 = convert(parent.position, uint256)
    if positions._depth(position) != MAX_GAME_DEPTH:
        raw_revert(method_id("InvalidParent()"))
    before: bytes32 = parent.claim
    post: Claim = parent
    if _isAttack:
        steps: uint256 = 1 << (MAX_GAME_DEPTH - SPLIT_DEPTH)
        if (position << 1) % steps == 0:
            before = self._arg_word(120)
        else:
            before = self._find(
                positions._trace_ancestor_below(position - 1, SPLIT_DEPTH), convert(parent.parentIndex, uint256)
            ).claim
    else:
        post = self._find(
            positions._trace_ancestor_below(position + 1, SPLIT_DEPTH), convert(parent.parentIndex, uint256)
        )
    # The first byte of a claim is the status of the machine.
    if (convert(keccak256(_stateData), uint256) ^ convert(before, uint256)) << 8 != 0:
        raw_revert(method_id("InvalidPrestate()"))
    localContext: bytes32 = self._local_context(self._outputs(_claimIndex))
    result: bytes32 = extcall VM(self._arg_address(152)).step(_stateData, _proof, localContext)
    postDepth: uint256 = positions._depth(convert(post.position, uint256))
    agrees: bool = (MAX_GAME_DEPTH - postDepth) % 2 == 0
    if agrees == (result == post.claim):
        raw_revert(method_id("ValidStep()"))
    if parent.counteredBy != empty(address):
        raw_revert(method_id("DuplicateStep()"))
    self._claims[_claimIndex].counteredBy = msg.sender


@internal
@view
def _outputs(_start: uint256) -> Outputs:
    """
    @notice The output roots that the lower game of a claim is about: the agreed one, and the disputed one.
    """
    index: uint256 = _start
    claim: Claim = self._claim(index)
    root: uint256 = 0
    depth: uint256 = positions._depth(convert(claim.position, uint256))
    if depth <= SPLIT_DEPTH:
        raw_revert(method_id("ClaimAboveSplit()"))
    for i: uint256 in range(128):
        if depth <= SPLIT_DEPTH:
            break
        root = convert(claim.position, uint256)
        index = convert(claim.parentIndex, uint256)
        claim = self._claim(index)
        depth = positions._depth(convert(claim.position, uint256))
    position: uint256 = convert(claim.position, uint256)
    other: Claim = empty(Claim)
    if root >> 1 != position:  # a defence: what is disputed comes after the claim
        other = self._find(positions._trace_ancestor(position + 1), index)
        return Outputs(
            starting=claim.claim,
            startingPosition=position,
            disputed=other.claim,
            disputedPosition=convert(other.position, uint256),
        )
    if position == 1 << depth:
        other.claim = self.startingOutputRoot.root
    else:
        other = self._find(positions._trace_ancestor(position - 1), index)
    return Outputs(
        starting=other.claim,
        startingPosition=convert(other.position, uint256),
        disputed=claim.claim,
        disputedPosition=position,
    )


@internal
@pure
def _local_context(_outputs: Outputs) -> bytes32:
    if _outputs.startingPosition == 0:
        return keccak256(concat(_outputs.disputed, convert(_outputs.disputedPosition, bytes32)))
    return keccak256(abi_encode(_outputs))


@external
def addLocalData(_ident: uint256, _execLeafIdx: uint256, _partOffset: uint256):
    """
    @notice Gives the oracle a local pre-image, as a step against a claim of the lower game needs it.
    """
    self._in_progress()
    outputs: Outputs = self._outputs(_execLeafIdx)
    word: bytes32 = empty(bytes32)
    size: uint256 = 32
    if _ident == 1:
        word = self._arg_word(52)
    elif _ident == 2:
        word = outputs.starting
    elif _ident == 3:
        word = outputs.disputed
    elif _ident == 4:
        # Behind the claimed block the trace repeats itself: there is no later block than that.
        reached: uint256 = self.startingOutputRoot.l2SequenceNumber + 1
        reached += positions._trace_index(outputs.disputedPosition, SPLIT_DEPTH)
        word = convert(min(reached, self._number()) << 192, bytes32)
        size = 8
    elif _ident == 5:
        word = convert(convert(self._arg_word(212), uint256) << 192, bytes32)
        size = 8
    else:
        raw_revert(method_id("InvalidLocalIdent()"))
    oracle: address = staticcall VM(self._arg_address(152)).oracle()
    extcall PreimageOracle(oracle).loadLocalData(_ident, self._local_context(outputs), word, size, _partOffset)


@external
def challengeRootL2Block(_outputRootProof: OutputRootProof, _headerRLP: Bytes[rlp.MAX_HEADER]):
    """
    @notice Shows that the root claim is the output of another block than the game says.
    """
    self._in_progress()
    if self.l2BlockNumberChallenged:
        raw_revert(method_id("L2BlockNumberChallenged()"))
    if keccak256(abi_encode(_outputRootProof)) != self._arg_word(20):
        raw_revert(method_id("InvalidOutputRootProof()"))
    if keccak256(_headerRLP) != _outputRootProof.latestBlockhash:
        raw_revert(method_id("InvalidHeaderRLP()"))
    if rlp._header_number(_headerRLP) == self._number():
        raw_revert(method_id("BlockNumberMatches()"))
    self.l2BlockNumberChallenger = msg.sender
    self.l2BlockNumberChallenged = True


# --- the end


@external
@view
def getNumToResolve(_claimIndex: uint256) -> uint256:
    return self._subgameLengths[_claimIndex] - convert(self.resolutionCheckpoints[_claimIndex].subgameIndex, uint256)


@external
def resolveClaim(_claimIndex: uint256, _numToResolve: uint256):
    """
    @notice Resolves a claim, or looks at the next of its children: thousands are too many for one call.
    """
    self._in_progress()
    claim: Claim = self._claim(_claimIndex)
    if self._challenger_duration(claim) < MAX_CLOCK_DURATION:
        raw_revert(method_id("ClockNotExpired()"))
    if self.resolvedSubgames[_claimIndex]:
        raw_revert(method_id("ClaimAlreadyResolved()"))
    children: uint256 = self._subgameLengths[_claimIndex]
    if children == 0 and _claimIndex != 0:
        self._pay(_claimIndex, claim, claim.counteredBy)
        return
    checkpoint: Checkpoint = self.resolutionCheckpoints[_claimIndex]
    count: uint256 = _numToResolve
    if not checkpoint.initialCheckpointComplete:
        checkpoint.leftmostPosition = max_value(uint128)
        checkpoint.initialCheckpointComplete = True
        if count == 0:
            count = children
    begin: uint256 = convert(checkpoint.subgameIndex, uint256)
    if count > max_value(uint256) - begin:
        self._panic(17)
    end: uint256 = min(begin + count, children)
    for place: uint256 in range(begin, end, bound=MAX_CHILDREN):
        index: uint256 = self._subgames[_claimIndex][place]
        if not self.resolvedSubgames[index]:
            raw_revert(method_id("OutOfOrderResolution()"))
        child: Claim = self._claims[index]
        if child.counteredBy == empty(address) and child.position < checkpoint.leftmostPosition:
            checkpoint.counteredBy = child.claimant
            checkpoint.leftmostPosition = child.position
    checkpoint.subgameIndex = convert(end, uint32)
    self.resolutionCheckpoints[_claimIndex] = checkpoint
    if end == children:
        if _claimIndex == 0 and self.l2BlockNumberChallenged:
            self._pay(0, claim, self.l2BlockNumberChallenger)
        else:
            self._pay(_claimIndex, claim, checkpoint.counteredBy)


@internal
def _pay(_index: uint256, _claim: Claim, _counteredBy: address):
    """
    @notice The end of a claim: its bond goes to whoever has countered it, or back.
    """
    recipient: address = _counteredBy
    if recipient == empty(address):
        recipient = _claim.claimant
    self.resolvedSubgames[_index] = True
    self._claims[_index].counteredBy = _counteredBy
    self.normalModeCredit[recipient] += convert(_claim.bond, uint256)


@external
def resolve() -> uint8:
    """
    @notice Ends the game, when its root claim has been resolved.
    """
    self._in_progress()
    if not self.resolvedSubgames[0]:
        raw_revert(method_id("OutOfOrderResolution()"))
    result: uint8 = CHALLENGER_WINS
    if self._claims[0].counteredBy == empty(address):
        result = DEFENDER_WINS
    self.status = result
    self.resolvedAt = convert(block.timestamp, uint64)
    log Resolved(status=result)
    return result


@external
@view
def credit(_recipient: address) -> uint256:
    return self._credit(_recipient)


@internal
@view
def _credit(_recipient: address) -> uint256:
    if self.bondDistributionMode == REFUND:
        return self.refundModeCredit[_recipient]
    return self.normalModeCredit[_recipient]


@external
def closeGame():
    """
    @notice Decides who gets the bonds, once the result is final, and offers the game as anchor. A registry
            that does not take it stops nobody.
    """
    self._close()


@internal
def _close():
    if self.bondDistributionMode != UNDECIDED:
        return
    registry: AnchorStateRegistry = AnchorStateRegistry(self._arg_address(172))
    if staticcall registry.paused():
        raw_revert(method_id("GamePaused()"))
    if self.resolvedAt == 0:
        raw_revert(method_id("GameNotResolved()"))
    if not staticcall registry.isGameFinalized(self):
        raw_revert(method_id("GameNotFinalized()"))
    offered: bool = raw_call(
        registry.address,
        abi_encode(self, method_id=method_id("setAnchorState(address)")),
        revert_on_failure=False,
    )
    mode: uint8 = REFUND
    if staticcall registry.isGameProper(self):
        mode = NORMAL
    self.bondDistributionMode = mode
    log GameClosed(bondDistributionMode=mode)


@external
def claimCredit(_recipient: address):
    """
    @notice Pays out what is due to somebody. The first call only unlocks it in the vault.
    """
    self._close()
    amount: uint256 = self._credit(_recipient)
    vault: DelayedWETH = DelayedWETH(self._arg_address(192))
    if not self.hasUnlockedCredit[_recipient]:
        self.hasUnlockedCredit[_recipient] = True
        extcall vault.unlock(_recipient, amount)
        return
    if amount == 0:
        raw_revert(method_id("NoCreditToClaim()"))
    self.refundModeCredit[_recipient] = 0
    self.normalModeCredit[_recipient] = 0
    extcall vault.withdraw(_recipient, amount)
    if not raw_call(_recipient, b"", value=amount, revert_on_failure=False):
        raw_revert(method_id("BondTransferFailed()"))
