"""Whatever a person gives as a model becomes a net for their table."""

from __future__ import annotations

import sys
from typing import Any

from sheetnet.errors import SheetnetError
from sheetnet.models.make import needed
from sheetnet.models.net import Net
from sheetnet.models.suits import suited

CAN = (
    "sn.linear(table), sn.mlp(table, 8), sn.logistic(table), sn.softmax(table), a torch nn.Module, or a fitted "
    "scikit-learn LinearRegression, Ridge, LogisticRegression, MLPRegressor or MLPClassifier, also in a Pipeline"
)


def as_net(model: Any, table: Any, loss: str | None = None, name: str | None = None) -> Net:
    """The net that a model is, for the table: a Net, an nn.Module, or a fitted estimator or Pipeline of scikit-learn.

    loss: by default what it has, or the usual one for the table's target.
    Raises: SheetnetError for anything else; for a model that does not suit the table, naming what does not.
    """
    needed(table)
    if isinstance(model, Net):
        return suited(model, table, loss or model.loss)
    torch = sys.modules.get("torch")  # a module of torch has imported it
    if torch is not None and isinstance(model, torch.nn.Module):
        from sheetnet.models.torch_in import net_of

        return suited(net_of(model, table.n_features, "mse", name or "net", X=table.X), table, loss)
    if isinstance(model, type):
        raise SheetnetError(f"{model.__name__} is a class; make one of it: {model.__name__}(...)")
    if hasattr(model, "fit") and (hasattr(model, "predict") or hasattr(model, "steps")):
        from sheetnet.models.sklearn_in import net_of as net_of_estimator

        net = net_of_estimator(model, table, name or "net")
        return suited(net, table, loss or net.loss)
    raise SheetnetError(f"a model can be {CAN}; found {type(model).__name__}")
