"""The nets that are made from a table: how many columns come in and go out, and the loss, follow from its target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sheetnet.common.settings import whole_number
from sheetnet.errors import DataError, SheetnetError
from sheetnet.models.layers import ACTIVATIONS, Activation, Combine, Dense, Row, SumColumns
from sheetnet.models.losses import LOSSES, loss_of
from sheetnet.models.model import MAX_UNITS, Model, create, linear_forward, relus_forward
from sheetnet.models.net import Net, Step, mlp_layers, sequence
from sheetnet.tables.rows import Rows
from sheetnet.tables.sayings import RECIPES

DEFAULT = {"number": "mse", "two": "bce_with_logits", "many": "cross_entropy"}
BETWEEN = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu", "gelu_tanh", "silu", "softplus")  # hidden layers


def mlp(
    table: Any, *hidden: int | Sequence[int], activation: str = "relu", loss: str | None = None, name: str = "mlp"
) -> Net:
    """A net with hidden layers of these sizes, such as mlp(table, 8, 4).

    loss: by default mse for a number, bce_with_logits for two classes, cross_entropy for more.
    Raises: SheetnetError for sizes that are no whole numbers, an unknown activation, and a loss that does not suit.
    """
    needed(table)
    sizes = [size for part in hidden for size in ([part] if isinstance(part, int) else part)]
    sizes = [whole_number("the size of a hidden layer", size, 1, 256) for size in sizes]
    if not sizes:
        raise SheetnetError(
            "mlp needs the sizes of its hidden layers, such as sn.mlp(table, 8); without any it is sn.linear(table)"
        )
    if activation not in BETWEEN:
        raise SheetnetError(f"there is no activation {activation!r}; known are {', '.join(BETWEEN)}")
    loss = loss_for(table, loss)
    outputs = loss_of(loss).width(len(table.target.classes))
    title = "-".join(map(str, [table.n_features, *sizes, outputs]))
    layers = mlp_layers(table.n_features, sizes, outputs, activation)
    return Net(name, f"MLP {title}", table.n_features, sequence(layers), loss)


def linear(table: Any, loss: str | None = None) -> Model | Net:
    """A line: pred = X W of the passengers, whose X has a column of ones; of any other table pred = X W + b.

    loss: of other tables by default mse for numbers and for two classes (0 and 1), cross_entropy for more.
    """
    needed(table)
    if loss is None and of_passengers(table):
        return create("linear", table.n_features)
    loss = loss_for(table, loss or ("mse" if table.target.kind != "many" else None))
    layers = [Dense(table.n_features, loss_of(loss).width(len(table.target.classes)))]
    return Net("linear", "Linear", table.n_features, sequence(layers), loss)


def two_relu(table: Any, loss: str | None = None) -> Model | Net:
    """Two rectified units: pred = relu(X w_1) + relu(X w_2), with a bias in each unit but for passengers.

    Where the target is a number, with a bias of the sum too.
    """
    needed(table)
    if loss is None and of_passengers(table):
        return create("two_relu", table.n_features)
    return _rectified(table, 2, loss)


def relus(table: Any, n_hidden: int, loss: str | None = None) -> Model | Net:
    """n_hidden rectified units that are added up: pred = relu(X w_1) + ... + relu(X w_k), as two_relu.

    Raises: SheetnetError unless n_hidden is a whole number from 1 to 4096, of other tables than the passengers' to 256.
    """
    needed(table)
    n_hidden = whole_number("n_hidden", n_hidden, 1, MAX_UNITS)
    if loss is None and of_passengers(table):
        return create(f"relu_{n_hidden}", table.n_features)
    return _rectified(table, n_hidden, loss)


def needed(table: Any) -> None:
    """None for a table, or what stands for one.

    Raises: DataError for a DataFrame, an array and the like.
    """
    if not hasattr(table, "n_features"):
        found = f"found {type(table).__name__}"
        raise DataError(f"a model is made for a table, such as sn.table(frame, target) or sn.titanic(); {found}")


def of_passengers(table: Any) -> bool:
    """Whether these are passengers, or rows on disk: for them there are models of one W, with fast ways to train."""
    return isinstance(table, Rows) or getattr(table, "recipe", None) in RECIPES


def _rectified(table: Any, n_hidden: int, loss: str | None) -> Net:
    if table.target.kind == "many":
        raise SheetnetError(
            f"{_found(table)}: ReLUs that are added give one number for all; take sn.softmax(table) or sn.mlp(table, 8)"
        )
    loss = loss_for(table, loss or "mse")
    name, title = ("two_relu", "Two ReLU") if n_hidden == 2 else (f"relu_{n_hidden}", f"{n_hidden} ReLU")
    steps = sequence([Dense(table.n_features, n_hidden), Activation("relu"), SumColumns()])
    if table.target.kind == "number":  # rectified units reach no number below 0 by themselves
        steps += (Step(Row(1), (0,), "bias"), Step(Combine("add"), (3, 4)))
    return Net(name, title, table.n_features, steps, loss)


def logistic(table: Any) -> Net:
    """Logistic regression for two classes: logit = X W + b, with the cross-entropy of torch's BCEWithLogitsLoss.

    Raises: SheetnetError for a target that has not two classes.
    """
    needed(table)
    if table.target.kind != "two":
        raise SheetnetError(f"logistic regression is for two classes; {_found(table)}")
    layers = [Dense(table.n_features, 1)]
    return Net("logistic", "Logistic", table.n_features, sequence(layers), "bce_with_logits")


def softmax(table: Any) -> Net:
    """Softmax regression for classes: a score for each, X W + b, with torch's CrossEntropyLoss.

    Raises: SheetnetError for a target that is a number.
    """
    needed(table)
    if table.target.kind == "number":
        raise SheetnetError(f"softmax is for classes; {_found(table)}")
    layers = [Dense(table.n_features, len(table.target.classes))]
    return Net("softmax", "Softmax", table.n_features, sequence(layers), "cross_entropy")


def net_of(model: Model) -> Net:
    """The same model as a net, with the same one parameter W, for what only nets can have done.

    Raises: SheetnetError for a model whose forward pass is not known as layers.
    """
    p, k = model.n_features, model.n_hidden
    steps: tuple[Step, ...] = (Step(Dense(p, k, bias=False), (0,), "lin"),)
    if model.kind.forward is relus_forward:
        steps += (Step(Activation("relu"), (1,)), Step(SumColumns(), (2,)))
    elif model.kind.forward is not linear_forward:
        raise SheetnetError(f"{model.name} is trained by sgd, on all rows; for more make it a net, such as sn.mlp(...)")
    return Net(model.name, model.title, p, steps, "mse")


def loss_for(table: Any, loss: str | None) -> str:
    """The loss that was said, if it suits the table's target, or the usual one.

    Raises: SheetnetError for one that does not suit, with those that do.
    """
    kind = table.target.kind
    loss = DEFAULT[kind] if loss is None else loss
    if kind not in loss_of(loss).targets:
        fit = ", ".join(name for name, one in LOSSES.items() if kind in one.targets)
        raise SheetnetError(f"the loss {loss} does not suit; {_found(table)}: take {fit}")
    return loss


def _found(table: Any) -> str:
    kind, n = table.target.kind, len(table.target.classes)
    return f"{table.target.name} is a number" if kind == "number" else f"{table.target.name} has {n} classes"


assert set(BETWEEN) - {"leaky_relu"} <= set(ACTIVATIONS)
