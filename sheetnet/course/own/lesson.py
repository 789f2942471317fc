"""The workbook of one's own table and nets: data, features, each net by hand, in slow motion and in descent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import cached_property
from typing import Any

import numpy as np

from sheetnet.course.lesson import Lesson, Pair, Watched, Word
from sheetnet.course.own.data import data_page, features_page
from sheetnet.course.own.front import picture, results, without_a_model
from sheetnet.course.own.guesses import guesses
from sheetnet.course.own.questions import ask
from sheetnet.course.own.spec import Spec, sane
from sheetnet.course.own.texts import goals, purpose, tries, words
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.graph.node import Node, apply, lift, variable
from sheetnet.models.labels import names_of, rows_of
from sheetnet.models.net import Net
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.motifs.agreement import TORCH
from sheetnet.motifs.exercises import Exercise
from sheetnet.motifs.learning import Learning, Setting
from sheetnet.motifs.net_descent import net_descent_page
from sheetnet.motifs.net_pages import gradient_page, net_page
from sheetnet.motifs.net_parts import columns_of
from sheetnet.motifs.predictions import Prediction, all_guessed
from sheetnet.motifs.workbook import Place, Values
from sheetnet.page.book import Block
from sheetnet.page.language import said, whole
from sheetnet.page.part import Part
from sheetnet.page.shown import Group
from sheetnet.tables.passengers import Column
from sheetnet.tables.recipe import Recipe, counting
from sheetnet.tables.table import Table, recipe_of

STEADY = 1e-8  # of the size of what a gradient is added up of: below, its digits are mostly noise


def to_fill(one: Learning) -> tuple[str, ...]:
    """The blocks that are empty where there are blanks, by id: forward, error, loss, gradient and step of a net."""
    net = one.net
    last = ([p for p in net.trained if p.held.letter == "W"] or net.trained)[-1].name
    now = (net.result_names[-1], "row_loss", "loss")
    then = (f"d_{net.result_names[-1]}", f"grad_{last}", f"{last}_next")
    return (*(f"{net.name}.now.{key}" for key in now), *(f"{net.name}.then.{key}" for key in then))


class Own(Lesson):
    """One's own table, and nets that learn from it: every epoch of each a band of formulas."""

    name, predicts = "own", True
    minutes = 40
    recipe: Recipe

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        recipe = self.recipe = recipe_of(spec.table)
        entries = (str(level) for column in recipe.settings.get("columns", ()) for level in column["levels"])
        for word in (*recipe.features, *recipe.raw, *entries, *spec.classes, spec.target, spec.source):
            whole(word)  # of a person, in whatever language it is
        self.title = said("How a model learns: {target}, in a sheet and in torch", target=spec.target)  # type: ignore[misc]
        self.features = tuple(recipe.features)
        optimiser = OPTIMISERS[spec.optimiser]
        self.asked = whole(f"float64, autograd{f', {optimiser.title}' if optimiser.state else ''}")
        nets = [Net.from_settings(net) for net in spec.nets]
        if len({net.name for net in nets}) < len(nets) or any(net.n_features != len(self.features) for net in nets):
            raise ValueError("nets of one name, or for other features")
        self.setting = Setting(
            recipe.X, recipe.y, apply("power", recipe.no, lift(0.0)).named("one"), self._parts(),
            variable("epoch", (1, 1)), variable("wiggle", (1, 1)), spec.epochs, spec.optimiser,
            recipe.units,
        )  # fmt: skip
        self.epoch = self.setting.epoch
        self.nets = [Learning(net, self.setting, len(spec.classes)) for net in nets]
        self.numbers = {one.net.name: variable("epoch_numbers", (spec.epochs + 1, 1)) for one in self.nets}
        self.purpose = purpose(spec.target, str(recipe.X.shape[0]), nets)
        self.goals = goals(spec.target, len(spec.classes))
        self.tries = tries(spec.epochs, nets, optimiser)
        self.to_fill = to_fill(self.nets[0])  # type: ignore[misc]
        super().__init__(spec.torch_version, spec.seed, spec.learner, spec.blanks)

    def _parts(self) -> dict[str, tuple[Node, Node]]:
        """Which rows belong to which part, and how many do."""
        if self.recipe.part is None:
            return {}
        self.in_part = {what: apply("equal", self.recipe.part, lift(what)).named(what) for what in ("train", "valid")}
        return {what: (node, apply("sum", node).named(f"{what}_rows")) for what, node in self.in_part.items()}

    def sheets(self) -> None:
        book, spec = self.book, self.spec
        self._inputs()
        data_page(book, self.recipe, spec.source, spec.target, spec.classes)
        features_page(book, self.recipe, self.setting)
        for one in self.nets:
            name, came = one.net.name, spec.origin(one.net.name)
            typed: Group = {}
            for key, node in one.start.items():
                self.typed(f"{name}.now.{key}", node, whole(key), name=f"{name}_{key}")
                typed |= self.cells(node)
            net_page(book, one, self.features, spec.classes, came, typed)
        for one in self.nets:
            gradient_page(book, one, self.features, spec.classes)
        for one in self.nets:
            net_descent_page(book, one, self.features, self.numbers[one.net.name])

    def _inputs(self) -> None:
        counts = [(self.recipe.number, 1), (self.recipe.no, 1), *((node, 0) for node in self.numbers.values())]
        self._delivered |= {node: counting(node.shape[0]) - 1 + first for node, first in counts}
        for one in self.nets:
            drawn = one.net.draw_masks(self.setting.X.shape[0], self.spec.seed)
            self._delivered |= {one.masks[name]: mask for name, mask in drawn.items()}

    def panel(self) -> tuple[Part, ...]:
        rates = [(one.net.name, one.net.title, one.lr) for one in self.nets]
        yellow = self.yellow(rates, self.setting.epoch, self.setting.wiggle, self.spec.epochs)
        ends = self.typed("start.ends", [[0.0], [float(self.spec.epochs)]], "epoch", "fixed")
        guessed = all_guessed(self.book)
        rule = without_a_model(self.nets[-1], guessed)
        shown = results(self.nets, self.spec.target, rule, guessed)
        return yellow, shown, picture(self.nets, self.cells(ends), rule)

    # ---- what is compared, the words, the exercises

    def watched(self) -> list[Watched]:
        data = {"X": self.recipe.X, "y": self.recipe.y}
        out = [Watched(node, title, self.recipe.no, centred=True) for title, node in data.items()]
        for one in self.nets:
            name, title = one.net.name, one.net.title
            out.append(Watched(one.lr, said("rate, {net}", net=title), group=name))
            out += [Watched(node, whole(f"{key}, {title}"), group=name) for key, node in one.start.items()]
        return out

    def pairs(self) -> list[Pair]:
        out = []
        for one in self.nets:
            name, title = one.net.name, one.net.title
            losses = apply("outcome", one.curves["loss"])
            out.append(Pair(
                f"{name}.descent.loss", said("Loss of {net}", net=title), format="loss", group=name, node=losses, differences=True,
                by_epoch=True,
            ))  # fmt: skip
            for key, node in one.last.items():
                out.append(Pair(
                    f"{name}.final.{key}", said("Last {name} of {net}", name=key, net=title), columns_of(node), group=name,
                    node=apply("outcome", node), names=rows_of(one.net, key, self.features),
                ))  # fmt: skip
        return out

    def words(self) -> Sequence[Word]:
        return words(self.nets, self.spec.target, self.book.block_of(self.recipe.y).id)

    def ask(self) -> Sequence[Exercise]:
        return ask(self.nets, self.features, self.spec.classes)

    def predict(self) -> Sequence[Prediction]:
        return guesses(self.nets, self.features, self.spec.target)

    # ---- what it answers

    def handed_out(self) -> None:
        """Nobody knows the table but its file."""

    def column(self, id: str) -> Column | None:
        block = self.book.block(id)
        found = {node: name for name, node in self.recipe.raw.items()}
        return self.recipe.schema[found[block.node]] if block.node in found else None

    @cached_property
    def places(self) -> dict[str, Place]:
        out = {}
        for one in self.nets:
            accuracy = self.book.block(f"{one.net.name}.now.accuracy") if one.now.right is not None else None
            out[one.net.name] = Place(
                one.net, {key: self._block(node) for key, node in one.start.items()}, self._block(one.now.loss),
                self._block(one.lr), names_of(one.net, self.features, self.spec.classes), accuracy=accuracy,
                descent=one.bands, curve=self._block(one.curves["loss"]),
            )  # fmt: skip
        return out

    @property
    def part_places(self) -> dict[str, Block]:
        return {what: self._block(node) for what, (node, _) in self.setting.parts.items()}

    @property
    def torch_losses(self) -> dict[str, str]:
        """The id of torch's losses, epoch by epoch, of each net."""
        return {one.net.name: f"{TORCH}{one.net.name}.descent.loss" for one in self.nets}

    @cached_property
    def ids(self) -> dict[Node, str]:
        """The id of every input."""
        return {node: id for id, node in self.inputs.items()}

    def given(
        self, table: Table, rates: Mapping[str, float], start: Mapping[str, Mapping[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """The inputs that come from outside, by id: the raw table, a rate and parameters for each net."""
        out = {self.ids[node]: value for node, value in self.recipe.inputs(table.raw).items()}
        for one in self.nets:
            name = one.net.name
            out[self.ids[one.lr]] = np.array([[rates[name]]])
            out |= {self.ids[node]: start[name][key] for key, node in one.start.items()}
        return out

    def unsteady(self, values: Values) -> str:
        """Why no two programs would make the same steps of some parameter, in words; empty where they do.

        A gradient that is 0 but for rounding, as of a bias before a BatchNorm, is made a whole step by an optimiser
        that divides it by its own size.
        """
        optimiser = OPTIMISERS[self.spec.optimiser]
        for one in self.nets if optimiser.bounded else ():
            found = with_magnitudes(list(one.first_grads.values()), self.by_node(values))
            for name, (grad, magnitude) in zip(one.first_grads, found, strict=True):
                if ((grad != 0) & (np.abs(grad) < STEADY * magnitude)).any():
                    return (
                        f"{one.net.title}: the gradient of {name} is 0 but for rounding, of which {optimiser.title} makes"
                        " whole steps, other ones in every program. A bias before a BatchNorm is such, as the norm takes"
                        " it away again: leave it out (bias=False), or take sgd or momentum"
                    )
        return ""

    @property
    def settings(self) -> dict[str, Any]:
        return asdict(self.spec) | {"nets": [one.net.settings for one in self.nets]} | self.manner

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Own:
        """The workbook that a manifest speaks of.

        Raises: ValueError, TypeError or KeyError for settings that build does not make.
        """
        settings = {"learner": "", "blanks": False, **settings}  # workbooks from before these could be
        lists = {key: tuple(settings[key]) for key in ("classes", "nets", "given")}
        return cls(sane(Spec(**{one.name: settings[one.name] for one in fields(Spec)} | lists)))

    def torch_says(self, values: Values) -> dict[str, np.ndarray]:
        from sheetnet.course.own.witness import Witness

        by_node = self.by_node(values)
        X, y, *parts = evaluate(
            [self.recipe.X, self.recipe.y, *(node for node, _ in self.setting.parts.values())], by_node
        )
        rows = np.where(parts[0][:, 0] == 1, 0, np.where(parts[1][:, 0] == 1, 1, 2)) if parts else np.zeros(len(X))
        epoch, wiggle = (float(by_node[node][0, 0]) for node in (self.setting.epoch, self.setting.wiggle))
        units, out = self.recipe.units, dict[str, np.ndarray]()
        own = None if units is None else (units.how, evaluate([units.own], by_node)[0])
        for one in self.nets:
            start = {key: by_node[node] for key, node in one.start.items()}
            masks = {key: by_node[node] for key, node in one.masks.items()}
            witness = Witness(one.net, X, y, rows, start, masks, self.spec.kind != "number", own)
            out |= witness.said(float(by_node[one.lr][0, 0]), self.spec.epochs, int(epoch), self.spec.optimiser, wiggle)
        return out


LESSON = Own
