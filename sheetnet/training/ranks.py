"""One process or many: what torchrun started, behind sums and agreements.

Each rank holds the rows of its own share. Sums over rows are added up over ranks (gloo on the CPU, NCCL on CUDA), so
that every rank makes the same step.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from sheetnet.errors import DataError, TrainingError

LOST = "another worker was lost or stopped; run the same command again to go on"


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

    def agree(self, value: str, what: str) -> None:
        """See that all ranks have the same value.

        Raises: DataError naming the ranks that differ from rank 0.
        """
        values = self.each(value)
        others = [rank for rank, found in enumerate(values) if found != values[0]]
        if others:
            raise DataError(
                f"the workers see different {what}: rank 0 has {values[0]}, rank {others[0]} has {values[others[0]]};"
                " all must be started with the same command on copies of the same files"
            )


class Torchrun(Ranks):
    """One of several processes that torchrun started."""

    def __init__(self, device: torch.device) -> None:
        import torch.distributed as dist

        self.dist, self.device = dist, device if device.type == "cuda" else torch.device("cpu")
        with _in_words():
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


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except RuntimeError as reason:  # what gloo and NCCL raise when a peer is gone
        raise TrainingError(f"{LOST} ({str(reason).strip().splitlines()[0][:120]})") from None


def launched() -> bool:
    """Whether torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


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
