"""Torch on rectified lines: nn.Linear, ReLU, nn.Linear with weights put in; coefficients are differences of slopes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

Said = dict[str, Tensor]
FIRST, LAST = -4.0, 4.0
SIZES = (1, 2, 4, 8, 16, 32)


class Net(nn.Module):
    """One x, k hidden units, their ReLUs, one weighted sum: x (n, 1) -> (n, 1)."""

    def __init__(self, slopes: Tensor, constants: Tensor, coefs: Tensor, begin: Tensor | float = 0.0) -> None:
        super().__init__()
        k = slopes.numel()
        self.hidden = nn.Linear(1, k, dtype=torch.float64)
        self.out = nn.Linear(k, 1, dtype=torch.float64)
        with torch.no_grad():
            self.hidden.weight.copy_(slopes.reshape(k, 1))
            self.hidden.bias.copy_(constants.reshape(k))
            self.out.weight.copy_(coefs.reshape(1, k))
            self.out.bias.fill_(float(begin))

    def lin(self, x: Tensor) -> Tensor:
        """The lines, (n, k)."""
        y: Tensor = self.hidden(x)
        return y

    def forward(self, x: Tensor) -> Tensor:
        """The sum of the rectified lines."""
        y: Tensor = self.out(torch.relu(self.lin(x)))
        return y


class Curve(nn.Module):
    """height sin(freq x) + tilt x + bend x^2."""

    def __init__(self, height: float, freq: float, tilt: float, bend: float) -> None:
        super().__init__()
        self.numbers = nn.Parameter(torch.tensor([height, freq, tilt, bend], dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """y of the shape of x."""
        height, freq, tilt, bend = self.numbers
        y: Tensor = height * torch.sin(freq * x) + tilt * x + bend * x**2
        return y


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    curve = Curve(*(given[f"many.{id}"].item() for id in ("height", "freq", "tilt", "bend")))
    with torch.no_grad():
        return _one(given) | _two(given) | _eight(given, curve) | _many(given, curve) | _errors(given, curve)


def _one(given: Mapping[str, Tensor]) -> Said:
    m, b = given["one.m"], given["one.b"]
    net = Net(m, b, torch.ones(1, dtype=torch.float64))
    line = net.lin(given["one.x"])
    at = given["one.at"]
    out = {"one.line": line, "one.relu": net(given["one.x"]), "one.on": torch.heaviside(line, torch.zeros_like(line))}
    return out | {"one.line_at": net.lin(at), "one.relu_at": net(at)} | _corner("one.corner", m, b)


def _corner(id: str, m: Tensor, b: Tensor) -> Said:
    """Where a ReLU bends; of a flat line, which has no corner, there is nothing to say."""
    return {id: -b / m} if m.item() else {}


def _two(given: Mapping[str, Tensor]) -> Said:
    x = given["two.x"]
    m, b = (torch.cat([given[f"two.{letter}_{i}"] for i in (1, 2)]) for letter in "mb")
    net = Net(m, b, torch.ones(2, dtype=torch.float64))
    lines = net.lin(x)
    acts, total = torch.relu(lines), net(x)
    out = {"two.lines": lines.sum(1, keepdim=True), "two.relus": total}
    for i in (0, 1):
        out |= {f"two.line_{i + 1}": lines[:, i : i + 1], f"two.relu_{i + 1}": acts[:, i : i + 1]}
        out |= _corner(f"two.corner_{i + 1}", m[i : i + 1], b[i : i + 1])
    corners = [c for c in (-b / m).flatten().tolist() if np.isfinite(c)] or [0.0]
    least, most = min(corners), max(corners)
    at = [least - 1, (least + most) / 2 if most - least > 1e-9 else most + 1, most + 1]
    with torch.enable_grad():
        points = torch.tensor(at, dtype=torch.float64)[:, None].requires_grad_()
        for id, drawn in {"lines": net.lin(points), "relus": net(points)}.items():
            (out[f"two.slope_{id}"],) = torch.autograd.grad(drawn.sum(), points)
    ends = torch.tensor([least, most], dtype=torch.float64)
    return out | {"two.slope_at": points.detach(), "two.least": ends[:1], "two.most": ends[1:]}


def _eight(given: Mapping[str, Tensor], curve: Curve) -> Said:
    x, knots, coefs = given["eight.x"], given["eight.knots"], given["eight.coefs"]
    net = Net(torch.ones_like(knots), -knots, coefs, given["eight.begin"].item())
    pieces, total, y, ends = torch.relu(net.lin(x)), net(x), curve(x), knots + 1
    there = net(ends.T).T
    out = {"eight.pieces": pieces, "eight.bent": pieces * coefs, "eight.sum": total, "eight.curve": y}
    out |= {"eight.wanted": curve(ends), "eight.there": there, "eight.missing": curve(ends) - there}
    return out | {"eight.error": total - y, "eight.mse": mse_loss(total, y), "eight.largest": (total - y).abs().max()}


def _bends(prefix: str, curve: Curve, knots: Tensor, width: Tensor) -> Said:
    """The six columns beside the knots (n, 1); a coefficient for each knot, in use or not."""
    before, here, after = curve((knots - width).clamp(min=FIRST)), curve(knots), curve(knots + width)
    left = torch.where(knots > FIRST, here - before, torch.zeros_like(here)) / width
    right = (after - here) / width
    names = ("before", "here", "after", "left", "right", "coef")
    columns = (before, here, after, left, right, right - left)
    return {f"{prefix}.{name}": column for name, column in zip(names, columns, strict=True)}


def _through_knots(curve: Curve, n: int) -> tuple[Net, Tensor]:
    """The net of n pieces that meets the curve at n + 1 knots, and its coefficients (n, 1).

    Independent of _bends: slopes are differences along the knots, coefficients differences of slopes.
    """
    knots = FIRST + torch.arange(n + 1, dtype=torch.float64) * ((LAST - FIRST) / n)
    slopes = torch.diff(curve(knots)) / torch.diff(knots)
    coefs = torch.diff(slopes, prepend=torch.zeros(1, dtype=torch.float64))
    return Net(torch.ones(n), -knots[:-1], coefs, curve(knots[:1]).item()), coefs[:, None]


def _many(given: Mapping[str, Tensor], curve: Curve) -> Said:
    x, count, n = given["many.x"], given["many.count"], given["many.pieces"]
    width = (LAST - FIRST) / n
    knots = torch.where(count > n, LAST - width, FIRST + (count - 1) * width)
    net, coefs = _through_knots(curve, int(n.item()))
    rest = torch.zeros(max(0, len(count) - len(coefs)), 1, dtype=torch.float64)
    total, y = net(x), curve(x)
    out = {"many.width": width, "many.knots": knots, "many.begin": curve(torch.full_like(n, FIRST))}
    out |= _bends("many", curve, knots, width) | {"many.coef": torch.cat([coefs, rest])[: len(count)]}
    out |= {"many.curve": y, "many.sum": total, "many.error": total - y}
    return out | {"many.largest": l1_loss(total, y, reduction="none").max(), "many.mse": mse_loss(total, y)}


def _errors(given: Mapping[str, Tensor], curve: Curve) -> Said:
    x, size, piece = given["many.x"], given["all.size"], given["all.piece"]
    width = (LAST - FIRST) / size
    knots = FIRST + (piece - 1) * width
    out = {"all.width": width, "all.knots": knots, **_bends("all", curve, knots, width)}
    nets = [_through_knots(curve, n) for n in SIZES]
    out["all.own"] = torch.block_diag(*(coefs for _, coefs in nets))  # type: ignore[no-untyped-call]
    sums, y = torch.cat([net(x) for net, _ in nets], dim=1), curve(x)
    off = (sums - y).abs()
    out |= {
        "errors.x": x,
        "errors.sums": sums,
        "errors.off": off,
        "errors.width": (LAST - FIRST) / given["errors.sizes"],
    }
    for key, errors in (("largest", off.amax(0)), ("mse", (off**2).mean(0))):
        ratio = torch.where(errors[1:] > 1e-12, errors[:-1] / errors[1:], torch.zeros(5, dtype=torch.float64))
        out |= {f"errors.{key}": errors[:, None], f"errors.{key}_ratio": ratio[:, None]}
    return out
