"""Torch on batches: a linear layer on x^2, x and 1, and torch.optim's own optimisers, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from sheetnet.models.twins import one_thread

Said = dict[str, Tensor]
Batch = tuple[Tensor, Tensor]
SIZE, PASSES = 4, 10
OPTIMISERS: dict[str, Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "momentum": lambda weights: torch.optim.SGD(weights, momentum=0.9),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}
REMEMBERED = {  # what torch calls what the sheets call m, v and sum_sq
    "sgd": {},
    "momentum": {"m": "momentum_buffer"},
    "adagrad": {"sum_sq": "sum"},
    "rmsprop": {"v": "square_avg"},
    "adam": {"m": "exp_avg", "v": "exp_avg_sq"},
    "adamw": {"m": "exp_avg", "v": "exp_avg_sq"},
}
SETTINGS = ("lr", "momentum", "alpha", "eps", "weight_decay")


@one_thread()
def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    x, y, start = given["batches.x"], given["batches.y"], given["batches.W_start"]
    X = torch.hstack([x**2, x, torch.ones_like(x)])
    order = given["batches.order"][:, 0].long() - 1
    batches = [(X[rows], y[rows]) for rows in torch.split(order, SIZE)]
    out: Said = {"batches.X": X}
    for k, (X_k, y_k) in enumerate(batches, start=1):
        out |= {f"batches.X_{k}": X_k, f"batches.y_{k}": y_k}
    out |= _gradients(start, [*batches, (X, y)], given) | _one_step(start, X, x, y, order, given)
    best = torch.linalg.solve(X.T @ X, X.T @ y).T
    lowest = mse_loss(X @ best.T, y)
    out |= {"noise.best": best, "noise.lowest": lowest, "compare.lowest": lowest}
    fours, singles = (given[f"noise.{key}.rows"].long() - 1 for key in ("batch", "single"))
    out["noise.batch.used"] = nn.functional.one_hot(fours, len(X)).sum(1).to(X.dtype)
    shuffled = {key: [(X[rows], y[rows]) for rows in some] for key, some in {"batch": fours, "single": singles}.items()}
    for key, some in {"full": [(X, y)] * PASSES, **shuffled}.items():
        said = _descent("sgd", {"lr": given[f"noise.{key}.lr"].item()}, start, some, X, y, given)
        said["above"] = said["loss"] - lowest
        said |= {"first": said["loss"][len(some) // PASSES], "last": said["loss"][-1], "least": said["loss"].min()}
        out |= {f"noise.{key}.{name}": value for name, value in said.items()}
    for name in OPTIMISERS:
        settings = {
            id.partition(".")[2]: v.item() for id, v in given.items() if id.startswith(f"{name}.") and v.numel() == 1
        }
        said = _descent(name, settings, start, batches * PASSES, X, y, given)
        said["above"] = said["loss"] - lowest
        said |= _shown(name, settings, said)
        out |= {f"{name}.{key}": value for key, value in said.items()}
    return out | _compared(out, given)


def _net(weights: Tensor) -> nn.Linear:
    """x^2, x and 1, times a row of three weights."""
    net = nn.Linear(3, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        net.weight.copy_(weights)
    return net


def _slopes(weights: Tensor, batch: Batch, times: float) -> Tensor:
    net = _net(weights)
    (times * mse_loss(net(batch[0]), batch[1])).backward()  # type: ignore[no-untyped-call]
    assert net.weight.grad is not None
    return net.weight.grad


def _gradients(start: Tensor, everyone: Sequence[Batch], given: Mapping[str, Tensor]) -> Said:
    wiggle, times = given["gradients.wiggle"].item(), given["batches.times"].item()
    sides = []
    for by in (wiggle, -wiggle):
        moved = start + by * torch.eye(3, dtype=torch.float64)
        rows = [[times * mse_loss(X @ weights, y[:, 0]) for weights in moved] for X, y in everyone]
        sides.append(torch.tensor(rows, dtype=torch.float64))
    up, down = sides
    wiggled = (up - down) / (2 * wiggle)
    exact = torch.vstack([_slopes(start, batch, times) for batch in everyone])
    parts, whole = exact[:-1], exact[-1:]
    X, y = everyone[-1]
    single = torch.vstack([_slopes(start, (X[i : i + 1], y[i : i + 1]), times) for i in range(len(X))])
    far = torch.linalg.vector_norm(parts - whole, dim=1, keepdim=True)
    far_single = torch.linalg.vector_norm(single - whole, dim=1, keepdim=True)
    typical = [distance.square().mean().sqrt() for distance in (far_single, far)]
    out = {"up": up, "down": down, "wiggled": wiggled, "exact": exact, "apart": (wiggled - exact).abs()}
    out |= {"far": far, "mean": parts.mean(0, keepdim=True)}
    said = {f"gradients.{key}": value for key, value in out.items()}
    said |= {"single.error": _net(start)(X) - y, "single.grad": single, "single.far": far_single}
    return said | {"typical.row": typical[0], "typical.batch": typical[1], "typical.share": typical[1] / typical[0]}


def _one_step(start: Tensor, X: Tensor, x: Tensor, y: Tensor, order: Tensor, given: Mapping[str, Tensor]) -> Said:
    """The chosen batch, and the curves before and after one step of torch's SGD on it, and on all rows."""
    rows = torch.split(order, SIZE)[int(given["batches.which"].item()) - 1]
    out = {"picked.x": x[rows], "picked.y": y[rows], "curve.start": _net(start)(X)}
    for key, batch in {"batch": (X[rows], y[rows]), "all": (X, y)}.items():
        net = _net(start)
        optimiser = torch.optim.SGD(net.parameters())
        optimiser.param_groups[0]["lr"] = given["batches.lr"].item()
        (given["batches.times"].item() * mse_loss(net(batch[0]), batch[1])).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        out |= {f"after.{key}": net.weight, f"curve.{key}": net(X)}
    return out


def _descent(
    name: str, settings: Mapping[str, float], start: Tensor, batches: Sequence[Batch], X: Tensor, y: Tensor,
    given: Mapping[str, Tensor],
) -> Said:  # fmt: skip
    """Weights, loss on all rows, gradients, and what the optimiser remembers, step by step."""
    net = _net(start)
    optimiser = OPTIMISERS[name](net.parameters())
    group: dict[str, Any] = optimiser.param_groups[0]
    group |= {key: value for key, value in settings.items() if key in SETTINGS}
    if "betas" in group:
        group["betas"] = (settings["beta1"], settings["beta2"])
    told: dict[str, list[Tensor]] = {key: [torch.zeros_like(start)] for key in REMEMBERED[name]}
    weights, grads, losses = [start.clone()], [], [mse_loss(net(X), y).detach()]
    for batch in batches:
        optimiser.zero_grad()
        (given["batches.times"].item() * mse_loss(net(batch[0]), batch[1])).backward()  # type: ignore[no-untyped-call]
        assert net.weight.grad is not None
        grads.append(_finite(net.weight.grad))
        optimiser.step()
        memory = optimiser.state[net.weight]
        for key, called in REMEMBERED[name].items():  # with a momentum of 0 torch keeps nothing but the gradient
            told[key].append(_finite(memory[called]) if called in memory else grads[-1])
        with torch.no_grad():  # an error value spreads in a sheet, where torch may divide by an infinity and go on
            for value in (grads[-1], *(values[-1] for values in told.values())):
                net.weight[value.isnan()] = torch.nan
        weights.append(net.weight.detach().clone())
        losses.append(_finite(mse_loss(net(X), y).detach()))
    out = {key: torch.vstack(values) for key, values in told.items()}
    return out | {"W": torch.vstack(weights), "grad": torch.vstack(grads), "loss": torch.stack(losses)[:, None]}


def _finite(value: Tensor) -> Tensor:
    """A copy in which all that is not finite is nan."""
    return torch.where(value.isfinite(), value, torch.nan)


def _shown(name: str, settings: Mapping[str, float], said: Mapping[str, Tensor]) -> Said:
    """What follows from weights, gradients and memory: corrections, rates, and the step to look at, line by line."""
    t = torch.arange(1.0, len(said["grad"]) + 1, dtype=torch.float64)[:, None]
    out: Said = {"t": t}
    if name in ("adam", "adamw"):
        for key, beta in (("m", "beta1"), ("v", "beta2")):
            correct = 1 - settings[beta] ** t
            out[f"{key}_hat"] = said[key][1:] / correct
            if name == "adam":
                out[f"correct_{beta}"] = correct
    if name == "adam":
        out["corrected"] = out["m_hat"] / (out["v_hat"].sqrt() + settings["eps"])
        out["raw"] = said["m"][1:] / (said["v"][1:].sqrt() + settings["eps"])
    if name == "adamw":
        out["W_less"] = said["W"][:-1] * (1 - settings["lr"] * settings["weight_decay"])
    if name in ("adagrad", "rmsprop"):
        (key,) = REMEMBERED[name]
        out["own"] = settings["lr"] / (said[key][1:].sqrt() + settings["eps"])
    at = int(settings["at"])
    now = {"W_then": said["W"][at - 1], "W_after": said["W"][at], "in_the_table": said["W"][at]}
    now["gradient"] = said["grad"][at - 1]
    for key in REMEMBERED[name]:
        now |= {f"{key}_then": said[key][at - 1], f"{key}_after": said[key][at]}
    now |= {key: out[key][at - 1] for key in ("W_less", "m_hat", "v_hat") if key in out}
    return out | {f"now.{key}": value[None] for key, value in now.items()}


def _compared(out: Said, given: Mapping[str, Tensor]) -> Said:
    losses = torch.hstack([out[f"{name}.loss"] for name in OPTIMISERS])
    above = torch.hstack([out[f"{name}.above"] for name in OPTIMISERS])
    then = losses[given["compare.step"][:, 0].long()]
    slow = (above > given["compare.far"]).double().sum(0)
    last = torch.where(then[-1].isfinite(), then[-1], 1e300)
    return {
        "compare.lr": torch.stack([given[f"{name}.lr"][0, 0] for name in OPTIMISERS]),
        "compare.losses": losses,
        "compare.then": then,
        "compare.slow": torch.where(above.isfinite().all(0), slow, torch.nan),
        "compare.place": 1 + (last[None] > last[:, None]).double().sum(0),
    }
