"""The descents of lesson 7: their noise, a sheet for each optimiser, and all of them compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetnet.course.optimisers import stories
from sheetnet.course.optimisers.stories import STORIES, Story
from sheetnet.course.optimisers.unrolled import LABELS, Descent, Run, head
from sheetnet.graph.node import Node, apply, hstack, lift, ones, row, vstack, where
from sheetnet.models.optimisers import OPTIMISERS, Optimiser
from sheetnet.page.book import Chart, Page, Rule, Series

if TYPE_CHECKING:
    from sheetnet.course.optimisers.lesson import Optimisers

N_BATCHES, PASSES, RATE = 5, 10, 0.02
STEPS = PASSES * N_BATCHES
DESCENTS = {"full": ("all 20 rows", 1), "batch": ("batches of 4", 5), "single": ("one row", 20)}  # steps in a pass
FAR = "loss above the lowest possible"
LOG = "[<0.001]0E+0;[<1000]General;0E+0"
WIDE = 10.7  # for -99999.0000 too


def noise_page(lesson: Optimisers) -> None:
    page = lesson.book.page(
        "Noise",
        "Noise: ten passes, with few large steps or with many small ones",
        "Three descents from the same start look at the same rows ten times. Change the yellow rates, and look at what"
        " the loss does in the end.",
        freeze=(2, 0),
    )
    page.widths |= {0: 14.0, **dict.fromkeys(range(1, 40), WIDE)}
    for j, title in enumerate(("", "steps in", "loss after", "loss after", "lowest on")):
        page.text(3, 1 + j, title, "label")
    for j, title in enumerate(("rate", "a pass", "1 pass", "10 passes", "the way")):
        page.text(4, 1 + j, title, "head")
    solved = apply("inverse", lesson.X.T @ lesson.X) @ (lesson.X.T @ lesson.y)
    best = solved.T.named("best")
    lesson.lowest = lesson.loss(best, (lesson.X, lesson.y))
    page.text(9, 0, "Lowest possible", "label")
    page.place("noise.lowest", lesson.lowest, 9, 1, "result", name="lowest")
    page.text(9, 2, "at weights", "label")
    page.place("noise.best", best, 9, 3, "result")
    series, paths, col = [], [], 0
    for i, (key, (title, n)) in enumerate(DESCENTS.items()):
        lr = lesson.value(f"lr_{key}", RATE)
        page.text(5 + i, 0, title, "label")
        block = page.place(f"noise.{key}.lr", lr, 5 + i, 1, "input", name=f"lr_{key}", format="rate")
        page.rules.append(Rule(block.area, False, 0, 1e300, f"rate, {title}: a number of 0 or more is expected"))
        page.text(5 + i, 2, str(n), "count")
        batches = {"full": [(lesson.X, lesson.y)], "batch": lesson.batches, "single": lesson.singles}[key] * PASSES
        run = Run(_descent(lesson, OPTIMISERS["sgd"], lr, {}), lesson.W_start, batches, [lift(1.0)] * len(batches))
        passes = lesson.value(f"passes_{key}", np.arange(len(batches) + 1.0)[:, None] / n)
        page.text(30, col, f"With {title} at a time", "lead")
        page.place(f"noise.{key}.pass", passes, 34, col, "fixed", title="pass", format="plain")
        end = run.place(page, f"noise.{key}", 34, col + 1)
        found = {"first": row(run.loss, n + 1), "last": row(run.loss, PASSES * n + 1), "least": apply("min", run.loss)}
        for j, (what, node) in enumerate(found.items()):
            page.place(f"noise.{key}.{what}", node, 5 + i, 3 + j, "result", "cells" if j == 2 else None)
        look = ("line 8", "live", "line 7")[i]
        series.append(lesson.line(title, f"noise.{key}.pass", f"noise.{key}.above", look))
        area = lesson.book.block(f"noise.{key}.W").area
        paths.append(Series(title, area.part((0, n * PASSES), (0, 0)), area.part((0, n * PASSES), (2, 2)), look))
        lesson.runs[key], col = run, end + 1
    spot = lesson.book.block("noise.best").area
    paths.append(Series("the lowest loss", spot.part((0, 0), (0, 0)), spot.part((0, 0), (2, 2)), "target"))
    page.text(3, 7, stories.NOISE, "note", wide=9, tall=6)
    alt = "Three falling curves; those of small batches fall faster, then wobble."
    page.charts.append(
        Chart(11, 0, "The loss, pass by pass", "passes over all rows", FAR, tuple(series), alt, LOG, PASSES, log_y=True)
    )
    alt = "Three paths to the best weights: smooth with all rows, jagged with batches, wild with single rows."
    title, x, y = "The way that two of the weights go", "weight of x^2", "weight of 1"
    page.charts.append(Chart(11, 8, title, x, y, tuple(paths), alt, "0.0", 4, 0, 0, 2, x_format="0.0"))
    page.active = (5, 1)


def _descent(lesson: Optimisers, optimiser: Optimiser, lr: Node, settings: dict[str, Node]) -> Descent:
    return Descent(
        optimiser, lr, settings, lesson.slopes, lambda W: lesson.loss(W, (lesson.X, lesson.y)), lesson.lowest
    )


def optimiser_page(lesson: Optimisers, optimiser: Optimiser, story: Story) -> None:
    name, top = optimiser.name, 31
    about = "Top left, one step line by line: choose which. Below, fifty steps on batches of four, in the same order."
    page = lesson.book.page(story.sheet, f"{story.sheet}: {story.about}", about, freeze=(2, 1))
    page.widths |= {0: 16.0, **dict.fromkeys(range(1, 40), WIDE), **dict.fromkeys(range(4, 8), 11.5)}
    page.text(3, 0, "Settings", "band_plain", wide=2)
    lr = lesson.cell(page, f"{name}.lr", story.lr, 4, 1, "learning rate", low=0, name=f"lr_{name}", format="rate")
    settings = {}
    for i, (key, value) in enumerate(optimiser.settings.items(), start=5):
        called = key if key == name else f"{key}_{name}"
        high = 1.0 if key == "eps" else 100.0 if key == "weight_decay" else 0.9999
        format = "diff" if key == "eps" else "rate"
        settings[key] = lesson.cell(
            page, f"{name}.{key}", value, i, 1, key, low=0, high=high, name=called, format=format
        )
    at = lesson.cell(page, f"{name}.at", 3, 5 + len(settings), 1, "step to look at", low=1, high=STEPS, whole=True)
    page.text(3, 3, story.note, "note", wide=5, tall=8)
    t = [lesson.value("step_0", 0.0)]
    for _ in range(STEPS):
        t.append(t[-1] + 1.0)
    batches = lesson.batches * PASSES
    run = lesson.runs[name] = Run(_descent(lesson, optimiser, lr, settings), lesson.W_start, batches, t[1:])
    run.at, run.lines = at, run.slowly(page, name, at, 12)
    head(page, top, 0, "step", "data")
    page.place(f"{name}.start", t[0], top, 0, "fixed", format="plain")
    page.place(f"{name}.t", vstack(t[1:]), top + 1, 0, "result", format="plain")
    numbers = lesson.value("batch_numbers", np.arange(STEPS)[:, None] % N_BATCHES + 1.0)
    head(page, top, 1, "batch", "data")
    page.place(f"{name}.batch", numbers, top + 1, 1, "fixed", format="plain")
    col = run.place(page, name, top, 2)
    page.print_cols = max(col, 18)  # the charts too
    _shown(lesson, page, name, run, story, top, col + 1)
    page.active = (5 + len(settings), 1)


def _shown(lesson: Optimisers, page: Page, name: str, run: Run, story: Story, top: int, col: int) -> None:
    """What is worth a second chart, as blocks where it does not stand yet; both charts."""
    how, lines = run.how, [_part(lesson, story.sheet, name, "W")]
    eps = how.settings.get("eps", lift(0.0))
    if name == "sgd":
        lines = [_part(lesson, f"of {label}", name, "grad", j) for j, label in enumerate(LABELS)]
    elif name in ("adagrad", "rmsprop"):
        (key,) = run.state
        own = vstack([how.lr / (apply("sqrt", step.state[key]) + eps) for step in run.steps])
        run.lower(page, f"{name}.own", own, top, col, "rate of each weight", "result")
        lines = [_part(lesson, f"of {label}", name, "own", j) for j, label in enumerate(LABELS)]
    elif name == "adam":
        for i, key in enumerate(("beta1", "beta2")):
            correct = 1.0 - apply("power", how.settings[key], lesson.book.block("adam.t").node)
            run.lower(page, f"adam.correct_{key}", correct, top, col + i, f"1 - {key}^t", "update", "cells")
            page.widths[col + i] = 12.0
        kinds = {
            "corrected": [step.shown["m_hat"] / (apply("sqrt", step.shown["v_hat"]) + eps) for step in run.steps],
            "raw": [step.state["m"] / (apply("sqrt", step.state["v"]) + eps) for step in run.steps],
        }
        titles = {"corrected": "step / rate", "raw": "without correction"}
        for i, (key, rows) in enumerate(kinds.items()):
            run.lower(page, f"adam.{key}", vstack(rows), top, col + 3 + 3 * i, titles[key], "result")
        looks = ("with the correction", "corrected", 0, "live"), ("without", "raw", 0, "line 2")
        lines = [_part(lesson, label, name, key, j, look) for label, key, j, look in looks]
    else:
        other = "sgd" if name == "momentum" else "adam"
        lines = [lines[0], _part(lesson, STORIES[other].sheet, other, "W", 0, "line 2")]
    title, axis, alt = story.chart
    page.charts.append(
        Chart(15, 8, title, "step", axis, tuple(lines), alt, "General", STEPS, None, width=600, height=250)
    )
    above = [_part(lesson, story.sheet, name, "above", 0, "live")]
    if name != "sgd":
        above.append(_part(lesson, "SGD", "sgd", "above", 0, "line 2"))
    alt = f"The loss of {story.sheet} at each step, above the lowest possible, beside that of SGD."
    title = "The loss, step by step"
    page.charts.append(
        Chart(2, 8, title, "step", FAR, tuple(above), alt, LOG, STEPS, log_y=True, width=600, height=250)
    )


def _part(lesson: Optimisers, label: str, name: str, key: str, j: int = 0, look: str = "") -> Series:
    """A line of a chart: a column of a table of an optimiser's sheet, step by step."""
    area = lesson.book.block(f"{name}.{key}").area
    first = STEPS + 1 - area.n_rows
    x = lesson.book.block(f"{name}.start").area.part((first, STEPS), (0, 0))
    return Series(label, x, area.part((0, area.n_rows - 1), (j, j)), look or f"line {j + 1}")


def compare_page(lesson: Optimisers) -> None:
    page = lesson.book.page(
        "Compare",
        "Compare: six ways down, on the same batches in the same order",
        "The rates are those of the sheets before; change them there. Look at who is ahead early, and who in the end.",
        freeze=(2, 1),
    )
    page.widths |= {0: 32.0, 1: 8.0, **dict.fromkeys(range(2, 8), 10.5), 8: 2.0}
    runs = [lesson.runs[name] for name in STORIES]
    for j, story in enumerate(STORIES.values()):
        page.text(4, 2 + j, story.sheet, "head")
    page.text(5, 0, "Learning rate", "label_left")
    page.place("compare.lr", hstack([apply("same", run.how.lr) for run in runs]), 5, 2, "result", format="rate")
    losses = hstack([apply("same", run.loss) for run in runs])
    at = lesson.value("milestones", [[5.0], [10.0], [25.0], [STEPS]])
    block = page.place("compare.step", at, 6, 1, "input", format="plain")
    page.rules.append(Rule(block.area, True, 0, STEPS, f"step: a whole number from 0 to {STEPS} is expected"))
    then = [row(losses, row(at, i + 1) + 1.0) for i in range(4)]
    for i in range(4):
        page.text(6 + i, 0, "Loss after this step", "label_left")
    page.place("compare.then", vstack(then), 6, 2, "result")
    page.text(10, 0, "Lowest loss possible", "label_left")
    page.place("compare.lowest", apply("same", lesson.lowest), 10, 2, "result", "cells")
    page.text(11, 0, "Steps further above it than", "label_left")
    far = lesson.value("far", 0.1)
    block = page.place("compare.far", far, 11, 1, "input", format="plain")
    page.rules.append(Rule(block.area, False, 0, 1e300, "a number of 0 or more is expected"))
    slow = [apply("sum", where(apply("greater", run.above, far), 1.0, 0.0)) for run in runs]
    page.place("compare.slow", hstack(slow), 11, 2, "result", format="plain")
    page.text(12, 0, "Place after the last of these steps", "label_left")
    last = apply("if_error", then[-1], lift(1e300))
    place = 1.0 + ones(1, len(runs)) @ apply("greater", last, last.T)
    page.place("compare.place", place, 12, 2, "result", format="plain")
    page.text(14, 0, stories.COMPARE, "note", wide=8, tall=11)
    lines = tuple(
        _part(lesson, story.sheet, name, "above", 0, f"line {j}")
        for j, (name, story) in enumerate(STORIES.items(), start=1)
    )
    alt = "Six falling curves of the loss above the lowest possible, on a logarithmic axis."
    title = "The loss of six optimisers, step by step"
    page.charts.append(Chart(3, 9, title, "step", FAR, lines, alt, LOG, STEPS, log_y=True, width=600, height=440))
    steps = lesson.value("compare_steps", np.arange(STEPS + 1.0)[:, None])
    page.place("compare.t", steps, 32, 1, "fixed", title="step", format="plain")
    labels = tuple(story.sheet for story in STORIES.values())
    page.place("compare.losses", losses, 32, 2, "forward", title="Loss on all rows", labels=labels)
    page.active = (6, 1)
