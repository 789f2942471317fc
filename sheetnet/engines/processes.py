"""Programs that we started: what they say; of those that we are no parent of, whether one still runs, and its end.

A process number alone is no proof, since systems use it again: a process is known by what `identity` says of it.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO

POLL_SECONDS = 0.05
GRACE_SECONDS = 5.0


def identity(number: int) -> str:
    """What tells this process from a later one of the same number; '' when there is none."""
    if sys.platform == "win32":
        # "EXCEL.EXE","1234","Console","1","98,765 K": of these the first two stay
        fields = _said_by(["tasklist", "/FI", f"PID eq {number}", "/FO", "CSV", "/NH"]).split(",")
        return ",".join(fields[:2]) if f'"{number}"' in fields[:2] else ""
    return _said_by(["ps", "-p", str(number), "-o", "lstart=", "-o", "comm="])


def end(number: int, known: str, seconds: float) -> None:
    """None; the process goes: by itself within so many seconds, else by force. Another of that number is left alone."""
    if not known or has_gone(number, known, seconds):
        return
    with suppress(OSError):  # it has just gone
        os.kill(number, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)  # at once on both
    has_gone(number, known, GRACE_SECONDS)


def has_gone(number: int, known: str, seconds: float) -> bool:
    """Whether the process has ended, or ends within so many seconds."""
    deadline = time.monotonic() + seconds
    while (runs := identity(number) == known) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return not runs


def pass_on(lines: IO[str], replies: queue.SimpleQueue[str]) -> None:
    """None; puts each line into the queue, and '' at the end."""
    with lines:
        for line in lines:
            replies.put(line)
    replies.put("")


def _said_by(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
        return done.stdout.decode(errors="replace").strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
