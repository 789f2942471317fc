"""Runs commands of sheetnet, each in a process of its own that is killed after so many seconds: for test_kills.py.

A line of standard input is [[word, ...], seconds or null]; the answer is whether the command came to its end, and in
how many seconds. Of less than 0 seconds, the command is run here, so that those that follow find all imported.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time

from click.testing import CliRunner

from sheetnet.__main__ import main
from sheetnet.common.leftovers import clear_folders, clear_parts


def run(words: list[str], seconds: float | None) -> tuple[bool, float]:
    """Whether a command ended before it was killed, and when."""
    began = time.perf_counter()
    if seconds is not None and seconds < 0:
        return CliRunner().invoke(main, words).exit_code == 0, time.perf_counter() - began
    child = os.fork()
    if not child:
        clear_parts.cache_clear()  # as in a new process
        clear_folders.cache_clear()
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        code = 1
        try:
            main(words)
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os._exit(code)
    handle = os.pidfd_open(child)
    try:
        ended = bool(select.select([handle], [], [], seconds)[0])
        if not ended:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    finally:
        os.close(handle)
    return ended, time.perf_counter() - began


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(*json.loads(line))), flush=True)
