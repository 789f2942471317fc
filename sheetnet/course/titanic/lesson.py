"""The main workbook: data, features, two models by hand, MMULT, gradient, descent, and what torch says."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from sheetnet.common.settings import MAX_EPOCHS
from sheetnet.course.titanic.texts import ask, words
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import apply, variable
from sheetnet.models.model import KINDS, create
from sheetnet.models.optimisers import OPTIMISERS, Optimiser
from sheetnet.motifs import start
from sheetnet.motifs.descent import descent_charts, descent_page
from sheetnet.motifs.exercises_page import exercises_page
from sheetnet.motifs.gradient import gradient_page
from sheetnet.motifs.mmult import Product, mmult_page
from sheetnet.motifs.model import model_page
from sheetnet.motifs.net import Common, Net
from sheetnet.motifs.panel import start_page
from sheetnet.motifs.raw import data_page, features_page
from sheetnet.motifs.torch import Comparison, torch_page
from sheetnet.motifs.words import list_words, words_page
from sheetnet.page.book import Book
from sheetnet.page.workbook import SAME, Values
from sheetnet.page.workbook import Plan as AnyPlan
from sheetnet.tables.passengers import MAX_ROWS
from sheetnet.tables.recipe import RECIPES, Recipe

NETS = {"Linear": "with one weight for each feature", "Two ReLU": "as a tiny neural net"}
FIRST_LOOK = 10  # the epoch that is looked at as the workbook comes
NEVER_LATER = 70  # epochs after which a rate of 50 has outgrown the sheet


def purpose(titles: list[str]) -> str:
    """Two sentences on what the workbook is for."""
    nets = [NETS[title] for title in titles]
    how = f"first {nets[0]}, then {nets[1]}" if len(nets) > 1 else nets[0]
    return (
        f"From the passengers of the Titanic a model learns to tell who survived: {how}."
        " Every step is a formula that you can click on, and the sheet Torch compares it with PyTorch."
    )


def tries(epochs: int, titles: list[str], best: bool, optimiser: Optimiser) -> list[str]:
    """Five things to try, in the order of the sheets."""
    first, last = titles[0], titles[-1]
    rates = "0.2, 0.3, 0.38, 0.4, 50" if optimiser.name == "momentum" else "0.15, 0.2, 0.21, 0.3, 50"
    if first == "Linear" and optimiser.bounded:
        raised = "0.2, 1, 5, 50. Its loss leaps, but never runs away: the rate alone bounds a step."
    elif first == "Linear":
        large = "outgrows the sheet (#NUM!). Nothing is broken." if epochs >= NEVER_LATER else "runs away."
        raised = f"{rates}. Where does its loss stop falling? At 50 it {large}"
    else:
        large = "both ReLUs die: every Lin is negative, and the loss stays."
        raised = f"{rates}. Where does its loss stop falling? At 50 {large}"
    solved = f"{'with least squares and ' if best else ''}with what descent reached."
    return [
        f"Set the epoch to look at to {min(20, epochs)} and turn to Gradient {last}: all its numbers are now of that"
        " epoch. Then press undo.",
        f"Halve, then double, the learning rate of {last}: its curve on Descent {last} leaves torch's dashed line.",
        f"Raise the rate of {first}: {raised}",
        f"On {last}, change one yellow weight: the loss beside it, the whole descent and the verdict here follow.",
        f"In Excel, on {first}: Data > Solver > Solve. Compare its loss {solved}",
    ]


@dataclass(frozen=True)
class Spec:
    """All that the layout and the graph depend on, besides the numbers in the input cells; kept in the manifest."""

    recipe: str
    models: tuple[str, ...]
    epochs: int
    n_raw: int
    n_rows: int
    seed: int
    best: bool  # whether the normal equations have one solution
    torch_version: str
    shipped: bool  # whether the raw table is the one that comes with sheetnet
    optimiser: str = "sgd"
    given: tuple[str, ...] = ()  # the models whose start weights were given, not drawn

    def origin(self, model: str) -> str:
        """Where a model's start weights come from, in words."""
        return "given" if model in self.given else f"seed {self.seed}"


def _sane(spec: Spec) -> Spec:
    """The spec, if it is such as build makes them."""
    whole = (spec.epochs, spec.n_raw, spec.n_rows, spec.seed)
    if (
        not all(isinstance(n, int) for n in whole)
        or not 0 < spec.epochs <= MAX_EPOCHS
        or not 1 < spec.n_rows <= spec.n_raw <= MAX_ROWS
    ):
        raise ValueError("sizes out of bounds")
    if spec.recipe not in RECIPES or spec.optimiser not in OPTIMISERS:
        raise ValueError("unknown recipe or optimiser")
    if not all(isinstance(flag, bool) for flag in (spec.best, spec.shipped)) or not isinstance(spec.torch_version, str):
        raise ValueError("a setting of another kind")
    if not spec.models or len(set(spec.models)) < len(spec.models) or not set(spec.models) <= set(KINDS):
        raise ValueError("unknown models")
    if not set(spec.given) <= set(spec.models):
        raise ValueError("start weights of a model that is not there")
    return spec


class Plan(AnyPlan):
    """The workbook to be: graph, pages and blocks, from a spec alone."""

    name = "titanic"

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.recipe: Recipe = RECIPES[spec.recipe].build(spec.n_raw, spec.n_rows)
        X, y, no = self.recipe.X, self.recipe.y, self.recipe.no
        self.common = Common(
            X, y, no, variable("epoch", (1, 1)), variable("wiggle", (1, 1)), spec.epochs, spec.optimiser
        )
        self.nets = [Net(create(name, X.shape[1]), self.common) for name in spec.models]
        self.product = Product(self.nets[-1])
        self.comparison = Comparison(self.nets, self.common)
        self.exercises = ask(self)
        self.book = self._pages()

    def _pages(self) -> Book:
        book, names, spec = Book(), tuple(self.recipe.features), self.spec
        titles, optimiser = [net.model.title for net in self.nets], self.nets[0].optimiser
        front = start.first_page(book, "How a model learns: the Titanic, in a sheet and in torch")
        data_page(book, self.recipe, titles[0], spec.shipped)
        features_page(book, self.recipe)
        for net in self.nets:
            model_page(book, net, names, spec.best and net.model.name == "linear", spec.origin(net.model.name))
        mmult_page(book, self.product, names)
        for net in self.nets:
            gradient_page(book, net, names)
        descents = [descent_page(book, net, names) for net in self.nets]
        torch_page(book, self.comparison, names, spec.torch_version)
        best = spec.best and "linear" in spec.models
        listed = words_page(book)
        moved = self.comparison.changed + apply("abs", self.common.epoch - float(min(FIRST_LOOK, spec.epochs)))
        right = exercises_page(book, self.exercises, moved)
        start_page(
            front, self.common, self.nets, self.comparison.verdict, right, len(self.exercises),
            purpose(titles), tries(spec.epochs, titles, best, optimiser), best,
        )  # fmt: skip
        for page, net in zip(descents, self.nets, strict=True):
            descent_charts(book, page, net)
        start.map_of_sheets(book)
        list_words(listed, words(spec.models, optimiser))
        return book

    @property
    def settings(self) -> dict[str, Any]:
        return asdict(self.spec)

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Plan:
        """The plan that a manifest speaks of.

        Raises: ValueError, TypeError or KeyError for settings that build does not make.
        """
        spec = {"given": [], **settings}  # workbooks from before it could be
        lists = {k: tuple(spec[k]) for k in ("models", "given")}
        return cls(_sane(Spec(**{f.name: spec[f.name] for f in fields(Spec)} | lists)))

    def witness(self, inputs: Values) -> dict[str, np.ndarray]:
        from sheetnet.course.titanic.witness import witness

        return witness(self, inputs)

    def on_record(self, inputs: Values, said: Values) -> dict[str, np.ndarray]:
        fingerprint = np.hstack([inputs["torch.built.X"], inputs["torch.built.y"]])
        out: dict[str, np.ndarray] = {}
        for net in self.nets:
            name = net.model.name
            now = inputs[f"{name}.now.weight"], inputs[f"start.{name}.lr"], said["fingerprint"]
            built = inputs[f"{name}.start"], inputs[f"torch.{name}.lr"], fingerprint
            if all(np.allclose(a, b, rtol=SAME, atol=0.0) for a, b in zip(now, built, strict=True)):
                ids = [id for id in inputs if id.startswith(f"torch.{name}.") and id.removeprefix("torch.") in said]
                out |= {id: said[id.removeprefix("torch.")] for id in ids}
        return out

    def lacking(self, inputs: Values) -> str:
        if "Complete rows" not in self.recipe.facts:
            return ""
        complete = int(evaluate([self.recipe.facts["Complete rows"]], self.given(inputs))[0][0, 0])
        if complete >= self.spec.n_rows:
            return ""
        return (
            f"only {complete} rows of the sheet Data are complete, the workbook is laid out for {self.spec.n_rows}: an"
            " Age or Embarked was deleted. Fill it in again, or build your own table"
        )


LESSON = Plan
