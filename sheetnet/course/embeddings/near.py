"""Nearest, Components and Meaning: which foods are alike, the two directions that matter, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any

import numpy as np

from sheetnet.course.embeddings import texts
from sheetnet.course.embeddings.lookup import MAP, best_of, drawn, named, same
from sheetnet.course.embeddings.own import FOODS, TASTES
from sheetnet.course.embeddings.train import AXES, Train
from sheetnet.graph.node import Node, apply, hstack, lift, mean, ones, row, square, sum_columns, vstack, where
from sheetnet.motifs.unroll import unroll
from sheetnet.page.flow import Aside, across, beside, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Some
from sheetnet.page.shown import Shown, forward, result, update

ITERATIONS = 45
SIDES = {1: "cake to the right", 6: "chilli above"}  # the food whose side fixes the sign of a component, by its number
NAMES = ("component 1", "component 2")
HALF: dict[str, Any] = {"columns": True, "width": 380, "height": 260, "wide": 5}
FAR = 9.0  # of a distance that does not count


class Near(Train):
    """What the embeddings of foods say of each other."""

    def nearest_page(self) -> None:
        Q = self.last["decay"]["Q"]
        self.alike = self.food("food", 1)
        self.stretch = self.typed("stretch", 1.0, "Its numbers ×", low=0.1, high=10)
        chosen = same(self.numbers, self.alike)
        stretched = where(chosen, self.stretch, 1.0) * Q
        length = apply("sqrt", sum_columns(square(stretched)))
        self.cosines = (stretched @ stretched.T) / (length @ length.T)
        cosine = self.cosine_all = row(self.cosines, self.alike).T
        self.cosine = where(chosen, 0.0, cosine)  # with others
        far = apply("sqrt", sum_columns(square(stretched - row(stretched, self.alike))))
        self.near = {"cosine": best_of(where(chosen, -FAR, cosine)), "distance": best_of(-where(chosen, FAR, far))}
        names = Some("cosine", cols=(-1, -1))
        self.page("Nearest: which foods are alike?", texts.ABOUT_NEAREST, down(
            across(
                down(
                    facts("Change these", self.cells(self.alike, self.stretch), result({
                        "name": Shown(self.name_of(self.alike), "Its name", "text"),
                        **{f"near_{key}": Shown(self.name_of(at), f"Nearest by {key}", "text") for key, at in self.near.items()},
                    })),
                    table(forward({"cosine": (cosine, "Cosine"), "far": (far, "Distance"), "length": (length, "Length")}, format="short"), names=FOODS, corner="Food"),
                ),
                down(
                    beside(*(
                        drawn(title, "food", axis, [(axis, names, id, look)], alt, y_min=low, y_max=high, y_format="0.0", **HALF)
                        for title, axis, id, look, alt, low, high in (
                            ("Cosine with the chosen food", "cosine", "cosine", "line 1", "A bar for each food: its cosine with the chosen one, from -1 to 1.", -1, 1),
                            ("Distance from the chosen food", "distance", "far", "line 2", "A bar for each food: its distance from the chosen one, which is 0 for itself.", 0, None),
                        )
                    )),
                    Note(texts.NEAREST, 10),
                ),
            ),
            across(
                table(result({"cosines": Shown(self.cosines, "Cosine of each two foods", "short", labels=FOODS)}), names=FOODS, tight=True),
                table(update({"Q": Shown(stretched, "Embeddings, the chosen one ×", "short", labels=AXES)}), names=FOODS),
            ),
        ), first=self.alike)  # fmt: skip

    # ---- Components

    def components_page(self) -> None:
        Q = self.last["decay"]["Q"]
        n = float(len(FOODS))
        self.begin = self.typed("begin", [[0.0, 0.0, 1.0]], "", labels=AXES)
        steps = self.typed("steps", np.arange(ITERATIONS + 1.0)[:, None], "Step", "fixed")
        centred = _less_mean(Q)
        cov = (centred.T @ centred) / n
        total = apply("sum", square(centred)) / n
        left, found, blocks = cov, dict[int, Node](), []
        self.spread = {}
        for number, food in enumerate(SIDES, start=1):
            rows = self._power(left)
            spread = vstack([sum_columns((v @ left) * v) for v in rows])
            side = row(centred, food) @ rows[-1].T
            v = where(apply("greater", lift(0.0), side), -rows[-1], rows[-1])
            self.spread[number], found[number] = row(spread, ITERATIONS + 1), v
            blocks.append((number, rows, spread, left))
            left = left - self.spread[number] * (v.T @ v)
        self.V = vstack([*found.values()])
        self.scores = centred @ self.V.T
        self.shares = {number: spread / total for number, spread in self.spread.items()}
        both = self.as_it_came(self.shares[1] + self.shares[2])[0].item()
        self.page("Components: three numbers on flat paper", texts.ABOUT_COMPONENTS, across(
            down(
                grid("Change this", {"first direction": self.cells(self.begin)}, heads=AXES),
                table(update({"V": Shown(self.V, "The components", "short", labels=AXES)}), names=NAMES),
                facts("Share of the spread", result({
                    **{f"share{k}": Shown(one, NAMES[k - 1], "share") for k, one in self.shares.items()},
                    "rest": Shown(1.0 - self.shares[1] - self.shares[2], "the third", "share"),
                })),
                Note(texts.POWER, 4),
            ),
            drawn("The foods on the two components", *NAMES, named("scores"), "Ten foods as named points, the first component across, the second up.",
                  **{**MAP, "equal": False, "x_min": None, "x_format": "0.0", "y_format": "0.0"}),
            down(
                drawn("Spread, step by step", "step", "spread", [
                    (name, "steps", f"spread{k}", f"line {k}") for k, name in enumerate(NAMES, start=1)
                ], "Two curves that rise in a few steps and then stay level.", x_max=12, y_min=0, y_format="0.0", width=320, height=200, wide=4),
                Note(texts.COMPONENTS.format(both=both), 4),
            ),
            Aside(down(
                across(
                    table(forward({"scores": Shown(self.scores, "Place on the map", "short", labels=NAMES)}), names=FOODS),
                    table(forward({"centred": Shown(centred, "Q less its mean", "short", labels=AXES)})),
                ),
                facts("", forward({"total": Shown(total, "Spread in all", "short")})),
                *(table(forward({f"cov{k}": Shown(one, f"Covariance for component {k}", "short", labels=AXES)}), names=AXES) for k, _, _, one in blocks),
                across(table(self.cells(steps)), *(
                    table(update({f"steps{k}": Shown(vstack(rows), f"Direction {k}", "short", labels=AXES)}), result({f"spread{k}": (spread, "Spread", "short")}))
                    for k, rows, spread, _ in blocks
                )),
            )),
        ), first=self.begin)  # fmt: skip

    def _power(self, matrix: Node) -> list[Node]:
        """The directions (1, 3) of a power iteration, of length 1 each."""

        def step(now: Sequence[Node], _: int) -> tuple[Sequence[Node], Sequence[Node]]:
            return [], [_unit(now[0] @ matrix)]

        (rows,), last = unroll([_unit(self.begin)], ITERATIONS, step)
        return [*rows, *last]

    # ---- Meaning

    def meaning_page(self) -> None:
        self.angle = self.typed("angle", 0, "Turn by, in degrees", low=-360, high=360, name="angle")
        self.mirror = self.typed("mirror", 0, "Mirror? 1: yes", low=0, high=1, whole=True, name="mirror")
        made = _less_mean(self.tastes)
        scale = apply("sqrt", apply("sum", square(made)) / apply("sum", square(self.scores)))
        turn = self.angle * (pi / 180.0)
        sin, cos = apply("sin", turn), apply("cos", turn)
        flip = 1.0 - 2.0 * self.mirror
        matrix = vstack([hstack([flip * cos, flip * sin]), hstack([-sin, cos])])
        turned = scale * (self.scores @ matrix)
        each = apply("sqrt", sum_columns(square(turned - made)))
        self.apart = mean(each)
        both, own = _sums(turned * made), _sums(square(turned)) * _sums(square(made))
        self.corr = both / apply("sqrt", own)
        size: dict[str, Any] = {**MAP, "x_min": -2, "x_max": 2, "y_min": -2, "y_max": 2, "x_step": 1, "width": 450}
        self.page("Meaning: the tastes, found again", texts.ABOUT_MEANING, across(
            down(
                facts("Change these", self.cells(self.angle, self.mirror)),
                facts("", result({"apart": (self.apart, "Foods apart, mean")}, format="short")),
                grid("", {"Correlation": result({"corr": (self.corr,)}, format="short")}, heads=TASTES),
                Note(texts.MEANING, 3),
            ),
            drawn("Made: the tastes behind the ratings", *TASTES, named("made", "named 2"), "Ten foods as named points, sweet across and spicy up.", **size),
            drawn("Learnt: the components, turned", "across", "up", named("turned"), "Ten foods as named points on the two components, turned and mirrored.", **size),
            Aside(across(
                table(forward({
                    "made": Shown(made, "Made, less the mean", "short", labels=TASTES), "turned": Shown(turned, "Learnt, turned", "short", labels=("across", "up")),
                }), result({"each": (each, "Apart", "short")}), names=FOODS, corner="Food"),
                down(
                    table(forward({"matrix": Shown(matrix, "Turn and mirror", "short", labels=("across", "up"))}), names=NAMES),
                    facts("", forward({"scale": Shown(scale, "Made bigger ×", "short")})),
                ),
            )),
        ), first=self.angle)  # fmt: skip


def _unit(v: Node) -> Node:
    """A row at length 1."""
    return v / apply("sqrt", apply("sum", square(v)))


def _sums(a: Node) -> Node:
    """The sum of each column, (1, k)."""
    return ones(1, a.shape[0]) @ a


def _less_mean(a: Node) -> Node:
    """Each column less its mean."""
    return a - _sums(a) / float(a.shape[0])
