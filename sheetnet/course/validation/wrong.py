"""Surprise and Loop: wrong entries that a model finds, and a model that makes its own data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.validation import texts
from sheetnet.course.validation.own import PARCELS, parcels
from sheetnet.graph.node import Node, apply, hstack, lift, mean, row, square, sum_columns, vstack, where
from sheetnet.motifs.least_squares import corrected
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Shown, forward, result, shown, update

MOST, WEEKS, FEATURES = 10, 20, ("kg", "km", "1")
FEW_MANY = 0.1, 0.6  # shares shown by chance: too few, enough


class Wrong(Lesson):
    """What data can do to a model, and a model to data."""

    def surprise_page(self) -> None:
        X, typed, slips = parcels(self.seed)
        self.check = self.typed(
            "check", 1, "Number of the parcel to check", low=1, high=PARCELS, whole=True, name="checked"
        )
        self.number = self.typed("no", np.arange(PARCELS)[:, None] + 1.0, "Parcel", "fixed")
        self.kg = self.typed("kg", X[:, :1], "kg", "data")
        self.km = self.typed("km", X[:, 1:], "km", "data")
        self.price = self.typed("typed", typed, "Typed", "data")
        self.slips = self.typed("slip", slips, "on the slip", "fixed")
        price = where(apply("equal", self.number, self.check), self.slips, self.price)
        ones = 0.0 * self.kg + 1.0
        features = hstack([apply("same", self.kg), apply("same", self.km), ones])
        self.parcel_w = corrected(features, price)
        pred = features @ self.parcel_w
        error = pred - price
        self.parcel_loss = mean(square(error))
        size = apply("abs", error)
        before = apply("equal", size.T, size) * apply(
            "greater", self.number, self.number.T
        )  # of equal ones, in their order
        self.rank = 1.0 + sum_columns(apply("greater", size.T, size) + before)
        places = self.typed("place", np.arange(float(MOST))[:, None] + 1.0, "Place", "fixed")
        self.at = apply("if_error", apply("match", places, self.rank), lift(1.0))
        ten = {
            key: vstack([row(node, row(self.at, k + 1)) for k in range(MOST)])
            for key, node in (("kg", self.kg), ("km", self.km), ("price", price), ("pred", pred), ("error", error))
        }  # fmt: skip
        self.ten_errors = ten["error"]
        names = {"kg": "kg", "km": "km", "price": "Price", "pred": "Predicted", "error": "Error"}
        dear = float(np.ceil(typed.max() / 10) * 10)
        lines: list[Line] = [("60 parcels", "pred", "price", "dots"), ("the ten", "ten_pred", "ten_price", "mark")]
        self.page("Surprise: train first, clean afterwards", texts.ABOUT_SURPRISE, down(
            across(
                down(
                    facts(
                        "", self.cells(self.check),
                        result({"slip_then": (row(self.slips, self.check), "Price on the slip", "plain"),
                                "typed_then": (row(self.price, self.check), "Price that was typed", "plain"),
                                "loss": (self.parcel_loss, "Loss over all parcels", "short")}), span=3,
                    ),
                    table(
                        shown("fixed", self.cells(places)), result({"at": (self.at, "Parcel", "plain")}, style="cells"),
                        forward({f"ten_{key}": (node, names[key], "plain" if key in ("kg", "km", "price") else "short") for key, node in ten.items()}), tight=True,
                    ),
                ),
                down(
                    plot("Price and prediction", "predicted price", "price", lines,
                         "Sixty parcels near a diagonal; the ten with the largest errors are marked, one far from the others.",
                         x_min=0, x_max=dear, y_min=0, y_max=dear, width=560, height=240, wide=7),
                    Note(texts.SURPRISE, 7),
                ),
            ),
            across(
                table(update({"w": (self.parcel_w.T, "Weights", "short")}, labels=FEATURES)),
            ),
            across(
                table(
                    self.cells(self.number, self.kg, self.km, self.price),
                    result({"price": (price, "Used", "plain")}, name="price"),
                    forward({"pred": (pred, "Predicted", "short"), "error": (error, "Error", "short")}),
                    result({"size": (size, "Size", "short"), "rank": (self.rank, "Place", "plain")}),
                ),
                Aside(table(self.cells(self.slips), forward({"X": Shown(features, "kg, km, 1", "plain", name="parcels")}, labels=FEATURES))),
            ),
        ), first=self.check)  # fmt: skip

    # ---- Loop

    def loop_page(self) -> None:
        self.first = self.typed("first", 0.55, "Share of song A at first", low=0.01, high=0.99, name="first_share")
        self.like = [
            self.typed(f"like_{song}", 0.5, f"Share of people who like {song.upper()}", low=0.01, high=1, name=f"like_{song}")
            for song in "ab"
        ]  # fmt: skip
        self.trust = self.typed("trust", 2, "Trust in clicks (a power)", low=0, high=5, name="trust")
        self.chance = self.typed("chance", 0.0, "Share shown by chance", low=0, high=1, name="by_chance")
        weeks = self.typed("week", np.arange(WEEKS + 1.0)[:, None], "Week", "fixed")

        def week(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            (shown_a,) = now
            clicks = shown_a * self.like[0], (1.0 - shown_a) * self.like[1]
            a, b = (apply("power", one, self.trust) for one in clicks)
            return clicks, [self.chance / 2.0 + (1.0 - self.chance) * (a / (a + b))]

        (share, clicks_a, clicks_b), _ = unroll([apply("same", self.first)], WEEKS + 1, week)
        self.share_a, self.clicks = vstack(share), (vstack(clicks_a), vstack(clicks_b))
        self.last = row(self.share_a, WEEKS + 1)
        little, much = (
            self.as_it_came(self.last, typed={self.chance: np.array([[share]])})[0].item() for share in FEW_MANY
        )
        words = texts.LOOP.format(few=FEW_MANY[0], many=FEW_MANY[1], little=100 * little, much=100 * much)
        level = self.like[0] / (self.like[0] + self.like[1])
        lines: list[Line] = [
            ("share of A that is shown", "week", "shown", "live"),
            ("share of A that people want", "ends", "wanted", "line 2"),
        ]
        ends = self.typed("ends", [[0.0], [float(WEEKS)]], "Weeks", "fixed")
        self.page("Loop: a model that makes its own data", texts.ABOUT_LOOP, across(down(
            across(
                down(
                    facts("", self.cells(self.first, *self.like, self.trust, self.chance),
                          result({"last": (self.last, f"Share of A after {WEEKS} weeks", "share")})),
                    Note(words, 3),
                ),
                plot("What is shown, week by week", "week", "share of song A", lines,
                     "The share of song A that is shown, and the share that people want, a level line.",
                     x_max=WEEKS, y_min=0, y_max=1, y_format="0%", width=560, height=380, wide=8),
            ),
            table(
                self.cells(weeks), result({"shown": (self.share_a, "A is shown", "share")}),
                forward({"clicks_a": (self.clicks[0], "Clicks on A", "short"), "clicks_b": (self.clicks[1], "Clicks on B", "short")}),
            ),
            ), Aside(table(self.cells(ends), result({"wanted": (level + 0.0 * ends, "A is wanted", "share")}))),
        ), first=self.first)  # fmt: skip
