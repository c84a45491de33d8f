# pragma version 0.4.3
# pragma evm-version paris
"""
@title MIPS64
@license MIT
@notice One step of the machine multithreaded64-5, whose states have version 8: what a dispute about a program
        ends in. The state is given in its 188 bytes. The proof is the active thread (298 bytes), the stack below
        it (32), and proofs of memory: of the instruction, of the word that it reads or writes, and of the next
        word (1,920 bytes each). Modules: mips_state, mips_memory, mips_alu, mips_calls, mips_words.
        Specification: fault-proof/cannon-fault-proof-vm.md.
"""

from modules import mips_alu
from modules import mips_calls
from modules import mips_memory
from modules import mips_state
from modules import mips_words

MAX_PROOF: constant(uint256) = 16384
M64: constant(uint256) = 2**64 - 1
M32: constant(uint256) = 2**32 - 1
TOP: constant(uint256) = 2**63
VERSION: constant(uint256) = 8
QUANTUM: constant(uint256) = 100_000
# Steps after which another thread has its turn.
FREQUENCY: constant(uint256) = 10_000_000
# Steps in what programs take for a second.
ALIGNED: constant(uint256) = 2**64 - 8
PROGRAM_BREAK: constant(uint256) = 2**46
CLONE_FLAGS: constant(uint256) = 2**8 | 2**9 | 2**10 | 2**11 | 2**16 | 2**18
PANIC: constant(uint256) = 2
# Exit code.

V0: constant(uint256) = 2
A0: constant(uint256) = 4
A1: constant(uint256) = 5
A2: constant(uint256) = 6
A3: constant(uint256) = 7
SP: constant(uint256) = 29
RA: constant(uint256) = 31

interface PreimageOracle:
    def readPreimage(_key: bytes32, _offset: uint256) -> (bytes32, uint256): view

ORACLE: immutable(address)


@deploy
def __init__(_oracle: address, _stateVersion: uint256):
    if _stateVersion != VERSION:
        raw_revert(method_id("UnsupportedStateVersion()"))
    ORACLE = _oracle


@external
@pure
def version() -> String[17]:
    return "1.10.1-pyoprollup"


@external
@view
def oracle() -> address:
    return ORACLE


@external
@pure
def stateVersion() -> uint256:
    return VERSION


@external
@view
def step(
    _stateData: Bytes[mips_state.STATE_SIZE], _proof: Bytes[MAX_PROOF], _localContext: bytes32
) -> bytes32:
    """
    @notice The hash of the state after a step from _stateData. Local pre-images are those of the caller in
            _localContext.
    """
    # The proof is read from the calldata, at the place where it is if the arguments are packed as usual.
    assert len(_stateData) == mips_state.STATE_SIZE
    assert convert(slice(msg.data, 36, 32), uint256) == mips_state.THREAD_AT - 36
    state: mips_state.State = mips_state._decode(_stateData)
    if state.exited > 1:
        raw_revert(method_id("InvalidExitedValue()"))
    if state.exited == 0:
        state = self._advanced(state, len(_proof), _localContext)
    assert (
        mips_state._active(state) != mips_state.EMPTY_STACK
    ), "MIPS64: post-state active thread stack is empty"
    return mips_state._hash(state)


@internal
@view
def _advanced(_state: mips_state.State, _size: uint256, _localContext: bytes32) -> mips_state.State:
    state: mips_state.State = _state
    assert mips_state._active(state) != mips_state.EMPTY_STACK, "MIPS64: active thread stack is empty"
    assert _size >= mips_state.THREAD_SIZE + 32, "MIPS64: insufficient calldata for thread witness"
    mips_state._check_thread(state)
    thread: mips_state.Thread = mips_state._load_thread()
    state.step = unsafe_add(state.step, 1) & M64
    if thread.exited != 0:
        return mips_state._without_thread(state)
    if state.steps_of_thread >= QUANTUM:
        return mips_state._with_thread_moved(state, thread)
    state.steps_of_thread = unsafe_add(state.steps_of_thread, 1)

    if thread.pc & 3 != 0:
        raw_revert(method_id("InvalidPC()"))
    word: uint256 = mips_memory._read(state.memory_root, thread.pc & ALIGNED, 0)
    insn: uint256 = mips_words._part(word, thread.pc, 4)
    opcode: uint256 = insn >> 26
    if opcode == 0 and insn & 63 == 12:
        return self._system_call(state, thread, _localContext)
    if opcode == 2 or opcode == 3:
        target: uint256 = (thread.next_pc & (2**64 - 2**28)) | ((insn & (2**26 - 1)) << 2)
        thread = self._jumped(thread, target, unsafe_mul(RA, opcode & 1))
    elif opcode == 1 or opcode >> 2 == 1:
        thread = self._branched(thread, insn)
    elif opcode == 26 or opcode == 27 or opcode >= 32:
        return self._access(state, thread, insn)
    else:
        thread = self._computed(thread, insn)
    return self._kept(state, thread)


# --- the program counter


@internal
@pure
def _next(_thread: mips_state.Thread) -> mips_state.Thread:
    thread: mips_state.Thread = _thread
    thread.pc = thread.next_pc
    thread.next_pc = unsafe_add(thread.pc, 4) & M64
    return thread


@internal
@pure
def _with_result(_thread: mips_state.Thread, _number: uint256, _value: uint256) -> mips_state.Thread:
    """
    @notice The thread at the next instruction, with a register written.
    """
    thread: mips_state.Thread = self._next(_thread)
    thread.registers = mips_state._with_register(thread.registers, _number, _value)
    return thread


@internal
@pure
def _jumped(_thread: mips_state.Thread, _target: uint256, _link: uint256) -> mips_state.Thread:
    """
    @notice The instruction behind a jump comes first. The address after that one is kept in register _link.
    """
    assert _thread.next_pc == unsafe_add(_thread.pc, 4) & M64, "MIPS64: jump in delay slot"
    thread: mips_state.Thread = self._with_result(_thread, _link, unsafe_add(_thread.pc, 8) & M64)
    thread.next_pc = _target
    return thread


@internal
@pure
def _branched(_thread: mips_state.Thread, _insn: uint256) -> mips_state.Thread:
    assert _thread.next_pc == unsafe_add(_thread.pc, 4) & M64, "MIPS64: branch in delay slot"
    rs: uint256 = mips_state._register(_thread, (_insn >> 21) & 31)
    number: uint256 = (_insn >> 16) & 31
    is_negative: bool = rs >= TOP
    is_taken: bool = False
    link: uint256 = 0
    opcode: uint256 = _insn >> 26
    if opcode == 4:  # beq
        is_taken = rs == mips_state._register(_thread, number)
    elif opcode == 5:  # bne
        is_taken = rs != mips_state._register(_thread, number)
    elif opcode == 6:  # blez
        is_taken = is_negative or rs == 0
    elif opcode == 7:  # bgtz
        is_taken = not is_negative and rs != 0
    elif number & 15 == 0:  # bltz, bltzal
        is_taken = is_negative
        link = unsafe_mul(RA, number >> 4)
    elif number & 15 == 1:  # bgez, bgezal
        is_taken = not is_negative
        link = unsafe_mul(RA, number >> 4)
    thread: mips_state.Thread = self._with_result(_thread, link, unsafe_add(_thread.pc, 8) & M64)
    if is_taken:
        thread.next_pc = unsafe_add(thread.pc, mips_words._extended(_insn, 16) << 2) & M64
    return thread


# --- instructions


@internal
@pure
def _computed(_thread: mips_state.Thread, _insn: uint256) -> mips_state.Thread:
    """
    @notice The thread after an instruction that has to do with registers only.
    """
    opcode: uint256 = _insn >> 26
    rs: uint256 = mips_state._register(_thread, (_insn >> 21) & 31)
    number: uint256 = (_insn >> 16) & 31
    if opcode == 15:  # lui
        return self._with_result(_thread, number, mips_words._extended(_insn << 16, 32))
    if opcode != 0 and opcode != 28:
        operand: uint256 = _insn & (2**16 - 1)
        if opcode < 12 or opcode > 14:
            operand = mips_words._extended(operand, 16)
        function: uint256 = mips_alu._function(opcode)
        return self._with_result(_thread, number, mips_alu._result(function, 0, rs, operand))
    rt: uint256 = mips_state._register(_thread, number)
    number = (_insn >> 11) & 31
    if opcode == 28:
        return self._with_result(_thread, number, mips_alu._result2(_insn, rs, rt))
    function: uint256 = _insn & 63
    value: uint256 = mips_alu._result(function, (_insn >> 6) & 31, rs, rt)
    if function == 8:  # jr
        return self._jumped(_thread, rs, 0)
    if function == 9:  # jalr
        return self._jumped(_thread, rs, number)
    if (function == 10 and rt != 0) or (function == 11 and rt == 0):  # movz, movn
        return self._next(_thread)
    thread: mips_state.Thread = _thread
    if function >> 4 == 1:
        value, thread.hi, thread.lo = mips_alu._high_low(function, rs, rt, thread.hi, thread.lo)
    return self._with_result(thread, number, value)


@internal
@view
def _access(_state: mips_state.State, _thread: mips_state.Thread, _insn: uint256) -> mips_state.State:
    """
    @notice The state after an instruction that loads or stores.
    """
    state: mips_state.State = _state
    opcode: uint256 = _insn >> 26
    number: uint256 = (_insn >> 16) & 31
    rs: uint256 = mips_state._register(_thread, (_insn >> 21) & 31)
    rt: uint256 = mips_state._register(_thread, number)
    at: uint256 = unsafe_add(rs, mips_words._extended(_insn, 16)) & M64
    # Linked ones are of 32 bits (48, 56) or of 64 (52, 60).
    status: uint256 = unsafe_add((opcode >> 2) & 1, 1)
    is_linked: bool = opcode & 51 == 48
    if is_linked and opcode & 8 != 0:  # sc, scd
        is_reserved: bool = (
            state.link_status == status and state.link_address == at and state.link_thread == _thread.id
        )
        if not is_reserved:
            return self._kept(state, self._with_result(_thread, number, 0))
    word: uint256 = mips_memory._read(state.memory_root, at & ALIGNED, 1)
    if is_linked:
        size: uint256 = status << 2
        if opcode & 8 != 0:
            state = self._stored(state, at, mips_words._with_part(word, at, size, rt))
            return self._kept(state, self._with_result(_thread, number, 1))
        state.link_status = status
        state.link_address = at
        state.link_thread = _thread.id
        value: uint256 = mips_words._extended(mips_words._part(word, at, size), size << 3)
        return self._kept(state, self._with_result(_thread, number, value))
    if opcode < 40 or opcode == 55:
        value: uint256 = mips_alu._loaded(opcode, at, word, rt)
        return self._kept(state, self._with_result(_thread, number, value))
    state = self._stored(state, at, mips_alu._stored(opcode, at, word, rt))
    return self._kept(state, self._next(_thread))


@internal
@view
def _stored(_state: mips_state.State, _address: uint256, _word: uint256) -> mips_state.State:
    """
    @notice The state once the word at an address is written, the first of a step. That ends a reservation of it.
    """
    state: mips_state.State = self._unlinked(_state, _address & ALIGNED)
    state.memory_root = mips_memory._write(_address & ALIGNED, 1, _word)
    return state


@internal
@pure
def _unlinked(_state: mips_state.State, _address: uint256) -> mips_state.State:
    state: mips_state.State = _state
    if state.link_address & ALIGNED == _address:
        state.link_status = 0
        state.link_address = 0
        state.link_thread = 0
    return state


@internal
@view
def _kept(_state: mips_state.State, _thread: mips_state.Thread) -> mips_state.State:
    """
    @notice The state with what has become of its active thread.
    """
    return mips_state._with_active(_state, mips_state._pushed(mips_state._below(), _thread))


# --- system calls


@internal
@view
def _system_call(
    _state: mips_state.State, _thread: mips_state.Thread, _localContext: bytes32
) -> mips_state.State:
    state: mips_state.State = _state
    number: uint256 = mips_state._register(_thread, V0)
    a0: uint256 = mips_state._register(_thread, A0)
    a1: uint256 = mips_state._register(_thread, A1)
    a2: uint256 = mips_state._register(_thread, A2)
    value: uint256 = 0
    error: uint256 = 0
    if number == 5205:  # exit_group
        state.exited = 1
        state.exit_code = a0 & 255
        return state
    if number == 5058:  # exit
        return self._exit(state, _thread, a0 & 255)
    if number == 5055:  # clone
        return self._clone(state, _thread, a0, a1)
    if number == 5023 or number == 5034:  # sched_yield, nanosleep
        return self._yielded(state, _thread)
    if number == 5194:  # futex
        if a1 == 129:
            return self._yielded(state, _thread)
        if a1 == 128:
            word: uint256 = mips_memory._read(state.memory_root, a0 & ALIGNED, 1)
            if mips_words._part(word, a0, 4) == a2 & M32:
                return self._yielded(state, _thread)
            value = mips_calls.EAGAIN
        else:
            value = mips_calls.EINVAL
        error = M64
    elif number == 5000:  # read
        state, value, error = self._read_from(state, a0, a1, a2, _localContext)
    elif number == 5001:  # write
        state, value, error = self._write_to(state, a0, a1, a2)
    elif number == 5002:  # open
        value = mips_calls.EBADF
        error = M64
    elif number == 5009:  # mmap
        value, error, state.heap = mips_calls._map(a0, a1, state.heap)
    elif number == 5012:  # brk
        value = PROGRAM_BREAK
    elif number == 5070:  # fcntl
        value, error = mips_calls._control(a0, a1)
    elif number == 5178:  # gettid
        value = _thread.id
    elif number == 5222:  # clock_gettime
        if a0 > 1:
            value = mips_calls.EINVAL
            error = M64
        else:
            state = self._with_time(state, a0, a1 & ALIGNED)
    elif number == 5284:  # eventfd2
        value, error = mips_calls._event(a1)
    elif number == 5313:  # getrandom
        state, value = self._with_random(state, a0, a1)
    else:
        assert mips_calls._is_ignored(number), "MIPS64: unimplemented syscall"
    return self._kept(state, self._answered(_thread, value, error))


@internal
@pure
def _answered(_thread: mips_state.Thread, _value: uint256, _error: uint256) -> mips_state.Thread:
    """
    @notice The thread after a system call.
    """
    thread: mips_state.Thread = self._with_result(_thread, V0, _value)
    thread.registers = mips_state._with_register(thread.registers, A3, _error)
    return thread


@internal
@view
def _yielded(_state: mips_state.State, _thread: mips_state.Thread) -> mips_state.State:
    return mips_state._with_thread_moved(_state, self._answered(_thread, 0, 0))


@internal
@view
def _exit(_state: mips_state.State, _thread: mips_state.Thread, _code: uint256) -> mips_state.State:
    """
    @notice The end of a thread. That of the last one ends the program.
    """
    state: mips_state.State = _state
    thread: mips_state.Thread = _thread
    thread.exited = 1
    thread.exit_code = _code
    if mips_state._inactive(state) == mips_state.EMPTY_STACK and mips_state._below() == mips_state.EMPTY_STACK:
        state.exited = 1
        state.exit_code = _code
    return self._kept(state, thread)


@internal
@view
def _clone(
    _state: mips_state.State, _thread: mips_state.Thread, _flags: uint256, _stack: uint256
) -> mips_state.State:
    """
    @notice A thread that goes on where this one does, and is active now.
    """
    state: mips_state.State = _state
    if _flags != CLONE_FLAGS:
        state.exited = 1
        state.exit_code = PANIC
        return state
    state = self._kept(state, self._answered(_thread, state.next_thread, 0))
    child: mips_state.Thread = self._answered(_thread, 0, 0)
    child.id = state.next_thread
    child.exit_code = 0
    child.registers = mips_state._with_register(child.registers, SP, _stack)
    state.next_thread = unsafe_add(state.next_thread, 1) & M64
    state.steps_of_thread = 0
    return mips_state._with_active(state, mips_state._pushed(mips_state._active(state), child))


@internal
@view
def _read_from(
    _state: mips_state.State, _descriptor: uint256, _address: uint256, _count: uint256, _localContext: bytes32
) -> (mips_state.State, uint256, uint256):
    """
    @notice The state, V0 and A3 after read.
    """
    state: mips_state.State = _state
    if _descriptor == 0:  # standard input, which is empty
        return state, 0, 0
    if _descriptor == 3:  # hints
        return state, _count, 0
    if _descriptor == mips_calls.EVENT_DESCRIPTOR:
        return state, mips_calls.EAGAIN, M64
    if _descriptor != 5:
        return state, mips_calls.EBADF, M64
    word: uint256 = mips_memory._read(state.memory_root, _address & ALIGNED, 1)
    key: bytes32 = state.preimage_key
    if convert(key, uint256) >> 248 == 1:
        digest: bytes32 = keccak256(abi_encode(key, msg.sender, _localContext))
        key = convert((convert(digest, uint256) << 8 >> 8) | (1 << 248), bytes32)
    part: bytes32 = empty(bytes32)
    count: uint256 = 0
    part, count = staticcall PreimageOracle(ORACLE).readPreimage(key, state.preimage_offset)
    count = min(min(count, _count), unsafe_sub(8, _address & 7))
    data: uint256 = convert(part, uint256) >> unsafe_sub(256, count << 3)
    state.preimage_offset = unsafe_add(state.preimage_offset, count) & M64
    state = self._stored(state, _address, mips_calls._with_bytes(word, _address, count, data))
    return state, count, 0


@internal
@view
def _write_to(
    _state: mips_state.State, _descriptor: uint256, _address: uint256, _count: uint256
) -> (mips_state.State, uint256, uint256):
    """
    @notice The state, V0 and A3 after write.
    """
    state: mips_state.State = _state
    if _descriptor == 1 or _descriptor == 2 or _descriptor == 4:  # output and hints
        return state, _count, 0
    if _descriptor == mips_calls.EVENT_DESCRIPTOR:
        return state, mips_calls.EAGAIN, M64
    if _descriptor != 6:
        return state, mips_calls.EBADF, M64
    word: uint256 = mips_memory._read(state.memory_root, _address & ALIGNED, 1)
    space: uint256 = unsafe_sub(8, _address & 7)
    count: uint256 = min(_count, space)
    data: uint256 = (word >> (unsafe_sub(space, count) << 3)) & mips_words._ones(count << 3)
    state.preimage_key = convert((convert(state.preimage_key, uint256) << (count << 3)) | data, bytes32)
    state.preimage_offset = 0
    return state, count, 0


@internal
@view
def _with_time(_state: mips_state.State, _clock: uint256, _address: uint256) -> mips_state.State:
    """
    @notice The state once a time is written, in seconds and nanoseconds, a word each: 0 on the clock of the day.
    """
    state: mips_state.State = _state
    mips_memory._read(state.memory_root, _address, 1)
    time: uint256 = unsafe_mul(state.step, _clock)
    state = self._stored(state, _address, unsafe_div(time, FREQUENCY))
    second: uint256 = unsafe_add(_address, 8) & M64
    mips_memory._check_second(state.memory_root, second)
    state = self._unlinked(state, second)
    state.memory_root = mips_memory._write(second, 2, unsafe_mul(time % FREQUENCY, 10**9 // FREQUENCY))
    return state


@internal
@view
def _with_random(
    _state: mips_state.State, _address: uint256, _count: uint256
) -> (mips_state.State, uint256):
    """
    @notice The state once random bytes are written, up to the end of a word at most, and how many they are.
    """
    word: uint256 = mips_memory._read(_state.memory_root, _address & ALIGNED, 1)
    space: uint256 = unsafe_sub(8, _address & 7)
    count: uint256 = min(_count, space)
    # Those that would fall on the same place of a whole word.
    data: uint256 = mips_calls._random(_state.step) >> (unsafe_sub(space, count) << 3)
    word = mips_calls._with_bytes(word, _address, count, data)
    return self._stored(_state, _address, word), count
