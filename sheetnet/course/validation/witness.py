"""Torch on the rows of lesson 8: lstsq for the fits, an nn.Linear with torch.optim.Adagrad for the descent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.polynomial.legendre import leg2poly
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import Adagrad

Said = dict[str, Tensor]
Given = Mapping[str, Tensor]
PARTS = ("train", "valid")


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    rows = {"train": "degree", "valid": "degree", "test": "choose"}
    X = {part: _powers(given[f"{page}.x_{part}"]) for part, page in rows.items()}
    y = {part: given[f"{page}.y_{part}"] for part, page in rows.items()}
    grid = _powers(given["degree.grid"])
    out = _degree(given, X, y, grid)
    out |= _decay(given, X, y, grid, out["degree.W"])
    out |= _dropout(given, X["train"], out["decay.w"])
    out |= _stopping(given, X, y, grid)
    out |= _folds(given, X, y, grid)
    out |= _choose(given, X, y, out)
    return out | _surprise(given) | _loop(given)


def _powers(x: Tensor) -> Tensor:
    """1, x, ..., x^9, (n, 10)."""
    powers: Tensor = torch.linalg.vander(x[:, 0], N=10)
    return powers


def _legendre(x: Tensor) -> Tensor:
    """Legendre's polynomials of degree 0 to 9 at x (n, 1), (n, 10)."""
    return torch.cat([torch.special.legendre_polynomial_p(x, torch.tensor(k)) for k in range(10)], dim=1)


def _columns() -> Tensor:
    """The same as weights of the powers of x, a column for each, (10, 10)."""
    each = [np.pad(leg2poly([0.0] * k + [1.0]), (0, 9 - k)) for k in range(10)]
    return torch.as_tensor(np.column_stack(each))


def _in_legendre(W: Tensor) -> Tensor:
    """Weights of powers, a row for each model, as weights of Legendre's polynomials."""
    turned: Tensor = torch.linalg.solve_triangular(_columns(), W.T, upper=True)
    return turned.T


def _cell(number: Tensor | float) -> Tensor:
    return torch.as_tensor(number, dtype=torch.float64).reshape(1, 1)


def _column(numbers: list[Tensor]) -> Tensor:
    return torch.stack([one.reshape(()) for one in numbers])[:, None]


def _fit(X: Tensor, y: Tensor, degree: int = 9) -> Tensor:
    """The weights (10,) of least squares, 0 above the degree."""
    w = torch.zeros(10, dtype=torch.float64)
    w[: degree + 1] = torch.linalg.lstsq(X[:, : degree + 1], y, driver="gelsd").solution[:, 0]
    return w


def _ridge(X: Tensor, y: Tensor, decay: Tensor) -> Tensor:
    """The weights (10,) of ridge regression: rows of sqrt(decay) that ask each weight but the first to be 0."""
    more = decay.reshape(()).sqrt() * torch.eye(10, dtype=torch.float64)[1:]
    return _fit(torch.cat([X, more]), torch.cat([y, torch.zeros((9, 1), dtype=torch.float64)]))


def _loss(X: Tensor, w: Tensor, y: Tensor) -> Tensor:
    return mse_loss(X @ w.reshape(10, 1), y)


def _losses(X: Tensor, W: Tensor, y: Tensor) -> Tensor:
    return _column([_loss(X, w, y) for w in W])


def _degree(given: Given, X: Said, y: Said, grid: Tensor) -> Said:
    degrees = given["degree.degrees"][:, 0].int().tolist()
    W = torch.stack([_fit(X["train"], y["train"], d) for d in degrees])
    at = int(given["degree.degree"].item()) - 1
    w = W[at]
    out = {"W": W, "C": _in_legendre(W), "w": w[None], "curve": grid @ w[:, None], "grid_X": grid}
    out |= {"grid_Q": _legendre(grid[:, 1:2])}
    out["used"] = torch.tensor([[float(k <= d) for k in range(10)] for d in degrees], dtype=torch.float64)
    for part in PARTS:
        pred = X[part] @ w[:, None]
        losses = _losses(X[part], W, y[part])
        out |= {
            f"X_{part}": X[part],
            f"Q_{part}": _legendre(X[part][:, 1:2]),
            f"pred_{part}": pred,
            f"square_{part}": (pred - y[part]) ** 2,
        }
        out |= {f"loss_{part}": losses, f"{part}_then": losses[at]}
    out["gap"] = out["loss_valid"] - out["loss_train"]
    return {f"degree.{id}": value for id, value in out.items()}


def _decay(given: Given, X: Said, y: Said, grid: Tensor, free: Tensor) -> Said:
    decays = [given["decay.decay"], *given["decay.decays"]]
    all_w = torch.stack([_ridge(X["train"], y["train"], decay) for decay in decays])
    w, W = all_w[0], all_w[1:]
    out = {"w": w[None], "W": W, "curve": grid @ w[:, None], "curve_none": grid @ free[8:9].T}
    out |= {"c": _in_legendre(w[None]), "C": _in_legendre(W), "price": _columns()[1:].T @ _columns()[1:]}
    out["cost"] = w[1:].square().sum()
    out["small"] = (X["train"] @ w[:, None] - y["train"]).square().sum() + given["decay.decay"] * out["cost"]
    for part in PARTS:
        out |= {part: _loss(X[part], w, y[part]), f"loss_{part}": _losses(X[part], W, y[part])}
    return {f"decay.{id}": value for id, value in out.items()}


def _dropout(given: Given, X: Tensor, w: Tensor) -> Said:
    share = given["dropout.share"]
    mask = (given["dropout.random"] >= share).double()
    scaled = X * mask / (1 - share)
    return {"dropout.mask": mask, "dropout.scaled": scaled, "dropout.pred": scaled @ w.T, "dropout.pred_all": X @ w.T}


def _stopping(given: Given, X: Said, y: Said, grid: Tensor) -> Said:
    net = nn.Linear(10, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        net.weight.copy_(given["stopping.start"])
    optimiser = Adagrad(net.parameters(), lr=given["stopping.lr"].item())
    epochs, patience = len(given["stopping.epochs"]) - 1, given["stopping.patience"].item()
    W, slopes, squares, lowest, waited = [], [], [torch.zeros(10, dtype=torch.float64)], list[float](), list[float]()
    for epoch in range(epochs + 1):
        W.append(net.weight.detach()[0].clone())
        valid = mse_loss(net(X["valid"]), y["valid"]).item()
        lower = not lowest or valid < lowest[-1]
        lowest.append(valid if lower else lowest[-1])
        waited.append(0.0 if lower else waited[-1] + 1.0)
        if epoch < epochs:
            optimiser.zero_grad()
            mse_loss(net(X["train"]), y["train"]).backward()  # type: ignore[no-untyped-call]
            assert net.weight.grad is not None
            slopes.append(net.weight.grad[0].clone())
            optimiser.step()
            squares.append(optimiser.state[net.weight]["sum"][0].clone())
    all_w = torch.stack(W)
    train, valid_losses = (_losses(X[part], all_w, y[part]) for part in PARTS)
    at = int(given["stopping.epoch"].item())
    stops = waited.index(patience) if patience in waited else epochs
    kept = int(stops - waited[stops])
    least = int(valid_losses.argmin())
    out = {"loss_train": train, "loss_valid": valid_losses, "W": all_w, "slope": torch.stack(slopes)}
    out |= {"sum_sq": torch.stack(squares), "then": all_w[at : at + 1], "w_kept": all_w[kept : kept + 1]}
    out |= {"lowest": _column([_cell(one) for one in lowest]), "waited": _column([_cell(one) for one in waited])}
    out |= {"train_then": train[at], "valid_then": valid_losses[at], "kept_loss": valid_losses[kept]}
    out |= {"least": valid_losses[least], "at": _cell(least), "stops": _cell(stops), "kept": _cell(kept)}
    out["curve"] = grid @ all_w[at][:, None]
    return {f"stopping.{id}": value for id, value in out.items()}


def _folds(given: Given, X: Said, y: Said, grid: Tensor) -> Said:
    part = given["folds.part"]
    x = torch.cat([given[f"degree.x_{one}"] for one in PARTS])
    all_X, all_y = (torch.cat([of[one] for one in PARTS]) for of in (X, y))
    degrees = given["degree.degrees"][:, 0].int().tolist()
    losses, out = [], {"x": x, "y": all_y, "X": all_X, "Q": _legendre(x)}
    for k in range(1, 6):
        out_of = part[:, 0] == k
        W = torch.stack([_fit(all_X[~out_of], all_y[~out_of], d) for d in degrees])
        losses.append(_losses(all_X[out_of], W, all_y[out_of]))
        out |= {f"C{k}": _in_legendre(W), f"rest{k}": _legendre(x) * ~out_of[:, None]}
    at, degree = int(given["folds.fold"].item()), int(given["folds.fold_degree"].item())
    table = torch.cat(losses, dim=1)
    mean = table.mean(dim=1, keepdim=True)
    here, c = part[:, 0] == at, out[f"C{at}"][degree - 1 : degree]
    out |= {"losses": table, "mean": mean, "best": _cell(int(mean.argmin()) + 1), "mean_then": mean[degree - 1]}
    out |= {"aside": (part == torch.arange(1, 6)).double(), "loss": table[degree - 1, at - 1]}
    out |= {"x_out": x[here], "y_out": all_y[here], "now": out[f"C{at}"], "c": c, "curve": grid @ _columns() @ c.T}
    return {f"folds.{id}": value for id, value in out.items()}


def _choose(given: Given, X: Said, y: Said, said: Said) -> Said:
    degree, decay = (int(said[id].argmin()) for id in ("degree.loss_valid", "decay.loss_valid"))
    every = said["degree.W"]
    ways = [every[0], every[degree], every[8], said["decay.W"][decay], said["stopping.w_kept"][0]]
    W = torch.stack(ways)
    loss = {part: _losses(X[part], W, y[part]) for part in X}
    at = int(given["choose.choice"].item()) - 1
    chosen = torch.arange(len(ways))[:, None] == at  # only this one is opened
    loss["test"] = loss["test"] * chosen * given["choose.open"]
    out = {f"loss_{part}": value for part, value in loss.items()}
    out |= {
        "W": W,
        "X_test": X["test"],
        "Q_test": _legendre(X["test"][:, 1:2]),
        "valid": loss["valid"][at],
        "test": loss["test"][at],
    }
    out |= {"best_degree": given["degree.degrees"][degree], "best_decay": given["decay.decays"][decay]}
    out["best_epochs"] = said["stopping.kept"]
    return {f"choose.{id}": value for id, value in out.items()}


def _surprise(given: Given) -> Said:
    kg, km, no, typed, slip, check = (given[f"surprise.{id}"] for id in ("kg", "km", "no", "typed", "slip", "check"))
    price = torch.where(no == check, slip, typed)
    X = torch.cat([kg, km, torch.ones_like(kg)], dim=1)
    w = torch.linalg.lstsq(X, price, driver="gelsd").solution
    pred = X @ w
    error = pred - price
    size = error.abs()
    order = size[:, 0].argsort(descending=True, stable=True)
    rank = torch.empty_like(size)
    rank[order, 0] = torch.arange(1, len(size) + 1, dtype=torch.float64)
    ten, here = order[:10], int(check.item()) - 1
    out = {"X": X, "w": w.T, "pred": pred, "error": error, "size": size, "rank": rank, "at": no[ten], "price": price}
    out |= {"slip_then": slip[here], "typed_then": typed[here], "loss": mse_loss(pred, price)}
    columns = {"kg": kg, "km": km, "price": price, "pred": pred, "error": error}
    out |= {f"ten_{key}": column[ten] for key, column in columns.items()}
    return {f"surprise.{id}": value for id, value in out.items()}


def _loop(given: Given) -> Said:
    share = given["loop.first"]
    like, trust, chance = (given["loop.like_a"], given["loop.like_b"]), given["loop.trust"], given["loop.chance"]
    shares, clicks = [], []
    for _ in given["loop.week"]:
        both = torch.stack([share * like[0], (1 - share) * like[1]])
        shares.append(share)
        clicks.append(both)
        powers = both**trust
        share = chance * 0.5 + (1 - chance) * (powers[0] / powers.sum(0))
    out = {"shown": _column(shares), "last": shares[-1]}
    out |= {f"clicks_{song}": _column([both[i] for both in clicks]) for i, song in enumerate("ab")}
    out["wanted"] = (like[0] / (like[0] + like[1])).repeat(2, 1)
    return {f"loop.{id}": value for id, value in out.items()}
