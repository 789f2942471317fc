"""build: a table and models -> a workbook with every number in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.book import manifest
from sheetnet.book.given import frozen_in, models_for
from sheetnet.common.collecting import collecting_later
from sheetnet.common.notebook import tell, telling
from sheetnet.common.settings import MAX_EPOCHS, MAX_SEED, known, learning_rate, named, whole_number
from sheetnet.course import OWN
from sheetnet.course.languages import language_of
from sheetnet.course.lesson import Lesson
from sheetnet.course.titanic.lesson import RATE, USUAL, Spec, Titanic
from sheetnet.errors import SheetnetError
from sheetnet.graph.dialects import dialect_of, writing
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.graph.node import variable
from sheetnet.models.labels import taken
from sheetnet.models.losses import of_nothing
from sheetnet.models.make import net_of
from sheetnet.models.metrics import silent
from sheetnet.models.metrics import trouble as words_of
from sheetnet.models.model import Model, create
from sheetnet.models.net import Net
from sheetnet.models.optimisers import optimiser_of
from sheetnet.motifs.blanks import fillable
from sheetnet.motifs.least_squares import SINGULAR, new_share
from sheetnet.motifs.workbook import Values, Workbook
from sheetnet.page.language import speaking
from sheetnet.tables import read_passengers
from sheetnet.tables.table import Table

if TYPE_CHECKING:
    from sheetnet.course.own.lesson import Own


@dataclass(frozen=True)
class Built:
    """What build wrote: the file, its size, counts, and per model torch's first and last loss.

    trouble: per model, what is wrong with the way that its loss went, in words; models that went well have none.
    kept: the copy of what stood there, if another program had saved it since it was built.
    """

    path: Path
    bytes: int
    sheets: int
    formula_cells: int
    losses: dict[str, tuple[float, float]]
    trouble: dict[str, str] = field(default_factory=dict)
    kept: Path | None = None


@telling("build")
def build(
    path: str | Path,
    table: Table,
    models: Any,
    *,
    epochs: int = 100,
    lr: float | Mapping[str, float] | None = None,
    optimiser: str = "sgd",
    seed: int = 0,
    start: Mapping[str, Mapping[str, Any]] | None = None,
    loss: str | None = None,
    learner: str = "",
    blanks: bool = False,
    frozen: Sequence[str] | Mapping[str, Sequence[str]] = (),
    language: str = "",
    dialect: str = "classic",
    **others: Any,
) -> Built:
    """Write the workbook of the table and models: every epoch of descent in formulas, torch's numbers beside.

    models: sn.mlp(table, 8), sn.linear(table) and their like, a torch nn.Module, a fitted scikit-learn estimator; or a
    list of several. loss: of models that have none of their own, such as "huber"; by default as the target asks for.

    lr: one rate for all models, or one by model name; by default the optimiser's lesson_lr, 0.1 for sgd.
    optimiser: a name in optimisers.OPTIMISERS, with torch's default settings. frozen: what stays as it is, by names,
    keys or layers: "W_1", "0.weight", "0"; of several models by the name of each. start: the parameters that models
    begin with, by their names, else model.init(seed). learner, blanks, language: as in build_lesson.
    dialect: of the formulas; "modern" is for Excel 365 or 2024, Google Sheets and IronCalc.
    Raises: SheetnetError for settings that cannot be, WorkbookError when the file cannot be written.
    """
    known(others, build)
    path = target(path)
    models = frozen_in(models_for(table, models, loss), frozen)
    if any(isinstance(model, Net) for model in models):  # beside a net every model is one
        models = [model if isinstance(model, Net) else net_of(model) for model in models]
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
    names = table.features, table.target.classes
    begin: dict[str, Any] = {m.name: taken(m, start.get(m.name, m.init(seed)), *names) for m in models}
    how: dict[str, Any] = {"epochs": epochs, "rates": rates, "optimiser": optimiser, "seed": seed, "begin": begin}
    given = {*start, *(net.name for net in models if isinstance(net, Net) and net.start is not None)}
    how |= {"learner": named(learner), "blanks": blanks}
    name = OWN if isinstance(models[0], Net) else Titanic.name
    with speaking(language_of(language, name)), writing(dialect_of(dialect)):
        return assembled(path, table, models, **how, given=tuple(sorted(given)))


def assembled(path: Path, table: Table, models: Sequence[Model | Net], **how: Any) -> Built:
    """The workbook of settings that have been judged, written: of nets and any table, or of the passengers' models."""
    if nets := [model for model in models if isinstance(model, Net)]:
        return assemble_own(path, table, nets, **how)
    return assemble(path, table, [model for model in models if isinstance(model, Model)], **how)


def assemble(
    path: Path, table: Table, models: Sequence[Model], *, epochs: int, rates: Mapping[str, float], optimiser: str,
    seed: int, begin: Mapping[str, np.ndarray], given: tuple[str, ...], typed: Values | None = None, learner: str = "",
    blanks: bool = False,
) -> Built:  # fmt: skip
    """The workbook of settings that have been judged, written.

    begin: W (p, k) by the name of each model; given: those whose W was not drawn with the seed; typed: other inputs
    than a workbook is delivered with, by id, such as the epoch to look at. blanks: formulas are left out.
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
        best=_has_single_best(table.X),
        shipped=table.raw.same_as(read_passengers()),
        torch_version=str(torch.__version__).partition("+")[0],
        optimiser=optimiser,
        learner=learner,
        blanks=blanks,
    )
    return _filled(path, Titanic(spec), table, rates, begin, typed)


def assemble_own(
    path: Path, table: Table, nets: Sequence[Net], *, epochs: int, rates: Mapping[str, float], optimiser: str,
    seed: int, begin: Mapping[str, Mapping[str, np.ndarray]], given: tuple[str, ...], typed: Values | None = None,
    learner: str = "", blanks: bool = False,
) -> Built:  # fmt: skip
    """As assemble, of any table and nets; begin: the parameters of each net, by name."""
    from sheetnet.book.size import check_size

    check_size(table.raw.n_rows, table.n_rows, len(table.raw.columns), nets, epochs, optimiser)
    import torch  # here, so that a wrong setting is told at once

    from sheetnet.course.own.lesson import Own
    from sheetnet.course.own.spec import spec_of

    version = str(torch.__version__).partition("+")[0]
    how = {"epochs": epochs, "optimiser": optimiser, "seed": seed, "learner": learner, "blanks": blanks}
    spec = spec_of(table, nets, torch_version=version, given=given, **how)
    return _filled(path, Own(spec), table, rates, begin, typed)


@collecting_later()
def _filled(
    path: Path, workbook: Titanic | Own, table: Table, rates: Mapping[str, float], begin: Mapping[str, Any],
    typed: Values | None,
) -> Built:  # fmt: skip
    """A workbook with models, its inputs filled in, and written."""
    values = {**workbook.as_delivered(), **workbook.given(table, rates, begin), **(typed or {})}
    if why := workbook.unsteady(values):
        raise SheetnetError(why)
    tell("asking torch")
    record = workbook.record(values)
    losses = {name: tuple(record[id][[0, -1], 0].tolist()) for name, id in workbook.torch_losses.items()}
    y = table.y[table.parts == 0]
    trouble = {}
    for name, model in workbook.models.items():
        first, last = losses[name]
        loss, width = (model.loss, model.n_outputs) if isinstance(model, Net) else ("mse", 1)
        nothing = of_nothing(loss, y, width)
        if found := words_of(first, last, nothing) or silent(first, last, nothing):
            trouble[name] = found
    return replace(_write(path, workbook, values, record, losses), trouble=trouble)


@telling("build")
def build_lesson(
    name: str, path: str | Path | None = None, *, seed: int | None = None, learner: str = "", blanks: bool = False,
    language: str = "", dialect: str = "classic",
) -> Built:  # fmt: skip
    """Write the workbook of a lesson of the course, such as "quadratic", to path or to workbooks/01_quadratic.xlsx.

    seed: other numbers than those of the course; None: the course's. learner: whose workbook it is, shown on Start.
    blanks: some formulas are left out, to be filled in. language: of its texts, such as "de"; "" and "en": English.
    dialect: as in build. Raises: SheetnetError for an unknown lesson, a seed that is none, blanks of a lesson that has
    none, a language that the lesson is not in; WorkbookError when the file cannot be written.
    """
    from sheetnet.course import LISTING, kind_of
    from sheetnet.tables.titanic import titanic as passengers

    kind, written = kind_of(name), dialect_of(dialect)
    seed = LISTING[name].seed if seed is None else whole_number("seed", seed, 0, MAX_SEED)
    learner = named(learner)
    file = target(LISTING[name].workbook(blanks, written.suffix) if path is None else path)
    if blanks:
        fillable(name, kind.to_fill)
    with speaking(language_of(language, name)), writing(written):
        if name != "titanic":
            return assemble_lesson(file, kind, {}, seed, learner, blanks)
        table = passengers(USUAL["recipe"])
        models = [create(model, table.n_features) for model in USUAL["models"]]
        begin = {m.name: m.init(seed)["W"] for m in models}
        how = {key: USUAL[key] for key in ("epochs", "optimiser", "given")} | {"rates": dict.fromkeys(begin, RATE)}
        return assemble(file, table, models, **how, seed=seed, begin=begin, learner=learner, blanks=blanks)


@collecting_later()
def assemble_lesson(
    path: Path, kind: type[Lesson], typed: Values, seed: int = 0, learner: str = "", blanks: bool = False
) -> Built:  # fmt: skip
    """The workbook of a lesson with some inputs, by id, as if they had been typed into the delivered one."""
    import torch

    workbook = kind(str(torch.__version__).partition("+")[0], seed, learner, blanks)
    delivered = workbook.as_delivered()
    return _write(path, workbook, {**delivered, **typed}, workbook.record(delivered), {})


def target(path: str | Path) -> Path:
    """The file to write, if its name is that of a workbook.

    Raises: SheetnetError for another.
    """
    path = Path(path)
    if path.suffix.lower() == ".xlsm":
        raise SheetnetError(f"{path}: a workbook of sheetnet has no macros; name a file that ends in .xlsx")
    if path.suffix.lower() != ".xlsx":
        raise SheetnetError(f"{path}: name a file that ends in .xlsx, not a folder or a file of another kind")
    return path


def _write(
    path: Path, workbook: Lesson, values: Values, record: Values, losses: dict[str, tuple[float, float]]
) -> Built:  # fmt: skip
    """Every block calculated and written, with the manifest; a file that is this workbook already stays."""
    from sheetnet.book.kept import keeping
    from sheetnet.book.unchanged import same_workbook
    from sheetnet.book.xlsx import write

    def sizes() -> dict[str, float]:
        calculated = [b for b in workbook.book.blocks if b.style != "values" or b.role in ("torch", "fixed")]
        found = with_magnitudes([block.node for block in calculated], workbook.by_node(values))
        # what is known of answers is a small rest of them: it counts as at least 1
        least = {block.id: float(block.role == "fixed") for block in calculated}
        return {id: float(m.max(initial=at)) for (id, at), (_, m) in zip(least.items(), found, strict=True)}

    same = partial(same_workbook, book=workbook.book, sizes_of=sizes)
    tell("calculating every cell")
    values = evaluate_blocks(workbook, {**workbook.no_answers(), **values, **record})
    tell(f"writing {path}")
    with keeping(path) as kept:
        write(path, workbook.book, values, manifest.dump(manifest.made(workbook, values, record)), same)
    formula_cells = sum(b.area.n_rows * b.area.n_cols for b in workbook.book.blocks if b.style != "values")
    return Built(path, path.stat().st_size, len(workbook.book.pages), formula_cells, losses, kept=kept)


def _has_single_best(X: np.ndarray) -> bool:
    """Whether least squares has a single solution, and in every program: a share twice as large as it must be."""
    columns = variable("X", X.shape)
    return bool(evaluate([new_share(columns)], {columns: X})[0].item() > 2.0 * SINGULAR)


def evaluate_blocks(workbook: Workbook, values: Values) -> dict[str, np.ndarray]:
    """The value of every block by id, given those of the blocks that hold values."""
    blocks = workbook.book.blocks
    found = evaluate([b.node for b in blocks], workbook.by_node(values))
    return {b.id: v for b, v in zip(blocks, found, strict=True)}
