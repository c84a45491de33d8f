"""Where everything is: the words of the machine, of a thread, and the answers of a step.

The machine is one row of words (``g``), a thread another (``r``). All are integers from 0 to 2**64-1, so
that the same source runs as plain Python and as machine code (:mod:`pyoprollup.cannon.compiled`).

Specification: fault-proof/cannon-fault-proof-vm.md, "State", "Thread State".
"""

from __future__ import annotations

__all__: list[str] = []

M64 = 0xFFFFFFFFFFFFFFFF
M32 = 0xFFFFFFFF
SIGN = 0x8000000000000000
ALIGNED = 0xFFFFFFFFFFFFFFF8
"""Mask of the address of the word that a byte is in."""

# --- a thread: 32 registers, then these

PC = 32
NEXT = 33
LO = 34
HI = 35
ID = 36
THREAD_CODE = 37
THREAD_EXITED = 38
ROW = 40
"""Words that a thread takes; the last one is unused."""

# --- the machine's state

STEP = 0
SINCE = 1
"""Steps since another thread became active."""
HEAP = 2
LL_STATUS = 3
"""0: no reservation, 1: of 32 bits, 2: of 64 bits."""
LL_ADDRESS = 4
LL_OWNER = 5
EXIT_CODE = 6
EXITED = 7
RIGHT = 8
"""1 if the right stack is the active one."""
COUNTS = 9
"""Two words: threads on the left and on the right stack."""
NEXT_ID = 11
KEY = 12
"""Four words: key of the pre-image to be read, the first byte highest."""
OFFSET = 16

# --- between machine and host

GRANTED = 17
"""1 once the host has taken what the next step writes to stdout, stderr or as a hint."""
HELD_KEY = 18
"""Four words: key of the pre-image that the host has laid ready."""
HELD_SIZE = 22
"""Its size with the eight bytes of length before it; 0 if there is none."""
READ = 23
"""1 if a step read of a pre-image, since the host set it to 0; then ``READ_OFFSET`` is where."""
READ_OFFSET = 24
ACCESSES = 25
"""Words of memory that the last step with any touched: 1, or 2 for the clock. The host sets it to 0."""
ACCESS = 26
"""Two addresses of words."""
BEFORE = 28
"""Two words: what was there before."""
REPORT_SECOND = 30
"""1 if the host wants to know of every second access: then ``SECOND`` becomes 1 and the run pauses."""
SECOND = 31
FULL = 32
"""1 if the memory needs more room before the next step."""
THREAD_ROOM = 33
"""Threads that there is room for."""

REPORT_READ = 60
"""1 if the run is to pause after a step that read of a pre-image."""

# --- what is counted along the way

CODE_END = 34
"""Instructions from this address on are counted as missed by the reference's cache of decoded code."""
MISSES = 35
HIGHEST_MISS = 36
RMW_DONE = 37
RMW_FAILED = 38
RMW_LONGEST = 39
INVALIDATED = 40
FORCED = 41
IDLE = 42
ACTIVE_ID = 43
IDLE_SINCE = 44
LL_COUNT = 45
"""Load-linked that no store-conditional followed yet: threads from ``LL_THREADS``, steps from
``LL_STEPS``.
"""
LL_THREADS = 46
LL_STEPS = 52
LL_MOST = 5
WORDS = 64

# --- answers of a step, in the order of what has happened: below SYSCALL it is done, from there on it is not

OK = 0
SWITCHED = 1
"""Done, and another thread is active."""
PAUSED = 2
"""Done, and the host has to look: ``FULL``, ``SECOND`` or ``READ`` is set."""
SYSCALL = 8
RMW = 9
"""These two: what the instruction is, for whoever carries it out."""
NEED_PREIMAGE = 10
NEED_WRITE = 11
NEED_THREADS = 12
"""These three: the host has to do something first, and the same step again."""
ENDED = 13
"""The machine has exited; there are no more steps."""
NO_THREAD = 16
"""From here on errors: the step cannot be done."""
MISALIGNED = 17
BAD_INSTRUCTION = 18
DELAY_SLOT = 19
DIVISION = 20
BAD_SYSCALL = 21
BAD_OFFSET = 22

QUANTUM = 100000
"""Steps after which a thread has to give way."""
