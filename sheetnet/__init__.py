"""Learning how a model learns, in a spreadsheet and in torch at once: the public names, nothing else.

Each name is imported when it is first used, so that `import sheetnet` is instant and does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sheetnet.common.version import VERSION as __version__

if TYPE_CHECKING:
    from sheetnet.book.build import build, build_lesson
    from sheetnet.book.params import Params, read_params
    from sheetnet.book.predict import predict
    from sheetnet.book.rebuild import write_params
    from sheetnet.checking import check
    from sheetnet.errors import SheetnetError
    from sheetnet.living import LiveSession, live
    from sheetnet.models.make import linear, logistic, mlp, relus, softmax, two_relu
    from sheetnet.models.model import Model
    from sheetnet.models.net import Net
    from sheetnet.tables.columns import (
        codes,
        dummies,
        left_out,
        log,
        min_max,
        number,
        share_of_largest,
        standardised,
        yes_no,
    )
    from sheetnet.tables.making import table
    from sheetnet.tables.rows import Rows, open_rows
    from sheetnet.tables.table import Table
    from sheetnet.tables.titanic import titanic
    from sheetnet.training import Run, train
    from sheetnet.training.basins import Basins, basins
    from sheetnet.training.sweep import Sweep, sweep
    from sheetnet.web.showing import show

_HOME = {
    "Basins": "training.basins",
    "LiveSession": "living",
    "Model": "models.model",
    "Net": "models.net",
    "Params": "book.params",
    "Rows": "tables.rows",
    "Run": "training",
    "SheetnetError": "errors",
    "Sweep": "training.sweep",
    "Table": "tables.table",
    "basins": "training.basins",
    "build": "book.build",
    "build_lesson": "book.build",
    "check": "checking",
    "codes": "tables.columns",
    "dummies": "tables.columns",
    "left_out": "tables.columns",
    "linear": "models.make",
    "live": "living",
    "log": "tables.columns",
    "logistic": "models.make",
    "min_max": "tables.columns",
    "mlp": "models.make",
    "number": "tables.columns",
    "open_rows": "tables.rows",
    "predict": "book.predict",
    "read_params": "book.params",
    "relus": "models.make",
    "share_of_largest": "tables.columns",
    "show": "web.showing",
    "softmax": "models.make",
    "standardised": "tables.columns",
    "sweep": "training.sweep",
    "table": "tables.making",
    "titanic": "tables.titanic",
    "train": "training",
    "two_relu": "models.make",
    "write_params": "book.rebuild",
    "yes_no": "tables.columns",
}
__all__ = [
    "Basins", "LiveSession", "Model", "Net", "Params", "Rows", "Run", "SheetnetError", "Sweep", "Table", "__version__",
    "basins", "build", "build_lesson", "check", "codes", "dummies", "left_out", "linear", "live", "log", "logistic",
    "min_max", "mlp", "number", "open_rows", "predict", "read_params", "relus", "share_of_largest", "show",
    "softmax", "standardised", "sweep", "table", "titanic", "train", "two_relu", "write_params", "yes_no",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sheetnet' has no attribute {name!r}")
    value = getattr(import_module(f"sheetnet.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
