"""read_params: the weights, rates and data that now stand in a workbook, as numpy, pandas or torch.

Values that a person may edit are read from the file; whatever a formula gives is evaluated from the graph with these
values, so that no spreadsheet engine is needed and no stored result is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.book.weights import frame_of
from sheetnet.common.settings import whole_number
from sheetnet.course.titanic.lesson import Plan as Passengers
from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.page.workbook import Plan, Values
from sheetnet.tables import SCHEMA, Raw
from sheetnet.tables.recipe import Table

if TYPE_CHECKING:
    import pandas as pd

    from sheetnet.motifs.net import Net

MMULT = "mmult"  # the name of the weights W on the sheet MMULT, which belong to the last model
EDITABLE = ("input", "data")  # the roles of blocks in which a person may type


@dataclass(frozen=True, eq=False)
class Params:
    """What now stands in a workbook: inputs by block id, and what they say of models, rates and data.

    inputs: the value of every cell that a person may edit, {"start.linear.lr": (1, 1), "data.Age": (n_raw, 1), ...};
    all that a lesson other than titanic has.
    """

    file: str
    lesson: str
    inputs: dict[str, np.ndarray] = field(repr=False)
    plan: Plan = field(repr=False)
    everything: dict[str, np.ndarray] = field(repr=False)  # the inputs, and the values that are not for editing

    @property
    def passengers(self) -> Passengers:
        """The plan of a workbook with models.

        Raises: SheetnetError for a lesson that has none.
        """
        if isinstance(self.plan, Passengers):
            return self.plan
        raise SheetnetError(
            f"{self.file}: the lesson {self.lesson} has no models with weights, only inputs; a workbook of `sheetnet"
            " build titanic` is needed"
        )

    @cached_property
    def params(self) -> dict[str, dict[str, np.ndarray]]:
        """The yellow weights of each model, {"linear": {"W": (p, 1)}, "two_relu": {"W": (p, 2)}}; {} without models."""
        return {name: {"W": self.W(name)} for name in self._models if name != MMULT}

    @cached_property
    def rates(self) -> dict[str, float]:
        """The learning rate of each model; {} without models."""
        return {name: float(self.inputs[f"start.{name}.lr"][0, 0]) for name in self._models if name != MMULT}

    @property
    def features(self) -> tuple[str, ...]:
        """The names of X's columns; () without models."""
        return tuple(self.plan.recipe.features) if isinstance(self.plan, Passengers) else ()

    @cached_property
    def table(self) -> Table:
        """The rows in use as the sheet prepares them, X (n, p) and y (n, 1), with the edited raw table in table.raw.

        A feature that the sheet cannot calculate is nan. Raises: SheetnetError without models.
        """
        plan = self.passengers
        X, y = evaluate([plan.common.X, plan.common.y], plan.given(self.everything))
        return Table(X, y, self.features, self.raw_of(self.inputs), plan.spec.recipe)

    @property
    def raw(self) -> Raw:
        """The table on the sheet Data, edited or not; raw.frame is its DataFrame."""
        return self.table.raw

    def raw_of(self, inputs: Values) -> Raw:
        """The raw table that inputs hold, by block id."""
        return Raw({name: inputs[f"data.{name}"].copy() for name in SCHEMA}, Path(self.file).name)

    def lacking(self, changes: Values) -> str:
        """Why the workbook's layout does not hold these inputs, in words; empty when it does."""
        return self.plan.lacking({**self.everything, **changes})

    @cached_property
    def _models(self) -> dict[str, Net]:
        """The net of each name for which there are yellow weights; the last model's again as mmult."""
        if not isinstance(self.plan, Passengers):
            return {}
        return {net.model.name: net for net in self.plan.nets} | {MMULT: self.plan.nets[-1]}

    def net(self, model: str | None = None) -> Net:
        """The net of a name, two-relu as two_relu; by default the last model's.

        Raises: SheetnetError for a model that is not in the workbook.
        """
        last = self.passengers.nets[-1].model.name
        found = self._models.get(self.key(model))
        if found is None:
            known = ", ".join(name for name in self._models if name != MMULT)
            raise SheetnetError(
                f"{self.file}: this workbook has no model {model!r}; it has {known}, and {MMULT}: {last} with the W of"
                " the sheet MMULT"
            )
        return found

    def key(self, model: str | None = None) -> str:
        """The name under which a model goes here: two_relu for two-relu, the last model's for None."""
        return self.passengers.nets[-1].model.name if model is None else str(model).replace("-", "_")

    def W(self, model: str | None = None, epoch: int | None = None) -> np.ndarray:
        """A model's weights (p, k): the yellow ones, or those at an epoch of the sheet's own descent.

        model: a name, or "mmult" for the yellow W on the sheet MMULT; by default the last model.
        Raises: SheetnetError for a model or an epoch that is not there.
        """
        net, key = self.net(model), self.key(model)
        if epoch is not None:
            if key == MMULT:
                raise SheetnetError(f"{self.file}: the sheet MMULT has no descent; say {net.model.name} for its epochs")
            return self.at(epoch)[key]["W"]
        return (self.inputs["mmult.now.W"] if key == MMULT else self.inputs[f"{key}.now.weight"].T).copy()

    def at(self, epoch: int) -> dict[str, dict[str, np.ndarray]]:
        """The weights of each model at an epoch of the descent, from the inputs as they now stand; nan if outgrown.

        Epoch 0 has the yellow weights. As on the sheets Descent; nothing but the graph is asked.
        Raises: SheetnetError for an epoch that the workbook does not have.
        """
        last = self.passengers.spec.epochs
        epoch = whole_number("epoch", epoch, 0, last, f": {self.file} has {last} epochs of descent")
        return {name: {"W": rows[:, epoch].T.copy()} for name, rows in self._descents.items()}

    @cached_property
    def _descents(self) -> dict[str, np.ndarray]:
        """Every epoch's weights of each model, (k, epochs + 1, p)."""
        plan = self.passengers
        found = iter(evaluate([rows for net in plan.nets for rows in net.W_rows], plan.given(self.everything)))
        return {net.model.name: np.stack([next(found) for _ in net.W_rows]) for net in plan.nets}

    def frame(self, model: str | None = None, epoch: int | None = None) -> pd.DataFrame:
        """A model's weights as pandas: a row for each feature, columns unit_1, unit_2, ...; see W."""
        return frame_of(self.W(model, epoch), self.features)

    def state_dict(self, model: str | None = None, epoch: int | None = None) -> Mapping[str, Any]:
        """A model's weights as torch has them, {"lin.weight": float64 (out, in)}, for load_state_dict; see W.

        They are those of the hand-written modules, sheetnet.models.twins.Linear and TwoReLU.
        """
        import torch

        from sheetnet.models.twins import create

        W = self.W(model, epoch)
        made = create(self.net(model).model.name, {"W": W}, torch.device("cpu"), torch.float64)
        return made.state_dict()


def read_params(path: str | Path) -> Params:
    """The weights, rates and data that now stand in a workbook of `sheetnet build`; see Params.

    Exact to the last bit for a file as sheetnet wrote it, else to the digits that the program kept that saved it.
    Raises: WorkbookError when the file cannot be read or is no workbook of ours, when one of its sheets is missing,
    and, with the cell, when an input is blank, text or a formula.
    """
    from sheetnet.checking import reader
    from sheetnet.checking.inputs import read_inputs
    from sheetnet.checking.structure import as_laid_out, find_manifest

    contents = reader.read(Path(path))
    found = find_manifest(contents)
    as_laid_out(contents, found)
    plan, inputs = found.plan, read_inputs(contents, found.plan)
    editable = {b.id: inputs[b.id] for b in plan.book.blocks if b.id in inputs and b.role in EDITABLE}
    return Params(str(path), plan.name, editable, plan, inputs)
