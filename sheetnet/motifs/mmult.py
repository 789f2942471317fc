"""MMULT: a small product to play with, and the same net as one matrix product."""

from __future__ import annotations

from sheetnet.graph.node import Node, apply, lift, variable, where
from sheetnet.models.model import evaluate_loss
from sheetnet.motifs.net import CLOSE, Net, verdict
from sheetnet.motifs.steps import number_rows, place_steps
from sheetnet.page.book import Book, Page, Solver

PLAY = {"A": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "B": [[1.0, 10.0], [0.0, 1.0]]}


class Product:
    """The nodes of the page; W (p, k) is its own, so that Solver can change it here."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.A, self.B = variable("A", (3, 2)), variable("B", (2, 2))
        self.AB = self.A @ self.B
        self.by_hand = self.A @ self.B
        self.W = variable("W", (net.model.n_features, net.model.n_hidden))
        self.now = evaluate_loss(net.model, net.common.X, self.W, net.common.y)
        self.other_weights = apply("max", apply("abs", self.W - net.weight.T))
        self.difference = apply("max", apply("abs", self.now.pred - net.now.pred))
        self.verdict: Node = where(
            apply("greater", self.other_weights, lift(0.0)),
            f"other weights here than on {net.model.title}",
            verdict(self.difference, CLOSE),
        )


def mmult_page(book: Book, product: Product, names: tuple[str, ...]) -> Page:
    """A 3 x 2 by 2 x 2 product; W, and the net from one MMULT, in array formulas that read by name."""
    net, now = product.net, product.now
    model = net.model
    page = book.page(
        "MMULT",
        "MMULT: all the sums at once",
        "A matrix product is many SUMPRODUCTs in one formula: each row of the first with each column of the second."
        " Change a yellow number and see which results move.",
    )
    p, k = product.W.shape
    page.widths |= {0: 18.0, **dict.fromkeys(range(1, 16), 12.0)}
    top = 6
    page.place("mmult.A", product.A, top, 1, "input", title="A", name="A", format="plain")
    page.place("mmult.B", product.B, top, 4, "input", title="B", name="B", format="plain")
    page.place("mmult.AB", product.AB, top, 7, "forward", title="MMULT(A, B)", format="plain")
    page.place("mmult.by_hand", product.by_hand, top, 10, "forward", "cells", title="The same by hand", format="plain")
    page.text(top, 13, _note(*product.W.shape), "note", wide=4, tall=5)
    w = 14
    for i, name in enumerate(names):
        page.text(w + i, 0, name, "label")
    units = tuple(f"w {j + 1}" for j in range(k))
    weight = page.place("mmult.now.W", product.W, w, 1, "input", title="W", labels=units, name="W")
    side = k + 3
    loss = page.place("mmult.now.loss", now.loss, w, side, "result", title="Loss", side=True, format="loss")
    page.place("mmult.now.accuracy", now.accuracy, w + 1, side, "result", title="Accuracy", side=True, format="share")
    page.place(
        "mmult.other", product.other_weights, w + 3, side, "result", title="W moved by", side=True, format="weight"
    )
    page.place(
        "mmult.difference",
        product.difference,
        w + 4,
        side,
        "result",
        title="Prediction",
        side=True,
        format="diff",
        scale=now.pred,
    )
    page.place("mmult.verdict", product.verdict, w + 5, side, "agreement", title="Both ways", side=True, format="text")
    page.text(w - 3, side - 1, f"Against the sheet {model.title}", "band_result", wide=3)
    page.widths[side - 1] = 14
    data = w + p + 4
    number_rows(page, net.common.no.shape[0], data)
    place_steps(page, "mmult.now", [*now.forward, now.error, now.sq_error], data, 1, call=str)
    page.solver = Solver(loss.area, weight.area)
    page.active = (top, 1)
    return page


def _note(p: int, k: int) -> str:
    what = "all the Lin columns" if k > 1 else "the predictions"
    return (
        "The number of columns of A must be the number of rows of B. Below:"
        f" X is {p} columns wide and W {p} rows tall, so MMULT(X, W) is {what} of the net at once."
    )
