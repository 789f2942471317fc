"""Slide, Filters and Product: a filter slid over a picture, three of them side by side, and the same as one product."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetnet.course.convolution import texts
from sheetnet.course.convolution.own import FILTERS, OUT, SIDE, SIZE, digit
from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, constant
from sheetnet.graph.windows import corners, correlate, gather, within
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts
from sheetnet.page.highlight import Highlight, Window
from sheetnet.page.parts import Note, table
from sheetnet.page.shown import Group, Shown, forward, result

TITLES = {"vertical": "Vertical edges", "horizontal": "Horizontal edges", "blur": "Blur"}
CELLS: dict[str, Any] = {"style": "cells"}
TAPS = np.arange(SIZE * SIZE)


def numbers(n: int, first: float = 1.0) -> Node:
    """A constant row of whole numbers, (1, n)."""
    return constant((tuple(first + i for i in range(n)),))


def picture(id: str, node: Node, title: str, format: str = "light", **more: Any) -> Group:
    """A picture that is calculated."""
    return forward({id: Shown(node, title, format, **more)})


def copied(node: Node) -> Node:
    """The same numbers, cell by cell, to stand on another sheet."""
    return apply("same", node)


class Slide(Lesson):
    """One picture, and what filters make of it."""

    def slide_page(self) -> None:
        self.picture = self.typed("slide.picture", digit(self.seed), "Picture", low=0, high=1, name="picture", format="pixel",
                                  message="A pixel is a number from 0 (white) to 1 (ink)")  # fmt: skip
        self.taps = self.typed("slide.taps", FILTERS["vertical"], "Filter", low=-9, high=9, name="taps", format="tap",
                               message="A number of a filter, from -9 to 9")  # fmt: skip
        self.at = [
            self.typed(id, start, title, low=1, high=OUT, whole=True, name=f"at_{id}", message=f"A whole number from 1 to {OUT}")
            for id, start, title in (("row", 2, "Row of the output"), ("col", 5, "Column"))
        ]  # fmt: skip
        down_to, across_to = (
            apply("equal", numbers(SIZE, 0.0).T + at, numbers(SIDE)) for at in self.at
        )  # where the window lies
        window = down_to @ self.picture @ across_to.T
        each = window * self.taps
        self.out = correlate(self.picture, self.taps)
        self.one = apply("sum", each)
        pixel = {
            "by_sum": (self.one, "SUM of the products"),
            "by_product": (correlate(window, self.taps), "SUMPRODUCT in one go"),
        }
        page = self.page("Slide: a filter moves over a picture", texts.ABOUT_SLIDE, across(
            down(
                across(table(self.cells(self.picture)), down(
                    facts("Point at an output pixel", self.cells(*self.at)),
                    facts("This pixel", result(pixel, **CELLS, format="short")),
                )),
                Note(texts.PICTURE, 11),
            ),
            down(
                across(
                    table(picture("window", window, "Window", "pixel")), table(self.cells(self.taps)),
                    table(picture("each", each, "Products", **CELLS)),
                ),
                Note(texts.SLIDE, 11),
            ),
            down(table(result({"out": Shown(self.out, "Output", "light", style="cells", name="output")})), Note(texts.SIGNS, 6)),
        ), first=self.at[0])  # fmt: skip
        for node, size in ((self.picture, SIZE), (self.out, 1)):
            area, line, col = (self.book.block_of(one).area for one in (node, *self.at))
            page.highlights.append(Window(area, line, col, size))

    def filters_page(self) -> None:
        self.given = {
            key: self.typed(f"filters.{key}", taps, TITLES[key], low=-9, high=9, format="tap") for key, taps in FILTERS.items()
        }  # fmt: skip
        self.seen = {key: correlate(self.picture, taps) for key, taps in self.given.items()}
        lanes = [
            down(table(self.cells(self.given[key])), table(picture(f"out_{key}", out, "Output", **CELLS)))
            for key, out in self.seen.items()
        ]
        self.page("Filters: one picture, three questions", texts.ABOUT_FILTERS, across(
            table(picture("picture", copied(self.picture), "Picture (of Slide)", "pixel", **CELLS)),
            *lanes, Note(texts.FILTERS, 4),
        ), first=self.given["vertical"])  # fmt: skip

    def product_page(self) -> None:
        where = within(corners((SIDE, SIDE), (SIZE, SIZE)), (SIZE, SIZE), SIDE)
        self.patches = gather(self.picture, where)
        column, slid = gather(self.taps, TAPS[:, None]), gather(self.out, np.arange(OUT * OUT)[:, None])
        product = self.patches @ column
        number = (self.at[0] - 1.0) * float(OUT) + self.at[1]
        page = self.page("Product: the same as a matrix product", texts.ABOUT_PRODUCT, down(
            across(
                table(picture("patches", self.patches, "Patches: a window in each row", "pixel", style="cells", name="patches"),
                      names=len(where), corner="Window"),
                table(picture("column", column, "Filter", "tap", style="cells", name="taps_column")),
                table(forward({"product": (product, "Patches × filter", "short")}), forward({"slid": (slid, "On Slide", "short")}, **CELLS),
                      result({"apart": (apply("abs", product - slid), "the same?", "apart")}, **CELLS)),
                down(
                    facts("The window of Slide", result({"number": Shown(number, "is row", "plain")}, **CELLS)),
                    Note(texts.PRODUCT, 4),
                ),
            ),
        ))  # fmt: skip
        page.highlights.append(Highlight(self.book.block_of(self.patches).area, row=self.book.block_of(number).area))
