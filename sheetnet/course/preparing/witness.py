"""Torch on the raw table: masks and statistics, lstsq, linalg, and autograd descent on the full tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from sheetnet.models.twins import one_thread

Said = dict[str, Tensor]
F64 = torch.float64


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    raw = {id.removeprefix("data."): value[:, 0] for id, value in inputs.items() if id.startswith("data.")}
    given = {id: torch.as_tensor(value, dtype=F64) for id, value in inputs.items() if value.dtype != object}
    columns = {name: torch.tensor(value, dtype=F64) for name, value in raw.items() if value.dtype != object}
    y, pclass, age, fare = (columns[name] for name in ("Survived", "Pclass", "Age", "Fare"))
    male = torch.tensor([text.casefold() == "male" for text in raw["Sex"]], dtype=F64)
    filled = age.nan_to_num(nan=torch.nanquantile(age, 0.5).item())
    out = _obstacles(raw, columns) | _blanks(y, male, pclass, age, raw["Embarked"], given)
    out |= _classes(y, pclass, given) | _rank(y, pclass, given) | _large(y, filled, fare, given)
    return out | _descents(y, male, pclass, filled, fare, given)


def _col(*parts: Tensor) -> Tensor:
    return torch.stack(parts, dim=1)


def _rows(numbers: Iterable[Tensor | float]) -> Tensor:
    return torch.tensor([float(number) for number in numbers], dtype=F64)[:, None]


def _table(prefix: str, names: Sequence[str], rows: Sequence[Sequence[Tensor | float]]) -> Said:
    return {f"{prefix}.{name}": _rows(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _best(X: Tensor, y: Tensor) -> Tensor:
    """The best weights (p, 1), by the singular values of X (n, p), not by its squares."""
    found: Tensor = torch.linalg.lstsq(X, y[:, None], driver="gelsd").solution
    return found


def _obstacles(raw: Mapping[str, np.ndarray], columns: Said) -> Said:
    numbers = [columns[name] for name in ("Survived", "Pclass", "Age", "SibSp", "Parch", "Fare")]
    known = [column[~column.isnan()] for column in numbers]
    counts = [len(column) for column in known] + [sum(text != "" for text in raw[name]) for name in ("Sex", "Embarked")]
    out = _table("raw", ("filled", "blank"), [(count, len(numbers[0]) - count) for count in counts])
    return out | _table("raw", ("largest", "mean"), [(column.max(), column.mean()) for column in known])


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
    fills = {"zero": torch.tensor(0.0, dtype=F64), "median": torch.nanquantile(age, 0.5), "mode": age[first]}
    fills["own"] = given["missing.own"][0, 0]
    ages = {"drop": age[known], **{key: torch.where(known, age, fill) for key, fill in fills.items()}}
    out = {f"missing.{key}": fills[key] for key in ("median", "mode")}
    out |= {f"filled.age_{key}": ages[key][:, None] for key in fills}
    out |= {"filled.known": known.to(F64)[:, None], "filled.male": male[:, None]}
    out |= {"filled.same_age": same_age, "filled.same_port": same_port}
    figures, weights = [], []
    for key, a in (*ages.items(), ("flag", ages["own"])):
        rows = known if key == "drop" else torch.ones_like(known)
        unknown = [(~known).to(F64)] if key == "flag" else []
        X = _col(a, male[rows], pclass[rows], torch.ones_like(a), *unknown)
        w = _best(X, y[rows])
        losses = mse_loss(X @ w, y[rows, None]), mse_loss(X[known[rows]] @ w, y[known, None])
        figures.append((len(a), a.mean(), a.std(correction=0), *losses))
        weights.append(w.T)
        out[f"filled.{key}"] = torch.zeros(len(y), X.shape[1], dtype=F64)
        out[f"filled.{key}"][rows] = X
    out |= _table("missing", ("rows", "mean", "spread", "loss", "loss_known"), figures)
    out |= {"missing.weights": torch.cat(weights[:-1]), "missing.flag": weights[-1]}
    edges = given["ages.upto"][:, 0].contiguous()
    for key, a in ages.items():
        bins = torch.bucketize(a, edges)  # edges[i-1] < a <= edges[i]
        bins[a <= edges[0] - 5.0] = len(edges)
        out[f"ages.{key}"] = torch.bincount(bins, minlength=len(edges) + 1)[: len(edges), None].to(F64)
    return out


def _classes(y: Tensor, pclass: Tensor, given: Said) -> Said:
    codes, ones = given["classes.codes"][:, 0], torch.ones_like(y)
    dummies = nn.functional.one_hot(pclass.long() - 1, 3).to(F64)
    counts = [(len(members := y[d == 1]), members.sum(), members.mean()) for d in dummies.T]
    out = _table("classes", ("counts", "survivors", "share"), counts)
    out["coding.number.X"] = _col(codes, torch.ones_like(codes))
    one, two, three = dummies.T
    full = {  # of all passengers; the sheet counts classes instead
        "number": _col(dummies @ codes, ones), "three": dummies, "two_ones": _col(one, two, ones),
        "two": _col(one, two), "four": _col(one, two, three, ones),
    }  # fmt: skip
    dets = []
    for key, X in full.items():
        gram = out[f"coding.{key}.gram"] = X.T @ X
        dets.append(torch.linalg.det(gram))
        if key != "four":
            w = _best(X, y) * (1.0 if dets[-1] > 0.001 else torch.nan)  # no inverse, no weights
            pred = X @ w
            out |= {f"coding.{key}.weights": w, f"coding.{key}.loss": mse_loss(pred, y[:, None])}
            out[f"coding.{key}.pred"] = torch.stack([pred[pclass == k][0] for k in (1, 2, 3)])
    return out | {"classes.det": _rows(dets)}


def _rank(y: Tensor, pclass: Tensor, given: Said) -> Said:
    codes, take = given["classes.codes"][:, 0], given["rank.take"][0]
    one_hot = nn.functional.one_hot(pclass.long() - 1, 3).to(F64)
    Z = torch.cat([one_hot, _col(torch.ones_like(y), one_hot @ codes, y)], dim=1)
    taken = torch.cat([take, torch.ones(1, dtype=F64)])
    # what is new in a column: what a projection onto the columns before it leaves of it
    left, found = Z * taken, []
    out = {"rank.Z": Z, "rank.taken": taken[None]}
    for k in range(6):
        gram = left.T @ left
        out |= {f"rank.left_{k}": gram, f"rank.column_{k + 1}": gram[:, k : k + 1]}
        if k < 5:
            pivot, new = gram[k, k], bool(gram[k, k] > 1e-6)
            found.append((pivot, pivot * new if take[k] != 0 else 1.0))
            share = gram[k] / (pivot if new else 1.0)
            out[f"rank.share_{k + 1}"] = share[None]
            left = left - left[:, k : k + 1] * share
    chosen, rank, pred = (Z * taken)[:, :5][:, take != 0], torch.tensor(0), 0.0 * y[:, None]
    if chosen.shape[1]:
        rank, pred = torch.linalg.matrix_rank(chosen, rtol=1e-9), chosen @ _best(chosen, y)
    out |= _table("rank", ("pivots", "factors"), found)
    product = torch.cumprod(out["rank.factors"], 0)
    out |= {"rank.product": product, "rank.det": product[-1], "rank.n_taken": take.sum()}
    return out | {"rank.rank": rank.to(F64), "rank.loss": mse_loss(pred, y[:, None])}


def _large(y: Tensor, age: Tensor, fare: Tensor, given: Said) -> Said:
    columns = {"age": age, "fare": fare, "share": fare / fare.max(), "log": torch.log10(fare + 1)}
    out = {f"large.{key}": x[:, None] for key, x in columns.items()}
    figures = []
    for x in columns.values():
        X, half = _col(x, torch.ones_like(x)), torch.quantile(x, 0.5)
        w = _best(X, y)
        figures.append((x.max(), x.mean(), half, half / x.max(), w[0, 0], mse_loss(X @ w, y[:, None])))
    out |= _table("large", ("max", "mean", "median", "half", "slope", "loss"), figures)
    for key in ("fare", "log"):
        edges = given["bins.high"][:, 0] * columns[key].max()
        counts = torch.bincount(torch.bucketize(columns[key], edges), minlength=len(edges))
        out |= {f"bins.{key}.to": edges[:, None], f"bins.{key}.n": counts[:, None].to(F64)}
    return out


@one_thread()
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
        out |= _slopes(key, X, y[:, None], given) | _epochs(key, X, y, given)
        counts.append(_marathon(key, X, y[:, None], given, out))
    return out | {"marathon.count": torch.tensor([counts], dtype=F64)}


def _slopes(key: str, X: Tensor, y: Tensor, given: Said) -> Said:
    w, wiggle = given["slopes.start"].clone().requires_grad_(), given["slopes.wiggle"].item()
    mse_loss(X @ w, y).backward()  # type: ignore[no-untyped-call]
    assert w.grad is not None
    moves = wiggle * torch.eye(6, dtype=F64)
    up, down = (_rows(mse_loss(X @ (w.detach() + by * move[:, None]), y) for move in moves) for by in (1, -1))
    wiggled = (up - down) / (2 * wiggle)
    said = {"up": up, "down": down, "wiggled": wiggled, "exact": w.grad, "short": w.grad}
    said |= {"apart": (wiggled - w.grad).abs(), "gram": X.T @ X, "moment": X.T @ y}
    return {f"slopes.{key}.{name}": value for name, value in said.items()}


def _epochs(key: str, X: Tensor, y: Tensor, given: Said) -> Said:
    """Plain descent by autograd and torch.optim, on all rows."""
    net = nn.Linear(6, 1, bias=False, dtype=F64)
    with torch.no_grad():
        net.weight.copy_(given["slopes.start"].T)
    optimiser = torch.optim.SGD(net.parameters(), lr=given[f"epochs.{key}.lr"].item())
    losses, weights, slopes = [], [], []
    for _ in range(len(given["epochs.epoch"])):
        optimiser.zero_grad()
        loss = mse_loss(net(X), y[:, None])
        loss.backward()  # type: ignore[no-untyped-call]
        assert net.weight.grad is not None
        losses.append(loss.detach())
        weights.append(net.weight.detach().clone())
        slopes.append(net.weight.grad.clone())
        optimiser.step()
    best = _best(X, y)
    least = mse_loss(X @ best, y[:, None])
    said = {"safe": len(y) / (X**2).sum(), "best": best.T}
    said |= {"least": least, "target": least * (1 + given["epochs.within"])}
    said |= {"W": torch.cat(weights), "grad": torch.cat(slopes), "loss": _rows(losses), "last": losses[-1]}
    return {f"epochs.{key}.{name}": value for name, value in said.items()}


def _marathon(key: str, X: Tensor, y: Tensor, given: Said, out: Said) -> float:
    """All later epochs at once, by the eigenvalues of the loss's second derivatives; the number of epochs needed."""
    lr, start = given[f"epochs.{key}.lr"].item(), given["slopes.start"][:, 0]
    best, least, target = (out[f"epochs.{key}.{name}"] for name in ("best", "least", "target"))
    hessian = torch.autograd.functional.hessian(lambda w: mse_loss(X @ w[:, None], y), best[0])  # type: ignore[no-untyped-call]
    curves, turn = torch.linalg.eigh(hessian)
    along, shrink, step = turn.T @ (start - best[0]), 1 - lr * curves, torch.eye(6, dtype=F64) - lr * hessian

    def away(epochs: float) -> Tensor:
        left: Tensor = turn @ (shrink**epochs * along)
        return left

    def loss(epochs: float) -> float:
        return float(least + (curves * (shrink**epochs * along) ** 2).sum() / 2)

    epochs = given["marathon.epoch"][:, 0].tolist()
    out[f"marathon.{key}.powers"] = torch.cat([torch.linalg.matrix_power(step, int(n)) for n in epochs])
    out[f"marathon.{key}.away"] = (start - best[0])[None]
    out[f"marathon.{key}.after"] = torch.stack([away(n) for n in epochs])
    out[f"marathon.{key}.loss"] = _rows(loss(n) for n in epochs)
    done, seen, ways = 0.0, [], []
    for stride in given["search.stride"][:, 0].tolist():
        late = loss(done + stride)
        taken = 0.0 if late <= target.item() else 1.0
        ways.append(torch.stack([away(done), away(done + stride)]))
        seen.append((late, taken))
        done += taken * stride
    here, tried = torch.stack(ways, dim=1)
    out |= _table(f"search.{key}", ("loss", "taken"), seen) | {f"search.{key}.here": here, f"search.{key}.tried": tried}
    return done + 1
