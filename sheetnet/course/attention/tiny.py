"""Tokens, Attention, Scale and Mask: four letters, one head, small numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetnet.course.attention import texts
from sheetnet.course.attention.model import LETTERS
from sheetnet.course.attention.own import KEYS, LARGEST_D, keys, tokens, vectors
from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, constant, lift, mean, row, square, sum_columns, where
from sheetnet.models.attention import Stacked, d_scores, scores, weights
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Shown, forward, result

N, D = 4, 2  # tokens and numbers of each
WORD = ".anna."  # of Mask
AWAY = -9.0  # where what is not drawn stands: below every chart
VOWELS = tuple(float(letter in "aeiou") for letter in LETTERS)
PAIR = ("1", "2")

__all__ = ["Tiny", "d_scores"]


def letters(tokens_: Node) -> Node:
    """The letters of tokens, which are counted from 0."""
    return apply("letter", lift(LETTERS), tokens_ + 1.0)


def word(tokens_: Node) -> Node:
    """The letters of a row of tokens as one word; 0 is no letter, (n, k) -> (n, 1)."""
    beyond = tokens_ + float(len(LETTERS)) * apply("equal", tokens_, lift(0.0))
    return apply("joined", apply("letter", lift(LETTERS[1:]), beyond))


def one_hot(tokens_: Node) -> Node:
    """1 in the column of the token, (n, 1) -> (n, letters)."""
    return apply("equal", tokens_, constant((tuple(map(float, range(len(LETTERS)))),)))


def counted(n: int) -> tuple[str, ...]:
    return tuple(map(str, range(1, n + 1)))


class Tiny(Lesson):
    """One head of four tokens, and what is divided and hidden in it."""

    def token(self, id: str, value: Any, title: str, **more: Any) -> Node:
        message = f"A token is a whole number from 0 to {len(LETTERS) - 1}"
        return self.typed(id, value, title, low=0, high=len(LETTERS) - 1, whole=True, message=message, **more)

    # ---- Tokens

    def tokens_page(self) -> None:
        self.word = self.token("word", [[one] for one in tokens(".ann", N)], "Token")
        table_, places = vectors(self.seed)
        self.E = self.typed("E", table_, "E", labels=PAIR, name="E")
        self.Pos = self.typed("Pos", places, "Position", labels=PAIR, name="Pos")
        numbers = self.typed("numbers", np.arange(float(len(LETTERS)))[:, None], "Token", "fixed")
        self.spelt, found = letters(self.word), one_hot(self.word)
        embedded = (found @ self.E).named("embedded")
        self.x = (embedded + self.Pos).named("x")
        kinds = {
            "vowels": constant(tuple((one,) for one in VOWELS)),
            "others": constant(tuple((1.0 - one,) for one in VOWELS)),
        }
        up = self.E @ constant(((0.0,), (1.0,)))
        drawn = forward({id: (where(here, up, AWAY), id) for id, here in kinds.items()}, format="plain")
        across_ = Some("E", cols=(0, 0))
        lines: list[Line] = [
            ("vowels", across_, "vowels", "class 1"), ("consonants and end", across_, "others", "class 2"),
            ("x: the four tokens with their position", Some("x", cols=(0, 0)), Some("x", cols=(1, 1)), "place"),
        ]  # fmt: skip
        self.page("Tokens: from letters to numbers", texts.ABOUT_TOKENS, across(
                down(
                    across(
                        table(self.cells(self.word), forward({"letter": Shown(self.spelt, "Letter", "text", style="cells")}),
                              names=counted(N), corner="Place", tight=True),
                        Note(texts.TOKENS, 4),
                    ),
                    Note(texts.EMBEDDED, 8),
                ),
                table(self.cells(numbers), forward({"letters": Shown(letters(numbers), "Letter", "text", style="cells")}), self.cells(self.E), tight=True),
                plot("Letters as points, and the four tokens", "first number", "second number", lines,
                     "The letters as points in a plane: vowels to the right, consonants to the left; the four tokens beside their letters.",
                     x_min=-2, x_max=2, x_format="0", y_min=-2, y_max=2, y_format="0", width=430, height=360, wide=6),
                table(forward({"found": Shown(found, "1 for the token", "plain", labels=tuple(LETTERS))}, style="cells"), names=counted(N), corner="Place"),
                table(forward({"embedded": Shown(embedded, "Embedding", "short", labels=PAIR)}), self.cells(self.Pos),
                      forward({"x": Shown(self.x, "x", "short", labels=PAIR, name="x")})),
                table(drawn, lead=texts.DRAWN_AWAY),
        ), first=self.word)  # fmt: skip

    # ---- Attention

    def attention_page(self) -> None:
        self.W = {
            name: self.typed(name, start, name, labels=PAIR)
            for name, start in (
                ("Wq", [[-1.0, 0.5], [0.0, 1.0]]),
                ("Wk", [[1.0, 0.0], [0.5, 1.0]]),
                ("Wv", [[1.0, 0.0], [0.0, 1.0]]),
            )
        }
        self.masked = self.typed(
            "mask", 1, "Mask (1 or 0)", low=0, high=1, whole=True, message="1 for on or 0 for off is expected"
        )
        self.looks = self.typed(
            "looks",
            3,
            "Place that looks",
            low=1,
            high=N,
            whole=True,
            message=f"A place is a whole number from 1 to {N}",
        )
        q, k, v = (self.x @ self.W[name] for name in ("Wq", "Wk", "Wv"))
        place = constant(tuple(tuple(float(i == j) for j in range(N)) for i in range(N)))
        past = constant(tuple(tuple(float(j <= i) for j in range(N)) for i in range(N)))
        seen = where(self.masked, past, 1.0)
        rows = Stacked(place, seen)
        self.products, self.scaled = rows.each(q @ k.T), scores(q, k, rows, D)
        self.A = weights(self.scaled, seen)
        self.mixed = self.A @ v
        bars = forward({
            "score": (row(self.scaled, self.looks).T, "/ sqrt(d)"), "power": (apply("exp", row(self.scaled, self.looks).T) * row(seen, self.looks).T, "e^it or 0"),
            "share": (row(self.A, self.looks).T, "Weight"),
        }, format="short")  # fmt: skip
        names, wide = counted(N), {"format": "short"}
        self.page("Attention: who looks at whom?", texts.ABOUT_ATTENTION, across(
            down(
                facts("Change these", self.cells(self.looks, self.masked)),
                Note(texts.ATTENTION, 3),
                *(table(self.cells(one), tight=True) for one in self.W.values()),
            ),
            down(
                table({"letter": Shown(apply("same", self.spelt), "Letter", "text")}, forward({
                    "q": Shown(q, "q: query", labels=PAIR), "k": Shown(k, "k: key", labels=PAIR), "v": Shown(v, "v: value", labels=PAIR)}, **wide),
                    names=names, corner="Place", tight=True),
                table(forward({"A": Shown(self.A, "A: weights", "fine_map", labels=names)}), result({"mixed": Shown(self.mixed, "A v: taken", labels=PAIR)}, **wide),
                      names=names, corner="looks", tight=True),
                table(forward({"seen": Shown(seen, "Mask", "plain", labels=names)}), names=names, corner="looks", tight=True),
            ),
            down(
                table(forward({"products": Shown(self.products, "q k': scores", labels=names), "scaled": Shown(self.scaled, "divided by sqrt(d)", labels=names)}, **wide), tight=True),
                plot("Where the chosen place looks", "place", "weight", [("weight", Some("letter"), "share", "line 1")],
                     "Four bars: how much the chosen place takes from each place.", columns=True, y_min=0, y_max=1, y_format="0%",
                     width=430, height=220, wide=8),
                table(bars, tight=True),
            ),
        ), first=self.looks)  # fmt: skip

    # ---- Scale

    def scale_page(self) -> None:
        message = f"The width is a whole number from 1 to {LARGEST_D}"
        self.d = self.typed("d", LARGEST_D, "Width d", low=1, high=LARGEST_D, whole=True, message=message, name="d")
        query, drawn = keys(self.seed)
        numbers = self.typed("numbers", np.arange(1.0, LARGEST_D + 1)[:, None], "d", "fixed")
        q, k = self.typed("q", query, "q", "data"), self.typed("k", drawn, "k", "data", labels=counted(KEYS))
        self.query, self.keys, self.of_width = q, k, numbers
        used = q * (1.0 - apply("greater", numbers, self.d))
        self.raw = (used.T @ k).T
        self.divided = self.raw / apply("sqrt", self.d)
        self.sharp, self.soft = (shares_down(one) for one in (self.raw, self.divided))
        added = (1.0 - apply("greater", numbers.T, numbers)) @ (q * k)
        far = added - sum_columns(added) / float(KEYS)
        self.spread = apply("sqrt", sum_columns(square(far)) / float(KEYS))
        both = {"raw": (self.raw, self.sharp), "divided": (self.divided, self.soft)}
        counts = self.typed("key", np.arange(1.0, KEYS + 1)[:, None], "Key", "fixed")
        columns = forward({id: (node, title) for id, node, title in (
            ("raw", self.raw, "q k'"), ("sharp", self.sharp, "its softmax"), ("divided", self.divided, "/ sqrt(d)"), ("soft", self.soft, "its softmax"))}, format="short")  # fmt: skip
        found = result({
            f"most_{id}": (apply("max", share), f"Largest, {title}", "share")
            for (id, (_, share)), title in zip(both.items(), ("not divided", "divided"), strict=True)
        })  # fmt: skip
        curves = {"spread": (self.spread, "Spread"), "root": (self.spread / apply("sqrt", numbers), "/ sqrt(d)")}
        self.page("Scale: why divide by the square root?", texts.ABOUT_SCALE, across(
                down(facts("Change this", self.cells(self.d), found), table(self.cells(counts), columns, tight=True)),
                down(
                    across(
                        plot("Softmax of the scores", "key", "weight", [("not divided", "key", "sharp", "line 2"), ("divided", "key", "soft", "line 1")],
                             "Bars for each of eight keys: without dividing one takes nearly all.", columns=True, y_min=0, y_max=1, y_format="0%",
                             width=300, height=240, wide=4),
                        plot("How far scores spread", "width d", "spread of the scores", [("not divided", "numbers", "spread", "line 2"), ("divided by sqrt(d)", "numbers", "root", "line 1")],
                             "The spread of the scores grows with the width; divided by its square root it stays about the same.", x_max=LARGEST_D, y_min=0, y_format="0",
                             width=300, height=240, wide=4),
                    ),
                    Note(texts.SCALE, 9),
                ),
                table(self.cells(numbers, q, k)), table(forward(curves, format="short")),
        ), first=self.d)  # fmt: skip

    # ---- Mask

    def mask_page(self) -> None:
        n = len(WORD)
        self.chain = self.token("word", [[one] for one in tokens(WORD, n)], "Token")
        self.strength = self.typed("strength", 4, "Pull to the next place", low=0, high=20)
        ahead = constant(tuple(tuple(float(j == i + 1) for j in range(n)) for i in range(n)))
        past = constant(tuple(tuple(float(j <= i) for j in range(n)) for i in range(n)))
        score = self.strength * ahead
        hot = one_hot(self.chain)
        following = constant(tuple(tuple(float(j == i + 1) for j in range(n)) for i in range(n - 1)))
        up_to = constant(tuple(tuple(float(j == i) for j in range(n)) for i in range(n - 1)))
        maps = {"open": weights(score, constant(((1.0,) * n,) * n)), "masked": weights(score, past)}
        self.right = {id: sum_columns((up_to @ (A @ hot)) * (following @ hot)) for id, A in maps.items()}
        titles = {"open": "without a mask", "masked": "with the mask"}
        places = self.typed("places", np.arange(1.0, n)[:, None], "Place", "fixed")
        maps_shown = [
            table(forward({f"A_{id}": Shown(A, f"Weights {titles[id]}", "map", labels=counted(n))}), names=counted(n), corner="looks", tight=True)
            for id, A in maps.items()
        ]  # fmt: skip
        self.guessed = {id: mean(one) for id, one in self.right.items()}
        self.page("Mask: no peeking", texts.ABOUT_MASK, across(
            down(
                facts("Change this", self.cells(self.strength)),
                table(self.cells(self.chain), forward({"letter": Shown(letters(self.chain), "Letter", "text", style="cells")}), names=counted(n), corner="Place", tight=True),
                facts("Given to the true next", result({f"mean_{id}": (node, titles[id], "share") for id, node in self.guessed.items()})),
            ),
            down(
                across(*maps_shown),
                across(
                    plot("What the true next letter is given", "place", "share", [(titles[id], "places", f"right_{id}", look) for id, look in (("open", "line 2"), ("masked", "line 1"))],
                         "Bars for five places: near 1 without a mask, low with it.", columns=True, y_min=0, y_max=1, y_format="0%", width=420, height=180, wide=7),
                    Note(texts.PEEK, 7),
                ),
                table(self.cells(places), forward({f"right_{id}": (node, id) for id, node in self.right.items()}, format="share"), tight=True),
            ),
        ), first=self.strength)  # fmt: skip


def shares_down(scores_: Node) -> Node:
    """The softmax of a column, from its largest entry on, (n, 1)."""
    powers = apply("exp", scores_ - apply("max", scores_))
    return powers / apply("sum", powers)
