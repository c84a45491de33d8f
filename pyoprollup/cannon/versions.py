"""Versions of states, and what belongs to a version as data.

Only ``multithreaded64-5``, state version 8, is run; the others have names, so that messages can say them.
"""

from __future__ import annotations

from enum import IntEnum

from pyoprollup.cannon.errors import UnsupportedVersion

__all__ = ["NOOP_SYSCALLS", "StateVersion", "parse_version"]


class StateVersion(IntEnum):
    """The first byte of a state file."""

    SINGLETHREADED = 0
    MULTITHREADED = 1
    SINGLETHREADED_2 = 2
    MULTITHREADED64 = 3
    MULTITHREADED64_2 = 4
    MULTITHREADED_2 = 5
    MULTITHREADED64_3 = 6
    MULTITHREADED64_4 = 7
    MULTITHREADED64_5 = 8

    @property
    def label(self) -> str:
        """The name as op-cannon writes it."""
        return self.name.lower().replace("_", "-")


def parse_version(text: str) -> StateVersion:
    """The version with this name; only the one that is run is accepted."""
    for version in StateVersion:
        if version.label == text:
            if version is not StateVersion.MULTITHREADED64_5:
                raise UnsupportedVersion(f"unsupported state version: {int(version)} ({text})")
            return version
    raise UnsupportedVersion(f"unknown state version: {text!r}")


NOOP_SYSCALLS = frozenset(
    {
        5003,  # close
        5004,  # stat
        5005,  # fstat
        5008,  # lseek
        5010,  # mprotect
        5011,  # munmap
        5013,  # rt_sigaction
        5014,  # rt_sigprocmask
        5015,  # ioctl
        5016,  # pread64
        5026,  # mincore
        5027,  # madvise
        5036,  # setitimer
        5061,  # uname
        5087,  # readlink
        5095,  # getrlimit
        5100,  # getuid
        5102,  # getgid
        5129,  # sigaltstack
        5196,  # sched_getaffinity
        5208,  # epoll_ctl
        5216,  # timer_create
        5217,  # timer_settime
        5220,  # timer_delete
        5225,  # tgkill
        5247,  # openat
        5257,  # readlinkat
        5272,  # epoll_pwait
        5285,  # epoll_create1
        5287,  # pipe2
        5297,  # prlimit64
    }
)
"""System calls that succeed and do nothing, in state version 8. Others that are unknown cannot be made."""
