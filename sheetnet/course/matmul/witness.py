"""Torch on dot products and matrix products: dot, einsum, matmul, linear, relu, and an nn.Module for the kitchen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear, relu

Said = dict[str, Tensor]


class Kitchen(nn.Module):
    """The bill of plans (n, 2) that hold no ones: what is missing of each food, perhaps rectified, times its price."""

    def __init__(self, recipes: Tensor, prices: Tensor, rectified: bool) -> None:
        super().__init__()
        foods = recipes.shape[1]
        self.missing = nn.Linear(2, foods, dtype=torch.float64)
        self.price = nn.Linear(foods, 1, bias=False, dtype=torch.float64)
        self.between = nn.ReLU() if rectified else nn.Identity()
        with torch.no_grad():
            self.missing.weight.copy_(recipes[:2].T)
            self.missing.bias.copy_(recipes[2])
            self.price.weight.copy_(prices.T)

    def forward(self, plans: Tensor) -> Tensor:
        """The bills (n, 1)."""
        bills: Tensor = self.price(self.between(self.missing(plans)))
        return bills


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    parts = (_dot, _arrows, _product, _shapes, _order, _ones, _kitchen, _sums, _count)
    return {id: said for part in parts for id, said in part(given).items()}


def _dot(given: Said) -> Said:
    amounts, prices = given["dot.amounts"][0], given["dot.prices"][0]
    bill, zero = torch.dot(amounts, prices), torch.zeros(1)
    out = {"dot.products": (amounts * prices)[None], "dot.gap_sumproduct": zero, "dot.gap_mmult": zero}
    return out | dict.fromkeys(("dot.sum", "dot.sumproduct", "dot.mmult"), bill)


def _arrows(given: Said) -> Said:
    u, v = given["arrows.u"][0], given["arrows.v"][0]
    dot, size_u, size_v = torch.dot(u, v), u.norm(), v.norm()
    out = {"arrows.dot": dot, "arrows.size_u": size_u, "arrows.size_v": size_v}
    out |= {"arrows.shadow": dot / size_u, "arrows.cosine": dot / (size_u * size_v)}
    foot = dot / size_u**2 * u if size_u > 0 else torch.zeros_like(u)
    for id, ends in {"u": (0 * u, u), "v": (0 * v, v), "shadow": (v, foot)}.items():
        out[f"arrows.line_{id}"] = torch.stack(ends)
    angle = torch.deg2rad(given["arrows.degrees"][:, 0])
    turned = torch.view_as_real(torch.polar(torch.ones_like(angle), angle) * torch.complex(*v))
    return out | {"arrows.turned": turned, "arrows.dots": torch.mv(turned, u)[:, None]}


def _product(given: Said) -> Said:
    a, b = given["product.A"], given["product.B"]
    i, j = (int(given[f"product.{side}"].item()) - 1 for side in ("row", "column"))
    product = torch.einsum("ik,kj->ij", a, b)
    out = dict.fromkeys(("product.hand", "product.sumproduct", "product.mmult"), product)
    out |= dict.fromkeys(("product.gap_sumproduct", "product.gap_mmult"), torch.zeros_like(product))
    out |= {"product.turned": b.T, "product.left": a[i][None], "product.right": b[:, j][None]}
    return out | {"product.each": (a[i] * b[:, j])[None], "product.entry": product[i, j]}


def _shapes(given: Said) -> Said:
    n, k, m, p = (given[f"shapes.{id}"].item() for id in "nkmp")
    fits = k == m
    out = {
        "shapes.A": _rectangle(-0.3, -k - 0.3, 0, -n),
        "shapes.B": _rectangle(0, p, 0.3, m + 0.3),
        "shapes.AB": _rectangle(0, p * fits, 0, -n * fits),
        "shapes.work": torch.tensor(n * k * p * fits, dtype=torch.float64),
    }
    work = [n * k * p * (k == m) for n, k, m, p in zip(*(given[f"examples.{id}"][:, 0] for id in "nkmp"), strict=True)]
    return out | {"examples.work": torch.stack(work)[:, None]}


def _rectangle(left: float, right: float, bottom: float, top: float) -> Tensor:
    """Its corners (5, 2), once around."""
    return torch.tensor(
        [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]], dtype=torch.float64
    )


def _order(given: Said) -> Said:
    p, q, flag = (given[f"order.{id}"] for id in ("P", "Q", "flag"))
    pq, qp = torch.mm(p, q), torch.mm(q, p)
    out = {"order.PQ": pq, "order.QP": qp, "order.gap": pq - qp, "order.gap_turned": torch.zeros_like(p)}
    out |= {"order.back": pq.T, "order.forth": pq.T}
    return out | {"order.turn_first": linear(flag, pq.T), "order.stretch_first": linear(flag, qp.T)}


def _ones(given: Said) -> Said:
    x, w, b, apples = (given[f"ones.{id}"] for id in ("X", "w", "b", "apples"))
    bills = linear(x, w.T, b[0])
    out = {"ones.bare": linear(x, w.T), "ones.added": bills, "ones.at_once": bills, "ones.gap": torch.zeros_like(bills)}
    out |= {"ones.X_ones": torch.cat([x, x.new_ones(len(x), 1)], 1), "ones.w_all": torch.cat([w, b])}
    return out | {"ones.without": apples * w[0], "ones.with": torch.addcmul(b, apples, w[0])}


def _kitchen(given: Said) -> Said:
    plans, recipes, prices = (given[f"relu.{id}"] for id in ("plans", "recipes", "prices"))
    missing = torch.matmul(plans, recipes)
    straight = torch.linalg.multi_dot([plans, recipes, prices])
    bill = torch.matmul(relu(missing), prices)
    out = {"relu.costs": recipes @ prices, "relu.missing": missing, "relu.two": straight, "relu.one": straight}
    out |= {"relu.gap": torch.zeros_like(bill), "relu.bought": missing.clamp(min=0), "relu.bill": bill}
    out["relu.apart"] = bill - straight
    pancakes = given["bends.count"]
    alone = torch.cat([pancakes, torch.zeros_like(pancakes)], 1)
    rigid, bent = (Kitchen(recipes, prices, rectified) for rectified in (False, True))
    out |= {"bends.missing": rigid.missing(alone), "bends.straight": rigid(alone), "bends.bent": bent(alone)}
    return out


def _sums(given: Said) -> Said:
    u, v, m = (given[f"sums.{id}"] for id in "uvM")
    out = {"sums.both": u + v}
    ways: dict[str, Callable[[Tensor], Tensor]] = {"product": lambda a: torch.matmul(a, m), "relu": nn.ReLU()}
    for id, treat in ways.items():
        first, second, both = treat(u), treat(v), treat(u + v)
        out |= {f"sums.{id}.u": first, f"sums.{id}.v": second, f"sums.{id}.added": first + second}
        out |= {f"sums.{id}.both": both, f"sums.{id}.gap": both - (first + second)}
    return out


def _count(given: Said) -> Said:
    n, k, p, workers = (given[f"count.{id}"] for id in ("n", "k", "p", "workers"))
    results, work, read = n * p, n * k * p, k * (n + p)
    out = {"count.results": results, "count.work": work, "count.read": read, "count.uses": work / read}
    out["count.rounds"] = torch.maximum(k, work / workers)
    at = int(given["count.which"].item()) - 1
    out["count.now"] = out["count.rounds"][at]
    size = given["growth.size"]
    out |= {"growth.work": size**3, "growth.read": 2 * size**2}
    out["growth.rounds"] = torch.maximum(k[at], work[at] / given["growth.workers"])
    return out
