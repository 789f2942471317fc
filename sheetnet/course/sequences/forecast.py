"""Series: a recurrent net learns a tank's ups and downs and goes on alone, beside a linear model and the last value."""

from __future__ import annotations

import numpy as np

from sheetnet.course.sequences import own, texts
from sheetnet.course.sequences.gates import Gates, State
from sheetnet.course.sequences.own import AHEAD, KNOWN, LAGS, MOST, RATE, ROUNDS
from sheetnet.course.sequences.steps import HALF, halves, numbers, tanh
from sheetnet.graph.node import Node, apply, constant, hstack, mean, row, square, vstack
from sheetnet.models.clipping import clip_factor, norm_of
from sheetnet.motifs.least_squares import solution
from sheetnet.motifs.unroll import unroll
from sheetnet.page.bands import Bands
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Shown, backward, forward, result, update

UNITS = ("1", "2", "3")
MODELS = {"last": "same as last", "line": "linear, last 3", "net": "recurrent net"}
LOOKS = {"last": "line 8", "line": "line 2", "net": "line 1"}
SHORT = {"last": "last", "line": "linear", "net": "net"}  # over narrow columns
BEFORE = ("1 before", "2 before", "3 before", "1")
TIMES = KNOWN + AHEAD
FASTEST = 0.8  # a rate: beyond, rounding decides where steps land
PARTS = np.array([[float(LAGS <= t < KNOWN), float(t >= KNOWN)] for t in range(TIMES)])  # learnt from, new


class Forecast(Gates):
    """A net of three units that predicts the next value of a series."""

    def series_page(self) -> None:
        self.tank = self.typed("y", own.series(self.seed), "Level y", "data", name="level", format="plain")
        self.parts = self.typed(
            "parts", PARTS, "Counts", "fixed", name="counts", labels=("learnt", "new"), format="plain"
        )
        self.one = self.typed("one", np.ones((KNOWN, 1)), "1", "fixed", name="one", format="plain")
        self.counted = self.typed("counted", PARTS[:KNOWN, :1], "Counts", "fixed", name="counted", format="plain")
        self.rate = self.typed("lr", RATE, "Learning rate", low=0, high=FASTEST, format="rate", name="lr_series")
        self.limit = self.typed("most", MOST, "Clip at the norm", low=0.001, high=1000, name="clip_series")
        message = f"An epoch is a whole number from 0 to {ROUNDS}"
        self.round = self.typed("epoch", ROUNDS, "Epoch to look at", low=0, high=ROUNDS, whole=True, message=message)
        rounds, times = numbers(self, "epochs", 0, ROUNDS, "Epoch"), numbers(self, "times", 1, TIMES, "Time")
        starts = self.first_weights = {
            key: self.typed(f"series.{key}.0", value, key, labels=UNITS[: len(value[0])], format="weight")
            for key, value in (("U", own.U), ("W", own.W), ("b", own.B), ("V", own.V))
        }
        self.known = vstack([row(self.tank, t + 1) for t in range(KNOWN)])
        self.story, _ = unroll([*starts.values()], ROUNDS + 1, self._step)
        self.curve = vstack(
            [apply("sum", self.counted * square(pred - self.known)) / float(KNOWN - LAGS) for pred in self.story[5]]
        )
        self.now = [apply("pick", self.round, *column) for column in self.story[:4]]
        memories = self._follow(self.now)
        alone = self._alone(memories[KNOWN])
        truth = vstack([row(self.tank, t + 1) for t in range(KNOWN, TIMES)])
        self.judged = {
            key: hstack([square(ahead - self.tank).T @ self.parts / constant(((float(KNOWN - LAGS), float(AHEAD)),)), mean(square(alone[key] - truth))])
            for key, ahead in self.ahead.items()
        }  # fmt: skip
        scores = {MODELS[key]: result({f"far_{key}": (far,)}, format="short") for key, far in self.judged.items()}
        ends, level = (
            self.typed("ends", [[0.0], [float(ROUNDS)]], "Line, x", "fixed"),
            apply("same", self.judged["line"] @ constant(((1.0,), (0.0,), (0.0,)))),
        )
        levels = vstack([level, apply("same", level)])
        new = (KNOWN, TIMES - 1)
        lines: list[Line] = [("level of the tank", Some("times", (18, TIMES - 1)), Some("y", (18, TIMES - 1)), "dots")]
        lines += [(MODELS[key], Some("times", new), f"alone_{key}", LOOKS[key]) for key in MODELS]
        marks = (
            forward({"levels": (levels, "linear", "short")}),
            {"loss_then": Shown(row(self.curve, self.round + 1.0), "Loss then", "short", "result")},
        )
        bands = [
            {f"series.{key}.0": one for key, (_, one) in zip(starts, self.cells(*starts.values()).items(), strict=True)}
        ]
        soon = int(np.argmax(np.less(*self.as_it_came(self.curve, level))))
        self.page("Series: what comes next?", texts.ABOUT_SERIES, across(
            down(
                across(
                    down(
                        facts("Change these", self.cells(self.round, self.rate, self.limit), marks[1]),
                        grid("", scores, heads=("learnt", "new", "alone"), over=(("mean squared error", 3),)),
                        Note(texts.SERIES_RULE, 5),
                    ),
                    down(
                        halves(
                            plot("Ten hours alone, on their own predictions", "time", "level", lines,
                                 "Dots rise and fall every six steps. From 31 on the net goes on so, the linear model flattens, the last value stays.",
                                 x_min=18, x_max=42, x_step=6, y_min=-1.5, y_max=1.5, y_format="0.0", **HALF),
                            plot("The net learns", "epoch", "mean squared error", [
                                ("recurrent net", "epochs", "losses", "line 1"), ("linear model", "ends", "levels", "line 2"),
                                ("the epoch to look at", self.round, "loss_then", "mark"),
                            ], "A falling curve of the net's loss that crosses the level of the linear model.", x_max=ROUNDS, y_min=0, y_max=1, y_format="0.0", **HALF),
                        ),
                        Note(texts.SERIES.format(soon), 9),
                    ),
                ),
                across(
                    table(self.cells(times, self.tank, self.parts)),
                    table(forward({"memories": Shown(self.memory, "h before", "short", labels=UNITS), "X": Shown(self.X_lags, "values before", "plain", name="X_lags", labels=BEFORE)})),
                    table(result({f"ahead_{key}": (node, SHORT[key]) for key, node in self.ahead.items()}, format="short"), lead="One step ahead"),
                    down(
                        table(result({f"alone_{key}": (node, SHORT[key]) for key, node in alone.items()}, format="short"), {"truth": Shown(truth, "truth", "plain")}, lead="Alone, times 31 to 40"),
                        table(update({"best": Shown(self.best, "weights", "short")}), names=BEFORE),
                        table(self.cells(ends), marks[0]),
                    ),
                    table(self.cells(rounds), forward({"losses": Shown(self.curve, "Loss", "short")})),
                    down(*(table(update({f"now_{key}": Shown(node, f"{key} then", "short", style="cells", labels=UNITS[: node.shape[1]])})) for key, node in zip(starts, self.now, strict=True))),
                ),
            ),
            Aside(across(
                table({"known": Shown(self.known, "known", "plain", name="known")}, self.cells(self.one, self.counted)),
                Bands([self._round(k) | (bands[0] if not k else {}) for k in range(ROUNDS + 1)]),
            )),
        ), first=self.round)  # fmt: skip

    def _step(self, P: State, _: int) -> tuple[State, State]:
        """h before each value (30, 3), its prediction, how it moves the loss (30, 1), d_a of each step (30, 3), the
        factor of clipping (1, 1); then the weights after."""
        U, W, b, V = P
        h = [0.0 * b]
        for t in range(1, KNOWN):
            h.append(tanh(row(self.known, t) * U + h[-1] @ W + b))
        H = vstack(h)
        pred = H @ V
        off = self.counted * (2.0 / (KNOWN - LAGS)) * (pred - self.known)
        d = [0.0 * b]
        for t in range(KNOWN - 1, 0, -1):
            d.insert(0, (row(off, t + 1) * V.T + d[0] @ W.T) * (1.0 - square(h[t])))
        D = vstack(d)
        grads = [self.known.T @ D, H.T @ D, self.one.T @ D, H.T @ off]
        factor = clip_factor(norm_of(grads), self.limit)
        return [H, pred, off, D, factor], [one - self.rate * factor * grad for one, grad in zip(P, grads, strict=True)]

    def _follow(self, P: State) -> list[Node]:
        """h before each of the forty times (1, 3), and the predictions one step ahead (40, 1) by model."""
        U, W, b, V = P
        h, zero = [0.0 * b], 0.0 * row(self.tank, 1)
        for t in range(1, TIMES):
            h.append(tanh(row(self.tank, t) * U + h[-1] @ W + b))
        none = [hstack([0.0 * row(self.tank, 1) for _ in BEFORE]) for _ in range(LAGS)]
        lags = [
            hstack([*(apply("same", row(self.tank, t - k)) for k in range(LAGS)), 1.0 + 0.0 * row(self.tank, t)])
            for t in range(LAGS, TIMES)
        ]
        self.X_lags = vstack([*none, *lags])
        learnt = self.parts @ constant(((1.0,), (0.0,)))
        self.best = solution(self.X_lags * learnt, self.tank * learnt)
        last = vstack([zero, *(apply("same", row(self.tank, t)) for t in range(1, TIMES))])
        self.memory = vstack(h)
        self.ahead = {"last": last, "line": self.X_lags @ self.best, "net": self.memory @ V}
        return h

    def _alone(self, h: Node) -> dict[str, Node]:
        """What each model says of the ten new times (10, 1) without seeing one. h: the net's memory before them."""
        U, W, b, V = self.now
        values, nets = [row(self.tank, t + 1) for t in range(KNOWN - LAGS, KNOWN)], [h @ V]
        for _ in range(AHEAD):
            said = row(self.best, LAGS + 1)
            for k in range(LAGS):
                said = said + row(self.best, k + 1) * values[-1 - k]
            values.append(said)
        self.going = [h]
        while len(nets) < AHEAD:
            self.going.append(tanh(nets[-1] * U + self.going[-1] @ W + b))
            nets.append(self.going[-1] @ V)
        last = [apply("same", row(self.tank, KNOWN)) for _ in range(AHEAD)]
        return {"last": vstack(last), "line": vstack(values[LAGS:]), "net": vstack(nets)}

    def _round(self, k: int) -> dict[str, Shown]:
        """What stands of an epoch."""
        lanes = {
            "U": update, "W": update, "b": update, "V": update, "H": forward, "pred": forward, "off": backward, "D": backward, "factor": backward,
        }  # fmt: skip
        titles = {"H": "h before", "pred": "prediction", "off": "d_pred", "D": "d_a", "factor": "clip: times"}
        band: dict[str, Shown] = {}
        for (lane, role), column in zip(lanes.items(), self.story, strict=True):
            labels = UNITS[: column[k].shape[1]] if column[k].shape[1] > 1 else ()
            band |= role({f"series.{lane}.{k}": Shown(column[k], titles.get(lane, lane), labels=labels)})
        return band
