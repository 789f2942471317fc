"""What a net says of rows: numbers, classes and probabilities, by the graph as it predicts. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import variable
from sheetnet.models.net import Net

BORDER = {"bce_with_logits": 0.0}  # above it a row is of class 1; a net that learnt 0 and 1 as numbers has 0.5


def outputs(net: Net, params: Mapping[str, np.ndarray], X: np.ndarray) -> np.ndarray:
    """What comes out of the last layer, as when predicting: (n, p) -> (n, outputs); nan where it is no finite number.

    params: as Net.check_params takes them.
    Raises: SheetnetError for rows of another width and parameters that are not the net's.
    """
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.shape[1] != net.n_features:
        raise SheetnetError(f"{net.title} is for rows of {net.n_features} features, found X of shape {X.shape}")
    if not len(X):
        return np.empty((0, net.n_outputs))
    values, rows = net.check_params(params), variable("X", X.shape)
    P = {p.name: variable(p.name, p.shape) for p in net.parameters}
    (out,) = evaluate([net.forward(rows, P)[-1]], {rows: X} | {P[name]: value for name, value in values.items()})
    return np.asarray(out)


def classes(net: Net, out: np.ndarray) -> np.ndarray:
    """Which class is said of each row, counted from 0: (n, outputs) -> (n,); nan where there is no number.

    The largest score, of equal ones the first; 1 for a logit above 0; 1 above 0.5 of a net that learnt 0 and 1.
    """
    if net.loss == "cross_entropy":
        said = out.argmax(1).astype(float)
    else:
        said = (out[:, 0] > BORDER.get(net.loss, 0.5)).astype(float)
    return np.where(np.isfinite(out).all(1), said, np.nan)


def probabilities(net: Net, out: np.ndarray) -> np.ndarray:
    """How likely each class is: (n, outputs) -> (n, classes). Sigmoid of a logit, softmax of scores.

    Raises: SheetnetError for a net that learnt numbers.
    """
    if net.loss == "cross_entropy":
        powers = np.exp(out - out.max(1, keepdims=True))
        return np.asarray(powers / powers.sum(1, keepdims=True))
    if net.loss == "bce_with_logits":
        one = 0.5 + 0.5 * np.tanh(0.5 * out[:, :1])
        other = 0.5 - 0.5 * np.tanh(0.5 * out[:, :1])
        return np.hstack([other, one])
    raise SheetnetError(
        f"{net.title} learns by {net.loss} and gives no probabilities; take a net with the loss bce_with_logits or"
        " cross_entropy"
    )


def answers(
    net: Net, params: Mapping[str, np.ndarray], X: np.ndarray, kind: str, names: Sequence[str] = ()
) -> np.ndarray:
    """What is predicted of each row, (n,): a number, or the class: its name, or where there are none, its number.

    kind: of the target, "number", "two" or "many"; names: of its classes, from 0 on.
    Raises: SheetnetError as outputs; for a row without a class, where the classes have names.
    """
    out = outputs(net, params, X)
    if kind == "number":
        return out[:, 0]
    said = classes(net, out)
    if not len(names):
        return said
    if (bad := np.flatnonzero(~np.isfinite(said))).size:
        raise SheetnetError(f"{net.title} gives no finite number for row {bad[0] + 1}, so no class; train it anew")
    return np.array([names[int(at)] for at in said], dtype=object)
