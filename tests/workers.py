"""Run by torchrun for tests/test_distributed.py: workers that do one command of sheetnet after another, as told.

To start them takes longer than what most tests ask of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Client
from typing import NamedTuple
from unittest.mock import patch

from click.testing import CliRunner

from sheetnet.__main__ import main
from sheetnet.training import descent, fused


class Task(NamedTuple):
    """What one of several workers is to do."""

    args: list[str]  # of sheetnet
    world: int  # how many workers do it together
    port: int  # at which they meet: each task begins with a rendezvous of its own
    delay: float  # seconds that rank 1 takes longer for every block of epochs


class Done(NamedTuple):
    """What came of it."""

    code: int
    stdout: str
    stderr: str


@contextmanager
def slowed(delay: float) -> Iterator[None]:
    """Epochs in short blocks, each of which takes rank 1 that much longer."""
    advance = fused.Fused.advance

    def slow(self: fused.Fused, *args: object) -> None:
        time.sleep(delay * int(os.environ["RANK"]))
        advance(self, *args)  # type: ignore[arg-type]

    with patch.object(fused.Fused, "advance", slow), patch.object(descent, "BEAT", 4 * delay):
        yield


def do(task: Task) -> Done:
    os.environ["WORLD_SIZE"] = os.environ["LOCAL_WORLD_SIZE"] = str(task.world)
    os.environ |= {"MASTER_PORT": str(task.port), "TORCHELASTIC_USE_AGENT_STORE": "False"}
    if task.delay:
        with slowed(task.delay):
            done = CliRunner().invoke(main, task.args)
    else:
        done = CliRunner().invoke(main, task.args)
    fault = "" if isinstance(done.exception, SystemExit | None) else f"Traceback: {done.exception!r}"
    return Done(done.exit_code, done.stdout, done.stderr + fault)


if __name__ == "__main__":
    with Client(sys.argv[1]) as line:
        line.send(int(os.environ["RANK"]))
        while task := line.recv():
            line.send(tuple(do(Task(*task))))
