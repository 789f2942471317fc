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
from sheetnet.course.lesson import Lesson
from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.motifs.mmult import MMULT
from sheetnet.motifs.workbook import Values, Weights
from sheetnet.tables import Raw
from sheetnet.tables.recipe import Recipe
from sheetnet.tables.table import Table, plan_of

if TYPE_CHECKING:
    import pandas as pd

    from sheetnet.models.model import Model

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
    workbook: Lesson = field(repr=False)
    everything: dict[str, np.ndarray] = field(repr=False)  # the inputs, and the values that are not for editing

    @property
    def with_models(self) -> Lesson:
        """The workbook, where it has models.

        Raises: SheetnetError for a lesson that has none.
        """
        if self.workbook.models:
            return self.workbook
        raise SheetnetError(
            f"{self.file}: the lesson {self.lesson} has no models with weights, only inputs; a workbook of `sheetnet"
            " build titanic` is needed"
        )

    @cached_property
    def params(self) -> dict[str, dict[str, np.ndarray]]:
        """The yellow weights of each model, {"linear": {"W": (p, 1)}, "two_relu": {"W": (p, 2)}}; {} without models."""
        return {name: {"W": self.W(name)} for name in self.workbook.models}

    @cached_property
    def rates(self) -> dict[str, float]:
        """The learning rate of each model; {} without models."""
        return {name: float(self.inputs[block.id][0, 0]) for name, block in self.workbook.rate_places.items()}

    @property
    def features(self) -> tuple[str, ...]:
        """The names of X's columns; () without models."""
        return tuple(self.workbook.recipe.features) if self.workbook.recipe else ()

    @cached_property
    def table(self) -> Table:
        """The rows in use as the sheet prepares them, X (n, p) and y (n, 1), with the edited raw table in table.raw.

        A feature that the sheet cannot calculate is nan. Raises: SheetnetError without models.
        """
        recipe = self.recipe
        return Table(self.raw_of(self.inputs), plan_of(recipe.settings))

    @property
    def recipe(self) -> Recipe:
        """How the sheet prepares its table. Raises: SheetnetError without models."""
        recipe = self.with_models.recipe
        assert recipe is not None  # a workbook with models has a table that they learn from
        return recipe

    @property
    def raw(self) -> Raw:
        """The table on the sheet Data, edited or not; raw.frame is its DataFrame."""
        return self.table.raw

    def raw_of(self, inputs: Values) -> Raw:
        """The raw table that inputs hold, by block id."""
        ids = {node: id for id, node in self.workbook.inputs.items()}
        columns = {name: inputs[ids[node]].copy() for name, node in self.recipe.raw.items()}
        return Raw(columns, Path(self.file).name)

    def lacking(self, changes: Values) -> str:
        """Why the workbook's layout does not hold these inputs, in words; empty when it does."""
        return self.workbook.lacking({**self.everything, **changes})

    def model(self, model: str | None = None) -> Model:
        """The model of a name, two-relu as two_relu; by default the last one.

        Raises: SheetnetError for a model that is not in the workbook.
        """
        return self._place(model).model

    def _place(self, model: str | None) -> Weights:
        workbook = self.with_models
        found = workbook.weight_places.get(self.key(model))
        if found is None:
            known, last = ", ".join(workbook.models), list(workbook.models)[-1]
            raise SheetnetError(
                f"{self.file}: this workbook has no model {model!r}; it has {known}, and {MMULT}: {last} with the W of"
                " the sheet MMULT"
            )
        return found

    def key(self, model: str | None = None) -> str:
        """The name under which a model goes here: two_relu for two-relu, the last model's for None."""
        return list(self.with_models.models)[-1] if model is None else str(model).replace("-", "_")

    def W(self, model: str | None = None, epoch: int | None = None) -> np.ndarray:
        """A model's weights (p, k): the yellow ones, or those at an epoch of the sheet's own descent.

        model: a name, or "mmult" for the yellow W on the sheet MMULT; by default the last model.
        Raises: SheetnetError for a model or an epoch that is not there.
        """
        place, key = self._place(model), self.key(model)
        if epoch is None:
            return place.read(self.inputs)
        if key not in self.workbook.models:
            raise SheetnetError(f"{self.file}: the sheet MMULT has no descent; say {place.model.name} for its epochs")
        return self.at(epoch)[key]["W"]

    def at(self, epoch: int) -> dict[str, dict[str, np.ndarray]]:
        """The weights of each model at an epoch of the descent, from the inputs as they now stand; nan if outgrown.

        Epoch 0 has the yellow weights. As on the sheets Descent; nothing but the graph is asked.
        Raises: SheetnetError for an epoch that the workbook does not have.
        """
        last = self.with_models.trained[0].common.epochs
        epoch = whole_number("epoch", epoch, 0, last, f": {self.file} has {last} epochs of descent")
        return {name: {"W": rows[:, epoch].T.copy()} for name, rows in self._descents.items()}

    @cached_property
    def _descents(self) -> dict[str, np.ndarray]:
        """Every epoch's weights of each model, (k, epochs + 1, p)."""
        nets, given = self.with_models.trained, self.workbook.by_node(self.everything)
        found = iter(evaluate([rows for net in nets for rows in net.W_rows], given))
        return {net.model.name: np.stack([next(found) for _ in net.W_rows]) for net in nets}

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
        made = create(self.model(model).name, {"W": W}, torch.device("cpu"), torch.float64)
        return made.state_dict()


def read_params(path: str | Path) -> Params:
    """The weights, rates and data that now stand in a workbook of `sheetnet build`; see Params.

    Exact to the last bit for a file as sheetnet wrote it, else to the digits that the program kept that saved it.
    Raises: WorkbookError when the file cannot be read or is no workbook of ours, when one of its sheets is missing,
    and, with the cell, when an input is blank, text or a formula.
    """
    from sheetnet.book import reader
    from sheetnet.book.inputs import read_inputs
    from sheetnet.book.opened import as_laid_out, find_manifest

    contents = reader.read(Path(path))
    found = find_manifest(contents)
    as_laid_out(contents, found)
    workbook, inputs = found.workbook, read_inputs(contents, found.workbook)
    editable = {b.id: inputs[b.id] for b in workbook.book.blocks if b.id in inputs and b.role in EDITABLE}
    return Params(str(path), workbook.name, editable, workbook, inputs)
