"""Decay and Stopping: what keeps a large model from learning the noise; and dropout, for the curious."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.drawing import drawing
from sheetnet.course.validation import texts
from sheetnet.course.validation.fits import BASIS, CUT, POWERS, SIZE, WINDOW, Fits
from sheetnet.course.validation.own import DECAYS, EPOCHS, RATE, TRAIN
from sheetnet.graph.dialect import number
from sheetnet.graph.node import Node, apply, lift, row, square, vstack, where
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.motifs.least_squares import penalised
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import backward, forward, result, update

SHARE, PATIENCE, LOOK = 0.5, 5, 60
STOP_CUT = 0.5  # where the chart of losses ends


class Smaller(Fits):
    """Degree 9 with a price on its weights, and degree 9 stopped in time."""

    # ---- Decay

    def decay_page(self) -> None:
        self.decay = self.typed("decay", 0.1, "Decay", low=0, high=1e6, name="decay", format="tiny")
        self.decays = self.typed("decays", np.array(DECAYS)[:, None], "Decay", "fixed", format="tiny")
        free = where(apply("greater", self.powers, lift(0.0)), 1.0, 0.0)
        y, L = self.y["train"], self.legendre
        price = L.T @ (self.identity * free) @ L
        each = [row(self.decays, k + 1) for k in range(len(DECAYS))]
        C = [penalised(self.Q["train"], y, decay * price).T for decay in (self.decay, *each)]
        self.C_decays = vstack(C[1:])
        self.decay_w, self.W_decays = C[0] @ L.T, self.C_decays @ L.T
        parts = ("train", "valid")
        self.decay_loss = {part: self.loss(self.Q[part], C[0], self.y[part]) for part in parts}
        by_decay = self.by_decay = {part: self.losses(self.Q[part], C[1:], self.y[part]) for part in parts}
        self.decay_losses = by_decay["valid"]
        cost = apply("sum", square(self.decay_w) * free)
        small = float(TRAIN) * self.decay_loss["train"] + self.decay * cost
        seen = {
            "train": (self.decay_loss["train"], "Training loss"), "valid": (self.decay_loss["valid"], "Validation loss"),
            "cost": (cost, "Sum of squared weights"), "small": (small, "Squared errors + price"),
        }  # fmt: skip
        losses = {"loss_train": (by_decay["train"], "Training"), "loss_valid": (by_decay["valid"], "Validation")}
        lines: list[Line] = [
            ("training", "decays", "loss_train", "line 1"), ("validation", "decays", "loss_valid", "line 2"),
            ("the chosen decay", "decay", "valid", "mark"),
        ]  # fmt: skip
        curves = self.points_and(
            ("with decay", "degree.grid", "curve"), ("without", "degree.grid", "curve_none", "line 2")
        )
        none, least = self.as_it_came(row(self.loss_valid, 9), apply("min", self.decay_losses))
        words = texts.DECAY.format(low=number(DECAYS[0]), high=DECAYS[-1], best=least.item(), none=none.item())
        both = {"curve": (self.Q_grid @ C[0].T, "with decay"), "curve_none": (self.Q_grid @ self.C[8].T, "without")}
        self.page("Decay: a price on large weights", texts.ABOUT_DECAY, across(down(
            across(
                down(
                    facts("", self.cells(self.decay), result(seen, format="short"), span=2),
                    table(self.cells(self.decays), forward(losses, format="short"), tight=True),
                ),
                down(
                    across(
                        plot("Degree 9, with and without decay", "x", "y", curves,
                             "The rows, the curve of degree 9, and the same with decay, which is smoother.", **WINDOW),
                        plot(f"Both losses (cut off at {CUT})", "decay (in powers of ten)", "mean squared error", lines,
                             "The training loss rises with the decay; the validation loss is lowest in between.",
                             log_x=True, x_min=DECAYS[0], x_max=DECAYS[-1], y_min=0, y_max=CUT, x_format="0.######", y_format="0.0", **SIZE),
                    ),
                    Note(words, 11),
                ),
            ),
            table(update({"w": (self.decay_w, "Weights with the chosen decay", "short")}, labels=POWERS)),
            table(update({"W": (self.W_decays, "Weights with each decay of the table", "short")}, labels=POWERS), names=[f"{d:.10f}".rstrip("0").rstrip(".") for d in DECAYS]),
            self._dropout(),
            ), Aside(across(
                table(forward(both, format="short")),
                down(
                    table(update({"c": (C[0], "The same, of p0 to p9", "short")}, labels=BASIS)),
                    table(update({"C": (self.C_decays, "With each decay of the table", "short")}, labels=BASIS)),
                    table(result({"price": (price, "The price of p0 to p9, for a decay of 1", "short")}, labels=BASIS)),
                ),
            )),
        ), first=self.decay)  # fmt: skip

    def _dropout(self) -> Part:
        """A mask that is drawn once, and what it does to predictions."""
        drawn = drawing(self.seed, "dropout").uniform(size=(TRAIN, 10)).round(2)
        self.share = self.typed("dropout.share", SHARE, "Share that is dropped", low=0, high=0.9, name="share_dropped")
        random = self.typed("dropout.random", drawn, "Random numbers from 0 to 1", "fixed", labels=POWERS)
        self.mask = where(apply("greater", self.share, random), 0.0, 1.0)
        self.scaled = self.X["train"] * self.mask / (1.0 - self.share)
        pred = {
            "dropout.pred": (self.scaled @ self.decay_w.T, "with dropout"),
            "dropout.pred_all": (self.X["train"] @ self.decay_w.T, "without"),
        }
        return down(
            Note(texts.DROPOUT, 14),
            facts("", self.cells(self.share), span=2),
            across(
                table(self.cells(random)),
                table(result({"dropout.mask": (self.mask, "The mask: 0 is dropped", "plain")}, labels=POWERS)),
            ),
            across(
                table(forward({"dropout.scaled": (self.scaled, "x and its powers × mask / (1 - share)", "short")}, labels=POWERS)),
                table(forward(pred, format="short"), lead="Predictions"),
            ),
        )  # fmt: skip

    # ---- Stopping

    def stopping_page(self) -> None:
        self.lr = self.typed("lr", RATE, "Learning rate", low=0, high=10, name="lr", format="rate")
        self.patience = self.typed(
            "patience", PATIENCE, "Patience, in epochs", low=1, high=EPOCHS, whole=True, name="patience"
        )
        self.epoch = self.typed("epoch", LOOK, "Epoch to look at", low=0, high=EPOCHS, whole=True, name="epoch")
        self.epochs = self.typed("epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        start = self.typed("start", np.zeros((1, 10)), "Start: all weights 0", "fixed", labels=POWERS)
        X, y = self.X["train"], self.y["train"]
        adagrad = OPTIMISERS["adagrad"]

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            w, squares = now
            slope = 2.0 * ((X @ w.T - y).T @ X) / float(TRAIN)
            made = adagrad.step(w, slope, {"sum_sq": squares}, self.lr, 1.0)
            return [slope], [made.W_next, made.state["sum_sq"]]

        first = apply("same", start)
        (W, squares, slopes), last = unroll([first, 0.0 * first], EPOCHS, step)
        W, squares = [*W, last[0]], [*squares, last[1]]
        self.W_epochs = vstack(W)
        train, valid = (self.losses(self.X[part], W, self.y[part]) for part in ("train", "valid"))
        self.stop_losses = {"train": train, "valid": valid}
        (lowest, waited), _ = unroll([apply("same", row(valid, 1)), row(self.epochs, 1)], EPOCHS + 1, self._wait)
        self.waited = vstack(waited)
        self.stops = apply("if_error", apply("match", self.patience, self.waited) - 1.0, lift(float(EPOCHS)))
        self.kept_epoch = self.stops - row(self.waited, self.stops + 1.0)
        self.w_kept = row(self.W_epochs, self.kept_epoch + 1.0)
        then = row(self.W_epochs, self.epoch + 1.0)
        self.least = apply("min", valid)
        at = apply("match", self.least, valid) - 1.0
        seen = {
            "train_then": (row(train, self.epoch + 1.0), "Training loss then"),
            "valid_then": (row(valid, self.epoch + 1.0), "Validation loss then"),
            "least": (self.least, "Lowest validation loss"),
            "at": (at, "at epoch", "plain"),
            "stops": (self.stops, f"It stops at epoch ({EPOCHS}: last)", "plain"),
            "kept": (self.kept_epoch, "It takes the weights of epoch", "plain"),
            "kept_loss": (row(valid, self.kept_epoch + 1.0), "Their validation loss"),
        }  # fmt: skip
        lines: list[Line] = [
            ("training", "epochs", "loss_train", "line 1"), ("validation", "epochs", "loss_valid", "line 2"),
            ("the chosen epoch", "epoch", "valid_then", "mark"),
        ]  # fmt: skip
        numbers = [found.item() for found in self.as_it_came(at, self.least, row(valid, EPOCHS + 1))]
        words = texts.STOPPING.format(at=f"{numbers[0]:.0f}", least=numbers[1], last=EPOCHS, end=numbers[2])
        self.page("Stopping: how long may it learn?", texts.ABOUT_STOPPING, down(
            across(
                facts("", self.cells(self.epoch, self.lr, self.patience), result(seen, format="short"), span=3),
                down(
                    across(
                        plot(f"Both losses, epoch by epoch (cut off at {STOP_CUT})", "epoch", "mean squared error", lines,
                             "The training loss falls to the end; the validation loss falls, then rises.",
                             x_max=EPOCHS, y_min=0, y_max=STOP_CUT, y_format="0.0", **SIZE),
                        plot("The curve at the chosen epoch", "x", "y", self.points_and(("curve", "degree.grid", "curve")),
                             "The rows, and the curve that descent had at the chosen epoch.", **WINDOW),
                    ),
                    Note(words, 10),
                ),
            ),
            across(
                table(
                    self.cells(self.epochs), forward({"loss_train": (train, "Training"), "loss_valid": (valid, "Validation")}, format="short"),
                    result({"lowest": (vstack(lowest), "Lowest so far", "short"), "waited": (self.waited, "Epochs since", "plain")}),
                ),
                table(update({"W": (self.W_epochs, "Weights", "short")}, labels=POWERS)),
                Aside(across(
                    table(backward({"slope": (vstack(slopes), "Slopes of the step that follows", "short")}, labels=POWERS)),
                    table(update({"sum_sq": (vstack(squares), "Sum of squared slopes so far", "short")}, labels=POWERS)),
                    table(forward({"curve": (self.grid @ then.T, "Curve then", "short")})),
                    down(
                        table(self.cells(start)),
                        table(update({"then": (then, "Weights then", "short")}, labels=POWERS)),
                        table(update({"w_kept": (self.w_kept, "Weights that patience takes", "short")}, labels=POWERS)),
                    ),
                )),
            ),
        ), first=self.epoch)  # fmt: skip

    def _wait(self, now: Sequence[Node], k: int) -> tuple[Sequence[Node], Sequence[Node]]:
        """The lowest loss up to epoch k, and how many epochs ago it was; the same one epoch later."""
        lowest, waited = now
        if k == EPOCHS:
            return [], now
        loss = row(self.stop_losses["valid"], k + 2)
        lower = apply("greater", lowest, loss)
        return [], [where(lower, loss, lowest), where(lower, 0.0, waited + 1.0)]
