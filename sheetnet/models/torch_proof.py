"""The proof of a translation: the module itself beside the net's own modules, in values and in gradients."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from sheetnet.errors import SheetnetError
from sheetnet.models.layer_twins import NetTwin
from sheetnet.models.net import Net

NEAR = 1e-10  # of the largest entry
ROWS, MOST = 11, 64  # drawn at random, and of those that a table gives
STRANGE = "this module does something that sheetnet does not know"
_DROPOUT = inspect.signature(F.dropout)


class Plain(TorchFunctionMode):
    """What torch does, in float64 throughout, and with these masks for its dropouts, in turn; None: no dropout acts."""

    def __init__(self, masks: Iterator[Tensor] | None = None, predicts: bool = False) -> None:
        super().__init__()
        self.masks, self.predicts = masks, predicts

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """What the function gives."""
        kwargs = kwargs or {}
        if func in (Tensor.float, Tensor.double):
            return args[0].double()
        if func is Tensor.to and torch.float32 in (*args[1:], *kwargs.values()):
            return args[0].double()
        if func is not F.dropout:
            return func(*args, **kwargs)
        given = _DROPOUT.bind(*args, **kwargs)
        given.apply_defaults()
        a, p, training = (given.arguments[key] for key in ("input", "p", "training"))
        if self.predicts and training:
            raise SheetnetError("a dropout drops when predicting too; say training=self.training, or take nn.Dropout")
        if self.masks is None or not training or not p:
            return a
        if (mask := next(self.masks, None)) is None:
            raise SheetnetError(f"{STRANGE}: it drops more often than its translation")
        return a * mask


def prove(
    base: nn.Module, net: Net, codes: Mapping[int, int], drops: Sequence[bool], X: np.ndarray | None = None
) -> None:
    """None; on random rows the module (a copy in float64) is the net: values, gradients, running statistics.

    codes: columns of X that hold codes, and how many. drops: for each dropout in turn, whether the net has it too.
    Raises: SheetnetError where they differ, saying in what and how far.
    """
    rng = np.random.default_rng(0)
    shape = ROWS, net.n_features
    draws = [rng.normal(size=shape), 30.0 * rng.normal(size=shape), rng.uniform(0.1, 2.0, shape)]
    for drawn in draws:
        for column, count in codes.items():
            drawn[:, column] = rng.integers(0, count, ROWS)
    if X is not None:
        given = np.asarray(X, dtype=float)
        known = [(given[:, at] >= 0) & (given[:, at] < count) & (given[:, at] % 1 == 0) for at, count in codes.items()]
        given = given[np.all(known, axis=0)] if known else given  # other codes are refused elsewhere, by their column
        draws += [given[:MOST]] * bool(len(given))
    finite = False
    for rows in draws:
        masks = net.draw_masks(len(rows), 1)
        theirs = _said(copy.deepcopy(base), rows, masks.values(), drops, net)
        ours = _ours(net, rows, masks)
        _compare(net, ours, theirs)
        finite = finite or bool(np.isfinite(theirs["values when predicting"]).any())
    if not finite:
        raise SheetnetError(f"{net.title} gives no finite number on random rows; mend it, or train it again")


def _cotangent(shape: Any) -> Tensor:
    return torch.from_numpy(np.random.default_rng(2).normal(size=tuple(shape)))


def _ours(net: Net, rows: np.ndarray, masks: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the net's own modules say."""
    twin = NetTwin(net)
    assert net.start is not None
    twin.put(net.start)
    twin.masked(masks)
    X = torch.tensor(rows)
    with torch.no_grad():
        said = {"values when predicting": twin.eval()(X).numpy()}
    out = twin.train()(X)
    tensors = twin.tensors()
    _differentiate(out)
    said["values in training"] = out.detach().numpy()
    for p in net.parameters:
        said[p.key] = _after(tensors[p.name], p.trained)
    return said


def _said(module: nn.Module, rows: np.ndarray, masks: Any, drops: Sequence[bool], net: Net) -> dict[str, np.ndarray]:
    """What the module itself says, by the same names."""
    drawn = iter([torch.from_numpy(mask) for mask in masks])
    turns = iter([next(drawn) if used else torch.ones(()) for used in drops])
    try:
        with torch.no_grad(), Plain(predicts=True):
            said = {"values when predicting": _column(module.eval()(torch.from_numpy(rows.copy())))}
        module.zero_grad(set_to_none=True)
        with Plain(turns):
            out = module.train()(torch.from_numpy(rows.copy()))
        _differentiate(out if out.dim() > 1 else out[:, None])
    except SheetnetError as reason:
        raise SheetnetError(f"{net.title}: {reason}") from None
    except Exception as reason:  # whatever a forward may do
        words = (str(reason).strip().splitlines() or [type(reason).__name__])[0][:200]
        raise SheetnetError(f"{net.title} fails on rows of random numbers in float64: {words}") from None
    said["values in training"] = _column(out.detach())
    held: dict[str, Tensor] = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    for p in net.parameters:
        if p.key in held:
            said[p.key] = _after(held[p.key], p.trained)
    return said


def _column(out: Tensor) -> np.ndarray:
    return out.reshape(len(out), -1).numpy()


def _differentiate(out: Tensor) -> None:
    if out.requires_grad:
        flat = out.reshape(len(out), -1)
        (flat * _cotangent(flat.shape)).sum().backward()  # type: ignore[no-untyped-call]


def _after(tensor: Tensor, trained: bool) -> np.ndarray:
    """A parameter's gradient, or a buffer as the pass left it."""
    found = tensor.grad if trained else tensor
    return (torch.zeros_like(tensor) if found is None else found).detach().double().numpy().copy()


def _compare(net: Net, ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> None:
    trained = {p.key for p in net.trained}
    largest = max((_size(theirs[key]) for key in trained), default=0.0)
    for key, said in theirs.items():
        size = max(_size(said), largest / 1e3) if key in trained else _size(said)
        near = ours[key].shape == said.shape and np.allclose(ours[key], said, rtol=0, atol=NEAR * size, equal_nan=True)
        if not near:
            what = f"the gradient of {key}" if key in trained else f"the {key}"
            far = (
                f"by {_size(ours[key] - said) / (size or 1.0):.0e} of its size" if ours[key].shape == said.shape else ""
            )
            words = f"on random rows {what} of the module and of its translation differ {far}".rstrip()
            remedy = "write it with the layers of torch.nn that are known, without changing values in place"
            raise SheetnetError(f"{net.title}: {STRANGE}: {words}; {remedy}")


def _size(a: np.ndarray) -> float:
    return float(np.max(np.abs(a[np.isfinite(a)]), initial=0.0))
