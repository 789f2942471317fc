"""torch.optim under our names: what the optimisers of the graph are held against. Nothing here is made from the graph.

The module imports torch.optim, which takes its time: it is imported where a workbook has such an optimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from torch import Tensor, nn, optim

from sheetnet.errors import TrainingError
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.models.twins import as_numpy

# name: (how it is made, where torch keeps its state, by our names)
OPTIM: dict[str, tuple[Callable[..., optim.Optimizer], dict[str, str]]] = {
    "sgd": (optim.SGD, {}),
    "momentum": (lambda params, momentum=0.9, **o: optim.SGD(params, momentum=momentum, **o), {"m": "momentum_buffer"}),
    "adagrad": (optim.Adagrad, {"sum_sq": "sum"}),
    "rmsprop": (optim.RMSprop, {"v": "square_avg"}),
    "adam": (optim.Adam, {"m": "exp_avg", "v": "exp_avg_sq"}),
    "adamw": (optim.AdamW, {"m": "exp_avg", "v": "exp_avg_sq"}),
}


def create(name: str, parameters: Iterable[nn.Parameter], lr: float, **settings: Any) -> optim.Optimizer:
    """torch's optimiser of that name, with torch's defaults for all settings that are not given (betas=, eps=, ...).

    Raises: TrainingError for an unknown name, and for one that has a rule and no counterpart here.
    """
    if name in OPTIMISERS and name not in OPTIM:
        raise TrainingError(
            f"the optimiser {name} has no counterpart in torch: add its line to OPTIM in sheetnet/models/torch_optim.py"
        )
    if name not in OPTIM:
        raise TrainingError(f"there is no optimiser {name!r}; known are {', '.join(OPTIM)}")
    return OPTIM[name][0](parameters, lr=lr, **settings)


def state_of(name: str, optimiser: optim.Optimizer, parameter: Tensor) -> dict[str, np.ndarray]:
    """What torch remembers of a parameter, by our names and of its shape; zeros before the first step."""
    kept = optimiser.state.get(parameter, {})
    return {
        ours: as_numpy(kept[theirs]) if theirs in kept else np.zeros(tuple(parameter.shape))
        for ours, theirs in OPTIM[name][1].items()
    }
