"""One process or many: what torchrun started, behind sums and agreements.

Each rank holds the rows of its own share. Sums over rows are added up over ranks (gloo on the CPU, NCCL on CUDA), so
that every rank makes the same step.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from sheetnet.errors import DataError, TrainingError

LOST = "another worker was lost or stopped; run the same command again to go on"
APART = "the workers did not find each other; see --master-addr and --master-port of torchrun, and GLOO_SOCKET_IFNAME"


class Ranks:
    """A process on its own: rank 0 of 1, for which sums and agreements are what they are."""

    rank, world = 0, 1

    @property
    def first(self) -> bool:
        """Whether this is the process that speaks and writes files."""
        return self.rank == 0

    def add(self, values: np.ndarray) -> np.ndarray:
        """The sum over all ranks of a float64 array."""
        return values

    def each(self, value: Any) -> list[Any]:
        """The value of every rank, in order."""
        return [value]

    def agree(self, values: Mapping[str, Any]) -> None:
        """See that all ranks have the same values.

        Raises: DataError naming what differs first, and the rank that differs from rank 0.
        """
        everybody = self.each(dict(values))
        for rank, theirs in enumerate(everybody):
            for what, value in everybody[0].items():
                if theirs.get(what) != value:
                    raise DataError(
                        f"the workers have different {what}: rank 0 has {value}, rank {rank} has {theirs.get(what)};"
                        " all must be started with the same command on copies of the same files"
                    )


class Torchrun(Ranks):
    """One of several processes that torchrun started."""

    def __init__(self, device: torch.device) -> None:
        import torch.distributed as dist

        self.dist, self.device = dist, device if device.type == "cuda" else torch.device("cpu")
        check_environment(os.environ)
        with _in_words(APART):
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        self.rank, self.world = dist.get_rank(), dist.get_world_size()

    def add(self, values: np.ndarray) -> np.ndarray:
        """The sum over all ranks of a float64 array."""
        shared = torch.as_tensor(values, device=self.device)
        with _in_words():
            self.dist.all_reduce(shared)
        return shared.cpu().numpy()

    def each(self, value: Any) -> list[Any]:
        """The value of every rank, in order."""
        values: list[Any] = [None] * self.world
        with _in_words():
            self.dist.all_gather_object(values, value)
        return values


def check_environment(given: Mapping[str, str]) -> None:
    """Nothing, where the environment says what torchrun says to each of its processes.

    Raises: TrainingError naming what is missing or cannot be, for which torch would wait without a word.
    """
    start = "start the workers by torchrun, which sets it, or unset WORLD_SIZE to train in one process"
    limits = {"WORLD_SIZE": (2, 10**6), "RANK": (0, 10**6), "MASTER_PORT": (1, 65_535)}
    numbers = {}
    for name, (low, high) in limits.items():
        found = given.get(name, "")
        if not (found.isascii() and found.isdigit() and len(found) < 10 and low <= int(found) <= high):
            raise TrainingError(f"{name} is {found!r}, expected a whole number from {low} to {high}; {start}")
        numbers[name] = int(found)
    if numbers["RANK"] >= numbers["WORLD_SIZE"]:
        raise TrainingError(
            f"RANK is {numbers['RANK']}, expected one below WORLD_SIZE {numbers['WORLD_SIZE']}; {start}"
        )
    address = given.get("MASTER_ADDR", "")
    try:
        socket.getaddrinfo(address or "", numbers["MASTER_PORT"])
    except (OSError, UnicodeError) as reason:
        why = f" ({getattr(reason, 'strerror', None) or 'no name'})" if address else ""
        raise TrainingError(f"MASTER_ADDR is {address!r}{why}, expected the first worker's machine; {start}") from None


@contextmanager
def _in_words(words: str = LOST) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError) as reason:  # what gloo and NCCL raise when a peer is gone, or was never there
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # torchrun ends us in a moment: the word comes first
        raise TrainingError(f"{words} ({str(reason).strip().splitlines()[0][:120]})") from None


def launched() -> bool:
    """Whether torchrun started this process as one of several."""
    return os.environ.get("WORLD_SIZE", "1") not in ("", "1")


def on_this_machine() -> int:
    """How many of the processes share this machine's memory."""
    count = os.environ.get("LOCAL_WORLD_SIZE", "1")
    return int(count) if launched() and count.isdigit() and count != "0" else 1


def own(device: torch.device) -> torch.device:
    """The device of this process: each of several on a machine has a GPU of its own."""
    local = os.environ.get("LOCAL_RANK", "0")
    if launched() and device.type == "cuda" and device.index is None and local.isdigit():
        return torch.device("cuda", int(local) % torch.cuda.device_count())
    return device


@contextmanager
def ranks(device: torch.device) -> Iterator[Ranks]:
    """The processes of this run: those that torchrun started, or this one alone."""
    if not launched():
        yield Ranks()
        return
    group = Torchrun(device)
    try:
        yield group
    finally:
        group.dist.destroy_process_group()
