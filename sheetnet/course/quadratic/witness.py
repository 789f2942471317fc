"""Torch on the twenty points: an nn.Module with a, b and c, autograd, and SGD written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

Said = dict[str, Tensor]


class Curve(nn.Module):
    """a x^2 + b x + c."""

    def __init__(self, a: float, b: float, c: float) -> None:
        super().__init__()
        self.abc = nn.Parameter(torch.tensor([a, b, c], dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """y (n, 1) at x (n, 1)."""
        a, b, c = self.abc
        y: Tensor = a * x**2 + b * x + c
        return y


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    x, y = given["fit.x"], given["fit.y"]
    start = [given[f"fit.{letter}"].item() for letter in "abc"]
    pred = Curve(*start)(x)
    error = pred - y
    out = {"fit.pred": pred, "fit.error": error, "fit.abs": error.abs(), "fit.square": error**2}
    out |= {"fit.mse": mse_loss(pred, y), "fit.mae": l1_loss(pred, y)}
    for key, loss in (("mse", mse_loss), ("mae", l1_loss)):
        out |= _slopes(key, loss, start, x, y, given["slopes.wiggle"].item())
    which = int(given["promise.which"].item()) - 1
    slope = out["slopes.mse.exact"][which]
    out["promise.slope"] = slope
    out["promise.promised"] = given["promise.step"] * slope
    out["promise.real"] = _moved(start, which, given["promise.step"], x, y) - out["fit.mse"]
    out["promise.off"] = out["promise.real"] - out["promise.promised"]
    out["bowl.loss"] = _moved(start, which, given["bowl.move"], x, y)
    out["bowl.tangent"] = out["fit.mse"] + given["bowl.move"] * slope
    return out | _descent(start, x, y, given)


def _slopes(
    key: str, loss: Callable[[Tensor, Tensor], Tensor], start: list[float], x: Tensor, y: Tensor, wiggle: float
) -> Said:
    net = Curve(*start)
    loss(net(x), y).backward()  # type: ignore[no-untyped-call]
    assert net.abc.grad is not None
    exact = net.abc.grad[:, None]
    sides = []
    for by in (wiggle, -wiggle):
        moved = [[number + by * (i == j) for j, number in enumerate(start)] for i in range(3)]
        sides.append(torch.stack([loss(Curve(*numbers)(x), y) for numbers in moved])[:, None].detach())
    up, down = sides
    wiggled = (up - down) / (2 * wiggle)
    names = ("up", "down", "wiggled", "exact", "apart")
    return {
        f"slopes.{key}.{name}": v
        for name, v in zip(names, (*sides, wiggled, exact, (wiggled - exact).abs()), strict=True)
    }


def _moved(start: list[float], which: int, steps: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The loss (n, 1) when one of the numbers has moved by each step."""
    losses = []
    for step in steps[:, 0].tolist():
        numbers = [number + step * (i == which) for i, number in enumerate(start)]
        losses.append(mse_loss(Curve(*numbers)(x), y))
    return torch.stack(losses)[:, None]


def _descent(start: list[float], x: Tensor, y: Tensor, given: Mapping[str, Tensor]) -> Said:
    net, lr = Curve(*start), given["descent.lr"].item()
    losses, numbers, slopes = [], [], []
    for _ in range(len(given["descent.epochs"])):
        net.zero_grad()
        loss = mse_loss(net(x), y)
        loss.backward()  # type: ignore[no-untyped-call]
        assert net.abc.grad is not None
        losses.append(loss.detach())
        numbers.append(net.abc.detach().clone())
        slopes.append(net.abc.grad.clone())
        with torch.no_grad():
            net.abc.sub_(lr * net.abc.grad)
    out = {"descent.loss": torch.stack(losses)[:, None]}
    at = int(given["descent.epoch"].item())
    out |= {"chosen.from": given["descent.epoch"], "chosen.to": given["descent.epoch"] + 1}
    out |= {"chosen.loss": out["descent.loss"][at], "chosen.x": x, "chosen.pred": Curve(*numbers[at].tolist())(x)}
    for i, letter in enumerate("abc"):
        out[f"descent.{letter}"] = torch.stack(numbers)[:, i : i + 1]
        out[f"descent.slope_{letter}"] = torch.stack(slopes)[:, i : i + 1]
        out[f"chosen.{letter}"] = numbers[at][i]
        out[f"chosen.slope_{letter}"], out[f"chosen.move_{letter}"] = slopes[at][i], lr * slopes[at][i]
        out[f"chosen.after_{letter}"] = numbers[at][i] - lr * slopes[at][i]
    return out
