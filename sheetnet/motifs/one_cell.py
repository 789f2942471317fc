"""One cell: all epochs of a model in a single formula, for dialects that can say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetnet.graph.dialects import in_lines, shown
from sheetnet.graph.node import Node, apply, vstack
from sheetnet.graph.repeating import Repeated
from sheetnet.models.model import evaluate_loss
from sheetnet.motifs.trained import Trained
from sheetnet.motifs.verdicts import CLOSE, verdict
from sheetnet.page.book import Book, Page
from sheetnet.page.flow import across, down, lay
from sheetnet.page.grid import facts
from sheetnet.page.part import Canvas, Part
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.shown import agreement, result, update
from sheetnet.page.view import View

ABOUT = "Change a rate on Start, or a start weight: this one formula gives what the last row of the descent gives."
HOW = (
    "Read it from outside to inside.\n\n"
    "REDUCE(start, list, rule): begin with start. For each entry of the list, give what there is now to the rule, and"
    " go on with what comes out.\n\n"
    "SEQUENCE({times}): the list 1, 2, 3, ... {times}, an entry for each epoch.\n\n"
    "LAMBDA(name, name, result): a rule. Its first name is for what there is now, its second for the entry of the list,"
    " which is not needed here.\n\n"
    "LET(name, value, name, value, ..., result): gives each value a name, so that it is calculated once.\n\n"
    "The rows of the descent say the same, an epoch in each row: there you see every step, here only the end."
)


def one_cell_page(book: Book, net: Trained, names: tuple[str, ...]) -> None:
    """The last weights by one formula, the formula in lines, and whether they are those of the descent's last row."""
    prefix, title, last = net.model.name, net.model.title, net.common.epochs
    page = book.page(f"One cell {title}", f"The whole descent of {title} in one cell", ABOUT)
    step = Repeated(net.weight, net.before, net.after, last)
    rows = [net.at(rows, last) for rows in net.W_rows]
    once = vstack([apply("same", row) for row in rows]).named("once")
    away = apply("max", apply("abs", once - vstack(rows)))
    loss = evaluate_loss(net.model, net.common.X, once.T, net.common.y).loss
    units = tuple(f"unit {unit + 1}" for unit in net.units)
    id = f"{prefix}.once"
    book.repeated[f"{id}.W"] = step
    lay(page, id, down(
        Words(f"The weights after all {last} epochs, from a formula in the cell of the first of them"),
        table(update({"W": (once, "weights")}, labels=names), names=units, named="word"),
        facts(
            "Is it the same?",
            result({"loss": (loss, "loss with these weights", "loss")}),
            result({"away": (away, "largest difference to the last row of the descent", "tiny")}),
            agreement({"verdict": (verdict(away, CLOSE), "the descent, row by row")}),
        ),
        across(down(Words("The formula, in lines"), Lines(book, page, step), gap=0), Note(HOW.format(times=last), 6)),
    ))  # fmt: skip


@dataclass
class Lines(Part):
    """A formula in lines, as it stands when all pages do."""

    book: Book
    page: Page
    step: Repeated

    @property
    def _lines(self) -> Sequence[str]:
        book = self.book
        return in_lines(shown(self.step.render(_Places(View(book, self.page.name)), book.dialect, book.names.taken)))

    def columns(self) -> list[float]:
        return [0.0] * 5

    def rows(self, widths: Sequence[float]) -> int:
        return len(self._lines)

    def put(self, on: Canvas, row: int, col: int) -> None:
        def say() -> None:
            for i, line in enumerate(self._lines):
                on.page.text(row + i, col, line, "formula")

        self.book.later.append(say)


@dataclass(frozen=True)
class _Places:
    """Places also of inputs that will only stand later: how many lines there are does not depend on where."""

    view: View

    def whole(self, node: Node) -> str | None:
        return self.view.whole(node) or (node.name if node.op == "input" else None)
