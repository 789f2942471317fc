"""The descents of lesson 7: their noise, a sheet for each optimiser, and all of them compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetnet.course.optimisers import stories
from sheetnet.course.optimisers.batches import N_BATCHES, ROWS, Batches
from sheetnet.course.optimisers.own import PASSES, SIZE, shuffled
from sheetnet.course.optimisers.stories import STORIES, Story
from sheetnet.course.optimisers.unrolled import LABELS, Batch, Descent, Run, lower
from sheetnet.graph.node import Node, apply, constant, hstack, lift, ones, row, vstack, where
from sheetnet.models.optimisers import OPTIMISERS, Optimiser
from sheetnet.motifs.least_squares import solution
from sheetnet.page.flow import Aside, across, beside, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said, whole
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Pile, Words, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Shown, forward, result, shown

RATE = 0.02
STEPS = PASSES * N_BATCHES
DESCENTS = {"full": ("all 20 rows", 1), "batch": ("batches of 4", 5), "single": ("one row", 20)}  # steps in a pass
FAR = "loss above the lowest"
CUT, HIGHEST, LOWEST = 2, 10, 0.001  # where the charts of losses are cut off
CALLED = {"sgd": "plain SGD", "momentum": "momentum"}  # in a sentence
ABOUT_NOISE = "Three descents from the same start look at all rows ten times. The order of the rows is drawn anew for each pass. Change the yellow rates."
ABOUT_ONE = "Left: one step, line by line. Choose which. Below: fifty steps on batches of four, here in the same order in each pass."
ABOUT_COMPARE = (
    "The rates are those of the sheets before; change them there. Look at who is ahead early, and who in the end."
)


class Races(Batches):
    """Descents on batches of one, four and twenty rows, and of six optimisers."""

    lowest: Node  # the lowest loss that there is
    used: Node  # 1 where a step of Noise on a batch of four uses a row, (STEPS, ROWS)
    turns: dict[str, tuple[Node]]  # which rows each step of Noise uses

    def _descent(self, optimiser: Optimiser, lr: Node, settings: dict[str, Node]) -> Descent:
        return Descent(optimiser, lr, settings, self.slopes, lambda W: self.loss(W, (self.X, self.y)), self.lowest)

    # ---- Noise

    def noise_page(self) -> None:
        best = solution(self.X, self.y).T.named("best")
        self.lowest = self.loss(best, (self.X, self.y))
        lines: dict[str, dict[str, Shown | str]] = {}
        tables, curves, paths = list[Part](), list[Line](), list[Line]()
        batches: dict[str, list[Batch]] = {"full": [(self.X, self.y)] * PASSES, **self._shuffled_batches()}
        for (key, (title, n)), look in zip(DESCENTS.items(), ("line 8", "live", "line 2"), strict=True):
            message = f"rate, {title}: a number of 0 or more is expected"
            lr = self.typed(f"noise.{key}.lr", RATE, low=0, message=message, name=f"lr_{key}", format="rate")
            run = self.runs[key] = Run(
                self._descent(OPTIMISERS["sgd"], lr, {}), self.W_start, batches[key], [lift(1.0)] * n * PASSES
            )
            passes = self.typed(f"noise.{key}.pass", np.arange(n * PASSES + 1.0)[:, None] / n, "pass", "fixed")
            found = {"first": (row(run.loss, n + 1),), "last": (row(run.loss, PASSES * n + 1),)}
            ends = result({f"noise.{key}.{what}": one for what, one in found.items()})
            ends |= result({f"noise.{key}.least": (apply("min", run.loss),)}, style="cells")
            lines[title] = {**self.cells(lr), "steps": str(n), **ends}
            which = [lower(id, one) for id, one in self.cells(*self.turns.get(key, ())).items()]
            parts = beside(table(self.cells(passes)), *which, *run.parts(f"noise.{key}"))
            tables.append(down(Words(f"With {title} at a time"), parts, gap=0))
            curves.append((title, f"noise.{key}.pass", f"noise.{key}.above", look))
            weights = f"noise.{key}.W"
            paths.append((title, Some(weights, None, (0, 0)), Some(weights, None, (2, 2)), look))
        paths.append(("the lowest loss", Some("best", None, (0, 0)), Some("best", None, (2, 2)), "target"))
        lowest = {
            "Lowest possible": result({"lowest": (self.lowest,)}, name="lowest"),
            "at weights": result({"best": (best,)}),
        }
        self.page("Noise: ten passes, with few large steps or with many small ones", ABOUT_NOISE, down(
            across(
                plot(f"The loss, pass by pass (cut off at {CUT})", "passes over all rows", FAR, curves,
                     "Three falling curves; those of small batches fall faster, then wobble.", y_format="0.0", x_max=PASSES,
                     y_min=0, y_max=CUT, width=440, height=260, wide=5),
                plot("The way that two of the weights go", "weight of x^2", "weight of 1", paths, "Three paths to the best weights: smooth with all rows, jagged with batches, wild with single rows.", y_format="0.0",
                     x_max=4, x_min=0, y_min=0, y_max=2, x_format="0.0", width=390, height=260, wide=4),
                Note(stories.NOISE, 3),
            ),
            down(
                grid("", lines, over=[(head, 1) for head in ("", "steps in", "loss after", "loss after", "lowest on")],
                     heads=("rate", "a pass", "1 pass", "10 passes", "the way")),
                grid("", lowest), gap=0,
            ),
            across(*tables),
            Aside(table(forward({"noise.batch.used": (self.used, "1: this step on a batch of four uses this row")},
                                format="plain", labels=tuple(f"row {i + 1}" for i in range(ROWS))))),
        ))  # fmt: skip

    def _shuffled_batches(self) -> dict[str, list[Batch]]:
        """The batches of four and the single rows of all passes, each pass in an order of its own."""
        (order,) = self.as_it_came(self.order)
        rows = shuffled(order, self.seed)
        fours = self.typed("noise.batch.rows", rows.reshape(-1, SIZE), "its rows", "fixed")
        singles = self.typed("noise.single.rows", rows, "its row", "fixed")
        self.turns = {"batch": (fours,), "single": (singles,)}
        numbers = constant((tuple(float(i + 1) for i in range(ROWS)),))
        used = [ones(1, SIZE) @ apply("equal", row(fours, k + 1).T, numbers) for k in range(STEPS)]
        self.used = vstack(used)
        turns = [row(singles, k + 1) for k in range(len(rows))]
        return {
            "batch": [(self.X, self.y, one) for one in used],
            "single": [(row(self.X, at), row(self.y, at)) for at in turns],
        }

    # ---- a sheet for each optimiser

    def optimiser_page(self, optimiser: Optimiser, story: Story) -> None:
        name = optimiser.name
        lr = self.typed(f"{name}.lr", story.lr, "learning rate", low=0, name=f"lr_{name}", format="rate")
        settings = {}
        for key, value in optimiser.settings.items():
            high, format = (
                1.0 if key == "eps" else 100.0 if key == "weight_decay" else 0.9999,
                "tiny" if key == "eps" else "rate",
            )
            called = key if key == name else f"{key}_{name}"
            settings[key] = self.typed(f"{name}.{key}", value, key, low=0, high=high, name=called, format=format)
        at = self.typed(f"{name}.at", 3, "step to look at", low=1, high=STEPS, whole=True)
        t = [self.value("step_0", 0.0)]
        for _ in range(STEPS):
            t.append(t[-1] + 1.0)
        run = self.runs[name] = Run(self._descent(optimiser, lr, settings), self.W_start, self.batches * PASSES, t[1:])
        numbers = self.value("batch_numbers", np.arange(STEPS)[:, None] % N_BATCHES + 1.0)
        steps = shown("fixed", {f"{name}.start": (t[0],)}, format="plain")
        steps |= result({f"{name}.t": (run.counted,)}, format="plain")
        batch = shown("fixed", {f"{name}.batch": (numbers,)}, format="plain")
        more, lines = self._shown(name, run, story)
        title, axis, alt = story.chart
        above: list[Line] = [_part(story.sheet, name, "above", 0, "live")]
        above += [_part("SGD", "sgd", "above", 0, "line 2")] * (name != "sgd")
        look: dict[str, Any] = {"x_max": STEPS, "width": 515}
        self.page(f"{story.sheet}: {story.about}", ABOUT_ONE, down(
            across(
                down(
                    across(facts("Settings", self.cells(lr, *settings.values(), at)), Note(story.note, 5)),
                    run.slowly(name, at),
                ),
                down(
                    plot(f"The loss, step by step (in powers of ten; cut off at {HIGHEST})", "step", FAR, above,
                         f"The loss of {story.sheet} at each step, above the lowest possible; the loss of plain SGD beside it.",
                         y_format="General", y_min=LOWEST, y_max=HIGHEST, log_y=True, height=180, **look),
                    plot(title, "step", axis, lines, alt, x_min=None, height=200, **look),
                    gap=0,
                ),
            ),
            across(
                beside(
                    Pile("step", steps, kind="plain"), Pile("batch", batch, kind="plain", skip=1), *run.parts(name),
                ),
                *more,
            ),
        ), prefix=name, first=at, freeze=(2, 1))  # fmt: skip

    def _shown(self, name: str, run: Run, story: Story) -> tuple[list[Part], list[Line]]:
        """What is worth a second chart, as tables where it does not stand yet; and the lines of that chart."""
        how, weights = run.how, _part(story.sheet, name, "W")
        eps = how.settings.get("eps", lift(0.0))
        if name == "sgd":
            return [], [_part(f"of {label}", name, "grad", j) for j, label in enumerate(LABELS)]
        if name in ("adagrad", "rmsprop"):
            (key,) = run.state
            own = vstack([how.lr / (apply("sqrt", step.state[key]) + eps) for step in run.steps])
            rates = lower(f"{name}.own", Shown(own, "rate of each weight", role="result"))
            return [rates], [_part(f"of {label}", name, "own", j) for j, label in enumerate(LABELS)]
        if name == "adam":
            kinds = {
                "corrected": [step.shown["m_hat"] / (apply("sqrt", step.shown["v_hat"]) + eps) for step in run.steps],
                "raw": [step.state["m"] / (apply("sqrt", step.state["v"]) + eps) for step in run.steps],
            }
            titles = {"corrected": "step / rate", "raw": "without correction"}
            corrections = (
                lower(f"adam.correct_{key}", Shown(1.0 - apply("power", how.settings[key], run.counted), f"1 - {key}^t",
                                                   role="update", style="cells"))
                for key in ("beta1", "beta2")
            )  # fmt: skip
            steps = (
                lower(f"adam.{key}", Shown(vstack(rows), titles[key], role="result")) for key, rows in kinds.items()
            )
            looks = ("with the correction", "corrected", "live"), ("without", "raw", "line 2")
            return [beside(*corrections), beside(*steps)], [
                _part(label, name, key, 0, look) for label, key, look in looks
            ]
        other = "sgd" if name == "momentum" else "adam"
        return [], [weights, _part(STORIES[other].sheet, other, "W", 0, "line 2")]

    # ---- Compare

    def compare_page(self) -> None:
        runs = [self.runs[name] for name in STORIES]
        losses = hstack([apply("same", run.loss) for run in runs])
        message = f"step: a whole number from 0 to {STEPS} is expected"
        milestones = [[5.0], [10.0], [25.0], [float(STEPS)]]
        at = self.typed("step", milestones, low=0, high=STEPS, whole=True, message=message)
        far = self.typed("far", 0.1, low=0, message="a number of 0 or more is expected")
        then = [row(losses, row(at, i + 1) + 1.0) for i in range(4)]
        slow = [apply("sum", where(apply("greater", run.above, far), 1.0, 0.0)) for run in runs]
        last = apply("if_error", then[-1], lift(1e300))
        place = 1.0 + ones(1, len(runs)) @ apply("greater", last, last.T)
        rates = hstack([apply("same", run.how.lr) for run in runs])
        afters = whole("\n".join([said("Loss after this step")] * 4))
        rows: dict[str, dict[str, Shown | str]] = {
            "Learning rate": {"": "", **result({"lr": (rates,)}, format="rate")},
            afters: {**self.cells(at), **result({"then": (vstack(then),)})},
            "Lowest loss possible": {"": "", **result({"lowest": (apply("same", self.lowest),)}, style="cells")},
            "Steps further above it than": {**self.cells(far), **result({"slow": (hstack(slow),)}, format="plain")},
            "Place after the last step": {"": "", **result({"place": (place,)}, format="plain")},
        }
        lines = [
            _part(story.sheet, name, "above", 0, f"line {j}")
            for j, (name, story) in enumerate(STORIES.items(), start=1)
        ]
        sheets = tuple(story.sheet for story in STORIES.values())
        steps = self.typed("t", np.arange(STEPS + 1.0)[:, None], "step", "fixed")
        self.page("Compare: six ways down, on the same batches in the same order", ABOUT_COMPARE, down(
            across(
                down(grid("", rows, heads=("", *sheets), named="label_left"), Note(self._honest_words(vstack(then), milestones), 8)),
                plot(f"Six optimisers (in powers of ten; cut off at {HIGHEST})", "step", FAR, lines,
                     "Six falling curves of the loss above the lowest possible, on an axis in powers of ten.",
                     y_format="General", y_min=LOWEST, y_max=HIGHEST, x_max=STEPS, log_y=True, width=500, height=380),
            ),
            table(self.cells(steps), forward({"losses": (losses, "Loss on all rows")}, labels=sheets)),
        ), freeze=(2, 1))  # fmt: skip

    def _honest_words(self, then: Node, steps: Sequence[Sequence[float]]) -> str:
        """Who leads at which of the steps, from the losses then, (4, 6), as the workbook is delivered."""
        losses, lowest = self.as_it_came(then, self.lowest)
        names = [CALLED.get(name, story.sheet) for name, story in STORIES.items()]
        leaders = stories.who_leads([int(step) for (step,) in steps], [names[at] for at in losses.argmin(axis=1)])
        within = np.ceil((losses[-1] - lowest).max() * 20) / 20
        return stories.COMPARE.format(within=within, leaders=leaders)


def _part(label: str, name: str, key: str, j: int = 0, look: str = "") -> Line:
    """A line of a chart: a column of a table of an optimiser's sheet, step by step; what is of a step begins at the first."""
    first = int(key in ("grad", "own", "corrected", "raw"))
    x = Some(f"{name}.start", (first, STEPS))  # the start, and the numbers of the steps under it
    return label, x, Some(f"{name}.{key}", None, (j, j)), look or f"line {j + 1}"
