"""Twelve tables that people have, each with the models that suit it: built, checked, predicted, pushed live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import sheetnet as sn
from sheetnet.models.layer_twins import NetTwin

sklearn = pytest.importorskip("sklearn.datasets")
statsmodels = pytest.importorskip("statsmodels.api")
penguins = pytest.importorskip("palmerpenguins")


def _linnerud() -> sn.Table:
    data = sklearn.load_linnerud(as_frame=True)
    return sn.table(data.data.assign(Weight=data.target["Weight"]), "Weight", name="linnerud")


def _public_titanic(rename: Callable[[str], str]) -> sn.Table:
    frame = sn.titanic().frame.rename(columns=rename)
    return sn.table(frame, rename("Survived"), missing="mode", name="titanic")


TABLES: dict[str, Callable[[], sn.Table]] = {
    "diabetes": lambda: sn.table(sklearn.load_diabetes(as_frame=True), name="diabetes"),
    "wine": lambda: sn.table(sklearn.load_wine(as_frame=True), name="wine"),
    "breast_cancer": lambda: sn.table(sklearn.load_breast_cancer(as_frame=True), name="breast_cancer"),
    "iris": lambda: sn.table(sklearn.load_iris(as_frame=True), name="iris"),
    "linnerud": _linnerud,
    "penguins": lambda: sn.table(penguins.load_penguins(), "body_mass_g", name="penguins"),
    "longley": lambda: sn.table(statsmodels.datasets.longley.load_pandas().data, "TOTEMP", name="longley"),
    "spector": lambda: sn.table(statsmodels.datasets.spector.load_pandas().data, "GRADE", name="spector"),
    "fair": lambda: sn.table(statsmodels.datasets.fair.load_pandas().data.head(1500), "affairs", name="fair"),
    "star98": lambda: sn.table(statsmodels.datasets.star98.load_pandas().data, "NABOVE", name="star98"),
    "titanic": lambda: _public_titanic(str),
    "titanic_lower": lambda: _public_titanic(str.lower),
}


def models_of(table: sn.Table) -> list[Any]:
    """Those that suit: a line or its like for classes, two ReLUs, a net with one and with two hidden layers."""
    if table.target.kind == "many":
        return [sn.softmax(table), sn.mlp(table, 4), sn.mlp(table, 4, 3, activation="tanh", name="deep")]
    first = [sn.logistic(table)] if table.target.kind == "two" else [sn.linear(table)]
    return [*first, sn.two_relu(table), sn.mlp(table, 4), sn.mlp(table, 4, 3, activation="tanh", name="deep")]


@pytest.fixture(scope="module", params=TABLES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[sn.Table, list[Any], Path]:
    table = TABLES[request.param]()
    models = models_of(table)
    path = tmp_path_factory.mktemp("own") / f"{request.param}.xlsx"
    sn.build(path, table, models, epochs=4, lr=0.01)
    return table, models, path


def test_it_is_green_in_ironcalc(made: tuple[sn.Table, list[Any], Path]) -> None:
    report = sn.check(made[2])
    assert report.ok, str(report)


@pytest.mark.office
def test_it_is_green_in_libreoffice(made: tuple[sn.Table, list[Any], Path]) -> None:
    report = sn.check(made[2], "libreoffice")
    assert report.ok, str(report)


def test_its_loss_falls(made: tuple[sn.Table, list[Any], Path]) -> None:
    table, models, _ = made
    for model in models:
        losses = sn.train(model, table, epochs=50, device="cpu").losses
        assert np.isfinite(losses).all()
        assert losses[-1] < losses[0], model.title


def test_it_predicts_what_torch_predicts(made: tuple[sn.Table, list[Any], Path]) -> None:
    table, models, path = made
    got = sn.read_params(path)
    net = models[-1]
    twin = NetTwin(net)
    twin.put(got.at(got.last_epoch)[net.name])
    out = twin.eval()(torch.tensor(table.X)).detach().numpy()
    rows = table.frame[sorted({column.name for column in table.plan.columns})]
    whole = rows.notna().all(axis=1) if len(rows) != table.n_rows else np.ones(len(rows), dtype=bool)
    found = sn.predict(path, rows[whole], model=net.name)
    assert len(found) >= table.n_rows
    if table.target.kind == "number":
        expected = table.in_units(out[:, 0])
        assert np.isfinite(found["prediction"]).all()
    else:
        expected = np.array(table.target.classes)[out.argmax(1) if out.shape[1] > 1 else (out[:, 0] > 0).astype(int)]
    if len(found) == table.n_rows:
        if table.target.kind == "number":
            np.testing.assert_allclose(found["prediction"], expected, rtol=1e-10)
        else:
            assert list(found["prediction"]) == list(expected)


def test_it_is_pushed_live_into_ironcalc(made: tuple[sn.Table, list[Any], Path], tmp_path: Path) -> None:
    table, models, path = made
    (tmp_path / path.name).write_bytes(path.read_bytes())
    net = models[0]
    run = sn.train(net, table, epochs=3, device="cpu")
    with sn.live(tmp_path / path.name, "ironcalc") as live:
        live.push({net.name: run.params})
        for key, value in live.params(net.name).items():
            np.testing.assert_array_equal(value, run.params[key])
        assert live.loss(net.name) == pytest.approx(run.losses[-1], rel=1e-10)
