"""build: a table and models -> a workbook with every number in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet import __version__
from sheetnet.book import manifest
from sheetnet.common.settings import MAX_EPOCHS, MAX_SEED, learning_rate, whole_number
from sheetnet.course.titanic.lesson import FIRST_LOOK, Plan, Spec
from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.models.model import KINDS, Model
from sheetnet.models.optimisers import optimiser_of
from sheetnet.motifs.mmult import PLAY
from sheetnet.page.workbook import Plan as AnyPlan
from sheetnet.page.workbook import Values
from sheetnet.tables import Raw, read_passengers
from sheetnet.tables.recipe import Table, counting

if TYPE_CHECKING:
    from sheetnet.course.lesson import Lesson

WIGGLE = 1e-5


@dataclass(frozen=True)
class Built:
    """What build wrote: the file, its size, counts, and per model torch's first and last loss."""

    path: Path
    bytes: int
    sheets: int
    formula_cells: int
    losses: dict[str, tuple[float, float]]


def build(
    path: str | Path,
    table: Table,
    models: Sequence[Model] | Model,
    *,
    epochs: int = 100,
    lr: float | Mapping[str, float] | None = None,
    optimiser: str = "sgd",
    seed: int = 0,
    start: Mapping[str, Mapping[str, Any]] | None = None,
) -> Built:
    """Write the workbook of the table and models: every epoch of descent a row of formulas, torch's numbers beside.

    lr: one rate for all models, or one by model name; by default the optimiser's lesson_lr, 0.1 for sgd.
    optimiser: a name in optimisers.OPTIMISERS, with torch's default settings.
    start: the parameters that a model begins with, by its name, such as those of a sweep's best net; models that are
    not named begin with model.init(seed).
    Raises: SheetnetError for settings that cannot be, WorkbookError when the file cannot be written.
    """
    path = target(path)
    models = [models] if isinstance(models, Model) else list(models or [])
    _check_models(table, models)
    epochs = whole_number("epochs", epochs, 1, MAX_EPOCHS, ": each is a row of formulas")
    seed = whole_number("seed", seed, 0, MAX_SEED)
    lr = optimiser_of(optimiser).lesson_lr if lr is None else lr
    if isinstance(lr, Mapping) and set(lr) != {m.name for m in models}:
        raise SheetnetError(f"one learning rate for each of {[m.name for m in models]} is needed, found {sorted(lr)}")
    rates = {
        m.name: learning_rate(lr.get(m.name) if isinstance(lr, Mapping) else lr, f"the learning rate of {m.name}")
        for m in models
    }
    start = {} if start is None else start
    if not isinstance(start, Mapping) or not set(start) <= {m.name for m in models}:
        raise SheetnetError(
            f"start weights go by the names of the models, {[m.name for m in models]}, found {start!r:.60}"
        )
    begin = {m.name: m.check_params(start.get(m.name, m.init(seed))) for m in models}
    return assemble(
        path, table, models, epochs=epochs, rates=rates, optimiser=optimiser, seed=seed, begin=begin,
        given=tuple(sorted(start)),
    )  # fmt: skip


def assemble(
    path: Path, table: Table, models: Sequence[Model], *, epochs: int, rates: Mapping[str, float], optimiser: str,
    seed: int, begin: Mapping[str, np.ndarray], given: tuple[str, ...], typed: Values | None = None,
) -> Built:  # fmt: skip
    """The workbook of settings that have been judged, written.

    begin: W (p, k) by the name of each model; given: those whose W was not drawn with the seed; typed: other inputs
    than a workbook is delivered with, by id, such as the epoch to look at.
    """
    import torch  # here, so that a wrong setting is told at once

    spec = Spec(
        recipe=table.recipe,
        models=tuple(m.name for m in models),
        epochs=epochs,
        n_raw=table.raw.n_rows,
        n_rows=table.n_rows,
        seed=seed,
        given=given,
        best=int(np.linalg.matrix_rank(table.X)) == table.n_features,
        shipped=same_table(table.raw, read_passengers()),
        torch_version=str(torch.__version__).partition("+")[0],
        optimiser=optimiser,
    )
    plan = Plan(spec)
    inputs = {**start_inputs(plan, table, models, rates, begin), **(typed or {})}
    record = recorded(plan, table, models, rates, inputs)
    losses = {m.name: tuple(record[f"torch.{m.name}.descent.loss"][[0, -1], 0].tolist()) for m in models}
    return _write(path, plan, inputs, record, losses)


def build_lesson(name: str, path: str | Path | None = None) -> Built:
    """Write the workbook of a lesson of the course, such as "quadratic", to path or to workbooks/01_quadratic.xlsx.

    Raises: SheetnetError for an unknown lesson, WorkbookError when the file cannot be written.
    """
    from sheetnet.course import LISTING, kind_of

    kind = kind_of(name)
    file = target(Path("workbooks") / f"{LISTING[name].file}.xlsx" if path is None else path)
    if name == "titanic":
        from sheetnet.models.model import linear, two_relu
        from sheetnet.tables.recipe import titanic

        table = titanic()
        return build(file, table, [linear(table), two_relu(table)])
    return assemble_lesson(file, kind, {})


def assemble_lesson(path: Path, kind: type[Lesson], typed: Values) -> Built:
    """The workbook of a lesson with some inputs, by id, as if they had been typed into the delivered one."""
    import torch

    plan = kind(str(torch.__version__).partition("+")[0])
    return _write(path, plan, {**plan.delivered(), **typed}, plan.record(), {})


def target(path: str | Path) -> Path:
    """The file to write, if its name is that of a workbook.

    Raises: SheetnetError for another.
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise SheetnetError(f"{path}: name a file that ends in .xlsx, not a folder or a file of another kind")
    return path


def _write(
    path: Path, plan: AnyPlan, typed: Values, record: Values, losses: dict[str, tuple[float, float]]
) -> Built:
    """Every block calculated and written, with the manifest."""
    from sheetnet.book.xlsx import write

    values = evaluate_blocks(plan, {**plan.keys_of_answers(typed), **typed, **record})
    made = manifest.Manifest(__version__, plan, manifest.ranges(plan.book), dict(record))
    write(path, plan.book, values, manifest.dump(made))
    formula_cells = sum(b.area.n_rows * b.area.n_cols for b in plan.book.blocks if b.style != "values")
    return Built(path, path.stat().st_size, len(plan.book.pages), formula_cells, losses)


def same_table(a: Raw, b: Raw) -> bool:
    """Whether two raw tables hold the same entries."""
    return all(
        np.array_equal(a.columns[name], b.columns[name], equal_nan=a.columns[name].dtype != object)
        for name in a.columns
    )


def _check_models(table: Table, models: Sequence[Model]) -> None:
    if not isinstance(table, Table):
        raise SheetnetError(f"a table is needed, such as sn.titanic(), found {type(table).__name__}")
    if not models or not all(isinstance(model, Model) for model in models):
        raise SheetnetError("a workbook needs at least one model, such as sn.linear(table)")
    if len({m.name for m in models}) != len(models):
        raise SheetnetError("each model can stand in a workbook once")
    for model in models:
        if model.name not in KINDS:
            raise SheetnetError(f"workbooks are laid out for {' and '.join(KINDS)}, not yet for {model.name}")
        if model.n_features != table.n_features:
            raise SheetnetError(f"{model.name} is for {model.n_features} features, the table has {table.n_features}")


def start_inputs(
    plan: Plan, table: Table, models: Sequence[Model], rates: Mapping[str, float], begin: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The value of every cell that a person may edit, by block id, as the workbook is delivered."""
    one = {"start.epoch": float(min(FIRST_LOOK, plan.spec.epochs)), "start.wiggle": WIGGLE}
    values: dict[str, np.ndarray] = {key: np.array([[value]]) for key, value in one.items()}
    by_node = plan.recipe.inputs(table.raw)
    for id, node in plan.inputs.items():
        if node in by_node:
            values[id] = by_node[node]
    for model in models:
        values[f"start.{model.name}.lr"] = np.array([[rates[model.name]]])
        values[f"{model.name}.now.weight"] = begin[model.name].T
        values[f"{model.name}.descent.epoch"] = counting(plan.spec.epochs + 1) - 1
        values[f"{model.name}.then.which"] = counting(table.n_features)
    values["mmult.A"], values["mmult.B"] = np.array(PLAY["A"]), np.array(PLAY["B"])
    values["mmult.now.W"] = begin[models[-1].name]
    return values


def recorded(
    plan: Plan, table: Table, models: Sequence[Model], rates: Mapping[str, float], typed: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """What is put on record when a workbook is made, by block id: torch's numbers, start weights, rates."""
    from sheetnet.training import witness

    record: dict[str, np.ndarray] = {}
    for model in models:
        start = typed[f"{model.name}.now.weight"]
        said = witness(model, table, start.T, rates[model.name], plan.spec.epochs, -1, plan.spec.optimiser)
        record[f"{model.name}.start"] = start
        record[f"torch.{model.name}.lr"] = np.array([[rates[model.name]]])
        for key, value in said.items():
            if (id := f"torch.{model.name}.{key}") in plan.inputs:
                record[id] = np.where(np.isfinite(value), value, np.nan)
    no, columns = counting(table.n_rows), counting(table.n_features).T
    record["torch.built.X"] = np.array([[(table.X * no * columns).sum()]])
    record["torch.built.y"] = np.array([[(table.y * no).sum()]])
    fixed = {block.id: typed[block.id] for block in plan.book.blocks if block.role == "fixed" and block.id in typed}
    keys = {id: value for id, value in plan.keys_of_answers(typed).items() if value.dtype != object}
    return fixed | keys | record


def evaluate_blocks(plan: AnyPlan, inputs: Values) -> dict[str, np.ndarray]:
    """The value of every block by id, given those of the blocks that hold values."""
    given = plan.given(inputs)
    blocks = plan.book.blocks
    return {b.id: v for b, v in zip(blocks, evaluate([b.node for b in blocks], given), strict=True)}
