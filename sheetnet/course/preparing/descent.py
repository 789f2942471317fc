"""Lesson 5, the sheets Epochs and Marathon: how many epochs the same descent needs on three tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.scales import FEATURES, TABLES, Scales
from sheetnet.graph.node import Node, apply, hstack, lift, mean, row, square, vstack, where
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import Aside, down, level
from sheetnet.page.grid import grid
from sheetnet.page.language import said
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.plot import Plot, plot
from sheetnet.page.shown import Group, Shown, result

EPOCHS, DOUBLINGS, WITHIN = 150, 18, 0.01
LATE = f"not by {2**DOUBLINGS - 1:,}"
RATES = {"raw": 0.0002, "max": 0.4, "log": 0.24}
TOO_LOW = "Learning rate: a number of 0 or more is expected"
ABOUT_EPOCHS = "Change the yellow rates. How many epochs does each table need until its loss is close to the smallest possible loss?"
EPOCHS_NOTE = "All three begin with the weights on Slopes. Each goes down its slopes with its own rate. A larger rate works up to a limit: {raw:.6f} for Raw, {max:.3f} divided, {log:.3f} log10. Above it the loss climbs out of the chart and never arrives."
MORE = (
    "Try this: give Raw the rate {below:.5f}, then {above:.5f}. Then give the other two Raw's rate of 0.0002. They need even more epochs than Raw. So dividing helps because it makes a large rate safe.\n\n"
    "A single Fare of 5000 on Data lowers Raw's limit to {outlier:.6f}. At 0.0002 it then diverges: its loss grows without end.\n\n"
    "On Large, log10 fitted better than Fare / max. Here it needs more epochs. Beside sex and class, Fare adds next to nothing in either form. And log10's larger numbers allow only half the rate.\n\n"
    "A rate that is surely safe: {n} / (the sum of all squares in the table)."
)
ABOUT_MARATHON = "Too many epochs for a row each: each row has twice as many as the row above. Each mark on the chart's axis is ten times the one before."
ALT_EPOCHS = "The loss at each of 150 epochs for the raw table and the two prepared ones."
ALT_MARATHON = "The loss against the epoch on a logarithmic axis, for the three tables."
TAKEN = "Taken (1) when the loss would still be too large after it"
DISTANCE = "What an epoch does to the distance from the best weights; then two, four, ... epochs"
MARATHON_NOTE = (
    "Away: how far the weights are from the best ones. Each epoch multiplies it by the same matrix: away × Step, with Step = identity - 2 rate X'X / {n}. Two epochs are Step × Step. Four are that times itself. Seventeen products reach 131,072 epochs.\n\n"
    "Exactly how many? Try the largest stride that does not arrive yet. Then try half of it, and so on, as in guessing a number. Their sum, plus one, is the first epoch that has arrived. 262,144 means: not by 262,143, or never.\n\n"
    "#NUM! in the table: the rate is above its limit, and the loss has outgrown what a cell can hold."
)


class Descent:
    """The same descent on three tables: 150 epochs row by row, and the number of epochs until it arrives."""

    def __init__(self, lesson: Lesson, scales: Scales) -> None:
        self.scales = scales
        self.within = lesson.typed(
            "within", WITHIN, "Within this share of it", low=1e-6, high=10, name="within", format="share"
        )
        doubled = 2.0 ** np.arange(DOUBLINGS)[:, None]
        self.doubled = lesson.typed("epoch", doubled, "Epochs", "fixed")
        self.strides = lesson.typed("search.stride", doubled[::-1], "Stride", "fixed", name="stride")
        rule: dict[str, Any] = {"low": 0.0, "high": 1e6, "message": TOO_LOW, "format": "rate"}
        self.lr = {
            key: lesson.typed(f"epochs.{key}.lr", rate, name=f"rate_{key}", **rule) for key, rate in RATES.items()
        }
        self.blocks = {key: self._descend(key) for key in TABLES}
        taken = {key: blocks["search.taken"].node for key, blocks in self.blocks.items()}
        self.count = {key: apply("sum", node * self.strides) + 1.0 for key, node in taken.items()}
        self.counts = hstack(list(self.count.values()))
        self.late = apply("greater", self.counts, lift(2.0**DOUBLINGS - 1.0))
        limits = {key: self._limit(lesson, key) for key in TABLES}
        self.around = np.floor(limits["raw"] * 1e5) / 1e5, np.floor(limits["raw"] * 1e5 + 2) / 1e5
        below, above = self.around
        outlier = self._limit(lesson, "raw", 5000.0)
        n = scales.blanks.n
        more = MORE.format(n=n, below=below, above=above, outlier=outlier)
        self._epochs(lesson, EPOCHS_NOTE.format(**limits), more)
        self._marathon(lesson, MARATHON_NOTE.format(n=n))

    def _limit(self, lesson: Lesson, key: str, first_fare: float | None = None) -> float:
        """The largest rate at which descent on a table does not diverge, as it came, or with another first fare."""
        fare = self.scales.blanks.raw["Fare"]
        (fares,) = lesson.as_it_came(fare)
        typed = {} if first_fare is None else {fare: np.vstack([[first_fare], fares[1:]])}
        gram, n = lesson.as_it_came(self.scales.gram[key], self.scales.n, typed=typed)
        return float(n.item() / np.linalg.eigvalsh(gram)[-1])

    def _descend(self, key: str) -> Group:
        """The weights of all epochs, each row from the one above, their slopes and losses; the best weights."""
        scales, gram, moment, words = self.scales, self.scales.gram[key], self.scales.moment[key], TABLES[key]

        def step(state: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            slope = 2.0 * (state[0] @ gram - moment.T) / scales.n
            return [slope], [state[0] - self.lr[key] * slope]

        weights, slopes = unroll([scales.start.T], EPOCHS + 1, step)[0]
        best = (moment.T @ apply("inverse", gram)).named("best")
        least = mean(square(scales.X[key] @ best.T - scales.y))
        target = least * (1.0 + self.within)
        # row by row, so that where a rate is too large only the rows that outgrow the sheet are errors
        loss = vstack([(apply("sum", w * (w @ gram - 2.0 * moment.T)) + scales.yy) / scales.n for w in weights])
        return self._leap(key, best, least, target) | {
            "epochs.safe": Shown(scales.n / apply("sum", square(scales.X[key])), format="feature"),
            "epochs.best": Shown(best, name=f"best_{key}"),
            "epochs.least": Shown(least, name=f"least_{key}"),
            "epochs.target": Shown(target, name=f"target_{key}"),
            "epochs.W": Shown(vstack(weights), f"Weights: {words}", role="update", labels=FEATURES),
            "epochs.grad": Shown(vstack(slopes), f"Slopes: {words}", role="backward", labels=FEATURES),
            "epochs.loss": Shown(loss, f"Loss: {words}"),
            "epochs.last": Shown(row(loss, EPOCHS + 1), role="result"),
        }

    def _leap(self, key: str, best: Node, least: Node, target: Node) -> Group:
        """Where 1, 2, 4, ... epochs lead at once, and the search for the first epoch that has arrived."""
        scales, gram, words = self.scales, self.scales.gram[key], TABLES[key]
        powers = [scales.eye - 2.0 * self.lr[key] / scales.n * gram]
        for _ in range(DOUBLINGS - 1):
            powers.append(powers[-1] @ powers[-1])

        def loss(away: Node) -> Node:
            """The loss when the weights are so far from the best ones, (1, 6) -> (1, 1)."""
            return least + apply("sum", away * (away @ gram)) / scales.n

        def stride(state: Sequence[Node], number: int) -> tuple[Sequence[Node], Sequence[Node]]:
            tried = state[0] @ powers[-1 - number]
            then = loss(tried)
            taken = apply("if_error", apply("greater", then, target), lift(1.0))
            return [tried, then, taken], [where(taken, tried, state[0])]

        away = scales.start.T - best
        after = [away @ power for power in powers]
        here, tried, losses, taken = unroll([apply("same", away)], DOUBLINGS, stride)[0]
        return {
            "marathon.powers": Shown(vstack(powers), f"Step: {words}", labels=FEATURES),
            "marathon.away": Shown(away, name=f"away_{key}"),
            "marathon.after": Shown(vstack(after), f"Still away: {words}", labels=FEATURES),
            "marathon.loss": Shown(vstack([loss(one) for one in after]), f"Loss: {words}"),
            "search.here": Shown(vstack(here), f"Away before: {words}", labels=FEATURES),
            "search.tried": Shown(vstack(tried), f"Away after the stride: {words}", labels=FEATURES),
            "search.loss": Shown(vstack(losses), f"Loss then: {words}"),
            "search.taken": Shown(vstack(taken), f"Taken: {words}", "plain", "result"),
        }

    def _of(self, id: str, *keys: str) -> Group:
        """One block of each table, or of some tables."""
        page, part = id.split(".")
        return {f"{page}.{key}.{part}": self.blocks[key][id] for key in keys or TABLES}

    def _epochs(self, lesson: Lesson, note: str, more: str) -> None:
        number = lesson.typed("epoch", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        arrived = {"here.epochs.count": (where(self.late, said(LATE), self.counts),)}
        numbers = {
            "Learning rate": lesson.cells(*self.lr.values()),
            "A rate that is surely safe": self._of("epochs.safe"),
            "Smallest possible loss": self._of("epochs.least"),
            "": lesson.cells(self.within),
            "Arrived when the loss is": self._of("epochs.target"),
            "Epochs until there": result(arrived, style="cells", format="count"),
            f"Loss after {EPOCHS} epochs": self._of("epochs.last"),
        }
        far = (
            (
                Aside(table(self._of("epochs.best", key), lead=f"{words}: the best weights, by least squares")),
                table(self._of("epochs.W", key), None, self._of("epochs.grad", key)),
            )
            for key, words in TABLES.items()
        )
        chart = _losses("epochs", f"The first {EPOCHS} epochs", "epoch", ALT_EPOCHS, x_max=EPOCHS)
        lesson.page("Epochs: the same descent, three tables", ABOUT_EPOCHS, level(
            [grid("", numbers, heads=[*TABLES.values()]), table(lesson.cells(number), self._of("epochs.loss"))],
            [down(chart, Note(note), Note(more))],
            *far,
        ), freeze=(2, 1))  # fmt: skip

    def _marathon(self, lesson: Lesson, note: str) -> None:
        times = where(self.late, said(LATE), self.counts / apply("min", self.counts))
        counts = {
            "Epochs until there": result({"count": Shown(self.counts, name="epochs_needed")}, format="count"),
            "times as many as the fewest": result({"here.marathon.times": (times,)}, format="shown"),
        }
        chart = _losses("marathon", "The same three losses, up to 131,072 epochs", "epoch (in powers of ten)",
                        ALT_MARATHON, x_max=1e6, x_min=1, log_x=True, x_format="#,##0", wide=5)  # fmt: skip
        far = (
            (
                Aside(table(self._of("marathon.away", key), lead=DISTANCE)), table(self._of("marathon.after", key)),
                None, table(self._of("search.here", key)), table(self._of("marathon.powers", key)),
            )
            for key in TABLES
        )  # fmt: skip
        lesson.page("Marathon: how many epochs until it arrives? (for the curious)", ABOUT_MARATHON, level(
            [
                grid("", counts, heads=[*TABLES.values()]),
                table(lesson.cells(self.doubled), self._of("marathon.loss")),
                Words(TAKEN),
                table(lesson.cells(self.strides), self._of("search.taken")),
            ],
            [down(chart, Note(note, 5)), None, None, table(self._of("search.loss"))],
            *far,
            *([None, None, None, table(self._of("search.tried", key))] for key in TABLES),
        ), freeze=(2, 1))  # fmt: skip


def _losses(page: str, title: str, x: str, alt: str, **more: Any) -> Plot:
    """The losses of the three tables by epoch."""
    lines = [
        (words.lower(), f"{page}.epoch", f"{page}.{key}.loss", f"line {i + 1}")
        for i, (key, words) in enumerate(TABLES.items())
    ]
    return plot(title, x, "mean squared error", lines, alt, y_format="0.00", y_min=0, y_max=0.4, height=280, **more)
