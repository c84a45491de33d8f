# pragma version 0.4.3
# pragma evm-version paris
"""
@title Positions
@license MIT
@notice Positions in the tree of a dispute game, as generalized indices.
        Specification: fault-proof/stage-one/fault-dispute-game.md, "Position".
"""


@internal
@pure
def _depth(_position: uint256) -> uint256:
    """
    @notice The place of the top bit of a position, which is not zero.
    """
    depth: uint256 = 0
    rest: uint256 = _position
    for bits: uint256 in [64, 32, 16, 8, 4, 2, 1]:
        if rest >> bits != 0:
            rest = rest >> bits
            depth += bits
    return depth


@internal
@pure
def _move(_position: uint256, _isAttack: bool) -> uint256:
    if _isAttack:
        return _position << 1
    return (_position | 1) << 1


@internal
@pure
def _trace_index(_position: uint256, _maxDepth: uint256) -> uint256:
    below: uint256 = _maxDepth - self._depth(_position)
    return ((_position << below) | ((1 << below) - 1)) - (1 << _maxDepth)


@internal
@pure
def _trace_ancestor(_position: uint256) -> uint256:
    """
    @notice The highest position that commits to the same step: up, as long as it is a right child.
    """
    lowest: uint256 = ~_position & (_position + 1)
    return max(_position >> self._depth(lowest), 1)


@internal
@pure
def _trace_ancestor_below(_position: uint256, _depthAbove: uint256) -> uint256:
    """
    @notice The same, but deeper than a depth.
    """
    if self._depth(_position) <= _depthAbove:
        raw_revert(method_id("ClaimAboveSplit()"))
    ancestor: uint256 = self._trace_ancestor(_position)
    depth: uint256 = self._depth(ancestor)
    if depth > _depthAbove:
        return ancestor
    below: uint256 = _depthAbove + 1 - depth
    return (ancestor << below) | ((1 << below) - 1)
