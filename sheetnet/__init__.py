"""Learning how a model learns, in a spreadsheet and in torch at once: the public names, nothing else.

Each name is imported when it is first used, so that `import sheetnet` is instant and does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sheetnet.building import build, build_lesson
    from sheetnet.checking import check
    from sheetnet.data.rows import Rows, open_rows
    from sheetnet.errors import SheetnetError
    from sheetnet.features import Table, titanic
    from sheetnet.living import LiveSession, live
    from sheetnet.models import Model, linear, relus, two_relu
    from sheetnet.params import Params, read_params
    from sheetnet.predicting import predict
    from sheetnet.rebuilding import write_params
    from sheetnet.training import Run, train
    from sheetnet.training.sweep import Sweep, sweep

_HOME = {
    "LiveSession": "living",
    "Model": "models",
    "Params": "params",
    "Rows": "data.rows",
    "Run": "training",
    "SheetnetError": "errors",
    "Sweep": "training.sweep",
    "Table": "features",
    "build": "building",
    "build_lesson": "building",
    "check": "checking",
    "linear": "models",
    "live": "living",
    "open_rows": "data.rows",
    "predict": "predicting",
    "read_params": "params",
    "relus": "models",
    "sweep": "training.sweep",
    "titanic": "features",
    "train": "training",
    "two_relu": "models",
    "write_params": "rebuilding",
}
__all__ = [
    "LiveSession", "Model", "Params", "Rows", "Run", "SheetnetError", "Sweep", "Table", "__version__", "build",
    "build_lesson", "check", "linear", "live", "open_rows", "predict", "read_params", "relus", "sweep", "titanic",
    "train", "two_relu", "write_params",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sheetnet' has no attribute {name!r}")
    value = getattr(import_module(f"sheetnet.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
