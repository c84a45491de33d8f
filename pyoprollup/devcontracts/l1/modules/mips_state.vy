# pragma version 0.4.3
# pragma evm-version paris
"""
@title State of the machine
@license MIT
@notice What a state and a thread are, and their hashes. A stack of threads is a hash: of the stack below its
        uppermost thread, and of the hash of that. The active thread is the uppermost of the stack on the side
        that is traversed.
        Specification: fault-proof/cannon-fault-proof-vm.md, "FPVM State", "Thread Traversal Mechanics".
"""

EMPTY_STACK: constant(bytes32) = 0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5
# The hash of 64 zeros.
STATE_SIZE: constant(uint256) = 188
THREAD_SIZE: constant(uint256) = 298
THREAD_AT: constant(uint256) = 356
# In calldata: behind the selector, three words, the state (which ends on a word), and the lengths of both.
REGISTERS_AT: constant(uint256) = THREAD_AT + 42
BELOW_AT: constant(uint256) = THREAD_AT + THREAD_SIZE
M64: constant(uint256) = 2**64 - 1

struct State:
    memory_root: bytes32
    preimage_key: bytes32
    preimage_offset: uint256
    heap: uint256
    # Of a linked load: 0, 1 for one of 32 bits, or 2 for one of 64; its address and its thread.
    link_status: uint256
    link_address: uint256
    link_thread: uint256
    exit_code: uint256
    exited: uint256
    step: uint256
    # Since another thread became active.
    steps_of_thread: uint256
    traverse_right: uint256
    left_stack: bytes32
    right_stack: bytes32
    next_thread: uint256

struct Thread:
    id: uint256
    exit_code: uint256
    exited: uint256
    pc: uint256
    next_pc: uint256
    lo: uint256
    hi: uint256
    # Four in a word.
    registers: uint256[8]


@internal
@pure
def _decode(_data: Bytes[STATE_SIZE]) -> State:
    first: uint256 = extract32(_data, 64, output_type=uint256)
    second: uint256 = extract32(_data, 89, output_type=uint256)
    return State(
        memory_root=extract32(_data, 0, output_type=bytes32),
        preimage_key=extract32(_data, 32, output_type=bytes32),
        preimage_offset=first >> 192,
        heap=(first >> 128) & M64,
        link_status=(first >> 120) & 255,
        link_address=(first >> 56) & M64,
        link_thread=second >> 192,
        exit_code=(second >> 184) & 255,
        exited=(second >> 176) & 255,
        step=(second >> 112) & M64,
        steps_of_thread=(second >> 48) & M64,
        traverse_right=(second >> 40) & 255,
        left_stack=extract32(_data, 116, output_type=bytes32),
        right_stack=extract32(_data, 148, output_type=bytes32),
        next_thread=extract32(_data, 156, output_type=uint256) & M64,
    )


@internal
@pure
def _hash(_state: State) -> bytes32:
    """
    @notice The hash, with the status in place of its first byte: how the program has ended, or 3 if it has not.
    """
    digest: bytes32 = keccak256(
        concat(
            _state.memory_root,
            _state.preimage_key,
            convert(convert(_state.preimage_offset, uint64), bytes8),
            convert(convert(_state.heap, uint64), bytes8),
            convert(convert(_state.link_status, uint8), bytes1),
            convert(convert(_state.link_address, uint64), bytes8),
            convert(convert(_state.link_thread, uint64), bytes8),
            convert(convert(_state.exit_code, uint8), bytes1),
            convert(convert(_state.exited, uint8), bytes1),
            convert(convert(_state.step, uint64), bytes8),
            convert(convert(_state.steps_of_thread, uint64), bytes8),
            convert(convert(_state.traverse_right, uint8), bytes1),
            _state.left_stack,
            _state.right_stack,
            convert(convert(_state.next_thread, uint64), bytes8),
        )
    )
    status: uint256 = 3
    if _state.exited != 0:
        status = min(_state.exit_code, 2)
    return convert((convert(digest, uint256) << 8 >> 8) | (status << 248), bytes32)


@internal
@view
def _load_thread() -> Thread:
    """
    @notice The active thread, as the proof has it.
    """
    first: uint256 = convert(slice(msg.data, THREAD_AT, 32), uint256)
    second: uint256 = convert(slice(msg.data, THREAD_AT + 10, 32), uint256)
    thread: Thread = Thread(
        id=first >> 192,
        exit_code=(first >> 184) & 255,
        exited=(first >> 176) & 255,
        pc=second >> 192,
        next_pc=(second >> 128) & M64,
        lo=(second >> 64) & M64,
        hi=second & M64,
        registers=empty(uint256[8]),
    )
    for i: uint256 in range(8):
        at: uint256 = unsafe_add(REGISTERS_AT, i << 5)
        thread.registers[i] = convert(slice(msg.data, at, 32), uint256)
    return thread


@internal
@view
def _below() -> bytes32:
    """
    @notice The stack below the active thread, as the proof has it.
    """
    return convert(slice(msg.data, BELOW_AT, 32), bytes32)


@internal
@view
def _check_thread(_state: State):
    """
    @notice The proof's thread has to be the active one.
    """
    digest: bytes32 = keccak256(slice(msg.data, THREAD_AT, THREAD_SIZE))
    assert self._active(_state) == keccak256(concat(self._below(), digest)), "MIPS64: invalid thread witness"


@internal
@pure
def _pushed(_stack: bytes32, _thread: Thread) -> bytes32:
    """
    @notice A stack with a thread on it.
    """
    digest: bytes32 = keccak256(
        concat(
            convert(convert(_thread.id, uint64), bytes8),
            convert(convert(_thread.exit_code, uint8), bytes1),
            convert(convert(_thread.exited, uint8), bytes1),
            convert(convert(_thread.pc, uint64), bytes8),
            convert(convert(_thread.next_pc, uint64), bytes8),
            convert(convert(_thread.lo, uint64), bytes8),
            convert(convert(_thread.hi, uint64), bytes8),
            convert(_thread.registers[0], bytes32),
            convert(_thread.registers[1], bytes32),
            convert(_thread.registers[2], bytes32),
            convert(_thread.registers[3], bytes32),
            convert(_thread.registers[4], bytes32),
            convert(_thread.registers[5], bytes32),
            convert(_thread.registers[6], bytes32),
            convert(_thread.registers[7], bytes32),
        )
    )
    return keccak256(concat(_stack, digest))


@internal
@pure
def _active(_state: State) -> bytes32:
    if _state.traverse_right != 0:
        return _state.right_stack
    return _state.left_stack


@internal
@pure
def _inactive(_state: State) -> bytes32:
    if _state.traverse_right != 0:
        return _state.left_stack
    return _state.right_stack


@internal
@pure
def _with_active(_state: State, _stack: bytes32) -> State:
    state: State = _state
    if state.traverse_right != 0:
        state.right_stack = _stack
    else:
        state.left_stack = _stack
    return state


@internal
@view
def _without_thread(_state: State) -> State:
    """
    @notice The next thread becomes active, that of the other side if there is none on this.
    """
    state: State = self._with_active(_state, self._below())
    if self._active(state) == EMPTY_STACK:
        state.traverse_right = convert(state.traverse_right == 0, uint256)
    state.steps_of_thread = 0
    return state


@internal
@view
def _with_thread_moved(_state: State, _thread: Thread) -> State:
    """
    @notice The thread goes to the other side, and the next one becomes active.
    """
    state: State = _state
    if state.traverse_right != 0:
        state.left_stack = self._pushed(state.left_stack, _thread)
    else:
        state.right_stack = self._pushed(state.right_stack, _thread)
    return self._without_thread(state)


@internal
@pure
def _register(_thread: Thread, _number: uint256) -> uint256:
    return (_thread.registers[_number >> 2] >> ((~_number & 3) << 6)) & M64


@internal
@pure
def _with_register(_registers: uint256[8], _number: uint256, _value: uint256) -> uint256[8]:
    """
    @notice The registers once one of them is written. The first is always zero.
    """
    registers: uint256[8] = _registers
    if _number != 0:
        bits: uint256 = (~_number & 3) << 6
        registers[_number >> 2] = (registers[_number >> 2] & ~(M64 << bits)) | (_value << bits)
    return registers
