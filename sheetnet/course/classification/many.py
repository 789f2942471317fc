"""Softmax, Large and Classes: several classes, their scores, and the flowers that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sheetnet.course.classification import texts
from sheetnet.course.classification.judged import MOST, Judged
from sheetnet.course.classification.own import KINDS, flowers
from sheetnet.course.classification.two import AWAY, SCORES, over, same
from sheetnet.graph.node import (
    Node,
    apply,
    constant,
    hstack,
    lift,
    mean,
    ones,
    relu,
    row,
    selector,
    sum_columns,
    vstack,
    where,
)
from sheetnet.motifs.unroll import unroll
from sheetnet.motifs.wiggle import wiggled
from sheetnet.page.bands import Bands
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Shown, forward, result, update

STEPS, RATE = 40, 0.5  # of the descent of the flowers
ACROSS, UP = np.linspace(-2.85, 2.85, 20), np.linspace(-2.85, 2.85, 16)  # places that are coloured; no flower hides one
NUMBERS = np.array([[1.0], [2.0], [3.0]])
SPOT = (-1.4, -0.6)
WIGGLED = ("Loss, +", "Loss, -", "Wiggled", "Share - truth", "Apart")  # in columns as narrow as those above them
SIDES = ("length", "width")


def cross_entropy(scores: Node, truth: Node) -> Node:
    """The mean over the rows of log-sum-exp - score of the true class, (n, k) -> (1, 1); truth (n, k): 1 for that class."""
    return mean(apply("logsumexp", scores) - sum_columns(truth * scores))


class Many(Judged):
    """Three classes."""

    def softmax_page(self) -> None:
        self.scores = self.typed("scores", [[2.0], [1.0], [-1.0]], "Score", low=-20, high=20)
        self.kind = self.typed("kind", 2, "True class: 1 for A, 2 for B, 3 for C", low=1, high=3, whole=True)
        self.nudge = self.typed("nudge", 0.001, "Wiggle", low=1e-6, high=1)
        numbers = self.typed("numbers", NUMBERS, "Class", "fixed")
        truth, power = same(numbers, self.kind), apply("exp", self.scores)
        total = apply("sum", power)
        self.shares = power / total
        logs = apply("ln", self.shares)
        parts = -(self.shares * logs)
        self.surprise = -row(logs, self.kind)
        self.entropy = apply("sum", parts)

        def loss(scores: Node) -> Node:
            return apply("ln", apply("sum", apply("exp", scores))) - apply("sum", truth * scores)

        nudges = [self.nudge * constant(tuple((float(i == j),) for i in range(3))) for j in range(3)]
        up, down_ = (vstack([loss(self.scores + sign * by) for by in nudges]) for sign in (1.0, -1.0))
        slopes = wiggled(up, down_, self.shares - truth, self.nudge, format="short")
        slopes["exact"] = replace(slopes["exact"], style="cells")
        slopes = {id: replace(one, title=title) for (id, one), title in zip(slopes.items(), WIGGLED, strict=True)}
        columns = {
            "power": (power, "e^score"),
            "share": (self.shares, "Share"),
            "log": (logs, "ln(share)"),
            "part": (parts, "-share × ln(share)"),
        }
        found = {
            "total": (total, "Sum of e^score"),
            "surprise": (self.surprise, "Cross-entropy: -ln(share of the true class)"),
            "entropy": (self.entropy, "Entropy: sum of -share × ln(share)"),
            "most": (apply("ln", lift(3.0)), "The most entropy that three can have: ln 3"),
        }
        names = Some("scores", cols=(-1, -1))
        bars: list[Line] = [("share", names, "share", "line 1"), ("truth", names, "truth", "line 2")]
        self.page("Softmax: shares of one whole", texts.ABOUT_SOFTMAX, across(
            down(
                table(self.cells(self.scores), forward(columns, style="cells", format="short"),
                      forward({"truth": Shown(truth, "Truth", "plain", style="cells")}), names=KINDS),
                facts("", self.cells(self.kind), result(found, format="short"), span=5),
                Note(texts.SOFTMAX, 7),
                table(slopes, names=KINDS, lead="The slope of the cross-entropy in each score"),
                across(facts("", self.cells(self.nudge), span=5), table(self.cells(numbers))),
            ),
            down(
                plot("The shares, and the truth", "class", "share", bars,
                     "Two bars for each of three classes: its share, and 1 for the true class.", columns=True, y_min=0,
                     y_max=1, y_format="0.0", width=480, height=240, wide=7),
                Note(texts.ENTROPY, 7),
            ),
        ))  # fmt: skip

    def large_page(self) -> None:
        self.shift = self.typed("shift", 0.0, "Added to every score", low=-10000, high=10000)
        marks = self.typed("marks", SCORES, "Score", "fixed")
        scores = self.scores + self.shift
        power, most = apply("exp", scores), apply("max", scores)
        total = apply("sum", power)
        below = scores - most
        small = apply("exp", below)
        rest = apply("sum", small)
        self.direct, self.safe = apply("ln", total), most + apply("ln", rest)
        direct = forward(
            {"power": (power, "e^score"), "direct": (power / total, "Share, direct")}, style="cells", format="big"
        )
        safe = forward({"below": (below, "Score - largest"), "small": (small, "e^(that)"), "safe": (small / rest, "Share, safe")},
                       style="cells", format="short")  # fmt: skip
        alive = where(apply("greater", self.direct, lift(-1e9)), said("alive"), said("broken"))
        lives = apply("if_error", alive, lift(said("broken")))
        bend = {"larger": relu(marks), "soft": apply("softplus", marks)}
        curves: list[Line] = [("log-sum-exp", "marks", "soft", "live"), ("the larger one", "marks", "larger", "line 2")]
        self.page("Large: what keeps large scores alive", texts.ABOUT_LARGE, across(
            down(
                facts("Change this", self.cells(self.shift), span=3),
                table(forward({"scores": Shown(scores, "Score", "plain", style="cells")}), direct, safe, names=KINDS,
                      lead={"power": "The direct way", "below": "The safe way"}),
                facts("", result({
                    "direct_sum": Shown(self.direct, "ln(sum of e^score)", "big"),
                    "lives": Shown(lives, "The direct way is", "text"),
                    "most": Shown(most, "Largest score", "plain"),
                    "safe_sum": Shown(self.safe, "Log-sum-exp: largest + ln(sum of e^(that))", "short"),
                }, style="cells"), span=5),
                Note(texts.LARGE, 7),
            ),
            down(
                plot("Log-sum-exp of two scores, 0 and this one", "score", "log-sum-exp", curves,
                     "The log-sum-exp of 0 and a score is a little above the larger of the two, most where they are equal.",
                     x_min=-6, x_max=6, x_format="0", y_min=0, y_max=6, y_format="0", width=480, height=260, wide=7),
                Note(texts.SOFT, 7),
                table(self.cells(marks), forward({"larger": (bend["larger"], "max(0, score)"), "soft": (bend["soft"], "log-sum-exp")},
                                                 style="cells", format="short")),
            ),
        ))  # fmt: skip

    # ---- Classes

    def classes_page(self) -> None:
        sizes, kind = flowers(self.seed)
        self.sizes = self.typed("sizes", sizes, "Flower", "data", labels=SIDES, format="plain")
        self.of_kind = self.typed("kind", kind, "Kind", "data", format="plain")
        self.spot = self.typed(
            "spot", [SPOT], "", low=-10, high=10, message="A number of cm from -10 to 10 is expected"
        )
        self.lr = self.typed("lr", RATE, "Learning rate", low=0, high=MOST, name="lr_flowers", format="rate")
        self.at = self.typed("at", STEPS, "Epoch to look at", low=0, high=STEPS, whole=True)
        epochs = self.typed("epochs", np.arange(STEPS + 1.0)[:, None], "Epoch", "fixed")
        places = self.typed(
            "places", np.array([[a, b] for a in ACROSS for b in UP]).round(2), "Place", "fixed", labels=SIDES
        )
        begin = self.typed("classes.W.0", np.zeros((3, 3)), "W", labels=KINDS, format="weight")
        n = sizes.shape[0]
        X, Y = hstack([apply("same", self.sizes), ones(n, 1)]), same(self.of_kind, constant(((1.0, 2.0, 3.0),)))

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            return [], [now[0] - self.lr * (X.T @ (apply("softmax", X @ now[0]) - Y)) / float(n)]

        rows, last = unroll([begin], STEPS, step)
        Ws = [*rows[0], *last]
        self.losses = vstack([cross_entropy(X @ W, Y) for W in Ws])
        now = apply("pick", self.at, *Ws)
        upper, bias = selector(3, 0, 2).T @ now, row(now, 3)
        score, at_places, at_flowers = self.spot @ upper + bias, places @ upper + bias, X @ now
        self.here = apply("softmax", score)
        self.unsure = -apply("sum", self.here * apply("ln", self.here))
        says, says_there = _largest(at_flowers), _largest(at_places)
        drawn = {
            name: forward({
                f"{name}_{kind}": (where(same(chosen, j), where_ @ constant(((0.0,), (1.0,))), AWAY), kind)
                for j, kind in enumerate(KINDS, 1)
            }, format="plain")
            for name, chosen, where_ in (("flower", self.of_kind, self.sizes), ("place", says_there, places))
        }  # fmt: skip
        lines: list[Line] = []
        for name, look, x in (("place", "region", "places"), ("flower", "class", "sizes")):
            lines += [
                (f"{'says ' * (look == 'region')}{kind}", Some(x, cols=(0, 0)), f"{name}_{kind}", f"{look} {j}")
                for j, kind in enumerate(KINDS, 1)
            ]
        lines.append(("the place", Some("spot", cols=(0, 0)), Some("spot", cols=(1, 1)), "place"))
        bands = [self.cells(begin)] + [
            update({f"classes.W.{k}": Shown(W, "W", labels=KINDS)}) for k, W in enumerate(Ws) if k
        ]
        self.page("Classes: three kinds of flowers", texts.ABOUT_CLASSES, down(
            across(
                down(
                    grid("Look at a place", {"the place": self.cells(self.spot)}, heads=SIDES),
                    grid("", {
                        "scores there": forward({"score": (score,)}, format="short"), "shares there": result({"here": (self.here,)}, format="short"),
                    }, heads=KINDS),
                    facts("", result({"unsure": (self.unsure, "entropy there")}, format="short")),
                    facts("Look at an epoch", self.cells(self.at, self.lr), result({
                        "loss_then": Shown(row(self.losses, self.at + 1.0), "Loss then", "short"),
                        "right": Shown(mean(same(says, self.of_kind)), "Flowers right", "share"),
                    })),
                ),
                over(6, 11, plot(
                    "What the model says, place by place", "length, beside the mean (cm)", "width (cm)", lines,
                    "A field of small marks in three regions, one for each kind, and the flowers upon it.", x_min=-3, x_max=3,
                    x_format="0", y_min=-3, y_max=3, y_format="0", width=480, height=380, wide=6)),
                down(
                    over(4, 11.0, plot(
                        "Cross-entropy of the flowers", "epoch", "loss",
                        [("loss", epochs, "losses", "live"), ("epoch to look at", self.at, "loss_then", "mark")],
                        "A falling curve of the loss.", x_max=STEPS, y_min=0, y_max=1.2, y_format="0.0", width=325, height=180, wide=4)),
                    Note(texts.CLASSES, 4),
                ),
            ),
            across(
                down(
                    table(update({"now": Shown(now, "Weights then", "short", style="cells", labels=KINDS)}), names=(*SIDES, "1")),
                    table(self.cells(epochs), forward({"losses": Shown(self.losses, "Loss", "short")})),
                ),
                Bands(bands, names=(*SIDES, "1")),
                table(self.cells(self.sizes, self.of_kind), forward({
                    "X": Shown(X, "X", name="X_flowers", labels=(*SIDES, "1")), "Y": Shown(Y, "Y", name="Y_flowers", labels=KINDS),
                }, format="plain"), forward({"scores": (at_flowers, "Scores")}, labels=KINDS, format="short"),
                    result({"says": (says, "Says", "plain")}), drawn["flower"], lead={"flower_A": texts.DRAWN_AWAY}),
                table(self.cells(places), forward({"scores_there": (at_places, "Scores there")}, labels=KINDS, format="short"),
                      result({"says_there": (says_there, "Says", "plain")}), drawn["place"], lead={"place_A": texts.DRAWN_AWAY}),
            ),
        ), first=self.spot)  # fmt: skip


def _largest(scores: Node) -> Node:
    """The number, from 1, of the largest of three columns of scores, (n, 3) -> (n, 1); of equal ones the first."""
    a, b, c = (scores @ selector(3, j, 1) for j in range(3))
    other = where(apply("greater", c, b), c, b)
    return where(apply("greater", other, a), where(apply("greater", c, b), 3.0, 2.0), 1.0)
