"""Torch on the raw table: masks and statistics, lstsq, linalg, and autograd descent on the full tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

Said = dict[str, Tensor]
F64 = torch.float64


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    raw = {id.removeprefix("data."): value for id, value in inputs.items() if id.startswith("data.")}
    given = {id: torch.as_tensor(value, dtype=F64) for id, value in inputs.items() if value.dtype != object}
    columns = {name: torch.tensor(value[:, 0], dtype=F64) for name, value in raw.items() if value.dtype != object}
    y, pclass, age = columns["Survived"], columns["Pclass"], columns["Age"]
    male = torch.tensor([text.casefold() == "male" for text in raw["Sex"][:, 0]], dtype=F64)
    out = _obstacles(raw, columns)
    filled = age.nan_to_num(nan=torch.nanquantile(age, 0.5).item())
    out |= _blanks(y, male, pclass, age, raw["Embarked"][:, 0], given)
    out |= _classes(y, pclass, given) | _rank(y, pclass, given)
    out |= _large(y, filled, columns["Fare"], given)
    return out | _descents(y, male, pclass, filled, columns["Fare"], given)


def _col(*parts: Tensor) -> Tensor:
    return torch.stack(list(parts), dim=1)


def _obstacles(raw: Mapping[str, np.ndarray], columns: Said) -> Said:
    numbers = ("Survived", "Pclass", "Age", "SibSp", "Parch", "Fare")
    blank = [int(columns[name].isnan().sum()) for name in numbers]
    blank += [sum(text == "" for text in raw[name][:, 0]) for name in ("Sex", "Embarked")]
    counts = torch.tensor(blank, dtype=F64)[:, None]
    largest = torch.stack([columns[name][~columns[name].isnan()].max() for name in numbers])
    means = torch.stack([columns[name].nanmean() for name in numbers])
    filled = len(columns["Age"]) - counts
    return {"raw.filled": filled, "raw.blank": counts, "raw.largest": largest[:, None], "raw.mean": means[:, None]}


def _most_common(entries: list[object]) -> tuple[Tensor, int]:
    """How often the entry of each row occurs, 0 for a blank (None), and the first row of a most common one."""
    codes = {entry: code for code, entry in enumerate(dict.fromkeys(entries))}
    which = torch.tensor([codes[entry] for entry in entries])
    times = torch.bincount(which)[which].to(F64)
    times[torch.tensor([entry is None for entry in entries])] = 0.0
    return times[:, None], int(torch.nonzero(times == times.max())[0, 0])


def _blanks(y: Tensor, male: Tensor, pclass: Tensor, age: Tensor, port: np.ndarray, given: Said) -> Said:
    known = ~age.isnan()
    same_age, first = _most_common([None if a != a else a for a in age.tolist()])
    same_port, _ = _most_common([text.casefold() or None for text in port])
    median, mode, own = torch.nanquantile(age, 0.5), age[first], given["missing.own"][0, 0]
    ages = {"drop": age[known], "zero": torch.where(known, age, 0.0)}
    ages |= {key: torch.where(known, age, fill) for key, fill in (("median", median), ("mode", mode), ("own", own))}
    out = {
        "missing.median": median,
        "missing.mode": mode,
        "filled.known": known.to(F64)[:, None],
        "filled.male": male[:, None],
    }
    out |= {f"filled.age_{key}": ages[key][:, None] for key in ("zero", "median", "mode", "own")}
    out |= {"filled.same_age": same_age, "filled.same_port": same_port}
    figures, weights = [], []
    for key, a in (*ages.items(), ("flag", ages["own"])):
        rows = known if key == "drop" else torch.ones_like(known)
        X = _col(a, male[rows], pclass[rows], torch.ones_like(a))
        X = torch.cat([X, (~known).to(F64)[:, None]], dim=1) if key == "flag" else X
        w = torch.linalg.lstsq(X, y[rows, None], driver="gelsd").solution
        on_known = mse_loss(X[known[rows]] @ w, y[known, None])
        figures.append(
            torch.stack(
                [
                    torch.tensor(float(len(a)), dtype=F64),
                    a.mean(),
                    a.std(correction=0),
                    mse_loss(X @ w, y[rows, None]),
                    on_known,
                ]
            )
        )
        weights.append(w.T)
        out[f"filled.{key}"] = torch.zeros(len(y), X.shape[1], dtype=F64)
        out[f"filled.{key}"][rows] = X
    names = ("rows", "mean", "spread", "loss", "loss_known")
    out |= {f"missing.{name}": column[:, None] for name, column in zip(names, torch.stack(figures).T, strict=True)}
    out |= {"missing.weights": torch.cat(weights[:-1]), "missing.flag": weights[-1]}
    edges = given["ages.upto"][:, 0].contiguous()
    for key, a in ages.items():
        bins = torch.bucketize(a, edges)  # edges[i-1] < a <= edges[i]
        bins[a <= edges[0] - 5.0] = len(edges)
        out[f"ages.{key}"] = torch.bincount(bins, minlength=len(edges) + 1)[: len(edges), None].to(F64)
    return out


def _classes(y: Tensor, pclass: Tensor, given: Said) -> Said:
    codes = given["classes.codes"][:, 0]
    dummies = [(pclass == k).to(F64) for k in (1, 2, 3)]
    number, ones = sum(code * d for code, d in zip(codes, dummies, strict=True)), torch.ones_like(y)
    assert isinstance(number, Tensor)
    counts = torch.stack([d.sum() for d in dummies])
    survivors = torch.stack([y[d == 1].sum() for d in dummies])
    out = {
        "classes.counts": counts[:, None],
        "classes.survivors": survivors[:, None],
        "classes.share": (survivors / counts)[:, None],
    }
    full = {  # of all passengers; the sheet counts classes instead
        "number": _col(number, ones), "three": _col(*dummies), "two_ones": _col(*dummies[:2], ones),
        "two": _col(*dummies[:2]), "four": _col(*dummies, ones),
    }  # fmt: skip
    out["coding.number.X"] = _col(codes, torch.ones_like(codes))
    dets = []
    for key, X in full.items():
        gram = X.T @ X
        out[f"coding.{key}.gram"] = gram
        dets.append(torch.linalg.det(gram))
        if key == "four":
            continue
        w = torch.linalg.lstsq(X, y[:, None], driver="gelsd").solution
        if dets[-1] <= 0.001:  # no inverse
            w = w * torch.nan
        pred = X @ w
        out[f"coding.{key}.weights"] = w
        out[f"coding.{key}.pred"] = torch.stack([pred[pclass == k][0] for k in (1, 2, 3)])
        out[f"coding.{key}.loss"] = mse_loss(pred, y[:, None])
    return out | {"classes.det": torch.stack(dets)[:, None]}


def _rank(y: Tensor, pclass: Tensor, given: Said) -> Said:
    codes, take = given["classes.codes"][:, 0], given["rank.take"][0]
    one_hot = nn.functional.one_hot(pclass.long() - 1, 3).to(F64)
    Z = torch.cat([one_hot, torch.ones(len(y), 1, dtype=F64), (one_hot @ codes)[:, None], y[:, None]], dim=1)
    taken = torch.cat([take, torch.ones(1, dtype=F64)])
    # what is new in a column: what a projection onto the columns before it leaves of it
    left = Z * taken
    out = {"rank.Z": Z, "rank.taken": taken[None]}
    pivots, factors = [], []
    for k in range(6):
        gram = left.T @ left
        out |= {f"rank.left_{k}": gram, f"rank.column_{k + 1}": gram[:, k : k + 1]}
        if k == 5:
            break
        new = gram[k, k] > 1e-6
        pivots.append(gram[k, k])
        factors.append(torch.where(take[k] != 0, pivots[-1] * new, 1.0))
        share = gram[k] / (gram[k, k] if new else 1.0)
        out[f"rank.share_{k + 1}"] = share[None]
        left = left - left[:, k : k + 1] * share
    chosen = (Z * taken)[:, :5][:, take != 0]
    rank = torch.linalg.matrix_rank(chosen, rtol=1e-9) if chosen.shape[1] else torch.tensor(0)
    pred = (
        chosen @ torch.linalg.lstsq(chosen, y[:, None], driver="gelsd").solution
        if chosen.shape[1]
        else 0.0 * y[:, None]
    )
    product = torch.cumprod(torch.stack(factors), 0)
    out |= {"rank.pivots": torch.stack(pivots)[:, None], "rank.factors": torch.stack(factors)[:, None]}
    out |= {"rank.product": product[:, None], "rank.det": product[-1], "rank.n_taken": take.sum()}
    return out | {"rank.rank": rank.to(F64), "rank.loss": mse_loss(pred, y[:, None])}


def _large(y: Tensor, age: Tensor, fare: Tensor, given: Said) -> Said:
    columns = {"age": age, "fare": fare, "share": fare / fare.max(), "log": torch.log10(fare + 1)}
    out = {f"large.{key}": x[:, None] for key, x in columns.items()}
    figures = []
    for x in columns.values():
        X = _col(x, torch.ones_like(x))
        w = torch.linalg.lstsq(X, y[:, None], driver="gelsd").solution
        half = torch.quantile(x, 0.5)
        figures.append(torch.stack([x.max(), x.mean(), half, half / x.max(), w[0, 0], mse_loss(X @ w, y[:, None])]))
    names = ("max", "mean", "median", "half", "slope", "loss")
    out |= {f"large.{name}": column[:, None] for name, column in zip(names, torch.stack(figures).T, strict=True)}
    parts = given["bins.high"][:, 0]
    for key in ("fare", "log"):
        edges = parts * columns[key].max()
        bins = torch.bucketize(columns[key], edges)
        out |= {
            f"bins.{key}.to": edges[:, None],
            f"bins.{key}.n": torch.bincount(bins, minlength=len(edges))[:, None].to(F64),
        }
    return out


def _descents(y: Tensor, male: Tensor, pclass: Tensor, age: Tensor, fare: Tensor, given: Said) -> Said:
    rest = (male, (pclass == 1).to(F64), (pclass == 2).to(F64), torch.ones_like(y))
    tables = {
        "raw": _col(age, fare, *rest),
        "max": _col(age / age.max(), fare / fare.max(), *rest),
        "log": _col(age / age.max(), torch.log10(fare + 1), *rest),
    }
    out: Said = {"slopes.n": torch.tensor(float(len(y)), dtype=F64), "slopes.yy": y @ y}
    counts = []
    for key, X in tables.items():
        out[f"tables.{key}"] = X
        out |= _slopes(key, X, y[:, None], given) | _epochs(key, X, y[:, None], given)
        counts.append(_marathon(key, X, y[:, None], given, out))
    needed = torch.tensor([counts], dtype=F64)
    return out | {"marathon.count": needed}


def _slopes(key: str, X: Tensor, y: Tensor, given: Said) -> Said:
    w, wiggle = given["slopes.start"].clone().requires_grad_(), given["slopes.wiggle"].item()
    mse_loss(X @ w, y).backward()  # type: ignore[no-untyped-call]
    assert w.grad is not None
    sides = []
    for by in (wiggle, -wiggle):
        moved = [mse_loss(X @ (w.detach() + by * torch.eye(6, dtype=F64)[:, k : k + 1]), y) for k in range(6)]
        sides.append(torch.stack(moved)[:, None])
    wiggled = (sides[0] - sides[1]) / (2 * wiggle)
    said = {"up": sides[0], "down": sides[1], "wiggled": wiggled, "exact": w.grad, "short": w.grad}
    said |= {"apart": (wiggled - w.grad).abs(), "gram": X.T @ X, "moment": X.T @ y}
    return {f"slopes.{key}.{name}": value for name, value in said.items()}


def _epochs(key: str, X: Tensor, y: Tensor, given: Said) -> Said:
    """Plain descent by autograd and torch.optim, on all rows."""
    lr = given[f"epochs.{key}.lr"].item()
    net = nn.Linear(6, 1, bias=False, dtype=F64)
    with torch.no_grad():
        net.weight.copy_(given["slopes.start"].T)
    optimiser = torch.optim.SGD(net.parameters(), lr=lr)
    losses, weights, slopes = [], [], []
    for _ in range(len(given["epochs.epoch"])):
        optimiser.zero_grad()
        loss = mse_loss(net(X), y)
        loss.backward()  # type: ignore[no-untyped-call]
        assert net.weight.grad is not None
        losses.append(loss.detach())
        weights.append(net.weight.detach().clone())
        slopes.append(net.weight.grad.clone())
        optimiser.step()
    best = torch.linalg.lstsq(X, y, driver="gelsd").solution
    least = mse_loss(X @ best, y)
    said = {
        "safe": len(y) / (X**2).sum(),
        "best": best.T,
        "least": least,
        "target": least * (1 + given["epochs.within"]),
    }
    said |= {
        "W": torch.cat(weights),
        "grad": torch.cat(slopes),
        "loss": torch.stack(losses)[:, None],
        "last": losses[-1],
    }
    return {f"epochs.{key}.{name}": value for name, value in said.items()}


def _marathon(key: str, X: Tensor, y: Tensor, given: Said, out: Said) -> float:
    """All later epochs at once, by the eigenvalues of the loss's second derivatives; the number of epochs needed."""
    lr, start = given[f"epochs.{key}.lr"].item(), given["slopes.start"][:, 0]
    best, least = out[f"epochs.{key}.best"][0], out[f"epochs.{key}.least"].item()
    target = out[f"epochs.{key}.target"].item()
    hessian = torch.autograd.functional.hessian(lambda w: mse_loss(X @ w[:, None], y), best)  # type: ignore[no-untyped-call]
    curves, turn = torch.linalg.eigh(hessian)
    along = turn.T @ (start - best)
    shrink = 1 - lr * curves

    def away(epochs: float) -> Tensor:
        left: Tensor = turn @ (shrink**epochs * along)
        return left

    def loss(epochs: float) -> float:
        return float(least + (curves * (shrink**epochs * along) ** 2).sum() / 2)

    epochs = given["marathon.epoch"][:, 0].tolist()
    step = torch.eye(6, dtype=F64) - lr * hessian
    out[f"marathon.{key}.powers"] = torch.cat([torch.linalg.matrix_power(step, int(n)) for n in epochs])
    out[f"marathon.{key}.away"] = (start - best)[None]
    out[f"marathon.{key}.after"] = torch.stack([away(n) for n in epochs])
    out[f"marathon.{key}.loss"] = torch.tensor([[loss(n)] for n in epochs], dtype=F64)
    done, seen = 0.0, []
    for stride in given["search.stride"][:, 0].tolist():
        late = loss(done + stride)
        taken = 0.0 if late <= target else 1.0
        seen.append((away(done), away(done + stride), late, taken))
        done += taken * stride
    here, tried, losses, taken_all = zip(*seen, strict=True)
    out |= {f"search.{key}.here": torch.stack(here), f"search.{key}.tried": torch.stack(tried)}
    out[f"search.{key}.loss"] = torch.tensor(losses, dtype=F64)[:, None]
    out[f"search.{key}.taken"] = torch.tensor(taken_all, dtype=F64)[:, None]
    return done + 1
