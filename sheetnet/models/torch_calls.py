"""What each layer and each call of a torch module is as a step of a net: a table of layers, a table of calls.

A new layer is an entry in LAYERS, a new function or method one in CALLS. torch_in.py follows a module through its
forward and asks here; what is not here, or has a setting that is not here, is refused.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from sheetnet.errors import SheetnetError
from sheetnet.models import torch_pictures
from sheetnet.models.layers import Activation, Combine, Dense, Dropout, LeakyReLU, SumColumns
from sheetnet.models.norms import BatchNorm, Embedding, LayerNorm
from sheetnet.models.torch_steps import Own, Steps, Value, must

KNOWN = (
    "nn.Linear, ReLU, LeakyReLU, Sigmoid, Tanh, GELU, SiLU, Softplus, Softmax, LogSoftmax, Dropout, BatchNorm1d, "
    "LayerNorm, Embedding, Conv2d, MaxPool2d, AvgPool2d, Flatten, Unflatten, Identity, Sequential"
)
FEWER = "take nn.ReLU, nn.LeakyReLU, nn.SiLU or nn.Softplus"
INSTEAD = {  # by how a layer's name begins: what would do
    "Conv": "take nn.Conv2d of nn.Unflatten(1, (channels, rows, columns)), or nn.Linear",
    "MaxPool": "take nn.MaxPool2d",
    "AvgPool": "take nn.AvgPool2d",
    "Adaptive": "take nn.AdaptiveAvgPool2d(1), or nn.AvgPool2d",
    "RNN": "a table's columns are no sequence: take nn.Linear",
    "LSTM": "a table's columns are no sequence: take nn.Linear",
    "GRU": "a table's columns are no sequence: take nn.Linear",
    "Transformer": "a table's columns are no sequence: take nn.Linear and nn.LayerNorm",
    "Multihead": "a table's columns are no sequence: take nn.Linear",
    "BatchNorm": "take nn.BatchNorm1d",
    "GroupNorm": "take nn.LayerNorm",
    "InstanceNorm": "take nn.LayerNorm",
    "RMSNorm": "take nn.LayerNorm",
    "EmbeddingBag": "take nn.Embedding",
    "Bilinear": "take nn.Linear of torch.cat([a, b], dim=1)",
    "PReLU": "take nn.LeakyReLU",
    **dict.fromkeys(("ReLU6", "RReLU", "ELU", "SELU", "CELU", "Mish", "Hard", "Threshold"), FEWER),
    **dict.fromkeys(("AlphaDropout", "FeatureAlpha", "Dropout"), "take nn.Dropout"),
}


# ---- layers of torch.nn


def _linear(to: Steps, module: nn.Linear, path: str, a: Value) -> int:
    to.flat(a)
    return to.add(Dense(module.in_features, module.out_features, module.bias is not None), a, key=to.key(module, path))


def _batch_norm(to: Steps, module: nn.BatchNorm1d, path: str, a: Value) -> int:
    must(module, track_running_stats=True)
    if module.momentum is None:
        raise SheetnetError("momentum=None, a running average of all batches, is not known; take momentum=0.1")
    if len(a.shape) != 1:
        raise SheetnetError(f"{to.seen(a)} comes in, expected (n, columns); take nn.Flatten before it")
    layer = BatchNorm(module.num_features, float(module.eps), float(module.momentum), module.affine)
    key = to.key(module, path)
    if any(step.key == key for step in to.steps):
        raise SheetnetError("it is used twice, and its running mean would be of both; take a second nn.BatchNorm1d")
    return to.add(layer, a, key=key)


def _layer_norm(to: Steps, module: nn.LayerNorm, path: str, a: Value) -> int:
    to.flat(a)
    if len(module.normalized_shape) != 1:
        raise SheetnetError(f"it is over {len(module.normalized_shape)} dimensions; take nn.LayerNorm of the last one")
    if module.elementwise_affine and module.bias is None:
        raise SheetnetError("bias=False is not known; take nn.LayerNorm with a bias, or elementwise_affine=False")
    layer = LayerNorm(module.normalized_shape[0], float(module.eps), module.elementwise_affine)
    return to.add(layer, a, key=to.key(module, path))


def _embedding(to: Steps, module: nn.Embedding, path: str, a: Value) -> int:
    must(module, padding_idx=None, max_norm=None, scale_grad_by_freq=False, sparse=False)
    if not a.codes:
        raise SheetnetError("it takes codes; say which column of X holds them, as in emb(x[:, 0].long())")
    layer, key = Embedding(module.num_embeddings, module.embedding_dim), to.key(module, path)
    parts = []
    for at in range(math.prod(a.shape)):
        code = to.pick(a.step, [at])
        to.code(code, module.num_embeddings)
        parts.append(Value(to.add(layer, Value(code, ()), key=key), ()))
    return to.side_by_side(parts)


def _drop(to: Steps, a: Value, p: float = 0.5, training: bool = True) -> int:
    if p == 1:
        raise SheetnetError("p=1 leaves nothing; take a p below 1")
    return to.add(Dropout(float(p)), a) if training and p else a.step


def _softplus(to: Steps, a: Value, beta: float = 1, threshold: float = 20) -> int:
    if beta != 1 or threshold != 20:
        raise SheetnetError(f"beta={beta} and threshold={threshold} are not known; take beta=1 and threshold=20")
    return to.add(Activation("softplus"), a)


def _gelu(to: Steps, a: Value, approximate: str = "none") -> int:
    return to.add(Activation("gelu_tanh" if approximate == "tanh" else "gelu"), a)


def _by_row(kind: str) -> Callable[..., int]:
    def step(to: Steps, a: Value, dim: int | None = None) -> int:
        to.last(a, dim)
        return to.add(Activation(kind), a)

    return step


def _each(kind: str) -> Callable[..., int]:
    return lambda to, a: to.add(Activation(kind), a)


LAYERS: dict[type[nn.Module], Callable[..., int]] = {
    nn.Linear: _linear,
    nn.BatchNorm1d: _batch_norm,
    nn.LayerNorm: _layer_norm,
    nn.Embedding: _embedding,
    nn.ReLU: lambda to, module, path, a: to.add(Activation("relu"), a),
    nn.LeakyReLU: lambda to, module, path, a: to.add(LeakyReLU(float(module.negative_slope)), a),
    nn.Sigmoid: lambda to, module, path, a: to.add(Activation("sigmoid"), a),
    nn.Tanh: lambda to, module, path, a: to.add(Activation("tanh"), a),
    nn.GELU: lambda to, module, path, a: _gelu(to, a, module.approximate),
    nn.SiLU: lambda to, module, path, a: to.add(Activation("silu"), a),
    nn.Softplus: lambda to, module, path, a: _softplus(to, a, module.beta, module.threshold),
    nn.Softmax: lambda to, module, path, a: _by_row("softmax")(to, a, module.dim),
    nn.LogSoftmax: lambda to, module, path, a: _by_row("log_softmax")(to, a, module.dim),
    nn.Dropout: lambda to, module, path, a: _drop(to, a, module.p),
    nn.Conv2d: torch_pictures.conv,
    nn.MaxPool2d: torch_pictures.of_layer(torch_pictures.max_pool, dilation=1, ceil_mode=False, return_indices=False),
    nn.AvgPool2d: torch_pictures.of_layer(
        torch_pictures.mean_pool, ceil_mode=False, count_include_pad=True, divisor_override=None
    ),
    nn.AdaptiveAvgPool2d: torch_pictures.whole,
}
REARRANGING: set[Any] = {nn.Identity, nn.Flatten, nn.Unflatten, operator.getitem} | {
    getattr(torch, name)
    for name in ("reshape", "flatten", "squeeze", "unsqueeze", "clone", "chunk", "split", "unbind", "narrow", "select")
} | {
    "view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "contiguous", "clone", "chunk", "split",
    "unbind", "narrow", "select",
}  # fmt: skip


# ---- functions and methods


def _combine(op: str) -> Callable[..., int]:
    """A step for two operands, of which one may be a number or a parameter."""

    def step(to: Steps, a: Any, b: Any) -> int:
        if to.is_number(b):
            return to.add(Combine(op, float(b)), to.value(a))
        if to.is_number(a):
            return to.add(Combine(op, float(a), swapped=True), to.value(b))
        a, b = to.value(a), to.value(b)
        to.fit(a, b)
        return to.add(Combine(op), a, b)

    return step


def _power(to: Steps, a: Any, exponent: Any) -> int:
    base = to.value(a)
    if to.is_number(exponent) and exponent in (0.5, 2, 3):
        step = to.add(Activation("sqrt" if exponent == 0.5 else "square"), base)
        return step if exponent < 3 else to.add(Combine("mul"), base, Value(step, base.shape, base.rows))
    raise SheetnetError(f"the power {exponent!r} is not known; take 2, 3 or 0.5")


def _matrix(to: Steps, a: Any, weight: Any, bias: Any = None, turned: bool = False) -> int:
    """a @ weight, or linear(a, weight, bias), with parameters that belong to no nn.Linear that learns."""
    if not isinstance(weight, Own) or not isinstance(a, Value):
        raise SheetnetError("only x @ parameter is known; for products of values take x * y, summed along dim=1")
    to.flat(a)
    step = to.product(a, weight, turned)
    return step if bias is None else to.add(Combine("add"), Value(step, ()), to.value(bias))


def _of_linear(to: Steps, a: Any, weight: Any, bias: Any = None) -> int:
    return _matrix(to, a, weight, bias, turned=True)


def _concat(to: Steps, tensors: Sequence[Any], dim: int = 0) -> int:
    parts = [to.value(part) for part in tensors]
    for part in parts:
        if len(part.shape) != 1 or not part.rows:
            raise SheetnetError(
                f"{to.seen(part)} among the parts, expected (n, columns) each; take x[:, 0:1], not x[:, 0]"
            )
        to.last(part, dim)
    return to.side_by_side(parts)


def _stack(to: Steps, tensors: Sequence[Any], dim: int = 0) -> int:
    parts = [to.value(part) for part in tensors]
    if dim not in (1, -1) or any(part.shape or not part.rows for part in parts):
        raise SheetnetError("only columns (n,) along dim=1 are known; take torch.cat([...], dim=1)")
    return to.side_by_side(parts)


def _total(mean: bool) -> Callable[..., int]:
    def step(to: Steps, a: Any, dim: Any = None, keepdim: bool = False) -> int:
        to.last(a, dim[0] if isinstance(dim, list | tuple) and len(dim) == 1 else dim)
        return to.add(SumColumns(mean), a)

    return step


def _codes(to: Steps, a: Value) -> Value:
    return Value(a.step, a.shape, a.rows, codes=True)


def _to(to: Steps, a: Value, dtype: Any) -> Value:
    if dtype in (torch.float32, torch.float64):
        return _numbers(to, a)
    if dtype not in (torch.int64, torch.int32):
        raise SheetnetError(f"{dtype} is not known: a sheet calculates in float64")
    return _codes(to, a)


def _numbers(to: Steps, a: Value) -> Value:
    if a.codes:
        raise SheetnetError("codes that become numbers again are not known; take the column without .long()")
    return a


CALLS: dict[str, Callable[..., int | Value]] = {
    **{kind: _each(kind) for kind in ("relu", "sigmoid", "tanh", "silu", "exp", "abs", "square", "sqrt", "sin", "cos")},
    "neg": _each("neg"), "negative": _each("neg"), "absolute": _each("abs"),
    "gelu": _gelu, "softplus": _softplus, "dropout": _drop,
    "leaky_relu": lambda to, a, negative_slope=0.01: to.add(LeakyReLU(float(negative_slope)), a),
    "softmax": _by_row("softmax"), "log_softmax": _by_row("log_softmax"),
    **dict.fromkeys(("add", "iadd"), _combine("add")),
    **dict.fromkeys(("sub", "subtract", "isub"), _combine("sub")),
    **dict.fromkeys(("mul", "multiply", "imul"), _combine("mul")),
    **dict.fromkeys(("div", "divide", "true_divide", "truediv", "itruediv"), _combine("div")),
    "pow": _power, "ipow": _power,
    **dict.fromkeys(("matmul", "mm"), _matrix),
    "linear": _of_linear,
    **dict.fromkeys(("cat", "concat", "concatenate"), _concat), "stack": _stack,
    "max_pool2d": torch_pictures.max_pool, "avg_pool2d": torch_pictures.mean_pool,
    "sum": _total(False), "mean": _total(True),
    "long": _codes, "int": _codes, "to": _to, "float": _numbers, "double": _numbers,
}  # fmt: skip
FUNCTIONS: dict[Any, Callable[..., int | Value]] = {
    getattr(home, name): call for name, call in CALLS.items() for home in (F, torch, operator) if hasattr(home, name)
}
WITH_PARAMETERS = (_matrix, _of_linear)  # where a parameter may be more than a row
TURNING = {"t", "T", torch.t}
HARMLESS = {"_stacklevel", "inplace"}  # settings that change no value
ALIASES = {"axis": "dim", "other": "b", "input": "a", "mat2": "weight"}


def call_of(target: Any) -> Callable[..., int | Value] | None:
    """What a function, or the name of a method, is; None for an unknown one."""
    if isinstance(target, str):
        return CALLS.get(target.removesuffix("_"))
    return FUNCTIONS.get(target)


def instead_of(module: nn.Module) -> str:
    """What would do in place of an unknown layer."""
    name = type(module).__name__
    best = max((begin for begin in INSTEAD if name.startswith(begin)), key=len, default="")
    return INSTEAD[best] if best else f"known are {KNOWN}"
