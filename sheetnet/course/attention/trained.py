"""Names, Descent and Step: eight names, a transformer that learns them by formulas, and a step in slow motion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.attention import texts
from sheetnet.course.attention.model import (
    LETTERS,
    N_PARAMETERS,
    PLACES,
    SHAPES,
    Forward,
    backward,
    cross_entropy,
    forward,
)
from sheetnet.course.attention.own import KEPT, MOST, N_NAMES, RATE, STEPS, names, start, tokens
from sheetnet.course.attention.tiny import Tiny, counted, letters, one_hot, word
from sheetnet.graph.node import Node, apply, constant, lift, mean, row, square, sum_columns, vstack
from sheetnet.models.attention import stacked
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.motifs.unroll import unroll
from sheetnet.page import shown as page_shown
from sheetnet.page.bands import Bands
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.grid import facts
from sheetnet.page.language import said
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.shown import Group, Shown, result, update
from sheetnet.page.shown import backward as violet

HIGHEST = 0.15  # of the rate: far beyond, the weights explode
SEEN = ("A_1", "A_2", "h", "pred")  # what stands of each step of the descent: the rest is within formulas
FELT = ("d_h", "d_S_1", "d_S_2")
WORDS = {
    "x": "letter + place", "q": "queries", "k": "keys", "v": "values", "A_1": "weights of head 1", "A_2": "weights of head 2",
    "mixed": "what is taken", "h": "x + mixed Wo", "lin": "h W_in + b_in", "out": "h + ReLU(lin) W_out + b_out", "pred": "probabilities",
}  # fmt: skip


def shifted(by: int) -> Node:
    """Five letters into six places, from the place `by` on: (5, 6)."""
    return constant(tuple(tuple(float(j == i + by) for j in range(PLACES)) for i in range(MOST)))


def of_letters(node: Node) -> tuple[str, ...]:
    return tuple(LETTERS) if node.shape[1] == len(LETTERS) else ()


class Trained(Tiny):
    """The transformer, its names and its steps."""

    # ---- Names

    def names_page(self) -> None:
        words = names(self.seed)
        self.codes = self.token(
            "codes", [tokens(word) for word in words], "Tokens (0: no letter)", labels=counted(MOST)
        )
        number = self.typed("number", np.repeat(np.arange(1.0, N_NAMES + 1), PLACES)[:, None], "Name", "fixed")
        place = self.typed("place_of", np.tile(np.arange(1.0, PLACES + 1), N_NAMES)[:, None], "Place", "fixed")
        self.rows, self.number = stacked(number, place, PLACES), number
        self.of_name = apply("equal", number, constant((tuple(float(i + 1) for i in range(N_NAMES)),)))
        over = apply("equal", self.codes, lift(0.0)) @ constant(
            tuple(tuple(float(j > i) for j in range(PLACES)) for i in range(MOST))
        )
        here, following = (self.in_rows(self.codes @ shifted(by)) for by in (1, 0))
        real = self.in_rows(apply("equal", over, lift(0.0)))
        self.X, self.Y = one_hot(here), one_hot(following) * real
        self.one = apply("equal", place, place)
        self.n = apply("sum", real)
        often = (self.one.T @ self.Y).T
        tall = len(LETTERS)
        alphabet = self.typed("alphabet", np.arange(float(tall))[:, None], "Token", "fixed")
        columns = page_shown.forward({
            "here": (here, "Token"), "following": (following, "Next token"), "real": (real, "Counts"),
        }, format="plain")  # fmt: skip
        masks = page_shown.forward({
            "X": Shown(self.X, "X: 1 for the letter", name="X_names", labels=tuple(LETTERS)), "Y": Shown(self.Y, "Y: 1 for the next letter", name="Y_names", labels=tuple(LETTERS)),
            "place": Shown(self.rows.place, "1 for the place", name="place", labels=counted(PLACES)), "seen": Shown(self.rows.seen, "1 for what may be seen", name="seen", labels=counted(PLACES)),
            "own": Shown(self.rows.own or self.one, "1 for rows of the same name", name="own"), "one": Shown(self.one, "1", name="one"),
        }, format="plain")  # fmt: skip
        self.page("Names: what it learns from", texts.ABOUT_NAMES, across(
            down(
                table(self.cells(self.codes), page_shown.forward({"word": Shown(word(self.codes), "Name", "text", style="cells")}), names=N_NAMES, corner="No", tight=True),
                Note(texts.NAMES, 7),
            ),
            table(self.cells(alphabet), page_shown.forward({"letter": Shown(letters(alphabet), "Letter", "text", style="cells"), "often": Shown(often, "Comes next", "plain")})),
            down(
                plot("How often each letter comes next", "letter", "times", [("times", Some("letter"), "often", "line 1")],
                     "Bars for twelve letters: how often each is the next one.", columns=True, y_min=0, y_format="0", width=420, height=260, wide=7),
                facts("", result({"n": (self.n, "Places that have a next letter", "plain")}), span=4),
            ),
            table(self.cells(number, place), columns), Aside(table(masks)),
        ))  # fmt: skip

    def in_rows(self, by_place: Node) -> Node:
        """A number for each name and place (names, places), as a column for the rows of all names."""
        return sum_columns((self.of_name @ by_place) * self.rows.place)

    # ---- Descent

    def descent_page(self) -> None:
        self.lr = self.typed("lr", RATE, "Learning rate", low=0, high=HIGHEST, name="lr", format="rate")
        begin = start(self.seed)
        self.start = {
            name: self.typed(f"descent.{name}.0", value, name, "data", labels=counted(value.shape[1]))
            for name, value in begin.items()
        }
        zeros = [
            self.typed(f"descent.m_{name}.0", np.zeros_like(value), said("m of {name}", name=name), "fixed")
            for name, value in begin.items()
        ]
        self.seen: list[Forward] = []
        losses: list[Node] = []
        felt: list[dict[str, Node]] = []

        def step(state: Sequence[Node], number: int) -> tuple[Sequence[Node], Sequence[Node]]:
            P = dict(zip(SHAPES, state, strict=False))
            losses.append(self._pass(P))
            middle, grads = backward(P, self.seen[-1], self.X, self.Y, self.rows, self.one)
            felt.append(middle)
            taken = [
                OPTIMISERS["momentum"].step(P[name], grads[name], {"m": m}, self.lr, float(number + 1), momentum=KEPT)
                for name, m in zip(SHAPES, state[len(SHAPES) :], strict=True)
            ]
            return list(grads.values()), [*(one.W_next for one in taken), *(one.state["m"] for one in taken)]

        k = len(SHAPES)
        columns, last = unroll([*self.start.values(), *zeros], STEPS, step)
        self.P = {name: [*column, end] for name, column, end in zip(SHAPES, columns, last, strict=False)}
        self.m = {name: [*column, end] for name, column, end in zip(SHAPES, columns[k:], last[k:], strict=False)}
        self.grads = dict(zip(SHAPES, columns[2 * k :], strict=True))
        losses.append(self._pass({name: Ws[-1] for name, Ws in self.P.items()}))
        self.losses = vstack(losses)
        numbers = self.typed("steps", np.arange(STEPS + 1.0)[:, None], "Step", "fixed")
        self.chance = apply("ln", lift(float(len(LETTERS))))
        level = vstack([apply("same", self.chance), apply("same", self.chance)])
        ends = self.typed("ends", [[0.0], [float(STEPS)]], "Line, x", "fixed")
        found = result({
            "first": (row(self.losses, 1), "Loss before", "short"), "last": (row(self.losses, STEPS + 1), "Loss after", "short"),
            "chance": (self.chance, "All letters alike: ln 12", "short"),
        })  # fmt: skip
        bands = [self._band(number, felt) for number in range(STEPS + 1)]
        self.page("Descent: it learns", texts.ABOUT_DESCENT.format(n=N_PARAMETERS, steps=STEPS), across(
            down(facts("Change this", self.cells(self.lr), found, span=2), table(self.cells(numbers), page_shown.forward({"losses": Shown(self.losses, "Loss", "short")}))),
            down(
                plot("The loss, step by step", "step", "cross-entropy", [("loss", "steps", "losses"), ("all letters alike", "ends", "level", "torch")],
                     "A falling curve of the loss, from the level of a blind guess on.", x_max=STEPS, y_min=0, y_format="0.0", width=480, height=300, wide=7),
                table(self.cells(ends), page_shown.forward({"level": (level, "Line, y", "short")})),
            ),
            Note(texts.DESCENT.format(n=N_PARAMETERS, steps=STEPS), 5),
            Aside(Bands(bands, corner="Step")),
        ), first=self.lr)  # fmt: skip

    def _pass(self, P: dict[str, Node]) -> Node:
        self.seen.append(forward(P, self.X, self.rows))
        return cross_entropy(self.seen[-1].pred, self.Y, self.n)

    def _band(self, number: int, felt: Sequence[dict[str, Node]]) -> Group:
        """What stands of a step: parameters, what momentum remembers, gradients, and steps on the way."""

        def id(name: str) -> str:
            return f"descent.{name}.{number}"

        group: Group = {}
        for name in SHAPES:
            here = {
                self.P[name][number]: Shown(self.P[name][number], name),
                self.m[name][number]: Shown(self.m[name][number], said("m of {name}", name=name), "small"),
            }
            if number:
                group |= update({id(prefix + name): one for prefix, one in zip(("", "m_"), here.values(), strict=True)})
            else:
                group |= self.cells(*here)
            if number < STEPS:
                group |= violet(
                    {id(f"grad_{name}"): (self.grads[name][number], said("gradient of {name}", name=name), "gradient")}
                )
        seen = by_name(self.seen[number])
        group |= page_shown.forward({id(name): (seen[name], name, "short") for name in SEEN})
        if number < STEPS:
            group |= violet({id(name): (felt[number][name], name, "small") for name in FELT})
        return group

    # ---- Step

    def step_page(self) -> None:
        message = f"A step is a whole number from 0 to {STEPS - 1}"
        self.at = self.typed("at", 0, "Step to look at", low=0, high=STEPS - 1, whole=True, message=message)
        P = {name: apply("pick", self.at, *Ws) for name, Ws in self.P.items()}
        m = {name: apply("pick", self.at, *kept) for name, kept in self.m.items()}
        seen = forward(P, self.X, self.rows)
        loss = cross_entropy(seen.pred, self.Y, self.n)
        middle, grads = backward(P, seen, self.X, self.Y, self.rows, self.one)
        taken = {
            name: OPTIMISERS["momentum"].step(P[name], grads[name], {"m": m[name]}, self.lr, 1.0, momentum=KEPT)
            for name in SHAPES
        }
        self.sizes = vstack([apply("sqrt", mean(square(grads[name]))) for name in SHAPES])
        forth = page_shown.forward(
            {name: Shown(node, name, "short", labels=of_letters(node)) for name, node in by_name(seen).items()}
        )
        back = violet({name: Shown(node, name, "small", labels=of_letters(node)) for name, node in middle.items()})
        turns = [
            down(
                table(
                    update(
                        {
                            f"then_{name}": Shown(
                                P[name], said("{name} then", name=name), style="cells", labels=counted(P[name].shape[1])
                            )
                        }
                    )
                ),
                table(
                    violet(
                        {
                            f"grad_{name}": Shown(
                                grads[name],
                                said("gradient of {name}", name=name),
                                "gradient",
                                labels=counted(P[name].shape[1]),
                            )
                        }
                    )
                ),
                table(
                    update(
                        {f"m_then_{name}": Shown(m[name], said("m of {name} then", name=name), "small", style="cells")}
                    )
                ),
                table(
                    update({f"m_{name}": Shown(taken[name].state["m"], said("m of {name} after", name=name), "small")})
                ),
                table(update({f"next_{name}": Shown(taken[name].W_next, said("{name} after", name=name))})),
            )
            for name in SHAPES
        ]
        self.page("Step: one step in slow motion", texts.ABOUT_STEP, across(
            down(facts("Change this", self.cells(self.at), page_shown.forward({"loss": (loss, "Loss then", "short")})),
                 table(violet({"sizes": (self.sizes, "Size of gradient", "small")}), names=tuple(SHAPES), named="word")),
            plot("How hard each is pulled", "parameter", "size of its gradient", [("size", Some("sizes", cols=(-1, -1)), "sizes", "line 1")],
                 "Bars for twelve parameters: the root of the mean of their squared gradients.", columns=True, y_min=0, width=300, height=360, wide=4),
            Note(texts.FORWARD, 4), Note(texts.BACKWARD, 4),
            Aside(down(table(forth, back, names=N_NAMES * PLACES, corner="Row"), across(*turns))),
        ), first=self.at)  # fmt: skip


def by_name(seen: Forward) -> dict[str, Node]:
    """The steps of a pass by name."""
    A = {f"A_{i}": a for i, a in enumerate(seen.A, 1)}
    return {
        "x": seen.x,
        "q": seen.q,
        "k": seen.k,
        "v": seen.v,
        **A,
        "mixed": seen.mixed,
        "h": seen.h,
        "lin": seen.lin,
        "out": seen.out,
        "pred": seen.pred,
    }
