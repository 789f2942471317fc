"""Torch on the twenty points with many rates: an nn.Module, autograd, torch.optim.SGD and torch's own schedulers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian
from torch.nn.functional import mse_loss
from torch.optim import SGD
from torch.optim.lr_scheduler import ConstantLR, ExponentialLR, LRScheduler, OneCycleLR

Said = dict[str, Tensor]
Scheduler = Callable[[SGD], LRScheduler]
TINY, NO_WAY = 1e-9, 1e-5


class Line(nn.Module):
    """X W, with W (3, 1)."""

    def __init__(self, W: Tensor) -> None:
        super().__init__()
        self.W = nn.Parameter(W.clone())

    def forward(self, X: Tensor) -> Tensor:
        """X (n, 3) -> (n, 1)."""
        return X @ self.W


class Run:
    """What descent did: a row for each epoch; the rate of the last row has not been used."""

    def __init__(self, X: Tensor, y: Tensor, start: Tensor, scheduler: Scheduler, rate: float, epochs: int) -> None:
        net = Line(start)
        optimiser = SGD(net.parameters(), lr=rate)
        schedule = scheduler(optimiser)
        weights, losses, slopes, rates = [], [], [], []
        for epoch in range(epochs + 1):
            optimiser.zero_grad()
            loss = mse_loss(net(X), y)
            loss.backward()  # type: ignore[no-untyped-call]
            assert net.W.grad is not None
            weights.append(net.W.detach().clone().T)
            slopes.append(net.W.grad.clone().T)
            losses.append(loss.detach())
            if epoch < epochs:
                rates.append(optimiser.param_groups[0]["lr"])
                optimiser.step()
                if epoch < epochs - 1:
                    schedule.step()
        self.weights, self.slopes = torch.cat(weights), torch.cat(slopes)
        self.loss, self.rate = column(torch.stack(losses)), column(torch.tensor(rates, dtype=torch.float64))

    @property
    def turned(self) -> Tensor:
        """1 where a step points back on the one before, by more than rounding; nan where that cannot be said."""
        steps = self.weights.diff(dim=0)
        back, size = -1e20 * (steps[1:] * steps[:-1]).sum(1), self.weights[2:].square().sum(1)
        flags = torch.where(back.isfinite() & size.isfinite(), (back > size).double(), torch.nan)
        return column(torch.cat([torch.zeros(2, dtype=torch.float64), flags]))


def column(a: Tensor) -> Tensor:
    return a.reshape(-1, 1)


def number(a: float) -> Tensor:
    return torch.tensor(a, dtype=torch.float64)


def level(optimiser: SGD) -> LRScheduler:
    return ConstantLR(optimiser, factor=1.0)


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    x, y, W = given["points.x"], given["points.y"], given["points.W"]
    X = torch.cat([x**2, x, torch.ones_like(x)], dim=1)

    def run(rate: float, epochs: int, scheduler: Scheduler = level) -> Run:
        return Run(X, y, W, scheduler, rate, epochs)

    epochs = len(given["rates.epochs"]) - 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = _points(X, y, W, given["points.wiggle"].item())
        out["points.X"] = X
        runs = [run(given[f"rates.rate{j}"].item(), epochs) for j in range(1, 9)]
        out |= _rates(runs, out["points.lowest"]) | _chosen(runs, given, X)
        H: Tensor = hessian(lambda w: mse_loss(X @ column(w), y), W[:, 0])  # type: ignore[no-untyped-call]
        out |= _parabola(out, given, H, x, y, W) | _limit(out, given, H)
        out |= _finder(run, given, out["points.mse"])
        return out | _schedules(run, given, out["points.lowest"], epochs)


def _points(X: Tensor, y: Tensor, W: Tensor, wiggle: float) -> Said:
    net = Line(W)
    pred = net(X)
    loss = mse_loss(pred, y)
    loss.backward()  # type: ignore[no-untyped-call]
    assert net.W.grad is not None
    moves = torch.eye(3, dtype=torch.float64) * wiggle
    up, down = (column(torch.stack([mse_loss(X @ (W + s * column(m)), y) for m in moves])) for s in (1, -1))
    wiggled = (up - down) / (2 * wiggle)
    full = torch.linalg.matrix_rank(X) == 3
    best = torch.linalg.lstsq(X, y).solution if full else torch.full_like(W, torch.nan)
    pred = pred.detach()
    out = {"pred": pred, "error": pred - y, "square": (pred - y) ** 2, "mse": loss.detach(), "up": up, "down": down}
    out |= {"wiggled": wiggled, "exact": net.W.grad, "apart": (wiggled - net.W.grad).abs(), "best": best}
    out |= {"lowest": mse_loss(X @ best, y), "best_pred": X @ best}
    return {f"points.{key}": value for key, value in out.items()}


def _rates(runs: list[Run], lowest: Tensor) -> Said:
    losses = torch.cat([one.loss for one in runs], dim=1)
    turned, above = [one.turned for one in runs], (losses - lowest).clamp(min=TINY)
    out = {
        "rates.loss": losses,
        "rates.last": losses[-1:],
        "rates.least": losses.min(dim=0, keepdim=True).values,
        "rates.left": above[-1:] / above[:1].clamp(min=NO_WAY),
        "rates.turns": torch.cat(turned, dim=1).sum(0, keepdim=True),
        "rates.above": above,
    }
    for j, (one, flags) in enumerate(zip(runs, turned, strict=True), start=1):
        out |= {f"runs.w{j}": one.weights, f"runs.turned{j}": flags}
    return out


def _chosen(runs: list[Run], given: Mapping[str, Tensor], X: Tensor) -> Said:
    one, epoch = runs[int(given["runs.which"].item()) - 1], int(given["runs.epoch"].item())
    rates = torch.stack([given[f"rates.rate{j}"].reshape(()) for j in range(1, 9)])
    then = one.weights[epoch : epoch + 1]
    return {
        "runs.rate": rates[int(given["runs.which"].item()) - 1],
        "runs.rates": column(rates),
        "runs.then": then,
        "runs.loss_then": one.loss[epoch],
        "runs.epochs": given["rates.epochs"],
        "runs.loss": one.loss,
        "runs.w": one.weights,
        "runs.slope": one.slopes,
        "runs.pred": Line(then.T)(X),
    }


def _parabola(out: Said, given: Mapping[str, Tensor], H: Tensor, x: Tensor, y: Tensor, W: Tensor) -> Said:
    slopes, bends = out["points.exact"], column(H.diagonal())
    wiggled = (out["points.up"] - 2 * out["points.mse"] + out["points.down"]) / given["points.wiggle"] ** 2
    said = {"slope": slopes, "bend": bends, "bend_wiggled": wiggled, "ideal": -slopes / bends, "limit": 2 / bends}
    rate, slope, moves = given["parabola.rate"].item(), slopes[0, 0], given["parabola.moves"]
    said |= {"start": slope, "same_start": slope, "wide": bends[0], "tangent": out["points.mse"] + slope * moves}
    jumps: Said = {}
    for key, bend in (("wide", bends[0, 0]), ("narrow", given["parabola.narrow"].reshape(()))):
        said |= {f"{key}.ideal": -slope / bend, f"{key}.first": -rate * slope, f"{key}.product": rate * bend}

        def loss(m: Tensor, bend: Tensor = bend) -> Tensor:
            return out["points.mse"] + slope * m + bend * m**2 / 2

        said[f"loss.{key}"] = loss(moves)
        m = nn.Parameter(torch.zeros((), dtype=torch.float64))
        optimiser = SGD([m], lr=rate)
        rows = []
        for _ in given["parabola.steps"]:
            optimiser.zero_grad()
            here = loss(m)
            here.backward()  # type: ignore[no-untyped-call]
            assert m.grad is not None
            rows.append(torch.stack([m.detach().clone(), m.grad.clone(), here.detach()]))
            optimiser.step()
        moved, there, losses = torch.stack(rows).T
        jumps |= {f"{key}": column(moved), f"{key}_slope": column(there), f"{key}_loss": column(losses)}
    return {f"parabola.{k}": v for k, v in said.items()} | {f"jumps.{k}": v for k, v in jumps.items()}


def _limit(out: Said, given: Mapping[str, Tensor], H: Tensor) -> Said:
    directions = [torch.ones(3, dtype=torch.float64) / 3**0.5]
    lengths: list[Tensor] = []
    for _ in given["limit.turns"][1:]:
        turned = H @ directions[-1]
        lengths.append(turned.norm())
        directions.append(turned / turned.norm())
    along = column(torch.stack([v @ H @ v for v in directions]))
    bends = torch.cat([H.diagonal(), along[-1]])
    return {
        "limit.H": H,
        "limit.direction": torch.stack(directions),
        "limit.length": column(torch.stack(lengths)),
        "limit.along": along,
        "limit.sharpest": along[-1],
        "limit.rate": 2 / along[-1],
        "limit.loss": out["points.lowest"] + bends * given["limit.away"] ** 2 / 2,
    }


def _finder(run: Callable[..., Run], given: Mapping[str, Tensor], first: Tensor) -> Said:
    grow, rate = given["finder.grow"].item(), given["finder.first"].item()
    one: Run = run(rate, len(given["finder.step"]), lambda optimiser: ExponentialLR(optimiser, gamma=grow))
    loss = one.loss[1:]
    fall = one.loss[:-1] - loss
    known = torch.where(loss.isfinite(), loss, 1e300)
    falls = torch.where(fall.isfinite(), fall, 0.0)
    low, steep = int(known.argmin()), int(falls.argmax())
    out: dict[str, Any] = {"rate": one.rate, "loss": loss, "fall": fall, "low": loss[low]}
    out |= {"lowest_at": one.rate[low], "suggestion": one.rate[low] / 10}
    out |= {"most": falls[steep], "steepest": one.rate[steep], "loss_there": loss[steep]}
    out |= {"x": torch.stack([one.rate[low] / 10] * 2), "y": torch.stack([loss[low].reshape(()), first.reshape(())])}
    return {f"finder.{key}": column(value) for key, value in out.items()} | {"finder.w": one.weights[1:]}


def _schedules(run: Callable[..., Run], given: Mapping[str, Tensor], lowest: Tensor, epochs: int) -> Said:
    top, decay, share, div, final = (
        given[f"schedules.{key}"].item() for key in ("top", "decay", "share", "div", "final")
    )
    low, peak = top / div, share * epochs - 1
    makers: dict[str, Scheduler] = {
        "constant": level,
        "exponential": lambda optimiser: ExponentialLR(optimiser, gamma=decay),
        "onecycle": lambda optimiser: OneCycleLR(
            optimiser,
            max_lr=top,
            total_steps=epochs,
            pct_start=float(share),
            div_factor=div,
            final_div_factor=final,
            cycle_momentum=False,
        ),
    }
    step = given["schedules.step"]
    rising = step <= peak
    out = {
        "low": number(low),
        "end": number(low / final),
        "peak": number(peak),
        "epochs": given["rates.epochs"],
        "way": torch.where(rising, step / peak, (step - peak) / (epochs - 1 - peak)),
        "come": torch.where(rising, number(low), number(top)),
        "go": torch.where(rising, number(top), number(low / final)),
    }
    for key, maker in makers.items():
        one: Run = run(top, epochs, maker)
        above = (one.loss - lowest).clamp(min=TINY)
        out |= {f"rate.{key}": one.rate, f"loss.{key}": one.loss, f"w.{key}": one.weights}
        out |= {f"above.{key}": above, f"last.{key}": above[-1]}
    return {f"schedules.{key}": value for key, value in out.items()}
