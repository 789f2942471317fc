"""Whether a net suits its loss and a table: its width, its last layer, its codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.models.layers import Activation, Columns
from sheetnet.models.losses import loss_of
from sheetnet.models.make import loss_for
from sheetnet.models.net import Net
from sheetnet.models.norms import Embedding

SHARES = {
    ("bce_with_logits", "sigmoid"): "torch's BCEWithLogitsLoss has the sigmoid in it: leave the last nn.Sigmoid out, "
    "or take the loss mse, mae or huber",
    ("cross_entropy", "softmax"): "torch's CrossEntropyLoss takes scores and has the softmax in it: leave the last "
    "nn.Softmax out",
    ("cross_entropy", "log_softmax"): "torch's CrossEntropyLoss is LogSoftmax and NLLLoss in one: leave the last "
    "nn.LogSoftmax out",
}  # by loss and last layer


def check_end(net: Net) -> None:
    """None; the last layer does not do what the loss does too.

    Raises: SheetnetError saying what torch's loss expects.
    """
    last = net.steps[-1].layer
    if isinstance(last, Activation) and (net.loss, last.kind) in SHARES:
        raise SheetnetError(f"{net.title} ends in {last.kind}; {SHARES[net.loss, last.kind]}")


def suited(net: Net, table: Any, loss: str | None) -> Net:
    """The net with the loss that was said, or with the usual one for its width and the table's target.

    Raises: SheetnetError where columns, width, loss, last layer or codes do not suit.
    """
    if net.n_features != table.n_features:
        names = ", ".join(map(str, list(table.features)[:8]))
        found = f"{net.title} takes {net.n_features} columns, the table has {table.n_features} ({names})"
        raise SheetnetError(f"{found}; make it for {table.n_features}")
    target = table.target
    if loss is None and target.kind == "two" and net.n_outputs == 2:
        loss = "cross_entropy"
    loss = loss_for(table, loss)
    width = loss_of(loss).width(len(target.classes))
    if net.n_outputs != width:
        classes = f" and the {len(target.classes)} classes of {target.name}" * (loss == "cross_entropy")
        words = f"{net.title} gives {net.n_outputs} columns, for the loss {loss}{classes} it must be {width}"
        raise SheetnetError(f"{words}; make the last layer {width} wide")
    _check_codes(net, table)
    net = net if net.loss == loss else replace(net, loss=loss)
    check_end(net)
    return net


def _check_codes(net: Net, table: Any) -> None:
    """None; columns that an embedding takes hold its codes."""
    for step in net.steps:
        if not isinstance(step.layer, Embedding):
            continue
        source = net.steps[step.sources[0] - 1].layer if step.sources[0] else Columns(0, 1)
        if isinstance(source, Columns):
            column, count = np.asarray(table.X)[:, source.first], step.layer.codes
            if odd := [value for value in column if not (0 <= value < count and float(value).is_integer())]:
                name = list(table.features)[source.first]
                words = f"{net.title}, layer {step.key!r} takes codes from 0 to {count - 1}, {name} has {odd[0]:g}"
                raise SheetnetError(f'{words}; say columns={{"{name}": sn.codes()}}, or give it the right column')
