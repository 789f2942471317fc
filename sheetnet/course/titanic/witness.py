"""Torch on the passengers: every epoch of both models, one epoch in slow motion, least squares, the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetnet.graph.evaluate import evaluate
from sheetnet.page.workbook import Values
from sheetnet.tables.recipe import Table
from sheetnet.training import least_squares, observe
from sheetnet.training import witness as run

if TYPE_CHECKING:
    from sheetnet.course.titanic.lesson import Plan


def witness(plan: Plan, inputs: Values) -> dict[str, np.ndarray]:
    """What torch's autograd says of the blocks it has a say in, by id, for the inputs as they now stand."""
    given = plan.given(inputs)
    comparison = plan.comparison
    X, y, print_X, print_y = evaluate([plan.common.X, plan.common.y, comparison.print_X, comparison.print_y], given)
    table = Table(X, y, tuple(plan.recipe.features), None, plan.spec.recipe)  # type: ignore[arg-type]
    epoch = int(inputs["start.epoch"][0, 0])
    out: dict[str, np.ndarray] = {"fingerprint": np.hstack([print_X, print_y])}
    for net in plan.nets:
        name = net.model.name
        start, lr = inputs[f"{name}.now.weight"].T, float(inputs[f"start.{name}.lr"][0, 0])
        said = run(net.model, table, start, lr, plan.spec.epochs, epoch, plan.spec.optimiser)
        out |= {f"{name}.{key}": value for key, value in said.items()}
    if plan.spec.best:
        out |= {f"linear.{key}": value for key, value in least_squares(table).items()}
    seen = observe(plan.nets[-1].model, table, inputs["mmult.now.W"])
    return out | {f"mmult.now.{key}": value for key, value in seen.items()}
