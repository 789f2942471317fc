"""Three, Scratch, Frozen and Whole: three ways to learn a new task from few rows, every epoch a band of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sheetnet.course.transfer import texts
from sheetnet.course.transfer.elsewhere import HEAD, LOWER
from sheetnet.course.transfer.nets import (
    PAIR,
    WINDOW,
    Nets,
    Params,
    chosen,
    features_of,
    features_of_few,
    headed,
    hidden_of,
    over,
    whole_net,
)
from sheetnet.course.transfer.own import EPOCHS, FEW, RATE, SMALLER
from sheetnet.graph.node import Node, apply, constant, hstack, mean, ones, row, square, vstack
from sheetnet.motifs.unroll import unroll
from sheetnet.motifs.wiggle import by_wiggling
from sheetnet.page.bands import Bands
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, spaced, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Group, Shown, backward, forward, result, update

LOOKS = {"scratch": "line 2", "frozen": "line 1", "whole": "line 3"}
LIVE = {"scratch": (*LOWER, *HEAD), "frozen": HEAD, "whole": (*LOWER, *HEAD)}  # what each way learns
MOST = 0.4, 0.15  # the largest rates: beyond, steps are so large that chance decides where they lead
CUT = 0.8  # where charts of losses end
SIZE: dict[str, Any] = {"x_max": EPOCHS, "y_min": 0, "y_max": CUT, "y_format": "0.0"}


@dataclass
class Way:
    """One way to learn: its parameters epoch by epoch, what is seen of each epoch, and its curves."""

    P: Sequence[Params]
    seen: Sequence[dict[str, Node]]
    curves: dict[str, Node] = field(default_factory=dict)
    then: Params = field(default_factory=dict)


class Ways(Nets):
    """From scratch, with frozen lower layers, and whole."""

    def learn(self) -> None:
        """All three descents as nodes; the pages only place them."""
        self.task = self.typed("three.task", 1, texts.TASK, low=1, high=3, whole=True, name="task")
        self.at = self.typed("three.epoch", EPOCHS, "Epoch to look at", low=0, high=EPOCHS, whole=True, name="epoch")
        self.lr, self.smaller = (
            self.typed(f"three.{id}", rate, title, low=0, high=most, name=id, format="rate")
            for id, rate, title, most in (
                ("lr", RATE, "Learning rate", MOST[0]),
                ("smaller", SMALLER, "Smaller, for whole", MOST[1]),
            )
        )
        self.epochs = self.typed("three.epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        self.y, self.y_kept = chosen(self.Y, self.task), chosen(self.Y_kept, self.task)
        zeros = {"W_3": np.zeros((2, 1)), "b_3": np.zeros((1, 1))}
        heads = {
            way: {name: self.typed(f"{way}.{name}.0", value, name) for name, value in zeros.items()}
            for way in ("frozen", "whole")
        }
        lower = {way: {name: apply("same", self.old[name]) for name in LOWER} for way in heads}
        begin = {"scratch": self.start, **{way: lower[way] | heads[way] for way in heads}}
        self.ways = {way: self._way(way, begin[way]) for way in begin}

    def _way(self, way: str, begin: Params) -> Way:
        """A way with its curves: the losses on the few rows and on those kept back."""
        rate = self.smaller if way == "whole" else self.lr
        names = list(begin)

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            P = dict(zip(names, now, strict=True))
            seen, steps = self._slopes(P, way)
            after = [P[name] - rate * steps[name] if name in steps else apply("same", P[name]) for name in names]
            return list(seen.values()), after

        columns, _ = unroll([*begin.values()], EPOCHS + 1, step)
        P = [dict(zip(names, now, strict=True)) for now in zip(*columns[: len(names)], strict=True)]
        keys = self._slopes(begin, way)[0]
        seen = [dict(zip(keys, now, strict=True)) for now in zip(*columns[len(names) :], strict=True)]
        made = Way(P, seen)
        kept = [
            headed(self.kept_features, now) if way == "frozen" else whole_net(self.x_kept, now) for now in P
        ]  # fmt: skip
        made.curves = {
            "few": vstack([mean(square(now["error"])) for now in seen]),
            "kept": vstack([mean(square(pred - self.y_kept)) for pred in kept]),
        }
        made.then = {name: apply("pick", self.at, *(now[name] for now in P)) for name in LIVE[way]}
        return made

    def _slopes(self, P: Params, way: str) -> tuple[dict[str, Node], dict[str, Node]]:
        """What is seen of a step, and the slope of each parameter that learns.

        d_3 = 2 error / n; grad_W_3 = features' d_3; d_2 = d_3 W_3' (1 - features^2); and so on down.
        """
        frozen, one = way == "frozen", ones(1, FEW)
        hidden = None if frozen else hidden_of(self.x, P)
        features = self.few_features if hidden is None else features_of(hidden, P)
        error = headed(features, P) - self.y
        d_3 = error * (2.0 / FEW)
        steps = {"W_3": features.T @ d_3, "b_3": one @ d_3}
        if hidden is None:
            return {"error": error}, steps
        d_2 = d_3 @ P["W_3"].T * (1.0 - square(features))
        d_1 = d_2 @ P["W_2"].T * (1.0 - square(hidden))
        steps |= {"W_2": hidden.T @ d_2, "b_2": one @ d_2, "W_1": self.x.T @ d_1, "b_1": one @ d_1}
        return {"hidden": hidden, "features": features, "error": error, "d_2": d_2, "d_1": d_1}, steps

    # ---- Three

    def three_page(self) -> None:
        rows = {
            texts.WAYS[way]: result({
                f"then_{way}": (hstack([row(one.curves[key], self.at + 1.0) for key in ("few", "kept")]), "")
            }, format="grows")
            for way, one in self.ways.items()
        }  # fmt: skip
        curves = {
            way: headed(self.learnt, one.then) if way == "frozen" else whole_net(self.grid, one.then)
            for way, one in self.ways.items()
        }
        drawn: list[Line] = [(texts.WAYS[way], "features.grid", f"curve_{way}", LOOKS[way]) for way in curves]
        drawn += [("kept back", "rows.x_kept", "y_kept", "region 2"), ("the few rows", "rows.x", "y_few", "dots")]
        charts = [
            plot(title, "epoch", "loss",
                 [(texts.WAYS[way], "epochs", f"{key}_{way}_curve", LOOKS[way]) for way in self.ways],
                 alt, width=345, height=180, wide=4, **SIZE)
            for key, title, alt in (
                ("few", f"Loss on the 12 rows (cut off at {CUT})", "Three falling curves of the loss on the few rows."),
                ("kept", f"Loss, kept back (cut off at {CUT:g})", "Three curves of the loss on rows kept back."),
            )
        ]  # fmt: skip
        losses: Group = {}
        for key in ("few", "kept"):
            losses |= forward(
                {f"{key}_{way}_curve": (one.curves[key], texts.WAYS[way], "grows") for way, one in self.ways.items()}
            )
        self.page("Three: scratch, frozen, whole", texts.ABOUT_THREE, down(
            across(
                down(
                    facts("Change these", self.cells(self.task, self.at, self.lr, self.smaller)),
                    grid("", rows, heads=("few rows", "kept back"), over=(("loss then", 2),)),
                    Note(texts.THREE.format(**self.losses_as_it_came(1)), 4),
                ),
                over(5, plot("The three curves at that epoch", "x", "y", drawn,
                     "Twelve points with a gap, many small points kept back, and three curves.", width=395, height=378, wide=5, **WINDOW)),
                over(4, down(*charts, gap=0), 11.5),
            ),
            across(
                table(self.cells(self.epochs), losses, lead={"few_scratch_curve": texts.FEW_LOSS, "kept_scratch_curve": texts.KEPT_LOSS}),
                table(forward({f"curve_{way}": (curve, texts.WAYS[way], "grows") for way, curve in curves.items()}), lead="Curves at the chosen epoch"),
                table(forward({"y_few": Shown(self.y, "y, few", "plain", name="y_few")})),
                table(forward({"y_kept": Shown(self.y_kept, "y, kept", "plain", name="y_kept")})),
            ),
        ), first=self.task)  # fmt: skip

    def losses_as_it_came(self, task: int) -> dict[str, float]:
        """The last losses of each way on a task, for texts: few_scratch and so on."""
        names = [(key, way) for way in self.ways for key in ("few", "kept")]
        found = self.as_it_came(
            *(row(self.ways[way].curves[key], EPOCHS + 1) for key, way in names),
            typed={self.task: np.array([[float(task)]])},
        )
        return {f"{key}_{way}": value.item() for (key, way), value in zip(names, found, strict=True)}

    # ---- Scratch, Frozen, Whole

    def way_pages(self) -> None:
        for way in self.ways:
            body = {"scratch": self._plain, "frozen": self._slow, "whole": self._forgets}[way]
            self.page(
                f"{texts.WAYS[way].title()}: {texts.HEADINGS[way]}",
                texts.ABOUT_WAYS[way],
                across(body(), Aside(self._bands(way))),
            )

    def _bands(self, way: str) -> Bands:
        """Every epoch: weights, then what its step is made of. What is frozen says so."""
        one, out = self.ways[way], []
        for k in range(EPOCHS + 1):
            band: Group = {}
            for name, node in one.P[k].items():
                title = name if name in LIVE[way] else f"{name}, frozen"
                look = {"labels": self.columns(name), "format": "weight"}
                typed = k == 0 and node in self._typed
                band |= self.cells(node) if typed else update({f"{way}.{name}.{k}": (node, title)}, **look)
            for key, node in one.seen[k].items():
                labels = self.columns("W_1") if key in ("hidden", "d_1") else PAIR if key != "error" else ()
                kind = backward if key.startswith("d_") else forward
                band |= kind({f"{way}.{key}.{k}": (node, texts.SEEN[key], "weight")}, labels=labels)
            out.append(band)
        return Bands(out)

    def _charted(self, way: str, *more: Line) -> Part:
        lines: list[Line] = [
            ("few rows", "three.epochs", f"three.few_{way}_curve", "line 1"),
            ("kept back", "three.epochs", f"three.kept_{way}_curve", "line 2"), *more,
        ]  # fmt: skip
        return plot(f"{texts.WAYS[way].title()}: its losses (cut off at {CUT:g})", "epoch", "loss", lines,
                    "The loss on the few rows and on rows kept back, epoch by epoch.", width=420, height=270, wide=6, **SIZE)  # fmt: skip

    def _then(self, way: str) -> Part:
        """The weights at the chosen epoch."""
        then = self.ways[way].then
        parts = {
            name: update({f"{way}.then_{name}": (node, f"{name} then")}, labels=self.columns(name), style="cells")
            for name, node in then.items()
        }
        groups = ([name for name in group if name in parts] for group in (("W_1",), ("b_1",), ("W_2", "b_2", *HEAD)))
        return down(*(table(*spaced(*(parts[name] for name in group))) for group in groups if group))

    def _plain(self) -> Part:
        return down(across(self._charted("scratch"), Note(texts.SCRATCH, 5)), self._then("scratch"))

    def _slow(self) -> Part:
        """One step of the head, slowly, and by wiggling."""
        P = {name: self.ways["frozen"].then[name] for name in HEAD}
        self.wiggle = self.typed("frozen.wiggle", 0.01, "Wiggle", low=1e-6, high=1)
        features = self.few_features
        pred = headed(features, P)
        error = pred - self.y
        slopes = [features.T @ error * (2.0 / FEW), ones(1, FEW) @ error * (2.0 / FEW)]
        head, grad = vstack([apply("same", P[name]) for name in HEAD]), vstack(slopes)
        self.head_then, self.head_grad = head, grad

        def moved(j: int, sign: float) -> Node:
            by, at = sign * self.wiggle, constant(((float(j == 0),), (float(j == 1),)))
            beside = {"W_3": P["W_3"] + at * by, "b_3": P["b_3"]} if j < 2 else {"W_3": P["W_3"], "b_3": P["b_3"] + by}
            return mean(square(headed(features, beside) - self.y))

        up, down_ = (vstack([moved(j, sign) for j in range(3)]) for sign in (1.0, -1.0))
        wiggled = by_wiggling(up, down_, self.wiggle)
        after = head - self.lr * grad
        self.head_after = after
        still = self.ways["frozen"].P
        changes = hstack([apply("max", apply("abs", still[-1][name] - still[0][name])) for name in LOWER])
        line = self.losses_as_it_came(3)
        return down(
            across(self._charted("frozen"), Note(texts.FROZEN.format(line=line["kept_frozen"], scratch_line=line["kept_scratch"]), 5)),
            across(
                table(
                    update({"head": (head, "Then")}),
                    backward({"grad": (grad, "Gradient"), "wiggled": (wiggled, "by wiggling")}),
                    update({"after": (after, "After the step")}), names=("W_3, 1", "W_3, 2", "b_3"), corner="Head",
                ),
                down(
                    facts("", self.cells(self.wiggle)),
                    table(result({"changes": (changes, texts.CHANGE)}, labels=LOWER)),
                ),
            ),

            self._then("frozen"),
            across(
                table(features_of_few(features), forward({"pred": (pred, "Prediction"), "error": (error, "Error")}, format="short"), names=FEW, corner="Row"),
                table(forward({"up": (up, "Loss, +"), "down": (down_, "Loss, -")}, format="short")),
                table(forward({"kept_features": Shown(self.kept_features, "Features, kept back", "short", name="F_kept", labels=PAIR)})),
            ),
        )  # fmt: skip

    def _forgets(self) -> Part:
        """What becomes of the old task."""
        old = [
            mean(square(headed(features_of(hidden_of(self.x_old, now), now), {n: self.old[n] for n in HEAD}) - self.Y_old))
            for now in self.ways["whole"].P
        ]  # fmt: skip
        self.forgets = vstack(old)
        ends = {
            "first": (row(self.forgets, 1), "Old loss, epoch 0"),
            "last": (row(self.forgets, EPOCHS + 1), f"Old loss, epoch {EPOCHS}"),
        }
        first, last = (one.item() for one in self.as_it_came(*(node for node, _ in ends.values())))
        fast = self.losses_as_it_came(2)
        return down(
            across(
                self._charted("whole", ("old task", "three.epochs", "old_loss", "line 3")),
                Note(texts.WHOLE.format(first=first, last=last, fast=fast["kept_whole"], frozen_fast=fast["kept_frozen"]), 5),
            ),
            self._then("whole"),
            across(
                facts(texts.OLD_LOSS, result(ends, format="grows")),
                table(result({"old_loss": (self.forgets, "Old loss", "grows")}), names=EPOCHS + 1, corner="Epoch", first=0),
            ),
        )  # fmt: skip
