"""MMULT: a small product to play with, and the same net as one matrix product."""

from __future__ import annotations

from sheetnet.graph.node import Node, apply, lift, variable, where
from sheetnet.models.model import evaluate_loss
from sheetnet.motifs.steps import steps
from sheetnet.motifs.trained import Trained
from sheetnet.motifs.verdicts import CLOSE, verdict
from sheetnet.page.book import Book, Solver
from sheetnet.page.flow import across, down, lay
from sheetnet.page.grid import facts
from sheetnet.page.language import said
from sheetnet.page.parts import Note, table
from sheetnet.page.shown import Group, Shown, agreement, forward, result

MMULT = "mmult"  # the name of the weights W on this sheet, which belong to the last model
PLAY = {"A": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "B": [[1.0, 10.0], [0.0, 1.0]]}


class Product:
    """The nodes of the page; W (p, k) is its own, so that Solver can change it here. A and B are to play with."""

    def __init__(self, net: Trained, A: Node, B: Node) -> None:
        self.net, self.A, self.B = net, A, B
        self.AB = A @ B
        self.by_hand = A @ B
        self.W = variable("W", (net.model.n_features, net.model.n_hidden))
        self.now = evaluate_loss(net.model, net.common.X, self.W, net.common.y)
        self.other_weights = apply("max", apply("abs", self.W - net.weight.T))
        self.difference = apply("max", apply("abs", self.now.pred - net.now.pred))
        self.verdict: Node = where(
            apply("greater", self.other_weights, lift(0.0)),
            said("other weights here than on {net}", net=net.model.title),
            verdict(self.difference, CLOSE),
        )


def mmult_page(book: Book, product: Product, play: Group, names: tuple[str, ...]) -> None:
    """A 3 x 2 by 2 x 2 product; weights, and the net from one MMULT, in array formulas that read by name.

    play: how A and B are shown.
    """
    net, now = product.net, product.now
    p, k = product.W.shape
    page = book.page(
        "MMULT",
        "MMULT: all the sums at once",
        "A matrix product is many SUMPRODUCTs in one formula: each row of the first with each column of the second."
        " Change a yellow number and see which results move.",
    )
    units = tuple(f"w {j + 1}" for j in range(k))
    small = [table({id: one}) for id, one in play.items()]
    small.append(table(forward({"AB": (product.AB, "MMULT(A, B)", "plain")})))
    small.append(table(forward({"by_hand": (product.by_hand, "The same by hand", "plain")}, style="cells")))
    against = result({
        "mmult.now.loss": (now.loss, "Loss", "short"), "mmult.now.accuracy": (now.accuracy, "Accuracy", "share"),
        "other": (product.other_weights, "weights differ by"),
        "difference": (product.difference, "predictions differ by", "small"),
    })  # fmt: skip
    against |= agreement({"verdict": (product.verdict, "the same both ways?")})
    weights = Shown(product.W, "weights", role="input", name="weights", labels=units)
    passes = steps("mmult.now", [*now.forward, now.error, now.sq_error], str)
    lay(page, "mmult", down(
        across(*small, Note(_note(p, k), 4)),
        across(
            table({"mmult.now.W": weights}, names=names),
            facts(f"Against the sheet {net.model.title}", against, span=2),
        ),
        table(passes, names=net.common.no.shape[0], corner="No"),
    ))  # fmt: skip
    page.solver = Solver(book.block_of(now.loss).area, book.block_of(product.W).area)


def _note(p: int, k: int) -> str:
    what = "all the Lin columns" if k > 1 else "the predictions"
    return (
        "The number of columns of A must be the number of rows of B. Below:"
        f" X is {p} columns wide, and weights is {p} rows tall. So MMULT(X, weights) is {what} of the net at once."
    )
