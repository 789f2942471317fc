"""Schedules: the rate of each epoch, as torch.optim.lr_scheduler has it. A new one is an entry in SCHEDULES."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sheetnet.errors import SheetnetError

Schedule = Callable[[np.ndarray, int], np.ndarray]  # k (n,), epochs -> what the rate is multiplied by, (n,)


def _constant(k: np.ndarray, epochs: int) -> np.ndarray:
    return np.ones(len(k))


def _cosine(k: np.ndarray, epochs: int) -> np.ndarray:
    """(1 + cos(pi k / epochs)) / 2: from 1 to nearly 0. Source: CosineAnnealingLR with T_max=epochs."""
    return np.asarray((1.0 + np.cos(np.pi * k / max(1, epochs))) / 2.0)


def _step(k: np.ndarray, epochs: int) -> np.ndarray:
    """A tenth after each third of the epochs. Source: StepLR with step_size=a third, rounded up, and gamma=0.1."""
    return np.asarray(0.1 ** (k // max(1, -(-epochs // 3))))


def _warmup(k: np.ndarray, epochs: int) -> np.ndarray:
    """From a third, in five even steps, to 1. Source: LinearLR with its defaults."""
    return np.asarray(1 / 3 + 2 / 3 * np.minimum(k, 5) / 5)


SCHEDULES: dict[str, Schedule] = {"constant": _constant, "cosine": _cosine, "step": _step, "warmup": _warmup}


def rates(schedule: str, lr: float, epochs: int) -> np.ndarray:
    """The learning rate of each epoch's step, (epochs,).

    >>> rates("step", 0.1, 6).round(4).tolist()
    [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]

    Raises: SheetnetError for an unknown schedule, with those there are.
    """
    if not isinstance(schedule, str) or schedule not in SCHEDULES:
        raise SheetnetError(f"there is no schedule {schedule!r}; known are {', '.join(SCHEDULES)}")
    return lr * SCHEDULES[schedule](np.arange(epochs), epochs)
