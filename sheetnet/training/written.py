"""Which models the fast paths know: those whose gradient is written out in them, by hand. Autograd knows every model.

What is compared is the forward pass itself, neither a name nor "not the other": a model that nobody has written into
the fast paths cannot be trained by them as if it were one that somebody has.
"""

from __future__ import annotations

from sheetnet.errors import TrainingError
from sheetnet.models.model import Forward, Model, linear_forward, relus_forward

RECTIFIED: dict[Forward, bool] = {linear_forward: False, relus_forward: True}  # by which their loops tell them apart
WORDS = "linear models and sums of ReLUs"


def suits(model: Model) -> bool:
    """Whether the fast paths know a model: fused, gram, closed, persistent and passes, in sweeps lanes."""
    return model.kind.forward in RECTIFIED


def rectified(model: Model, path: str) -> bool:
    """Whether a fast path must rectify the units of a model.

    Raises: TrainingError, naming the path, for a model that it does not know.
    """
    if not suits(model):
        raise TrainingError(
            f"the {path} path is written for {WORDS}, not for {model.name}: say --path autograd, in float64 or float32"
        )
    return RECTIFIED[model.kind.forward]


def is_linear(model: Model) -> bool:
    """Whether pred = X W, so that rows can be factored: the only kind that the factored path knows."""
    return model.kind.forward is linear_forward
