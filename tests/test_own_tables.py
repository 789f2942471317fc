"""Twelve tables that people have, each with the models that suit it: built, checked, predicted, pushed live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import palmerpenguins as penguins
import pytest
import statsmodels.api as statsmodels
import torch
from sklearn import datasets as sklearn

import sheetnet as sn
from sheetnet.models.layer_twins import NetTwin

ROWS = 150  # of each table but one, the titanic as it is: what they have of their own is in their columns
pytestmark = pytest.mark.usefixtures("read_once", "one_office")


def _bunch(name: str) -> sn.Table:
    """A table of scikit-learn as it gives it, with some of its rows."""
    bunch = getattr(sklearn, f"load_{name}")(as_frame=True)
    rows = bunch.frame.sample(min(ROWS, len(bunch.frame)), random_state=0).index.sort_values()
    whole = {key: value.loc[rows] for key, value in bunch.items() if key in ("data", "target", "frame")}
    return sn.table(type(bunch)(**{**bunch, **whole}), name=name)


def _linnerud() -> sn.Table:
    data = sklearn.load_linnerud(as_frame=True)
    return sn.table(data.data.assign(Weight=data.target["Weight"]), "Weight", name="linnerud")


def _example(name: str, target: str) -> sn.Table:
    frame = getattr(statsmodels.datasets, name).load_pandas().data
    return sn.table(frame.head(ROWS), target, name=name)


def _public_titanic(rename: Callable[[str], str], rows: int) -> sn.Table:
    frame = sn.titanic().frame.rename(columns=rename)
    return sn.table(frame.head(rows), rename("Survived"), missing="mode", name="titanic")


TABLES: dict[str, Callable[[], sn.Table]] = {
    **{name: lambda name=name: _bunch(name) for name in ("diabetes", "wine", "breast_cancer", "iris")},
    "linnerud": _linnerud,
    "penguins": lambda: sn.table(penguins.load_penguins()[::2], "body_mass_g", name="penguins"),
    "longley": lambda: _example("longley", "TOTEMP"),
    "spector": lambda: _example("spector", "GRADE"),
    "fair": lambda: _example("fair", "affairs"),
    "star98": lambda: _example("star98", "NABOVE"),
    "titanic": lambda: _public_titanic(str, 891),
    "titanic_lower": lambda: _public_titanic(str.lower, ROWS),
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
    sn.build(path, table, models, epochs=3, lr=0.01)
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
