"""Rates and Runs: eight runs from one start side by side, and one of them up close."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.course.learning_rate.runs import DECADES, EPOCHS, LETTERS, LONG, MILLIONTH, START, WINDOW, Runs
from sheetnet.graph.node import Node, apply, hstack, lift, row, square, vstack, where
from sheetnet.page.flow import Aside, across, down, level
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import Group, Shown, backward, forward, result, update

RATES = (0.002, 0.01, 0.05, 0.1, 0.18, LONG, 0.2216, 0.24)
NAMES = tuple(f"rate {j}" for j in range(1, 9))
NO_WAY = 1e-5  # a start less than this above the lowest loss has no way to go: rounding would decide its share
DRAWN, CUT = (1, 4, 6, 8), 20  # the rates on the chart, one of each word; where its axis ends
RULES = (
    "What it does follows from the numbers below the word, in this order:\n"
    "diverging: the loss ends more than 0.1 % above its lowest on the way.\n"
    "oscillating: 5 steps or more turn back. That is: they point against the step before.\n"
    "creeping: more than 1 % of the way down is still to go, in loss.\n"
    "good: none of these."
)
BACK = (
    "Oscillating need not be bad. As the workbook came, 0.18 ends nearest of all to the lowest loss. Parts of the way that are still to go: {fifth}. With 0.1: {fourth}. With 0.05: {third}. But oscillating warns: the limit is near.\n\n"
    "For the curious: how does one see that a step turns back? Multiply it with the step before, a with a, b with b, c with c. Add up. If the sum is below 0, it turns back. Runs counts such steps, to the right of its charts."
)
STEP = "The first step of a at a rate of {rate}, as the workbook came: {start} - {rate} × ({slope:.2f}) = {after:.2f}. The best a is {best:.2f}. So the step goes too far, the slope turns round, and the next step goes back."
VALLEY = "Look at run 2: its path has a bend. First it goes down the steep side of a valley, then slowly along its floor. A larger rate is quicker along the floor, until it no longer keeps to it. The axes stay where they are: run 8 leaves them."


class Rates(Runs):
    """Eight learning rates from one start."""

    def _rates(self) -> None:
        self.rates = [
            self.typed(f"rate{j}", rate, f"Rate {j}", low=0, high=10, format="rate") for j, rate in enumerate(RATES, 1)
        ]
        self.paths = [self.run([rate] * EPOCHS) for rate in self.rates]
        self.turned = [vstack([_turned(path[: k + 1]) for k in range(EPOCHS + 1)]) for path in self.paths]
        self.each = [vstack([self.loss(w) for w in path]) for path in self.paths]
        losses = hstack(self.each)
        last, least = row(losses, EPOCHS + 1), hstack([apply("min", loss) for loss in self.each])
        above = self.above(losses)
        first = row(above, 1)
        left = row(above, EPOCHS + 1) / where(apply("greater", first, lift(NO_WAY)), first, NO_WAY)
        (shares,) = self.as_it_came(left)
        self.turns = hstack([apply("sum", flags) for flags in self.turned])
        far = where(apply("greater", left, lift(0.01)), said("creeping"), said("good"))
        swung = where(apply("greater", self.turns, lift(4.0)), said("oscillating"), far)
        grew = where(apply("greater", last, 1.001 * least), said("diverging"), swung)
        self.word = apply("if_error", grew, lift(said("diverging")))
        eight = {"labels": NAMES}
        size = {"x_max": EPOCHS, "width": 405}
        lines = {
            id: [(f"=rate{j}", "epochs", Some(id, cols=(j - 1, j - 1)), f"line {i}") for i, j in enumerate(DRAWN, 1)]
            for id in ("loss", "above")
        }
        self.page(
            "Rates: eight runs, one start, eight learning rates",
            f"Each column is a run of {EPOCHS} epochs. Only the yellow rates differ. Read the words, follow four of the lines, then change a rate.", level(
            [
                down(
                    table(self.cells(*self.rates), names=("",)),
                    grid("", {"What it does": result({"word": (self.word, "", "text")})}, frozen=True),
                    grid("", {
                        f"Loss after {EPOCHS} epochs": result({"last": (last, "", "exploding")}),
                        "Lowest on the way": result({"least": (least, "", "exploding")}),
                        "Still to go": result({"left": (left, "", "to_go")}),
                        "Steps that turn back": result({"turns": (self.turns, "", "plain")}),
                    }),
                    Words("", "hint"), Note(RULES), gap=0,
                ),
                table(self.cells(self.epochs), forward({"loss": (losses, "Loss")}, format="exploding", **eight)),
            ],
            [down(
                plot(f"Loss of four runs (cut off at {CUT})", "epoch", "mean squared error", lines["loss"],
                     "Four losses: creeping, good, oscillating and diverging.", y_format="0", y_min=0, y_max=CUT,
                     height=380, **size),
                plot("The same, above the lowest loss", "epoch", "loss - lowest loss (in powers of ten)", lines["above"],
                     "The four losses above the lowest loss: in powers of ten each ends straight.",
                     y_format=DECADES, y_min=MILLIONTH, y_max=1000, log_y=True, height=300, **size),
                Note(BACK.format(**{key: in_parts(shares[0, j]) for j, key in enumerate(("third", "fourth", "fifth"), 2)}), 6),
            )],
            [None, Aside(table(result({"above": (above, "Loss above the lowest")}, format="small", **eight)))],
        ))  # fmt: skip

    def _runs(self) -> None:
        which = self.typed("which", 6, "Run to look at, 1 to 8", low=1, high=8, whole=True, name="which_run")
        epoch = self.typed("epoch", 5, "Epoch to look at", low=0, high=EPOCHS, whole=True, name="epoch")
        self.all_rates, words = vstack([apply("same", rate) for rate in self.rates]), self.word.T
        rate = row(self.all_rates, which)
        path = self.run([rate] * EPOCHS)
        loss, slopes = (vstack([seen(one) for one in path]) for seen in (self.loss, self.slope))
        w = vstack(path)
        then = row(w, epoch + 1.0)
        chosen = result({
            "rate": Shown(rate, "Its rate", "rate", name="run_rate"),
            "word": (row(words, which), "What it does", "text"),
            "loss_then": (row(loss, epoch + 1.0), "Loss at that epoch", "exploding"),
        })  # fmt: skip
        known = {"rates": (self.all_rates, "Its rate", "rate"), "words": (words, "What it does", "text")}
        slope, best = (found[0, 0] for found in self.as_it_came(self.grad, self.best))
        all_eight: Group = {}
        for j, (eighth, turned) in enumerate(zip(self.paths, self.turned, strict=True), start=1):
            all_eight |= update({f"w{j}": (vstack(eighth), f"Weights, rate {j}")}, labels=LETTERS)
            all_eight |= result({f"turned{j}": (turned, "Turns", "plain")})
        a_and_c = (
            ("the run", Some("w", cols=(0, 0)), Some("w", cols=(2, 2)), "line 1"),
            ("the chosen epoch", Some("then", cols=(0, 0)), Some("then", cols=(2, 2)), "mark"),
            ("the lowest loss", Some("points.best", rows=(0, 0)), Some("points.best", rows=(2, 2)), "target"),
        )
        curve = ("the points", "points.x", "points.y", "dots"), ("the curve at the chosen epoch", "points.x", "pred")
        size = {"width": 500, "height": 260}
        self.page(
            "Runs: one of the eight up close",
            "Choose a run and an epoch. Each row is a step from the row above: weights - rate × slopes. All eight runs are to the right of the charts.", level(
            [
                across(
                    down(
                        facts("Change these", self.cells(which, epoch), chosen),
                        table(result({"then": (then, "Weights at that epoch")}, labels=LETTERS)),
                    ),
                    table(result(known), names=8, corner="Run"),
                ),
                table(
                    result({"epochs": (apply("same", self.epochs), "Epoch", "plain")}),
                    forward({"loss": (loss, "Loss", "exploding")}),
                    update({"w": (w, "Weights")}, labels=LETTERS),
                    backward({"slope": (slopes, "Slopes")}, labels=LETTERS),
                ),
                table(forward({"pred": (self.X @ then.T, "Curve then")})),
            ],
            [down(
                plot("The path of the run: weights a and c", "a", "c", a_and_c,
                     "The path of weights a and c from the start on, with the chosen epoch and the lowest loss marked.",
                     x_format="0.0", y_format="0.0", x_max=5, y_min=0, y_max=2.5, **size),
                Note(STEP.format(start=START, rate=LONG, slope=slope, after=START - LONG * slope, best=best), 6),
                plot("The points and the curve at the chosen epoch", "x", "y", curve,
                     "Twenty points and the curve that the run had at the chosen epoch.", **WINDOW, **size),
                Note(VALLEY, 6),
            )],
            [None, Aside(table(all_eight))],
        ), freeze=(2, 1))  # fmt: skip


def in_parts(share: float) -> str:
    """A share of 1 as so many parts of a power of ten, to one digit.

    >>> in_parts(3.8e-6), in_parts(0.00096), in_parts(9.7e-10)
    ('4 of 1,000,000', '1 of 1,000', '1 of 1,000,000,000')
    """
    digit, power = f"{share:.0e}".split("e-")
    return f"{digit} of {10 ** int(power):,}"


def _turned(path: Sequence[Node]) -> Node:
    """1 where the last step points back on the one before, (1, 1); 0 where there are no two yet.

    Steps below a ten-billionth of the weights do not count: rounding decides where they point.
    """
    if len(path) < 3:
        return lift(0.0)
    first, second, third = path[-3:]
    along = apply("sum", (third - second) * (second - first))
    return where(apply("greater", -1e20 * along, apply("sum", square(third))), 1.0, 0.0)
