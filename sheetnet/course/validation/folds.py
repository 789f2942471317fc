"""Folds and Choose: every row is once set aside; and the test rows, which are opened once."""

from __future__ import annotations

import numpy as np

from sheetnet.course.validation import texts
from sheetnet.course.validation.fits import BASIS, CUT, NAMED, POWERS, SIZE, WINDOW, Fits
from sheetnet.course.validation.own import DEGREES, KNOWN, PARTS
from sheetnet.course.validation.smaller import Smaller
from sheetnet.graph.node import apply, hstack, lift, mean, row, square, vstack, where
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Shown, forward, result, update

EACH = KNOWN // PARTS  # rows in a part
PART_NAMES = tuple(f"part {k + 1}" for k in range(PARTS))
WAYS = ("degree 1", "best degree (validation)", "degree 9", "9 with best decay", "9 stopped early")
CHOICE = 1


class Folds(Smaller, Fits):
    """k-fold cross-validation, and the choice."""

    # ---- Folds

    def folds_page(self) -> None:
        self.fold = self.typed("fold", 1, "Part to set aside", low=1, high=PARTS, whole=True, name="part_aside")
        self.fold_degree = self.typed("fold_degree", 3, "Degree", low=1, high=9, whole=True, name="fold_degree")
        self.parts = self.typed("part", np.arange(KNOWN)[:, None] // EACH + 1.0, "Part", "fixed")
        aside = [apply("equal", self.parts, lift(float(k + 1))) for k in range(PARTS)]
        x, y = (vstack([apply("same", of[part]) for part in ("train", "valid")]) for of in (self.x, self.y))
        X = self.powers_of(x)
        Q = self.legendres_of(x)
        rest = [Q * (1.0 - out) for out in aside]
        made = [[self.fit(some, y, used) for used in self.used] for some in rest]
        lost = [
            [apply("sum", out * square(Q @ c.T - y)) / float(EACH) for c in fits]
            for out, fits in zip(aside, made, strict=True)
        ]
        losses = [hstack([lost[k][d] for k in range(PARTS)]) for d in range(len(DEGREES))]
        self.fold_losses = vstack(losses)
        self.fold_mean = vstack([mean(one) for one in losses])
        self.fold_best = self.best_of(self.fold_mean)
        C = [vstack(fits) for fits in made]
        now = apply("pick", self.fold - 1.0, *C)
        c = row(now, self.fold_degree)
        here = [float(EACH) * (self.fold - 1.0) + float(i + 1) for i in range(EACH)]
        out = {"x_out": (vstack([row(x, at) for at in here]), "x"), "y_out": (vstack([row(y, at) for at in here]), "y")}
        self.fold_loss = row(row(self.fold_losses, self.fold_degree).T, self.fold)
        seen = {
            "loss": (self.fold_loss, "Loss on that part"), "mean_then": (row(self.fold_mean, self.fold_degree), "Mean of all five"),
            "best": (self.fold_best, "Degree of the lowest mean", "plain"),
        }  # fmt: skip
        lines: list[Line] = [
            ("mean of five parts", "degree.degrees", "mean", "live"),
            ("the eight rows of Degree", "degree.degrees", "degree.loss_valid", "line 2"),
        ]
        curves: list[Line] = [
            ("curve", "degree.grid", "curve"), ("the 20 rows", "x", "y", "dots"), ("set aside", "x_out", "y_out", "mark"),
        ]  # fmt: skip
        self.page("Folds: every row is once set aside", texts.ABOUT_FOLDS, down(
            across(
                down(
                    facts("", self.cells(self.fold, self.fold_degree), result(seen, format="short"), span=3),
                    table(
                        forward({"losses": (self.fold_losses, "Loss on each part", "short")}, labels=PART_NAMES),
                        result({"mean": (self.fold_mean, "Mean", "short")}), names=9, corner="Degree", tight=True,
                    ),
                ),
                down(
                    across(
                        plot("One fit: 16 rows learn, 4 are set aside", "x", "y", curves,
                             "Twenty rows, of which four are set aside, and the curve that the others give.",
                             **{**WINDOW, "width": 360, "wide": 6}),
                        plot(f"Validation loss (cut off at {CUT})", "degree", "mean squared error", lines,
                             "The mean loss of five parts, and the loss of one choice of rows, by degree.",
                             x_min=1, x_max=9, x_step=1, y_min=0, y_max=CUT, y_format="0.0", **{**SIZE, "width": 360, "wide": 6}),
                    ),
                    Note(texts.FOLDS, 13),
                ),
            ),
            across(
                table(self.cells(self.parts), forward({"x": (x, "x"), "y": Shown(y, "y", name="y_known")}, format="plain"),
                      result({"aside": (hstack(aside), "1: set aside", "plain")}, labels=PART_NAMES), names=KNOWN, corner="Row", tight=True),
                table(forward({
                    "X": Shown(X, "x and its powers", "short", name="X_known", labels=POWERS),
                    "Q": Shown(Q, "p0 to p9, see Degree", "short", name="P_known", labels=BASIS),
                }), tight=True),
                Aside(across(
                    table(forward({"curve": (self.Q_grid @ c.T, "Curve", "short")})),
                    table(forward(out, format="plain"), lead="Set aside"),
                    down(
                        table(update({"c": (c, "Weights of the chosen fit", "short")}, labels=BASIS)),
                        table(update({"now": (now, "Weights, chosen part", "short")}, labels=BASIS, style="cells"), names=NAMED),
                    ),
                    down(*(
                        table(forward({f"rest{k + 1}": Shown(some, f"p0 to p9, part {k + 1} set to 0", "short", name=f"rest_{k + 1}", labels=BASIS)}))
                        for k, some in enumerate(rest)
                    )),
                    down(*(
                        table(update({f"C{k + 1}": (one, f"Weights without part {k + 1}", "short")}, labels=BASIS), names=NAMED)
                        for k, one in enumerate(C)
                    )),
                )),
            ),
        ), first=self.fold)  # fmt: skip

    # ---- Choose

    def choose_page(self) -> None:
        self.choice = self.typed(
            "choice", CHOICE, "Your choice, 1 to 5", low=1, high=len(WAYS), whole=True, name="choice"
        )
        self.open = self.typed("open", 0, "Open its test loss? 1: yes", low=0, high=1, whole=True, name="open_test")
        at = self.best_of(self.decay_losses)
        self.best_decay = row(self.decays, at)
        self.choose_losses = {
            part: vstack([*(row(one, k) for k in (1, self.best_degree, 9)), row(self.by_decay[part], at), row(self.stop_losses[part], self.kept_epoch + 1.0)])
            for part, one in (("train", self.loss_train), ("valid", self.loss_valid))
        }  # fmt: skip
        losses, y = self.choose_losses, self.y["test"]
        W = [*(row(self.W, k) for k in (1, self.best_degree, 9)), row(self.W_decays, at), apply("same", self.w_kept)]
        best = row(self.all_C, self.best_degree)
        lost = [self.loss(self.Q["test"], c, y) for c in (self.C[0], best, self.C[8], row(self.C_decays, at))]
        lost.append(self.loss(self.X["test"], self.w_kept, y))
        opened = [where(apply("equal", self.choice, lift(float(k))), self.open, 0.0) for k in range(1, len(WAYS) + 1)]
        self.test = vstack([where(now, one, 0.0) for now, one in zip(opened, lost, strict=True)])
        self.chosen_valid, self.chosen_test = row(losses["valid"], self.choice), row(self.test, self.choice)
        seen = {
            "valid": (self.chosen_valid, "Its validation loss", "short"),
            "test": (self.chosen_test, "Its test loss", "closed"),
        }
        bars: list[Line] = [
            ("validation", Some("loss_valid", cols=(-2, -2)), "loss_valid", "line 1"), ("test", Some("loss_valid", cols=(-2, -2)), "loss_test", "line 2"),
        ]  # fmt: skip
        chosen = {
            "Degree": {"best_degree": (apply("same", self.best_degree), "", "plain")},
            "Decay": {"best_decay": (self.best_decay, "", "tiny")},
            "Epochs": {"best_epochs": (apply("same", self.kept_epoch), "", "plain")},
        }
        self.page("Choose: which model do you hand in?", texts.ABOUT_CHOOSE, down(
            across(
                down(
                    facts("", self.cells(self.choice, self.open), result(seen), span=1),
                    table(
                        forward({"loss_train": (losses["train"], "Training"), "loss_valid": (losses["valid"], "Validation")}, format="short"),
                        result({"loss_test": (self.test, "Test", "closed")}),
                        names=[f"{i}: {way}" for i, way in enumerate(WAYS, 1)], named="label_left", corner="Way",
                    ),
                    grid("Hyperparameters that the validation rows chose", {name: result(one) for name, one in chosen.items()}),
                ),
                plot(f"Loss on validation and test rows (cut off at {CUT})", "way", "mean squared error", bars,
                     "Bars of the validation loss of five ways, and of the test loss of the chosen way once it is opened.",
                     columns=True, y_min=0, y_max=CUT, y_format="0.0", width=400, height=380, wide=5),
                Note(texts.CHOOSE, 3),
            ),
            across(
                table(self.cells(self.x["test"], self.y["test"]), lead="The 10 test rows"),
                table(forward({
                    "X_test": Shown(self.X["test"], "x and its powers, test", "short", name="X_test", labels=POWERS),
                    "Q_test": Shown(self.Q["test"], "p0 to p9, test", "short", name="P_test", labels=BASIS),
                })),
            ),
            table(update({"W": (vstack(W), "The weights of each way", "short")}, labels=POWERS), names=WAYS),
        ), first=self.choice)  # fmt: skip
