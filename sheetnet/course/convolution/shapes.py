"""Sizes, Sharing and Shift: how large an output is, how few numbers make it, and what a moved picture gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetnet.course.convolution import texts
from sheetnet.course.convolution.own import OUT, SIDE, SIZE
from sheetnet.course.convolution.slide import CELLS, Slide, copied, numbers, picture
from sheetnet.graph.node import Node, apply, relu
from sheetnet.graph.windows import OUTSIDE, corners, correlate, framed, gather, largest, within
from sheetnet.page.flow import across, down, level
from sheetnet.page.grid import facts
from sheetnet.page.parts import Note, Ruler, table
from sheetnet.page.shown import Shown, forward, result

PART, FIRST = 5, 1  # the side of a part of the picture, and its first row and column, from 0
MOST = 40  # the largest picture of the calculator
SIZES = {  # id: first value, title, lowest, highest
    "n": (8, "Side of the picture, n", 1, MOST), "k": (3, "Side of the filter, k", 1, 11),
    "p": (0, "Padding, p", 0, 5), "s": (1, "Stride, s", 1, 6),
}  # fmt: skip


class Shapes(Slide):
    """What changes the size of an output, what it costs, and what it keeps."""

    def sizes_page(self) -> None:
        self.sizes = {
            id: self.typed(f"sizes.{id}", value, title, low=low, high=high, whole=True, name=f"size_{id}")
            for id, (value, title, low, high) in SIZES.items()
        }
        n, k, p, s = self.sizes.values()
        starts = self.typed("sizes.starts", np.arange(MOST + 11.0)[:, None], "Start", "fixed")
        room = n + 2.0 * p - k
        self.by_formula = room / s + 1.0
        fits = 1.0 - apply("greater", s * starts, room)
        self.fitting = apply("sum", fits)
        self.padded = gather(self.picture, framed((SIDE, SIDE), 1))
        rectified = relu(copied(self.out))
        shown = {
            "padded": (self.padded, "Picture, padding 1", "pixel"), "same_size": (correlate(self.padded, self.taps), "Padding 1: output", "light"),
            "rectified": (rectified, "Of Slide, ReLU", "light"),
            "strided": (correlate(self.picture, self.taps, 2), "Stride 2", "light"), "pooled": (largest(rectified, 2), "Max pool", "light"),
        }  # fmt: skip
        self.pooled = shown["pooled"][0]
        padded, same_size, plain, strided, pooled = (
            table(picture(id, node, title, format, **CELLS)) for id, (node, title, format) in shown.items()
        )
        self.page("Sizes: padding, stride and pooling", texts.ABOUT_SIZES, down(
            across(
                down(
                    facts("Change these", self.cells(*self.sizes.values())),
                    facts("Side of the output", result({
                        "by_formula": Shown(self.by_formula, "(n + 2p - k) / s + 1", "short"),
                        "fitting": Shown(self.fitting, "places where it fits", "plain"),
                    }, **CELLS)),
                ),
                padded, same_size, plain, down(pooled, strided),
            ),
            Note(texts.SIZES, 32),
            table(self.cells(starts), forward({"fits": Shown(fits, "Fits: 1", "plain", style="cells")})),
        ))  # fmt: skip

    def sharing_page(self) -> None:
        side = self.typed("sharing.side", SIDE, "Side, n", low=3, high=300, whole=True)
        part = framed((SIDE, SIDE), 0)[FIRST : FIRST + PART, FIRST : FIRST + PART]
        flat = gather(self.picture, part.reshape(1, -1))
        windows = within(corners(part.shape, (SIZE, SIZE)), (SIZE, SIZE), PART)
        places = np.full((len(windows), part.size), OUTSIDE)
        for line, window in zip(places, windows, strict=True):
            line[window] = np.arange(len(window))
        self.dense = gather(self.taps, places)
        pixels, outputs = side * side, (side - 2.0) * (side - 2.0)
        self.side, self.of_dense, self.of_conv = side, pixels * outputs + outputs, 0.0 * side + float(SIZE * SIZE + 1)
        counts = {
            "pixels": (pixels, "Pixels"), "outputs": (outputs, "Output pixels"), "of_dense": (self.of_dense, "Dense layer"),
            "of_conv": (self.of_conv, "Convolution"),
        }  # fmt: skip
        self.page("Sharing: one filter for all places", texts.ABOUT_SHARING, across(
            level(
                [table(picture("flat", flat, "25 pixels of the picture (rows and columns 2 to 6), in one row", "pixel", **CELLS)),
                 table(picture("dense", self.dense, "The dense layer that does the same: a row for each output pixel", "tap", **CELLS))],
                [Ruler((9.0,)), table(picture("product", self.dense @ flat.T, "Output", **CELLS))],
            ),
            down(
                Ruler((0.0, 16.0)),
                facts("How many numbers are learnt?", self.cells(side), result(counts, format="count", **CELLS)),
                Note(texts.SHARING, 3),
            ),
        ))  # fmt: skip

    def shift_page(self) -> None:
        self.moves = [
            self.typed(f"shift.{id}", value, title, low=-3, high=3, whole=True, name=f"move_{id}")
            for id, value, title in (("down", 0, "Rows down"), ("right", 1, "Columns right"))
        ]
        moved, after = self._moved(self.picture), self._moved(self.out)
        self.seen_moved = correlate(moved, self.taps)
        gap = self.seen_moved - after
        self.equal = equal_pixels(self.seen_moved, after)
        lit: dict[str, Any] = {"format": "light"}
        self.page("Shift: the picture moves, and so does the answer", texts.ABOUT_SHIFT, down(
            across(
                down(
                    facts("Move the picture", self.cells(*self.moves)),
                    facts("What comes out", result({
                        "before": Shown(apply("max", self.out), "Largest output, before", "short"),
                        "after": Shown(apply("max", self.seen_moved), "Largest output, after", "short"),
                        "equal": Shown(self.equal, f"Equal pixels, of {OUT * OUT}", "plain"),
                    })),
                ),
                table(picture("picture", moved, "Picture, moved", "pixel")),
                table(picture("output", self.seen_moved, "Its output", **lit, **CELLS)),
                table(picture("moved", after, "Output of Slide, moved", **lit)),
                table(result({"gap": Shown(gap, "Their difference", "light", style="cells")})),
            ),
            Note(texts.SHIFT, 31),
        ))  # fmt: skip

    def _moved(self, a: Node) -> Node:
        """A picture so many rows down and columns to the right; 0 comes in, and what leaves it is lost."""
        n = a.shape[0]
        rows, cols = (apply("equal", numbers(n).T, numbers(n) + by) for by in self.moves)
        return rows @ a @ cols.T


def equal_pixels(a: Node, b: Node) -> Node:
    """In how many pixels two pictures are equal, (1, 1)."""
    return apply("sum", 1.0 - apply("step", apply("abs", a - b) - 1e-9))
