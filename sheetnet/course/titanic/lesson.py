"""The main workbook: data, features, models by hand, MMULT, gradient, descent, and what torch says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from sheetnet.common.settings import MAX_EPOCHS, named
from sheetnet.course.lesson import Lesson, Pair, Said, Watched, Word
from sheetnet.course.titanic.passenger import passenger_page
from sheetnet.course.titanic.questions import predictions, questions
from sheetnet.course.titanic.small import small_page
from sheetnet.course.titanic.texts import purpose, tries, words
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import variable
from sheetnet.models.model import create, kind_of
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.motifs.agreement import TORCH
from sheetnet.motifs.descent import descent_page
from sheetnet.motifs.exercises import Exercise
from sheetnet.motifs.features import data_page, features_page
from sheetnet.motifs.gradient import gradient_page
from sheetnet.motifs.mmult import MMULT, PLAY, Product, mmult_page
from sheetnet.motifs.model import model_page
from sheetnet.motifs.one_cell import one_cell_page
from sheetnet.motifs.panel import picture, results
from sheetnet.motifs.predictions import Prediction, all_guessed
from sheetnet.motifs.trained import Common, Trained
from sheetnet.motifs.workbook import Place, Values
from sheetnet.page.part import Part
from sheetnet.tables.reading import MAX_ROWS
from sheetnet.tables.recipe import Recipe, counting
from sheetnet.tables.sayings import RECIPES, lay
from sheetnet.tables.table import Table
from sheetnet.tables.titanic import titanic

RATE = 0.1  # with which the lesson is handed out, and the settings
USUAL: dict[str, Any] = {"recipe": "sheet", "models": ("linear", "two_relu"), "epochs": 100, "optimiser": "sgd"}
USUAL |= {"shipped": True, "given": ()}


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
    learner: str = ""  # whose workbook it is
    blanks: bool = False  # whether formulas are left out, to be filled in

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
    flags = spec.best, spec.shipped, spec.blanks
    if not all(isinstance(flag, bool) for flag in flags) or not isinstance(spec.torch_version, str):
        raise ValueError("a setting of another kind")
    if not spec.models or len(set(spec.models)) < len(spec.models) or not all(map(kind_of, spec.models)):
        raise ValueError("unknown models")
    if not set(spec.given) <= set(spec.models):
        raise ValueError("start weights of a model that is not there")
    named(spec.learner)
    return spec


class Titanic(Lesson):
    """The passengers, and models that learn who survived: every epoch of each a row of formulas."""

    name, predicts = "titanic", True
    minutes = 60
    goals = (
        "turn a table into numbers that a model can use",
        "follow one step of learning, cell by cell",
        "tell a good model from a poor one",
    )
    title = "How a model learns: the Titanic, in a sheet and in torch"
    to_fill = (  # those whose model is there
        "linear.now.pred", "linear.now.sq_error", "two_relu.now.pred", "two_relu.now.sq_error",
        "small.pred", "small.error", "small.sq_error", "small.d_pred", "small.loss",
        "linear.then.move", "linear.then.W_next",
        "passenger.linear.votes", "passenger.linear.pred", "passenger.linear.error", "passenger.linear.sq_error",
    )  # fmt: skip
    recipe: Recipe

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        recipe = self.recipe = lay(spec.recipe, spec.n_raw, spec.n_rows)
        self.names = tuple(recipe.features)
        optimiser = OPTIMISERS[spec.optimiser]
        self.asked = f"float64, autograd{f', {optimiser.title}' if optimiser.state else ''}"
        common = Common(
            recipe.X, recipe.y, recipe.no, variable("epoch", (1, 1)), variable("wiggle", (1, 1)), spec.epochs, spec.optimiser
        )  # fmt: skip
        self.common, self.trained = common, [Trained(create(name, len(self.names)), common) for name in spec.models]
        self.epoch = common.epoch
        models = [net.model for net in self.trained]
        self.best = spec.best and "linear" in spec.models
        self.small = any(net.model.rectified for net in self.trained)  # whether to show one step in small numbers
        self.purpose = purpose(models)
        self.tries = tries(spec.epochs, models, self.best, optimiser)
        super().__init__(spec.torch_version, spec.seed, spec.learner, spec.blanks)

    def sheets(self) -> None:
        book, spec, names = self.book, self.spec, self.names
        self._inputs()
        data_page(book, self.recipe, self.trained[0].model.title, spec.shipped)
        features_page(book, self.recipe)
        for net in self.trained:
            net.judged(self.marks.changed[net.model.name])
            best = spec.best and net.model.name == "linear"
            model_page(book, net, names, self.kept(net.weight), spec.origin(net.model.name), best)
        mmult_page(book, self.product, self.cells(self.product.A, self.product.B), names)
        if self.small:
            small_page(self)
        for net in self.trained:
            gradient_page(book, net, names)
        for net in self.trained:
            descent_page(book, net, names)
        if self.trained[-1].whole:
            one_cell_page(book, self.trained[-1], names)
        passenger_page(self, self.trained, self.recipe)

    def _inputs(self) -> None:
        """The inputs whose values are known before a table is: what is played with, and columns that count."""
        play = [self.typed(name, rows, name, name=name) for name, rows in PLAY.items()]
        self.product = Product(self.trained[-1], *play)
        counts = [(self.recipe.number, 1), (self.recipe.no, 1)]
        counts += [pair for net in self.trained for pair in ((net.which, 1), (net.epoch_numbers, 0))]
        self._delivered |= {node: counting(node.shape[0]) - 1 + first for node, first in counts if node.op == "input"}

    def panel(self) -> tuple[Part, ...]:
        rates = [(net.model.name, net.model.title, net.lr) for net in self.trained]
        yellow = self.yellow(rates, self.common.epoch, self.common.wiggle, self.spec.epochs)
        ends = self.typed("start.ends", [[0.0], [float(self.spec.epochs)]], "epoch", "fixed")
        of = self.common, self.trained, self.spec.best
        shown = results(*of, self.recipe.columns["Sex"], all_guessed(self.book))
        return yellow, shown, picture(*of, self.cells(ends))

    # ---- what is compared, the words, the exercises

    def watched(self) -> list[Watched]:
        common = self.common
        of_data = [Watched(common.X, "X", common.no), Watched(common.y, "y", common.no)]
        of_models = [
            Watched(node, f"{what}, {net.model.title}", group=net.model.name)
            for net in self.trained
            for node, what in ((net.lr, "rate"), (net.weight, "weights"))
        ]
        return of_data + of_models

    def pairs(self) -> list[Pair]:
        out = []
        for net in self.trained:
            name, title, k = net.model.name, net.model.title, net.model.n_hidden
            units = tuple(f"w {j + 1}" for j in range(k)) if k > 1 else ()
            out += [
                Pair(
                    f"{name}.descent.loss",
                    f"Loss of {title}",
                    format="loss",
                    group=name,
                    differences=True,
                    by_epoch=True,
                ),
                Pair(f"{name}.final.W", f"Last W of {title}", units, group=name, node=net.W_final, names=self.names),
            ]
        return out

    def said(self) -> list[Said]:
        out = []
        for net in self.trained:
            for unit, grads in enumerate(net.t_grads):
                name, mark = net.model.name, f" {unit + 1}" if len(net.t_grads) > 1 else ""
                called = f"{name}_torch_gradients{mark.replace(' ', '_')}"
                title = f"{net.model.title}: torch's gradient{mark}"
                out.append(Said(f"{name}.descent.grad_{unit + 1}", grads, title, self.names, called, name))
        return out

    def words(self) -> Sequence[Word]:
        return words(self.trained, self.best)

    def ask(self) -> Sequence[Exercise]:
        return questions(self.trained, self.recipe)

    def predict(self) -> Sequence[Prediction]:
        return predictions(self.trained, self.recipe)

    # ---- what it answers

    @cached_property
    def places(self) -> dict[str, Place]:
        out = {}
        for net in self.trained:
            units = tuple(f"unit_{unit + 1}" for unit in net.units)
            out[net.model.name] = Place(
                net.model, {"W": self._block(net.weight)}, self._block(net.now.loss), self._block(net.lr),
                {"W": (self.names, units)}, turned=True, descent={"W": net.Ws}, curve=self._block(net.losses),
            )  # fmt: skip
        product, last = self.product, out[self.product.net.model.name]
        W, loss = self._block(product.W), self._block(product.now.loss)
        return out | {MMULT: replace(last, blocks={"W": W}, loss=loss, turned=False, descent={}, curve=None)}

    @property
    def torch_losses(self) -> dict[str, str]:
        """The id of torch's losses, epoch by epoch, of each model."""
        return {name: f"{TORCH}{name}.descent.loss" for name in self.models}

    def given(
        self, table: Table, rates: Mapping[str, float], weights: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """The inputs that come from outside, by id: the raw table, a rate and weights W (p, k) for each model."""
        ids = {node: id for id, node in self.inputs.items()}
        data = {ids[node]: value for node, value in self.recipe.inputs(table.raw).items()}
        last = weights[self.trained[-1].model.name]
        for name, place in self.places.items():
            data |= place.cells({"W": weights.get(name, last)})
            data[place.rate.id] = np.array([[rates[place.model.name]]])
        return data

    def handed_out(self) -> dict[str, np.ndarray] | None:
        if any(getattr(self.spec, key) != value for key, value in USUAL.items()):
            return None
        table = titanic(self.spec.recipe)
        begin = {name: np.asarray(model.init(self.spec.seed)["W"]) for name, model in self.models.items()}
        return {**self.as_delivered(), **self.given(table, dict.fromkeys(begin, RATE), begin)}

    @property
    def settings(self) -> dict[str, Any]:
        return asdict(self.spec) | self.manner

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Titanic:
        """The workbook that a manifest speaks of.

        Raises: ValueError, TypeError or KeyError for settings that build does not make.
        """
        spec = {"given": [], "learner": "", **settings}  # workbooks from before these could be
        lists = {k: tuple(spec[k]) for k in ("models", "given")}
        return cls(_sane(Spec(**{f.name: spec[f.name] for f in fields(Spec)} | lists)))

    def torch_says(self, values: Values) -> dict[str, np.ndarray]:
        from sheetnet.course.titanic.witness import passenger, small, witness

        common, models = self.common, [net.model for net in self.trained]
        age = self.recipe.columns["Age"]
        X, y, ages = evaluate([common.X, common.y, age], self.by_node(values))
        W = {name: place.read(values)["W"] for name, place in self.places.items()}
        rates = {name: float(values[self.places[name].rate.id][0, 0]) for name in self.models}
        table = Table.of_sheet(X, y, self.names, self.spec.recipe)
        said = witness(
            table, models, W, rates, epochs=self.spec.epochs,
            epoch=int(values[self._block(common.epoch).id][0, 0]), optimiser=self.spec.optimiser,
            best=self.spec.best, mmult=W[MMULT],
        )  # fmt: skip
        no, others = values["passenger.no"].item(), values["passenger.ages"] / ages.max()
        said |= passenger(table, models, said, no, others)
        return said | (small(values) if self.small else {})


LESSON = Titanic
