"""Torch on one's own table: each net trained by autograd and torch.optim, and one epoch of it in slow motion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from sheetnet.models.layer_twins import NetTwin
from sheetnet.models.net import Net
from sheetnet.models.torch_optim import create, state_of
from sheetnet.models.twins import as_numpy, gradient_of, one_thread

Arrays = Mapping[str, np.ndarray]
LIKELY: dict[str, Callable[[Tensor], Tensor]] = {
    "bce_with_logits": torch.sigmoid,
    "cross_entropy": lambda out: torch.softmax(out, dim=1),
}


UNITS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {  # a prediction in own units, from the rows learnt from
    "number": lambda pred, own: pred,
    "standardised": lambda pred, own: pred * own.std(correction=0) + own.mean(),
    "share_of_largest": lambda pred, own: pred * own.max(),
    "min_max": lambda pred, own: torch.lerp(own.min(), own.max(), pred),
    "log": lambda pred, own: torch.expm1(pred),
}


class Witness:
    """One net beside its data. parts (n,): 0 for rows to train on, 1 to validate; accurate: whether it says classes.

    own: of a target that is a number, how it was scaled, and its column (n, 1) as it was.
    """

    def __init__(
        self, net: Net, X: np.ndarray, y: np.ndarray, parts: np.ndarray, start: Arrays, masks: Arrays, accurate: bool,
        own: tuple[str, np.ndarray] | None,
    ) -> None:  # fmt: skip
        self.net, self.name, self.start, self.masks, self.accurate = net, net.name, start, masks, accurate
        self.own = None if own is None else (UNITS[own[0]], torch.tensor(own[1]))
        self.X, self.y = torch.tensor(X), torch.tensor(y)
        self.train, self.valid = (torch.tensor(parts == part) for part in (0, 1))

    @one_thread()
    def said(self, lr: float, epochs: int, epoch: int, optimiser: str, wiggle: float) -> dict[str, np.ndarray]:
        """What torch says of the blocks of this net, by id."""
        out: dict[str, np.ndarray] = {}
        curves: dict[str, list[float]] = {}
        for number, (params, state, judged) in enumerate(self._descent(lr, epochs, optimiser)):
            for key, value in judged.items():
                curves.setdefault(key, []).append(value)
            out |= {f"descent.{key}.{number}": value for key, value in {**params, **state}.items()}
            if number == epoch:
                out |= {f"then.{key}": value for key, value in params.items()} | self._slow(params, wiggle)
            if number == epoch + 1:
                out |= {f"then.{key}_next": value for key, value in params.items()}
            if number == epochs:
                out |= {f"final.{key}": value for key, value in params.items()}
        out |= {f"descent.{key}": np.array(values[: epochs + 1])[:, None] for key, values in curves.items()}
        return {f"{self.name}.{key}": value for key, value in {**out, **self._now()}.items()}

    def _descent(
        self, lr: float, epochs: int, optimiser: str
    ) -> Iterator[tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, float]]]:
        """Parameters, what the optimiser remembers, and what the curves show, epoch by epoch and once beyond."""
        twin, train = self._twin(self.start, self.train), self.train
        tensors = twin.tensors()
        trained = [(p, tensors[p.name]) for p in self.net.trained]
        optim = create(optimiser, [_parameter(tensor) for _, tensor in trained], lr)
        for _ in range(epochs + 2):
            params, state = twin.params(), dict[str, np.ndarray]()
            for p, tensor in trained:
                found = state_of(optimiser, optim, tensor)
                state |= {f"{kind}_{p.name}": p.from_torch(value) for kind, value in found.items()}
            judged = self._valid(twin, twin.eval()(self.X[self.valid])) if self.valid.any() else {}
            out = twin.train()(self.X[train])
            loss = twin.loss(out, self.y[train])
            yield params, state, self._judged(twin, out, train) | judged
            optim.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optim.step()

    def _twin(self, params: Arrays, rows: Tensor) -> NetTwin:
        """The module with some parameters and the masks of some rows."""
        twin = NetTwin(self.net)
        twin.put(params)
        twin.masked({key: value[rows.numpy()] for key, value in self.masks.items()})
        return twin

    def _judged(self, twin: NetTwin, out: Tensor, rows: Tensor) -> dict[str, float]:
        found = {"loss": float(twin.loss(out.detach(), self.y[rows]))}
        if self.accurate:
            found["accuracy"] = float(twin.right(out.detach(), self.y[rows]).mean())
        return found

    def _valid(self, twin: NetTwin, out: Tensor) -> dict[str, float]:
        return {f"valid_{key}": value for key, value in self._judged(twin, out, self.valid).items()}

    def _now(self) -> dict[str, np.ndarray]:
        """The pass at the parameters in the yellow cells, as when predicting."""
        twin = self._twin(self.start, self.train).eval()
        with torch.no_grad():
            out = twin(self.X)
        judged = self._judged(twin, out[self.train], self.train)
        judged |= self._valid(twin, out[self.valid]) if self.valid.any() else {}
        said = self._rows("now", twin, out) | {f"now.{key}": _one(value) for key, value in judged.items()}
        if self.accurate:
            counts = torch.unique(self.y[self.train], return_counts=True)[1].double()
            said["now.majority"] = _one(float(counts.max() / counts.sum()))
        if self.net.loss in LIKELY:
            said["now.probability"] = as_numpy(LIKELY[self.net.loss](out))
        return said | ({} if self.own is None else self._in_units(twin, out, *self.own))

    def _in_units(
        self, twin: NetTwin, out: Tensor, back: Callable[[Tensor, Tensor], Tensor], own: Tensor
    ) -> dict[str, np.ndarray]:
        """Predictions in the target's own units, and what they are worth on the rows that are learnt from."""
        train, y = self.train, self.y[self.train]
        pred = back(out, own[train])
        r2 = 1 - (out[train] - y).square().mean() / y.var(correction=0)
        rmse = (pred - own)[train].square().mean().sqrt()
        mean = float(twin.loss(y.mean().expand_as(y), y))
        found = {"now.in_units": as_numpy(pred), "now.r2": _one(float(r2)), "now.rmse": _one(float(rmse))}
        return found | {"now.loss_of_mean": _one(mean)}

    def _rows(self, when: str, twin: NetTwin, out: Tensor) -> dict[str, np.ndarray]:
        """Each step of a pass, each row's loss, and whether it is right."""
        said = {f"{when}.{key}": as_numpy(value) for key, value in zip(self.net.result_names, twin.seen, strict=True)}
        said[f"{when}.row_loss"] = as_numpy(twin.loss(out, self.y, "none")).reshape(-1, 1)
        if self.accurate:
            said[f"{when}.right"] = as_numpy(twin.right(out, self.y))
        return said

    def _slow(self, params: Arrays, wiggle: float) -> dict[str, np.ndarray]:
        """Forward and backward pass at some parameters, every step's cotangent, and the wiggle along the gradient."""
        twin = self._twin(params, self.train)
        loss = twin.loss(twin.train()(self.X[self.train]), self.y[self.train])
        loss.backward()  # type: ignore[no-untyped-call]
        tensors = twin.tensors()
        grads = {p.name: p.from_torch(gradient_of(_parameter(tensors[p.name]))) for p in self.net.trained}
        said = {f"then.grad_{key}": value for key, value in grads.items()}
        said |= self._steps(params) if self.train.all() or not self._mixes_rows() else {}
        moved = []
        for sign in (1.0, -1.0):
            beside = {**params, **{key: params[key] + sign * wiggle * grad for key, grad in grads.items()}}
            twin = self._twin(beside, self.train)
            moved.append(float(twin.loss(twin.train()(self.X[self.train]), self.y[self.train]).detach()))
        with np.errstate(over="ignore"):  # of a run that ran away
            slope = sum(float((grad**2).sum()) for grad in grads.values())
        numbers = {"loss": float(loss.detach()), "slope": slope, "up": moved[0], "down": moved[1]}
        return said | {f"then.{key}": _one(value) for key, value in numbers.items()}

    def _mixes_rows(self) -> bool:
        """Whether a row's values depend on other rows, as with batch norm: then rows left out cannot be asked about."""
        return any(not p.held.trained for p in self.net.parameters)

    def _steps(self, params: Arrays) -> dict[str, np.ndarray]:
        """Of all rows each step and its cotangent, where only rows that are learnt from count in the loss."""
        twin = self._twin(params, torch.ones_like(self.train))
        out = twin.train()(self.X)
        for value in twin.seen:
            if value.requires_grad:
                value.retain_grad()
        loss = twin.loss(out, self.y, "none").reshape(-1, 1)[self.train].mean()
        loss.backward()  # type: ignore[no-untyped-call]
        said = self._rows("then", twin, out.detach())
        for key, value in zip(self.net.result_names, twin.seen, strict=True):
            if value.requires_grad and value.grad is not None:
                said[f"then.d_{key}"] = as_numpy(value.grad)
        return said


def _parameter(tensor: Tensor) -> nn.Parameter:
    assert isinstance(tensor, nn.Parameter)
    return tensor


def _one(value: float) -> np.ndarray:
    return np.array([[value]])
