"""Torch on dot products and matrix products: dot, einsum, matmul, linear, relu, and an nn.Module for the kitchen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear, relu

Said = dict[str, Tensor]
ELSEWHERE = "examples.", "bends.", "growth."  # further tables of a page


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
    """What torch says of every block of the lesson, by id; each part speaks of its own page without the page's name."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    parts = {
        "dot": _dot, "arrows": _arrows, "product": _product, "shapes": _shapes, "order": _order, "ones": _ones,
        "relu": _kitchen, "sums": _sums, "count": _count,
    }  # fmt: skip
    out: Said = {}
    for page, part in parts.items():
        own = part(given | {id.removeprefix(f"{page}."): value for id, value in given.items()})
        out |= {id if id.startswith(ELSEWHERE) else f"{page}.{id}": said for id, said in own.items()}
    return out


def _dot(given: Said) -> Said:
    amounts, prices = given["amounts"][0], given["prices"][0]
    ways = _three_ways("sum", "sumproduct", "mmult", said=torch.dot(amounts, prices))
    return ways | {"products": (amounts * prices)[None]}


def _three_ways(*ways: str, said: Tensor) -> Said:
    """One result under three ids, and how far two of them are from the first: not at all."""
    return dict.fromkeys(ways, said) | {f"gap_{way}": torch.zeros_like(said) for way in ways[1:]}


def _arrows(given: Said) -> Said:
    u, v = given["u"][0], given["v"][0]
    dot, size_u, size_v = torch.dot(u, v), u.norm(), v.norm()
    foot = dot / size_u**2 * u if size_u > 0 else torch.zeros_like(u)
    angle = torch.deg2rad(given["degrees"][:, 0])
    turned = torch.view_as_real(torch.polar(torch.ones_like(angle), angle) * torch.complex(*v))
    lines = {"line_u": _arrow(u), "line_v": _arrow(v), "line_shadow": (v, foot)}
    return {id: torch.stack(ends) for id, ends in lines.items()} | {
        "dot": dot, "size_u": size_u, "size_v": size_v, "shadow": dot / size_u, "cosine": dot / (size_u * size_v),
        "turned": turned, "dots": torch.mv(turned, u)[:, None],
    }  # fmt: skip


def _arrow(v: Tensor) -> tuple[Tensor, ...]:
    """From 0 to v, and once around its head, which is 0.4 long and 0.32 wide."""
    along = 0.4 * v / v.norm() if v.norm() > 0 else torch.zeros_like(v)
    side = 0.4 * torch.stack([-along[1], along[0]])
    return 0 * v, v, v - along + side, v - along - side, v


def _product(given: Said) -> Said:
    a, b = given["A"], given["B"]
    i, j = (int(given[side].item()) - 1 for side in ("row", "column"))
    product = torch.einsum("ik,kj->ij", a, b)
    one = {"left": a[i][None], "right": b[:, j][None], "each": (a[i] * b[:, j])[None], "entry": product[i, j]}
    return _three_ways("hand", "sumproduct", "mmult", said=product) | {"turned": b.T} | one


def _shapes(given: Said) -> Said:
    sizes, many = ([given[prefix + id] for id in "nkmp"] for prefix in ("", "examples."))
    n, k, m, p = (size.item() for size in sizes)
    fits = k == m
    drawn = {
        "A": _rectangle(-0.3, -k - 0.3, 0, -n), "B": _rectangle(0, p, 0.3, m + 0.3),
        "AB": _rectangle(0, p * fits, 0, -n * fits),
    }  # fmt: skip
    return drawn | {"work": _work(*sizes), "examples.work": _work(*many)}


def _work(n: Tensor, k: Tensor, m: Tensor, p: Tensor) -> Tensor:
    return torch.where(k == m, n * k * p, torch.zeros_like(n))


def _rectangle(left: float, right: float, bottom: float, top: float) -> Tensor:
    """Its corners (5, 2), once around."""
    corners = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    return torch.tensor(corners, dtype=torch.float64)


def _order(given: Said) -> Said:
    p, q, flag = (given[id] for id in ("P", "Q", "flag"))
    pq, qp = torch.mm(p, q), torch.mm(q, p)
    moved = {"turn_first": linear(flag, pq.T), "stretch_first": linear(flag, qp.T)}
    return moved | {"PQ": pq, "QP": qp, "gap": pq - qp, "back": pq.T, "forth": pq.T, "gap_turned": torch.zeros_like(p)}


def _ones(given: Said) -> Said:
    x, w, b, apples = (given[id] for id in ("X", "w", "b", "apples"))
    bills = linear(x, w.T, b[0])
    return {
        "bare": linear(x, w.T), "added": bills, "at_once": bills, "gap": torch.zeros_like(bills),
        "X_ones": torch.cat([x, x.new_ones(len(x), 1)], 1), "w_all": torch.cat([w, b]),
        "without": apples * w[0], "with": torch.addcmul(b, apples, w[0]),
    }  # fmt: skip


def _kitchen(given: Said) -> Said:
    plans, recipes, prices, pancakes = (given[id] for id in ("plans", "recipes", "prices", "bends.count"))
    missing = torch.matmul(plans, recipes)
    straight = torch.linalg.multi_dot([plans, recipes, prices])
    bill = torch.matmul(relu(missing), prices)
    alone = torch.cat([pancakes, torch.zeros_like(pancakes)], 1)
    rigid, bent = (Kitchen(recipes, prices, rectified) for rectified in (False, True))
    return {
        "costs": recipes @ prices, "missing": missing, "two": straight, "one": straight, "gap": torch.zeros_like(bill),
        "bought": missing.clamp(min=0), "bill": bill, "apart": bill - straight,
        "bends.missing": rigid.missing(alone), "bends.straight": rigid(alone), "bends.bent": bent(alone),
    }  # fmt: skip


def _sums(given: Said) -> Said:
    u, v, m = (given[id] for id in "uvM")
    out = {"both": u + v}
    ways: dict[str, Callable[[Tensor], Tensor]] = {"product": lambda a: torch.matmul(a, m), "relu": nn.ReLU()}
    for id, treat in ways.items():
        first, second, both = treat(u), treat(v), treat(u + v)
        added = first + second
        said = {"u": first, "v": second, "added": added, "both": both, "gap": both - added}
        out |= {f"{id}.{key}": value for key, value in said.items()}
    return out


def _count(given: Said) -> Said:
    n, k, p, size = (given[id] for id in ("n", "k", "p", "growth.size"))
    work, read, at = n * p * k, k * (n + p), int(given["which"].item()) - 1
    rounds = torch.maximum(k, work / given["workers"])
    return {
        "results": n * p, "work": work, "read": read, "uses": work / read, "rounds": rounds, "now": rounds[at],
        "growth.work": size**3, "growth.read": 2 * size**2,
        "growth.rounds": torch.maximum(k[at], work[at] / given["growth.workers"]),
    }  # fmt: skip
