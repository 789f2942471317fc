"""Many nets on Gram matrices (gram.py): each for itself, since what is far from its corners is each net's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from sheetnet.training.block import Block, Found, Nets
from sheetnet.training.gram import STRIDE, Gram
from sheetnet.training.task import Task
from sheetnet.training.threads import threads


class Grams:
    """On a CPU in float64: nets dealt out to threads, each from its own matrices."""

    name, stride = "gram", STRIDE

    def __init__(self, task: Task, passes: Nets) -> None:
        """passes: what measures a block by going through all rows."""
        first = Gram(task, np.zeros((task.model.n_features, task.model.n_hidden)))  # or an error
        self.task, self.passes, self.size = task, passes, 256
        many = 1 if first.passes.groups > 1 else threads()  # passes over a large table take all threads themselves
        self.firsts = [first, *(Gram(task, first.get()) for _ in range(1, many))]
        self.block: Block | None = None
        self.nets: list[Gram] = []

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place."""
        if block is not self.block or first == 0:
            self.block, self.nets = block, [self._net(block, net) for net in range(len(block.W))]
        many = len(self.firsts)

        def train(worker: int) -> None:
            losses, shares = np.empty((2, epochs))
            for net in range(worker, len(block.W), many):
                self.nets[net].advance(first, losses, shares)
                block.W[net] = self.nets[net].W
                finite = np.isfinite(losses)
                block.best[net] = min(block.best[net], losses[finite].min(initial=np.inf))
                if block.diverged[net] < 0 and not finite.all():
                    block.diverged[net] = first + int(np.argmin(finite))

        with ThreadPoolExecutor(many) as pool:
            list(pool.map(train, range(many)))

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""
        return self.passes.measure(block)

    def _net(self, block: Block, net: int) -> Gram:
        task = replace(self.task, lr=float(block.lr[net]), weight_decay=float(block.decay[net]))
        return Gram(task, block.W[net].T, self.firsts[net % len(self.firsts)])
