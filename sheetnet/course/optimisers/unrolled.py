"""A descent unrolled, a row for each step, and one step in slow motion; for any optimiser of optimisers.OPTIMISERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sheetnet.graph.node import Node, apply, row, vstack
from sheetnet.models.optimisers import Optimiser, Step
from sheetnet.page.book import Page, Role
from sheetnet.page.look import HEADING

LABELS = ("x^2", "x", "1")  # of the three weights
LOSS, ABOVE = "loss, all rows", "above lowest"
Batch = tuple[Node, Node]  # X (rows, 3) and y (rows, 1)


@dataclass(frozen=True)
class Descent:
    """What descends: an optimiser with its rate and settings, on the slopes of a batch at each step."""

    optimiser: Optimiser
    lr: Node
    settings: Mapping[str, Node]
    slopes: Callable[[Node, Batch], Node]  # W (1, 3) and a batch -> the gradient (1, 3)
    loss: Callable[[Node], Node]  # W (1, 3) -> the loss on all rows (1, 1)
    lowest: Node  # the lowest loss there is

    def step(self, W: Node, grad: Node, state: Mapping[str, Node], t: Node) -> Step:
        return self.optimiser.step(W, grad, state, self.lr, t, **self.settings)


class Run:
    """A descent's n steps as tables: W and state (n + 1, 3), loss (n + 1, 1); gradient and what is shown (n, 3)."""

    def __init__(self, how: Descent, start: Node, batches: Sequence[Batch], counts: Sequence[Node]) -> None:
        """counts: the number of each step, from 1, (1, 1)."""
        self.how = how
        self.at: Node  # the step in slow motion, and its lines
        self.lines: dict[str, Node]
        W = apply("same", start)
        state: Mapping[str, Node] = how.optimiser.zeros(W)
        Ws, states, grads = [W], [state], []
        self.steps: list[Step] = []
        for batch, t in zip(batches, counts, strict=True):
            grads.append(how.slopes(W, batch))
            step = how.step(W, grads[-1], state, t)
            W, state = step.W_next, step.state
            Ws.append(W)
            states.append(state)
            self.steps.append(step)
        self.n, self.grads = len(grads), grads
        self.W, self.grad = vstack(Ws), vstack(grads)
        self.state = {key: vstack([state[key] for state in states]) for key in how.optimiser.state}
        self.shown = {key: vstack([step.shown[key] for step in self.steps]) for key in step.shown}
        self.loss = vstack([how.loss(W) for W in Ws])
        self.above = self.loss - how.lowest

    def place(self, page: Page, prefix: str, top: int, col: int) -> int:
        """Gradient, state, what is shown, W and loss side by side, the start in row `top`; the next free column."""
        col = self.lower(page, f"{prefix}.grad", self.grad, top, col, "gradient", "backward")
        for key, table in self.state.items():
            page.place(f"{prefix}.{key}", table, top, col, "update", title=key, labels=LABELS)
            col += 3
        for key, table in self.shown.items():
            col = self.lower(page, f"{prefix}.{key}", table, top, col, key, "update")
        page.place(f"{prefix}.W", self.W, top, col, "update", title="weights after the step", labels=LABELS)
        page.place(f"{prefix}.loss", self.loss, top, col + 3, "forward", title=LOSS, format="loss")
        page.place(f"{prefix}.above", self.above, top, col + 4, "result", "cells", title=ABOVE, scale=self.loss)
        page.widths |= {col + 3: 14.0, col + 4: 13.0}
        return col + 5

    def lower(
        self, page: Page, id: str, table: Node, top: int, col: int, title: str, role: Role, style: str = ""
    ) -> int:
        """A table (n, k) that begins a row below the start, under its heading; the next free column."""
        n, k = table.shape
        head(page, top, col, title, role, f"{n} x {k}", LABELS if k == 3 else ())
        page.place(id, table, top + 1, col, role, "cells" if style else None)
        return col + k

    def slowly(self, page: Page, prefix: str, at: Node, top: int) -> dict[str, Node]:
        """The step `at` line by line, each a formula of the lines above, as the optimiser's words say; the lines."""
        optimiser, settings = self.how.optimiser, self.how.optimiser.settings
        page.text(top, 0, "That step, slowly", "head_left")
        for j, label in enumerate(LABELS):
            page.text(top, 1 + j, label, "head")
        page.text(top, 4, "how", "head_left", wide=4)
        then = {key: row(table, at) for key, table in self.state.items()}
        lines = {"W then": row(self.W, at), "gradient": row(self.grad, at)}
        lines |= {f"{key} then": node for key, node in then.items()}
        hows = {"W then": "weights before the step", "gradient": "of the batch, at these weights"}
        hows |= {f"{key} then": optimiser.state[key].split(",")[0] for key in then}
        step = self.how.step(lines["W then"], lines["gradient"], then, at)
        made = {f"{key} after": node for key, node in step.state.items()} | step.shown | {"W after": step.W_next}
        for line in optimiser.words.format(**{key: key for key in settings}).split("\n"):
            name, how = line.split(" = ", 1)
            lines[name], hows[name] = made[name], f"= {how}"
        lines["in the table"] = row(self.W, at + 1.0)
        hows["in the table"] = "the same, unrolled below"
        for i, (name, node) in enumerate(lines.items(), start=top + 1):
            role: Role = "backward" if name == "gradient" else "update"
            page.text(i, 0, name, "label")
            page.place(f"{prefix}.now.{name.replace(' ', '_')}", node, i, 1, role)
            page.text(i, 4, hows[name], "hint", wide=4)
        return lines


def head(page: Page, top: int, col: int, title: str, role: Role, shape: str = "", labels: tuple[str, ...] = ()) -> None:
    """The heading of a table whose first row is `top`, where it is not one block: band, shape, labels."""
    kind, wide = HEADING[role], max(1, len(labels))
    side = "" if labels else "_narrow"
    page.text(top - 3, col, title, f"band_{kind}{side}", wide=wide)
    page.text(top - 2, col, shape, f"shape_{kind}{side}", wide=wide)
    for j, label in enumerate(labels):
        page.text(top - 1, col + j, label, f"head_{kind}{side}")
