"""Lookup, Match and Ratings: a row of a table is an embedding, two of them make a rating, and many ratings are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetnet.course.embeddings import texts
from sheetnet.course.embeddings.own import FOODS, MADE, MIDDLE, PEOPLE, TASTES, WEIGHT, ratings
from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, constant, lift, mean, ones, row, sum_columns, vstack, where
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Ruler, Words, table
from sheetnet.page.plot import Line, Some, path, plot
from sheetnet.page.shown import Shown, forward, result, shown
from sheetnet.tables.passengers import Column

RATING = Column("rating", "number", allowed=(1, 2, 3, 4, 5), blank_ok=True)
NUMBERS = np.arange(1.0, len(FOODS) + 1)[:, None]
OUT = -9.0  # of what may not be chosen: below all that may
CELLS: dict[str, Any] = {"style": "cells", "format": "short"}
MAP: dict[str, Any] = {"width": 480, "height": 380, "wide": 6, "x_format": "0", "y_format": "0", "equal": True}


def same(a: Node, b: Node | float) -> Node:
    """1 where the two are equal, else 0."""
    return apply("equal", a, lift(b))


def best_of(score: Node) -> Node:
    """The number, from 1, of the largest entry of a column; of equal ones the first."""
    return apply("match", apply("max", score), score)


def named(id: str, look: str = "named 1") -> list[Line]:
    """Each food as a point of a block (10, 2), with its name."""
    return [(food, Some(id, (i, i), (0, 0)), Some(id, (i, i), (1, 1)), look) for i, food in enumerate(FOODS)]


def drawn(title: str, x: str, y: str, lines: Sequence[Line], alt: str, **more: Any) -> Part:
    """A chart over columns that are wide enough for it, whatever stands below."""
    wide = more["wide"]
    each = (more["width"] / wide - 5) / 7 + 0.2
    return down(Ruler((each,) * wide), plot(title, x, y, lines, alt, **more), gap=0)


class Lookup(Lesson):
    """What an embedding is, and what a rating is made of."""

    def column(self, id: str) -> Column | None:
        return RATING if id in ("ratings.R", "you.own") else None

    def food(self, id: str, at: int) -> Node:
        """A yellow cell for the number of a food."""
        return self.typed(id, at, "Food, 1 to 10", low=1, high=len(FOODS), whole=True)

    def name_of(self, at: Node) -> Node:
        """The name of the food of a number."""
        return row(self.names, at)

    def lookup_page(self) -> None:
        self.numbers = self.typed("numbers", NUMBERS, "Number", "fixed", name="numbers")
        self.names = constant(tuple((said(food),) for food in FOODS))
        self.tastes = self.typed("tastes", MADE, "E", name="E", labels=TASTES, format="plain")
        self.at = self.food("food", 4)
        self.orders = self.typed("orders", [[1], [6], [1]], "Order", low=1, high=len(FOODS), whole=True)
        self.one_hot = same(self.numbers.T, self.at)
        self.product, index = self.one_hot @ self.tastes, row(self.tastes, self.at)
        many = same(self.orders, self.numbers.T)
        lines = [*named("tastes"), ("", Some("index", cols=(0, 0)), Some("index", cols=(1, 1)), "place")]
        self.page("Lookup: a row of a table", texts.ABOUT_LOOKUP, down(
            across(
                table(self.cells(self.numbers), result({"names": Shown(self.names, "Food", "text", name="foods", style="cells")}), self.cells(self.tastes)),
                down(
                    facts("Change this", self.cells(self.at), result({"name": Shown(self.name_of(self.at), "Its name", "text")})),
                    grid("The same row twice", {
                        "one-hot × E: MMULT": forward({"product": (self.product,)}, format="short"),
                        "look-up: INDEX": forward({"index": (index,)}, format="short"),
                        "how far apart": result({"apart": (apply("abs", self.product - index),)}, format="apart"),
                    }, heads=TASTES),
                    Note(texts.LOOKUP, 3),
                ),
                drawn("Two numbers for a food: a place on a map", *TASTES, lines,
                     "Ten foods as named points, sweet across and spicy up; one of them is marked.", x_min=-1, x_max=1, y_min=-1, y_max=1, **MAP),
            ),
            table(forward({"one_hot": Shown(self.one_hot, "One-hot row of the food", "plain", labels=FOODS)}), tight=True),
            Words(texts.ORDERS),
            table(self.cells(self.orders), forward({"many": Shown(many, "One-hot rows", "plain", labels=FOODS)}),
                  result({"rows": Shown(many @ self.tastes, "One-hot × E", "short", labels=TASTES)}), tight=True),
            Note(texts.CURIOUS, 8),
        ), first=self.at)  # fmt: skip

    def match_page(self) -> None:
        self.person = self.typed(
            "person", [[0.8, -0.4]], "", low=-1, high=1, labels=TASTES, message="A number from -1 to 1 is expected"
        )
        self.generous = self.typed("generous", 0.3, "Generous", low=-1, high=1)
        self.dish = self.food("food", 1)
        taste = row(self.tastes, self.dish)
        parts = self.person * taste
        self.dot = sum_columns(parts)
        self.dots = self.tastes @ self.person.T
        self.made = MIDDLE + self.generous + WEIGHT * self.dot
        origin = constant(((0.0, 0.0),))
        arrow = vstack([origin, apply("same", self.person)])
        lines: list[Line] = [
            *named("lookup.tastes"),
            path("", "arrow"),
            ("person", Some("person", cols=(0, 0)), Some("person", cols=(1, 1)), "named 2"),
        ]
        self.page("Match: taste times taste", texts.ABOUT_MATCH, across(
            down(
                grid("Change these", {"the person likes": self.cells(self.person)}, heads=TASTES),
                facts("", self.cells(self.generous, self.dish), result({"name": Shown(self.name_of(self.dish), "Its name", "text")})),
                grid("One rating, slowly", {
                    "the food is": forward({"taste": (taste,)}, format="short"),
                    "likes × is": forward({"parts": (parts,)}, format="short"),
                }, heads=TASTES),
                facts("", result({"dot": (self.dot, "their sum: dot product"), "made": (self.made, "3 + generous + 1.5 × that")}, format="short")),
                Note(texts.MADE_HOW, 3),
            ),
            drawn("The person and the foods", *TASTES, lines, "Ten foods as named points, and an arrow from the middle to the person.",
                 x_min=-1, x_max=1, y_min=-1, y_max=1, **MAP),
            down(
                Ruler((9.0, 14.0, 12.0, 12.0)),
                table(result({"dots": Shown(self.dots, "Dot product", "short")}), names=FOODS, corner="Food"),
                Note(texts.MATCH, 4),
            ),
            Aside(table(forward({"arrow": Shown(arrow, "The arrow", "short", labels=TASTES)}))),
        ), first=self.person)  # fmt: skip

    def ratings_page(self) -> None:
        one = ratings(self.seed)
        self.R = self.typed("R", one.R, "Ratings", "data", name="ratings", labels=FOODS, format="plain")
        self.kept_back = self.typed(
            "kept", one.kept, "Kept back: 1", "fixed", name="kept", labels=FOODS, format="plain"
        )
        self.known = apply("filled", self.R)
        self.train, self.valid = self.known * (1.0 - self.kept_back), self.known * self.kept_back
        self.filled_in = where(self.known, self.R, 0.0)
        self.n = {
            key: apply("sum", node)
            for key, node in (("known", self.known), ("train", self.train), ("valid", self.valid))
        }
        self.mean = apply("sum", where(self.train, self.R, 0.0)) / self.n["train"]
        self.missing = float(len(PEOPLE) * len(FOODS)) - self.n["known"]
        everybody = ones(len(PEOPLE), 1)
        totals, counted = self.filled_in.T @ everybody, self.known.T @ everybody
        by_food = {"there": totals / counted, "zero": totals / float(len(PEOPLE))}
        counts = {
            "known": (self.n["known"], "Rated"), "missing": (self.missing, "Not rated"),
            "train": (self.n["train"], "To learn from"), "valid": (self.n["valid"], "Kept back"),
        }  # fmt: skip
        told = {key: int(one.item()) for key, one in zip(self.n, self.as_it_came(*self.n.values()), strict=True)}
        self.page("Ratings: a table with holes", texts.ABOUT_RATINGS, down(
            across(
                table(self.cells(self.R), names=PEOPLE, corner="Person", tight=True),
                down(
                    across(
                        facts("", shown("result", {f"n_{key}": one for key, one in counts.items()}, format="plain")),
                        facts("", result({
                            "mean": Shown(self.mean, "Mean to learn from", "short", name="mean_rating"),
                            "all_zero": Shown(mean(self.filled_in), "with blanks as 0", "short"),
                        })),
                    ),
                    drawn("Mean rating of each food", "food", "rating", [
                        ("of those who rated it", Some("there", cols=(-1, -1)), "there", "line 1"), ("blanks as 0", Some("there", cols=(-1, -1)), "zero", "line 2"),
                    ], "Two bars for each food: the mean of its ratings, and the same with blanks as 0, which is lower.",
                        columns=True, y_min=0, y_max=5, y_format="0", width=480, height=200, wide=6),
                ),
            ),
            Note(texts.RATINGS.format(**told), 17),
            across(
                table(forward({"mask": Shown(self.train, "Mask: 1 to learn from", "plain", name="train", labels=FOODS)}), names=PEOPLE, corner="Person", tight=True),
                table(result({"there": (by_food["there"], "Mean"), "zero": (by_food["zero"], "Blanks as 0")}, format="short"), names=FOODS, corner="Food"),
            ),
            across(
                table(self.cells(self.kept_back), names=PEOPLE, corner="Person", tight=True),
                table(forward({"valid": Shown(self.valid, "Mask: 1 to judge by", "plain", name="valid", labels=FOODS)}), tight=True),
            ),
            across(
                table(forward({"known": Shown(self.known, "1: rated", "plain", name="known", labels=FOODS)}), names=PEOPLE, corner="Person", tight=True),
                table(forward({"or_0": Shown(self.filled_in, "Rating, or 0", "plain", name="rated_or_0", labels=FOODS)}), tight=True),
            ),
        ))  # fmt: skip
