"""Torch on the twenty points with many rates: autograd, torch.optim.SGD and torch's own schedulers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian
from torch.nn.functional import mse_loss
from torch.optim import SGD
from torch.optim.lr_scheduler import ExponentialLR, LRScheduler, OneCycleLR

Said = dict[str, Tensor]
Given = Mapping[str, Tensor]
Loss = Callable[[Tensor], Tensor]
Scheduler = Callable[[SGD], LRScheduler]
TINY, NO_WAY = 1e-9, 1e-5


class Run:
    """What descent did, a row for each epoch: weights, slopes, loss; and the rate of each step."""

    def __init__(self, loss: Loss, start: Tensor, rate: float, epochs: int, scheduler: Scheduler | None = None) -> None:
        w = nn.Parameter(start.clone())
        optimiser = SGD([w], lr=rate)
        schedule = (scheduler or times(1.0))(optimiser)
        rows, rates = [], []
        for epoch in range(epochs + 1):
            optimiser.zero_grad()
            here = loss(w)
            here.backward()  # type: ignore[no-untyped-call]
            assert w.grad is not None
            rows.append([w.detach().clone().T, w.grad.clone().T, here.detach().reshape(1, 1)])
            if epoch < epochs:
                rates.append(optimiser.param_groups[0]["lr"])
                optimiser.step()
            if epoch < epochs - 1:
                schedule.step()
        self.weights, self.slopes, self.loss = (torch.cat(each) for each in zip(*rows, strict=True))
        self.rate = column(torch.tensor(rates, dtype=torch.float64))

    @property
    def turned(self) -> Tensor:
        """1 where a step points back on the one before, by more than rounding; nan where that cannot be said."""
        steps = self.weights.diff(dim=0)
        back, size = -1e20 * (steps[1:] * steps[:-1]).sum(1), self.weights[2:].square().sum(1)
        flags = torch.where(back.isfinite() & size.isfinite(), (back > size).double(), torch.nan)
        return column(torch.cat([torch.zeros(2, dtype=torch.float64), flags]))


def column(a: Tensor) -> Tensor:
    return a.reshape(-1, 1)


def times(gamma: float) -> Scheduler:
    """Each rate is the one before times gamma."""
    return lambda optimiser: ExponentialLR(optimiser, gamma=gamma)


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    x, y, W = given["points.x"], given["points.y"], given["points.W"]
    X = torch.cat([x**2, x, torch.ones_like(x)], dim=1)

    def loss(w: Tensor) -> Tensor:
        return mse_loss(X @ w, y)

    run, epochs = partial(Run, loss, W), len(given["rates.epochs"]) - 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        points = _points(X, y, W, loss, run(0.0, 0), given["points.wiggle"].item())
        runs = [run(given[f"rates.rate{j}"].item(), epochs) for j in range(1, 9)]
        H: Tensor = hessian(lambda w: loss(column(w)), W[:, 0])  # type: ignore[no-untyped-call]
        said = {
            "points": points,
            "rates": _rates(runs, points["lowest"]),
            "runs": _runs(runs, given, X),
            "limit": _limit(points["lowest"], given, H),
            "finder": _finder(run, given, points["mse"]),
            "schedules": _schedules(run, given, points["lowest"], epochs),
        }
        said["parabola"], said["jumps"] = _parabola(points, given, H)
    return {f"{page}.{id}": value for page, blocks in said.items() for id, value in blocks.items()}


def _points(X: Tensor, y: Tensor, W: Tensor, loss: Loss, start: Run, wiggle: float) -> Said:
    moves = torch.eye(3, dtype=torch.float64) * wiggle
    up, down = (column(torch.stack([loss(W + s * column(m)) for m in moves])) for s in (1, -1))
    wiggled, exact = (up - down) / (2 * wiggle), start.slopes.T
    full = torch.linalg.matrix_rank(X) == 3
    best = torch.linalg.lstsq(X, y, driver="gelsd").solution if full else torch.full_like(W, torch.nan)
    out = {"X": X, "pred": X @ W, "error": X @ W - y, "square": (X @ W - y) ** 2, "mse": start.loss}
    out |= {"up": up, "down": down, "wiggled": wiggled, "exact": exact, "apart": (wiggled - exact).abs()}
    return out | {"best": best, "lowest": loss(best), "best_pred": X @ best}


def _rates(runs: list[Run], lowest: Tensor) -> Said:
    losses = torch.cat([one.loss for one in runs], dim=1)
    above = (losses - lowest).clamp(min=TINY)
    out = {"loss": losses, "last": losses[-1:], "least": losses.min(dim=0, keepdim=True).values, "above": above}
    out |= {"left": above[-1:] / above[:1].clamp(min=NO_WAY)}
    return out | {"turns": torch.cat([one.turned for one in runs], dim=1).sum(0, keepdim=True)}


def _runs(runs: list[Run], given: Given, X: Tensor) -> Said:
    which, epoch = int(given["runs.which"].item()) - 1, int(given["runs.epoch"].item())
    rates = torch.cat([given[f"rates.rate{j}"].reshape(1, 1) for j in range(1, 9)])
    one, then = runs[which], runs[which].weights[epoch : epoch + 1]
    out = {"rate": rates[which], "rates": rates, "then": then, "loss_then": one.loss[epoch], "pred": X @ then.T}
    out |= {"epochs": given["rates.epochs"], "loss": one.loss, "w": one.weights, "slope": one.slopes}
    for j, each in enumerate(runs, start=1):
        out |= {f"w{j}": each.weights, f"turned{j}": each.turned}
    return out


def _parabola(points: Said, given: Given, H: Tensor) -> tuple[Said, Said]:
    slopes, bends, here = points["exact"], column(H.diagonal()), points["mse"]
    wiggled = (points["up"] - 2 * here + points["down"]) / given["points.wiggle"] ** 2
    rate, slope, moves = given["parabola.rate"].item(), slopes[0, 0], given["parabola.moves"]
    said = {"slope": slopes, "bend": bends, "bend_wiggled": wiggled, "ideal": -slopes / bends, "limit": 2 / bends}
    said |= {"start": slope, "same_start": slope, "wide": bends[0], "tangent": here + slope * moves}
    jumps: Said = {}

    def loss(bend: Tensor, m: Tensor) -> Tensor:
        return here + slope * m + bend * m**2 / 2

    for key, bend in (("wide", bends[0, 0]), ("narrow", given["parabola.narrow"].reshape(()))):
        said |= {f"{key}.ideal": -slope / bend, f"{key}.first": -rate * slope, f"{key}.product": rate * bend}
        said[f"loss.{key}"] = loss(bend, moves)
        run = Run(partial(loss, bend), torch.zeros((1, 1), dtype=torch.float64), rate, len(given["parabola.steps"]) - 1)
        jumps |= {key: run.weights, f"{key}_slope": run.slopes, f"{key}_loss": run.loss}
    return said, jumps


def _limit(lowest: Tensor, given: Given, H: Tensor) -> Said:
    directions = [torch.ones(3, dtype=torch.float64) / 3**0.5]
    for _ in given["limit.turns"][1:]:
        turned = H @ directions[-1]
        directions.append(turned / turned.norm())
    length = column(torch.stack([(H @ v).norm() for v in directions[:-1]]))
    along = column(torch.stack([v @ H @ v for v in directions]))
    loss = lowest + torch.cat([H.diagonal(), along[-1]]) * given["limit.away"] ** 2 / 2
    out = {"H": H, "direction": torch.stack(directions), "length": length, "along": along, "loss": loss}
    return out | {"sharpest": along[-1], "rate": 2 / along[-1]}


def _finder(run: Callable[..., Run], given: Given, first: Tensor) -> Said:
    grow, rate = given["finder.grow"].item(), given["finder.first"].item()
    one = run(rate, len(given["finder.step"]), times(grow))
    loss, fall = one.loss[1:], one.loss[:-1] - one.loss[1:]
    falls = torch.where(fall.isfinite(), fall, 0.0)
    low, steep = int(torch.where(loss.isfinite(), loss, 1e300).argmin()), int(falls.argmax())
    out = {"rate": one.rate, "loss": loss, "fall": fall, "w": one.weights[1:], "low": loss[low]}
    out |= {"lowest_at": one.rate[low], "suggestion": one.rate[low] / 10}
    out |= {"most": falls[steep], "steepest": one.rate[steep], "loss_there": loss[steep]}
    return out | {"x": column(one.rate[low] / 10).repeat(2, 1), "y": torch.cat([column(loss[low]), column(first)])}


def _schedules(run: Callable[..., Run], given: Given, lowest: Tensor, epochs: int) -> Said:
    top, decay, share, div, final = (given[f"schedules.{id}"] for id in ("top", "decay", "share", "div", "final"))
    low, peak, step = top / div, share * epochs - 1, given["schedules.step"]
    end, rising = low / final, step <= peak
    out = {"low": low, "end": end, "peak": peak, "epochs": given["rates.epochs"]}
    out["way"] = torch.where(rising, step / peak, (step - peak) / (epochs - 1 - peak))
    out |= {"come": torch.where(rising, low, top), "go": torch.where(rising, top, end)}
    schedulers: dict[str, Scheduler] = {
        "constant": times(1.0),
        "exponential": times(decay.item()),
        "onecycle": lambda optimiser: OneCycleLR(
            optimiser, max_lr=top.item(), total_steps=epochs, pct_start=share.item(), div_factor=div.item(),
            final_div_factor=final.item(), cycle_momentum=False,
        ),
    }  # fmt: skip
    for key, scheduler in schedulers.items():
        one = run(top.item(), epochs, scheduler)
        above = (one.loss - lowest).clamp(min=TINY)
        out |= {f"rate.{key}": one.rate, f"loss.{key}": one.loss, f"w.{key}": one.weights}
        out |= {f"above.{key}": above, f"last.{key}": above[-1]}
    return out
