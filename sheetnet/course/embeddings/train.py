"""Train, Recommend and You: embeddings that are learnt from ratings, and what they say of ratings that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetnet.course.embeddings import texts
from sheetnet.course.embeddings.lookup import OUT, Lookup, best_of, drawn
from sheetnet.course.embeddings.own import DECAY, EPOCHS, FOODS, PEOPLE, RATE, SIZE, ratings
from sheetnet.graph.node import Node, apply, constant, hstack, lift, ones, row, selector, square, vstack, where
from sheetnet.models.losses import mean_known
from sheetnet.motifs.unroll import unroll
from sheetnet.page.bands import Bands
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, Some
from sheetnet.page.shown import Group, Shown, forward, result, update

RUNS = {"none": "without decay", "decay": "with decay"}
LOSSES = {"train": "to learn from", "valid": "kept back"}
LOOKS = {
    ("none", "train"): "line 3",
    ("none", "valid"): "line 2",
    ("decay", "train"): "line 6",
    ("decay", "valid"): "line 1",
}
AXES = tuple(f"p{j + 1}" for j in range(SIZE))
OWN = (5, None, 4, None, 1, None, 2, None, None, None)  # what the learner's own ratings are to begin with
EARLY, CUT = 15, 1.5  # the epoch to look at, and where the chart of losses ends
BARS: dict[str, Any] = {
    "columns": True,
    "y_min": 0,
    "y_max": 6,
    "y_format": "0",
    "width": 560,
    "height": 300,
    "wide": 7,
}


class Train(Lookup):
    """The descent, with and without decay, and its predictions."""

    def train_page(self) -> None:
        begin = ratings(self.seed)
        n, m = self.R.shape
        self.lr = self.typed("lr", RATE, "Learning rate", low=0, high=3, name="lr", format="rate")
        self.decay = self.typed("decay", DECAY, "Decay", low=0.001, high=0.2, name="decay", format="rate")
        message = f"An epoch is a whole number from 0 to {EPOCHS}"
        self.epoch = self.typed("epoch", EARLY, "Epoch to look at", low=0, high=EPOCHS, whole=True, message=message)
        epochs = self.typed("epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        starts = {"P": begin.P, "Q": begin.Q, "b": np.zeros((n, 1)), "c": np.zeros((m, 1))}
        self.start = {
            key: self.typed(f"train.{key}.0", value, key, "data", labels=AXES if key in "PQ" else (), format="short")
            for key, value in starts.items()
        }
        self.losses, self.last, tables, bands = {}, {}, [], list[Part]()
        for run in RUNS:
            rows = self._run(run)
            self.last[run] = {key: rows[key][-1] for key in starts}
            for key, mask in (("train", self.train), ("valid", self.valid)):
                self.losses[run, key] = vstack([mean_known(square(E), mask) for E in rows["E"]])
                tables.append((f"{run}_{key}", self.losses[run, key], LOSSES[key]))
            bands.append(Bands([self._band(run, k, rows) for k in range(EPOCHS + 1)], names=PEOPLE))
        at, last = self.epoch + 1.0, lift(EPOCHS + 1.0)
        ends = {
            f"{words}, {LOSSES[key]}": result({
                f"{key}_{id}": (hstack([row(self.losses[run, key], when) for run in RUNS]), "", "short")
            })
            for words, id, when in (("Loss then", "then", at), (f"Epoch {EPOCHS}", "end", last)) for key in LOSSES
        }  # fmt: skip
        lines: list[Line] = [
            (f"{LOSSES[key]}, {RUNS[run]}", "epochs", f"{run}_{key}", look) for (run, key), look in LOOKS.items()
        ]
        self.figures = {
            "none_train": row(self.losses["none", "train"], last), "none_valid": row(self.losses["none", "valid"], last),
            "decay_train": row(self.losses["decay", "train"], last), "decay_valid": row(self.losses["decay", "valid"], last),
            "lowest": apply("min", self.losses["none", "valid"]),
        }  # fmt: skip
        came = dict(zip(self.figures, self.as_it_came(*self.figures.values()), strict=True))
        numbers = sum(value.size for value in starts.values())
        n_train = int(self.as_it_came(self.n["train"])[0].item())
        told = texts.TRAIN.format(numbers=numbers, train=n_train, **{key: one.item() for key, one in came.items()})
        size = {
            run: apply("sum", square(self.last[run]["P"])) + apply("sum", square(self.last[run]["Q"])) for run in RUNS
        }
        ends["Sum of squared numbers"] = result({"size": (hstack([*size.values()]), "", "short")})
        self.page("Train: the tastes are learnt", texts.ABOUT_TRAIN, across(
            down(
                across(
                    down(
                        facts("Change these", self.cells(self.epoch, self.lr, self.decay)),
                        grid("", ends, heads=tuple(RUNS.values())),
                        Note(texts.STEP, 3),
                    ),
                    down(
                        drawn(f"Mean squared error, epoch by epoch (cut off at {CUT})", "epoch", "loss", lines,
                             "Four falling curves; without decay the loss on the ratings kept back rises again.",
                             x_max=EPOCHS, y_min=0, y_max=CUT, y_format="0.0", width=560, height=280, wide=7),
                        Note(told, 7),
                    ),
                ),
                across(
                    table(self.cells(epochs), forward({id: (node, title, "short") for id, node, title in tables}),
                          lead={f"{run}_train": words for run, words in RUNS.items()}),
                    down(
                        table(self.cells(self.start["P"], self.start["b"]), names=PEOPLE, lead="The start: people"),
                        table(self.cells(self.start["Q"], self.start["c"]), names=FOODS, lead="The start: foods"),
                    ),
                ),
            ),
            Aside(across(*bands)),
        ), first=self.epoch)  # fmt: skip

    def _run(self, run: str) -> dict[str, list[Node]]:
        """P (12, 3), Q (10, 3), b (12, 1), c (10, 1) and errors E (12, 10) at each epoch."""
        n, m = self.R.shape

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            P, Q, b, c = now
            E = where(self.known, self.mean + b + c.T + P @ Q.T - self.R, 0.0)
            G = E * self.train
            slopes = G @ Q, G.T @ P, G @ ones(m, 1), G.T @ ones(n, 1)
            moves = [2.0 / self.n["train"] * slope for slope in slopes]
            if run == "decay":
                moves = [move + self.decay * a for move, a in zip(moves, now, strict=True)]
            return [E], [a - self.lr * move for a, move in zip(now, moves, strict=True)]

        rows, _ = unroll([apply("same", one) for one in self.start.values()], EPOCHS + 1, step)
        return dict(zip((*self.start, "E"), rows, strict=True))

    def _band(self, run: str, k: int, rows: dict[str, list[Node]]) -> Group:
        """What stands of an epoch of a run."""
        labels = {"P": AXES, "Q": AXES, "E": FOODS}
        titles = {"P": f"P, people, {RUNS[run]}", "Q": "Q, foods", "b": "b", "c": "c", "E": "Errors, 0 where not rated"}
        return {
            f"train.{run}.{key}.{k}": Shown(rows[key][k], titles[key], "short", "forward" if key == "E" else "update", labels=labels.get(key, ()))
            for key in ("P", "b", "Q", "c", "E")
        }  # fmt: skip

    # ---- what is predicted

    def recommend_page(self) -> None:
        P, Q, b, c = (self.last["decay"][key] for key in "PQbc")
        self.who = self.typed("person", 1, "Person, 1 to 12", low=1, high=len(PEOPLE), whole=True)
        people = constant(tuple((person,) for person in PEOPLE))
        self.pred = self.mean + b + c.T + P @ Q.T
        self.given = row(self.filled_in, self.who).T
        self.says = row(self.pred, self.who).T
        new = where(row(self.known, self.who).T, OUT, self.says)
        self.best = best_of(new)
        self.off = apply("sqrt", self.figures["decay_valid"])
        off = self.as_it_came(self.off)[0].item()
        self.page("Recommend: what is missing, predicted", texts.ABOUT_RECOMMEND, down(
            across(
                down(
                    facts("Change this", self.cells(self.who), result({
                        "name": Shown(row(people, self.who), "Its name", "text"),
                        "best_name": Shown(self.name_of(self.best), "Recommended", "text"),
                        "best": Shown(apply("max", new), "its prediction", "short"),
                        "off": Shown(self.off, "Typically off by", "short"),
                    })),
                    table(result({"given": (self.given, "Rating", "plain"), "says": (self.says, "Predicted"), "new": (new, "If new", "new")}, format="short"),
                          names=FOODS, corner="Food"),
                ),
                drawn("One person: ratings and predictions", "food", "rating", [
                    ("rating (0: none)", Some("given", cols=(-1, -1)), "given", "line 2"), ("predicted", Some("given", cols=(-1, -1)), "says", "line 1"),
                ], "Two bars for each food: the rating of one person, 0 where there is none, and the prediction.", **BARS),
                Note(texts.RECOMMEND.format(off=off), 3),
            ),
            table(result({"people": Shown(people, "Person", "text", style="cells")}),
                  result({"pred": Shown(self.pred, "Predictions", "short", name="pred", labels=FOODS)}), tight=True),
        ), first=self.who)  # fmt: skip

    def you_page(self) -> None:
        Q, c = (self.last["decay"][key] for key in "Qc")
        own = np.array([[np.nan if one is None else one] for one in OWN], dtype=float)
        message = "A rating is 1, 2, 3, 4 or 5, or nothing"
        self.own = self.typed("own", own, "Your rating", low=1, high=5, whole=True, message=message, name="own")
        rated = self.rated = apply("filled", self.own)
        X = hstack([apply("same", Q), ones(len(FOODS), 1)])
        used = rated * X
        rest = where(rated, self.own - self.mean - c, 0.0)
        price = self.decay * self.n["train"] / 2.0
        k = SIZE + 1
        inverse = apply("inverse", used.T @ used + price * selector(k, 0, k))
        self.w = inverse @ (used.T @ rest)
        says = self.mean + c + X @ self.w
        new = where(rated, OUT, says)
        self.yours = best_of(new)
        zero = where(rated, self.own, 0.0)
        count = apply("sum", rated)
        self.page("You: what would you like?", texts.ABOUT_YOU, across(
            across(
                down(
                    table(self.cells(self.own), result({"says": (says, "Predicted"), "new": (new, "If new", "new")}, format="short"), names=FOODS, corner="Food"),
                    facts("", result({
                        "count": Shown(count, "You rated", "plain"),
                        "name": Shown(self.name_of(self.yours), "Recommended", "text"), "best": Shown(apply("max", new), "its prediction", "short"),
                    })),
                ),
                drawn("Your ratings, and what is predicted", "food", "rating", [
                    ("your rating (0: none)", Some("own", cols=(-1, -1)), "zero", "line 2"), ("predicted", Some("own", cols=(-1, -1)), "says", "line 1"),
                ], "Two bars for each food: your own rating, 0 where there is none, and the prediction.", **BARS),
                Note(texts.YOU, 3),
            ),
            Aside(across(
                table(update({"w": Shown(self.w, "Your numbers", "short", name="your_numbers")}), names=(*AXES, "b")),
                table(result({"zero": (zero, "Rating or 0", "plain"), "rest": (rest, "Less mean and c", "short")})),
                down(
                    facts("", forward({"price": Shown(price, "Price: decay × ratings / 2", "short", name="price")})),
                    table(forward({"inverse": Shown(inverse, "Inverse of X'X + price", "short")})),
                ),
                table(forward({
                    "X": Shown(X, "Q and 1", "short", name="X_foods", labels=(*AXES, "1")),
                    "used": Shown(used, "X: of foods you rated", "short", name="X_rated", labels=(*AXES, "1")),
                }), names=FOODS),
            )),
        ), first=self.own)  # fmt: skip
