"""Workbooks of one's own table whose texts differ: each kind of target, column, blank, loss, layer and optimiser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pandas as pd
import torch
from torch import nn

import sheetnet as sn
from sheetnet.book.given import models_for
from sheetnet.course.own.lesson import Own
from sheetnet.course.own.spec import spec_of
from sheetnet.models.optimisers import OPTIMISERS

VERSION, LEARNER = "2.13.0", "Ada"
ROWS = 12
FRAME = pd.DataFrame({
    "Höhe (m)": [1.5, 2.25, 3.0, None, 4.5, 2.0, 8.0, 1.0, 2.5, 3.5, 6.0, 7.0],
    "Breite": [2.0, 1.0, 4.0, 3.0, 5.0, 2.5, 7.0, 1.5, 2.0, 4.0, 5.5, 6.5],
    "Art": ["rot", "blau", None, "rot", "grün", "blau", "rot", "grün", "blau", "rot", "grün", "blau"],
    "krank": ["ja", "nein", "ja", "ja", "nein", "nein", "ja", "nein", "ja", "nein", "ja", "nein"],
    "Preis": [3.0, 5.0, 4.0, 8.0, 2.0, 9.0, 1.0, 6.0, 7.0, 3.5, 2.5, 4.5],
})  # fmt: skip
FEATURES = ["Höhe (m)", "Breite", "Art"]


@cache
def table(target: str, missing: str = "drop", how: str = "", split: bool = False, few: bool = False) -> sn.Table:
    """A table of rows with words of their own; how: the target and the other columns of numbers are taken."""
    columns: dict[str, Any] = {"Art": sn.dummies(drop=None) if how == "log" else sn.dummies()}
    if how:
        columns |= {
            name: getattr(sn, how)() for name in ("Höhe (m)", "Breite", *(["Preis"] if target == "Preis" else []))
        }
    features = ["Breite"] if few else [name for name in FEATURES if name != target]
    columns = {name: one for name, one in columns.items() if name in features or name == target != "Art"}
    found = sn.table(FRAME, target, features=features, columns=columns, missing=missing, name="Türme.csv")
    return found.split(valid=0.25, test=0.1) if split else found


def workbook(of: sn.Table, models: Any, epochs: int = 12, optimiser: str = "sgd", seed: int = 0, **more: Any) -> Own:
    """The workbook of a table and models, laid out."""
    nets: Sequence[Any] = models_for(of, models, more.pop("loss", None))
    given = tuple(more.pop("given", ()))
    how = {"epochs": epochs, "optimiser": optimiser, "seed": seed, "learner": LEARNER, "given": given}
    return Own(spec_of(of, nets, torch_version=VERSION, **how, **more))


def usual(seed: int = 0, blanks: bool = False) -> Own:
    """That of a number and two nets."""
    of = table("Preis")
    return workbook(of, [sn.linear(of), sn.mlp(of, 3)], seed=seed, blanks=blanks)


def layers(n_features: int, n_outputs: int) -> nn.Sequential:
    """A module with a layer of each kind that Words has a word for."""
    return nn.Sequential(
        nn.Linear(n_features, 3), nn.BatchNorm1d(3), nn.LeakyReLU(), nn.Dropout(0.2), nn.Linear(3, 3), nn.Tanh(),
        nn.Linear(3, 3), nn.Sigmoid(), nn.Linear(3, n_outputs),
    ).double()  # fmt: skip


class Looked(nn.Module):
    """An embedding and a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.emb, self.out = nn.Embedding(3, 2), nn.Linear(2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.out(self.emb(x[:, 0].long()))
        return found


def embedded() -> Own:
    of = sn.table(FRAME, "Preis", features=["Art"], columns={"Art": sn.codes()}, name="Türme.csv")
    return workbook(of, Looked().double())


def variants() -> list[Callable[[], Own]]:
    """All of them, still to be laid."""
    number, two, many = table("Preis"), table("krank"), table("Art")
    out: list[Callable[[], Own]] = [usual, lambda: usual(blanks=True)]
    out += [lambda n=n: workbook(number, sn.linear(number), optimiser=n) for n in OPTIMISERS]  # type: ignore[misc]
    out += [lambda of=of: workbook(of, sn.linear(of)) for of in _numbers()]  # type: ignore[misc]
    out += [
        lambda: workbook(two, sn.logistic(two), epochs=5),
        lambda: workbook(two, sn.mlp(two, 2), given=("mlp",), blanks=True),
        lambda: workbook(many, sn.softmax(many)),
        lambda: workbook(many, [sn.mlp(many, 3), sn.softmax(many)], blanks=True),
        lambda: workbook(table("Art", split=True), sn.softmax(table("Art", split=True))),
        lambda: workbook(number, layers(number.n_features, 1), optimiser="momentum"),
        embedded,
    ]
    out += [lambda loss=loss: workbook(number, sn.linear(number, loss)) for loss in ("mae", "huber")]  # type: ignore[misc]
    return out


def _numbers() -> list[sn.Table]:
    hows = ("number", "standardised", "share_of_largest", "min_max", "log")
    return [
        *(table("Preis", how=how) for how in hows),
        *(table("Preis", missing=missing) for missing in ("mode", "flag")),
        table("Preis", "mode", split=True),
        table("Preis", few=True),
    ]
