# pragma version 0.4.3
# pragma evm-version paris
"""
@title Clone
@license MIT
@notice A proxy that gives its implementation, behind the calldata of every call, the bytes that it was made
        with and, in two more bytes, how many that is together. Without calldata it takes money and stops.
"""

MAX_ARGS: constant(uint256) = 2048
PROXY_SIZE: constant(uint256) = 71


@internal
@pure
def _init_code(_implementation: address, _args: Bytes[MAX_ARGS]) -> Bytes[MAX_ARGS + 85]:
    """
    @notice Code that deploys such a proxy.
    """
    size: uint256 = len(_args) + 2
    tail: bytes2 = convert(convert(size, uint16), bytes2)
    return concat(
        x"61",
        convert(convert(PROXY_SIZE + size, uint16), bytes2),
        # Return all that follows.
        x"80600c6000396000f3",
        # Stop if there is no calldata, else copy it to memory.
        x"36600557005b366000600037",
        # Copy what is behind the code after it.
        x"61",
        tail,
        x"60473639",
        # Call the implementation with both, and answer as it does.
        x"6000600061",
        tail,
        x"3601600073",
        convert(_implementation, bytes20),
        x"5af43d600060003e6042573d6000fd5b3d6000f3",
        _args,
        tail,
    )
