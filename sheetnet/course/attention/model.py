"""The character transformer of lesson 14: one block with two heads, forward, and backward by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

from sheetnet.graph.node import Node, apply, relu, sum_columns
from sheetnet.models.attention import Stacked, columns_of_head, d_scores, scores, weights

LETTERS = ".aeilmnorstu"
PLACES, WIDTH, HIDDEN, HEADS = 6, 8, 32, 2
SIZE = WIDTH // HEADS  # columns of a head
SHAPES = {
    "E": (len(LETTERS), WIDTH), "Pos": (PLACES, WIDTH),
    "Wq": (WIDTH, WIDTH), "Wk": (WIDTH, WIDTH), "Wv": (WIDTH, WIDTH), "Wo": (WIDTH, WIDTH),
    "W_in": (WIDTH, HIDDEN), "b_in": (1, HIDDEN), "W_out": (HIDDEN, WIDTH), "b_out": (1, WIDTH),
    "W_last": (WIDTH, len(LETTERS)), "b_last": (1, len(LETTERS)),
}  # fmt: skip
N_PARAMETERS = sum(rows * columns for rows, columns in SHAPES.values())
CUT = [columns_of_head(head, HEADS, WIDTH) for head in range(HEADS)]
Params = Mapping[str, Node]


@dataclass(frozen=True)
class Forward:
    """The steps from letters to what is said of the next one; q, k and v have no cells of their own in the descent."""

    x: Node
    q: Node
    k: Node
    v: Node
    A: tuple[Node, ...]  # weights of each head, (rows, places)
    mixed: Node
    h: Node
    lin: Node
    out: Node
    pred: Node


def forward(P: Params, X: Node, rows: Stacked) -> Forward:
    """X (rows, letters): 1 for the letter that stands there -> pred (rows, letters): probabilities of the next."""
    x = (X @ P["E"] + rows.place @ P["Pos"]).named("x")
    q, k, v = ((x @ P[name]).named(name[1:]) for name in ("Wq", "Wk", "Wv"))
    A = tuple(weights(scores(q * cut, k, rows, SIZE), rows.seen).named(f"A_{i}") for i, cut in enumerate(CUT, 1))
    mixed = reduce(add, (rows.all(a) @ (v * cut) for a, cut in zip(A, CUT, strict=True))).named("mixed")
    h = (x + mixed @ P["Wo"]).named("h")
    lin = (h @ P["W_in"] + P["b_in"]).named("lin")
    out = (h + (relu(lin) @ P["W_out"] + P["b_out"])).named("out")
    pred = apply("shares", out @ P["W_last"] + P["b_last"]).named("pred")
    return Forward(x, q, k, v, A, mixed, h, lin, out, pred)


def cross_entropy(pred: Node, Y: Node, n: Node) -> Node:
    """-ln of what the true next letter was given, the mean over the n places that have one."""
    return (-(apply("sum", Y * apply("ln", pred)) / n)).named("loss")


def backward(
    P: Params, f: Forward, X: Node, Y: Node, rows: Stacked, one: Node
) -> tuple[dict[str, Node], dict[str, Node]]:
    """The slopes of the loss in the steps, and in the parameters. Y (rows, letters): 1 for the next letter, none where
    there is none; one (rows, 1)."""
    real = sum_columns(Y)
    d_score = ((f.pred * real - Y) / apply("sum", Y)).named("d_score")
    d_out = (d_score @ P["W_last"].T).named("d_out")
    d_lin = (d_out @ P["W_out"].T * apply("step", f.lin)).named("d_lin")
    d_h = (d_out + d_lin @ P["W_in"].T).named("d_h")
    d_mixed = (d_h @ P["Wo"].T).named("d_mixed")
    d_S = [
        d_scores(a, rows.each(d_mixed * cut @ f.v.T), SIZE).named(f"d_S_{i}")
        for i, (a, cut) in enumerate(zip(f.A, CUT, strict=True), 1)
    ]
    d_q, d_k, d_v = (
        reduce(add, parts).named(name)
        for name, parts in (
            ("d_q", [rows.all(d) @ (f.k * cut) for d, cut in zip(d_S, CUT, strict=True)]),
            ("d_k", [rows.all(d).T @ (f.q * cut) for d, cut in zip(d_S, CUT, strict=True)]),
            ("d_v", [rows.all(a).T @ (d_mixed * cut) for a, cut in zip(f.A, CUT, strict=True)]),
        )
    )
    d_x = (d_h + d_q @ P["Wq"].T + d_k @ P["Wk"].T + d_v @ P["Wv"].T).named("d_x")
    grads = {
        "E": X.T @ d_x, "Pos": rows.place.T @ d_x,
        "Wq": f.x.T @ d_q, "Wk": f.x.T @ d_k, "Wv": f.x.T @ d_v, "Wo": f.mixed.T @ d_h,
        "W_in": f.h.T @ d_lin, "b_in": one.T @ d_lin, "W_out": relu(f.lin).T @ d_out, "b_out": one.T @ d_out,
        "W_last": f.out.T @ d_score, "b_last": one.T @ d_score,
    }  # fmt: skip
    middle = {d.name: d for d in (d_score, d_out, d_lin, d_h, d_mixed, *d_S, d_q, d_k, d_v, d_x)}
    return middle, {name: grad.named(f"grad_{name}") for name, grad in grads.items()}
