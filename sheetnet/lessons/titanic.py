"""The main workbook: data, features, two models by hand, MMULT, gradient, descent, and what torch says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sheetnet.features import RECIPES, Recipe
from sheetnet.graph import Node, variable
from sheetnet.layout import Book
from sheetnet.models import create
from sheetnet.optimisers import Optimiser
from sheetnet.sheets.descent import descent_charts, descent_page
from sheetnet.sheets.gradient import gradient_page
from sheetnet.sheets.mmult import Product, mmult_page
from sheetnet.sheets.model import model_page
from sheetnet.sheets.net import Common, Net
from sheetnet.sheets.raw import data_page, features_page
from sheetnet.sheets.start import map_of_sheets, start_page
from sheetnet.sheets.torch import Comparison, torch_page

NETS = {"Linear": "with one weight for each feature", "Two ReLU": "as a tiny neural net"}
NEVER_LATER = 70  # epochs after which a rate of 50 has outgrown the sheet


def purpose(titles: list[str]) -> str:
    """Two sentences on what the workbook is for."""
    nets = [NETS[title] for title in titles]
    how = f"first {nets[0]}, then {nets[1]}" if len(nets) > 1 else nets[0]
    return (
        f"From the passengers of the Titanic a model learns to tell who survived: {how}."
        " Every step is a formula that you can click on, and the last sheet compares it with PyTorch."
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


class Plan:
    """The workbook to be: graph, pages and blocks, from a spec alone."""

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
        self.book = self._pages()

    def _pages(self) -> Book:
        book, names, spec = Book(), tuple(self.recipe.features), self.spec
        titles, optimiser = [net.model.title for net in self.nets], self.nets[0].optimiser
        book.page(
            "Start",
            "How a model learns: the Titanic, in a sheet and in torch",
            "Every formula on these sheets is live. Change a yellow cell and look at what moves; undo brings it back.",
        )
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
        start_page(
            book, self.common, self.nets, self.comparison, purpose(titles),
            tries(spec.epochs, titles, best, optimiser), best,
        )  # fmt: skip
        for page, net in zip(descents, self.nets, strict=True):
            descent_charts(book, page, net)
        map_of_sheets(book, optimiser.state)
        return book

    @cached_property
    def inputs(self) -> dict[str, Node]:
        """The id and node of every block that holds values, not formulas."""
        return {block.id: block.node for block in self.book.blocks if block.style == "values"}
