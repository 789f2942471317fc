"""A fitted scikit-learn model as a net: its coefficients as layers, its scalers as fixed rows in front.

scikit-learn is not imported: models are known by the names of their classes, and asked for what they have learnt.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import mean, variable
from sheetnet.models.answers import outputs as raw_outputs
from sheetnet.models.layer import Layer
from sheetnet.models.layers import Activation, Combine, Dense, Product, Row
from sheetnet.models.losses import of_nothing
from sheetnet.models.metrics import ROUNDING, r2
from sheetnet.models.net import Net, Step
from sheetnet.models.sklearn_columns import Arranged, arranged, raw_rows, spelt
from sheetnet.models.sklearn_steps import Taken, fitted, from_sklearn, through

NEAR = 1e-10  # of the largest prediction
ROWS = 11
ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
INSTEAD = {
    **dict.fromkeys(("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV"), "give its best_estimator_"),
    "TransformedTargetRegressor": "give its regressor_, and a table whose target is transformed",
    "LogisticRegressionCV": "fit LogisticRegression with the C that it found",
    "RidgeCV": "fit Ridge with the alpha that it found",
}


@dataclass(frozen=True)
class Learnt:
    """What an estimator has learnt: weights (n_in, n_out) and biases by layer, what stands between, its loss."""

    weights: list[np.ndarray]
    biases: list[np.ndarray | None]
    activation: str
    loss: str


def net_of(model: Any, table: Any, name: str = "net", title: str = "") -> Net:
    """The net that a fitted estimator is, or a Pipeline that ends in one; it takes the table's X.

    For classes it gives the logit of the second of two, or a score for each: their softmax is predict_proba. A number
    that it predicts is taken for table.y, of which table.in_units makes the target's own. What it learns further is
    without the estimator's penalty. Raises: SheetnetError for a model, a transformer or a setting that is not known;
    for one that is not fitted; where the table is prepared otherwise, or its predictions are nearer to the target as
    it was than to table.y.
    """
    title = (title or type(model).__name__)[:80]
    estimator, before = _parts(model, title)
    kind = from_sklearn(estimator)
    if kind not in ESTIMATORS:
        remedy = INSTEAD.get(kind, f"known are {', '.join(ESTIMATORS)}, alone or at the end of a Pipeline")
        raise SheetnetError(f"{title}: sheetnet does not know {type(estimator).__name__}; {remedy}")
    learnt = ESTIMATORS[kind](estimator, title)
    first = before[0][1] if before else estimator
    labels = list(getattr(first, "feature_names_in_", range(fitted(first, "n_features_in_", title))))
    taken = [Taken(label) for label in labels]
    for step, transformer in before:
        taken = through(transformer, taken, f'{title}, step "{step}"')
    if len(taken) != len(learnt.weights[0]):
        raise SheetnetError(f"{title}: its steps give {len(taken)} columns, it was fitted on {len(learnt.weights[0])}")
    front = arranged(taken, labels, table, title)
    net = _net(front, _ordered(learnt, estimator, table, title), table.n_features, name, title)
    _prove(net, model, estimator, table, front)
    _check_units(net, table)
    _doubt(net, table)
    return net


def _parts(model: Any, title: str) -> tuple[Any, list[tuple[str, Any]]]:
    """The estimator and the named transformers before it."""
    if from_sklearn(model) != "Pipeline":
        return model, []
    steps = [(name, step) for name, step in model.steps if step is not None and not isinstance(step, str)]
    if not steps or steps[-1][0] != model.steps[-1][0]:
        raise SheetnetError(f"{title} ends in no estimator; known are {', '.join(ESTIMATORS)}")
    *before, (name, last) = steps
    if from_sklearn(last) == "Pipeline":
        estimator, more = _parts(last, f'{title}, step "{name}"')
        return estimator, before + more
    return last, before


# ---- estimators


def _matrix(found: Any) -> np.ndarray:
    """float64, two dimensions."""
    return np.atleast_2d(np.asarray(found, dtype=float))


def _bias(estimator: Any) -> np.ndarray | None:
    """The intercept, where one was fitted."""
    return np.reshape(np.asarray(estimator.intercept_, dtype=float), -1) if estimator.fit_intercept else None


def _linear(estimator: Any, title: str) -> Learnt:
    weights = _matrix(fitted(estimator, "coef_", title)).T
    if weights.shape[1] != 1:
        raise SheetnetError(f"{title} predicts {weights.shape[1]} targets; a table has one, so fit it on y alone")
    return Learnt([weights], [_bias(estimator)], "identity", "mse")


def _logistic(estimator: Any, title: str) -> Learnt:
    weights = _matrix(fitted(estimator, "coef_", title)).T
    rest = getattr(estimator, "solver", "") == "liblinear" or getattr(estimator, "multi_class", "") == "ovr"
    if len(estimator.classes_) > 2 and rest:
        raise SheetnetError(f"{title} is one class against the rest, no softmax; fit it with the solver lbfgs")
    if len(estimator.classes_) == 2 and getattr(estimator, "multi_class", "") == "multinomial":
        raise SheetnetError(f"{title} is multinomial with two classes; fit it without multi_class")
    loss = "bce_with_logits" if len(estimator.classes_) == 2 else "cross_entropy"
    return Learnt([weights], [_bias(estimator)], "identity", loss)


def _mlp(estimator: Any, title: str) -> Learnt:
    weights = [_matrix(one) for one in fitted(estimator, "coefs_", title)]
    loss = {"identity": "mse", "logistic": "bce_with_logits", "softmax": "cross_entropy"}.get(estimator.out_activation_)
    if loss is None or (loss != "cross_entropy" and weights[-1].shape[1] != 1):
        ends = f"{weights[-1].shape[1]} outputs and {estimator.out_activation_}"
        raise SheetnetError(f"{title} ends in {ends}; fit it on one target, with the loss squared_error or log_loss")
    if estimator.activation not in ACTIVATIONS:
        raise SheetnetError(
            f"{title}: the activation {estimator.activation!r} is not known; take {', '.join(ACTIVATIONS)}"
        )
    biases: list[np.ndarray | None] = [np.asarray(one, dtype=float) for one in estimator.intercepts_]
    return Learnt(weights, biases, ACTIVATIONS[estimator.activation], loss)


ESTIMATORS: dict[str, Callable[[Any, str], Learnt]] = {
    "LinearRegression": _linear,
    "Ridge": _linear,
    "LogisticRegression": _logistic,
    "MLPRegressor": _mlp,
    "MLPClassifier": _mlp,
}


def _ordered(learnt: Learnt, estimator: Any, table: Any, title: str) -> Learnt:
    """The same with its classes in the table's order.

    Raises: SheetnetError where they are others.
    """
    if not hasattr(estimator, "classes_"):
        return learnt
    target = table.target
    known = [spelt(one) for one in estimator.classes_]
    wanted = [str(one) for one in target.classes]
    places = [str(at) for at in range(len(wanted))]
    if known == places != wanted and sorted(wanted) == places:
        words = f"{title} was fitted on {', '.join(known)}, of {target.name} the order is {', '.join(wanted)}"
        raise SheetnetError(f"{words}: labels or places? Fit it on other labels, or leave positive= out of sn.table")
    if known == places:  # fitted on the table's own y
        return learnt
    if sorted(known) != sorted(wanted):
        ours = f"its classes are {', '.join(wanted[:8])}" if wanted else "it is a number"
        raise SheetnetError(f"{title} was fitted on the classes {', '.join(known[:8])}; of {target.name}, {ours}")
    order = [known.index(one) for one in wanted]
    weights, bias = learnt.weights[-1], learnt.biases[-1]
    if learnt.loss == "cross_entropy":
        weights, bias = weights[:, order], None if bias is None else bias[order]
    elif order == [1, 0]:  # the logit of the other class
        weights, bias = -weights, None if bias is None else -bias
    return replace(learnt, weights=[*learnt.weights[:-1], weights], biases=[*learnt.biases[:-1], bias])


# ---- the net


def _net(front: Arranged, learnt: Learnt, n_features: int, name: str, title: str) -> Net:
    steps: list[Step] = []
    numbers: dict[str, np.ndarray] = {}

    def add(layer: Layer, sources: tuple[int, ...], key: str = "", **held: np.ndarray) -> int:
        steps.append(Step(layer, sources, key))
        for one, value in zip(layer.held, held.values(), strict=True):
            numbers[steps[-1].key_of(one)] = value
        return len(steps)

    last = 0
    if front.matrix is not None:
        n_in, n_out = front.matrix.shape
        last = add(Product(n_in, n_out, trained=False), (0,), "columns", itself=front.matrix)
    for key, op, row in front.rows:
        fixed = add(Row(len(row), trained=False), (0,), key, itself=row)
        last = add(Combine(op), (last, fixed))
    for at, (weight, bias) in enumerate(zip(learnt.weights, learnt.biases, strict=True)):
        held = {"weight": weight} | ({} if bias is None else {"bias": bias})
        n_in, n_out = weight.shape
        last = add(Dense(n_in, n_out, bias is not None), (last,), str(2 * at), **held)
        if at < len(learnt.weights) - 1:
            last = add(Activation(learnt.activation), (last,), str(2 * at + 1))
    net = Net(name, title, n_features, tuple(steps), learnt.loss)
    start = {p.name: numbers[p.key].reshape(p.shape) + 0.0 for p in net.parameters}
    return Net(name, title, n_features, tuple(steps), learnt.loss, start)


# ---- proof


def outputs(net: Net, X: np.ndarray) -> np.ndarray:
    """What a net gives with the numbers it comes with: predictions, or of classes the probabilities, (n, classes)."""
    X_node = variable("X", X.shape)
    P = {p.name: variable(p.name, p.shape) for p in net.parameters}
    values = {X_node: X} | {P[key]: value for key, value in net.init().items()}
    (out,) = evaluate([net.forward(X_node, P)[-1]], values)
    if net.loss == "bce_with_logits":
        with np.errstate(over="ignore"):
            return np.hstack([1.0 / (1.0 + np.exp(out)), 1.0 / (1.0 + np.exp(-out))])
    if net.loss == "cross_entropy":
        shares = np.exp(out - out.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
    return np.asarray(out)


def _prove(net: Net, model: Any, estimator: Any, table: Any, front: Arranged) -> None:
    """None; on the table's rows, and on random ones where it takes these, the net says what the model says.

    Raises: SheetnetError where they differ, or the model fails.
    """
    X = np.asarray(table.X, dtype=float)
    pairs: list[tuple[np.ndarray, Any]] = [(X, front.given(X) if front.direct else raw_rows(table, front.labels))]
    if front.direct:
        drawn = np.random.default_rng(0).normal(size=(ROWS, net.n_features))
        pairs.append((drawn, front.given(drawn)))
    for rows, given in pairs:
        try:
            said = _said(model, estimator, given, table)
        except Exception as reason:  # whatever a model says of rows that it does not know
            first = (str(reason).strip().splitlines() or [type(reason).__name__])[0][:200]
            raise SheetnetError(f"{net.title} cannot predict the table's rows: {first}") from None
        ours = outputs(net, rows)
        size = float(np.max(np.abs(said[np.isfinite(said)]), initial=0.0))
        if ours.shape != said.shape or not np.allclose(ours, said, rtol=0, atol=NEAR * size):
            words = f"{net.title}: on rows of the table its predictions and those of its translation differ"
            why = (
                "it does something that sheetnet does not know"
                if front.direct
                else "the table prepares a column otherwise"
            )
            raise SheetnetError(f"{words}; {why}" + f": {front.remedy}" * (not front.direct))


def _check_units(net: Net, table: Any) -> None:
    """None; a number that the net predicts is the table's y, not the target as it was before it was scaled.

    Raises: SheetnetError where it explains more of the target as it was.
    """
    if table.target.kind != "number" or not hasattr(table, "in_units"):
        return
    said, own, goal = outputs(net, table.X), table.in_units(table.y), table.target.name
    if r2(said[:, 0], own[:, 0]) > r2(said[:, 0], table.y[:, 0]):
        words = f"{net.title} predicts {goal} as it is, table.y is {goal} scaled"
        raise SheetnetError(f'{words}; say columns={{"{goal}": sn.number()}}, or fit it on table.y')


def _doubt(net: Net, table: Any) -> None:
    """None; a warning where it is worse than saying 0 for every row: fitted on something else, or not to the end."""
    out, y = variable("out", (len(table.X), net.n_outputs)), variable("y", (len(table.X), 1))
    values = {out: raw_outputs(net, net.init(), table.X), y: np.asarray(table.y, dtype=float)}
    loss = float(evaluate([mean(net.of_loss.rows(out, y))], values)[0][0, 0])
    nothing = of_nothing(net.loss, table.y, net.n_outputs)
    if not loss <= nothing * (1 + ROUNDING):
        words = f"its loss on this table is {loss:.4g}, where saying 0 for every row has {nothing:.4g}"
        warnings.warn(f"{net.title}: {words}; was it fitted on table.X and table.y, to the end?", stacklevel=4)


def _said(model: Any, estimator: Any, given: Any, table: Any) -> np.ndarray:
    """What the model itself says: predictions (n, 1), or probabilities in the order of the table's classes."""
    if not hasattr(estimator, "classes_"):
        return np.asarray(model.predict(given), dtype=float).reshape(-1, 1)
    said = np.asarray(model.predict_proba(given), dtype=float)
    known, wanted = [spelt(one) for one in estimator.classes_], [str(one) for one in table.target.classes]
    return said[:, [known.index(one) for one in wanted]] if sorted(known) == sorted(wanted) else said
