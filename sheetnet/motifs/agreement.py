"""Torch: what torch said when the workbook was made, beside what the sheet says now. For all lessons but titanic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.graph.node import Node, apply, constant, lift, variable, where
from sheetnet.motifs.net import CHANGED, CLOSE, apart
from sheetnet.motifs.steps import number_rows
from sheetnet.page.book import Book

BUILT = "built."  # the ids of the fingerprints of inputs, as they were when the workbook was made
TORCH = "torch."  # the ids of torch's numbers: this and the id of the block that they belong to


@dataclass(frozen=True)
class Pair:
    """A block that is shown beside torch's numbers, under a title; labels over its columns."""

    id: str
    title: str
    labels: tuple[str, ...] = ()
    format: str = "weight"


@dataclass(frozen=True)
class Watched:
    """An input on which the compared blocks depend; counter (n, 1) weighs the rows of a long column."""

    node: Node
    title: str
    counter: Node | None = None

    def mark(self) -> Node:
        """One number, (1, 1), that changes when an entry does, or when two rows change places."""
        n, k = self.node.shape
        if (n, k) == (1, 1):
            return apply("same", self.node)
        if self.counter is not None:
            return apply("sum", self.node * self.counter)
        weights = constant(tuple(tuple(_weight(i * k + j) for j in range(k)) for i in range(n)))
        return apply("sum", self.node * weights)


def _weight(i: int) -> float:
    """From 1 to 2, in an order that no change by small whole numbers undoes: multiples of the golden ratio."""
    return round(1.0 + (i * 0.6180339887) % 1.0, 4)


class Agreement:
    """The page Torch: verdict on top, then what was changed, then numbers beside numbers."""

    def __init__(self, book: Book, pairs: Sequence[Pair], watched: Sequence[Watched], torch_version: str) -> None:
        self.book, self.pairs, self.watched = book, pairs, watched
        self.page = book.page(
            "Torch",
            "Torch: does PyTorch say the same?",
            f"Grey numbers are values that torch {torch_version} gave (float64) when this workbook was made; beside"
            " them what the formulas of this workbook say now.",
        )
        self.marks = {f"{BUILT}{i + 1}": one.mark() for i, one in enumerate(watched)}
        self._fill()

    def _fill(self) -> None:
        page = self.page
        page.widths |= {0: 30.0, **dict.fromkeys(range(1, 40), 13.0)}
        self.changed = changed = self._inputs(8 + len(self.pairs))
        differences = self._numbers(8 + len(self.pairs) + len(self.watched) + 8)
        bad = []
        for j, head in enumerate(("What is compared", "differs by at most", "verdict")):
            page.text(5, j, head, ("head_left", "head", "head_left")[j])
        for i, (pair, difference) in enumerate(zip(self.pairs, differences, strict=True)):
            page.text(6 + i, 0, pair.title, "word")
            page.place(f"agree.{pair.id}", difference, 6 + i, 1, "result", format="diff", scale=lift(1.0))
            far = where(apply("greater", difference, lift(CLOSE)), "differs", "equal")
            verdict = where(changed, CHANGED, apply("if_error", far, lift("differs")))
            page.place(f"verdict.{pair.id}", verdict, 6 + i, 2, "agreement", format="text")
            bad.append(where(apply("equal", verdict, lift("equal")), 0.0, 1.0))
        wrong = bad[0]
        for one in bad[1:]:
            wrong = wrong + one
        words = where(apply("greater", wrong, lift(0.0)), "differs", "equal")
        self.verdict: Node = where(changed, CHANGED, words)
        page.place("torch.verdict", self.verdict, 3, 1, "agreement", title="Verdict", side=True, format="text")
        page.active = (3, 1)

    def _inputs(self, top: int) -> Node:
        """What the inputs were and are; the node (1, 1) that is 1 when one was changed."""
        page = self.page
        for j, head in enumerate(("Inputs: a mark of each", "now", "when made")):
            page.text(top, j, head, "head_left" if j == 0 else "head")
        moved: Node = lift(0.0)
        for i, (one, (id, mark)) in enumerate(zip(self.watched, self.marks.items(), strict=True)):
            built = variable(id, (1, 1))
            page.text(top + 1 + i, 0, one.title, "word")
            page.place(f"mark.{id}", mark, top + 1 + i, 1, "result", format="plain")
            page.place(id, built, top + 1 + i, 2, "torch", format="plain")
            moved = moved + apply("abs", mark - built) / (1.0 + apply("abs", built))
        changed = where(apply("greater", moved, lift(1e-12)), 1.0, 0.0).named("changed")
        at = top + 2 + len(self.watched)
        page.place("torch.changed", changed, at, 1, "result", format="plain", title="changed (1: yes)", side=True)
        return changed

    def _numbers(self, top: int) -> list[Node]:
        """Torch's numbers and the sheet's; how far they are apart, (1, 1) for each pair."""
        page, col = self.page, 1
        tallest = max(self.book.block(pair.id).node.shape[0] for pair in self.pairs)
        number_rows(page, tallest, top, title="Row")
        out = []
        for pair in self.pairs:
            block = self.book.block(pair.id)
            node = block.node
            said = variable(pair.id, node.shape)
            live = apply("same", node)
            for id, one, role, who in (
                (f"{TORCH}{pair.id}", said, "torch", "torch"), (f"here.{pair.id}", live, "result", "this sheet"),
            ):  # fmt: skip
                title = f"{pair.title}: {who}"
                page.place(
                    id, one, top, col, role, title=title, labels=pair.labels, format=pair.format, scale=block.scale,  # type: ignore[arg-type]
                )  # fmt: skip
                if node.shape[1] == 1:
                    page.widths[col] = max(13.0, len(title) + 2.0)
                col += node.shape[1]
            page.widths[col] = 3.0
            col += 1
            page.print_cols = col if col <= 14 else page.print_cols
            out.append(apply("max", apart(live, said, 1.0 + apply("abs", said))))
        page.print_cols = page.print_cols or col
        return out
