"""A block of nets that are trained side by side, what they come to, and what a way to train them is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass
class Block:
    """Some nets: W (N, k, p), their rates and decays (N,), and what is known of them so far."""

    W: np.ndarray
    lr: np.ndarray
    decay: np.ndarray
    best: np.ndarray  # the least finite loss so far
    diverged: np.ndarray  # the first epoch without a finite loss, or -1


@dataclass(frozen=True)
class Found:
    """What the nets of a block came to, each (N,)."""

    loss: np.ndarray
    accuracy: np.ndarray
    dead: np.ndarray  # units that are never above 0


class Nets(Protocol):
    """A way to train blocks of nets."""

    name: str
    size: int  # how many nets suit one block
    stride: int  # epochs: at its multiples a block can be taken up again from its weights, to the bit

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place; best and diverged are brought up to date, each before its step."""

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""


def noted(block: Block, part: slice, losses: np.ndarray, first: int) -> None:
    """None; the block knows what these losses (epochs, nets) of a part, from an epoch on, say of best and diverged."""
    bad = ~np.isfinite(losses)
    block.best[part] = np.fmin(block.best[part], np.fmin.reduce(losses))  # a square is never -inf
    fresh = (block.diverged[part] < 0) & bad.any(0)
    block.diverged[part] = np.where(fresh, first + bad.argmax(0), block.diverged[part])
