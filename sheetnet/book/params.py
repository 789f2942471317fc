"""read_params: the parameters, rates and data that now stand in a workbook, as numpy, pandas or torch.

Values that a person may edit are read from the file; whatever a formula gives is evaluated from the graph with these
values, so that no spreadsheet engine is needed and no stored result is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.book.forms import as_frame, labelled, state_of
from sheetnet.common.settings import whole_number
from sheetnet.course.lesson import Lesson
from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.motifs.workbook import Place, Values
from sheetnet.tables import Raw
from sheetnet.tables.recipe import Recipe
from sheetnet.tables.table import Table, plan_of

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from sheetnet.models.model import Model
    from sheetnet.models.net import Net

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
            " build titanic` or of one's own table is needed"
        )

    @cached_property
    def params(self) -> dict[str, dict[str, np.ndarray]]:
        """The yellow parameters of each model, such as {"linear": {"W": (p, 1)}}; {} without models."""
        return {name: self.of(name) for name in self.workbook.models}

    @cached_property
    def rates(self) -> dict[str, float]:
        """The learning rate of each model; {} without models."""
        places = self.workbook.places
        return {name: float(self.inputs[places[name].rate.id][0, 0]) for name in self.workbook.models}

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
        return Raw(columns, self.workbook.settings.get("source", Path(self.file).name))

    def lacking(self, changes: Values) -> str:
        """Why the workbook's layout does not hold these inputs, in words; empty when it does."""
        return self.workbook.lacking({**self.everything, **changes})

    def model(self, model: str | None = None) -> Model | Net:
        """The model of a name, two-relu as two_relu; by default the last one.

        Raises: SheetnetError for a model that is not in the workbook.
        """
        return self.place(model).model

    def place(self, model: str | None = None) -> Place:
        """Where the parameters of a model stand; see model."""
        workbook = self.with_models
        found = workbook.places.get(self.key(model))
        if found is None:
            others = [name for name in workbook.places if name not in workbook.models]
            places = {name: workbook.places[name].model.name for name in others}
            twice = [f"{name}: {of} with the weights of the sheet MMULT" for name, of in places.items()]
            known = ", and ".join([", ".join(workbook.models), *twice])
            raise SheetnetError(f"{self.file}: this workbook has no model {model!r}; it has {known}")
        return found

    def key(self, model: str | None = None) -> str:
        """The name under which a model goes here: two_relu for two-relu, the last model's for None."""
        return list(self.with_models.models)[-1] if model is None else str(model).replace("-", "_")

    def of(self, model: str | None = None, epoch: int | None = None) -> dict[str, np.ndarray]:
        """A model's parameters by name: the yellow ones, or those at an epoch of the sheet's own descent.

        model: a name, or "mmult" for the yellow weights on the sheet MMULT; by default the last model.
        Raises: SheetnetError for a model or an epoch that is not there.
        """
        place, key = self.place(model), self.key(model)
        if epoch is None:
            return place.read(self.inputs)
        if not place.descent:
            raise SheetnetError(f"{self.file}: the sheet MMULT has no descent; say {place.model.name} for its epochs")
        return self.at(epoch)[key]

    def W(self, model: str | None = None, epoch: int | None = None) -> np.ndarray:
        """The weights (p, k) of a model that has a W; see of.

        Raises: SheetnetError for one that has parameters of other names.
        """
        found = self.of(model, epoch)
        if "W" not in found:
            words = f"has the parameters {', '.join(found)}, no W; Params.of gives them all"
            raise SheetnetError(f"{self.file}: {self.key(model)} {words}")
        return found["W"]

    def at(self, epoch: int) -> dict[str, dict[str, np.ndarray]]:
        """The parameters of each model at an epoch of the descent, from the inputs as they now stand; nan if outgrown.

        Epoch 0 has the yellow ones. As on the sheets Descent; nothing but the graph is asked.
        Raises: SheetnetError for an epoch that the workbook does not have.
        """
        last = self.last_epoch
        epoch = whole_number("epoch", epoch, 0, last, f": {self.file} has {last} epochs of descent")
        return {
            model: {name: values[epoch].copy() for name, values in params.items()}
            for model, params in self._descents.items()
        }

    @property
    def last_epoch(self) -> int:
        """The last epoch of the descent. Raises: SheetnetError without models."""
        return int(self.with_models.settings["epochs"])

    @cached_property
    def _descents(self) -> dict[str, dict[str, list[np.ndarray]]]:
        """Every epoch's parameters of each model."""
        places = {name: self.workbook.places[name] for name in self.with_models.models}
        wanted = [node for place in places.values() for nodes in place.descent.values() for node in nodes]
        found = iter(evaluate(wanted, self.workbook.by_node(self.everything)))
        return {
            model: {name: [next(found) for _ in nodes] for name, nodes in place.descent.items()}
            for model, place in places.items()
        }

    def frames(self, model: str | None = None, epoch: int | None = None) -> dict[str, pd.DataFrame]:
        """Each parameter of a model as pandas, with the names of its rows and columns; see of."""
        names = self.place(model).names
        return {name: labelled(value, *names[name]) for name, value in self.of(model, epoch).items()}

    def frame(self, model: str | None = None, epoch: int | None = None) -> pd.DataFrame:
        """A model's parameters as one table of pandas; see of.

        Of one that has only W a row for each feature, columns unit_1, unit_2, ...; of a net a line for each number:
        parameter, row, column, value.
        """
        return as_frame(self.of(model, epoch), self.place(model).names)

    def state_dict(self, model: str | None = None, epoch: int | None = None) -> dict[str, Tensor]:
        """A model's parameters as torch has them, in float64 and torch's orientation, for load_state_dict; see of.

        Of a net by the keys of the module it is: an nn.Sequential of the same layers takes them, or the user's own.
        Of the passengers' models {"lin.weight": (out, in)}, for sheetnet.models.twins.Linear and TwoReLU.
        """
        return state_of(self.model(model), self.of(model, epoch))


def read_params(path: str | Path) -> Params:
    """The parameters, rates and data that now stand in a workbook of `sheetnet build` or sn.build; see Params.

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
