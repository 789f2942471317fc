"""Find, Bars and Learn: filters that nobody gave, found by descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetnet.course.convolution import texts
from sheetnet.course.convolution.own import (
    BAR_SIDE,
    BARS,
    EPOCHS,
    FILTERS,
    FIND_EPOCHS,
    FIND_RATE,
    OUT,
    POSITIONS,
    RATE,
    SIDE,
    SIZE,
    bars,
    speckled,
    upright,
)
from sheetnet.course.convolution.shapes import Shapes
from sheetnet.course.convolution.slide import CELLS, TAPS, copied, picture
from sheetnet.graph.node import Node, apply, mean, relu, row, square, vstack
from sheetnet.graph.windows import corners, correlate, gather, within
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.plot import plot
from sheetnet.page.shown import Shown, backward, forward, result, update

SQUARE = np.arange(SIZE * SIZE).reshape(SIZE, SIZE)
LABELS = tuple(f"{i}, {j}" for i in range(1, 4) for j in range(1, 4))  # of a filter that lies in a row
KINDS = ("lies", "upright")
GIVEN, KEPT = "To learn from", "Kept back: never learnt from"
ENDS = ("b", 0.0, "Bias"), ("w", 1.0, "Weight"), ("c", 0.0, "Bias of the score")  # what comes after the filter


class Learn(Shapes):
    """A filter from an output that is wanted, and one from pictures of two kinds."""

    def find_page(self) -> None:
        speckles = self.speckles = self.typed("find.picture", speckled(self.seed), "Picture", "data", format="pixel")
        self.hidden = self.typed("find.hidden", FILTERS["vertical"], "Hidden filter", low=-3, high=3, format="tap")
        self.find_lr = self.typed("find.lr", FIND_RATE, "Learning rate", low=0, high=2, name="lr_find", format="rate")
        self.find_epoch = self._epoch("find", FIND_EPOCHS, 1)
        epochs = self.typed("find.epochs", np.arange(FIND_EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        start = self.typed("find.start", np.zeros((1, SIZE * SIZE)), "Start", "fixed", format="tap")
        patches = gather(speckles, within(corners((SIDE, SIDE), (SIZE, SIZE)), (SIZE, SIZE), SIDE))
        wanted = correlate(speckles, self.hidden)
        y = gather(wanted, np.arange(OUT * OUT)[:, None])

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            error = patches @ now[0].T - y
            return [], [now[0] - self.find_lr * (2.0 * (error.T @ patches) / float(OUT * OUT))]

        rows, last = unroll([copied(start)], FIND_EPOCHS, step)
        path = [*rows[0], *last]
        taps = vstack(path)
        self.find_losses = vstack([mean(square(patches @ one.T - y)) for one in path])
        then = row(taps, self.find_epoch + 1.0)
        self.found = gather(then, SQUARE)
        exact = apply("inverse", patches.T @ patches) @ (patches.T @ y)
        loss = row(self.find_losses, self.find_epoch + 1.0)
        self.page("Find: which filter made this output?", texts.ABOUT_FIND, across(
            across(
                down(
                    facts("Change these", self.cells(self.find_epoch, self.find_lr)),
                    facts("At this epoch", result({"loss": Shown(loss, "Mean squared error", "short")})),
                    Note(texts.FIND, 3),
                ),
                table(self.cells(speckles)),
                down(table(self.cells(self.hidden)), table(picture("found", self.found, "Found", "tap", **CELLS))),
                down(
                    table(picture("wanted", wanted, "Wanted output", **CELLS)),
                    table(picture("output", correlate(speckles, self.found), "Output of what is found", **CELLS)),
                ),
                plot("The loss, epoch by epoch", "epoch", "mean squared error",
                     [("loss", epochs, "losses", "live"), ("epoch to look at", self.find_epoch, "loss", "mark")],
                     "A curve of the loss that falls fast at first, then slowly, down to nearly 0.", x_max=FIND_EPOCHS,
                     y_min=0, y_format="0", width=300, height=280, wide=4),
            ),
            Aside(across(
                table(self.cells(epochs), forward({"losses": Shown(self.find_losses, "Loss", "short")})),
                table(update({"taps": Shown(taps, "Filter, a row for each epoch", "tap", labels=LABELS)})),
                table(self.cells(start)),
                table(update({"then": Shown(then, "That row", "tap")})),
                table(picture("patches", patches, "Patches", "pixel", style="cells", name="patches_find")),
                table(picture("y", y, "Wanted", style="cells", name="wanted")),
                table(result({"exact": Shown(exact, "By formula", "tap")})),
            )),
        ), first=self.find_epoch)  # fmt: skip

    def _epoch(self, id: str, most: int, first: int) -> Node:
        return self.typed(f"{id}.epoch", first, "Epoch to look at", low=0, high=most, whole=True, name=f"epoch_{id}",
                          message=f"An epoch is a whole number from 0 to {most}")  # fmt: skip

    # ---- Bars and Learn

    def bars_page(self) -> None:
        given, kept, self.first_taps = bars(self.seed)
        pixels = BAR_SIDE**2
        window = within(corners((BAR_SIDE, BAR_SIDE), (SIZE, SIZE)), (SIZE, SIZE), BAR_SIDE)
        places = np.vstack([window + i * pixels for i in range(BARS)])  # in the table, whose rows are pictures
        square = np.arange(pixels).reshape(BAR_SIDE, BAR_SIDE)
        self.tables = {
            part: self.typed(f"bars.{part}", drawn.reshape(BARS, pixels), words, "data", format="pixel")
            for part, words, drawn in (("given", GIVEN, given), ("kept", KEPT, kept))
        }
        self.rows = {part: gather(pictures, places) for part, pictures in self.tables.items()}
        body: list[Part] = []
        for (part, pictures), words in zip(self.tables.items(), (GIVEN, KEPT), strict=True):
            each = [
                down(Words(f"{i + 1}: {KINDS[i % 2]}", "hint"),
                     table(picture(f"{part}_{i + 1}", gather(pictures, square + i * pixels), "", "pixel", **CELLS)), gap=0)
                for i in range(BARS)
            ]  # fmt: skip
            body += [Words(words), *(across(*each[line : line + 6]) for line in (0, 6))]
        counted: dict[str, Any] = {"role": "fixed", "format": "plain"}
        self.kind = self.typed("bars.kind", upright().T, "Upright: 1", name="upright", **counted)
        self.number = self.typed("bars.number", np.arange(1.0, BARS + 1)[:, None], "Picture", **counted)
        owner = self.typed("bars.owner", np.repeat(np.arange(1.0, BARS + 1), POSITIONS)[:, None], "Picture", **counted)
        self.share = apply("equal", owner, self.number.T) / float(POSITIONS)
        cut = [
            picture(f"patches_{part}", node, f"Patches, {part}", "pixel", style="cells", name=f"patches_{part}")
            for part, node in self.rows.items()
        ]
        share = Shown(self.share, "Share of each window in a picture's mean", "short", name="share")
        self.page("Bars: pictures of two kinds", texts.ABOUT_BARS, across(
            down(*body, Note(texts.BARS, 41)),
            Aside(down(
                table(self.cells(self.number, self.tables["given"])), table(self.cells(self.tables["kept"]), names=BARS, corner="Picture"),
                table(self.cells(self.kind)),
                across(table(self.cells(owner), cut[0]), table(cut[1]), table(forward({"share": share}))),
            )),
        ))  # fmt: skip

    def learn_page(self) -> None:
        self.start = self.typed("learn.start", self.first_taps, "Filter at the start", low=-9, high=9, format="tap")
        self.lr = self.typed("learn.lr", RATE, "Learning rate", low=0, high=10, name="lr_learn", format="rate")
        self.learn_epoch = self._epoch("learn", EPOCHS, 0)
        self.mine = self.typed("learn.mine", _mine(), "Paint a picture", low=0, high=1, format="pixel",
                               message="A pixel is a number from 0 (white) to 1 (ink)")  # fmt: skip
        epochs = self.typed("learn.epochs", np.arange(EPOCHS + 1.0)[:, None], "Epoch", "fixed")
        ends = [self.typed(f"learn.{id}", value, title, "fixed") for id, value, title in ENDS]
        first = gather(self.start, TAPS[None])
        y, share, patches = self.kind, self.share, self.rows["given"]

        def pooled(taps: Node, b: Node, of: Node, by: Node) -> Node:
            return relu(taps @ of.T + b) @ by

        def loss(score: Node) -> Node:
            return mean(apply("softplus", (1.0 - 2.0 * y) * score))

        def right(score: Node) -> Node:
            return mean(apply("equal", apply("step", score), y))

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            taps, b, w, c = now
            mean_answer = pooled(taps, b, patches, share)
            d = (apply("sigmoid", w * mean_answer + c) - y) / float(BARS)
            d_lin = (w * d) @ share.T * apply("step", taps @ patches.T + b)
            slopes = d_lin @ patches, apply("sum", d_lin), apply("sum", d * mean_answer), apply("sum", d)
            return [mean_answer, d], [one - self.lr * slope for one, slope in zip(now, slopes, strict=True)]

        rows, last = unroll([copied(first), *(copied(one) for one in ends)], EPOCHS, step)
        *state, answers, ds = rows
        self.paths = [vstack([*path, end]) for path, end in zip(state, last, strict=True)]
        each = [[*path, end] for path, end in zip(state, last, strict=True)]
        scores = {
            part: [w * pooled(taps, b, of, share) + c for taps, b, w, c in zip(*each, strict=True)]
            for part, of in self.rows.items()
        }
        self.losses = {part: vstack([loss(score) for score in some]) for part, some in scores.items()}
        self.rights = {part: vstack([right(score) for score in some]) for part, some in scores.items()}
        at = self.learn_epoch + 1.0
        then = [row(path, at) for path in self.paths]
        self.learnt = gather(then[0], SQUARE)
        lit = relu(correlate(self.mine, self.learnt) + then[1])
        self.says = apply("sigmoid", then[2] * mean(lit) + then[3])
        now = {
            f"{what}_{part}": Shown(row(some[part], at), f"{title}, {words}", format)
            for what, title, some, format in (("loss", "Loss", self.losses, "short"), ("right", "Right", self.rights, "share"))
            for part, words in (("given", "learnt from"), ("kept", "kept back"))
        }  # fmt: skip
        curves = forward({f"losses_{part}": (node, f"Loss, {part}", "short") for part, node in self.losses.items()})
        curves |= result({f"rights_{part}": (node, f"Right, {part}", "share") for part, node in self.rights.items()})
        weights = {f"{id}s": (path, title, "short") for path, (id, _, title) in zip(self.paths[1:], ENDS, strict=True)}
        self.page("Learn: a filter that nobody gave", texts.ABOUT_LEARN, across(
            across(
                down(
                    facts("Change these", self.cells(self.learn_epoch, self.lr)),
                    facts("At this epoch", result(now)),
                    Note(texts.LEARN, 3),
                ),
                down(table(self.cells(self.start)), table(picture("found", self.learnt, "Filter then", "tap", **CELLS))),
                down(
                    plot("The loss, epoch by epoch", "epoch", "cross-entropy", [
                        ("learnt from", epochs, "losses_given", "live"), ("kept back", epochs, "losses_kept", "line 2"),
                        ("epoch to look at", self.learn_epoch, "loss_given", "mark"),
                    ], "Two curves of the loss that fall together, slowly at first, then fast.", x_max=EPOCHS, y_min=0, y_max=1,
                         y_format="0.0", width=370, height=240, wide=5),
                    Note(texts.NET, 5),
                ),
                down(
                    table(self.cells(self.mine)),
                    table(picture("answer", lit, "Answer, ReLU", **CELLS)),
                ),
                facts("Your picture", result({"says": Shown(self.says, "upright?", "share")})),
            ),
            Aside(across(
                table(self.cells(epochs), curves),
                table(update({"taps": Shown(self.paths[0], "Filter, a row for each epoch", "tap", labels=LABELS)}), update(weights)),
                table(forward({"answers": Shown(vstack(answers), "Mean answer to each picture", "short")})),
                table(backward({"ds": Shown(vstack(ds), "(Prediction - truth) / pictures", "short")})),
                table(update({f"{id}_then": (node, f"{title} then", "short") for node, (id, _, title) in zip(then[1:], ENDS, strict=True)})),
                table(self.cells(*ends)),
                down(table(update({"first": Shown(first, "Start, as a row", "tap", style="cells")})),
                     table(update({"then": Shown(then[0], "Filter then, as a row", "tap")}))),
            )),
        ), first=self.learn_epoch)  # fmt: skip


def _mine() -> np.ndarray:
    """An upright bar, (6, 6), of the kind that the net has seen."""
    bar = np.zeros((BAR_SIDE, BAR_SIDE))
    bar[1:, 2] = 1.0
    return bar
