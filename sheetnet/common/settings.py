"""Settings that people type: judged once, in the same words, for training and for building."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

from sheetnet.errors import SheetnetError

MAX_EPOCHS = 1000  # of a workbook: each epoch is a row of formulas
MAX_SEED = 2**32 - 1
UNBOUNDED = 1e300  # what no number that a person types exceeds: in an option, in Python, in a cell
ELSEWHERE = {  # what settings are called in other libraries, and here
    "optimizer": "optimiser", "learning_rate": "lr", "eta": "lr", "lr_scheduler": "schedule", "scheduler": "schedule",
    "batch_size": "batch", "random_state": "seed", "n_epochs": "epochs", "max_iter": "epochs", "init": "start",
}  # fmt: skip


def whole_number(name: str, value: object, low: int, high: int, why: str = "") -> int:
    """The value as an int, if it is a whole number from low to high.

    Raises: SheetnetError naming the setting and what was found.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= int(value) <= high:
        raise SheetnetError(f"{name} must be a whole number from {low} to {high}, found {_short(value)}{why}")
    return int(value)


def _short(value: object) -> str:
    """What was found, fit for a message: Python itself refuses to write an int of 5,000 digits."""
    if isinstance(value, Integral) and abs(int(value)) >= 10**20:
        return f"a whole number of {int(value).bit_length() * 3 // 10} digits"
    return repr(value)[:60]


def learning_rate(value: object, of: str = "the learning rate") -> float:
    """The value as a float, if it is a number from 0 to UNBOUNDED.

    Raises: SheetnetError naming the setting and what was found.
    """
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not 0 <= value <= UNBOUNDED:  # type: ignore[operator]
        expected = f"a finite number of 0 or more (and up to {UNBOUNDED:g}), such as 0.1"
        raise SheetnetError(f"{of} must be {expected}; found {_short(value)}")
    return float(value)  # type: ignore[arg-type]


def called(name: str, value: object, example: str) -> None:
    """None for a function, or nothing, where a setting is called as work goes on.

    Raises: SheetnetError for anything else, such as True.
    """
    if value is not None and not callable(value):
        raise SheetnetError(f"{name} must be a function, such as {example}; found {value!r:.60}")


def known(others: Mapping[str, object], function: Callable[..., Any]) -> None:
    """None where there are no other settings than the function's.

    Raises: SheetnetError naming one that it does not have, with what it is called here.
    """
    for name in others:
        settings = [key for key, one in inspect.signature(function).parameters.items() if one.kind is one.KEYWORD_ONLY]
        here = ELSEWHERE.get(name)
        hint = f"it is called {here} here" if here in settings else f"known are {', '.join(settings)}"
        raise SheetnetError(f"{function.__name__} has no setting {name!r}: {hint}")


def named(learner: object) -> str:
    """The name of a learner, if it is such as a person has: one line, of at most 80 characters.

    Raises: SheetnetError for another.
    """
    if not isinstance(learner, str) or len(learner) > 80 or not (learner.isprintable() or not learner):
        raise SheetnetError(f"the name of a learner is one line of at most 80 characters, found {learner!r:.60}")
    return learner
