"""Heads and Writes: where two heads look, and names letter by letter, before and after training, and what comes after a beginning of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add

import numpy as np

from sheetnet.course.attention import texts
from sheetnet.course.attention.model import HEADS, LETTERS, PLACES, forward
from sheetnet.course.attention.own import MOST, N_NAMES, STEPS, draws, start, tokens
from sheetnet.course.attention.tiny import counted, letters, one_hot, word
from sheetnet.course.attention.trained import Trained, by_name, shifted
from sheetnet.course.drawing import TRIES
from sheetnet.graph.node import Node, apply, constant, lift, row, selector, square, sum_columns
from sheetnet.models.attention import Stacked
from sheetnet.page.bands import Bands
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts
from sheetnet.page.language import said
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import Group, Shown, result
from sheetnet.page.shown import forward as green

WHEN = {"before": 0, "after": STEPS}
K = len(LETTERS)
MIDDLE = ("A_1", "A_2", "h")  # what stands of a pass: the rest is within formulas
UP_TO = constant(tuple(tuple(float(i <= j) for j in range(K - 1)) for i in range(K)))  # adds up all but the last letter
ALONE = Stacked(
    constant(tuple(tuple(float(i == j) for j in range(PLACES)) for i in range(PLACES))),
    constant(tuple(tuple(float(j <= i) for j in range(PLACES)) for i in range(PLACES))),
)  # one sequence


def in_column(column: Node, place: int, places: int) -> Node:
    """A column (n, 1) at its place among zeros, (n, places)."""
    return column @ constant((tuple(float(j == place) for j in range(places)),))


class Writing(Trained):
    """What it looks at, and what it writes."""

    # ---- Heads

    def heads_page(self) -> None:
        self.chosen = self.typed(
            "name", 1, "Name", low=1, high=N_NAMES, whole=True, message=f"A name is a whole number from 1 to {N_NAMES}"
        )
        self.moment = self.typed(
            "step", STEPS, "Step", low=0, high=STEPS, whole=True, message=f"A step is a whole number from 0 to {STEPS}"
        )
        self.looker = self.typed(
            "looker",
            3,
            "Place that looks",
            low=1,
            high=PLACES,
            whole=True,
            message=f"A place is a whole number from 1 to {PLACES}",
        )
        places = self.typed("places", np.arange(1.0, PLACES + 1)[:, None], "Place", "fixed")
        some = ((self.rows.place @ apply("equal", places, places.T)) * apply("equal", self.number, self.chosen)).T
        here = some @ (self.X @ constant(tuple((float(i),) for i in range(len(LETTERS)))))
        then = [apply("pick", self.moment, *(seen.A[i] for seen in self.seen)) for i in range(HEADS)]
        maps = {
            f"{when}_{i + 1}": some @ A
            for when, every in (("before", self.seen[0].A), ("then", then))
            for i, A in enumerate(every)
        }
        self.maps = maps
        looks = {f"look_{i + 1}": row(maps[f"then_{i + 1}"], self.looker).T for i in range(HEADS)}
        titles = {"before": "before training", "then": "at the step"}

        def heats(when: str) -> Part:
            return across(*(
                table(green({id: Shown(maps[id], f"Head {i}, {titles[when]}", "map", labels=counted(PLACES))}), names=counted(PLACES), corner="looks", tight=True)
                for i in (1, 2) for id in [f"{when}_{i}"]
            ))  # fmt: skip

        self.page("Heads: two ways to look", texts.ABOUT_HEADS, across(
            down(
                facts("Change these", self.cells(self.chosen, self.moment, self.looker)),
                table(self.cells(places), green({"token": Shown(here, "Token", "plain"), "letter": Shown(letters(here), "Letter", "text", style="cells")}), tight=True),
            ),
            down(
                heats("then"),
                across(
                    plot("Where the chosen place looks", "place", "weight", [(f"head {i}", "places", f"look_{i}", f"line {i}") for i in (1, 2)],
                         "Bars for each place: how much head 1 and head 2 take from it.", columns=True, y_min=0, y_max=1, y_format="0%", width=420, height=180, wide=7),
                    Note(texts.HEADS, 7),
                ),
                heats("before"),
                table(green({id: (node, f"Head {id[-1]}", "share") for id, node in looks.items()}), tight=True),
            ),
            Aside(table(green({f"A_{i + 1}": Shown(A, f"Weights of head {i + 1}, all names", "share", style="cells", labels=counted(PLACES)) for i, A in enumerate(then)}))),
        ), first=self.chosen)  # fmt: skip

    # ---- Writes

    def writes_page(self) -> None:
        self.prefix = self.token("prefix", [tokens("n")], "Beginning (0: nothing)", labels=counted(MOST))
        self.drawn = self.typed("drawn", draws(self.seed), "Drawn numbers", "data", labels=counted(MOST))
        P = {when: {name: Ws[at] for name, Ws in self.P.items()} for when, at in WHEN.items()}
        over = apply("equal", self.prefix, lift(0.0)) @ constant(
            tuple(tuple(float(j > i) for j in range(PLACES)) for i in range(MOST))
        )
        length = apply("sum", apply("equal", over, lift(0.0)))
        passes = {when: forward(some, one_hot((self.prefix @ shifted(1)).T), ALONE) for when, some in P.items()}
        each = {when: seen.pred for when, seen in passes.items()}
        middle = green({
            f"{name}_{when}": (node, said("{name}, before" if when == "before" else "{name}, after", name=name), "short")
            for when, seen in passes.items() for name, node in by_name(seen).items() if name in ("x", *MIDDLE)
        })  # fmt: skip
        self.next = {when: row(pred, length) for when, pred in each.items()}
        steps, written_, self.known = list[Group](), Group(), dict[str, Node]()
        found = {when: self._written(some, when, steps) for when, some in P.items()}
        for when, written in found.items():
            away = sum_columns(square(written)) + sum_columns(square(self.codes)).T - 2.0 * (written @ self.codes.T)
            known = apply("greater", sum_columns(apply("greater", lift(0.5), away)), lift(0.0))
            self.known[when] = apply("sum", known)
            written_ |= green({f"says_{when}": Shown(word(written), f"Written {when}", "text", style="cells")})
            written_ |= result({f"known_{when}": (known, "Known", "plain")})
        marks = Some("next_before", rows=(-1, -1))
        likely = [
            table(green({f"next_{when}": Shown(node, f"Next letter, {when} training", "share", labels=tuple(LETTERS))}), tight=True)
            for when, node in self.next.items()
        ]  # fmt: skip
        self.page("Writes: names, letter by letter", texts.ABOUT_WRITES, across(
            down(
                across(
                    table(self.cells(self.prefix), tight=True), table(green({"prefix_word": Shown(word(self.prefix), "In letters", "text", style="cells")}))
                ),
                plot("What comes next?", "next letter", "probability", [(when, marks, f"next_{when}", look) for when, look in (("before", "line 2"), ("after", "line 1"))],
                     "Two bars for each of twelve letters: its probability before and after training.", columns=True, y_min=0, y_max=1, y_format="0%", width=720, height=270, wide=12),
                *likely,
                *(table(green({f"each_{when}": Shown(pred, f"After each place, {when} training", "share", labels=tuple(LETTERS))}), tight=True) for when, pred in each.items()),
            ),
            down(
                table(written_, names=N_NAMES, corner="No", tight=True),
                facts("Names that were known", result({f"of_{when}": (node, when, "plain") for when, node in self.known.items()}), span=2),
                Note(texts.WRITES, 5),
            ),
            table(self.cells(self.drawn)), *(table(green({f"tokens_{when}": Shown(node, f"Tokens {when}", "plain", labels=counted(MOST))})) for when, node in found.items()),
            table(result({"length": (length, "Length + 1", "plain")})), table(middle),
            Aside(Bands(steps, corner="Letter")),
        ), first=self.prefix)  # fmt: skip

    def settle(self) -> None:
        """Draw the start weights of a learner's own names anew until what the lesson tells of them is true."""
        turn = 0
        while self.seed and not self._tells() and (turn := turn + 1) < TRIES:
            begin = start(self.seed, turn)
            self._delivered |= {node: begin[name] for name, node in self.start.items()}

    def _tells(self) -> bool:
        """Whether the loss falls from near ln 12 to below 0.7 without a jump, and names are written only afterwards."""
        losses, before, after = self.as_it_came(self.losses, self.known["before"], self.known["after"])
        falls = losses[-1] < 0.7 and (np.diff(losses[:, 0]) < 0.05).all() and abs(losses[0] - np.log(K)) < 0.2
        return bool(falls and before == 0 and 3 <= after < N_NAMES)

    def _written(self, P: Mapping[str, Node], when: str, steps: list[Group]) -> Node:
        """The tokens of all names, (names, 5); what stands of each letter is added to steps."""
        chosen: list[Node] = []
        for i in range(MOST):
            so_far = [in_column(one, j + 1, PLACES) for j, one in enumerate(chosen)]
            here = self.in_rows(reduce(add, so_far)) if so_far else 0.0 * self.one
            seen = forward(P, one_hot(here), self.rows)
            pred = (self.of_name * (self.rows.place @ selector(PLACES, i, 1))).T @ seen.pred
            below = sum_columns(apply("greater", self.drawn @ selector(MOST, i, 1), pred @ UP_TO))
            chosen.append(below * apply("step", chosen[-1]) if chosen else below)
            number = len(steps)
            middle = {name: node for name, node in by_name(seen).items() if name in MIDDLE}
            steps.append(green({
                f"writes.so_far.{number}": (here, "Token", "plain"), **{f"writes.{name}.{number}": (node, name, "short") for name, node in middle.items()},
                f"writes.pred.{number}": Shown(pred, "Probabilities of the next letter", "share", labels=tuple(LETTERS)),
                f"writes.chosen.{number}": (chosen[-1], "Chosen", "plain"),
            }))  # fmt: skip
        return reduce(add, (in_column(one, j, MOST) for j, one in enumerate(chosen)))
