"""Lesson 15 in torch: modules, requires_grad, torch.optim; torch's own float16 and bfloat16; the same numbers, found apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import SGD

from sheetnet.models.twins import gradient_of, one_thread

Said = dict[str, Tensor]
Given = Mapping[str, Tensor]
LOWER, HEAD = ("W_1", "b_1", "W_2", "b_2"), ("W_3", "b_3")
KEYS = ("0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias")  # of an nn.Sequential, in the sheet's order
KINDS = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}
LAST = 60
WAYS = ("scratch", "frozen", "whole")


@one_thread()
def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    old = {name: given[f"old.{name}"] for name in (*LOWER, *HEAD)}
    task = int(given["three.task"].item()) - 1
    y, y_kept = (given[f"rows.{key}"][:, task : task + 1] for key in ("y", "y_kept"))
    runs = {way: _descent(given, way, old, y, y_kept) for way in WAYS}
    said = {
        "old": _old(given, old), "features": _features(given, old), "three": _three(given, runs, y, y_kept),
        **{way: _way(given, way, runs[way], old) for way in WAYS}, "digits": _digits(given),
        "rounded": _rounded(given, old, runs["frozen"], y_kept), "sum": _sum(given),
    }  # fmt: skip
    said["frozen"] |= _slow(given, old, runs["frozen"], y)
    return {f"{page}.{id}": value for page, blocks in said.items() for id, value in blocks.items()}


class Run:
    """The weights of a module at each epoch, and its losses."""

    def __init__(self) -> None:
        self.params: list[Said] = []
        self.few: list[Tensor] = []
        self.kept: list[Tensor] = []
        self.seen: list[Said] = []


def module_of(P: Mapping[str, Tensor]) -> nn.Sequential:
    """An nn.Sequential with weights in the shapes of a sheet."""
    sizes = P["W_1"].shape, P["W_2"].shape, P["W_3"].shape
    a, b, c = (nn.Linear(n_in, n_out) for n_in, n_out in sizes)
    module = nn.Sequential(a, nn.Tanh(), b, nn.Tanh(), c).double()
    state = {key: (value.T if "weight" in key else value[0]) for key, value in zip(KEYS, P.values(), strict=True)}
    module.load_state_dict(state)
    return module


def sheet_of(module: nn.Module) -> Said:
    """Its weights in the shapes of a sheet."""
    values = [p.detach().clone() for p in module.parameters()]
    return {name: v.T if v.dim() == 2 else v[None] for name, v in zip((*LOWER, *HEAD), values, strict=True)}


def _descent(given: Given, way: str, old: Given, y: Tensor, y_kept: Tensor) -> Run:
    """Torch's SGD on the few rows, with requires_grad False below the head where it is frozen."""
    if way == "scratch":
        begin = {name: given[f"scratch.{name}.0"] for name in (*LOWER, *HEAD)}
    else:
        begin = {name: old[name] for name in LOWER} | {name: given[f"{way}.{name}.0"] for name in HEAD}
    module, run = module_of(begin), Run()
    if way == "frozen":
        module[:4].requires_grad_(False)
    learning = [p for p in module.parameters() if p.requires_grad]
    optimiser = SGD(learning, lr=given["three.smaller" if way == "whole" else "three.lr"].item())
    for _ in range(LAST + 1):
        seen: list[Tensor] = []
        value = given["rows.x"]
        for layer in module:
            value = layer(value)
            if value.requires_grad:
                value.retain_grad()
            seen.append(value)
        loss = mse_loss(value, y)
        run.params.append(sheet_of(module))
        with torch.no_grad():
            run.few.append(loss.detach())
            run.kept.append(mse_loss(module(given["rows.x_kept"]), y_kept))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        lin_1, hidden, lin_2, features, pred = seen
        told = {"error": pred.detach() - y}
        if way != "frozen":
            told |= {"hidden": hidden.detach(), "features": features.detach()}
            told |= {"d_2": gradient_of(lin_2).clone(), "d_1": gradient_of(lin_1).clone()}
        run.seen.append(told)
        optimiser.step()
    return run


def _says(P: Mapping[str, Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        said: Tensor = module_of(P)(x)
    return said


def _upto(P: Mapping[str, Tensor], x: Tensor, layers: int) -> Tensor:
    with torch.no_grad():
        said: Tensor = module_of(P)[:layers](x)
    return said


def _old(given: Given, old: Given) -> Said:
    x, Y, at = given["old.x"], given["old.Y"], int(given["old.which"].item()) - 1
    pred = _says(old, x)
    out = {"pred": pred, "hidden": _upto(old, x, 2), "features": _upto(old, x, 4), "loss": mse_loss(pred, Y)}
    return out | {"y": Y[:, [at]], "said": pred[:, [at]], "wave_loss": mse_loss(pred[:, at], Y[:, at])}


def _features(given: Given, old: Given) -> Said:
    x, w, b = given["features.grid"], given["features.w"], given["features.b"]
    start = {name: given[f"scratch.{name}.0"] for name in (*LOWER, *HEAD)}
    learnt = _upto(old, x, 4)
    out = {"learnt": learnt, "random": _upto(start, x, 4), "curve": learnt @ w.T + b, "y": given["rows.y"][:, :1]}
    for key, rows, target in (("few", "rows.x", "rows.y"), ("kept", "rows.x_kept", "rows.y_kept")):
        out[key] = mse_loss(_upto(old, given[rows], 4) @ w.T + b, given[target][:, :1])
    return out


def _three(given: Given, runs: Mapping[str, Run], y: Tensor, y_kept: Tensor) -> Said:
    epoch = int(given["three.epoch"].item())
    out = {"y_few": y, "y_kept": y_kept}
    for way, run in runs.items():
        curves = {"few": torch.stack(run.few)[:, None], "kept": torch.stack(run.kept)[:, None]}
        out |= {f"{key}_{way}_curve": curve for key, curve in curves.items()}
        both = torch.cat([*curves.values()], dim=1)
        out[f"then_{way}"] = both[[epoch]]
        out[f"curve_{way}"] = _says(run.params[epoch], given["features.grid"])
    return out


def _way(given: Given, way: str, run: Run, old: Given) -> Said:
    out = {f"{name}.{k}": value for k, P in enumerate(run.params) for name, value in P.items()}
    out |= {f"{name}.{k}": value for k, seen in enumerate(run.seen) for name, value in seen.items()}
    now = run.params[int(given["three.epoch"].item())]
    out |= {f"then_{name}": value for name, value in now.items()}
    if way != "whole":
        return out
    heads = {name: old[name] for name in HEAD}
    forgets = torch.stack([mse_loss(_says(P | heads, given["old.x"]), given["old.Y"]) for P in run.params])[:, None]
    return out | {"old_loss": forgets, "first": forgets[:1], "last": forgets[-1:]}


def _slow(given: Given, old: Given, run: Run, y: Tensor) -> Said:
    """One step of the head, by autograd, and by wiggling."""
    now, wiggle = run.params[int(given["three.epoch"].item())], given["frozen.wiggle"].item()
    features = _upto(old, given["rows.x"], 4)
    head = torch.cat([now["W_3"], now["b_3"]]).requires_grad_()

    def loss(head: Tensor) -> Tensor:
        return mse_loss(features @ head[:2] + head[2:], y)

    (grad,) = torch.autograd.grad(loss(head), head)
    still = head.detach()
    moves = torch.eye(3, dtype=torch.float64)[..., None] * wiggle
    up, down = (torch.stack([loss(still + sign * move) for move in moves])[:, None] for sign in (1, -1))
    pred = features @ still[:2] + still[2:]
    out = {"head": still, "grad": grad, "after": still - given["three.lr"] * grad, "up": up, "down": down}
    out |= {"wiggled": (up - down) / (2 * wiggle), "features": features, "pred": pred, "error": pred - y}
    return out | {
        "kept_features": _upto(old, given["rows.x_kept"], 4),
        "changes": torch.stack([(run.params[-1][n] - run.params[0][n]).abs().max() for n in LOWER])[None],
    }


def rounded_to(a: Tensor, bits: int) -> Tensor:
    """To so many bits, by frexp; torch's round goes to the even one."""
    fraction, power = torch.frexp(a)
    return torch.ldexp(torch.round(torch.ldexp(fraction, torch.tensor(bits))), power - bits)


def place_of(a: Tensor, bits: int, lowest: int) -> Tensor:
    _, power = torch.frexp(a)
    power = torch.where(a == 0, lowest, (power - 1).clamp(min=lowest))
    return torch.ldexp(torch.ones_like(a), power - (bits - 1))


def _digits(given: Given) -> Said:
    a, bits = given["digits.number"], given["digits.bits"][0].int().tolist()
    lowest = given["digits.lowest"][0].int().tolist()
    step = torch.cat([place_of(a, b, low) for b, low in zip(bits, lowest, strict=True)], dim=1)
    near = torch.cat([a.to(kind).double() for kind in KINDS.values()], dim=1)
    count = torch.round(a / step)
    near = torch.where(near.isfinite(), near, count * step)
    out = {
        "power": torch.log2(step).round() + given["digits.bits"] - 1,
        "step": step,
        "exact": a / step,
        "count": count,
    }
    out |= {"near": near, "off": near - a, "number_x": a.repeat(2, 1)}
    out["number_y"] = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    for j, name in enumerate(("float16", "bfloat16")):
        whole, n = int(count[0, j].abs().item()), bits[j]
        out[f"bits_{name}"] = torch.tensor([[float(whole >> k & 1) for k in reversed(range(n))]], dtype=torch.float64)
        away = given[f"digits.steps_{name}"]
        out[f"near_{name}"] = (torch.floor(a / step[0, j]) + away) * step[0, j]
        out[f"line_{name}"] = torch.full_like(away, j + 1)
    return out


def _rounded(given: Given, old: Given, run: Run, y_kept: Tensor) -> Said:
    bits, x = int(given["rounded.bits"].item()), given["rows.x_kept"]
    P = {name: old[name] for name in LOWER} | {name: run.params[-1][name] for name in HEAD}
    R = {name: rounded_to(value, bits) for name, value in P.items()}
    out = {f"{key}_{name}": v[name] for key, v in (("exact", P), ("rounded", R)) for name in P}
    out |= {f"step_{name}": place_of(value, bits, -14) for name, value in P.items()}
    for end, some in (("", P), ("_rounded", R)):
        out |= {f"curve{end}": _says(some, given["features.grid"]), f"pred{end}": _says(some, x)}
    out |= {"exact": mse_loss(out["pred"], y_kept), "loss": mse_loss(out["pred_rounded"], y_kept)}
    out["moves"] = torch.stack([(R[name] - P[name]).abs().max() for name in P])[None]
    out["moved"] = out["moves"].max()
    return out | {"far": (out["pred_rounded"] - out["pred"]).abs().max()}


def _sum(given: Given) -> Said:
    first, added, numbers = given["sum.first"], given["sum.added"], given["sum.numbers"]
    term = added.half()
    out = {"exact": first + numbers * added, "term": term.double()}
    out["right"] = out["exact"][-1:]
    for name, kind in KINDS.items():
        sums, sizes = [first.to(kind)], []
        for _ in range(len(numbers) - 1):
            exact = sums[-1].double() + term.double()
            sizes.append(place_of(exact, *_sizes(kind)))
            sums.append(sums[-1] + term.to(kind) if kind is torch.float32 else exact.to(kind))
        out |= {f"sum_{name}": torch.cat(sums).double(), f"size_{name}": torch.cat(sizes)}
        out[f"end_{name}"] = out[f"sum_{name}"][-1:]
    return out


def _sizes(kind: torch.dtype) -> tuple[int, int]:
    """Bits and smallest exponent."""
    return {torch.float16: (11, -14), torch.bfloat16: (8, -126), torch.float32: (24, -126)}[kind]
