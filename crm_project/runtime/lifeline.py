"""A process that asks for it dies with its parent, also when the parent is killed with -9 (Linux;
elsewhere runtime/watchdog.py)."""

import ctypes
import os
import signal
import sys

ASKED = "HUTONG_DIE_WITH_PARENT"
PR_SET_PDEATHSIG = 1

# Loaded before any fork: nothing may be loaded between fork and exec.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

AVAILABLE = _libc is not None and not os.environ.get("HUTONG_WATCHDOG")


def die_with_parent(sig: int = signal.SIGKILL) -> None:
    """The kernel sends us this signal when the thread that started us ends."""
    if AVAILABLE:
        _libc.prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0)


def libc() -> ctypes.CDLL:
    """Where AVAILABLE."""
    return _libc


def is_started_by_up() -> bool:
    """Whether `up` started us."""
    return ASKED in os.environ


def hold_if_asked() -> None:
    """Children of children (web workers, pool processes) hold on too."""
    if is_started_by_up():
        die_with_parent()
