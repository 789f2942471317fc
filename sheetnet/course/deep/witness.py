"""Lesson 10 in torch: nn.Sequential, autograd and torch.optim; the same numbers, found apart from the sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import SGD

from sheetnet.course.deep.own import FINE, FOLDED, MODELS, PEOPLE, STEP
from sheetnet.course.deep.witness_nets import Said, Units, grad_of, in_a_sheet, mlp, passed, together
from sheetnet.models.twins import one_thread

Given = Mapping[str, Tensor]
MOMENTUM = 0.9


@one_thread()
def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of the blocks of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    said = {
        "chain": _chain(given), "descent": _descent(given), "units": _units(given), "fold": _fold(given),
        "dead": _dead(given), "spread": _spread(given), "vanishing": _vanishing(given), "starts": _starts(given),
        "models": _models(given),
    }  # fmt: skip
    said["net.descent"] = said["descent"]  # where the epochs stand
    return {f"{page}.{id}": value for page, blocks in said.items() for id, value in blocks.items()}


def _chain(given: Given) -> Said:
    X, y = given["chain.X"], given["chain.y"]
    names = [f"{letter}_{k}" for k in (1, 2, 3) for letter in "Wb"]
    net = mlp([given[f"chain.{name}"] for name in names])
    steps = passed(net, X)
    loss = mse_loss(steps[-1], y)
    loss.backward()  # type: ignore[no-untyped-call]
    out = {"error": steps[-1] - y, "loss": loss}
    for name, step in zip(("lin_1", "relu_1", "lin_2", "relu_2", "pred"), steps, strict=True):
        out |= {name: step, f"d_{name}": grad_of(step)}
    for name, p in zip(names, net.parameters(), strict=True):
        out[("grad_" if name[0] == "W" else "d_") + name] = in_a_sheet(grad_of(p))
    exact, nudge = out["grad_W_1"].reshape(-1, 1), given["chain.wiggle"]
    up, down = (
        torch.stack([_nudged(net, X, y, i, sign * nudge) for i in range(len(exact))])[:, None] for sign in (1, -1)
    )
    wiggled = (up - down) / (2 * nudge)
    return out | {"exact": exact, "up": up, "down": down, "wiggled": wiggled, "apart": (wiggled - exact).abs()}


def _nudged(net: nn.Sequential, X: Tensor, y: Tensor, i: int, by: Tensor) -> Tensor:
    """The loss with the i-th number of the first weights, row by row of a sheet, moved."""
    weight = in_a_sheet(net.get_parameter("0.weight").detach()).contiguous()
    weight.view(-1)[i] += by.item()
    moved = torch.func.functional_call(net, {"0.weight": weight.T}, X)
    return mse_loss(moved, y).detach()


def _descent(given: Given) -> Said:
    x, y, last = given["descent.x"], given["descent.y"], len(given["descent.epochs"]) - 1
    names = [f"{letter}_{k}" for k in (1, 2, 3) for letter in "Wb"]
    net = mlp([given[f"net.start.{name}"] for name in names])
    at, optimiser = int(given["descent.epoch"].item()), SGD(net.parameters(), given["descent.lr"].item(), MOMENTUM)
    out, losses, before = Said(), list[Tensor](), [Said()]
    for epoch in range(last + 1):
        optimiser.zero_grad()
        steps = passed(net, x)
        loss = mse_loss(steps[-1], y)
        losses.append(loss.detach())
        loss.backward()  # type: ignore[no-untyped-call]
        grads = {name: in_a_sheet(grad_of(p)) for name, p in zip(names, net.parameters(), strict=True)}
        if epoch == at:
            for name, step in zip(("lin_1", "relu_1", "lin_2", "relu_2", "pred"), steps, strict=True):
                out |= {name: step.detach(), f"d_{name}": grad_of(step)}
            out |= {"row_loss": (steps[-1] - y).square().detach(), "curve": net(given["descent.grid"]).detach()}
            out |= {f"grad_{name}": grad for name, grad in grads.items()}
            out["slope"] = torch.stack([grad.square().sum() for grad in grads.values()]).sum()
            out["then.wiggled"] = _along(net, x, y, given["descent.wiggle"])
        before[-1] |= {name: in_a_sheet(p.detach()) for name, p in zip(names, net.parameters(), strict=True)}
        optimiser.step()
        moved = [optimiser.state[p]["momentum_buffer"] for p in net.parameters()]
        before.append({f"m_{name}": in_a_sheet(m) for name, m in zip(names, moved, strict=True)})
    before[0] |= {f"m_{name}": torch.zeros_like(before[0][name]) for name in names}
    out |= {name: before[at][name] for name in names} | {f"moved_{name}": before[at][f"m_{name}"] for name in names}
    after = before[at + 1] | {name: in_a_sheet(p.detach()) for name, p in zip(names, net.parameters(), strict=True)}
    out |= {f"{name}_next": (before[at + 1] if at < last else after)[name] for name in names}
    curve = torch.stack(losses)[:, None]
    return (
        out
        | {"losses": curve, "loss_then": curve[at], "loss_end": curve[-1]}
        | {f"{name}.{t}": value for t, some in enumerate(before[:-1]) for name, value in some.items()}
    )


def _along(net: nn.Sequential, x: Tensor, y: Tensor, nudge: Tensor) -> Tensor:
    """The slope of the loss along its gradient, by wiggling all parameters at once."""
    ends = []
    for sign in (1, -1):
        moved = {name: p.detach() + sign * nudge * grad_of(p) for name, p in net.named_parameters()}
        ends.append(mse_loss(torch.func.functional_call(net, moved, x), y).detach())
    return (ends[0] - ends[1]) / (2 * nudge)


def _units(given: Given) -> Said:
    x, y, size, grid = (given[f"units.{id}"] for id in ("x", "y", "size", "grid"))
    nets, c = [], given["units.c"]
    for j, k in enumerate(torch.unique(size)):
        w, b, v = (given[f"units.{id}"][size == k] for id in "wbv")
        nets.append(mlp([w[None], b[None], v[:, None], c[:, j : j + 1]]))
    deep = [f"units.deep.{letter}_{k}" for k in (1, 2, 3) for letter in "Wb"]
    nets.append(mlp([given[id] for id in deep]))
    says = [net(x).detach() for net in nets]
    along = torch.cat([net(grid).detach() for net in nets], dim=1)
    corners = [sum(switches(part, grid) for part in _before_relus(net)) for net in nets]
    return {
        "errors": torch.stack([mse_loss(said, y) for said in says])[:, None], "along": along,
        "wide": torch.cat(says[:-1], dim=1), "deep": says[-1], "corners": torch.tensor(corners, dtype=torch.float64)[:, None],
        "line": along[:, int(given["units.which"].item()) - 1][:, None],
        "switches": torch.cat([_each(net[0], grid) for net in nets[:-1]])[:, None],
    }  # fmt: skip


def _before_relus(net: nn.Sequential) -> list[nn.Module]:
    return [net[:k] for k, layer in enumerate(net) if isinstance(layer, nn.ReLU)]


def switches(part: Callable[[Tensor], Tensor], grid: Tensor) -> int:
    """How often a unit goes on or off between a point and the next."""
    return int(((part(grid) > 0) != (part(grid + STEP) > 0)).sum().item())


def _each(linear: nn.Module, grid: Tensor) -> Tensor:
    """How often each unit of a layer goes on or off."""
    now, then = (linear(at) > 0 for at in (grid, grid + STEP))
    changed: Tensor = now != then
    return changed.double().sum(0)


def _fold(given: Given) -> Said:
    """A triangle of that height, again and again."""
    height, x, layer = given["fold.height"], given["fold.x"], given["fold.layer"]
    out: Said = {"units": 2 * layer, "pieces": 2**layer, "wide": 2**layer - 1}
    for k in range(1, FOLDED + 1):
        x = height * torch.where(x <= 0.5, 2 * x, 2 - 2 * x)
        out[f"fold_{k}"] = x
    assert len(x) == FINE + 1
    return out


def _dead(given: Given) -> Said:
    x, y, w, v, bias = (given[f"dead.{id}"] for id in ("x", "y", "w", "v", "bias"))
    epochs, lr = len(given["dead.epochs"]) - 1, given["dead.lr"].item()
    out: Said = {"X": torch.cat([x, torch.ones_like(x)], dim=1), "w_then": w.T, "b_then": 0 * w.T + bias}
    curves = []
    for k, start in enumerate((0 * bias, bias)):
        out[f"A{k}"] = torch.cat([w, 0 * w + start])
        *curve, weights = together(Units(out[f"A{k}"], v, 1), x, y, epochs, lr, f"run{k}")
        curves.append(curve)
        out |= weights
    losses, dead = (torch.cat(both, dim=1) for both in zip(*curves, strict=True))
    net = Units(out["A1"], v, 1)
    net.losses(x, y).sum().backward()  # type: ignore[no-untyped-call]
    grads = [grad_of(p) for p in (net.w, net.b, net.v)]
    out |= {"grad_A": torch.cat(grads[:2]), "grad_v": grads[2], "size": torch.cat(grads).abs().sum(0)[:, None]}
    out |= {"losses": losses, "dead": dead, "rows": net.on(x).double().T}
    return out | {"dead_start": dead[:1], "dead_end": dead[-1:], "loss_end": losses[-1:]}


def _spread(given: Given) -> Said:
    Zs = [given[f"spread.Z.{k}"] for k in range(6)]
    columns, out = [], Said()
    for j, spread in enumerate((0.25, 0.5, 1.0, given["spread.spread"].item())):
        act = given["spread.X"]
        sizes = [act.abs().mean()]
        for k, Z in enumerate(Zs):
            act = out[f"h{j}.{k}"] = torch.relu(act @ (spread * Z))
            sizes.append(act.mean())
        columns.append(torch.stack(sizes))
    return out | {"sizes": torch.stack(columns, dim=1), "he": torch.tensor(2 / len(Zs[0])).double().sqrt()}


def _vanishing(given: Given) -> Said:
    columns, out = [], Said()
    for key, kind in (("relu", nn.ReLU), ("sigmoid", nn.Sigmoid)):
        Ws = [given[f"vanishing.spread_{key}"] * given[f"spread.Z.{k}"] for k in range(6)]
        layers = []
        for W in Ws:
            linear = nn.Linear(W.shape[0], W.shape[1], bias=False, dtype=torch.float64)
            linear.load_state_dict({"weight": W.T})
            layers += [linear, kind()]
        net = nn.Sequential(*layers)
        steps = passed(net, given["spread.X"])
        mse_loss(steps[-1] @ given["vanishing.v"], given["vanishing.y"]).backward()  # type: ignore[no-untyped-call]
        grads = [grad_of(p).T for p in net.parameters()]
        columns.append(torch.stack([grad.abs().mean() for grad in grads]))
        for k, grad in enumerate(grads):
            out |= {f"{key}_lin.{k}": steps[2 * k], f"{key}_act.{k}": steps[2 * k + 1]}
            out |= {f"{key}_d_lin.{k}": grad_of(steps[2 * k]), f"{key}_grad.{k}": grad}
    sizes = torch.stack(columns, dim=1)
    return out | {"sizes": sizes, "ratio": sizes[-1:] / sizes[:1]}


def _starts(given: Given) -> Said:
    x, y, A, v = (given[f"starts.{id}"] for id in ("x", "y", "A.start", "v.start"))
    lr, strength, which = (given[f"starts.{id}"].item() for id in ("lr", "strength", "which"))
    noise = [
        given[id]
        for id in sorted(
            (id for id in given if id.startswith("starts.noise.")), key=lambda id: int(id.rsplit(".", 1)[1])
        )
    ]
    rounds, nets = len(noise), len(given["starts.numbers"])
    shaken = [strength * (1 - t / rounds) * z for t, z in enumerate(noise)]
    ends, lines, out = [], [], Said()
    for k, some in enumerate(([], shaken)):
        net = Units(A, v, nets)
        losses, _, weights = together(net, x, y, rounds, lr, f"run{k}", some)
        ends.append(losses[-1])
        out |= weights
        lines.append(net(given["starts.grid"]).detach()[:, int(which) - 1])
    both = torch.stack(ends, dim=1)
    bins = torch.cat([given["starts.bins"][1:, 0], torch.tensor([torch.inf])])
    low = torch.bucketize(both, bins.contiguous())  # a loss on a border belongs to the bin below
    counted = torch.stack([(low == k).sum(0) for k in range(len(bins))]).double()
    out |= {id: torch.cat([a, torch.ones_like(a)], dim=1) for id, a in (("X", x), ("along", given["starts.grid"]))}
    out |= {"ends": both, "lines": torch.stack(lines, dim=1), "counted": counted, "this": both[int(which) - 1][None]}
    middle = both.sort(dim=0).values[nets // 2 - 1 : nets // 2 + 1].mean(0)
    return out | {"min": both.min(0).values[None], "max": both.max(0).values[None], "median": middle[None]}


def _models(given: Given) -> Said:
    X, y, parts = (given[f"models.{id}"] for id in ("X", "y", "parts"))
    preds = [torch.zeros_like(y)]
    for model, hidden in MODELS.items():
        ids = [id for id in given if id.startswith(f"models.{model}.")]
        if hidden:
            preds.append(mlp([given[id] for id in sorted(ids, key=_layer)])(X).detach())
        else:
            scores = X @ given[ids[0]]
            preds.append(scores if model == "line" else torch.relu(scores).sum(1, keepdim=True))
    losses = torch.stack([mse_loss(pred, y) for pred in preds])[:, None]
    right = torch.stack([((pred > 0.5) == (y == 1)).double().mean() for pred in preds])[:, None]
    each = 3 * (PEOPLE - len(y)) * given["models.weights"]
    checks = given["models.checks"]
    out = {"cost": each * checks[-1] / 1e6, "spent": checks * each[1:].T / 1e6, "level": losses[0].expand_as(checks)}
    return out | {
        "turned": parts[1:].T,
        "losses": losses,
        "right": right,
        "preds": torch.cat(preds, dim=1),
        "mean": parts.mean(1, keepdim=True),
    }


def _layer(id: str) -> tuple[str, bool]:
    """What the parameters of a net are sorted by: the number of the layer, weights before biases."""
    name = id.rsplit(".", 1)[1]
    return name[2:], name[0] == "b"
