"""A descent unrolled, a row for each step, and one step in slow motion; for any optimiser of optimisers.OPTIMISERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sheetnet.graph.node import Node, apply, row, vstack
from sheetnet.models.optimisers import Optimiser, Step
from sheetnet.motifs.unroll import unroll
from sheetnet.page.grid import Grid
from sheetnet.page.look import HEADING
from sheetnet.page.part import Part
from sheetnet.page.parts import Pile, table
from sheetnet.page.shown import Group, Shown, forward, result, update

LABELS = ("x^2", "x", "1")  # of the three weights
LOSS, ABOVE = "loss, all rows", "above lowest"
Batch = tuple[Node, ...]  # X (rows, 3), y (rows, 1) and, where not all rows count, 1 for each that does (1, rows)


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
        self.how, self.counted = how, vstack(list(counts))  # the numbers of the steps (n, 1)
        self.at: Node  # the step in slow motion, and its lines
        self.lines: dict[str, Node]
        self.steps: list[Step] = []
        kinds, begin = list(how.optimiser.state), apply("same", start)

        def step(now: Sequence[Node], i: int) -> tuple[Sequence[Node], Sequence[Node]]:
            grad = how.slopes(now[0], batches[i])
            made = how.step(now[0], grad, dict(zip(kinds, now[1:], strict=True)), counts[i])
            self.steps.append(made)
            return [grad], [made.W_next, *(made.state[kind] for kind in kinds)]

        columns, last = unroll([begin, *how.optimiser.zeros(begin).values()], len(batches), step)
        Ws, *states = ([*rows, end] for rows, end in zip(columns, last, strict=False))
        self.W, self.grad = vstack(Ws), vstack(columns[-1])
        self.state = {kind: vstack(rows) for kind, rows in zip(kinds, states, strict=True)}
        self.shown = {key: vstack([step.shown[key] for step in self.steps]) for key in self.steps[0].shown}
        self.loss = vstack([how.loss(W) for W in Ws])
        self.above = self.loss - how.lowest

    def parts(self, prefix: str) -> list[Part]:
        """Gradient, state, what is shown, W and loss, to stand side by side; the start is in the first row."""
        out = [lower(f"{prefix}.grad", Shown(self.grad, "gradient", role="backward"))]
        state = {f"{prefix}.{key}": (rows, key) for key, rows in self.state.items()}
        out += [table(update(state, labels=LABELS))] * bool(state)
        out += [lower(f"{prefix}.{key}", Shown(rows, key, role="update")) for key, rows in self.shown.items()]
        columns = update({f"{prefix}.W": (self.W, "weights after the step")}, labels=LABELS)
        columns |= forward({f"{prefix}.loss": (self.loss, LOSS)})
        return [*out, table(columns, result({f"{prefix}.above": (self.above, ABOVE)}, style="cells"))]

    def slowly(self, prefix: str, at: Node) -> Part:
        """The step `at` line by line, each a formula of the lines above, as the optimiser's words say."""
        self.at, optimiser = at, self.how.optimiser
        then = {key: row(rows, at) for key, rows in self.state.items()}
        lines = {"W then": row(self.W, at), "gradient": row(self.grad, at)}
        lines |= {f"{key} then": node for key, node in then.items()}
        hows = {"W then": "weights before the step", "gradient": "of the batch, at these weights"}
        hows |= {f"{key} then": optimiser.state[key].split(",")[0] for key in then}
        step = self.how.step(lines["W then"], lines["gradient"], then, at)
        made = {f"{key} after": node for key, node in step.state.items()} | step.shown | {"W after": step.W_next}
        for line in optimiser.words.format(**{key: key for key in optimiser.settings}).split("\n"):
            name, how = line.split(" = ", 1)
            lines[name], hows[name] = made[name], f"= {how}"
        lines["in the table"], hows["in the table"] = row(self.W, at + 1.0), "the same, in the table below"
        self.lines = lines
        rows: list[tuple[str, Group]] = []
        for name, node in lines.items():
            one = Shown(node, role="backward" if name == "gradient" else "update")
            rows.append((name, {f"{prefix}.now.{name.replace(' ', '_')}": one}))
        return Grid(
            "", rows, (*LABELS, "how"), corner="That step, slowly", after=dict(enumerate(hows[name] for name in lines))
        )


def lower(id: str, one: Shown) -> Part:
    """A table (n, k) that begins a row below the start, under its heading."""
    n, k = one.node.shape
    bare = Shown(one.node, role=one.role, style=one.style)
    labels = LABELS if k == 3 else ()
    return Pile(one.title, {id: bare}, f"{n} x {k}", labels, HEADING[one.role], skip=1)
